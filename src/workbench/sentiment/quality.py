"""How good are the scores: are they right, for every class, and do they know when they are? With 95 % intervals.

In: scored messages with their truth in `label`.   Out: tidy frames; what cannot be measured is NaN.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.intervals import FEWEST, calibration_error, equal_bins, mean_loss, wilson
from workbench.sentiment.labels import LABELS

METRICS = (
    "accuracy",
    "accuracy_baseline",
    "accuracy_polar",
    "macro_f1",
    *(f"recall_{label}" for label in LABELS),
    "calibration_error",
    "brier",
)
_KEPT = ("coverage", "accuracy_kept")
_RESAMPLES = 2_000
_NEGATIVE, _POSITIVE = LABELS.index("negative"), LABELS.index("positive")
_Interval = tuple[float, float, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class Abstention:
    """From which confidence on a score can be used, and what that leaves: measured on messages that did not choose it.

    `confidence` is None where no confidence would do, or too few messages are labelled; `reason` says which, and reads
    as a sentence in either case. `share` of the messages is kept, `accuracy` is that of the kept ones.
    """

    confidence: float | None
    reason: str
    share: float = np.nan
    share_low: float = np.nan
    share_high: float = np.nan
    accuracy: float = np.nan
    low: float = np.nan
    high: float = np.nan
    messages: int = 0


def quality(
    scored: pd.DataFrame, *, by: str | None = None, confidence: float | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return group, metric, value, low, high and messages: all messages as one group, or one for each value of `by`.

    Only messages with a `label` count. `accuracy` over three classes, beside `accuracy_baseline`: always the most
    frequent one. `accuracy_polar` among messages that are negative or positive, by the likelier of these two.
    `macro_f1` over the classes that occur. `calibration_error` is the mean distance of confidence and accuracy in ten
    bins of equal size, fewer where a bin would hold fewer than 30 (Naeini et al., 2015). `brier` sums the squares over
    the three classes (Brier, 1950): 0 to 2. Shares have Wilson's interval, macro-F1 and calibration error that of a
    bootstrap of counts, all as if messages were independent. Given a `confidence`, `coverage` is the share of messages
    that the model is at least so sure of, and `accuracy_kept` how many of these are right. Groups of fewer than 30 have
    NaN: not enough data.

    >>> rows = pd.DataFrame({"label": ["negative", "positive"] * 20, "sentiment": "negative", "confidence": 0.8})
    >>> rows = rows.assign(negative=0.8, neutral=0.0, positive=0.2)
    >>> quality(rows).set_index("metric").loc[["accuracy", "brier"], "value"].round(2).tolist()
    [0.5, 0.68]
    """
    rows = labelled(scored)
    if by is None:
        groups: Any = [("all", rows)]
    else:
        names = column(rows, by).astype("str").fillna("not known")
        groups = [(name, rows[names == name]) for name in names.value_counts().index]
    found = [
        (name, metric, *values, messages)
        for name, group in groups
        for metric, values, messages in _figures(group, confidence, seed)
    ]
    kinds = {"value": float, "low": float, "high": float, "messages": int}
    return pd.DataFrame(found, columns=["group", "metric", "value", "low", "high", "messages"]).astype(kinds)


def confusion(scored: pd.DataFrame) -> pd.DataFrame:
    """Return truth, predicted, messages, and their share of that truth with low and high; nine rows."""
    counts = _counts(labelled(scored))
    share, low, high = wilson(counts, counts.sum(axis=1, keepdims=True))
    pairs = pd.MultiIndex.from_product([LABELS, LABELS], names=["truth", "predicted"])
    columns = {"messages": counts, "share": share, "low": low, "high": high}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=pairs).reset_index()


def reliability(scored: pd.DataFrame) -> pd.DataFrame:
    """Return confidence (mean), accuracy, low, high and messages in the bins of `calibration_error`."""
    rows = labelled(scored)
    right, place = _right(rows), equal_bins(rows["confidence"].to_numpy(float))
    messages = np.bincount(place)
    accuracy, low, high = wilson(np.bincount(place, weights=right), messages)
    confidence = np.bincount(place, weights=rows["confidence"]) / messages
    return pd.DataFrame(
        {"confidence": confidence, "accuracy": accuracy, "low": low, "high": high, "messages": messages}
    )


def coverage(scored: pd.DataFrame) -> pd.DataFrame:
    """Return what abstaining costs and brings: confidence (kept from there), share kept, accuracy, low, high, messages.

    One row for every twentieth of the messages; those of the same confidence stand or fall together.
    """
    rows = labelled(scored)
    confidence, right = rows["confidence"].to_numpy(float), _right(rows)
    thresholds = np.unique(np.quantile(confidence, np.arange(20) / 20, method="lower")) if len(rows) else np.empty(0)
    kept = confidence >= thresholds[:, None]
    messages = kept.sum(axis=1)
    accuracy, low, high = wilson((kept & right).sum(axis=1), messages)
    columns = {"share": messages / max(len(rows), 1), "accuracy": accuracy, "low": low, "high": high}
    return pd.DataFrame({"confidence": thresholds, **columns, "messages": messages})


def abstain_at(scored: pd.DataFrame, *, target: float) -> Abstention:
    """Return the lowest confidence from which on the older half is as accurate as `target`, measured on the newer half.

    At least 30 messages must be kept in either half. An InputError says that a target is no share.

    >>> told = ["negative", "positive"] * 100
    >>> rows = pd.DataFrame({"label": "positive", "sentiment": told, "confidence": [0.4, 0.9] * 100})
    >>> abstain_at(rows, target=0.95).reason
    'kept from a confidence of 0.90 on, 50% of the newer messages are right in 100% of cases (93% to 100%)'
    """
    check_share(target, "target")
    rows = labelled(scored)
    if "sent_at" in rows:
        rows = rows.sort_values("sent_at", kind="stable")
    older, newer = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    if len(older) < FEWEST:
        return Abstention(
            confidence=None, reason=f"not enough data: {len(rows)} labelled messages, {2 * FEWEST} needed"
        )
    confidence = _lowest(older, target)
    kept = newer[newer["confidence"] >= (np.inf if confidence is None else confidence)]
    if confidence is None or len(kept) < FEWEST:
        return Abstention(
            confidence=None, reason=f"no confidence keeps {FEWEST} messages that are right in {target:.0%}"
        )
    accuracy, low, high = (float(value) for value in wilson(_right(kept).sum(), len(kept)))
    share, share_low, share_high = (float(value) for value in wilson(len(kept), len(newer)))
    return Abstention(
        confidence=confidence,
        reason=f"kept from a confidence of {confidence:.2f} on, {share:.0%} of the newer messages are right in "
        f"{accuracy:.0%} of cases ({low:.0%} to {high:.0%})",
        share=share,
        share_low=share_low,
        share_high=share_high,
        accuracy=accuracy,
        low=low,
        high=high,
        messages=len(kept),
    )


def labelled(scored: pd.DataFrame) -> pd.DataFrame:
    """Return the scored messages whose truth is known; an InputError names a column that is missing."""
    return scored[column(scored, "label").notna() & column(scored, "sentiment").notna()]


def check_share(value: float, name: str) -> None:
    """Refuse what is no share above 0."""
    if not 0 < value <= 1:
        raise InputError(f"{name}: {value!r} is no share; allowed is above 0, up to 1")


def column(rows: pd.DataFrame, name: str) -> "pd.Series[Any]":
    if name not in rows:
        hint = did_you_mean(name, rows.columns)
        raise InputError(f"scored messages: no column '{name}'{hint}; there are {', '.join(rows.columns)}")
    return rows[name]


def side_by_side(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of `quality` as words: a row for each group, with messages and each metric with its interval.

    >>> few = pd.DataFrame({"group": ["chat"], "metric": ["accuracy"], "value": [0.5], "low": [0.4], "high": [0.6]})
    >>> side_by_side(few.assign(messages=40)).values.tolist()
    [['chat', 40, '0.50 (0.40 to 0.60)']]
    """
    said = [
        "not enough data" if np.isnan(value) else f"{value:.2f} ({low:.2f} to {high:.2f})"
        for value, low, high in figures[["value", "low", "high"]].to_numpy(float)
    ]
    names = figures["metric"].str.replace("_", " ").str.replace("f1", "F1")
    order = pd.Index(names).unique()
    wide = figures.assign(said=said, metric=names).pivot(index="group", columns="metric", values="said")[order]
    messages = figures.groupby("group")["messages"].max()
    wide.insert(0, "messages", messages)
    return wide.loc[figures["group"].unique()].rename_axis(columns=None).reset_index()


def _figures(rows: pd.DataFrame, confidence: float | None, seed: int) -> Iterator[tuple[str, _Interval, int]]:
    """Yield each metric, its value with low and high, and the messages that it rests on."""
    if len(rows) < FEWEST:
        kept = () if confidence is None else _KEPT
        yield from ((metric, (np.nan,) * 3, len(rows)) for metric in (*METRICS, *kept))
        return
    counts, right = _counts(rows), _right(rows)
    truths = counts.sum(axis=1)
    polar = rows[rows["label"].isin([LABELS[_NEGATIVE], LABELS[_POSITIVE]])]
    said = np.where(polar["negative"] > polar["positive"], LABELS[_NEGATIVE], LABELS[_POSITIVE])
    yield "accuracy", _share(right.sum(), len(rows)), len(rows)
    yield "accuracy_baseline", _share(truths.max(), len(rows)), len(rows)
    yield "accuracy_polar", _share((said == polar["label"]).sum(), len(polar)), len(polar)
    yield "macro_f1", _macro_f1(counts, seed), len(rows)
    for place, label in enumerate(LABELS):
        yield f"recall_{label}", _share(counts[place, place], truths[place]), int(truths[place])
    yield "calibration_error", calibration_error(rows["confidence"].to_numpy(float), right, seed=seed), len(rows)
    yield "brier", _brier(rows), len(rows)
    if confidence is not None:
        sure = rows["confidence"].to_numpy(float) >= confidence
        yield _KEPT[0], _share(sure.sum(), len(rows)), len(rows)
        yield _KEPT[1], _share(right[sure].sum(), sure.sum()), int(sure.sum())


def _share(count: int, of: int) -> _Interval:
    share, low, high = wilson(count, of)
    return float(share), float(low), float(high)


def _counts(rows: pd.DataFrame) -> np.ndarray:
    """Return how many messages of each truth (row) were taken for what (column)."""
    cell = _codes(rows["label"]) * len(LABELS) + _codes(rows["sentiment"])
    return np.bincount(cell, minlength=len(LABELS) ** 2).reshape(len(LABELS), len(LABELS))


def _codes(labels: "pd.Series[Any]") -> np.ndarray:
    codes = pd.Index(LABELS).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        raise InputError(f"column '{labels.name}': {int((codes < 0).sum())} values are none of {', '.join(LABELS)}")
    return codes


def _right(rows: pd.DataFrame) -> np.ndarray:
    return (rows["label"] == rows["sentiment"]).to_numpy(bool)


def _macro_f1(counts: np.ndarray, seed: int) -> _Interval:
    there = counts.sum(axis=1) > 0
    draws = np.random.default_rng(seed).multinomial(counts.sum(), counts.ravel() / counts.sum(), size=_RESAMPLES)
    tables = np.concatenate([counts[None], draws.reshape(-1, *counts.shape)])
    hits = np.diagonal(tables, axis1=1, axis2=2)
    # A class that is neither there nor guessed in a draw is missed by nobody.
    told = np.maximum(tables.sum(axis=1) + tables.sum(axis=2), 1)
    scores = (2 * hits / told)[:, there].mean(axis=1)
    low, high = np.quantile(scores[1:], [0.025, 0.975])
    return float(scores[0]), float(min(low, scores[0])), float(max(high, scores[0]))


def _brier(rows: pd.DataFrame) -> _Interval:
    truth = np.eye(len(LABELS))[_codes(rows["label"])]
    losses = ((rows[list(LABELS)].to_numpy(float) - truth) ** 2).sum(axis=1)
    return mean_loss(losses)


def _lowest(rows: pd.DataFrame, target: float) -> float | None:
    """Return the lowest confidence from which on at least 30 messages are as accurate as the target."""
    order = np.argsort(-rows["confidence"].to_numpy(float), kind="stable")
    confidence, right = rows["confidence"].to_numpy(float)[order], _right(rows)[order]
    kept = np.arange(1, len(rows) + 1)
    last = np.append(confidence[:-1] > confidence[1:], True)
    meets = last & (kept >= FEWEST) & (np.cumsum(right) >= target * kept)
    return float(confidence[meets].min()) if meets.any() else None
