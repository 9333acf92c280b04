"""Quiet hours are those of the person's own clock; over midnight where they end before they begin."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.governance.pressure.hours import by_hour, quiet_hours
from workbench.governance.pressure.log import log_of
from workbench.intervals import wilson


def log(*times, channel="sms", customer="a", timezone="UTC"):
    frame = pd.DataFrame({"customer_id": customer, "at": pd.to_datetime(list(times)), "channel": channel})
    return log_of(frame, timezone=timezone)


def quiet(found, channel="all"):
    return int(found.set_index("channel").loc[channel, "in_quiet_hours"])


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((21, 8), 3), ((8, 21), 2), ((0, 0), 0), ((8, 8), 0), ((24, 8), 2), ((0, 24), 5), ((21, 24), 1), ((21, 0), 1)],
)
def test_hours_from_and_until(hours, expected):
    day = log("2025-06-01 00:00", "2025-06-01 07:59", "2025-06-01 08:00", "2025-06-01 20:59", "2025-06-01 21:00")
    assert quiet(quiet_hours(day, quiet_from=hours[0], quiet_until=hours[1])) == expected


def test_the_clock_is_the_persons_before_and_after_it_changes():
    times = ["2025-03-29 20:30", "2025-03-30 19:30", "2025-03-30 18:30"]  # 21:30, 21:30 and 20:30 in Berlin
    found = quiet_hours(log(*times, timezone="Europe/Berlin"), quiet_from=21, quiet_until=8)
    assert quiet(found) == 2


def test_shares_and_persons_by_channel():
    frame = pd.DataFrame({"customer_id": list("aabc"), "channel": ["sms", "sms", "sms", "email"]})
    frame = frame.assign(at=pd.to_datetime([f"2025-06-01 {hour}:15" for hour in ("22", "23", "03", "12")]))
    found = quiet_hours(log_of(frame), quiet_from=21, quiet_until=8)
    assert found["channel"].tolist() == ["all", "email", "sms"]
    assert found["in_quiet_hours"].tolist() == [3, 0, 3]
    assert found["persons"].tolist() == [2, 0, 2]
    shares = found.loc[0, ["quiet_share", "quiet_share_low", "quiet_share_high"]].tolist()
    assert shares == pytest.approx(wilson(3, 4))


@pytest.mark.parametrize("hour", ["00:00", "04:00"])  # midnight in UTC, midnight in New York
def test_days_without_hours_are_not_taken_for_midnight(hour):
    days = log(f"2025-06-01 {hour}", f"2025-06-02 {hour}", timezone="America/New_York")
    found = quiet_hours(days, quiet_from=21, quiet_until=8)
    assert found["touches"].tolist() == [2, 2]
    assert found.drop(columns=["channel", "touches"]).isna().all(axis=None)
    assert by_hour(days).empty
    assert list(by_hour(days)) == ["channel", "hour", "touches"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 24 * 60 * 400), min_size=1), st.integers(0, 24), st.integers(0, 24))
def test_quiet_and_loud_hours_are_all_hours(minutes, start, end):
    times = pd.Timestamp("2025-01-01 00:00:30") + pd.to_timedelta(sorted(minutes), unit="min")
    given = log(*times, timezone="Australia/Lord_Howe")
    quiet_and_loud = [quiet(quiet_hours(given, quiet_from=f, quiet_until=u)) for f, u in ((start, end), (end, start))]
    assert sum(quiet_and_loud) == (0 if start == end else len(minutes))
    local = times.tz_localize("UTC").tz_convert("Australia/Lord_Howe").hour
    counts = by_hour(given)
    assert counts["hour"].tolist() == list(range(24))
    assert counts["touches"].tolist() == [(local == hour).sum() for hour in range(24)]


def test_an_hour_that_is_none_is_refused():
    with pytest.raises(InputError, match="quiet_until: 25 is no hour of the day; 0 to 24 are"):
        quiet_hours(log("2025-06-01 10:00"), quiet_from=21, quiet_until=25)
