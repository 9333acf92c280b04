"""Which model scores this market: the one that may stay, or else the winner of a trial of all candidates?

In: a market's messages, the candidates, a meter, what an earlier run kept.   Out: `Appointment`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.sentiment.choice import Choice, Trial, choose, rehearse
from workbench.sentiment.curve import Curve, learning_curve
from workbench.sentiment.linear import LEAST, LEAST_OF_A_CLASS, LinearModel
from workbench.sentiment.memory import recall, remember
from workbench.sentiment.messages import split
from workbench.sentiment.models import Model, Sentiment, fit

# Such as `emissions.track`: a step's name in; a block around the step whose `kwh_cpu` is known at its end.
Meter = Callable[[str], AbstractContextManager[Any]]

_NO_LINEAR = " No linear model was tried: the labelled messages to learn from are too few, or of one class only."


@dataclass(frozen=True, eq=False, kw_only=True)
class Appointment:
    """The model that scores a market, learnt from all labels, and how it was chosen on the messages held out.

    `curve` says what more labels would bring, `reason` in words why this model; by `kept` the next run can go on with
    it. `readable` is the model whose words can be weighed: itself, or a small one beside a transformer.
    """

    model: Model
    choice: Choice
    curve: Curve
    reason: str
    kept: bytes
    readable: LinearModel | None


def candidates(
    rows: pd.DataFrame,
    transformers: Sequence[str] = (),
    *,
    int8: bool = False,
    allow_pickle: bool = False,
) -> dict[str, dict[str, Any]]:
    """Return what to try on a market, cheapest first: by name, the arguments that `fit` takes.

    The shipped model always; a linear one where the older labelled messages (`split`) are enough to learn from; every
    transformer that is named, and a student of the first one.

    >>> few = pd.DataFrame({"message_id": ["1"], "sent_at": pd.Timestamp("2026-05-01"), "text_hash": 1})
    >>> list(candidates(few.assign(label="positive"), ["acme/mood"]))
    ['shipped', 'distilled', 'acme/mood']
    """
    options = {"int8": int8, "allow_pickle": allow_pickle}
    found: dict[str, dict[str, Any]] = {"shipped": {"model": "shipped"}}
    classes = split(rows)[0].drop_duplicates("text_hash")["label"].value_counts()
    if classes.sum() >= LEAST and (classes >= LEAST_OF_A_CLASS).sum() >= 2:
        found["linear"] = {"model": "linear"}
    if transformers:
        found["distilled"] = {"model": "distilled", "teacher": transformers[0], **options}
    return found | {name: {"model": name, **options} for name in transformers}


def appoint(
    rows: pd.DataFrame,
    candidates: Mapping[str, Mapping[str, Any]],
    *,
    meter: Meter,
    target_accuracy: float,
    kept: bytes | None = None,
    retrain_after: float = 0.1,
    languages: Sequence[str] = (),
    seed: int = 0,
) -> Appointment:
    """Let the kept model stay, or try all candidates (`candidates`) on the newest labelled messages and choose one.

    Every candidate learns from the older labelled messages and scores the newer ones again and again below the meter;
    the chosen one learns once more from all of them, and a learning curve says what more labels would bring.
    """
    settings = {
        "candidates": {name: dict(how) for name, how in candidates.items()},
        "languages": list(languages),
        "target_accuracy": target_accuracy,
        "seed": seed,
    }
    recalled = recall(kept, rows, settings=settings, options=candidates, retrain_after=retrain_after)
    if recalled.choice and recalled.curve and recalled.model and kept:
        readable = _readable(recalled.model, rows, candidates, seed)
        return Appointment(**vars(recalled), kept=kept, readable=readable)
    train, held_out = split(rows)
    trials = [_try(name, how, train, held_out, meter=meter, seed=seed) for name, how in candidates.items()]
    choice = choose(trials, target_accuracy=target_accuracy)
    with meter(f"learn from all labels: {choice.chosen}"):
        model = fit(rows, seed=seed, **candidates[choice.chosen])
    with meter("learning curve"):
        curve = learning_curve(rows, target=target_accuracy, seed=seed)
    return Appointment(
        model=model,
        choice=choice,
        curve=curve,
        reason=f"{recalled.reason} {choice.reason}{'' if 'linear' in candidates else _NO_LINEAR}",
        kept=remember(choice, curve, model, rows, settings=settings),
        readable=_readable(model, rows, candidates, seed),
    )


def account(found: Sentiment) -> str:
    """Return in words what scoring took, and what was saved by not reading a text twice.

    >>> account(Sentiment(messages=pd.DataFrame(index=range(100)), model="linear", fingerprint="", scored=60, reused=30,
    ...                   twins=10, truncated=0, seconds=0.3))
    '100 messages: 60 texts read in 0.3 seconds by linear, 10 messages share a text with one of these, 30 were
     known from an earlier run. That saved 40% of the reading, about 0.2 seconds. No text was too long to be read. In a
     language that the model has not learnt, or that is not known: 0.'
    """
    everything, spared = len(found.messages), found.reused + found.twins
    saved = f"{spared / everything:.0%} of the reading" if everything else "nothing"
    if found.scored:
        saved += f", about {found.seconds / found.scored * spared:.1f} seconds"
    cut = (
        f"{found.truncated:,} texts were too long and read to their limit only"
        if found.truncated
        else "No text was too long to be read"
    )
    strange = int((~found.messages["language_known"]).sum()) if "language_known" in found.messages else 0
    return (
        f"{everything:,} messages: {found.scored:,} texts read in {found.seconds:.1f} seconds by {found.model}, "
        f"{found.twins:,} messages share a text with one of these, {found.reused:,} were known from an earlier run. "
        f"That saved {saved}. {cut}. In a language that the model has not learnt, or that is not known: {strange:,}."
    )


def _try(
    name: str, how: Mapping[str, Any], train: pd.DataFrame, held_out: pd.DataFrame, *, meter: Meter, seed: int
) -> Trial:
    with meter(f"learn: {name}") as learning:
        model = fit(train, seed=seed, **how)
    with meter(f"score again and again: {name}") as scoring:
        seen = rehearse(model, held_out)
    return Trial(
        name=name,
        scored=seen.scored.messages,
        scored_messages=seen.messages,
        kwh=scoring.kwh_cpu,
        training_kwh=learning.kwh_cpu,
        seconds=seen.seconds,
    )


def _readable(
    model: Model, rows: pd.DataFrame, candidates: Mapping[str, Mapping[str, Any]], seed: int
) -> LinearModel | None:
    if isinstance(model, LinearModel):
        return model
    beside = fit(rows, seed=seed, **candidates["linear" if "linear" in candidates else "shipped"])
    return beside if isinstance(beside, LinearModel) else None
