"""Energy of a touch beside what it led to: shares with intervals, conversions per energy, what is not known."""

import math

import pandas as pd
import pytest

from workbench import charts
from workbench.emissions.channels import channels, of_channels
from workbench.errors import InputError

SENT = pd.DataFrame(
    {
        "channel": ["email", "<b>post"],
        "touches": [1000, 50],
        "clicked": [100.0, 0.0],
        "converted": [10.0, 0.0],
        "wh_per_touch_low": [0.01, math.nan],
        "wh_per_touch_middle": [0.02, math.nan],
        "wh_per_touch_high": [0.4, math.nan],
        "source": ["a study of 2022", "not known: no factor for this channel"],
    }
)


def test_a_conversion_takes_the_energy_of_all_the_touches_that_it_needed():
    email = channels(SENT).iloc[0]
    assert email["wh_per_conversion"] == pytest.approx(0.02 * 100)
    # The ends span both: least energy at the highest share, most at the lowest.
    assert email["wh_per_conversion_low"] == pytest.approx(0.01 / email["converted_share_high"])
    assert email["wh_per_conversion_high"] == pytest.approx(0.4 / email["converted_share_low"])


def test_what_nobody_knows_is_missing_and_not_nought():
    post = channels(SENT).iloc[1]
    assert post[["wh_per_conversion", "unsubscribed_share"]].isna().all()
    shown = charts.show(of_channels(SENT))._repr_html_()
    assert "not known of &lt;b&gt;post (50 touches)" in shown
    assert "<b>post" not in shown


def test_without_touches_the_page_says_so():
    assert "not applicable" in str(of_channels(None)["channels"])


def test_a_column_that_is_missing_is_named():
    with pytest.raises(InputError, match="channels: no column source"):
        channels(SENT.drop(columns="source"))
