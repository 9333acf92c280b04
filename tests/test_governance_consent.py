"""Bases before touches, and rows of consents that hold together."""

import pytest

from governance_case import case, keys, table
from workbench.governance.consent import basis_missing, basis_unknown, consent_contradictory, consent_unproven

MARKETING = {"purpose": "marketing"}


def consent(granted="2025-01-01 10:00", withdrawn=None, **said):
    row = {"customer_id": "a", "purpose": "marketing", "lawful_basis": "consent", "channel": "email"}
    return row | {"granted_at": granted, "withdrawn_at": withdrawn} | said


def touch(sent, channel="email", name="t", customer="a"):
    return {"touch_id": name, "customer_id": customer, "channel": channel, "sent_at": sent}


@pytest.mark.parametrize(
    ("sent", "channel", "rows", "accused"),
    [
        ("2025-01-01 10:00", "email", [consent()], False),  # at the very moment
        ("2025-01-01 09:59:59", "email", [consent()], True),
        ("2025-02-01", "sms", [consent()], True),
        ("2025-02-01", "sms", [consent(channel=None)], False),  # to all channels
        ("2025-02-01", "sms", [consent(channel=" ")], False),
        ("2025-01-01 09:00", "sms", [consent(channel=None)], True),
        ("2025-02-01", "email", [consent(purpose="service")], True),
        ("2025-02-01", "email", [consent(customer_id="b")], True),
        ("2025-02-01", "email", [consent("2025-03-01"), consent()], False),  # the first counts
        ("2025-02-01", "email", [consent(withdrawn="2025-01-15")], False),  # there was one; withdrawal_ignored asks on
        ("2025-02-01", "email", [], True),
    ],
)
def test_a_touch_needs_a_basis_that_was_there(sent, channel, rows, accused):
    found = basis_missing(case(MARKETING, touches=[touch(sent, channel)], consents=rows))
    assert (keys(found, "touch_id"), found.looked_at) == (["t"] * accused, 1)
    assert found.verdict == ("breached" if accused else "met")


def test_without_consents_touches_are_not_evidenced_and_without_touches_there_is_no_duty():
    assert basis_missing(case(MARKETING, touches=[touch("2025-01-01")])).verdict == "not evidenced"
    assert basis_missing(case(MARKETING, touches=[], consents=[])).verdict == "not applicable"


def test_consents_without_channels_are_to_all():
    consents = table("consents", [consent()], without=["channel", "withdrawn_at"])
    assert basis_missing(case(MARKETING, touches=[touch("2025-02-01", "sms")], consents=consents)).verdict == "met"


def test_without_a_table_of_touches_customers_need_any_basis():
    customers = [{"customer_id": "a"}, {"customer_id": "b"}]
    assert basis_missing(case(MARKETING)).verdict == "not evidenced"
    assert basis_missing(case(MARKETING, customers=customers)).verdict == "not evidenced"
    found = basis_missing(case(MARKETING, customers=customers, consents=[consent(purpose="service")]))
    assert (found.verdict, keys(found, "customer_id")) == ("breached", ["b"])
    register = [{"table": "customers", "column": "customer_id", "lawful_basis": "contract"}]
    assert basis_missing(case(MARKETING, customers=customers, fields=register)).verdict == "not evidenced"
    unsaid = [{"table": "customers", "column": "customer_id", "lawful_basis": " "}]
    assert basis_missing(case(MARKETING, customers=customers, fields=unsaid)).verdict == "not evidenced"


def test_a_channel_and_a_purpose_are_the_same_whatever_their_case_and_blanks():
    sent = [{"touch_id": "t", "customer_id": "a", "channel": "Email ", "sent_at": "2025-06-01"}]
    rows = [consent(customer_id="a", purpose=" Marketing", channel="email")]
    assert basis_missing(case(MARKETING, touches=sent, consents=rows)).verdict == "met"


def test_bases_are_those_of_the_law_whatever_their_spelling():
    said = ["Legitimate Interest", "consent", "because we can", ""]
    rows = [consent(customer_id=str(place), lawful_basis=basis) for place, basis in enumerate(said)]
    found = basis_unknown(case({"known": ["consent", "legitimate_interest"]}, consents=rows))
    assert (keys(found, "customer_id"), found.looked_at) == (["2", "3"], 4)
    assert basis_unknown(case({"known": ["consent"]})).verdict == "not evidenced"
    assert basis_unknown(case({"known": ["consent"]}, consents=[])).verdict == "not applicable"


PROOF = {"needs": ["evidence", "notice_version"], "bases": ["consent"]}


def test_consent_needs_its_proof_and_a_contract_none():
    shown = {"evidence": "web form", "notice_version": "1"}
    rows = [
        consent(customer_id="a", **shown),
        consent(customer_id="b", **{**shown, "evidence": None}),
        consent(customer_id="c", **{**shown, "notice_version": " "}),
        consent(customer_id="d", lawful_basis="contract"),
    ]
    found = consent_unproven(case(PROOF, consents=rows))
    assert (keys(found, "customer_id"), found.looked_at) == (["b", "c"], 3)
    assert consent_unproven(case(PROOF, consents=rows[:1])).verdict == "met"
    assert consent_unproven(case(PROOF, consents=rows[3:])).verdict == "not applicable"


def test_a_column_that_is_not_there_proves_nothing_and_accuses_nobody():
    rows = table("consents", [consent(evidence="web form")], without=["notice_version"])
    found = consent_unproven(case(PROOF, consents=rows))
    assert (found.verdict, found.rows, found.unproven) == ("not evidenced", 0, 1)
    assert "notice_version" in found.note


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ({}, {}, False),  # the same row twice
        ({}, {"lawful_basis": "contract"}, True),
        ({}, {"withdrawn": "2025-06-01"}, True),
        ({"withdrawn": "2025-06-01"}, {"withdrawn": "2025-06-02"}, True),
        ({"withdrawn": "2025-06-01"}, {"granted": "2025-07-01"}, False),  # agreed again
        ({"withdrawn": "2025-06-01"}, {"granted": "2025-06-01"}, False),  # at that very moment
        ({"withdrawn": "2025-06-01"}, {"granted": "2025-05-01"}, True),  # still given after it was taken back
        ({"withdrawn": "2025-06-01"}, {"granted": "2025-05-01", "withdrawn": "2025-06-01"}, False),
        ({"withdrawn": "2025-06-01"}, {"granted": "2025-05-01", "withdrawn": "2025-05-15"}, True),
        ({}, {"granted": "2025-05-01", "lawful_basis": "contract"}, False),  # another basis since then
        ({}, {"channel": None, "withdrawn": "2025-06-01"}, False),  # of another channel
        ({"channel": None}, {"channel": None, "withdrawn": "2025-06-01"}, True),
        ({"withdrawn": "2025-01-01 10:00"}, {}, True),  # taken back at once, or not at all
    ],
)
def test_two_rows_contradict_each_other(first, second, contradict):
    for rows in ([consent(**first), consent(**second)], [consent(**second), consent(**first)]):
        found = consent_contradictory(case({}, consents=rows))
        assert found.rows == contradict
        assert keys(found, "customer_id", "purpose") == [("a", "marketing")] * contradict


def test_contradictions_need_consents_and_pass_those_of_different_customers():
    assert consent_contradictory(case({})).verdict == "not evidenced"
    assert consent_contradictory(case({}, consents=[])).verdict == "not applicable"
    rows = [consent(), consent(customer_id="b", withdrawn="2025-06-01")]
    found = consent_contradictory(case({}, consents=rows))
    assert (found.verdict, found.looked_at) == ("met", 2)
