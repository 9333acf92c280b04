"""The audit as a whole: every check appears, law and facts have their clocks, silence is no proof."""

from datetime import date

import pandas as pd
import pytest

from workbench import crm, governance, law
from workbench.crm.contract import TABLES
from workbench.errors import InputError
from workbench.governance.audit import CHECKS
from workbench.law.vocabulary import vocabulary


@pytest.fixture(scope="module")
def india(sample_folder):
    whole = crm.open(sample_folder)
    return whole.cut(["IN"]).tables, whole.tables


# What consent is looked at in: an audit of these alone is quick, and finds the same in them as one of all tables.
CONTACTS = ("customers", "consents", "touches")


def audited(tables, **asked):
    return governance.audit(tables, **({"regime": "gdpr"} | asked))


def test_every_duty_of_every_law_has_a_check_or_is_shown_by_an_attestation():
    fields = {"field_unused", "field_abandoned", "field_redundant"}
    attested = {code for code, terms in vocabulary().items() if "attested" in terms}
    assert {*CHECKS} | fields | attested == {*vocabulary()}


@pytest.mark.parametrize("regime", law.names())
def test_of_tables_that_say_nothing_no_check_is_met_and_every_check_appears(regime):
    import ibis

    orders = ibis.memtable({"order_id": ["1"], "customer_id": ["a"], "ordered_at": [pd.Timestamp("2027-06-01")]})
    found = audited({"orders": orders.mutate(amount=ibis.literal(1.0))}, regime=regime)
    assert found.table["code"].tolist() == [*vocabulary()]
    # Columns that the contract needs are filled and used, which rows do show.
    met = set(found.table.loc[found.table["verdict"] == "met", "code"])
    assert met <= {"field_unused", "field_abandoned", "field_redundant"}


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("regime", ["gdpr", "ccpa"])
def test_a_crm_of_any_one_table_ends_in_findings(crm_folder, name, regime):
    required = {column.name: column for column in TABLES[name].required}
    made = {"id": "a", "text": "a", "number": 1.0, "integer": 1, "timestamp": pd.Timestamp("2025-01-01")}
    row = {column.name: (column.values or (made[column.kind],))[0] for column in required.values()}
    folder = crm_folder(**{name: pd.DataFrame([row])})
    found = audited(crm.open(folder).tables, regime=regime)
    assert len(found.table) == len(vocabulary())


def test_a_law_to_come_is_shown_with_what_it_would_find_and_counts_for_nothing(india):
    asked = {"regime": "dpdp", "countries": ["IN"]}
    before = audited(india[0], as_of="2027-05-12", **asked)
    after = audited({name: india[0][name] for name in CONTACTS}, as_of="2027-05-13", **asked)
    assert set(before.table["verdict"]) == {"not applicable"}
    assert governance.compliance(before) == (None, "no check applies: 28 not applicable")
    now = after.table.set_index("code")
    assert (now.loc["withdrawal_ignored", "verdict"], now.loc["withdrawal_ignored", "rows"]) == ("breached", 6)
    then = before.table.set_index("code").loc["withdrawal_ignored", "note"]
    assert then.startswith(f"In force from 2027-05-13: then 6 of {now.loc['withdrawal_ignored', 'looked_at']:,} rows")


def test_later_facts_are_not_known_on_an_earlier_day(sample_folder):
    germany = crm.open(sample_folder, countries=["DE"], only=CONTACTS).tables
    early, late = (audited(germany, countries=["DE"], as_of=day) for day in ("2024-06-30", None))
    assert (early.seen_at, late.law.as_of) == (pd.Timestamp("2024-06-30 23:59:59.999999"), date(2025, 12, 31))
    touches = [one.table.set_index("code").loc["basis_missing", "looked_at"] for one in (early, late)]
    assert 0 < touches[0] < touches[1]


def test_the_day_of_the_data_is_that_of_the_market():
    import ibis

    sent = {"message_id": ["m"], "sent_at": [pd.Timestamp("2025-12-31 23:30")], "channel": ["email"], "text": ["Hi"]}
    tables = {"messages": ibis.memtable(sent)}
    days = [audited(tables, timezone=zone).law.as_of for zone in ("UTC", "Asia/Tokyo")]
    assert days == [date(2025, 12, 31), date(2026, 1, 1)]


def test_the_rate_is_met_over_applicable(india):
    found = audited(india[0], regime="dpdp", as_of="2027-06-01", countries=["IN"], everyone=india[1])
    rate, told = governance.compliance(found)
    verdicts = found.table["verdict"].value_counts()
    assert rate == verdicts["met"] / (verdicts["met"] + verdicts["breached"] + verdicts["not evidenced"])
    assert told.startswith(f"of {len(found.table) - verdicts['not applicable']} applicable checks: ")
    figures = governance.headline(found).set_index("name")
    assert figures.loc["compliance", "value"] == rate
    assert figures.loc["checks_breached", "value"] == verdicts["breached"]


def test_each_check_is_told_before_it_is_made(india):
    said = []
    audited({"customers": india[0]["customers"]}, tell=said.append)
    assert len(said) == len(vocabulary())


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"regime": "gdrp"}, "did you mean 'gdpr'"),
        ({"as_of": "2025-02-30"}, "must be a day"),
        ({"timezone": "Europe/Berlino"}, "did you mean 'Europe/Berlin'"),
    ],
)
def test_what_cannot_be_asked_is_named(asked, says):
    with pytest.raises(InputError, match=says):
        audited({}, **asked)
