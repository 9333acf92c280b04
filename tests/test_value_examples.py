"""Spend before and after a cut-off, to the moment; several currencies refused; returns drawn to the market's."""

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.examples import gather, returned_share, with_spend

CUTOFF = pd.Timestamp("2024-02-01")
AT = ["2024-01-01 23:59:59", "2024-01-02", "2024-01-31 23:59:59", "2024-02-01", "2024-03-01 23:59:59", "2024-03-02"]


def orders(**changes: list[object]) -> ibis.Table:
    columns = {"customer_id": list("aaaaaa"), "ordered_at": pd.to_datetime(AT, format="ISO8601")}
    return ibis.memtable(pd.DataFrame({**columns, "amount": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], **changes}))


def test_windows_begin_with_their_first_moment_and_end_before_their_last() -> None:
    examples = pd.DataFrame({"customer_id": ["a", "b"], "cutoff": CUTOFF}, index=[7, 3])
    found = with_spend(examples, orders(), horizon_days=30)
    assert found.index.tolist() == [7, 3]
    assert found[["spent_before", "spent"]].values.tolist() == [[6.0, 24.0], [0.0, 0.0]]


def test_every_cutoff_has_its_own_windows() -> None:
    cutoffs = [CUTOFF, pd.Timestamp("2024-03-02"), CUTOFF]
    examples = pd.DataFrame({"customer_id": ["a", "a", "b"], "cutoff": cutoffs})
    found = with_spend(examples, orders(), horizon_days=30)
    assert found[["spent_before", "spent"]].values.tolist() == [[6.0, 24.0], [24.0, 32.0], [0.0, 0.0]]


def test_what_is_sent_back_is_no_spend() -> None:
    examples = pd.DataFrame({"customer_id": ["a"], "cutoff": CUTOFF})
    returned = orders(amount=[1.0, 2.0, -4.0, -8.0, 16.0, 32.0])
    assert with_spend(examples, returned, horizon_days=30)[["spent_before", "spent"]].values.tolist() == [[2.0, 16.0]]


def test_no_examples_have_no_spend() -> None:
    nothing = pd.DataFrame({"customer_id": pd.Series(dtype=str), "cutoff": pd.Series(dtype="datetime64[us]")})
    assert list(with_spend(nothing, orders(), horizon_days=30)) == ["customer_id", "cutoff", "spent_before", "spent"]


def test_several_currencies_are_refused_and_one_is_not() -> None:
    examples = pd.DataFrame({"customer_id": ["a"], "cutoff": CUTOFF})
    mixed = orders(currency=["EUR", "EUR", "EUR", "USD", "USD", None])
    with pytest.raises(InputError, match=r"2 currencies in one market: EUR \(3 orders\), USD \(2 orders\)"):
        with_spend(examples, mixed, horizon_days=30)
    assert with_spend(examples, orders(currency=["EUR"] * 6), horizon_days=30)["spent"].tolist() == [24.0]


def test_nobody_to_value_is_refused() -> None:
    nobody = pd.DataFrame({"customer_id": pd.Series(dtype=str), "cutoff": pd.Series(dtype="datetime64[us]")})
    with pytest.raises(InputError, match="no customer with an order in this market and period"):
        gather(nobody, nobody, orders(), horizon_days=30)


def test_what_is_gathered_is_examples_customers_and_volume() -> None:
    past = pd.DataFrame({"customer_id": ["a"], "cutoff": CUTOFF})
    found = gather(past, past.assign(cutoff=pd.Timestamp("2024-04-01")), orders(), horizon_days=30)
    assert (found.past["spent"].item(), found.today["spent_before"].item()) == (24.0, 32.0)
    assert found.volume.sum() == 6


@given(st.lists(st.tuples(st.floats(0.01, 1e5), st.floats(0, 2), st.integers(1, 90)), min_size=1, max_size=9))
def test_returned_shares_lie_between_own_and_market(rows: list[tuple[float, float, int]]) -> None:
    known = pd.DataFrame(rows, columns=["spend", "share", "order_days"])
    known["returned_amount"] = known["spend"] * known["share"]
    market = min(known["returned_amount"].sum() / known["spend"].sum(), 1)
    ends = pd.DataFrame({"own": known["share"], "market": market})
    slack = 1e-9
    low, high = ends.min(axis=1).clip(upper=1) - slack, ends.max(axis=1).clip(upper=1) + slack
    assert returned_share(known).between(low, high).all()


def test_without_returns_or_spend_nothing_comes_back() -> None:
    known = pd.DataFrame({"spend": [0.0, 0.0], "order_days": [1, 2]})
    assert returned_share(known).tolist() == [0, 0]
    assert returned_share(known.assign(returned_amount=5.0)).tolist() == [0, 0]
    some = known.assign(spend=[0.0, 100.0], returned_amount=[0.0, 20.0])
    assert returned_share(some).tolist() == pytest.approx([0.2, 0.2])
