"""The figures of each group, how chance moves them, and how they would lie without any gap between groups.

In: rows with group and unit (whose they are), as codes.   Out: a `Measured` for each figure.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.governance.fairness.counts import RATES, RESAMPLES, resample_rates
from workbench.intervals import FEWEST, Z, wilson

NULLS = 10_000
SHARE = "share"
_LEAST_SKEW = 1e-3


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """One figure of every group: value, low, high and the `rows` it is of (groups); NaN of fewer than 30 units.

    `draws` (resamples, groups) are resamples of it, `null` (`NULLS`, groups) how groups would lie to each other, on as
    many rows, without a gap; None where groups are not compared by it.
    """

    metric: str
    unit: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    rows: np.ndarray
    draws: np.ndarray
    null: np.ndarray | None = field(default=None)


def measure_rates(rows: pd.DataFrame, *, metrics: Collection[str] = RATES, seed: int) -> list[Measured]:
    """Measure shares by group: `rows` has group and unit (codes from 0), actual, selected and wrong (0 or 1).

    Intervals are percentiles of resampled counts; where a rate is 0 or 1, of which no resample differs, Wilson's.

    >>> half = {"group": 0, "unit": range(40), "actual": 1, "selected": [0, 1] * 20, "wrong": [1, 0] * 20}
    >>> [(one.metric, float(one.value[0])) for one in measure_rates(pd.DataFrame(half), seed=0)]
    [('selection_rate', 0.5), ('true_positive_rate', 0.5), ('false_positive_rate', nan), ('error', 0.5)]
    """
    group, unit = rows["group"].to_numpy(), rows["unit"].to_numpy()
    actual, selected, wrong = (rows[name].to_numpy() for name in ("actual", "selected", "wrong"))
    found = resample_rates(group, actual, selected, wrong=wrong, units=unit, seed=seed)
    told = {RATES[1]: actual == 1, RATES[2]: actual == 0}
    rng = np.random.default_rng(seed + 1)
    measured = []
    for place, metric in enumerate(RATES):
        if metric not in metrics:
            continue
        within = told.get(metric, np.ones(len(rows), dtype=bool))
        flag = (wrong if metric == "error" else selected)[within].astype(float)
        sizes = effective_sizes(flag, group[within], unit[within], groups=len(found.value))
        enough = _units(group[within], unit[within], len(found.value)) >= FEWEST
        value = np.where(enough, found.value[:, place], np.nan)
        draws = found.draws[:, :, place]
        low, high = _ends(value, draws, sizes)
        measured.append(
            Measured(
                metric=metric,
                unit=SHARE,
                value=value,
                low=low,
                high=high,
                rows=found.of[:, place].astype(int),
                draws=draws,
                null=_null_shares(flag, sizes, rng),
            )
        )
    return measured


def measure_mean(
    metric: str,
    unit: str,
    top: np.ndarray,
    *,
    rows: pd.DataFrame,
    of: np.ndarray | None = None,
    seed: int,
) -> Measured:
    """Measure a mean of `top` by group, or its ratio to `of`; `rows` has group and unit (codes).

    NaN of top is left out. The variance is that of linearised totals of units, as rows of one are not independent
    (Binder, 1983). Groups without a gap may still differ in spread: the null has each group's own error (Welch, 1947),
    that of a small group no less than what the spread of all would let one expect.
    """
    known = np.isfinite(top) if of is None else np.isfinite(top) & np.isfinite(of)
    group, owner, top = rows["group"].to_numpy()[known], rows["unit"].to_numpy()[known], top[known]
    groups = int(rows["group"].max()) + 1 if len(rows) else 0
    base = np.ones(len(top)) if of is None else of[known]
    count, total = (np.bincount(group, weights=w, minlength=groups) for w in (np.ones(len(top)), base))
    units = _units(group, owner, groups)
    enough = (units >= FEWEST) & (total > 0)
    raw = np.bincount(group, weights=top, minlength=groups)
    value = np.divide(raw, total, out=np.full(groups, np.nan), where=enough)
    off = np.where(enough[group], top - value[group] * base, 0.0)
    spread = np.full(groups, np.nan)
    spread[enough] = _cluster_error(off, group, owner, groups)[enough] / total[enough]
    rng = np.random.default_rng(seed + 2)
    draws = value + spread * rng.standard_normal((RESAMPLES, groups))
    sizes = effective_sizes(top, group, owner, groups=groups)
    errors = _wary_errors(off, spread, sizes, units)
    null = None if of is not None else _null_means(_skewness(off, group), errors, sizes, units, rng)
    margin = Z * spread
    return Measured(
        metric=metric,
        unit=unit,
        value=value,
        low=value - margin,
        high=value + margin,
        rows=count.astype(int),
        draws=draws,
        null=null,
    )


def effective_sizes(values: np.ndarray, group: np.ndarray, unit: np.ndarray, *, groups: int) -> np.ndarray:
    """Return how many independent rows the rows of each group are worth, by the correlation within units.

    That correlation is one for all groups (after Rao and Scott, 1992), so a group in which nothing varies keeps the
    chance that all together give it. A unit in several groups counts as one in each.

    >>> effective_sizes(np.array([0.0, 0, 1, 1]), np.zeros(4, int), np.array([0, 0, 1, 1]), groups=1).tolist()
    [2.0]
    """
    rows = np.bincount(group, minlength=groups).astype(float)
    mean = np.divide(np.bincount(group, weights=values, minlength=groups), rows, out=np.zeros(groups), where=rows > 0)
    off = values - mean[group]
    owner, owners = pd.factorize(unit * max(groups, 1) + group)
    held = np.bincount(owner, minlength=len(owners)).astype(float)
    pairs, square = float((held * (held - 1)).sum()), float((off**2).sum())
    shared = float((np.bincount(owner, weights=off, minlength=len(owners)) ** 2).sum()) - square
    alike = max(shared / pairs / (square / len(off)), 0.0) if pairs and square else 1.0
    inflated = np.bincount(group, weights=1 + (held[owner] - 1) * alike, minlength=groups)
    sizes: np.ndarray = np.divide(rows**2, inflated, out=np.zeros(groups), where=inflated > 0)
    return sizes


def _ends(value: np.ndarray, draws: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    told = np.isfinite(value)
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    if told.any():
        low[told], high[told] = np.nanquantile(draws[:, told], [0.025, 0.975], axis=0)
    _, least, most = wilson(value * sizes, sizes)
    fixed = told & ((value == 0) | (value == 1))
    return np.where(fixed, least, low), np.where(fixed, most, high)


def _units(group: np.ndarray, unit: np.ndarray, groups: int) -> np.ndarray:
    """Return how many units have a row in each group."""
    return np.bincount(np.unique(unit * max(groups, 1) + group) % max(groups, 1), minlength=groups)


def _null_shares(flag: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rounded = np.maximum(sizes.round(), 1).astype(int)
    # Laplace's rule: a share of which no case was seen is not known to be nought.
    share = (flag.sum() + 1) / (len(flag) + 2)
    drawn: np.ndarray = rng.binomial(rounded, share, size=(NULLS, len(sizes)))
    shares: np.ndarray = drawn / rounded
    return shares


def _wary_errors(off: np.ndarray, spread: np.ndarray, sizes: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return each group's own error, for small groups no less than one drawn towards the spread of all.

    In few customers a rare outcome may not have come up at all, and then their own spread says far too little.
    """
    own, weight = spread**2, units / (units + FEWEST)
    pooled = float((off**2).mean()) if len(off) else 0.0
    errors: np.ndarray = np.sqrt(np.fmax(own, weight * own + (1 - weight) * pooled / np.maximum(sizes, 1)))
    return errors


def _null_means(
    skewness: float, errors: np.ndarray, sizes: np.ndarray, units: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw where means lie around a common one: Student's t, skewed against their rows (Hall, 1992)."""
    skew = np.maximum(2 * abs(skewness) / np.sqrt(np.maximum(sizes, 1)), _LEAST_SKEW)
    shape, freedom = 4 / skew**2, np.maximum(units - 1, 1)
    leaning = (rng.gamma(shape, size=(NULLS, len(sizes))) - shape) / np.sqrt(shape)
    scale = errors / np.sqrt(rng.chisquare(freedom, size=leaning.shape) / freedom)
    null: np.ndarray = -np.sign(skewness or 1.0) * leaning * scale
    return null


def _skewness(off: np.ndarray, group: np.ndarray) -> float:
    """Return the skewness of residuals that are scaled to one spread in every group."""
    rows = np.maximum(np.bincount(group), 1)
    within = np.sqrt(np.bincount(group, weights=off**2) / rows)[group]
    return float((np.divide(off, within, out=np.zeros(len(off)), where=within > 0) ** 3).mean()) if len(off) else 0.0


def _cluster_error(off: np.ndarray, group: np.ndarray, unit: np.ndarray, groups: int) -> np.ndarray:
    """Return the standard error of each group's total of `off`, taking units as what was sampled."""
    owner, owners = pd.factorize(unit * max(groups, 1) + group)
    sums = np.bincount(owner, weights=off, minlength=len(owners))
    place = np.asarray(owners) % max(groups, 1)
    squares, units = np.bincount(place, weights=sums**2, minlength=groups), np.bincount(place, minlength=groups)
    return np.sqrt(squares * units / np.maximum(units - 1, 1))
