"""The figures by which a market's sentiment is judged, each with its interval and what it rests on.

In: the scores of a market, and those of the messages held out from training.   Out: a tidy frame, one row a figure.
"""

from typing import Any

import pandas as pd

from workbench.intervals import FEWEST
from workbench.sentiment.models import Sentiment
from workbench.sentiment.quality import Abstention, abstain_at, labelled, quality
from workbench.sentiment.satisfaction import satisfaction

_METRICS = {
    "accuracy": "share",
    "accuracy_baseline": "share",
    "accuracy_polar": "share",
    "macro_f1": "",
    "calibration_error": "",
}
_NOTES = {
    "accuracy_baseline": "always the most frequent class, on the same messages",
    "accuracy_polar": "positive against negative, without neutral messages",
}


def headline(found: Sentiment, *, held_out: pd.DataFrame, target_accuracy: float, reason: str = "") -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that a sentiment report leaves behind.

    `held_out` are scored messages with their `label` that the model did not learn from; with fewer than 30 the value of
    its figures is missing and the note says why. `reason` is why this model was chosen.
    """
    about = satisfaction(found.messages, held_out=held_out).set_index("name")
    rows = [
        *_of_model(held_out),
        *_kept(abstain_at(held_out, target=target_accuracy)),
        *(_row(name, **about.loc[name].drop("messages")) for name in ("satisfaction", "satisfaction_estimated")),
        _row("messages", len(found.messages), unit="messages", note="with a score"),
        _row("messages_scored", found.scored, unit="messages", note=f"texts read, in {found.seconds:.1f} seconds"),
        _row("messages_reused", found.reused, unit="messages", note="scored by this very model before"),
        _row("model", found.model, note=reason),
    ]
    # As objects from the start: a frame of missing values and counts would turn 40 messages into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def _of_model(held_out: pd.DataFrame) -> list[dict[str, Any]]:
    figures = quality(held_out).set_index("metric")
    known = len(labelled(held_out))
    few = f"not enough data: {known} labelled messages held out, {FEWEST} needed" if known < FEWEST else ""
    rows = []
    for metric, unit in _METRICS.items():
        value, low, high, messages = figures.loc[metric, ["value", "low", "high", "messages"]]
        note = few or _NOTES.get(metric, f"{messages:,.0f} messages that the model had not seen")
        rows.append(_row(metric, value=None if few else value, low=low, high=high, unit=unit, note=note))
    return rows


def _kept(found: Abstention) -> list[dict[str, Any]]:
    share = None if found.confidence is None else found.share
    ends = {"low": found.share_low, "high": found.share_high}
    return [
        _row("coverage_at_target", share, **ends, unit="share", note=found.reason),
        _row("confidence_at_target", found.confidence, note=found.reason),
    ]


def _row(name: str, value: Any, *, low: Any = None, high: Any = None, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "low": low, "high": high, "unit": unit, "note": note}
