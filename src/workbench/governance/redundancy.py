"""Which columns of a table say what another column says already?

In: a table, its columns with the distinct values of each.   Out: by column, the one that determines it.
"""

from collections.abc import Collection, Mapping
from math import log

import ibis
import numpy as np
import pandas as pd

# A column determines another by more than chance where its values repeat: with one row each, a key determines all.
ROWS_A_VALUE = 20
_LOG_CHANCE = log(1e-6)
# Approximate counts of distinct values are off by some per cent.
_SLACK = 1.1


def determined(
    table: ibis.Table, *, sample: pd.DataFrame, candidates: Collection[str], distinct: Mapping[str, int], rows: int
) -> dict[str, str]:
    """Return the column that determines each redundant one of the candidates, which are tried in their order.

    A column determines another where all rows with the same value of it have the same value of the other, missing
    counting as a value. It must repeat, at least 20 rows a value on average, and that it does so by chance must be
    excluded: were both independent, the chance would be at most m ** (rows - values), m the share of the other's most
    frequent value; above one in a million it says nothing, which takes constants and nearly constant columns out.
    `sample` has some rows of the table and rules most pairs out before the table is asked; `distinct` counts the values
    of each column, about. What is found redundant determines nothing itself: of two that repeat each other one stays.

    >>> rows = pd.DataFrame({"code": ["a", "b"] * 30, "name": ["Anna", "Bob"] * 30, "key": range(60)})
    >>> counts = {"code": 2, "name": 2, "key": 60}
    >>> determined(ibis.memtable(rows), sample=rows, candidates=["name", "code"], distinct=counts, rows=60)
    {'name': 'code'}
    """
    codes = {str(column): _codes(sample[column]) for column in sample}
    repeating = [column for column in codes if 1 < distinct[column] <= rows / ROWS_A_VALUE]
    repeating.sort(key=lambda column: distinct[column])
    found: dict[str, str] = {}
    for column in (candidate for candidate in candidates if distinct[candidate] > 1):
        able = [
            by
            for by in repeating
            if by != column and by not in found and _SLACK * distinct[by] >= distinct[column]
            if _is_determined(codes[column], by=codes[by])
        ]
        by = next((by for by in able if _holds(table, column, by=by)), None)
        if by:
            found[column] = by
    return found


def filled(value: ibis.Value) -> ibis.Value:
    """Return whether a value is there: neither null nor blank text."""
    return value.notnull() & (value.strip() != "") if value.type().is_string() else value.notnull()


def _codes(values: pd.Series) -> np.ndarray:
    texts = values.astype("str").where(values.notna(), "")
    return pd.factorize(texts.where(texts.str.strip() != "", ""))[0]


def _is_determined(codes: np.ndarray, *, by: np.ndarray) -> bool:
    pairs = by.astype(np.int64) * (codes.max(initial=0) + 1) + codes
    return len(np.unique(pairs)) == len(np.unique(by))


def _holds(table: ibis.Table, column: str, *, by: str) -> bool:
    """Say whether a dependency holds in the whole table and is none of chance."""
    known = {name: ibis.ifelse(filled(table[place]), table[place], None) for name, place in (("a", by), ("b", column))}
    pairs = table.select(**known).group_by(["a", "b"]).aggregate(size=lambda rows: rows.count())
    by_a = pairs.group_by("a").aggregate(values=lambda rows: rows.count())
    by_b = pairs.group_by("b").aggregate(size=lambda rows: rows["size"].sum())
    groups, values = _row(by_a.aggregate(groups=by_a.count(), most=by_a["values"].max()))
    rows, largest = _row(by_b.aggregate(rows=by_b["size"].sum(), largest=by_b["size"].max()))
    if values != 1 or rows < ROWS_A_VALUE * groups:
        return False
    return (rows - groups) * log(largest / rows) <= _LOG_CHANCE


def _row(table: ibis.Table) -> tuple[int, int]:
    first, second = (int(value) for value in table.to_pyarrow().to_pylist()[0].values())
    return first, second
