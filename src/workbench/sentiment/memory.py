"""What is remembered between runs: the chosen model, why it was chosen, and whether it may stay.

In: a `Choice` and its model, or what an earlier run left of them.   Out: bytes without pickles, or `Recalled`.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.sentiment import store
from workbench.sentiment.choice import Choice, renewal
from workbench.sentiment.curve import Curve
from workbench.sentiment.linear import LinearModel
from workbench.sentiment.models import Model, fit, score

_VERSION = 1
Settings = Mapping[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recalled:
    """The choice, learning curve and model of an earlier run, None where these are to be made anew; why, in words."""

    choice: Choice | None
    curve: Curve | None
    model: Model | None
    reason: str


def remember(choice: Choice, curve: Curve, model: Model, rows: pd.DataFrame, *, settings: Settings) -> bytes:
    """Return what was chosen as bytes for `recall`; `rows` are the messages that the model has learnt from."""
    frames = {name: value.to_parquet() for name, value in vars(curve).items() if isinstance(value, pd.DataFrame)}
    about = {
        "version": _VERSION,
        "settings": dict(settings),
        "labelled": int(rows["label"].notna().sum()),
        "learnt_to": str(rows["sent_at"].max()),
        "chosen": choice.chosen,
        "reason": choice.reason,
        "fingerprint": model.fingerprint,
        "curve": {name: value for name, value in vars(curve).items() if name not in frames},
    }
    parts = {
        "about": json.dumps(about, sort_keys=True).encode(),
        "table": choice.table.to_parquet(),
        "held_out": choice.held_out.to_parquet(),
        **frames,
        "model": store.to_bytes(model) if isinstance(model, LinearModel) else b"",
    }
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: np.frombuffer(part, np.uint8) for name, part in parts.items()})
    return file.getvalue()


def recall(
    data: bytes | None, rows: pd.DataFrame, *, settings: Settings, options: Settings, retrain_after: float = 0.1
) -> Recalled:
    """Return the choice and the model that `remember` kept, or why they are to be made anew.

    They may stay while `settings` are the same, the labels of `rows` have grown by no more than the share
    `retrain_after`, and labelled messages since then are scored as well as before (`renewal`). `options` are the
    arguments by which `fit` opens each candidate again, where it is a transformer.
    """
    if data is None:
        return _anew("no model has been chosen for this market yet")
    if not retrain_after:
        return _anew("retrain_after is 0: every run chooses anew")
    try:
        about, choice, curve, model = _read(data, options)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, InputError) as error:
        return _anew(f"what an earlier run kept cannot be used ({type(error).__name__})")
    newer = rows[rows["label"].notna() & (rows["sent_at"] > pd.Timestamp(about["learnt_to"]))]
    known = choice.held_out["label"].notna()
    reason = renewal(
        about["labelled"],
        int(rows["label"].notna().sum()),
        retrain_after=retrain_after,
        changes=_changes(about, settings, model),
        accuracy=float((choice.held_out["sentiment"] == choice.held_out["label"])[known].mean())
        if known.any()
        else None,
        messages=int(known.sum()),
        newer=score(model, newer).messages if len(newer) else None,
    )
    kept = f"{choice.chosen}, chosen by an earlier run on messages up to {about['learnt_to'][:10]}, may stay."
    return (
        _anew(reason) if reason else Recalled(choice=choice, curve=curve, model=model, reason=f"{kept} {choice.reason}")
    )


def _read(data: bytes, options: Settings) -> tuple[dict[str, Any], Choice, Curve, Model]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        part = {name: file[name].tobytes() for name in file.files}
    about = json.loads(part["about"])
    if about["version"] != _VERSION:
        raise ValueError("another version")
    names = ("table", "held_out", "points", "line")
    table, held_out, points, line = (pd.read_parquet(io.BytesIO(part[name])) for name in names)
    choice = Choice(chosen=about["chosen"], reason=about["reason"], table=table, held_out=held_out)
    curve = Curve(points=points, line=line, **about["curve"])
    if part["model"]:
        return about, choice, curve, store.from_bytes(part["model"], place="the kept model")
    return about, choice, curve, fit(pd.DataFrame(), **options[choice.chosen])


def _changes(about: dict[str, Any], settings: Settings, model: Model) -> list[str]:
    now = json.loads(json.dumps(dict(settings)))
    changed = [
        f"{key} was {about['settings'].get(key)!r}, is {now[key]!r}"
        for key in now
        if about["settings"].get(key) != now[key]
    ]
    same = about["fingerprint"] == model.fingerprint
    return changed if same else [*changed, "the files of the model are others"]


def _anew(reason: str) -> Recalled:
    return Recalled(choice=None, curve=None, model=None, reason=f"A model is chosen anew: {reason}.")
