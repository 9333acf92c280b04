"""What is kept of fields, who is not in it, and when a shift is one: worked by hand, and against chance."""

import math

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance_case import table
from workbench.governance.drift.counting import count_tables
from workbench.governance.drift.shift import homogeneity, psi, shifts
from workbench.governance.drift.spread import EMPTY, FILLED, REST, Spread, spread_categories, spread_numbers

SEEN = pd.Timestamp("2025-07-01")


def spreads(name, rows, **options):
    found = count_tables({name: rows if isinstance(rows, ibis.Table) else table(name, rows)}, seen_at=SEEN, **options)
    return {field.removeprefix(f"{name}."): spread for field, spread in found[1].items()}


def frame(rows, **columns):
    return ibis.memtable(pd.DataFrame({"order_id": [f"o{row}" for row in range(rows)], **columns}))


def values(**counts):
    return Spread(counted_as="categories", counts={EMPTY: 0, **{("category", key): n for key, n in counts.items()}})


def test_numbers_are_counted_in_ten_bins_of_equal_size():
    found = spread_numbers(np.arange(1.0, 101))
    assert list(found.counts.values()) == [0, *[10] * 10]
    assert found.edges == [10.9, 20.8, 30.7, 40.6, 50.5, 60.4, 70.3, 80.2, 90.1, math.inf]


def test_the_next_run_counts_in_the_bins_of_the_run_before():
    before = spread_numbers(np.arange(100.0))
    assert list(spread_numbers(np.full(7, 1e6), like=before).counts.values()) == [0] * 10 + [7]
    later = spreads("orders", frame(50, amount=np.full(50, 500.0)), before={"orders.amount": before})
    assert list(later["amount"].counts.values()) == [0] * 10 + [50]


@given(st.lists(st.floats(width=32), max_size=80), st.lists(st.floats(width=32), max_size=80))
def test_every_number_lies_in_one_bin_in_both_runs(first, second):
    before = spread_numbers(np.array(first))
    now = spread_numbers(np.array(second), like=before)
    assert (before.rows, now.rows) == (len(first), len(second))
    assert now.edges == before.edges or not before.edges
    assert now.counts[EMPTY] == sum(not math.isfinite(value) for value in second)


def test_rare_categories_are_pooled_and_many_are_texts():
    found = spread_categories({"gold": 30, "Ann": 9, "Bo": 1}, filled=40, empty=3)
    assert found.counts == {EMPTY: 3, ("category", "gold"): 30, REST: 10}
    many = {str(number): 50 for number in range(21)}
    assert spread_categories(many, filled=1050, empty=0) is None
    kept = spread_categories(many, filled=1050, empty=0, like=values(**{"1": 40, "2": 40}))
    assert kept.counts == {EMPTY: 0, ("category", "1"): 50, ("category", "2"): 50, REST: 950}


def test_fields_are_counted_by_their_kind():
    rows = 40
    found = spreads(
        "orders",
        frame(
            rows,
            amount=np.arange(rows) + 0.5,
            note=["seldom"] * rows,
            currency=["EUR"] * 30 + ["USD"] * 10,
            campaign_id=["c"] * rows,
            ordered_at=pd.date_range("2025-05-22", periods=rows),
        ),
    )
    kinds = {name: spread.counted_as for name, spread in found.items()}
    expected = ("filled", "numbers", "filled", "categories", "filled", "days")
    assert kinds == dict(zip(found, expected, strict=True))
    assert found["currency"].counts == {EMPTY: 0, ("category", "EUR"): 30, ("category", "USD"): 10}
    assert found["ordered_at"].edges == [10.75, 20.5, 30.25, math.inf]


def test_nobody_is_in_it():
    people = {
        "email": "ann@mail.org",
        "birth_year": 1960,
        "plz": "10115",
        "religion": "none",
        "crm_id": 7,
        "city": "Ulm",
    }
    rows = pd.DataFrame([{"customer_id": "c", **people, "gender": "female"}] * 30)
    found = spreads("customers", ibis.memtable(rows.assign(contact=[f"{n}@mail.org" for n in (1, 2, 3)] * 10)))
    known = {name for name, spread in found.items() if spread.counted_as != "filled"}
    assert known == {"gender"}
    assert found["email"].counts == {EMPTY: 0, FILLED: 30}


def test_what_the_register_calls_personal_or_sensitive_is_never_written_out():
    people = pd.DataFrame({"gender": ["f", "m"] * 20, "segment": "gold", "language": "de", "hold_out": True})
    people = people.assign(acquisition_cost=np.arange(40) % 2, customer_id="c")
    called = [("gender", None, True), (" Language ", True, False), ("hold_out", True, None)]
    called += [("acquisition_cost", True, False), (None, True, True)]
    register = pd.DataFrame(called, columns=["column", "personal", "sensitive"]).assign(table="customers")
    held = {"customers": ibis.memtable(people), "fields": ibis.memtable(register)}
    spread = count_tables(held, seen_at=SEEN)[1]
    kinds = {name.partition(".")[2]: one.counted_as for name, one in spread.items()}
    closed = dict.fromkeys(["gender", "language", "hold_out", "customer_id"], "filled")
    assert kinds == closed | {"segment": "categories", "acquisition_cost": "numbers"}


def test_values_of_fields_that_the_contract_does_not_know_are_never_written_out():
    people = {"customer_id": "c", "care_level": ["needs dialysis", "none"] * 30, "account_manager": "Anna Schmidt"}
    held = {"customers": ibis.memtable(pd.DataFrame({**people, "visits": [1, 2] * 30, "vip": True}))}
    held["messages"] = ibis.memtable(pd.DataFrame({"message_id": "m", "subject": ["about Mr Weber"] * 40}))
    for before in (None, {"customers.care_level": values(**{"needs dialysis": 40, "none": 20})}):
        found = count_tables(held, seen_at=SEEN, before=before)[1]
        assert {spread.counted_as for spread in found.values()} == {"filled"}
        assert found["messages.subject"].counts == {EMPTY: 0, FILLED: 40}


def test_blank_is_empty_and_what_is_no_number_too():
    found = spreads("orders", frame(4, currency=["EUR", " ", "", None], amount=[1.0, math.nan, math.inf, None]))
    assert [found[name].counts[EMPTY] for name in ("currency", "amount")] == [3, 3]


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"amount": rng.lognormal(size=300), "plan": rng.choice(["a", "b", "c"], 300)})
    one, two = (spreads("orders", ibis.memtable(frame)) for frame in (rows, rows.sample(frac=1, random_state=2)))
    assert {name: spread.counts for name, spread in one.items()} == {n: spread.counts for n, spread in two.items()}


def test_a_table_without_rows_and_times_without_a_last_moment():
    assert spreads("orders", [])["amount"].counts == {EMPTY: 0, FILLED: 0}
    times = frame(30, ordered_at=pd.date_range("2025-05-01", periods=30))
    assert count_tables({"orders": times}, seen_at=pd.NaT)[1]["orders.ordered_at"].counted_as == "filled"


def test_psi_worked_by_hand():
    # (.8 - .5) ln(.8 / .5) + (.2 - .5) ln(.2 / .5) = .3 (.4700 + .9163)
    assert psi(np.array([80, 20]), np.array([50, 50])) == pytest.approx(0.41589, abs=1e-5)
    # A bin that only one run has holds half a row in the other: (.5 - 1) ln .5 + (.5 - .005) ln 100
    assert psi(np.array([50, 50]), np.array([100, 0])) == pytest.approx(0.5 * math.log(2) + 0.495 * math.log(100))
    assert psi(np.array([7, 0]), np.array([70, 0])) == 0


def test_homogeneity_is_that_of_scipy():
    from scipy.stats import chi2_contingency

    counts = np.array([[30, 14, 34, 45, 57], [15, 22, 45, 60, 12]])
    assert homogeneity(*counts) == pytest.approx(chi2_contingency(counts, correction=False).pvalue)
    assert math.isnan(homogeneity(np.array([5, 0]), np.array([9, 0])))


def test_a_planted_shift_is_found_and_said():
    found = shifts(
        {"a": values(x=80, y=20), "b": values(x=50, y=50)}, {"a": values(x=50, y=50), "b": values(x=52, y=48)}
    )
    assert found[["of", "size", "shifted"]].to_numpy().tolist() == [["a", "large", True], ["b", "little", False]]
    assert found["what"].iloc[0] == "'x': 50.0% of the rows before, 80.0% now"


def test_a_category_that_comes_and_one_that_goes_are_named():
    found = shifts({"a": values(x=50, z=50)}, {"a": values(x=100, y=10)}).iloc[0]
    assert found["what"].endswith("; new: 'z'; gone or rare: 'y'")
    assert found["shifted"]
    assert shifts({"a": values(c=40)}, {"a": values(b=40)})["shifted"].all()


def test_what_was_pooled_may_have_been_the_category_that_now_is_named():
    before = Spread(counted_as="categories", counts={EMPTY: 0, ("category", "a"): 91, REST: 9})
    found = shifts({"p": values(a=89, b=11)}, {"p": before}).iloc[0]
    assert found["psi"] == pytest.approx(psi(np.array([89, 11]), np.array([91, 9])))


def test_under_thirty_rows_there_is_not_enough_data():
    found = shifts({"a": values(x=29)}, {"a": values(x=20, y=1000)}).iloc[0]
    assert (found["size"], math.isnan(found["psi"]), found["shifted"]) == ("not enough data", True, False)


def test_what_was_counted_otherwise_is_compared_by_what_is_filled():
    before = Spread(counted_as="filled", counts={EMPTY: 50, FILLED: 50})
    found = shifts({"a": spread_numbers(np.arange(100.0))}, {"a": before}).iloc[0]
    assert (found["counted_as"], found["what"]) == ("filled", "empty: 50.0% of the rows before, 0.0% now")


def test_chance_is_not_called_drift():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(60):
        before = {str(field): spread_numbers(rng.normal(size=60)) for field in range(4)}
        now = {name: spread_numbers(rng.normal(size=60), like=spread) for name, spread in before.items()}
        alarms += shifts(now, before)["shifted"].any()
    assert alarms <= 7  # of 60, with a chance of .05 each at most
