"""What is counted of each field, worked by hand."""

import ibis
import pandas as pd
import pytest

from governance_case import table
from workbench.governance.field_facts import field_facts, is_event


def facts(name, rows, column):
    found = field_facts({name: rows if isinstance(rows, ibis.Table) else table(name, rows)})
    return found.set_index("column").loc[column]


def test_null_and_blank_are_no_values():
    rows = [{"customer_id": "1", "segment": value} for value in ("gold", " ", "", None, "gold", "silver")]
    found = facts("customers", rows, "segment")
    assert (found["rows"], found["filled_share"], found["distinct"]) == (6, 0.5, 2)


@pytest.mark.parametrize(("column", "size"), [("text", 3 + 4), ("rating", 8), ("sent_at", 16), ("message_id", 2)])
def test_bytes_are_those_of_utf_8_and_eight_a_number(column, size):
    rows = [
        {"message_id": "1", "sent_at": "2025-01-01", "text": "né", "rating": 3},
        {"message_id": "2", "sent_at": "2025-01-02", "text": "🙂"},
    ]
    assert facts("messages", rows, column)["bytes"] == size


def test_yes_and_no_are_one_byte():
    assert facts("customers", [{"customer_id": "1", "churned": True}, {"customer_id": "2"}], "churned")["bytes"] == 1


def test_the_last_change_is_the_time_of_the_last_row_that_is_filled():
    rows = [
        {"customer_id": "1", "signup_at": "2024-01-01", "segment": "gold"},
        {"customer_id": "2", "signup_at": "2025-06-01", "segment": " "},
    ]
    found = facts("customers", rows, "segment")
    assert (found["last_change"], found["last_row"]) == (pd.Timestamp("2024-01-01"), pd.Timestamp("2025-06-01"))


def test_an_event_changes_when_it_happens():
    row = {"touch_id": "1", "customer_id": "1", "sent_at": "2025-01-01", "opened_at": "2025-02-01"}
    assert facts("touches", [row], "opened_at")["last_change"] == pd.Timestamp("2025-02-01")


def test_without_a_time_nobody_knows_when():
    assert pd.isna(facts("products", [{"product_id": "1", "name": "Tasse"}], "name")["last_change"])
    campaign = {"campaign_id": "1", "starts_at": "2031-01-01"}
    assert pd.isna(facts("campaigns", [campaign], "starts_at")["last_change"])


def test_an_empty_table_has_fields_without_values():
    found = facts("customers", [], "segment")
    assert (found["rows"], found["filled_share"], found["bytes"]) == (0, 0.0, 0)


def test_what_looks_personal_is_said_whatever_the_column_is_called():
    values = ibis.memtable({"lead_id": ["1", "2", "3"], "source": ["ann@mail.org", "bo@post.org", "cy@me.org"]})
    assert facts("leads", values, "source")["looks"] == "email"


def test_columns_of_the_contract_repeat_nothing_and_times_are_left_out():
    rows = pd.DataFrame({"customer_id": map(str, range(60)), "country": ["DE", "FR"] * 30})
    rows = rows.assign(language=["de", "fr"] * 30, nation=["Germany", "France"] * 30)
    found = field_facts({"customers": ibis.memtable(rows)}).set_index("column")["determined_by"]
    assert found["nation"] == "country"
    assert found.drop("nation").isna().all()


def test_events_are_times_that_may_not_have_come():
    assert is_event("touches", "clicked_at")
    assert not any(is_event("touches", column) for column in ("sent_at", "channel", "unknown"))
    assert not is_event("subscriptions", "ended_at")
