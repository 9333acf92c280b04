"""The models of sentiment as contenders at one task: all that can be learnt or opened here, on the same messages.

In: a market's messages.   Out: a `Task`; a model learnt from growing parts of the messages.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from workbench.contest import Contender, Task
from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.sentiment import transformer
from workbench.sentiment.appointment import candidates
from workbench.sentiment.compact import MOST
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import learnable
from workbench.sentiment.messages import split
from workbench.sentiment.models import fit, read
from workbench.words import counted

SHARES = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
_TITLES = {
    "shipped": "linear model, shipped",
    "linear": "linear model",
    "compact": "compact transformer",
    "distilled": "linear model, taught by a transformer",
}
_LEARNING = ("linear", "compact")
_FEW = 40
# A point of accuracy, as the saving of a smaller model is usually asked for.
_TOLERANCE = 0.01


def contest(
    rows: pd.DataFrame,
    *,
    transformers: Sequence[str] = (),
    int8: bool = False,
    allow_pickle: bool = False,
    target: float | None = None,
    seed: int = 0,
) -> Task:
    """Return what `appointment.candidates` would try and a compact transformer, at the accuracy of held-out messages.

    `rows` is `Messages.rows`. All learn from the older labelled messages (`split`) and read the newer ones, twins too,
    every time they score. A transformer that cannot be opened stays away, as `note` says; the first that can, or
    else the compact one, is the largest. Without enough messages held out no model is among the contenders.

    >>> few = pd.DataFrame({"message_id": ["1"], "sent_at": pd.Timestamp("2026-05-01"), "text_hash": 1})
    >>> contest(few.assign(label="positive")).note
    'not enough data: 0 labelled messages held out, 30 needed to compare models of sentiment'
    """
    learn, held_out = split(rows)
    task = partial(
        Task,
        name="sentiment",
        metric="accuracy",
        unit="messages",
        judged=len(held_out),
        volume=len(rows),
        scorings=1,
        tolerance=_TOLERANCE,
        target=target,
    )
    if len(held_out) < FEWEST:
        found = counted(len(held_out), "labelled message")
        note = f"not enough data: {found} held out, {FEWEST} needed to compare models of sentiment"
        return task(contenders=(), note=note)
    faults = {name: _fault(name, int8=int8, allow_pickle=allow_pickle) for name in transformers}
    opened = [name for name, fault in faults.items() if not fault]
    tried = _with_compact(candidates(rows, opened, int8=int8, allow_pickle=allow_pickle))
    contenders = tuple(_contender(name, how, learn, held_out, seed) for name, how in tried.items())
    largest = (*opened, "compact")[0]
    return task(contenders=contenders, largest=largest, note="; ".join(_notes(tried, faults, len(learn))))


def fewer_messages(
    rows: pd.DataFrame, *, model: str = "linear", shares: Sequence[float] = SHARES, seed: int = 0
) -> list[Contender]:
    """Return one model, linear or compact, learnt from shares of the older labelled messages; each `name` their number.

    The parts are drawn by lot, each within the next, the compact one's from no more than it reads; those too small to
    learn from are left out, all of them where too few messages are held out, or where a model learns from none of them,
    as the shipped one and those of the hub. They are judged on the same newer messages as those of `contest`.

    >>> few = pd.DataFrame({"message_id": ["1"], "sent_at": pd.Timestamp("2026-05-01"), "text_hash": 1})
    >>> fewer_messages(few.assign(label="positive"))
    []
    """
    learn, held_out = split(rows)
    if model not in _LEARNING or len(held_out) < FEWEST:
        return []
    drawn = learn.sample(frac=1, random_state=seed).head(MOST if model == "compact" else len(learn))
    sizes = sorted({round(share * len(drawn)) for share in shares})
    parts = {str(size): drawn.head(size) for size in sizes if _enough(drawn.head(size))}
    return [
        _contender(name, {"model": model}, part, held_out, seed, title=counted(len(part), "message"))
        for name, part in parts.items()
    ]


def _contender(
    name: str, how: Mapping[str, Any], learn: pd.DataFrame, held_out: pd.DataFrame, seed: int, *, title: str = ""
) -> Contender:
    texts = held_out["text"].tolist()
    truth = held_out["label"].map(LABELS.index).to_numpy(np.int64)

    def score(model: Any) -> np.ndarray:
        return read(model, texts)[0]

    def judge(told: np.ndarray) -> np.ndarray:
        return np.asarray(told.argmax(axis=1) == truth, dtype=float)

    title = title or _TITLES.get(name, name)
    train = partial(fit, learn, seed=seed, **how)
    learns = how["model"] in _LEARNING
    prepare = partial(_warm_up, learn, how["model"]) if learns else None
    return Contender(name=name, title=title, train=train, score=score, judge=judge, prepare=prepare)


def _warm_up(learn: pd.DataFrame, model: str) -> None:
    """Learn from a few messages, which loads the libraries that learning needs."""
    # Too few messages to learn from load nothing, and are refused once more where it counts.
    with suppress(InputError):
        fit(learn.groupby("label").head(_FEW), model=model)


def _fault(name: str, *, int8: bool, allow_pickle: bool) -> str:
    """Return why a transformer cannot be opened, or '': before it competes, as the others go on without it."""
    try:
        transformer.open(name, int8=int8, allow_pickle=allow_pickle)
    except InputError as error:
        return str(error)
    return ""


def _with_compact(tried: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the candidates with the compact transformer behind the linear model, whose messages it needs as well."""
    small = {name: tried[name] for name in ("shipped", "linear") if name in tried}
    return small | ({"compact": {"model": "compact"}} if "linear" in tried else {}) | dict(tried)


def _notes(tried: Mapping[str, Any], faults: Mapping[str, str], learnt: int) -> list[str]:
    """Return what the table of contenders does not show."""
    notes = [f"not compared: {fault}" for fault in faults.values() if fault]
    if "linear" not in tried:
        few = "labelled messages to learn from are too few, or of one class only"
        notes.append(f"linear model and compact transformer not compared: {few}")
    elif learnt > MOST:
        notes.append(f"the compact transformer learns from {MOST:,} of {learnt:,} labelled messages, by lot")
    return notes


def _enough(part: pd.DataFrame) -> bool:
    try:
        learnable(part)
    except InputError:
        return False
    return True
