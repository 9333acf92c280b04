from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.churn.features import SENTIMENT, consistent, features

CUTOFF = pd.Timestamp("2024-07-01")
ORDERS = pd.DataFrame(
    [
        ("a", "2023-05-02 09:00", 10.0),
        ("a", "2023-07-12 10:00", 20.0),
        ("a", "2024-05-01 00:00", 30.0),
        ("a", "2024-05-01 23:59", 0.1),
        ("a", "2024-06-30 23:59", 0.2),
        ("a", "2024-06-01 12:00", -5.0),
        ("b", "2024-06-01 12:00", 7.0),
        ("c", "2024-06-01 12:00", -7.0),
    ],
    columns=["customer_id", "ordered_at", "amount"],
).astype({"ordered_at": "datetime64[us]"})
ORDERS.insert(0, "order_id", [str(number) for number in range(len(ORDERS))])


def known(orders: pd.DataFrame, **events: pd.DataFrame) -> pd.DataFrame:
    tables = {name: ibis.memtable(frame) for name, frame in events.items()}
    table = features(ibis.memtable(orders), cutoff=CUTOFF, **tables)
    return table.to_pyarrow().to_pandas().set_index("customer_id").sort_index()


def test_known_answers_for_two_customers():
    found = known(ORDERS)
    assert list(found.index) == ["a", "b"]
    expected = {
        "recency_days": 1, "tenure_days": 426, "order_days": 4, "orders": 5, "gap_days": 425 / 3,
        "orders_30d": 1, "orders_90d": 3, "orders_180d": 3, "orders_365d": 4, "orders_trend": 3, "orders_season": 1,
        "spend": 60.3, "spend_365d": 50.3, "spend_season": 20.0, "mean_amount": 12.06, "largest_amount": 30.0,
        "returns": 1, "returns_90d": 1, "returned_amount": 5.0, "lateness": 4 / 485, "orders_per_year": 4 * 365 / 456,
    }  # fmt: skip
    assert found.loc["a", list(expected)].to_dict() == pytest.approx(expected)
    assert np.isnan(found.loc["b", "gap_days"])


def test_rhythm_is_the_chance_of_another_order_under_mbg_nbd():
    found = known(ORDERS).loc["a"]
    r, alpha, a, b, x, active, tenure, horizon = 0.5, 60, 0.5, 2, 3, 425, 426, 90
    alive = 1 / (1 + a / (b + x) * ((alpha + tenure) / (alpha + active)) ** (r + x))
    some = 1 - ((alpha + tenure) / (alpha + tenure + horizon)) ** (r + x)
    assert found["rhythm_share"] == pytest.approx(alive * some, abs=1e-6)


def test_events_of_other_tables_are_counted_up_to_the_cutoff():
    at = pd.to_datetime(["2024-06-20", "2024-05-01", "2024-07-01"])
    ids = {"customer_id": ["a", "a", "a"]}
    found = known(
        ORDERS,
        messages=pd.DataFrame({**ids, "sent_at": at, "rating": [2, 5, 1]}),
        touches=pd.DataFrame({**ids, "sent_at": at, "opened_at": [at[2], at[1], at[2]]}),
        activity=pd.DataFrame({**ids, "occurred_at": at}),
    )
    counted = ["messages_90d", "rating", "touches_30d", "touches_90d", "opened_90d", "activity_30d", "activity_90d"]
    assert found.loc["a", counted].tolist() == [2, 3.5, 1, 2, 1, 1, 2]
    assert found.loc["b", counted].fillna(-1).tolist() == [0, -1, 0, 0, 0, 0, 0]


def test_sentiment_is_what_was_felt_before_the_cutoff():
    at = ["2024-06-20", "2024-06-20", "2024-03-01", "2023-01-01", "2024-07-01", "2024-06-01"]
    felt = [(0.6, 0.3, 0.1), (0.1, 0.2, 0.7), (0.0, 0.1, 0.9), (0.9, 0.1, 0.0), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)]
    scores = pd.DataFrame(felt, columns=["negative", "neutral", "positive"], dtype="float32")
    scores.insert(0, "customer_id", ["a"] * 5 + [None])
    scores.insert(1, "sent_at", pd.to_datetime(at) + pd.to_timedelta([9, 8, 0, 0, 0, 0], unit="h"))
    found = known(ORDERS, sentiment=scores)
    told = found.loc["a", list(SENTIMENT)].astype(float).tolist()
    assert told == pytest.approx([(-0.5 + 0.6 + 0.9) / 3, -0.5, 0.05 - (0.9 - 0.9) / 2, 1, 1])
    assert found.loc["b", list(SENTIMENT)].astype(float).fillna(-9).tolist() == [-9, -9, -9, 0, 0]


def _events(first: str, last: str) -> st.SearchStrategy[list[tuple[str, pd.Timestamp, float]]]:
    seconds = st.integers(0, int((pd.Timestamp(last) - pd.Timestamp(first)).total_seconds()))
    when = seconds.map(lambda s: pd.Timestamp(first) + pd.Timedelta(seconds=s))
    return st.lists(st.tuples(st.sampled_from("abc"), when, st.floats(-100, 100)), min_size=1, max_size=6)


def _tables(events: list[tuple[str, pd.Timestamp, float]]) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(events, columns=["customer_id", "at", "amount"]).astype({"at": "datetime64[us]"})
    frame["order_id"] = [str(number) for number in range(len(frame))]
    touched = frame.assign(sent_at=frame["at"], opened_at=frame["at"], unsubscribed_at=frame["at"])
    return {
        "orders": frame.rename(columns={"at": "ordered_at"}),
        "messages": frame.assign(sent_at=frame["at"], rating=frame["amount"].round().astype(int) % 5 + 1),
        "touches": touched,
        "activity": frame.rename(columns={"at": "occurred_at"}),
        "sentiment": frame.assign(
            sent_at=frame["at"], negative=0.25, neutral=0.25, positive=frame["amount"] / 200 + 0.5
        ),
    }


@settings(max_examples=5, deadline=None)
@given(past=_events("2022-01-01", "2024-06-30 23:59:59"), future=_events("2024-07-01", "2025-12-31"))
def test_no_event_at_or_after_the_cutoff_changes_a_feature(past, future):
    before, both = _tables(past), _tables(past + future)
    # An old message may be opened, or an old contact lost, after the cut-off: then it was not known either.
    late = before["touches"].assign(opened_at=CUTOFF, unsubscribed_at=CUTOFF + pd.Timedelta(days=1))
    none = before["touches"].assign(opened_at=pd.NaT, unsubscribed_at=pd.NaT)
    pd.testing.assert_frame_equal(known(**before), known(**both), check_exact=True)
    dtypes = before["touches"].dtypes.to_dict()
    found = [known(**{**before, "touches": touches.astype(dtypes)}) for touches in (late, none)]
    pd.testing.assert_frame_equal(*found, check_exact=True)


def test_the_order_of_rows_makes_no_difference_to_the_last_digit():
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 500, 3_000), unit="D")
    orders = pd.DataFrame({"customer_id": rng.choice(list("abcd"), 3_000), "ordered_at": days})
    orders["order_id"], orders["amount"] = orders.index.astype(str), rng.lognormal(3, 2, 3_000)
    pd.testing.assert_frame_equal(known(orders), known(orders.sample(frac=1, random_state=1)), check_exact=True)


def test_no_orders_give_no_rows():
    assert known(ORDERS.iloc[:0]).empty
    assert known(ORDERS[ORDERS["amount"] < 0]).empty


def test_cdnow_repeat_purchases_are_those_of_the_literature(shared_data: Path):
    frame = pd.read_parquet(shared_data / "cdnow" / "cdnow_sample.parquet")
    frame = frame.rename(columns={"date": "ordered_at", "price": "amount"}).astype({"ordered_at": "datetime64[us]"})
    # The literature counts the few CDs that were given away as purchases.
    table = ibis.memtable(frame[["customer_id", "ordered_at"]].assign(amount=frame["amount"] + 0.01))
    found = features(table, cutoff=pd.Timestamp("1997-10-01")).to_pyarrow().to_pandas()
    assert len(found) == 2_357
    assert (found["order_days"] - 1).mean() == pytest.approx(1.04, abs=0.005)


# What an order of yesterday changes by itself, for whom the last one lies longer ago; all else follows.
COUNTED = ["order_days", "orders", "orders_30d", "orders_90d", "orders_180d", "orders_365d"]


@pytest.mark.parametrize("horizon_days", [30, 90])
@pytest.mark.parametrize("amount", [7.0, 90.0])
def test_changed_features_agree_with_those_of_a_history_that_changed(horizon_days, amount):
    orders = ORDERS[ORDERS["ordered_at"] < pd.Timestamp("2024-06-30")]
    yesterday = pd.Timestamp("2024-06-30 12:00")
    more = pd.DataFrame({"order_id": ["x", "y"], "customer_id": ["a", "b"], "ordered_at": yesterday, "amount": amount})
    before, after = (
        features(ibis.memtable(log), cutoff=CUTOFF, horizon_days=horizon_days).to_pyarrow().to_pandas()
        for log in (orders, pd.concat([orders, more.astype({"ordered_at": "datetime64[us]"})]))
    )
    changed = before.assign(
        recency_days=1,
        **{name: before[name] + 1 for name in COUNTED},
        **{name: before[name] + amount for name in ("spend", "spend_365d")},
        largest_amount=before["largest_amount"].clip(lower=amount),
    )
    found = consistent(changed, horizon_days=horizon_days).set_index("customer_id").sort_index()
    expected = after.set_index("customer_id").sort_index()
    assert found["rhythm_share"].notna().all()
    assert not before.set_index("customer_id")["rhythm_share"].sort_index().equals(expected["rhythm_share"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_features_that_nobody_changed_stay_as_they_are():
    before = known(ORDERS).reset_index()
    pd.testing.assert_frame_equal(consistent(before), before, check_dtype=False)


def test_without_what_the_rhythm_is_told_by_nothing_is_recomputed():
    before = known(ORDERS).reset_index().assign(lateness=7.0)
    for lacking in ("order_days", "spend", "orders_180d"):
        some = before.drop(columns=lacking)
        assert consistent(some) is some
