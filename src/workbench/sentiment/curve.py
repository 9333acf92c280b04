"""How many labelled messages would be needed to decide?

In: labelled messages.   Out: `Curve`: accuracy by their number, and what more of them would bring.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.intervals import FEWEST, wilson
from workbench.sentiment import messages, models
from workbench.sentiment.labels import LABELS
from workbench.sentiment.quality import check_share

_SIZES = 5
_REPEATS = 3
# With fewer labelled messages the smallest of five parts would teach nothing; nor would it with fewer of a class.
_FEWEST_TO_LEARN = 200
_SMALLEST, _FEWEST_OF_A_CLASS = 50, 15
# How long it may take on one core, and what a fit takes there: by itself, and for each message and character.
_MOST_SECONDS = 12.0
_SECONDS_A_FIT, _SECONDS_A_MESSAGE, _SECONDS_A_CHARACTER = 0.4, 2e-4, 2e-6
# Beyond so many times what is there a curve through five points says nothing.
_FARTHEST = 100
_RESAMPLES = 1_000
_POWERS = np.geomspace(0.05, 2, 40)


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """Accuracy against the number of labelled messages, with the answer in words.

    `points`: messages, accuracy (mean over repeats), low, high, repeats; `line`: messages, accuracy, low, high of the
    fitted power law, up to what is needed or ten times what is there. `limit` is where it levels off. `needed` messages
    reach the `target`; infinite: no number does; NaN: not enough data. `to_tell` labelled messages tell an accuracy of
    the target from one that is three points lower.
    """

    verdict: str
    target: float
    points: pd.DataFrame
    line: pd.DataFrame
    limit: float
    limit_low: float
    limit_high: float
    needed: float
    needed_low: float
    needed_high: float
    to_tell: int


def learning_curve(rows: pd.DataFrame, *, target: float, seed: int = 0) -> Curve:
    """Train the linear model on growing parts of the older messages, and judge each on the same newest ones.

    Five sizes, up to three draws of each with the shares of the classes kept, as many and as large as a dozen
    seconds of one core allow by an estimate from their length. Through their accuracies goes an inverse power law,
    limit - b * messages ** -c (Cortes et al., 1994; Figueroa et al., 2012), sizes weighted by their number of messages.
    Intervals are of a bootstrap over the held-out messages and over draws. An InputError says that the target is no
    share.
    """
    check_share(target, "target")
    train, held_out = messages.split(rows)
    if len(held_out) < FEWEST or len(train) < max(_FEWEST_TO_LEARN, 2 * _smallest(train)):
        return _not_enough(len(train), len(held_out), target)
    sizes, right = _tried(train, held_out, seed)
    return fit_curve(sizes, right, target=target, seed=seed)


def fit_curve(sizes: np.ndarray, right: np.ndarray, *, target: float, seed: int = 0) -> Curve:
    """Fit the curve to the sizes of some runs, and which held-out message (column) each run (row) got right."""
    rng = np.random.default_rng(seed)
    accuracy = right.mean(axis=1)
    drawn = rng.multinomial(right.shape[1], np.full(right.shape[1], 1 / right.shape[1]), _RESAMPLES) @ right.T
    # A draw of one run at the largest size has no spread of its own; that of the held-out messages remains.
    weights = np.concatenate([np.ones((1, len(sizes))), _draws_of_runs(sizes, rng)]) * sizes
    limits, slopes, powers = _power_laws(sizes, np.vstack([accuracy, drawn / right.shape[1]]), weights)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        needed = np.where(limits > target, (slopes / (limits - target)) ** (1 / powers), np.inf)
    points = _points(sizes, right)
    there = int(sizes.max())
    reached = points.loc[points["accuracy"][::-1].ge(target).cummin()[::-1], "messages"]
    low, high = np.quantile(needed[1:], [0.025, 0.975], method="nearest")
    limit_low, limit_high = np.quantile(limits[1:], [0.025, 0.975])
    found = float(reached.iloc[0]) if len(reached) else float(max(needed[0], there))
    low, high = min(float(low), found), max(float(high), found)
    return Curve(
        verdict=_verdict(target, there, bool(len(reached)), found, (low, high), (limits[0], limit_low, limit_high)),
        target=target,
        points=points,
        line=_line(limits, slopes, powers, points["messages"].min(), there, found),
        limit=float(limits[0]),
        limit_low=float(limit_low),
        limit_high=float(limit_high),
        needed=found,
        needed_low=low,
        needed_high=high,
        to_tell=messages_to_tell(target),
    )


def messages_to_tell(target: float, *, difference: float = 0.03) -> int:
    """Return how many labelled messages tell an accuracy of `target` from one that is `difference` lower.

    With a power of 80 %, two-sided at 5 %, by the normal approximation for one share (Fleiss, Levin and Paik, 2003).

    >>> messages_to_tell(0.85)
    1164
    """
    check_share(target - difference, "target less the difference")
    lower = target - difference
    spread = norm.ppf(0.975) * math.sqrt(target * (1 - target)) + norm.ppf(0.8) * math.sqrt(lower * (1 - lower))
    return math.ceil(float(spread / difference) ** 2)


def _tried(train: pd.DataFrame, held_out: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the size of every run, and which held-out message (column) each run (row) got right."""
    each = _SECONDS_A_MESSAGE + _SECONDS_A_CHARACTER * float(train["text"].str.len().mean())
    largest = min(len(train), max(int((_MOST_SECONDS / 2 - _SECONDS_A_FIT) / each), 2 * _smallest(train)))
    steps = np.unique(np.geomspace(max(_smallest(train), largest / 16), largest, _SIZES).astype(int))
    left = _MOST_SECONDS - _SECONDS_A_FIT - largest * each
    repeats = int(np.clip(left / (_SECONDS_A_FIT + steps[:-1] * each).sum(), 1, _REPEATS))
    sizes = np.append(np.repeat(steps[:-1], repeats), largest)
    rng = np.random.default_rng(seed)
    right = []
    for size in sizes:
        part = train.iloc[_drawn(train["label"], int(size), rng)]
        scored = models.score(models.fit(part, model="linear", seed=seed), held_out).messages
        right.append((scored["sentiment"] == scored["label"]).to_numpy(float))
    return sizes, np.array(right)


def _smallest(train: pd.DataFrame) -> int:
    """Return how many messages have enough of the second most frequent class to learn from."""
    second = train["label"].value_counts().reindex(LABELS, fill_value=0).nlargest(2).iloc[-1]
    return max(_SMALLEST, math.ceil(_FEWEST_OF_A_CLASS * len(train) / second)) if second else len(train)


def _drawn(labels: "pd.Series[str]", size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the places of a part of the messages in which every class has the share that it has in all."""
    order = rng.permutation(len(labels))
    # Each message stands at its class's quantile: the first of all are the same share of every class.
    rank = labels.iloc[order].groupby(labels.iloc[order]).transform(lambda own: (np.arange(len(own)) + 0.5) / len(own))
    return np.sort(order[np.argsort(rank.to_numpy(float), kind="stable")[:size]])


def _draws_of_runs(sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how often each run stands in each draw; a size keeps its number of runs."""
    drawn = np.empty((_RESAMPLES, len(sizes)))
    for size in np.unique(sizes):
        runs = np.flatnonzero(sizes == size)
        drawn[:, runs] = rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), _RESAMPLES)
    return drawn


def _power_laws(sizes: np.ndarray, accuracy: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return limit, slope and power of the best curve through each row of accuracies.

    For a given power the curve is a line in messages ** -power, fitted by weighted least squares; powers are tried on a
    grid. The limit is at most 1, and more messages never make it worse.
    """
    fits = []
    total = weights.sum(axis=1)
    for power in _POWERS:
        x = sizes.astype(float) ** -power
        x_mean, y_mean = (weights @ x) / total, (weights * accuracy).sum(axis=1) / total
        away = x - x_mean[:, None]
        slope = np.maximum(-(weights * away * accuracy).sum(axis=1) / (weights * away**2).sum(axis=1), 0)
        limit = y_mean + slope * x_mean
        over = limit > 1
        slope = np.where(over, (weights * x * (1 - accuracy)).sum(axis=1) / (weights * x**2).sum(axis=1), slope)
        limit = np.minimum(limit, 1)
        error = (weights * (accuracy - limit[:, None] + slope[:, None] * x) ** 2).sum(axis=1)
        fits.append((error, limit, slope, np.full(len(error), power)))
    error, *parts = np.array(fits).transpose(1, 0, 2)
    best = error.argmin(axis=0)
    return tuple(part[best, np.arange(len(best))] for part in parts)


def _points(sizes: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """Return the mean accuracy of every size with Wilson's interval of the held-out messages."""
    steps, repeats = np.unique(sizes, return_counts=True)
    accuracy = np.array([right[sizes == size].mean() for size in steps])
    share, low, high = wilson(accuracy * right.shape[1], right.shape[1])
    return pd.DataFrame({"messages": steps, "accuracy": share, "low": low, "high": high, "repeats": repeats})


def _line(
    limits: np.ndarray, slopes: np.ndarray, powers: np.ndarray, first: int, there: int, needed: float
) -> pd.DataFrame:
    last = min(needed * 1.5, there * _FARTHEST) if there < needed < math.inf else there * 10
    across = np.geomspace(first, max(last, there * 2), 60)
    accuracy = np.clip(limits[:, None] - slopes[:, None] * across ** -powers[:, None], 0, 1)
    low, high = np.quantile(accuracy[1:], [0.025, 0.975], axis=0)
    return pd.DataFrame({"messages": across, "accuracy": accuracy[0], "low": low, "high": high})


def _verdict(
    target: float,
    there: int,
    reached: bool,
    needed: float,
    interval: tuple[float, float],
    limit: tuple[float, float, float],
) -> str:
    if reached:
        return f"An accuracy of {target:.1%} is reached with {needed:,.0f} labelled messages to learn from."
    if needed > there * _FARTHEST:
        level, low, high = limit
        surely = "" if interval[0] > there * _FARTHEST else "probably "
        return (
            f"An accuracy of {target:.1%} is {surely}not reachable by more of the same: the curve, with {there:,} "
            f"labelled messages to learn from now, levels off at {level:.1%} ({low:.1%} to {high:.1%})."
        )
    ends = [f"{end:,.0f}" if end <= there * _FARTHEST else "no number" for end in interval]
    return (
        f"About {needed:,.0f} labelled messages ({ends[0]} to {ends[1]}) to learn from would do for an accuracy of "
        f"{target:.1%}; up to {there:,} were tried."
    )


def _not_enough(train: int, held_out: int, target: float) -> Curve:
    nothing = pd.DataFrame({name: pd.Series(dtype=float) for name in ("messages", "accuracy", "low", "high")})
    unknown = dict.fromkeys(("limit", "limit_low", "limit_high", "needed", "needed_low", "needed_high"), math.nan)
    return Curve(
        verdict=f"Not enough data for a learning curve: {train} labelled messages to learn from and {held_out} held "
        f"out; {_FEWEST_TO_LEARN}, with enough of two classes, and {FEWEST} are needed.",
        target=target,
        points=nothing.assign(repeats=pd.Series(dtype=int)),
        line=nothing,
        to_tell=messages_to_tell(target),
        **unknown,
    )
