"""How satisfied are customers, those who gave no rating included, and does sentiment say what ratings say?

In: scored messages, some with a rating or a label.   Out: tidy frames with 95 % intervals and what they rest on.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from workbench.intervals import FEWEST, Z, wilson
from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.quality import column, confusion, labelled

_RESAMPLES = 1_000
_STEPS = 500
_NOTHING = (np.nan,) * 3


def satisfaction(scored: pd.DataFrame, *, held_out: pd.DataFrame | None = None, seed: int = 0) -> pd.DataFrame:
    """Return name, value, low, high, messages, unit and note of what ratings and sentiment say of satisfaction.

    `satisfaction` (CSAT) is the share of ratings of 4 and 5 among rated messages: of those who answer, who may be more
    or less content than the rest. `satisfaction_estimated` is that share over all messages: those without a label count
    by their sentiment, corrected for how often each class was taken for another among the messages `held_out` from
    training (adjusted count, Forman, 2008, by maximum likelihood; bootstrap interval). It takes errors on messages with
    and without a label to be alike. `positive` is the raw share of positive sentiment. `agreement` of sentiment with
    the rating's own, the rank `correlation` of rating and net score (interval of Bonett and Wright, 2000) and the mean
    `rating_negative`, `rating_neutral`, `rating_positive` are those of the rated messages held out, or of all rated
    ones where none are given: right only for a model that did not learn from them.
    """
    unseen = scored if held_out is None else held_out
    ratings = _ratings(scored)
    share, low, high = wilson((ratings >= 4).sum(), len(ratings))
    raw = scored[column(scored, "sentiment").notna()]
    positive = wilson((raw["sentiment"] == "positive").sum(), len(raw))
    rows = [
        ("satisfaction", share, low, high, len(ratings), "share", "ratings of 4 and 5; only of those who answered"),
        ("satisfaction_estimated", *_estimated(raw, labelled(unseen), seed)),
        ("positive", *positive, len(raw), "share", "positive sentiment of all messages, errors of the model included"),
        *_against_ratings(unseen.loc[_ratings(unseen).index]),
    ]
    table = pd.DataFrame(rows, columns=["name", "value", "low", "high", "messages", "unit", "note"])
    return table.astype({"value": float, "low": float, "high": float})


def by_rating(scored: pd.DataFrame) -> pd.DataFrame:
    """Return rating (rounded), sentiment, messages, and their share of that rating with low and high."""
    ratings = _ratings(scored)
    counts = pd.crosstab(ratings.round().astype(int), scored.loc[ratings.index, "sentiment"])
    counts = counts.reindex(columns=list(LABELS), fill_value=0)
    share, low, high = wilson(counts.to_numpy(), counts.to_numpy().sum(axis=1, keepdims=True))
    pairs = pd.MultiIndex.from_product([counts.index, LABELS], names=["rating", "sentiment"])
    columns = {"messages": counts.to_numpy(), "share": share, "low": low, "high": high}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=pairs).reset_index()


def _ratings(scored: pd.DataFrame) -> "pd.Series[Any]":
    """Return the ratings of the scored messages that have one."""
    rows = scored[column(scored, "sentiment").notna()]
    return rows["rating"].dropna().astype(float) if "rating" in rows else pd.Series(dtype=float, index=rows.index[:0])


def _estimated(scored: pd.DataFrame, unseen: pd.DataFrame, seed: int) -> tuple[Any, ...]:
    if len(unseen) < FEWEST:
        why = f"not enough data: {len(unseen)} labelled messages that the model has not seen, {FEWEST} needed"
        return (*_NOTHING, len(scored), "share", why)
    known = scored["label"] if "label" in scored else pd.Series(np.nan, index=scored.index)
    told = scored.loc[known.isna(), "sentiment"].value_counts().reindex(LABELS, fill_value=0).to_numpy()
    silent, errors = int(told.sum()), confusion(unseen)["messages"].to_numpy()
    satisfied, answered = int((known == LABELS[2]).sum()), int(known.notna().sum())
    rng = np.random.default_rng(seed)
    shares = _adjusted(_drawn(errors, rng).reshape(-1, len(LABELS), len(LABELS)), _drawn(told, rng))
    counted = np.append(satisfied, rng.binomial(answered, satisfied / max(answered, 1), _RESAMPLES))
    value, *draws = (counted + silent * shares) / max(len(scored), 1)
    low, high = np.quantile(draws, [0.025, 0.975])
    part = f"{silent / max(len(scored), 1):.0%}"
    note = f"{part} of the messages have no label; their sentiment is corrected for the model's known errors"
    return value, min(low, value), max(high, value), len(scored), "share", note


def _drawn(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the counts, and below them what they would be if messages were drawn again."""
    chances = counts / max(counts.sum(), 1)
    again = rng.multinomial(counts.sum(), chances, _RESAMPLES) if counts.any() else np.zeros((_RESAMPLES, len(counts)))
    return np.vstack([counts, again])


def _adjusted(errors: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return the share of truly positive messages for each pair of a table of errors and counts of predictions.

    The shares are the likeliest ones, found by expectation and maximisation: unlike an inverse, never below 0.
    """
    truths = errors.sum(axis=2, keepdims=True)
    taken_for = errors / np.maximum(truths, 1)
    shares = (truths > 0) / (truths > 0).sum(axis=1, keepdims=True)
    seen = (told / np.maximum(told.sum(axis=1, keepdims=True), 1))[:, None]
    for _ in range(_STEPS):
        joint = shares * taken_for
        expected = np.maximum(joint.sum(axis=1, keepdims=True), 1e-12)
        shares = (joint / expected * seen).sum(axis=2, keepdims=True)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(shares[:, LABELS.index("positive"), 0])


def _against_ratings(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    few = "" if len(rows) >= FEWEST else f"not enough data: {len(rows)} rated messages, {FEWEST} needed"
    stars = rows.get("rating", pd.Series(dtype=float))
    same = (from_ratings(stars) == rows["sentiment"]).sum()
    agreed = _NOTHING if few else wilson(same, len(rows))
    found: list[tuple[Any, ...]] = [
        ("agreement", *agreed, len(rows), "share", few or "sentiment and rating say the same"),
        ("correlation", *(_NOTHING if few else _correlation(rows)), len(rows), "", few or "rank correlation"),
    ]
    for label in LABELS:
        own = stars[rows["sentiment"] == label].astype(float)
        margin = Z * own.std(ddof=1) / np.sqrt(len(own)) if len(own) > 1 else np.nan
        mean = (
            _NOTHING if few or len(own) < 2 else (own.mean(), max(own.mean() - margin, 1), min(own.mean() + margin, 5))
        )
        found.append((f"rating_{label}", *mean, len(own), "stars", few or f"mean rating of {label} messages"))
    return found


def _correlation(rows: pd.DataFrame) -> tuple[float, float, float]:
    net = rows["positive"] - rows["negative"]
    if rows["rating"].nunique() < 2 or net.nunique() < 2:
        return _NOTHING
    value = float(spearmanr(rows["rating"], net).statistic)
    middle, margin = np.arctanh(np.clip(value, -0.999999, 0.999999)), np.sqrt((1 + value**2 / 2) / (len(rows) - 3))
    low, high = np.tanh(middle + Z * margin * np.array([-1, 1]))
    return value, float(low), float(high)
