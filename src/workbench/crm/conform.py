"""A table as it was found, brought to the types of the contract.

In: a `Raw` table and its part of the contract.   Out: typed columns, as Ibis expressions over the raw table.
Ids become strings, times naive UTC; what was read from CSV as text is cast, and what does not cast becomes null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.datatypes as dt

from workbench.crm.contract import Column, Kind, TableSpec

WORDS: dict[Kind, str] = {
    "id": "text or whole numbers",
    "text": "text",
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


def further_numbers(raw: Raw, spec: TableSpec) -> dict[str, ibis.Value]:
    """Return the numeric columns of a CSV file that the contract does not know, as expressions over `raw.table`."""
    names = [name for name in raw.table.columns if name in raw.numeric and spec.column(name) is None]
    return {name: number(raw, name) for name in names}


def number(raw: Raw, name: str) -> ibis.Value:
    """Return a column of text that looks like numbers as numbers."""
    return _from_text(raw.table[name], raw.numeric[name], name in raw.decimal_comma)


def parse(value: ibis.Value, form: str) -> ibis.Value:
    """Read times that are written as `form` (strptime) says, null where they are not; DuckDB only."""
    return _try_strptime(value, form)


def utc(value: ibis.Value, timezone: str) -> ibis.Value:
    """Read naive times as the clock of a timezone showed them, and return them as naive UTC; DuckDB only."""
    return _on_clock(timezone, value).cast(dt.Timestamp())


def blank(value: ibis.Value) -> ibis.Value:
    """Say where an id is null, empty or the remains of a missing value."""
    return value.isnull() | value.strip().lower().isin(["", "nan", "none", "null", "nat", "<na>"])


def _typed(raw: Raw, column: Column) -> ibis.Value | None:
    value = raw.table[column.name]
    kind, found = column.kind, value.type()
    if raw.from_text:
        return _from_text(value, kind, column.name in raw.decimal_comma)
    if kind == "id":
        whole = found.is_integer() or (found.is_decimal() and found.scale == 0)
        return value.cast("string") if whole or found.is_uuid() else value if found.is_string() else None
    if kind == "timestamp":
        return _naive_utc(value) if found.is_timestamp() or found.is_date() else None
    if kind == "number" and found.is_numeric():
        number = value.cast("float64")
        return ibis.ifelse(number.isnan(), ibis.null("float64"), number)
    fits = {
        "text": found.is_string(),
        "integer": found.is_integer(),
        "year": found.is_integer(),
        "boolean": found.is_boolean(),
    }
    return value if fits.get(kind, False) or found.is_null() else None


def _from_text(value: ibis.Value, kind: Kind, decimal_comma: bool) -> ibis.Value:
    match kind:
        case "timestamp":
            return _naive_utc(value.try_cast(dt.Timestamp("UTC")))
        case "boolean":
            return value.try_cast("boolean")
        case "number":
            number = _number_from_text(value, decimal_comma)
            return ibis.ifelse(number.isnan(), ibis.null("float64"), number)
        case "integer" | "year":
            number = _number_from_text(value, decimal_comma)
            return ibis.ifelse(number == number.round(), number, ibis.null("float64")).try_cast("int64")
        case _:
            return value


def _number_from_text(value: ibis.Value, decimal_comma: bool) -> ibis.Value:
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
