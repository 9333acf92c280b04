"""Minors without a parent's consent, and decisions that nobody explained."""

import pytest

from governance_case import case, keys, table
from workbench.governance.people import decision_unexplained, minor_profiled

SIXTEEN = {"age": 16, "targeting": False}
ALWAYS = {"when": "always"}


def customer(born, name="a", country="DE"):
    return {"customer_id": name, "birth_year": born, "country": country}


def decision(at, name="a", **said):
    return {"customer_id": name, "model": "m", "decided_at": at, "action": "offer"} | said


def parent(granted="2024-01-01", withdrawn=None):
    row = {"customer_id": "a", "purpose": "parental_consent", "lawful_basis": "consent"}
    return row | {"granted_at": granted, "withdrawn_at": withdrawn}


@pytest.mark.parametrize(
    ("born", "at", "verdict"),
    [
        (2010, "2025-12-31 23:59", "breached"),  # sixteen in the course of 2026
        (2010, "2026-01-01 00:00", "not evidenced"),
        (2010, "2026-12-31 23:59", "not evidenced"),
        (2010, "2027-01-01 00:00", "met"),
        (1980, "2025-06-01", "met"),
    ],
)
def test_only_the_year_of_the_birthday_is_in_doubt(born, at, verdict):
    found = minor_profiled(
        case(SIXTEEN, seen="2028-01-01", customers=[customer(born)], decisions=[decision(at)], consents=[])
    )
    assert (found.verdict, found.looked_at, found.unproven) == (verdict, 1, int(verdict == "not evidenced"))
    assert keys(found, "customer_id") == ["a"] * (verdict == "breached")


def test_new_year_is_that_of_the_market():
    given = {"customers": [customer(2010)], "decisions": [decision("2025-12-31 23:30")], "consents": []}
    assert minor_profiled(case(SIXTEEN, timezone="Europe/Berlin", **given)).verdict == "not evidenced"
    assert minor_profiled(case(SIXTEEN, timezone="UTC", **given)).verdict == "breached"


@pytest.mark.parametrize(
    ("rows", "accused"),
    [
        ([parent()], False),
        ([parent("2025-06-01")], False),  # at the very moment
        ([parent("2025-06-02")], True),
        ([parent(withdrawn="2025-05-01")], True),
        ([parent(withdrawn="2025-06-01")], True),  # at the very moment
        ([parent(withdrawn="2025-07-01")], False),
        ([parent() | {"purpose": "marketing"}], True),
        ([parent() | {"customer_id": "b"}], True),
    ],
)
def test_a_parent_may_have_agreed(rows, accused):
    found = minor_profiled(case(SIXTEEN, customers=[customer(2015)], decisions=[decision("2025-06-01")], consents=rows))
    assert found.verdict == ("breached" if accused else "met")


def test_without_consents_a_parent_may_have_agreed_unseen():
    found = minor_profiled(case(SIXTEEN, customers=[customer(2015)], decisions=[decision("2025-06-01")]))
    assert (found.verdict, found.rows, found.unproven) == ("not evidenced", 0, 1)


@pytest.mark.parametrize(("country", "accused"), [("ES", False), ("DE", True), ("XX", True), (None, False)])
def test_the_age_is_that_of_the_country_of_the_customer_or_the_only_one_of_the_market(country, accused):
    terms = {**SIXTEEN, "by_country": {"ES": 14}}
    given = {"customers": [customer(2010, country=country)], "decisions": [decision("2025-06-01")], "consents": []}
    assert minor_profiled(case(terms, countries=("ES",), **given)).rows == accused


def test_a_birth_year_of_one_in_many_proves_nothing_for_the_others():
    people = [customer(1990), *(customer(None, f"x{n}") for n in range(9))]
    made = [decision("2025-06-01", one["customer_id"]) for one in people]
    found = minor_profiled(case(SIXTEEN, customers=people, decisions=made, consents=[]))
    assert (found.verdict, found.unproven) == ("not evidenced", 9)


@pytest.mark.parametrize(("country", "countries", "accused"), [("be ", ["BE"], 0), (None, ["BE", "FR"], 0)])
def test_a_country_is_read_as_people_write_it_and_an_unknown_one_gets_the_lowest_age(country, countries, accused):
    terms = {**SIXTEEN, "by_country": {"BE": 13, "FR": 15}}
    given = {"customers": [customer(2010, country=country)], "decisions": [decision("2024-06-01")], "consents": []}
    assert minor_profiled(case(terms, countries=tuple(countries), **given)).rows == accused


def test_touches_count_where_the_law_forbids_targeting():
    touches = [{"touch_id": "t", "customer_id": "a", "channel": "email", "sent_at": "2025-06-01"}]
    given = {"customers": [customer(2015)], "decisions": [], "touches": touches, "consents": []}
    assert minor_profiled(case({**SIXTEEN, "targeting": True}, **given)).verdict == "breached"
    assert minor_profiled(case(SIXTEEN, **given)).verdict == "not applicable"
    del given["decisions"]
    found = minor_profiled(case({**SIXTEEN, "targeting": True}, **given))
    assert (found.verdict, found.note) == ("breached", "no table decisions")
    assert minor_profiled(case(SIXTEEN, **given)).verdict == "not evidenced"


def test_where_targeting_is_forbidden_no_parent_can_allow_it():
    agreed = {"customer_id": "a", "purpose": "parental_consent", "lawful_basis": "consent", "granted_at": "2020-01-01"}
    given = {"customers": [customer(2015)], "decisions": [decision("2025-06-01")], "consents": [agreed]}
    verdicts = [minor_profiled(case({**SIXTEEN, "targeting": strict}, **given)).verdict for strict in (False, True)]
    assert verdicts == ["met", "breached"]


def test_the_doubtful_are_those_who_are_not_certain():
    rows = [decision("2025-06-01"), decision("2026-06-01"), decision("2026-06-01", "b")]
    people = [customer(2010), customer(2010, "b"), customer(1990, "c"), customer(None, "d")]
    given = {"customers": people, "decisions": [*rows, decision("2025-01-01", "d")], "consents": []}
    found = minor_profiled(case(SIXTEEN, seen="2026-12-31", **given))
    assert (keys(found, "customer_id"), found.unproven, found.looked_at) == (["a"], 2, 2)
    assert found.note == "no birth_year of 1 of these customers"


def test_without_years_of_birth_nothing_is_shown():
    rows = {"decisions": [decision("2025-06-01")], "consents": []}
    assert minor_profiled(case(SIXTEEN, customers=[customer(None)], **rows)).verdict == "not evidenced"
    without = table("customers", [customer(None)], without=["birth_year"])
    assert minor_profiled(case(SIXTEEN, customers=without, **rows)).verdict == "not evidenced"
    assert minor_profiled(case(SIXTEEN, **rows)).verdict == "not evidenced"
    assert minor_profiled(case(SIXTEEN, customers=[customer(None)], decisions=[])).verdict == "not applicable"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"automated": True}, "breached"),
        ({"automated": True, "reviewed_by": " "}, "breached"),
        ({"automated": True, "explained_at": "2025-06-02"}, "met"),
        ({"automated": True, "reviewed_by": "somebody"}, "met"),
        ({"automated": None}, "not evidenced"),
        ({"automated": None, "explained_at": "2025-06-02"}, "met"),
        ({"automated": False}, "not applicable"),
    ],
)
def test_a_machine_explains_itself_or_is_reviewed(said, verdict):
    found = decision_unexplained(case(ALWAYS, decisions=[decision("2025-06-01", **said)]))
    assert found.verdict == verdict
    assert keys(found, "customer_id", "model") == [("a", "m")] * (verdict == "breached")


@pytest.mark.parametrize("when", ["on_request", "significant_decisions"])
def test_where_it_is_owed_to_some_only_nobody_can_say(when):
    rows = [decision("2025-06-01", automated=True), decision("2025-06-02", automated=True, reviewed_by="x")]
    found = decision_unexplained(case({"when": when}, decisions=rows))
    assert (found.verdict, found.unproven, found.looked_at) == ("not evidenced", 1, 2)
    assert decision_unexplained(case({"when": when}, decisions=rows[1:])).verdict == "met"


def test_columns_that_are_not_there_prove_nothing():
    rows = [decision("2025-06-01", automated=True)]
    without = table("decisions", rows, without=["explained_at", "reviewed_by"])
    assert decision_unexplained(case(ALWAYS, decisions=without)).verdict == "not evidenced"
    unsaid = table("decisions", rows, without=["automated"])
    assert decision_unexplained(case(ALWAYS, decisions=unsaid)).verdict == "not evidenced"
    assert decision_unexplained(case(ALWAYS)).verdict == "not evidenced"
