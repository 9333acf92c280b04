"""A model that looks back only so far sees no more than that, nothing ahead, and the same customers at every point."""

from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from workbench import churn, crm
from workbench.churn.history import _customers, looking_back
from workbench.errors import InputError

NAMES = ("orders", "customers", "messages", "touches", "activity")
CUTOFFS = [pd.Timestamp("2025-04-01"), pd.Timestamp("2025-07-01")]
EVENTS = ("orders", "messages", "touches", "activity")


@pytest.fixture(scope="module")
def tables(sample_folder: Path) -> dict[str, ibis.Table]:
    held = crm.open(sample_folder).cut(["DE"])
    return {name: held.table(name) for name in NAMES}


@pytest.fixture(scope="module")
def whole(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    events = {name: tables[name] for name in EVENTS if name != "orders"}
    return churn.examples(tables["orders"], cutoffs=CUTOFFS, horizon_days=90, **events)


def back(customers: pd.DataFrame, tables: dict[str, ibis.Table], months: int | None) -> pd.DataFrame:
    kept = customers[["customer_id", "cutoff", "churned"]]
    events = {name: table for name, table in tables.items() if name in EVENTS}
    return looking_back(kept, events, months=months, horizon_days=90)


def test_on_the_whole_history_features_are_those_of_examples(
    tables: dict[str, ibis.Table], whole: pd.DataFrame
) -> None:
    found = back(whole, tables, None)
    expected = whole.drop(columns="season_ratio")
    pd.testing.assert_frame_equal(found[list(expected)], expected, check_dtype=False)


def test_a_longer_look_back_never_sees_less(tables: dict[str, ibis.Table], whole: pd.DataFrame) -> None:
    short, long = (back(whole, tables, months) for months in (2, 9))
    for name in ("orders", "order_days", "spend", "returns", "orders_365d", "messages_365d", "touches_90d"):
        assert (short[name] <= long[name]).all()
        assert (long[name] <= whole[name]).all()
    assert (short["orders"] < long["orders"]).any()
    # The last order is as long ago as it is, or not seen.
    assert (short["recency_days"].isna() | (short["recency_days"] == whole["recency_days"])).all()
    assert short["recency_days"].isna().any()


ORDERS = pd.DataFrame(
    [
        ("1", "a", "2024-05-31 23:59", 10.0),
        ("2", "a", "2024-06-01 00:00", 20.0),
        ("3", "a", "2024-06-30 23:59", 5.0),
        ("4", "a", "2024-07-01 00:00", 99.0),
        ("5", "b", "2024-01-01 12:00", 7.0),
    ],
    columns=["order_id", "customer_id", "ordered_at", "amount"],
).astype({"ordered_at": "datetime64[us]"})
CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b"], "cutoff": pd.Timestamp("2024-07-01"), "churned": [0, 1]})


def seen(orders: pd.DataFrame, months: int | None, **events: pd.DataFrame) -> pd.DataFrame:
    tables = {name: ibis.memtable(frame) for name, frame in {"orders": orders, **events}.items()}
    return looking_back(CUSTOMERS, tables, months=months, horizon_days=90).set_index("customer_id")


def test_one_month_begins_a_month_before_the_cutoff_and_ends_before_it() -> None:
    found = seen(ORDERS, 1)
    assert found.loc["a", ["orders", "spend", "tenure_days", "recency_days"]].tolist() == [2, 25.0, 30, 1]
    assert found.loc["b", ["orders", "spend", "orders_365d"]].tolist() == [0, 0, 0]
    assert found.loc["b", ["recency_days", "tenure_days", "mean_amount"]].isna().all()
    assert found["churned"].tolist() == [0, 1]


def test_whoever_has_not_ordered_of_late_may_still_have_opened_something() -> None:
    sent = pd.DataFrame({"customer_id": ["b", "b"], "sent_at": pd.to_datetime(["2024-06-20", "2024-05-20"])})
    touches = sent.assign(touch_id=["1", "2"], opened_at=sent["sent_at"] + pd.Timedelta(days=1))
    found = seen(ORDERS, 1, touches=touches)
    assert found["touches_90d"].to_dict() == {"a": 0, "b": 1}
    assert found["opened_90d"].to_dict() == {"a": 0, "b": 1}


def test_what_comes_after_a_cutoff_is_not_seen(tables: dict[str, ibis.Table], whole: pd.DataFrame) -> None:
    first = whole[whole["cutoff"] == CUTOFFS[0]]
    until = {
        name: table.filter(table[{"orders": "ordered_at", "activity": "occurred_at"}.get(name, "sent_at")] < CUTOFFS[0])
        for name, table in tables.items()
        if name in EVENTS
    }
    pd.testing.assert_frame_equal(back(first, tables, 6), back(first, until, 6))


@pytest.fixture(scope="module")
def points(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    return churn.curve_of_history(tables, model="logistic", horizon_days=90, months=(None, 1, 600))


def test_the_curve_runs_from_the_shortest_to_all_there_is(points: pd.DataFrame) -> None:
    assert points["name"].tolist() == ["1 month", "all history"]
    assert points["size"].tolist()[0] == 1 < points["size"].tolist()[1] < 60
    assert points["value"].tolist()[0] + 0.03 < points["value"].tolist()[1] < 0.95
    assert (points["low"] < points["value"]).all()
    assert (points["value"] < points["high"]).all()
    assert points["se"].tolist()[1] == 0 < points["se"].tolist()[0]


def test_customers_and_outcomes_are_those_of_examples(tables: dict[str, ibis.Table], points: pd.DataFrame) -> None:
    found = _customers(tables, 90)
    assert found is not None
    days = [pd.Timestamp(day) for day in found["cutoff"].unique()]
    expected = churn.examples(tables["orders"], cutoffs=days, horizon_days=90)
    keys = ["customer_id", "cutoff", "churned"]
    pd.testing.assert_frame_equal(found[keys], expected[keys], check_dtype=False)
    # The latest whose outcome is known, and those of a year that are over by then.
    assert days[-1] == max(churn.cutoffs(tables["orders"], horizon_days=90))
    assert days[-2] == days[-1] - pd.DateOffset(months=3)
    assert len(days) == 13
    assert points.attrs["note"].startswith(f"logistic judged at the cut-off {days[-1]:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ({"model": None}, "not enough data: there is no model"),
        ({"tables": {}}, "not enough data: only churn by orders looks back"),
        ({"tables": {"orders": ibis.memtable(ORDERS)}}, "not enough data: no cut-off has others"),
    ],
)
def test_too_little_is_an_empty_curve_that_says_why(asked: dict[str, Any], note: str) -> None:
    terms = {"tables": {"orders": ibis.memtable(ORDERS)}, "model": "logistic", **asked}
    found = churn.curve_of_history(terms.pop("tables"), horizon_days=90, **terms)
    assert (len(found), list(found)) == (0, ["size", "name", "value", "low", "high", "se"])
    assert found.attrs["note"].startswith(note)


def test_months_below_one_are_refused() -> None:
    with pytest.raises(InputError, match="months: found 0; each is 1 or more"):
        churn.curve_of_history({}, model="logistic", horizon_days=90, months=(0, None))
