"""Who is to be deleted when: terms worked by hand, to the day."""

import csv
import io

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance_case import table
from workbench import personal
from workbench.errors import InputError
from workbench.governance.lifecycle import COLUMNS, lifecycle
from workbench.law import Rule

TERMS = {"inactive_months": 36, "contact": ["order", "click"], "bookkeeping_years": {"DE": 8, "BR": 3}}
RULE = Rule(code="retention_exceeded", article="Art. 5", source="", checked=True, valid_from=None, terms=TERMS)


def customers(*signed_up, **columns):
    rows = [{"customer_id": str(number), "signup_at": day} for number, day in enumerate(signed_up, start=1)]
    return table("customers", [row | columns for row in rows])


def ordered(*days):
    return table("orders", [{"order_id": d, "customer_id": "1", "ordered_at": d, "amount": 1.0} for d in days])


def plan(seen, tables, **asked):
    return lifecycle(tables, **{"rule": RULE, "seen_at": pd.Timestamp(seen), **asked})


def steps(seen, tables, **asked):
    rows = plan(seen, tables, **asked).customers
    return [(row.action, f"{row.due_on:%Y-%m-%d}", row.days_overdue) for row in rows.itertuples()]


@pytest.mark.parametrize(("seen", "late"), [("2025-03-10 23:59", 0), ("2025-03-11", 1), ("2026-03-10", 365)])
def test_exactly_thirty_six_months_is_in_time(seen, late):
    assert steps(seen, {"customers": customers("2022-03-10 08:00")}) == [("delete", "2025-03-10", late)]


def test_the_day_is_that_of_the_market():
    tables = {"customers": customers("2022-03-10 23:30")}
    assert steps("2025-03-11 23:30", tables, timezone="Europe/Berlin") == [("delete", "2025-03-11", 1)]


def test_a_leap_day_ends_on_the_28th():
    assert steps("2027-03-01", {"customers": customers("2024-02-29")}) == [("delete", "2027-02-28", 1)]


def test_who_falls_due_within_a_year_is_listed_and_who_does_later_is_not():
    tables = {"customers": customers("2022-03-10", "2023-03-10", "2023-03-11")}
    assert plan("2025-03-10", tables).customers["customer_id"].tolist() == ["1", "2"]
    assert plan("2025-03-10", tables, ahead_months=0).customers["customer_id"].tolist() == ["1"]


def test_a_later_contact_moves_the_day():
    tables = {"customers": customers("2019-01-01"), "orders": ordered("2018-01-01", "2021-05-05")}
    assert steps("2025-01-01", tables, countries=["BR"]) == [("delete", "2024-05-05", 241)]


def test_an_order_that_must_be_kept_means_anonymising_and_deleting_later():
    tables = {"customers": customers("2017-01-01", country="DE"), "orders": ordered("2017-06-30")}
    assert steps("2025-06-30", tables) == [("anonymise", "2020-06-30", 1826), ("delete", "2025-07-01", 0)]
    assert steps("2025-07-01", tables) == [("delete", "2020-06-30", 1827)]
    assert steps("2024-06-30", tables) == [("anonymise", "2020-06-30", 1461)]


def test_the_customers_country_goes_before_the_markets():
    tables = {"customers": customers("2017-01-01", country="BR"), "orders": ordered("2019-06-30")}
    assert steps("2025-06-30", tables, countries=["DE"])[0][0] == "delete"


def test_where_the_years_are_not_known_orders_are_kept():
    tables = {"customers": customers("2017-01-01", country="XX"), "orders": ordered("2017-06-30")}
    rows = plan("2040-01-01", tables).customers
    assert rows["action"].tolist() == ["anonymise"]
    assert "not known" in rows["reason"].iloc[0]


def test_the_register_may_ask_for_less():
    fields = table("fields", [{"table": "customers", "column": "name", "retention_days": 365.0}])
    assert steps("2025-01-01", {"customers": customers("2023-06-01"), "fields": fields}) == [
        ("delete", "2024-05-31", 215)
    ]


def test_duplicates_are_merged_unless_they_are_deleted():
    twice = pd.DataFrame({"customer_id": ["1", "2"], "duplicate_of": ["3", "3"]})
    rows = plan(
        "2025-01-01", {"customers": customers("2019-01-01", "2024-06-01", "2024-01-01")}, duplicates=twice
    ).customers
    assert rows[["customer_id", "action", "into"]].values.tolist() == [["1", "delete", ""], ["2", "merge", "3"]]
    assert rows["days_overdue"].tolist()[1] == 0


def request(number, customer, **columns):
    return {"request_id": number, "customer_id": customer, "kind": "erasure", "received_at": "2024-12-01", **columns}


def test_who_asked_to_be_erased_and_is_still_held_is_erased_first():
    asked = [request("r1", "1"), request("r2", "gone"), request("r3", "2", closed_at="2024-12-05")]
    asked += [request("r4", "2", kind="access")]
    tables = {"customers": customers("2019-01-01", "2024-06-01"), "requests": table("requests", asked)}
    assert steps("2025-01-05", tables) == [("erase", "2025-01-05", 0)]
    waiting = pd.DataFrame({"request_id": ["r1"], "due_on": pd.to_datetime(["2025-01-02"])})
    assert steps("2025-01-05", tables, open_requests=waiting) == [("erase", "2025-01-02", 3)]


def test_summary_counts_by_quarter():
    tables = {"customers": customers("2022-02-13", "2022-02-14", "2022-03-31", "2022-04-01", "2022-07-01")}
    counts = plan("2025-02-14", tables).summary.set_index("due")["customers"].to_dict()
    assert counts == {"overdue": 1, "this quarter": 2, "next quarter": 1, "later": 1}


def test_a_law_without_a_term_says_so():
    silent = Rule(code="retention_exceeded", article="", source="", checked=True, valid_from=None, terms={})
    found = plan("2025-01-01", {"customers": customers("1990-01-01")}, rule=silent)
    assert (len(found.customers), list(found.customers), len(found.summary)) == (0, list(COLUMNS), 0)
    assert "no term" in found.note


def test_the_csv_can_be_read_back_and_holds_no_formula():
    odd = ['=1+1,"x"', "+1", "-2", "@cmd", "plain\r\nid", "ü"]
    table_ = ibis.memtable(pd.DataFrame({"customer_id": odd, "signup_at": pd.Timestamp("2019-01-01")}))
    text = plan("2025-01-01", {"customers": table_}).csv()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["customer_id"] for row in rows} == {'\'=1+1,"x"', "'+1", "'-2", "'@cmd", "plain\r\nid", "ü"}
    assert {row["due_on"] for row in rows} == {"2022-01-01"}
    assert text.splitlines(keepends=True)[0] == ",".join(COLUMNS) + "\r\n"


def test_masked_shows_no_id_and_keeps_the_rest():
    twice = pd.DataFrame({"customer_id": ["2"], "duplicate_of": ["1"]})
    found = plan("2025-01-01", {"customers": customers("2019-01-01", "2024-06-01")}, duplicates=twice)
    shown, key = found.masked(b"0123456789abcdef"), b"0123456789abcdef"
    assert shown["customer_id"].tolist() == personal.pseudonyms(found.customers["customer_id"], key=key).tolist()
    assert shown["into"].tolist() == ["", shown["customer_id"].iloc[0]]
    assert shown["due_on"].equals(found.customers["due_on"])


def test_where_no_time_is_known_there_is_no_plan():
    nobody = {"customers": customers(None)}
    found = plan(pd.NaT, nobody)
    assert (len(found.customers), list(found.customers), found.csv()) == (0, list(COLUMNS), ",".join(COLUMNS) + "\r\n")
    assert found.note.startswith("Not enough data: no table knows")
    timeless = {"customers": nobody["customers"].drop("signup_at", "last_login_at")}
    assert plan("2025-01-01", timeless).note == "Of 1 customers no contact is known: they are not in the plan."


def test_without_customers_there_is_no_plan():
    with pytest.raises(InputError, match="no table customers"):
        plan("2025-01-01", {"orders": ordered("2019-01-01")})


DAYS = st.dates(pd.Timestamp("2012-01-01").date(), pd.Timestamp("2024-12-31").date())


@settings(deadline=None, max_examples=20)
@given(st.lists(DAYS, min_size=1, max_size=6), DAYS)
def test_nothing_is_overdue_before_its_day_and_nobody_is_listed_twice_for_one_action(days, seen):
    tables = {"customers": customers(*map(str, days)), "orders": ordered(str(days[0]))}
    rows = plan(str(seen), tables, countries=["DE"]).customers
    late = (pd.Timestamp(seen) - rows["due_on"]).dt.days.clip(lower=0)
    assert (rows["days_overdue"] == late).all()
    assert (rows["due_on"] <= pd.Timestamp(seen) + pd.DateOffset(months=12)).all()
    assert not rows.duplicated(["customer_id", "action"]).any()
