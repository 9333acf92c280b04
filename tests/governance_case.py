"""Small cases for the tests of the governance checks: rows as dictionaries, times as text in UTC."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from workbench.crm.contract import TABLES
from workbench.governance.case import Case
from workbench.governance.finding import Outcome
from workbench.law import Calendar, Rule

_TYPES = {"number": pa.float64(), "year": pa.int64(), "timestamp": pa.timestamp("us"), "boolean": pa.bool_()}

Rows = Iterable[Mapping[str, Any]]


def table(name: str, rows: Rows, *, without: Iterable[str] = ()) -> ibis.Table:
    """Return a table with the contract's columns, but for some; values that a row does not name are null."""
    columns = {c.name: _TYPES.get(c.kind, pa.string()) for c in TABLES[name].columns if c.name not in without}
    values = [
        {
            column: datetime.fromisoformat(row[column])
            if pa.types.is_timestamp(kind) and row.get(column)
            else row.get(column)
            for column, kind in columns.items()
        }
        for row in rows
    ]
    return ibis.memtable(pa.Table.from_pylist(values, schema=pa.schema(list(columns.items()))))


def case(
    terms: Mapping[str, Any],
    *,
    seen: str = "2026-01-01 12:00",
    timezone: str = "UTC",
    countries: tuple[str, ...] = ("DE",),
    calendar: Calendar | None = None,
    **tables: Rows | ibis.Table,
) -> Case:
    """Return a case of tables given by rows, judged by a rule with these terms."""
    rule = Rule(code="tested", article="Art. 1", source="a law", checked=True, valid_from=None, terms=terms)
    return Case(
        tables={n: rows if isinstance(rows, ibis.Table) else table(n, rows) for n, rows in tables.items()},
        rule=rule,
        seen_at=pd.Timestamp(seen),
        timezone=timezone,
        countries=countries,
        calendar=calendar or Calendar(),
    )


def keys(outcome: Outcome, *columns: str) -> list[Any]:
    """Return the rows at fault as tuples of some columns, or as values of one, in order."""
    if outcome.accused is None:
        return []
    rows = sorted(outcome.accused[list(columns)].itertuples(index=False, name=None))
    return [row[0] for row in rows] if len(columns) == 1 else rows
