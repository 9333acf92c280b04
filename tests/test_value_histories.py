"""Histories say how often, how lately, how long and how much; alike ones are one; what cannot be is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.histories import collapse, histories, histories_of

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30)


def known(**changes: list[object]) -> pd.DataFrame:
    columns = {"customer_id": ["a", "b"], "order_days": [3, 1], "tenure_days": [70, 10], "recency_days": [14, 10]}
    return pd.DataFrame({**columns, "spend": [60.0, 5.0], **changes})


def test_orders_of_a_day_are_one_and_the_first_is_no_repeat() -> None:
    log = pd.DataFrame({"customer_id": list("aaaab"), "amount": [5.0, 6.0, 1.0, 8.0, 2.0]})
    log["ordered_at"] = pd.to_datetime(
        ["1997-01-01", "1997-01-01 23:00", "1997-01-08", "1997-03-02", "1997-01-31"], format="ISO8601"
    )
    found = histories_of(log, end=pd.Timestamp("1997-01-31"))
    assert found.to_dict("list") == {
        "customer_id": ["a", "b"],
        "repeats": [1, 0],
        "active_days": [7, 0],
        "tenure_days": [30, 0],
        "mean_spend": [6.0, 2.0],
    }


def test_what_was_sent_back_is_no_order() -> None:
    log = pd.DataFrame({"customer_id": ["a", "a"], "amount": [5.0, -5.0]})
    log["ordered_at"] = pd.to_datetime(["1997-01-01", "1997-01-08"])
    assert histories_of(log, end=pd.Timestamp("1997-01-31"))["repeats"].tolist() == [0]


@given(ROWS)
def test_collapsed_histories_are_the_same_customers(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["repeats", "active_days", "tenure_days"])
    alike = collapse(frame)
    back = np.column_stack([alike.repeats, alike.active_days, alike.tenure_days])[alike.place]
    assert back.tolist() == frame.to_numpy().tolist()
    assert alike.customers.tolist() == np.bincount(alike.place).tolist()
    assert len(alike.repeats) == len(set(rows))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customer_id": ["a", "a"]}, "1 of 2 rows repeat a customer_id"),
        ({"order_days": [0, 1]}, "1 of 2 rows have no day with an order"),
        ({"recency_days": [71, 10]}, "1 of 2 rows have a last order after the cut-off or before the first one"),
        ({"recency_days": [-1, 10]}, "1 of 2 rows have a last order after the cut-off or before the first one"),
        ({"tenure_days": [0, 0], "recency_days": [0, 0]}, "the history is of zero length"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, list[object]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        histories(known(**changes))


def test_no_customer_and_no_column_are_refused() -> None:
    with pytest.raises(InputError, match="no customer with an order"):
        histories(known().head(0))
    with pytest.raises(InputError, match="no column recency_days, spend; needed are customer_id"):
        histories(known().drop(columns=["spend", "recency_days"]))


def test_a_log_without_orders_before_its_end_is_refused() -> None:
    log = pd.DataFrame({"customer_id": ["a"], "amount": [5.0], "ordered_at": pd.to_datetime(["1997-02-01"])})
    with pytest.raises(InputError, match="no customer with an order"):
        histories_of(log, end=pd.Timestamp("1997-01-31"))
