"""How is each field of each table spread?

In: the tables of a CRM, the spreads of the run before.   Out: rows by table, a `Spread` by field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import ibis
import pandas as pd

from workbench import personal
from workbench.governance.case import ABOUT_DATA, Tables
from workbench.governance.drift.open_fields import Register, openness, read_register
from workbench.governance.drift.spread import (
    MOST_CATEGORIES,
    CountedAs,
    Spread,
    edges_of,
    shares_for,
    spread_bins,
    spread_categories,
    spread_filled,
)
from workbench.governance.field_facts import EXACT_ROWS
from workbench.governance.redundancy import filled

# Values of a field that has more are texts, and not all of them are fetched.
_MOST_FETCHED = 1_000
_DAY = 86_400
_NUMBERS = ("numbers", "days")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Field:
    """A column as it is to be counted: `value` is null where it is empty, `like` is its spread in the run before.

    A time is counted in days before `seen_at`. Single values are written down only where `open_to_all`.
    """

    name: str
    counted_as: CountedAs
    value: Any
    like: Spread | None
    seen_at: pd.Timestamp
    open_to_all: bool
    filled: int = 0
    empty: int = 0
    distinct: int = 0


def count_tables(
    tables: Tables, *, seen_at: pd.Timestamp, before: Mapping[str, Spread] | None = None
) -> tuple[dict[str, int], dict[str, Spread]]:
    """Return the rows of each table, and how each field, named table.column, is spread.

    Ids, personal and sensitive fields, those that the data contract does not know, texts of more than 20 values and
    times where `seen_at` (naive UTC) is not known are counted as filled or not, nothing else: see `openness`; numbers
    that only the register calls personal are counted in bins. Numbers of few values are categories. Tables that say how
    data is held are not looked into. Fields are counted in the bins of `before` where it has them.

    >>> orders = ibis.memtable({"amount": [float(value) for value in range(30)], "order_id": ["x"] * 30})
    >>> rows, spreads = count_tables({"orders": orders}, seen_at=pd.NaT)
    >>> rows, list(spreads["orders.amount"].counts.values()), spreads["orders.order_id"].counted_as
    ({'orders': 30}, [0, 10, 10, 10], 'filled')
    """
    rows: dict[str, int] = {}
    register = read_register(tables)
    spreads: dict[str, Spread] = {}
    for name, table in tables.items():
        columns = [] if name in ABOUT_DATA else table.columns
        likes = {column: (before or {}).get(f"{name}.{column}") for column in columns}
        asked = [_asked(name, table[column], seen_at, like, register) for column, like in likes.items()]
        rows[name], fields = _looked_at(table, asked)
        own = {
            field.name: _categories(table, field) or spread_filled(field.filled, empty=field.empty) for field in fields
        }
        own |= _in_bins(table, [f for f in fields if f.counted_as in _NUMBERS and own[f.name].counted_as == "filled"])
        spreads |= {f"{name}.{column}": spread for column, spread in own.items()}
    return rows, spreads


def _asked(name: str, column: Any, seen_at: pd.Timestamp, like: Spread | None, register: Register) -> _Field:
    value, kind, named = _known(column), column.type(), str(column.get_name())
    allowed = openness(name, named, register)
    counted_as: CountedAs = "filled"
    if allowed == "filled":
        pass
    elif kind.is_string() or kind.is_boolean():
        counted_as = "categories" if allowed == "values" else "filled"
    elif kind.is_numeric():
        counted_as, value = "numbers", value.cast("float64")
    elif (kind.is_timestamp() or kind.is_date()) and not pd.isna(seen_at):
        counted_as, value = "days", value.cast("timestamp")
    is_open = allowed == "values"
    return _Field(name=named, counted_as=counted_as, value=value, like=like, seen_at=seen_at, open_to_all=is_open)


def _known(column: Any) -> Any:
    """Return a column in which blank texts and numbers that are none are null."""
    if column.type().is_string():
        # Only what begins with a blank, or lower, can be blank: to strip every text would take most of the time.
        return ibis.ifelse(column >= "!", column, ibis.ifelse(filled(column), column, None))
    return ibis.ifelse(column.isnan() | column.isinf(), None, column) if column.type().is_floating() else column


def _looked_at(table: ibis.Table, asked: Iterable[_Field]) -> tuple[int, list[_Field]]:
    """Return the rows, and the fields with how many of these are filled and about how many values differ; one query."""
    fields, what = list(asked), {"rows": table.count()}
    for field in fields:
        what[f"filled {field.name}"] = field.value.count()
        if field.counted_as in ("categories", "numbers"):
            what[f"distinct {field.name}"] = field.value.approx_nunique()
    counted = _one_row(table, what)
    rows = int(counted["rows"])
    found = [(field, counted[f"filled {field.name}"], counted.get(f"distinct {field.name}", 0)) for field in fields]
    return rows, [replace(field, filled=full, empty=rows - full, distinct=many) for field, full, many in found]


def _categories(table: ibis.Table, field: _Field) -> Spread | None:
    """Count values one by one; None of texts, of what looks personal, and of numbers that differ or did so before."""
    was = field.like.counted_as if field.like is not None else None
    few = was == "categories" or (field.distinct <= 2 * MOST_CATEGORIES and was != "numbers")
    if field.counted_as not in ("categories", "numbers") or not (few and field.filled and field.open_to_all):
        return None
    values = table.select(value=field.value).filter(lambda row: row.value.notnull())
    counted = values.group_by("value").aggregate(rows=values.count()).order_by(ibis.desc("rows"), "value")
    found = counted.limit(_MOST_FETCHED).to_pyarrow().to_pydict()
    names = [_named(value) for value in found["value"]]
    if personal.looks_personal(pd.Series(names, dtype="str")):
        return None
    counts = dict(zip(names, found["rows"], strict=True))
    return spread_categories(counts, filled=field.filled, empty=field.empty, like=field.like)


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _in_bins(table: ibis.Table, numbers: Iterable[_Field]) -> dict[str, Spread]:
    """Count numbers and times in the bins of the run before, or in new ones."""
    edged = [(field, edges) for field, edges in _edges(table, numbers) if edges]
    asked = {
        f"{place} {field.name}": _at_most(field, edge).sum()
        for field, edges in edged
        for place, edge in enumerate(edges[:-1])
    }
    counted, spreads = _one_row(table, asked), {}
    for field, edges in edged:
        up_to = [int(counted[f"{place} {field.name}"] or 0) for place in range(len(edges) - 1)]
        spread = spread_bins(edges, [*up_to, field.filled], empty=field.empty, counted_as=field.counted_as)
        spreads[field.name] = spread
    return spreads


def _edges(table: ibis.Table, fields: Iterable[_Field]) -> list[tuple[_Field, list[float]]]:
    held = [
        (field, field.like.edges if field.like and field.like.counted_as == field.counted_as else [])
        for field in fields
    ]
    new = [field for field, edges in held if not edges and shares_for(field.filled)]
    found = _one_row(table, {field.name: _quantiles(field) for field in new})
    return [(field, edges or edges_of(found.get(field.name) or [])) for field, edges in held]


def _quantiles(field: _Field) -> Any:
    """Ask for the values to cut bins at: of very many about these, as all would have to be sorted in memory."""
    shares, value = shares_for(field.filled), field.value
    if field.counted_as == "days":
        value = (field.seen_at.timestamp() - value.epoch_seconds()) / _DAY
    return value.quantile(shares) if field.filled <= EXACT_ROWS else value.approx_quantile(shares)


def _at_most(field: _Field, edge: float) -> Any:
    if field.counted_as != "days":
        return field.value <= edge
    try:
        return field.value >= field.seen_at.to_pydatetime() - timedelta(days=edge)
    except OverflowError:
        return field.value >= (datetime.min if edge > 0 else datetime.max)


def _one_row(table: ibis.Table, asked: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = table.aggregate(**asked).to_pyarrow().to_pylist()[0] if asked else {}
    return row
