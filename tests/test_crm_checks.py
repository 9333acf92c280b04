"""Every fault of the data is found and said in one line: where, what, how many rows, examples, what is allowed."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.crm import checks, reading

NOW = datetime(2025, 6, 1)
DAYS = pd.to_datetime(["2024-01-05", "2024-02-05", "2025-05-31"])


def customers(**columns):
    return pd.DataFrame({"customer_id": ["a", "b", "c"], **columns})


def orders(**columns):
    base = {"order_id": ["1", "2", "3"], "customer_id": ["a", "b", "b"], "ordered_at": DAYS, "amount": [9.5, -2.0, 4.0]}
    return pd.DataFrame({**base, **columns})


def messages(**columns):
    base = {"message_id": [1, 2, 3], "sent_at": DAYS, "channel": ["email", "chat", "review"], "text": ["a", None, "c"]}
    return pd.DataFrame({**base, **columns})


def days(*texts):
    return pd.to_datetime(list(texts), format="ISO8601")


def faults(folder: Path) -> list[str]:
    return [str(fault) for facts in checks.look(reading.read_folder(folder), now=NOW) for fault in facts.faults]


def test_sound_tables_have_no_fault(crm_folder):
    assert faults(crm_folder(customers=customers(), orders=orders(), messages=messages(rating=[1, None, 5]))) == []


BAD = {
    "column missing": (
        {"orders": orders().drop(columns="amount")},
        "orders.amount: column is missing; allowed: numbers",
    ),
    "column misnamed": (
        {"orders": orders().rename(columns={"amount": "ammount"})},
        "orders.amount: column is missing; did you mean 'ammount'?; allowed: numbers",
    ),
    "wrong type": (
        {"orders": orders(amount=["9", "8", "7"])},
        "orders.amount: is of type string in 3 rows; allowed: numbers",
    ),
    "ids are floats": (
        {"orders": orders(customer_id=[1.0, 2.0, None])},
        "orders.customer_id: is of type float64 in 3 rows; allowed: text or whole numbers",
    ),
    "duplicate key": (
        {"orders": orders(order_id=["1", "2", "2"])},
        "orders.order_id: key repeated in 1 row, such as '2'; allowed: one row for each order_id",
    ),
    "duplicate key of three columns": (
        {
            "subscriptions": pd.DataFrame(
                {"customer_id": ["a"] * 3, "started_at": [DAYS[0]] * 3, "plan": ["M", "M", "L"]}
            )
        },
        "subscriptions.customer_id: key repeated in 1 row, such as 'a 2024-01-05 M'; "
        "allowed: one row for each customer_id started_at plan",
    ),
    "orphan key": (
        {"customers": customers(), "orders": orders(customer_id=["a", "x", "y"])},
        "orders.customer_id: not in customers in 2 rows, such as 'x', 'y'; allowed: a customer_id of customers",
    ),
    "ids are NaN": (
        {"orders": orders(customer_id=["a", "nan", None])},
        "orders.customer_id: no id in 2 rows, such as 'nan'; allowed: any id that is not blank",
    ),
    "dates in 1900 and 2100": (
        {"orders": orders(ordered_at=days("1900-01-01", "2024-01-01", "2100-01-01"))},
        "orders.ordered_at: impossible date in 2 rows, such as '1900-01-01', '2100-01-01'; "
        "allowed: 1990-01-01 to 2025-06-02",
    ),
    "absurd amount": (
        {"orders": orders(amount=[1.0, -3e9, float("inf")])},
        "orders.amount: out of range in 2 rows, such as '-3e+09', 'inf'; allowed: -1e+09 to 1e+09",
    ),
    "amount is NaN": (
        {"orders": orders(amount=[1.0, 2.0, None])},
        "orders.amount: empty in 1 row; allowed: numbers",
    ),
    "end before start": (
        {"subscriptions": pd.DataFrame({"customer_id": ["a"], "started_at": DAYS[1:2], "ended_at": DAYS[0:1]})},
        "subscriptions.ended_at: lies before started_at in 1 row, such as '2024-01-05'; allowed: started_at or later",
    ),
    "rating of 7": (
        {"messages": messages(rating=[1, 7, 5])},
        "messages.rating: out of range in 1 row, such as '7'; allowed: 1 to 5",
    ),
    "unknown channel": (
        {"messages": messages(channel=["email", "fax", None])},
        "messages.channel: unknown value in 1 row, such as 'fax'; allowed: email chat review survey social call ticket",
    ),
    "born in the future": (
        {"customers": customers(birth_year=[1980, 1850, 2026])},
        "customers.birth_year: out of range in 2 rows, such as '1850', '2026'; allowed: 1900 to 2025",
    ),
    "half a year": (
        {"customers": customers(birth_year=[1980, None, 1990.5])},
        "customers.birth_year: not whole in 1 row, such as '1990.5'; allowed: years",
    ),
    "unparseable": (
        {"orders": "order_id,customer_id,ordered_at,amount\n1,a,someday,3\n2,a,2024-01-01,many\n"},
        "orders.ordered_at: cannot be read in 1 row, such as 'someday'; "
        "allowed: times such as 2025-12-31 or 2025-12-31T18:30:00Z",
    ),
}


@pytest.mark.parametrize(("tables", "said"), BAD.values(), ids=BAD)
def test_each_fault_is_said_in_one_line(crm_folder, tables, said):
    assert said in faults(crm_folder(**tables))


def test_all_faults_of_all_tables_are_found_at_once(crm_folder):
    found = faults(
        crm_folder(
            customers=customers(customer_id=["a", "a", "b"]),
            orders=orders(amount=[1e12, 0, 0], ordered_at=days("1900-01-01", "2024-01-01", "2024-01-01")),
            messages=b"PAR1 not a table",
        )
    )
    assert [line.split(":")[0] for line in found] == [
        "customers.customer_id",
        "orders.ordered_at",
        "orders.amount",
        "messages.message_id",
        "messages.sent_at",
        "messages.channel",
        "messages.text",
    ]


def test_planned_times_may_lie_in_the_future_and_an_erased_customer_may_have_had_requests(crm_folder):
    campaigns = pd.DataFrame({"campaign_id": [1], "starts_at": days("2026-01-01"), "ends_at": days("2026-02-01")})
    requests = pd.DataFrame(
        {"request_id": [1], "customer_id": ["gone"], "kind": ["erasure"], "received_at": days("2024-01-01")}
    )
    assert faults(crm_folder(customers=customers(), campaigns=campaigns, requests=requests)) == []


def test_a_broken_line_of_csv_is_a_fault_of_its_table(crm_folder):
    lines = "order_id,customer_id,ordered_at,amount\n" + "1,a,2024-01-01,3\n" * 3 + "2,a,2024-01-01,3,extra,more\n"
    found = faults(crm_folder(orders=lines))
    assert len(found) == 1
    assert found[0].startswith("orders: orders.csv cannot be read")


def test_personal_values_are_masked_for_reports():
    fault = checks.Fault(table="orders", column="customer_id", problem="no id", rows=1, examples=("maria@example.org",))
    assert str(fault.masked()) == "orders.customer_id: no id in 1 row, such as 'ma…'"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=12))
def test_repeated_keys_and_orphans_are_counted_as_pandas_counts_them(crm_folder, ids):
    frame = pd.DataFrame({"order_id": ids, "customer_id": ids, "ordered_at": DAYS[0], "amount": 1.0})
    found = faults(crm_folder(customers=customers(), orders=frame))
    repeated, orphans = len(ids) - len(set(ids)), sum(one in "de" for one in ids)
    expected = {"order_id: key repeated": repeated, "customer_id: not in customers": orphans}
    assert [line.split(" row")[0] for line in found] == [f"orders.{k} in {n}" for k, n in expected.items() if n]
