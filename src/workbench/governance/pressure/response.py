"""Do people leave, or buy, more often the more they are sent?

In: a `Log`.   Out: shares by how many touches came in the days before, and the log-odds of each further one.

Both are what happened at each pressure, not what pressure did: people who are sent more differ from the others, and a
conversion is credited to the last touch before it, so that more touches also catch more orders that came anyway.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log
from workbench.intervals import FEWEST, Z, wilson
from workbench.words import counted

OUTCOMES = ("unsubscribed", "converted")
_STARTS = np.array([0, 1, 2, 3, 5, 7, 10])
_NAMES = ("0", "1", "2", "3-4", "5-6", "7-9", "10+")
COLUMNS = ("outcome", "received_before", "touches", "persons", "share", "low", "high")
# A regression on fewer events than this is one of its noise (Peduzzi et al., 1996, have ten for each coefficient).
_FEWEST_EVENTS = 20
_STEPS = 50
# Fixed, as a log knows that somebody responded and not when, so that no delay can be read off it; a week is a common
# window for crediting an order to a message. Where a house credits for longer, its last touches still count too little.
DAYS_TO_RESPOND = 7


@dataclass(frozen=True, eq=False, kw_only=True)
class Slope:
    """How the odds of an outcome go with each further touch received: log-odds and odds ratio, 95 % intervals.

    NaN where that cannot be known; `note` says why.
    """

    outcome: str
    touches: int = 0
    persons: int = 0
    events: int = 0
    log_odds: float = np.nan
    low: float = np.nan
    high: float = np.nan
    odds_ratio: float = np.nan
    odds_low: float = np.nan
    odds_high: float = np.nan
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Before:
    """The touches that can be judged: who got them, what each outcome was, and how many came in the days before."""

    customer: np.ndarray
    count: np.ndarray
    outcomes: dict[str, np.ndarray]


def received_before(log: Log, *, days: int = 30) -> Before:
    """Return how many touches each person had received in the days before each touch, on all channels together.

    The touch itself is not counted. Touches of the log's first `days` are left out, as what came before is not known,
    and those later than 7 days before its last touch, as not everybody has had the time to respond.
    """
    from workbench.governance.pressure import kernels

    first, last = (log.at.min(), log.at.max()) if len(log.at) else (0, 0)
    seen = log.at >= first + days * MICROSECONDS_A_DAY
    seen &= log.at <= last - DAYS_TO_RESPOND * MICROSECONDS_A_DAY
    count = kernels.rolling(log.customer, log.at, days * MICROSECONDS_A_DAY)[seen] - 1
    outcomes = {name: getattr(log, name)[seen] for name in OUTCOMES if getattr(log, name) is not None}
    return Before(customer=log.customer[seen], count=count, outcomes=outcomes)


def by_pressure(log: Log, *, days: int = 30, before: Before | None = None) -> pd.DataFrame:
    """Return the share of touches with each outcome by how many were received in the `days` before.

    Columns: outcome (unsubscribed, converted), received_before ('0' … '10+'), touches, persons, share, low, high. A
    person's touches are no independent draws: the interval is Wilson's (1927) for an effective number of touches, their
    number over the design effect of drawing persons (ratio estimator, linearised; Korn and Graubard, 1998), and never
    more than there are; where nobody or everybody had the outcome, the number of persons. NaN under 30 persons. An
    outcome whose column the table lacks has no rows. The log's first `days` and last 7 are left out
    (`received_before`). `before` spares counting again.

    >>> from workbench.governance.pressure.log import log_of
    >>> sent = pd.DataFrame({"customer_id": np.repeat(range(40), 3), "channel": "sms", "unsubscribed": [0, 1, 0] * 40})
    >>> log = log_of(sent.assign(at=pd.to_datetime(["2025-03-01", "2025-04-01", "2025-04-08"] * 40)))
    >>> by_pressure(log).round(3)[["received_before", "touches", "share", "low"]].values.tolist()
    [['0', 40, 1.0, 0.912]]
    """
    before = before or received_before(log, days=days)
    bins = np.searchsorted(_STARTS, before.count, side="right") - 1
    frames = [_shares(name, hit, before.customer, bins) for name, hit in before.outcomes.items()]
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return found[found["touches"] > 0].reset_index(drop=True)


def _shares(outcome: str, hit: np.ndarray, customer: np.ndarray, bins: np.ndarray) -> pd.DataFrame:
    """Return the rows of one outcome: sums by person and bin, then by bin."""
    width = len(_STARTS)
    cell = customer.astype(np.int64) * width + bins
    people = (int(customer.max()) + 1 if len(customer) else 0) * width
    touches = np.bincount(cell, minlength=people).reshape(-1, width)
    events = np.bincount(cell[hit], minlength=people).reshape(-1, width)
    persons, size, total = (touches > 0).sum(0), touches.sum(0), events.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = total / size
        variance = ((events - share * touches) ** 2).sum(0) / size**2 * persons / (persons - 1)
        effective = np.minimum(share * (1 - share) / variance, size)
    effective = np.where((total == 0) | (total == size), persons, effective)
    value, low, high = wilson(share * effective, np.where(persons >= FEWEST, effective, 0))
    found = {"outcome": outcome, "received_before": _NAMES, "touches": size, "persons": persons}
    return pd.DataFrame(found | {"share": value, "low": low, "high": high})


def slope(log: Log, outcome: str, *, days: int = 30, before: Before | None = None) -> Slope:
    """Return the log-odds of an outcome per further touch received in the `days` before, with a 95 % interval.

    A logistic regression on the number received, fitted by Newton on the sums per number; its errors are those of
    persons (sandwich estimator of Liang and Zeger, 1986). It is the slope over all persons: where they differ in what
    else makes them leave, it lies a little below that of each of them (Gail et al., 1984). Few persons or events, or
    numbers that are all the same, are 'not enough data'.
    """
    before = before or received_before(log, days=days)
    if outcome not in before.outcomes:
        return Slope(outcome=outcome, note=f"not measured: touches has no column {outcome}_at")
    hit, size = before.outcomes[outcome], len(before.count)
    persons, events = _persons(before), int(hit.sum())
    known = Slope(outcome=outcome, touches=size, persons=persons, events=events)
    if persons < FEWEST or min(events, size - events) < _FEWEST_EVENTS or before.count.min() == before.count.max():
        told = f"{events:,} of {counted(size, 'touch', 'touches')} to {counted(persons, 'person', 'persons')} {outcome}"
        return _with(known, note=f"not enough data: {told}, {left_out(days)}")
    return _with(known, **_estimate(before, hit))


def left_out(days: int = 30) -> str:
    """Say which touches are not judged."""
    return f"without the first {days} days of the log and the last {DAYS_TO_RESPOND}"


def slopes(log: Log, *, days: int = 30, before: Before | None = None) -> pd.DataFrame:
    """Return the `slope` of every outcome, one a row."""
    before = before or received_before(log, days=days)
    return pd.DataFrame([asdict(slope(log, outcome, days=days, before=before)) for outcome in OUTCOMES])


def _with(known: Slope, **found: float | str) -> Slope:
    return Slope(**{**asdict(known), **found})


def _estimate(before: Before, hit: np.ndarray) -> Mapping[str, float | str]:
    counts = np.bincount(before.count).astype(float)
    events = np.bincount(before.count[hit], minlength=len(counts)).astype(float)
    fitted, information = _fit(counts, events)
    if fitted is None:
        return {"note": "not enough data: no slope fits best, as where the number of touches parts the outcome"}
    bread = np.linalg.inv(information)
    errors = bread @ _meat(before, hit, _chance(fitted, len(counts))) @ bread
    value, margin = float(fitted[1]), float(Z * np.sqrt(errors[1, 1]))
    ends = {"log_odds": value, "low": value - margin, "high": value + margin}
    return ends | dict(
        zip(("odds_ratio", "odds_low", "odds_high"), map(float, np.exp(list(ends.values()))), strict=True)
    )


def _chance(fitted: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(fitted[0] + fitted[1] * np.arange(size), -30, 30))))


def _fit(counts: np.ndarray, events: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Return intercept and slope of a logistic regression on 0, 1, 2 …, and their information; None if none is best."""
    design = np.column_stack([np.ones(len(counts)), np.arange(len(counts))])
    fitted = np.array([np.log(events.sum() / (counts - events).sum()), 0.0])
    for _ in range(_STEPS):
        chance = _chance(fitted, len(counts))
        information = (design * (counts * chance * (1 - chance))[:, None]).T @ design
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            return None, information
        step = np.linalg.solve(information, design.T @ (events - counts * chance))
        fitted = fitted + step
        if np.abs(step).max() < 1e-9:
            return fitted, information
    return None, information


def _meat(before: Before, hit: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the sum over persons of the outer products of their scores."""
    left = hit - chance[before.count]
    scores = [np.bincount(before.customer, weights=weights) for weights in (left, left * before.count)]
    persons = _persons(before)
    summed = np.array([[(one * two).sum() for two in scores] for one in scores])
    return np.asarray(summed * persons / (persons - 1))


def _persons(before: Before) -> int:
    return int(np.count_nonzero(np.bincount(before.customer)))
