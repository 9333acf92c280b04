"""Requests are answered in time: the last day is in time, the next is late."""

import pandas as pd
import pytest

from governance_case import case, keys, table
from workbench.governance.requests import open_requests, request_overdue, request_unacknowledged
from workbench.law import Calendar

MONTH = {"within": {"months": 1}, "extended": {"months": 3}}
TEN = {"within": {"business_days": 10}}


def request(received, closed=None, *, name="r", kind="access", acknowledged=None):
    times = {"received_at": received, "closed_at": closed, "acknowledged_at": acknowledged}
    return {"request_id": name, "customer_id": "a", "kind": kind} | times


@pytest.mark.parametrize(
    ("closed", "verdict", "days"),
    [
        ("2025-02-28 23:59", "met", None),  # January 31st and one month
        ("2025-03-01 00:00", "not evidenced", None),  # was it extended?
        ("2025-04-30 23:59", "not evidenced", None),
        ("2025-05-01 00:00", "breached", 1),
        (None, "breached", 246),  # still open on January 1st
    ],
)
def test_closed_late_or_never(closed, verdict, days):
    found = request_overdue(case(MONTH, requests=[request("2025-01-31 10:00", closed)]))
    assert (found.verdict, found.days_overdue, found.looked_at) == (verdict, days, 1)
    assert keys(found, "request_id") == ["r"] * (days is not None)
    assert found.unproven == (verdict == "not evidenced")


def test_without_an_extended_term_the_ordinary_is_the_last():
    given = {"requests": [request("2025-01-31 10:00", "2025-03-01")]}
    assert request_overdue(case({"within": {"months": 1}}, **given)).days_overdue == 1


@pytest.mark.parametrize(
    ("seen", "verdict"), [("2025-02-28 12:00", "not applicable"), ("2025-03-01 00:00", "not evidenced")]
)
def test_open_requests_show_nothing_within_their_term(seen, verdict):
    found = request_overdue(case(MONTH, seen=seen, requests=[request("2025-01-31 10:00")]))
    assert (found.verdict, found.looked_at) == (verdict, int(verdict == "not evidenced"))


def test_the_day_of_receipt_is_that_of_the_market():
    rows = [request("2025-06-30 22:30", "2025-07-31 12:00")]  # already July 1st in Berlin
    within = {"within": {"months": 1}}
    assert request_overdue(case(within, requests=rows, timezone="Europe/Berlin")).verdict == "met"
    assert request_overdue(case(within, requests=rows)).days_overdue == 1


def test_a_last_day_off_rolls_where_the_law_says_so():
    rows = [request("2025-05-01 10:00", "2025-06-02 10:00")]  # June 1st is a Sunday
    given = {"requests": rows, "countries": ("DE",)}
    assert request_overdue(case({"within": {"months": 1}}, calendar=Calendar(rolls=True), **given)).verdict == "met"
    assert request_overdue(case({"within": {"months": 1}}, **given)).verdict == "breached"


def test_kinds_may_have_terms_of_their_own():
    terms = {**MONTH, "kinds": {"access": {"within": {"days": 15}}}}
    rows = [request("2025-01-01", "2025-01-17", name=kind, kind=kind) for kind in ("access", "erasure")]
    assert keys(request_overdue(case(terms, requests=rows)), "request_id", "days_overdue") == [("access", 1)]


@pytest.mark.parametrize(
    ("acknowledged", "closed", "accused"),
    [
        ("2025-06-16 23:00", None, False),  # ten business days from Monday, June 2nd
        ("2025-06-17 00:00", None, True),
        (None, "2025-06-10", False),  # the answer says that it came
        (None, "2025-06-20", True),
        ("2025-06-18", "2025-06-10", False),
        (None, None, True),
    ],
)
def test_a_request_is_acknowledged_or_closed_in_time(acknowledged, closed, accused):
    rows = [request("2025-06-02 09:00", closed, acknowledged=acknowledged)]
    found = request_unacknowledged(case(TEN, requests=rows, countries=()))
    assert keys(found, "request_id") == ["r"] * accused


@pytest.mark.parametrize(
    ("check", "terms", "column"),
    [(request_overdue, MONTH, "closed_at"), (request_unacknowledged, TEN, "acknowledged_at")],
)
def test_without_the_column_nobody_can_say(check, terms, column):
    rows = [request("2025-01-02", "2025-01-05", name="quick"), request("2025-01-02", name="slow")]
    found = check(case(terms, requests=table("requests", rows, without=[column])))
    assert (found.verdict, found.rows) == ("not evidenced", 0)
    assert found.unproven == (2 if column == "closed_at" else 1)
    assert column in found.note


def test_no_table_and_no_rows():
    assert request_overdue(case(MONTH)).verdict == "not evidenced"
    assert request_overdue(case(MONTH, requests=[])).verdict == "not applicable"


def test_open_requests_come_with_the_days_that_are_left():
    rows = [
        request("2025-12-20", name="new"),
        request("2025-11-01", name="old"),
        request("2025-12-01", "2025-12-03", name="closed"),
        request("2025-12-01 12:00", name="due", kind="erasure"),
    ]
    found = open_requests(case(MONTH, requests=rows))
    assert list(found.columns) == ["request_id", "kind", "received_on", "due_on", "days_left"]
    assert dict(zip(found["request_id"], found["days_left"], strict=True)) == {"old": -31, "due": 0, "new": 19}
    assert found["request_id"].tolist() == ["old", "due", "new"]


@pytest.mark.parametrize("given", [{}, {"requests": []}])
def test_no_requests_are_open_where_there_are_none(given):
    found = open_requests(case(MONTH, **given))
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == ["request_id", "kind", "received_on", "due_on", "days_left"]
    assert found.empty


def test_where_the_law_names_no_term_open_requests_have_no_last_day():
    found = open_requests(case({"not_required": "no term"}, requests=[request("2025-12-20")]))
    assert found["request_id"].tolist() == ["r"]
    assert found[["due_on", "days_left"]].isna().all(axis=None)
