"""Who and what is kept for too long: the last day of a period is in time, the next is late."""

import pytest

from governance_case import case, keys, table
from workbench.errors import InputError
from workbench.governance.retention import CONTACT, events_overdue, last_contact, periods, retention_exceeded

TERMS = {"inactive_months": 36, "contact": ["order", "click", "conversion", "login", "message"]}
TOUCH = {"touch_id": "t", "customer_id": "a", "channel": "email", "sent_at": "2025-01-01"}


def customer(name="a", **said):
    return {"customer_id": name} | said


def order(at, name="a"):
    return {"order_id": at, "customer_id": name, "ordered_at": at, "amount": 1.0}


def register(days, of="customers"):
    return [{"table": of, "column": "x", "retention_days": days}, {"table": of, "column": "y"}]


@pytest.mark.parametrize(("at", "days"), [("2023-01-01 00:00", None), ("2022-12-31 23:59", 1), ("2022-12-01", 31)])
def test_a_customer_is_kept_to_the_last_day_of_the_period(at, days):
    found = retention_exceeded(case(TERMS, customers=[customer(signup_at="2020-01-01")], orders=[order(at)]))
    assert keys(found, "customer_id", "days_overdue") == [("a", days)] * (days is not None)
    assert found.verdict == ("breached" if days else "met")


def test_a_month_ends_with_its_last_day():
    rows = [customer(signup_at="2024-02-29 10:00")]
    terms = {**TERMS, "inactive_months": 12}
    assert retention_exceeded(case(terms, seen="2025-02-28 23:00", customers=rows)).verdict == "met"
    assert retention_exceeded(case(terms, seen="2025-03-01 00:00", customers=rows)).days_overdue == 1


def test_days_are_those_of_the_market():
    rows = [customer(signup_at="2022-12-31 23:30")]  # January 1st in Berlin, and seen on January 1st
    assert retention_exceeded(case(TERMS, customers=rows, timezone="Europe/Berlin")).verdict == "met"
    assert retention_exceeded(case(TERMS, customers=rows)).verdict == "breached"


def test_the_register_counts_where_it_is_shorter():
    given = {"customers": [customer(signup_at="2025-01-01")]}
    assert retention_exceeded(case(TERMS, fields=register(365.0), **given)).verdict == "met"
    assert retention_exceeded(case(TERMS, fields=register(364.0), **given)).days_overdue == 1
    assert retention_exceeded(case(TERMS, fields=register(9999.0), **given)).verdict == "met"
    assert retention_exceeded(case(TERMS, fields=register(1.0, of="orders"), **given)).verdict == "met"


@pytest.mark.parametrize(
    ("event", "shows"),
    [
        ({"clicked_at": "2025-06-01"}, True),
        ({"converted_at": "2025-06-01"}, True),
        ({"unsubscribed_at": "2025-06-01"}, True),
        ({"opened_at": "2025-06-01"}, False),  # a mailbox opens by itself
        ({}, False),
    ],
)
def test_what_a_touch_shows(event, shows):
    given = {"customers": [customer(signup_at="2020-01-01")], "touches": [TOUCH | event]}
    assert retention_exceeded(case(TERMS, **given)).verdict == ("met" if shows else "breached")


def test_the_latest_contact_of_all_tables_counts():
    tables = {
        "customers": table("customers", [customer(signup_at="2020-01-01", last_login_at="2021-01-01"), customer("b")]),
        "orders": table("orders", [order("2022-01-01")]),
        "activity": table("activity", [{"customer_id": "a", "occurred_at": "2024-01-01", "kind": "view"}]),
        "messages": table("messages", [{"message_id": "m", "sent_at": "2025-01-01", "channel": "email", "text": "x"}]),
    }
    found = last_contact(tables).to_pyarrow().to_pylist()
    assert [(row["customer_id"], str(row["last_contact_at"])) for row in found] == [("a", "2024-01-01 00:00:00")]
    orders_only = last_contact(tables, contact=["order"]).to_pyarrow().to_pylist()
    assert str(orders_only[0]["last_contact_at"]) == "2022-01-01 00:00:00"


def test_columns_that_are_not_held_are_left_out_and_names_that_nobody_knows_refused():
    bare = {"customers": table("customers", [customer()], without=["signup_at", "last_login_at"])}
    assert last_contact(bare, contact=["order"]).to_pyarrow().to_pylist() == []
    with pytest.raises(InputError, match=r"'clicks' must be one of signup, order, click.*did you mean 'click'"):
        last_contact(bare, contact=["clicks"])
    assert set(TERMS["contact"]) <= set(CONTACT)


def test_of_customers_without_any_contact_nobody_can_say():
    found = retention_exceeded(case(TERMS, customers=[customer(), customer("b", signup_at="2025-01-01")]))
    assert (found.verdict, found.unproven, found.looked_at) == ("not evidenced", 1, 2)
    nobody = retention_exceeded(case(TERMS, customers=[customer()]))
    assert (nobody.verdict, nobody.unproven) == ("not evidenced", 1)


def test_contact_of_somebody_who_is_no_customer_is_no_customer():
    found = retention_exceeded(
        case(TERMS, customers=[customer(signup_at="2025-01-01")], orders=[order("2000-01-01", "z")])
    )
    assert (found.verdict, found.looked_at, found.unproven) == ("met", 1, 0)


def test_no_customers():
    assert retention_exceeded(case(TERMS)).verdict == "not evidenced"
    assert retention_exceeded(case(TERMS, customers=[])).verdict == "not applicable"
    bare = table("customers", [customer()], without=["signup_at", "last_login_at"])
    assert retention_exceeded(case(TERMS, customers=bare)).verdict == "not evidenced"


def test_events_are_kept_as_long_as_the_register_says():
    rows = [order("2025-01-01 00:00"), order("2024-12-31 23:59"), order("2024-12-30")]
    found = events_overdue(case({}, orders=rows, fields=register(365.0, of="orders")))
    assert keys(found, "table", "key", "days_overdue") == [
        ("orders", "2024-12-30", 2),
        ("orders", "2024-12-31 23:59", 1),
    ]
    assert (found.looked_at, found.days_overdue) == (3, 2)


def test_events_without_a_key_are_known_by_customer_and_time():
    rows = [{"customer_id": "a", "occurred_at": "2020-01-01", "kind": "view"}]
    fields = [*register(365.0, of="orders"), *register(30.0, of="activity")]
    found = events_overdue(case({}, activity=rows, orders=[order("2020-01-01")], fields=fields))
    assert keys(found, "table", "key") == [("activity", "a"), ("orders", "2020-01-01")]


def test_periods_are_the_shortest_of_a_table():
    fields = [{"table": "orders", "column": name, "retention_days": days} for name, days in (("x", 9.0), ("y", 5.0))]
    assert periods({"fields": table("fields", [*fields, *register(None, of="touches")])}) == {"orders": 5}
    assert periods({"fields": table("fields", fields, without=["retention_days"])}) == periods({}) == {}


def test_events_need_a_register_that_speaks_of_them():
    assert events_overdue(case({}, fields=register(3.0))).verdict == "not applicable"
    assert events_overdue(case({}, orders=[order("2020-01-01")])).verdict == "not evidenced"
    found = events_overdue(case({}, orders=[], touches=[TOUCH], fields=register(900.0, of="touches")))
    assert (found.verdict, found.note) == ("met", "the register says no retention_days for orders")
