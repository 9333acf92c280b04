"""Contractual examples hold what was known at the cut-off, and nothing of what came after it."""

from pathlib import Path

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.churn.subscriptions import labelled_examples, subscription_examples
from workbench.errors import InputError

TELCO = Path(__file__).parents[2] / "shared" / "data" / "telco_churn"
CUTOFF = pd.Timestamp("2024-03-01")


def day(number: int) -> pd.Timestamp:
    return CUTOFF + pd.Timedelta(days=number)


def examples(rows: list[tuple], customers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Examples at the cut-off of (customer, start, end, plan, price), times as days from the cut-off."""
    table = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at", "plan", "price"])
    for column in ("started_at", "ended_at"):
        table[column] = CUTOFF + pd.to_timedelta(table[column].astype(float), unit="D")
    if customers is None:
        customers = pd.DataFrame({"customer_id": ["a", "b", "c"]})
    return subscription_examples(customers, ibis.memtable(table), cutoffs=[CUTOFF], horizon_days=30, known_to=day(30))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-10, None, [0]),
        (-10, 29, [1]),
        (-10, 30, [0]),
        (-10, 0, [1]),
        (-10, -1, []),
        (0, None, []),
        (-1, 400, [0]),
    ],
)
def test_only_running_subscriptions_are_at_risk_and_churn_is_an_end_within_the_horizon(start, end, expected) -> None:
    assert examples([("a", start, end, "M", 10.0)])["churned"].tolist() == expected


def test_who_changes_plan_or_comes_back_in_time_has_not_left() -> None:
    change = [("a", -50, 10, "M", 10.0), ("a", 10, None, "L", 20.0)]
    back = [("b", -50, 5, "M", 10.0), ("b", 25, None, "M", 10.0)]
    gone = [("c", -50, 5, "M", 10.0), ("c", 10, 20, "M", 10.0)]
    assert examples(change + back + gone)["churned"].tolist() == [0, 0, 1]


def test_the_features_of_a_customer_with_a_past() -> None:
    past = [("a", -300, -200, "S", 5.0), ("a", -190, -100, "M", 10.0)]
    now = [("a", -90, None, "L", 20.0), ("a", -40, 7, "extra", 3.0)]
    found = examples(past + now).iloc[0]
    expected = {"plan": "extra", "price": 23.0, "plan_before": "M", "price_change": 13.0, "tenure_days": 300.0}
    counts = {"plan_days": 40.0, "paused_days": 60.0, "running_subscriptions": 2, "ended_subscriptions": 2}
    assert found[[*expected, *counts]].to_dict() == expected | counts


SUBSCRIPTION = st.tuples(
    st.sampled_from("abc"),
    st.integers(-60, 60),
    st.none() | st.integers(1, 90),
    st.sampled_from("SML"),
    st.integers(1, 9),
)


@given(rows=st.lists(SUBSCRIPTION, min_size=1, max_size=12, unique_by=lambda row: (row[0], row[1], row[3])))
@settings(max_examples=25, deadline=None)
def test_no_event_at_or_after_the_cutoff_changes_a_feature(rows: list[tuple]) -> None:
    rows = [(who, start, None if span is None else start + span, plan, price) for who, start, span, plan, price in rows]
    past = [(*row[:2], None if row[2] is None or row[2] >= 0 else row[2], *row[3:]) for row in rows if row[1] < 0]
    if past:
        with_future, without = (examples(known).drop(columns="churned") for known in (rows, past))
        pd.testing.assert_frame_equal(with_future, without, check_dtype=False)


def test_attributes_are_as_of_the_cutoff_and_none_of_them_looks_ahead() -> None:
    customers = pd.DataFrame({"customer_id": [*"abc", *(f"d{i}" for i in range(57))]})
    customers["birth_year"] = 1980
    customers["segment"] = ["home", "office", "home"] * 20
    customers["name"] = [f"Ann {i}" for i in range(60)]
    customers["last_login_at"] = pd.Timestamp("2024-09-01")
    customers["churned"] = True
    found = examples([("a", -10, None, "M", 10.0)], customers)
    assert found.loc[0, ["age_years", "segment"]].tolist() == [44, "home"]
    assert not {"birth_year", "name", "last_login_at"} & set(found)
    assert found["churned"].tolist() == [0]


def test_several_cutoffs_and_a_table_of_required_columns_only() -> None:
    table = ibis.memtable({"customer_id": ["a", "b"], "started_at": pd.to_datetime(["2024-01-01", "2024-02-15"])})
    customers = pd.DataFrame({"customer_id": ["a", "b"]})
    cutoffs = [pd.Timestamp("2024-02-01"), CUTOFF]
    found = subscription_examples(customers, table, cutoffs=cutoffs, horizon_days=30)
    assert found[["customer_id", "cutoff"]].values.tolist() == [["a", cutoffs[0]], ["a", CUTOFF], ["b", CUTOFF]]
    assert "plan" not in found
    assert "price" not in found


@pytest.mark.parametrize(("end", "known"), [(29, True), (28, False)])
def test_a_horizon_that_is_not_over_has_no_label(end: int, known: bool) -> None:
    table = ibis.memtable({"customer_id": ["a", "b"], "started_at": [day(-9)] * 2, "ended_at": [day(end), None]})
    found = subscription_examples(pd.DataFrame({"customer_id": ["a"]}), table, cutoffs=[CUTOFF], horizon_days=30)
    assert found["churned"].notna().tolist() == [known, known]


def test_no_cutoff_is_refused() -> None:
    table = ibis.memtable({"customer_id": ["a"], "started_at": pd.to_datetime(["2024-01-01"])})
    with pytest.raises(InputError, match="cutoffs: none given"):
        subscription_examples(pd.DataFrame({"customer_id": ["a"]}), table, cutoffs=[], horizon_days=30)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"left": [1]}, "no label column 'churned'"),
        ({"churned": ["Yes"]}, "must be true or false, found 'Yes' in 1 rows"),
    ],
)
def test_a_label_that_is_missing_or_none_is_refused(column: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        labelled_examples(pd.DataFrame({"customer_id": ["a"], **column}))


@pytest.mark.skipif(not TELCO.exists(), reason="the Telco files are not beside the project")
def test_the_telco_file_becomes_examples_without_its_ids() -> None:
    telco = pd.read_parquet(TELCO / "telco_customer_churn.parquet").rename(columns={"customerID": "customer_id"})
    found = labelled_examples(telco.assign(churned=telco.pop("Churn") == "Yes"))
    assert (len(found), found["churned"].sum()) == (7043, 1869)
    assert "Contract" in found


def test_the_lot_that_holds_customers_out_of_campaigns_is_no_feature():
    customers = pd.DataFrame({"customer_id": list("abc"), "hold_out": [True, False, False], "churned": [1, 0, 0]})
    assert list(labelled_examples(customers)) == ["customer_id", "churned"]
