"""Transfers abroad need a mechanism that the law names."""

from datetime import date

import pytest

from governance_case import case, keys, table
from workbench.governance.transfers import transfer_unprotected

TERMS = {
    "inside": ["DE", "FR"],
    "adequate": {"US": date(2023, 7, 10), "BR": date(2026, 1, 26)},
    "mechanisms": ["adequacy decision", "standard contractual clauses"],
}


def judge(country, mechanism=None, **given):
    rows = [{"table": "orders", "country": country, "mechanism": mechanism}]
    return transfer_unprotected(case(TERMS, transfers=rows, **given))


@pytest.mark.parametrize(
    ("country", "mechanism", "verdict"),
    [
        ("FR", None, "not applicable"),
        (" fr", None, "not applicable"),
        ("PH", None, "breached"),
        ("PH", " ", "breached"),
        ("PH", "Standard contractual clauses (2021/914)", "met"),
        ("US", "adequacy decision", "met"),
        ("PH", "adequacy decision", "not evidenced"),
        ("BR", "Adequacy", "not evidenced"),  # not yet
        ("PH", "a handshake", "not evidenced"),
        ("Philippines", None, "not evidenced"),  # is that abroad?
        ("EU", "standard contractual clauses", "not evidenced"),
    ],
)
def test_a_mechanism_is_one_that_holds_for_the_country(country, mechanism, verdict):
    found = judge(country, mechanism)
    assert (found.verdict, found.looked_at) == (verdict, int(verdict != "not applicable"))
    assert keys(found, "table", "country") == [("orders", country)] * (verdict == "breached")
    assert (country.strip().upper() in found.note.upper()) == (verdict == "not evidenced")


def test_an_adequacy_holds_from_its_day():
    assert judge("BR", "adequacy decision", seen="2026-01-25 12:00").verdict == "not evidenced"
    assert judge("BR", "adequacy decision", seen="2026-01-26 00:00").verdict == "met"


def test_a_doubt_stands_beside_a_breach():
    rows = [{"table": "a", "country": "PH"}, {"table": "b", "country": "Narnia"}, {"table": "c", "country": "XK"}]
    found = transfer_unprotected(case(TERMS, transfers=rows))
    assert (found.rows, found.unproven, found.note) == (1, 2, "no code of ISO 3166: Narnia, XK")


def test_what_is_missing_is_not_evidenced():
    assert transfer_unprotected(case(TERMS)).verdict == "not evidenced"
    assert transfer_unprotected(case(TERMS, transfers=[])).verdict == "not applicable"
    bare = table("transfers", [{"table": "orders", "country": "PH"}], without=["mechanism"])
    assert transfer_unprotected(case(TERMS, transfers=bare)).verdict == "not evidenced"
