"""The whole of pressure on the sample and on bad input: never an exception for what is missing."""

import pandas as pd
import pytest

from governance_case import table
from workbench import crm
from workbench.governance.finding import as_frame
from workbench.governance.pressure import assess_pressure

CAPS = {"1 day": 1, "7 days": 3, "30 days": 8}
ASKED = {"caps": CAPS, "quiet_from": 21, "quiet_until": 8}
TOUCH = {"touch_id": "t", "customer_id": "a", "channel": "email", "sent_at": "2025-06-01 09:00"}


@pytest.fixture(scope="module")
def germany(sample_folder):
    return assess_pressure(crm.open(sample_folder).cut(["DE"]).tables, timezone="Europe/Berlin", **ASKED)


def test_the_sample_has_pressure_and_nothing_at_night(germany):
    verdicts = as_frame(germany.findings).set_index("code")["verdict"]
    assert verdicts["contact_cap_exceeded_30_days"] == "breached"
    assert verdicts["quiet_hours_ignored"] == "met"
    assert germany.touches == germany.hours.set_index("channel").loc["all", "touches"]
    assert germany.peaks["persons"].sum() == germany.persons
    assert isinstance(germany.effect, (pd.DataFrame, str))


def test_every_cap_of_the_house_is_in_the_table_that_its_remedy_names(germany):
    own = germany.caps.query("house and not by_priority").set_index("window")
    assert own["cap"].dropna().to_dict() == CAPS
    assert "1 in 1 day, 3 in 7 days, 8 in 30 days" in own.index
    # What is held back no longer counts, so that a replay holds back no more than the finding counts.
    counted = {finding.code: finding.rows for finding in germany.findings}
    assert own.loc["1 day", "touches_held_back"] <= counted["contact_cap_exceeded_1_day"]


def test_parts_agree_with_each_other(germany):
    whole = germany.load.query("channel == 'all'").set_index("window")
    over = germany.peaks.loc[germany.peaks["peak"] > 8, "persons"].sum()
    assert whole.loc["30 days", "persons_over"] == over
    assert germany.energy["touches"].sum() == germany.by_hour["touches"].sum() == germany.touches
    assert (germany.caps["wh_saved"] <= 1000 * germany.energy["kwh_middle"].sum()).all()


@pytest.mark.parametrize(
    ("tables", "note"),
    [
        ({}, "not applicable: no table touches"),
        ({"touches": table("touches", [])}, "not applicable: no row in touches"),
        ({"touches": table("touches", [TOUCH | {"customer_id": None}])}, "not applicable: no row in touches"),
        ({"touches": table("touches", [TOUCH], without=["channel"])}, "not applicable: touches has no column channel"),
    ],
)
def test_without_touches_all_is_not_applicable_and_empty(tables, note):
    found = assess_pressure(tables, timezone="UTC", **ASKED)
    assert (found.note, found.said, found.touches) == (note, note, 0)
    assert {finding.verdict for finding in found.findings} == {"not applicable"}
    frames = {"load", "peaks", "hours", "by_hour", "by_pressure", "slopes", "caps", "energy"}
    one = assess_pressure({"touches": table("touches", [TOUCH])}, timezone="UTC", **ASKED)
    assert all(list(getattr(found, name)) == list(getattr(one, name)) for name in frames)
    assert found.energy.empty
    assert pd.isna(found.first)


@pytest.mark.parametrize("column", ["opened_at", "clicked_at", "converted_at", "unsubscribed_at", "campaign_id"])
def test_columns_that_may_be_missing_may_be_missing(column):
    found = assess_pressure({"touches": table("touches", [TOUCH], without=[column])}, timezone="UTC", **ASKED)
    assert found.touches == 1
    assert found.said.startswith("1 touch to 1 person from 2025-06-01 to 2025-06-01, 1.0 a person.")


def test_caps_may_be_missing_and_zones_that_do_not_exist_are_said():
    people = table("customers", [{"customer_id": "a", "timezone": "Mars/Olympus"}])
    touches = table("touches", [TOUCH])
    asked = {"timezone": "UTC", "caps": {}, "quiet_from": 0, "quiet_until": 0}
    found = assess_pressure({"touches": touches, "customers": people}, **asked)
    assert {finding.verdict for finding in found.findings} == {"not applicable"}
    assert "does not exist" in found.note
