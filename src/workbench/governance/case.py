"""The tables before the law: what was known at a moment, and the rule by which it is judged.

In: tables of a CRM, a moment.   Out: the tables as they stood at that moment; a `Case`, which every check is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
import pandas as pd

from workbench.crm.contract import TABLES
from workbench.law import Calendar, Rule

Tables = Mapping[str, ibis.Table]
# These say how data is held, and hold none of customers.
ABOUT_DATA = ("fields", "transfers", "assessments")


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """What a check is given: the tables as known at `seen_at` (naive UTC), the rule, and where the market lies.

    `countries` are the market's (ISO 3166); empty where it has none of its own.
    """

    tables: Tables
    rule: Rule
    seen_at: pd.Timestamp
    timezone: str
    countries: tuple[str, ...]
    calendar: Calendar


def last_seen(tables: Tables) -> pd.Timestamp:
    """Return the last moment that any table knows of, naive UTC; planned times are left out, NaT without any time."""
    latest = [time for name, table in tables.items() for time in _latest(name, table)]
    return max(latest) if latest else pd.NaT  # type: ignore[return-value]  # the stubs have no Timestamp that is missing


def known_at(tables: Tables, moment: pd.Timestamp) -> dict[str, ibis.Table]:
    """Return the tables as they stood at a moment: later rows are gone, later times of earlier rows are empty."""
    return {name: _known_at(name, table, moment.to_pydatetime()) for name, table in tables.items()}


def _known_at(name: str, table: ibis.Table, moment: datetime) -> ibis.Table:
    begins, times = began(name, table), _times(name, table)
    kept = table.filter((table[begins] <= moment) | table[begins].isnull()) if begins else table
    later = {column: ibis.ifelse(kept[column] <= moment, kept[column], None) for column in times if column != begins}
    return kept.mutate(**later) if later else kept


def began(name: str, table: ibis.Table) -> str | None:
    """Return the column that says when a row began: one that the contract needs, or when a customer signed up."""
    known = {column.name for column in TABLES[name].columns if column.required or column.name == "signup_at"}
    return next((column for column in _times(name, table) if column in known), None)


def _latest(name: str, table: ibis.Table) -> list[pd.Timestamp]:
    times = _times(name, table)
    if not times:
        return []
    row = table.aggregate(**{column: table[column].max() for column in times}).to_pyarrow().to_pylist()[0]
    return [pd.Timestamp(time) for time in row.values() if time is not None]


def _times(name: str, table: ibis.Table) -> list[str]:
    """Return the columns of times that are no plans."""
    columns = [column for column in TABLES[name].columns if column.kind == "timestamp" and not column.planned]
    return [column.name for column in columns if column.name in table.columns]
