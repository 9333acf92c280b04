"""How many touches a person gets in a day, a week, a month: windows are open at their beginning."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.governance.pressure.load import load
from workbench.governance.pressure.log import log_of
from workbench.intervals import wilson

# Hours since some moment, so few that touches fall together and on the ends of windows.
SENT = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 24 * 40), st.sampled_from(["sms", "email"])))


def frame(rows):
    columns = pd.DataFrame(rows, columns=["customer_id", "hour", "channel"])
    return columns.assign(at=pd.Timestamp("2025-03-20") + pd.to_timedelta(columns["hour"].astype(float), unit="h"))


def log(*times, channel="sms", **more):
    return log_of(pd.DataFrame({"customer_id": "a", "at": pd.to_datetime(list(times)), "channel": channel}), **more)


def peaks(found, channel="all"):
    return found[found["channel"] == channel].set_index("window")["peak_max"].to_dict()


@pytest.mark.parametrize(("second", "peak"), [("2025-06-08 10:00:00", 1), ("2025-06-08 09:59:59.999999", 2)])
def test_a_touch_exactly_a_week_earlier_is_outside(second, peak):
    found = load(log("2025-06-01 10:00:00.000000", pd.Timestamp(second).isoformat(" ", "microseconds")), caps={})
    assert peaks(found) == {"1 day": 1, "7 days": peak, "30 days": 2, "calendar day": 1}


def test_a_day_is_that_of_the_clock_of_the_person_also_with_25_hours():
    # In Berlin, October 26th 2025 lasts from 22:00 to 23:00 of the next day, UTC.
    times = ["2025-10-25 21:59", "2025-10-25 22:00", "2025-10-26 22:30", "2025-10-26 23:00"]
    found = peaks(load(log(*times, timezone="Europe/Berlin"), caps={}))
    assert (found["calendar day"], found["1 day"]) == (2, 2)
    assert peaks(load(log(*times[1:3], timezone="Europe/Berlin"), caps={}))["1 day"] == 1


def test_what_is_over_the_cap_worked_by_hand():
    sent = frame([("a", 0, "sms"), ("a", 1, "email"), ("a", 2, "sms"), ("b", 0, "sms"), ("c", 0, "sms")])
    found = load(log_of(sent), caps={"1 day": 1, "7 days": 3})
    assert found["channel"].tolist() == ["all"] * 4 + ["email"] * 4 + ["sms"] * 4
    day, week, month, calendar = (row for _, row in found.head(4).iterrows())
    assert (day["persons"], day["touches"], day["peak_median"], day["peak_p95"], day["peak_max"]) == (3, 5, 1, 3, 3)
    assert (day["cap"], day["persons_over"], day["touches_over"]) == (1, 1, 2)
    assert (week["persons_over"], week["touches_over"], calendar["cap"]) == (0, 0, 1)
    assert [day[f"persons_over_share{end}"] for end in ("", "_low", "_high")] == pytest.approx(wilson(1, 3))
    assert day["touches_over_share"] == 0.4
    assert month[["cap", "persons_over", "touches_over_share"]].isna().all()
    assert found.loc[4:, ["cap", "persons_over", "persons_over_share"]].isna().all(axis=None)


@settings(max_examples=15, deadline=None)
@given(SENT, st.integers(0, 4))
def test_windows_are_those_of_pandas(rows, cap):
    sent = frame(rows)
    found = load(log_of(sent), caps={"7 days": cap}).set_index(["channel", "window"])
    for channel, part in [("all", sent), *sent.groupby("channel")]:
        ordered = part.sort_values(["customer_id", "at"]).assign(one=1).set_index("at")
        for window in ("1D", "7D", "30D") if len(part) else ():
            counts = ordered.groupby("customer_id")["one"].rolling(window).sum()
            by_person, row = counts.groupby("customer_id").max(), found.loc[(channel, window_name(window))]
            assert (row["peak_max"], row["persons"], row["touches"]) == (by_person.max(), len(by_person), len(part))
            if channel == "all" and window == "7D":
                assert (row["touches_over"], row["persons_over"]) == ((counts > cap).sum(), (by_person > cap).sum())
        per_day = part.groupby(["customer_id", part["at"].dt.floor("D")]).size()
        assert per_day.empty or found.loc[(channel, "calendar day"), "peak_max"] == per_day.max()


def window_name(window):
    return {"1D": "1 day", "7D": "7 days", "30D": "30 days"}[window]


def test_medians_are_counts_that_somebody_had():
    rows = [(f"c{i:02}", hour, "sms") for i in range(20) for hour in range(i)]
    found = load(log_of(frame(rows)), caps={}).loc[0]
    assert (found["persons"], found["peak_median"], found["peak_p95"], found["peak_max"]) == (19, 10, 19, 19)


def test_a_log_without_touches_has_rows_and_no_figures():
    found = load(log_of(frame([])), caps={"1 day": 2})
    assert (len(found), found["touches"].tolist()) == (4, [0] * 4)
    assert found[["peak_max", "persons_over_share"]].isna().all(axis=None)


@pytest.mark.parametrize("caps", [{"7 day": 3}, {"7 days": -1}])
def test_a_cap_of_no_window_is_refused(caps):
    with pytest.raises(
        InputError, match=r"caps: '7 days?' is -?\d; windows are 1 day, 7 days, 30 days, caps 0 or more"
    ):
        load(log("2025-06-01 10:00"), caps=caps)


def test_hostile_names_stay_as_they_are():
    found = load(log("2025-06-01 10:00", channel="<script>$x^{2$"), caps={})
    assert found["channel"].unique().tolist() == ["all", "<script>$x^{2$"]
    assert found["peak_max"].dtype == "Int64"
    assert np.isnan(found["persons_over_share"]).all()
