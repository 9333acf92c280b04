"""A table as it was found, brought to the types of the contract.

In: a `Raw` table and its part of the contract.   Out: typed columns, as Ibis expressions over the raw table.
Ids become strings, times naive UTC; what was read from CSV as text is cast, and what does not cast becomes null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from workbench.crm.contract import Column, Kind, TableSpec

_TYPES: dict[Kind, dt.DataType] = {
    "id": dt.string,
    "text": dt.string,
    "number": dt.float64,
    "integer": dt.int64,
    "year": dt.int64,
    "timestamp": dt.Timestamp(),
    "boolean": dt.boolean,
}
WORDS: dict[Kind, str] = {
    "id": "text or whole numbers",
    "text": "text or whole numbers",
    "number": "numbers",
    "integer": "whole numbers",
    "year": "years",
    "timestamp": "times such as 2025-12-31 or 2025-12-31T18:30:00Z",
    "boolean": "true or false",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Raw:
    """A table as it was found; from CSV all columns are text, and `numeric` says which look like numbers, and which."""

    table: ibis.Table
    from_text: bool = False
    decimal_comma: frozenset[str] = frozenset()
    numeric: Mapping[str, Kind] = field(default_factory=dict)


def typed_columns(raw: Raw, spec: TableSpec) -> dict[str, ibis.Value]:
    """Return the contract's columns that are there and of a fitting type, as expressions over `raw.table`."""
    found = {column.name: _typed(raw, column) for column in spec.columns if column.name in raw.table.columns}
    return {name: value for name, value in found.items() if value is not None}


def conform(raw: Raw, spec: TableSpec) -> ibis.Table:
    """Return the table with the contract's types; columns that the contract does not know are kept.

    >>> found = Raw(table=ibis.memtable({"product_id": [7], "shelf": ["B"]}))
    >>> from workbench.crm.contract import TABLES
    >>> conform(found, TABLES["products"]).schema()
    ibis.Schema {
      product_id  string
      shelf       string
    }
    """
    return raw.table.mutate(**further_numbers(raw, spec), **typed_columns(raw, spec))


def settle(raw: Raw, spec: TableSpec) -> Raw:
    """Give columns of another type that hold no value at all the type of the contract: files do not know better."""
    columns = typed_columns(raw, spec)
    misfits = [c for c in spec.columns if c.name in raw.table.columns and c.name not in columns]
    if not misfits:
        return raw
    counts = raw.table.aggregate(**{column.name: raw.table[column.name].count() for column in misfits})
    filled = counts.to_pyarrow().to_pylist()[0]
    empty = {column.name: ibis.null(_TYPES[column.kind]) for column in misfits if not filled[column.name]}
    return replace(raw, table=raw.table.mutate(**empty)) if empty else raw


def further_numbers(raw: Raw, spec: TableSpec) -> dict[str, ibis.Value]:
    """Return the numeric columns of a CSV file that the contract does not know, as expressions over `raw.table`."""
    names = [name for name in raw.table.columns if name in raw.numeric and spec.column(name) is None]
    return {name: number(raw, name) for name in names}


def number(raw: Raw, name: str) -> ibis.Value:
    """Return a column of text that looks like numbers as numbers."""
    return _from_text(raw.table[name], raw.numeric[name], decimal_comma=name in raw.decimal_comma)


def parse(value: ibis.Value, form: str) -> ibis.Value:
    """Read times that are written as `form` (strptime) says, null where they are not; DuckDB only."""
    return _try_strptime(value, form)


def utc(value: ibis.Value, timezone: str) -> ibis.Value:
    """Read naive times as the clock of a timezone showed them, and return them as naive UTC; DuckDB only."""
    return _on_clock(timezone, value).cast(dt.Timestamp())


def nearest(value: Any) -> Any:
    """Round to whole numbers, halves away from zero, as floats: what engines call rounding differs in the halves.

    >>> nearest(ibis.literal(2.675) * 100).to_pyarrow().as_py(), nearest(ibis.literal(-0.5)).to_pyarrow().as_py()
    (268.0, -1.0)
    """
    return value.sign() * (value.abs() + 0.5).floor().cast("float64")


def blank(value: ibis.Value) -> ibis.Value:
    """Say where an id is null, empty or the remains of a missing value."""
    return value.isnull() | value.strip().lower().isin(["", "nan", "none", "null", "nat", "<na>"])


def _typed(raw: Raw, column: Column) -> ibis.Value | None:
    """Return a column as its kind, or None where its type does not fit; casts lose nothing."""
    value = raw.table[column.name]
    found = value.type()
    if raw.from_text:
        return _from_text(value, column.kind, decimal_comma=column.name in raw.decimal_comma)
    match column.kind:
        case "id" | "text":
            whole = found.is_integer() or (found.is_decimal() and found.scale == 0)
            return value if found.is_string() else value.cast("string") if whole or found.is_uuid() else None
        case "timestamp":
            return _naive_utc(value) if found.is_timestamp() or found.is_date() else None
        case "number":
            return _without_nan(value.cast("float64")) if found.is_numeric() else None
        case "integer" | "year":  # pandas turns whole numbers with gaps into floats
            whole = _whole(value.cast("float64")) if found.is_numeric() else None
            return value if found.is_integer() else whole
        case "boolean":
            return value if found.is_boolean() else None


def _from_text(value: ibis.Value, kind: Kind, *, decimal_comma: bool) -> ibis.Value:
    match kind:
        case "timestamp":
            return _naive_utc(value.try_cast(dt.Timestamp("UTC")))
        case "boolean":
            return value.try_cast("boolean")
        case "number":
            return _without_nan(_number_from_text(value, decimal_comma=decimal_comma))
        case "integer" | "year":
            return _whole(_number_from_text(value, decimal_comma=decimal_comma))
        case "id" | "text":
            return value


def _without_nan(value: ibis.Value) -> ibis.Value:
    return ibis.ifelse(value.isnan(), ibis.null("float64"), value)


def _whole(value: ibis.Value) -> ibis.Value:
    return ibis.ifelse(value == value.round(), value, ibis.null("float64")).try_cast("int64")


def _number_from_text(value: ibis.Value, *, decimal_comma: bool) -> ibis.Value:
    plain = value.replace(".", "").replace(",", ".") if decimal_comma else value
    return plain.try_cast("float64")


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), dt.Timestamp()))
def _try_strptime(value, form):  # type: ignore[no-untyped-def]  # the signature above is what counts
    ...


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, dt.Timestamp()), dt.Timestamp("UTC")))
def _on_clock(timezone, value):  # type: ignore[no-untyped-def]  # the signature above is what counts
    ...


def _naive_utc(value: ibis.Value) -> ibis.Value:
    found = value.type()
    micros = found.is_timestamp() and found.timezone is None and found.scale in (None, 6)
    return value if micros else value.cast(dt.Timestamp())
