"""Local days and the last days of terms, without an engine that knows timezones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance_case import case
from workbench.governance.days import as_table, beginnings, day_of, due_after, local_day, period

# With clocks that go forward at midnight, that stand half an hour or a day off, and that changed their offset for good.
ZONES = [
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]


def local_days(times, zone):
    column = ibis.memtable({"place": range(len(times)), "at": times})
    found = local_day(column.at, timezone=zone, first=min(times).date(), last=max(times).date())
    return column.mutate(day=found).order_by("place").to_pyarrow().column("day").to_pylist()


@settings(max_examples=40, deadline=None)
@given(
    times=st.lists(st.datetimes(datetime(2008, 1, 1), datetime(2026, 1, 1)), min_size=1, max_size=30),
    zone=st.sampled_from(ZONES),
)
def test_local_days_are_those_of_the_clock_on_the_wall(times, zone):
    expected = [time.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for time in times]
    assert local_days(times, zone) == expected == [day_of(time, zone) for time in times]


@pytest.mark.parametrize("zone", ZONES)
def test_local_days_change_at_the_very_second_on_which_the_clocks_do(zone):
    hours = [datetime(2011, 1, 1) + timedelta(hours=hour) for hour in range(24 * 366)]
    times = [hour + timedelta(microseconds=step) for hour in hours for step in (-1, 0)]
    assert local_days(times, zone) == [day_of(time, zone) for time in times]


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone != "Pacific/Apia"])  # which left out a whole day
def test_a_local_day_begins_with_its_first_moment(zone):
    days = pd.Series(pd.date_range("2010-01-01", "2018-12-31"))
    for day, moment in zip(days, beginnings(days, zone), strict=True):
        assert day_of(moment.to_pydatetime(), zone) == day.date()
        assert day_of(moment.to_pydatetime() - timedelta(microseconds=1), zone) == day.date() - timedelta(days=1)


def test_a_period_spans_all_times_and_is_none_without_any():
    times = ibis.memtable({"a": [datetime(2025, 1, 2, 3), None], "b": [datetime(2024, 5, 6), datetime(2025, 7, 8, 9)]})
    assert period(times, "a", "b") == (date(2024, 5, 6), date(2025, 7, 8))
    assert period(times.filter(times.a > datetime(2030, 1, 1)), "a") is None


def test_terms_are_counted_from_every_local_day_of_a_period():
    found = due_after(case({}), date(2025, 1, 30), date(2025, 1, 31), term={"months": 1})
    assert found["day"].dt.day.tolist() == [29, 30, 31, 1]
    assert found["due"].dt.strftime("%m-%d").tolist() == ["02-28", "02-28", "02-28", "03-01"]


def test_days_become_dates_and_other_columns_stay():
    frame = pd.DataFrame({"day": pd.to_datetime(["2025-01-02"]), "at": pd.to_datetime(["2025-01-02 03:00"])})
    assert as_table(frame, "day").to_pyarrow().to_pylist() == [{"day": date(2025, 1, 2), "at": datetime(2025, 1, 2, 3)}]
