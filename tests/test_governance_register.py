"""What is held is on the register, and what decides was assessed."""

import pytest

from governance_case import case, keys, table
from workbench.governance.register import assessment_missing, attested, register_incomplete

NEEDS = {"needs": ["purpose", "owner", "retention_days"]}
KINDS = {"kinds": ["dpia"]}


def field(column, of="products", **said):
    row = {"table": of, "column": column, "purpose": "sales", "owner": "sales", "retention_days": 30.0}
    return row | said


def assessed(at="2025-01-01", until=None, subject="offer", kind="dpia"):
    return {"subject": subject, "kind": kind, "assessed_at": at, "valid_until": until}


def decision(at, model="offer"):
    return {"customer_id": "a", "model": model, "decided_at": at, "action": "x"}


def test_every_column_needs_a_whole_row_in_the_register():
    products = table("products", [], without=["name"])  # product_id, category, price
    fields = [field("product_id"), field("category", owner=" "), field("price", retention_days=None)]
    found = register_incomplete(case(NEEDS, products=products, fields=fields))
    assert keys(found, "table", "column") == [("products", "category"), ("products", "price")]
    assert found.looked_at == 3
    whole = [field(name) for name in products.columns]
    assert register_incomplete(case(NEEDS, products=products, fields=whole)).verdict == "met"
    assert register_incomplete(case(NEEDS, products=products, fields=[])).rows == 3


def test_tables_about_data_need_no_row_themselves():
    given = {"transfers": [], "assessments": [], "fields": [field("fax", of="customers"), field("x", of="transfers")]}
    found = register_incomplete(case(NEEDS, **given))
    assert found.verdict == "not applicable"
    assert found.note == "registered but not held: customers.fax, transfers.x"


def test_a_register_without_the_column_names_nothing_and_none_is_not_evidenced():
    products = table("products", [], without=["name", "category", "price"])
    fields = table("fields", [field("product_id")], without=["owner"])
    assert register_incomplete(case(NEEDS, products=products, fields=fields)).rows == 1
    assert register_incomplete(case(NEEDS, products=products)).verdict == "not evidenced"


@pytest.mark.parametrize(
    ("rows", "accused"),
    [
        ([assessed("2025-06-01 10:00")], []),  # at the very moment
        ([assessed("2025-06-01 10:01")], ["offer"]),
        ([assessed(subject=" Offer ", kind="DPIA")], []),
        ([assessed(kind="lia")], ["offer"]),
        ([assessed(subject="churn")], ["offer"]),
        ([assessed(until="2026-01-01 00:00")], []),  # the last day
        ([assessed(until="2025-12-31 23:00")], ["offer"]),
        ([assessed(until="2025-12-31"), assessed("2025-12-01", "2026-06-01")], []),  # renewed
        ([assessed("2025-12-01")], ["offer"]),  # only afterwards
        ([], ["offer"]),
    ],
)
def test_a_model_is_assessed_before_it_decides_and_again_in_time(rows, accused):
    decisions = [decision("2025-07-01"), decision("2025-06-01 10:00")]
    found = assessment_missing(case(KINDS, decisions=decisions, assessments=rows))
    assert (keys(found, "subject"), found.looked_at) == (accused, 1)
    assert found.verdict == ("breached" if accused else "met")


def test_an_assessment_that_expired_says_since_when_and_every_model_is_asked():
    rows, decisions = [assessed(until="2025-12-22")], [decision("2025-06-01"), decision("2025-06-01", "churn")]
    found = assessment_missing(case(KINDS, decisions=decisions, assessments=rows))
    assert (keys(found, "subject"), found.days_overdue) == (["churn", "offer"], 10)


def test_assessments_need_their_tables():
    assert assessment_missing(case(KINDS, decisions=[])).note == "no table assessments"
    assert assessment_missing(case(KINDS, assessments=[])).verdict == "not evidenced"
    assert assessment_missing(case(KINDS, assessments=[], decisions=[])).verdict == "not applicable"
    bare = table("assessments", [assessed()], without=["valid_until"])
    assert assessment_missing(case(KINDS, assessments=bare, decisions=[decision("2025-06-01")])).verdict == "met"


@pytest.mark.parametrize(
    ("rows", "verdict", "days"),
    [
        ([], "not evidenced", None),
        ([assessed()], "not evidenced", None),
        ([assessed(kind="notice")], "met", None),
        ([assessed(kind="notice", until="2026-01-01")], "met", None),
        ([assessed(kind="notice", until="2025-12-30")], "breached", 2),
        ([assessed(kind="notice", until="2025-12-30"), assessed(kind="notice", until="2025-12-31")], "breached", 1),
        ([assessed(kind="notice", until="2025-12-30"), assessed(kind="notice")], "met", None),
    ],
)
def test_a_duty_without_rows_of_its_own_is_met_by_who_attests_it(rows, verdict, days):
    found = attested(case({"attested": "notice"}, assessments=rows))
    assert (found.verdict, found.days_overdue) == (verdict, days)
    assert keys(found, "subject", "kind") == [("offer", "notice")] * (verdict == "breached")


def test_nothing_is_attested_without_the_table():
    assert attested(case({"attested": "notice"})).verdict == "not evidenced"
