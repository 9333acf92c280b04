"""The record of processing: a table a purpose, what no register knows, transfers, decisions; also without one."""

import ibis
import pandas as pd

from documents_case import REGISTERED, audited, evidence, finding, tables
from workbench.governance.documents.record import kept_for, record_of_processing


def _record(regime="gdpr", findings=(), contact="", **more):
    held = tables(**more)
    known = evidence(tables=held, audit=audited(held, *findings, regime=regime), contact=contact)
    return record_of_processing(known).markdown


def test_a_purpose_has_its_data_people_basis_and_period():
    text = _record(fields=[{**row, "lawful_basis": "legal_obligation", "owner": "sales"} for row in REGISTERED])
    assert text.index("### service") < text.index("### sales")
    assert "| Data: transaction | orders: amount |" in text
    assert "| Lawful basis | legal obligation |" in text
    assert "| Kept for | 10 years (1 field) |" in text
    assert "| Personal | 2 of 2 fields |" in text


def test_what_the_register_does_not_say_is_said_to_be_unknown():
    text = _record()
    assert "| Lawful basis | not known of 2 of 2 fields |" in text
    assert "orders: customer\\_id, order\\_id, ordered\\_at" not in text.split("does not know")[0]
    assert "columns are held and the register does not know them: customers:" in text


def test_fields_without_a_purpose_are_listed_last():
    text = _record(fields=[*REGISTERED, {"table": "orders", "column": "order_id", "purpose": " "}])
    assert text.index("### sales") < text.index("### No purpose on record")


def test_without_a_register_what_is_held_is_listed():
    for fields, why in ((None, "is missing"), ([], "has no row")):
        text = _record(fields=fields)
        assert f"the table fields, which is the register, {why}" in text
        assert "| orders | order\\_id, customer\\_id, ordered\\_at, amount," in text


def test_transfers_have_a_mechanism_or_none_recorded():
    assert "there is no table transfers" in _record()
    text = _record(transfers=[{"table": "orders", "country": "US"}], findings=[finding("transfer_unprotected")])
    assert "| orders | US | not known | none recorded |" in text
    assert "transfer\\_unprotected is kept: breached." in text


def test_recorded_decisions_are_counted_by_model():
    made = {
        "customer_id": "SECRET-1",
        "model": "offer",
        "action": "a",
        "automated": True,
        "decided_at": "2025-02-03 04:05",
    }
    text = _record(decisions=[made, {**made, "customer_id": "SECRET-2", "automated": False}])
    assert "| offer | 2 | 2 | 50.0% | 2025-02-03 | 2025-02-03 |" in text


def test_decisions_that_do_not_say_whether_a_machine_made_them_are_counted_all_the_same():
    made = pd.DataFrame({"customer_id": ["SECRET-1"], "model": "offer", "action": "a"})
    for when, said in ((pd.Timestamp("2025-02-03 04:05"), "2025-02-03"), (pd.NaT, "not known")):
        rows = made.assign(decided_at=pd.Series([when], dtype="datetime64[us]"))
        assert f"| offer | 1 | 1 | not known | {said} | {said} |" in _record(decisions=ibis.memtable(rows))


def test_the_duty_is_that_of_the_regime():
    assert "| Duty | Art. 30, Regulation (EU) 2016/679. |" in _record()
    assert "| Duty | Art. 37," in _record("lgpd")
    assert "Written all the same, as good practice." in _record("dpdp")
    assert "This law has no such duty. Written all the same" in _record("ccpa")


def test_the_contact_is_named_or_said_to_be_unknown():
    assert "| Contact | data office |" in _record(contact=" data office ")
    assert "| Contact | not known: the parameter contact of this market is empty |" in _record()


def test_periods_are_written_in_years_where_they_are_years():
    assert kept_for([]) == "not known"
    assert kept_for([365, 400, 730.0]) == "1 year (1 field), 400 days (1 field), 2 years (1 field)"
