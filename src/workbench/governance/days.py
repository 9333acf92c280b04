"""On which day was it where the market lies, and on which day does a term end?

In: times (naive UTC), a timezone, a term of the law.   Out: local days and the last days of terms, as plain Ibis that
asks no engine for timezones: the offsets of the zone over the period are written out as cases.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.governance.case import Case
from workbench.law import due_days

Term = Mapping[str, int]
_DAY = timedelta(days=1)


def local_day(column: Any, *, timezone: str, first: date, last: date) -> Any:
    """Return the local day of each time in an Ibis column of naive UTC, for times from first to last (UTC days).

    >>> times = ibis.memtable({"at": [datetime(2025, 3, 29, 22, 59), datetime(2025, 3, 30, 22, 0)]})
    >>> days = local_day(times.at, timezone="Europe/Berlin", first=date(2025, 3, 1), last=date(2025, 4, 1))
    >>> days.name("day").to_pyarrow().to_pylist()
    [datetime.date(2025, 3, 29), datetime.date(2025, 3, 31)]
    """
    *changes, (_, seconds) = offsets(timezone, first, last)
    here = column + ibis.interval(seconds=seconds)
    if changes:
        earlier = [(column < until, column + ibis.interval(seconds=seconds)) for until, seconds in changes]
        here = ibis.cases(*earlier, else_=here)
    return here.date()


def day_of(moment: datetime, timezone: str) -> date:
    """Return the local day of one moment, naive UTC."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def beginnings(days: pd.Series, timezone: str) -> pd.Series:
    """Return the first moment (naive UTC) of each local day, also where the clocks are set at midnight.

    >>> beginnings(pd.Series([pd.Timestamp("2025-06-01")]), "Europe/Berlin").iloc[0]
    Timestamp('2025-05-31 22:00:00')
    """
    midnights = pd.DatetimeIndex(days).as_unit("us")
    first_of_two = np.ones(len(midnights), dtype=bool)  # where a midnight comes twice
    local = midnights.tz_localize(timezone, ambiguous=first_of_two, nonexistent="shift_forward")
    return pd.Series(local.tz_convert("UTC").tz_localize(None), index=days.index)


def period(table: ibis.Table, *columns: str) -> tuple[date, date] | None:
    """Return the first and the last UTC day of some columns of times together, or None where no time is known."""
    ends = {f"{end}_{name}": getattr(table[name], end)() for name in columns for end in ("min", "max")}
    times = [time for time in table.aggregate(**ends).to_pyarrow().to_pylist()[0].values() if time is not None]
    return (min(times).date(), max(times).date()) if times else None


def due_after(case: Case, first: date, last: date, *, term: Term) -> pd.DataFrame:
    """Return day and due, the last day of a term of the case's law, for all local days of a period in UTC."""
    country = next(iter(case.countries), None)
    return due_days(first - _DAY, last + _DAY, term=term, calendar=case.calendar, country=country)


def as_table(frame: pd.DataFrame, *days: str) -> ibis.Table:
    """Return a frame as an Ibis table; `days` are its columns of whole days, which become dates."""
    found = pa.Table.from_pandas(frame, preserve_index=False)
    for name in days:
        found = found.set_column(found.column_names.index(name), name, found[name].cast(pa.date32()))
    return ibis.memtable(found)


@cache
def offsets(timezone: str, first: date, last: date) -> tuple[tuple[datetime, int], ...]:
    """Return the seconds from UTC over a period, each with the moment (naive UTC) before which they hold."""
    zone, found = ZoneInfo(timezone), []
    moment, end = (datetime.combine(day, time.min, UTC) for day in (first, last + _DAY))
    while moment < end:
        if _seconds(zone, moment + _DAY) != _seconds(zone, moment):
            found.append((_change(zone, moment, moment + _DAY).replace(tzinfo=None), _seconds(zone, moment)))
        moment += _DAY
    return (*found, (moment.replace(tzinfo=None), _seconds(zone, moment)))


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first moment of another offset, to the second."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if _seconds(zone, middle) == _seconds(zone, before):
            before = middle
        else:
            after = middle
    return after


def _seconds(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
