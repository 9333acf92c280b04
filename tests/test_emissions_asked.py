"""What a market asks for is refused before the work, all faults at once; the days of its data."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from workbench.emissions.asked import covered, refuse_unknown
from workbench.errors import InputError


def test_every_fault_is_named_at_once():
    with pytest.raises(InputError) as caught:
        refuse_unknown(cloud_region="gcp/europe-west33", hourly_profile="/no/such.csv", baselines=["churn:", "x:trees"])
    said = str(caught.value)
    assert "gcp/europe-west3" in said
    assert "/no/such.csv: cannot be read" in said
    assert said.count("names no task") == 2


def test_what_is_not_asked_for_is_not_refused():
    refuse_unknown()


def test_data_without_dates_covers_a_month_up_to_today():
    nothing = pd.DataFrame({"first": [None], "last": [pd.NaT]})
    before = datetime.now(UTC).date()
    last, days = covered(nothing)
    assert before <= last <= datetime.now(UTC).date()
    assert days == 30.0
