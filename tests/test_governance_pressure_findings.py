"""Findings by the rules of the house: what is counted is accused, what is not known is not, nothing is judged twice."""

import pandas as pd
import pytest

from workbench.governance.finding import Finding
from workbench.governance.pressure.collisions import collisions
from workbench.governance.pressure.findings import (
    campaigns_collide,
    cap_exceeded,
    findings_of,
    quiet_hours_ignored,
    sent_after_opt_out,
)
from workbench.governance.pressure.hours import quiet_hours
from workbench.governance.pressure.load import load
from workbench.governance.pressure.log import log_of

CAPS = {"1 day": 1, "7 days": 3, "30 days": 8}


def log(*times, campaign=None, customer="a"):
    frame = pd.DataFrame({"customer_id": customer, "channel": "email", "at": pd.to_datetime(list(times))})
    return log_of(frame if campaign is None else frame.assign(campaign=campaign))


def audited(code, verdict, rows, days=None):
    return Finding(
        code=code, title="", verdict=verdict, rows=rows, share=None, days_overdue=days, article="Art. 21",
        source="a law", remedy="", table="touches", note="", looked_at=100, accused=None,
    )  # fmt: skip


def test_touches_over_a_cap_are_counted_with_the_persons():
    sent = log("2025-06-01 09:00", "2025-06-01 10:00", "2025-06-01 11:00", "2025-06-09 09:00")
    found = cap_exceeded(load(sent, caps=CAPS), window="1 day", cap=1)
    assert (found.code, found.verdict, found.rows, found.share) == ("contact_cap_exceeded_1_day", "breached", 2, 0.5)
    assert found.note == "1 of 1 persons were sent more at least once."
    assert (found.article, found.source) == ("none (house rule)", "params: cap_per_day")
    assert cap_exceeded(load(sent, caps=CAPS), window="7 days", cap=3).verdict == "met"


def test_quiet_hours_are_judged_by_the_hours_of_the_day_where_there_are_any():
    late = log("2025-06-01 23:00", "2025-06-02 12:00")
    hours = quiet_hours(late, quiet_from=21, quiet_until=8)
    found = quiet_hours_ignored(hours, quiet=(21, 8))
    assert (found.verdict, found.rows, found.share) == ("breached", 1, 0.5)
    assert quiet_hours_ignored(hours, quiet=(8, 8)).verdict == "not applicable"
    days = quiet_hours(log("2025-06-01", "2025-06-02"), quiet_from=21, quiet_until=8)
    assert quiet_hours_ignored(days, quiet=(21, 8)).verdict == "not evidenced"


@pytest.mark.parametrize(
    ("campaign", "cap", "verdict", "rows"),
    [
        (["x", "y"], 1, "breached", 1),
        (["x", "x"], 1, "met", 0),
        (["x", "y"], 2, "not applicable", 0),
        (["x", "y"], None, "not applicable", 0),
        ([None, None], 1, "not evidenced", 0),
    ],
)
def test_campaigns_collide_where_a_day_has_one_touch(campaign, cap, verdict, rows):
    sent = log("2025-06-01 09:00", "2025-06-01 10:00", campaign=campaign)
    found = campaigns_collide(collisions(sent), campaigned=int((sent.campaign >= 0).sum()), cap=cap)
    assert (found.verdict, found.rows, found.share) == (verdict, rows, None)


@pytest.mark.parametrize(
    ("verdicts", "verdict", "rows"),
    [
        ([], "not applicable", 0),
        ([("met", 0), ("met", 0)], "met", 0),
        ([("met", 0), ("not evidenced", 0)], "not evidenced", 0),
        ([("breached", 3), ("breached", 5)], "breached", 5),
        ([("not applicable", 0), ("met", 0)], "met", 0),
    ],
)
def test_sending_after_a_no_is_told_and_not_judged_again(verdicts, verdict, rows):
    codes = ("withdrawal_ignored", "optout_ignored")
    known = [audited(code, said, count, days=4) for code, (said, count) in zip(codes, verdicts, strict=False)]
    found = sent_after_opt_out([*known, audited("basis_missing", "breached", 90)])
    assert (found.verdict, found.rows, found.article) == (verdict, rows, "Art. 21" if verdicts else "none")
    assert ("may be in both" in found.note) == (rows == 5)


def test_without_touches_nothing_of_the_house_applies():
    nothing = log()
    found = findings_of(
        load=load(nothing, caps=CAPS), hours=quiet_hours(nothing, quiet_from=21, quiet_until=8), caps=CAPS,
        collided=collisions(nothing), campaigned=0, quiet=(21, 8), audited=[], missing="no table touches",
    )  # fmt: skip
    assert {finding.verdict for finding in found} == {"not applicable"}
    assert len({finding.code for finding in found}) == len(found) == 6
    assert {finding.note for finding in found[:-1]} == {"No table touches."}
