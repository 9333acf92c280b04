"""How are values spread? Counts in bins that the next run can count in again, with nobody in them.

In: numbers, or counts of values; the spread of the run before.   Out: `Spread`s; shares of numbers to cut bins at.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

CountedAs = Literal["filled", "categories", "numbers", "days"]
Key = tuple[str, str]

EMPTY, FILLED, REST = ("empty", ""), ("filled", ""), ("rest", "")
MOST_CATEGORIES = 20
# A category of fewer rows is pooled with others, and no bin is made for fewer: some could be guessed, none tested.
_FEWEST_ROWS, _BINS = 10, 10


@dataclass(frozen=True, eq=False, kw_only=True)
class Spread:
    """Rows by bin. A bin is EMPTY, FILLED (by anything), REST, ('category', value) or ('bin', its upper end).

    `counted_as` says what the bins are of; `days` lie before the last moment that the data knows of.
    """

    counted_as: CountedAs
    counts: Mapping[Key, int]

    @property
    def rows(self) -> int:
        """The rows that were counted."""
        return sum(self.counts.values())

    @property
    def edges(self) -> list[float]:
        """The upper ends of bins, infinity the last; none where numbers are not what is counted."""
        return [float(key) for name, key in self.counts if name == "bin"]


def spread_numbers(values: np.ndarray, *, like: Spread | None = None) -> Spread:
    """Count numbers in the bins of an earlier spread, or in ten of equal size: fewer where one would hold under ten.

    What is missing or not finite is empty; under 20 numbers are only counted as filled.

    >>> spread_numbers(np.arange(30.0)).counts
    {('empty', ''): 0, ('bin', '9.667'): 10, ('bin', '19.33'): 10, ('bin', 'inf'): 10}
    """
    known = values[np.isfinite(values)]
    edges = like.edges if like is not None else []
    edges = edges or edges_of(np.quantile(known, shares) if (shares := shares_for(len(known))) else [])
    empty = len(values) - len(known)
    if not edges:
        return spread_filled(len(known), empty=empty)
    up_to = np.searchsorted(np.sort(known), edges, side="right")
    return spread_bins(edges, up_to.tolist(), empty=empty, counted_as="numbers")


def spread_bins(edges: Sequence[float], up_to: Sequence[int], *, empty: int, counted_as: CountedAs) -> Spread:
    """Return the rows of each bin, given how many values lie at or below each edge."""
    counts = np.diff([0, *up_to]).tolist()
    named = {("bin", _written(edge)): count for edge, count in zip(edges, counts, strict=True)}
    return Spread(counted_as=counted_as, counts={EMPTY: empty, **named})


def spread_categories(
    counts: Mapping[str, int], *, filled: int, empty: int, like: Spread | None = None
) -> Spread | None:
    """Count values one by one: those of ten rows or more, the others that are `filled` pooled.

    Of more than 20 values only those of an earlier spread are kept; None where there is none, as these are texts.

    >>> spread_categories({"gold": 30, "silver": 12, "Ann's": 1}, filled=43, empty=2).counts
    {('empty', ''): 2, ('category', 'gold'): 30, ('category', 'silver'): 12, ('rest', ''): 1}
    """
    known = {key for name, key in like.counts if name == "category"} if like is not None else set()
    if len(counts) > MOST_CATEGORIES and not known:
        return None
    few = len(counts) <= MOST_CATEGORIES
    kept = {key: count for key, count in counts.items() if count >= _FEWEST_ROWS and (few or key in known)}
    named = {("category", key): kept[key] for key in sorted(kept)}
    rest = filled - sum(kept.values())
    return Spread(counted_as="categories", counts={EMPTY: empty, **named, **({REST: rest} if rest else {})})


def spread_filled(filled: int, *, empty: int) -> Spread:
    """Count only whether there is anything."""
    return Spread(counted_as="filled", counts={EMPTY: empty, FILLED: filled})


def shares_for(filled: int) -> list[float]:
    """Return the shares of so many values below which to cut bins: tenths, or fewer; none under 20 values."""
    bins = min(_BINS, filled // _FEWEST_ROWS)
    return [step / bins for step in range(1, bins)]


def edges_of(quantiles: Iterable[float]) -> list[float]:
    """Return the upper ends of bins for quantiles, infinity the last; rounded, as one may be somebody's own figure."""
    rounded = sorted({float(f"{value:.4g}") for value in quantiles if math.isfinite(value)})
    return [*rounded, math.inf] if rounded else []


def _written(edge: float) -> str:
    return f"{edge:.4g}"
