"""Energy of a touch: sizes, intensities and device time multiply; a channel without a factor is not known."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.governance.pressure.energy import COLUMNS, energy_by_channel, energy_of, wh_per_touch
from workbench.governance.pressure.log import log_of


def test_a_touch_takes_its_transmission_and_the_time_it_is_looked_at():
    row = energy_by_channel({"email": 2_000_000}).iloc[0]
    # 100 kB at 0.059 + 0.055 kWh/GB, 5 W for 3 s.
    assert row["wh_per_touch_middle"] == pytest.approx(100e3 / 1e9 * 0.114 * 1000 + 5 * 3 / 3600)
    assert row["kwh_middle"] == pytest.approx(2_000 * row["wh_per_touch_middle"])


def test_a_range_spans_more_than_an_order_of_magnitude_and_an_email_takes_the_most():
    found = energy_by_channel(dict.fromkeys(["email", "sms", "push"], 1)).set_index("channel")
    assert (found["wh_per_touch_low"] < found["wh_per_touch_middle"]).all()
    assert (found["wh_per_touch_high"] > 10 * found["wh_per_touch_low"]).all()
    assert found["wh_per_touch_middle"].idxmax() == "email"
    # Spam of 2008 was put at 33 TWh for 62 trillion e-mails (ICF and McAfee, 2009): an upper end.
    assert found.loc["email", "wh_per_touch_high"] < 33e12 / 62e12


@pytest.mark.parametrize(("channel", "same"), [("E-Mail", "email"), (" SMS ", "sms"), ("push notification", "push")])
def test_channels_are_read_as_people_write_them(channel, same):
    assert wh_per_touch([channel])[channel] == wh_per_touch([same])[same]


@pytest.mark.parametrize("channel", ["post", "call", "", "<script>"])
def test_what_has_no_factor_is_not_known(channel):
    row = energy_by_channel({channel: 5}).iloc[0]
    assert math.isnan(row["kwh_middle"])
    assert row["source"].startswith("not known")
    assert wh_per_touch([channel]) == {}


def test_no_touches_are_no_rows():
    found = energy_by_channel({})
    assert (list(found), len(found)) == (list(COLUMNS), 0)


def test_the_energy_of_a_log_is_that_of_its_channels():
    sent = pd.DataFrame({"customer_id": "a", "at": pd.Timestamp("2025-06-01"), "channel": ["sms", "email", "email"]})
    found = energy_of(log_of(sent.assign(clicked=[True, False, True])))
    assert found[list(COLUMNS)].equals(energy_by_channel({"email": 2, "sms": 1}))
    assert found["clicked"].tolist() == [1, 1]
    assert found["opened"].isna().all()


@given(counts=st.lists(st.integers(0, 10**9), min_size=3, max_size=3))
def test_ends_never_cross(counts):
    found = energy_by_channel(dict(zip(("email", "sms", "push"), counts, strict=True)))
    assert (found["kwh_low"] <= found["kwh_middle"]).all()
    assert (found["kwh_middle"] <= found["kwh_high"]).all()
