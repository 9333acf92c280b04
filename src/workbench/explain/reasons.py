"""Which features speak for one customer, before any words: the strongest, with value, typical value and direction.

In: contributions of every feature (a row per customer) and the features they explain.   Out: *codes*, a tidy frame.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.explain.contributions import CLEAR_DIRECTION, rank_correlation
from workbench.processor import threads

# More customers than this would not make the sign of a correlation any clearer.
_ENOUGH_FOR_SIDES = 20_000
# The work on so many rows stays in the processor's cache.
_ROWS = 20_000
_MISSING = 2


def reason_codes(
    contributions: pd.DataFrame, features: pd.DataFrame, *, family: Callable[[str], str], top: int = 3
) -> pd.DataFrame:
    """Return the strongest `top` reasons of each customer in `contributions` (index customer_id, a column per feature).

    A reason is a family of features that say nearly the same; its strength is the sum of their contributions. For it
    speaks the strongest feature whose value lies on that side of typical, and not at it, which goes with such a sum
    among all customers explained; where there is none, the effect hangs on several features at once, and the family is
    passed over. Typical is the median of the features given, or their most common value.

    The frame has customer_id, rank (1 is the strongest), family, column (the feature that speaks), value, typical,
    contribution (the family's, on the scale of `contributions`) and direction ('raises' or 'lowers'). What moves
    nothing is no reason, so that some customers have fewer. `features` holds one row for each customer; an InputError
    says where it does not, or lacks a column.

    >>> features = pd.DataFrame({"customer_id": ["a", "b", "c"], "visits": [9, 2, 1], "plan": ["M", "L", "L"]})
    >>> contributions = pd.DataFrame({"visits": [1.5, -0.5, 0], "plan": [-2.0, 0, 0]}, index=["a", "b", "c"])
    >>> codes = reason_codes(contributions, features, family=str, top=2)
    >>> codes[["customer_id", "rank", "column", "value", "typical", "direction"]].values.tolist()
    [['a', 1, 'plan', 'M', 'L', 'lowers'], ['a', 2, 'visits', 9, 2.0, 'raises'], ['b', 1, 'visits', 2, 2.0, 'lowers']]
    """
    values = _explained(contributions, features, top)
    names = [family(str(column)) for column in contributions]
    families = [[place for place, name in enumerate(names) if name == one] for one in dict.fromkeys(names)]
    parts = [contributions.iloc[:, place].to_numpy(float) for place in range(len(names))]
    with ThreadPoolExecutor(threads()) as pool:
        typical = list(pool.map(lambda column: _middle(features[str(column)]), contributions))
    sides = _sides(values, parts, families)
    offsets = [_offsets(values.iloc[:, place], typical[place], sides[place]) for place in range(len(names))]
    row, rank, place, total = _ranked(parts, offsets, sides, families, top)
    value, usual = np.empty(len(row), object), np.empty(len(row), object)
    for one in np.unique(place):
        said = place == one
        value[said], usual[said] = values.iloc[:, one].take(row[said]).to_numpy(object), typical[one]
    return pd.DataFrame(
        {
            "customer_id": contributions.index.take(row),
            "rank": rank,
            "family": pd.Index(names, dtype="str").take(place),
            "column": contributions.columns.astype("str").take(place),
            "value": value,
            "typical": usual,
            "contribution": total,
            "direction": pd.Index(["lowers", "raises"], dtype="str").take((total > 0).astype(int)),
        }
    )


def _explained(contributions: pd.DataFrame, features: pd.DataFrame, top: int) -> pd.DataFrame:
    """Return the features of the customers explained, in the order of their contributions."""
    if top < 1:
        raise InputError(f"top={top}; at least 1 reason a customer")
    if lacking := [str(c) for c in ("customer_id", *contributions) if c not in features]:
        raise InputError(f"features: no column {', '.join(lacking)}, which the contributions name")
    customers = pd.Index(features["customer_id"])
    if not customers.is_unique:
        repeated = int(customers.duplicated().sum())
        raise InputError(f"features: {repeated:,} rows repeat a customer_id; explain the customers of one cut-off")
    known = features[list(contributions)]
    if customers.equals(contributions.index):
        return known
    found = customers.get_indexer(contributions.index)
    if missing := int((found < 0).sum()):
        raise InputError(f"features: {missing:,} of {len(found):,} customers with contributions have no row")
    return known.take(found)


def _sides(values: pd.DataFrame, parts: Sequence[np.ndarray], families: list[list[int]]) -> np.ndarray:
    """Return per column 1 where more of it goes with a higher sum of its family, -1 with a lower, NaN where unclear."""
    rows = np.arange(len(values))
    if len(rows) > _ENOUGH_FOR_SIDES:
        rows = np.random.default_rng(0).choice(rows, _ENOUGH_FOR_SIDES, replace=False)
    sides = np.full(len(parts), np.nan)
    for members in families:
        total = sum((parts[place][rows] for place in members), np.zeros(len(rows)))
        for place in members:
            moved = rank_correlation(values.iloc[:, place].take(rows), total)
            sides[place] = np.sign(moved) if abs(moved) >= CLEAR_DIRECTION else np.nan
    return sides


def _middle(values: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return float(values.median())
    return next(iter(values.mode()), None)


def _offsets(values: pd.Series, typical: Any, side: float) -> np.ndarray | None:
    """Return -1 or 1 where a value lies below or above typical, 0 at it, 2 where missing; None: it always fits."""
    if np.isnan(side):
        return None
    offset = np.sign(values.to_numpy(float, na_value=np.nan) - float(typical))
    return np.asarray(np.nan_to_num(offset, nan=_MISSING), dtype=np.int8)


def _ranked(
    parts: Sequence[np.ndarray],
    offsets: Sequence[np.ndarray | None],
    sides: np.ndarray,
    families: list[list[int]],
    top: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return row, rank, place of the column that speaks and the family's sum, by row and rank."""

    def of_run(start: int) -> tuple[np.ndarray, ...]:
        run = slice(start, start + _ROWS)
        told = [
            _speaker({p: parts[p][run] for p in members}, {p: _part(offsets[p], run) for p in members}, sides)
            for members in families
        ]
        totals, places = (np.stack(columns, axis=1) for columns in zip(*told, strict=True))
        order = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :top]
        totals, places = np.take_along_axis(totals, order, axis=1), np.take_along_axis(places, order, axis=1)
        row, rank = np.nonzero(totals)
        return row + start, rank + 1, places[row, rank], totals[row, rank]

    with ThreadPoolExecutor(threads()) as pool:
        found = list(pool.map(of_run, range(0, len(parts[0]) if parts else 0, _ROWS)))
    none = (np.empty(0, int), np.empty(0, int), np.empty(0, int), np.empty(0))
    return tuple(map(np.concatenate, zip(none, *found, strict=True)))  # type: ignore[return-value]


def _part(offsets: np.ndarray | None, run: slice) -> np.ndarray | None:
    return None if offsets is None else offsets[run]


def _speaker(
    parts: dict[int, np.ndarray], offsets: dict[int, np.ndarray | None], sides: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a family's sums, 0 where no feature speaks for it, and the place of the one that does."""
    total: np.ndarray = np.nan_to_num(sum(parts.values(), np.zeros(1)))
    sign = np.sign(total)
    strongest, place = np.full(len(total), -np.inf), np.full(len(total), -1)
    for one, part in parts.items():
        strength, offset = part * sign, offsets[one]
        better = strength > strongest
        if offset is not None:
            # What is typical of everybody is no reason why one customer differs.
            better &= (offset * sign == sides[one]) | (offset == _MISSING)
        np.copyto(strongest, strength, where=better)
        place[better] = one
    return np.where(place < 0, 0.0, total), place
