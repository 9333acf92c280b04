"""Segments: every customer is in exactly one, quintiles keep equals together, words say what to do."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.value.segments import ACTIONS, RULES, ranked, segments, value_by_risk


def customers(size: int = 500, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"customer_id": [f"id{n}" for n in range(size)], "recency_days": rng.integers(0, 700, size)})
    frame["orders"] = rng.geometric(0.3, size)
    return frame.assign(spend=frame["orders"] * rng.gamma(3, 20, size), value=rng.gamma(1, 50, size))


def test_every_combination_of_quintiles_has_a_segment() -> None:
    reached = set()
    for recency, frequency, monetary in itertools.product(range(1, 6), repeat=3):
        bought = (frequency + monetary) / 2
        fits = [n for n, (r, m, *_) in RULES.items() if r[0] <= recency <= r[1] and m[0] <= bought <= m[1]]
        assert fits, (recency, frequency, monetary)
        reached.add(fits[0])
    assert reached == set(RULES)


def test_segments_hold_all_customers_and_all_value() -> None:
    frame = customers()
    found = segments(frame, frame)
    assert found.summary["customers"].sum() == len(found.customers) == 500
    assert found.summary[["share_of_customers", "share_of_value"]].sum().tolist() == pytest.approx([1, 1])
    assert found.summary["value"].is_monotonic_decreasing
    assert not found.customers["segment"].eq("").any()


def test_medians_are_those_of_the_segment() -> None:
    frame = customers()
    found = segments(frame, frame)
    best = found.customers.loc[found.customers["segment"] == "champions", "customer_id"]
    row = found.summary.set_index("segment").loc["champions"]
    assert row["orders"] == frame.loc[frame["customer_id"].isin(best), "orders"].median()
    assert row["recency_days"] < 400


@given(st.lists(st.integers(0, 8), min_size=1, max_size=80), st.integers(1, 7))
def test_equal_values_share_a_part_and_more_is_never_less(values: list[int], parts: int) -> None:
    rows = pd.DataFrame({"value": values, "part": ranked(pd.Series(values), parts=parts)})
    assert rows["part"].between(1, parts).all()
    assert (rows.groupby("value")["part"].nunique() == 1).all()
    assert rows.groupby("value")["part"].first().is_monotonic_increasing


def test_distinct_values_make_equal_parts() -> None:
    assert ranked(pd.Series(range(100)), parts=5).value_counts().tolist() == [20] * 5


def test_words_say_how_many_they_are_and_what_to_do() -> None:
    found = segments(customers(), customers()).summary.set_index("segment")
    row = found.loc["champions"]
    assert row["words"].startswith(f"{row['share_of_customers']:.0%} of customers, with {row['share_of_value']:.0%} of")
    assert "Thank them and ask them to recommend you." in row["words"]


def test_small_segments_say_so_and_empty_ones_are_shown() -> None:
    found = segments(customers(20), customers(20)).summary
    assert len(found) == len(RULES)
    few = found["customers"].between(1, FEWEST - 1)
    assert found.loc[few, "words"].str.contains("under 30").all()
    assert (found.loc[found["customers"] == 0, "words"] == "Nobody.").all()


def test_unknown_values_and_missing_orders_are_said() -> None:
    frame = customers(50)
    bought = frame.assign(recency_days=frame["recency_days"].where(frame.index > 2))
    found = segments(bought, frame.head(40))
    assert (
        found.note
        == "10 customers without a value count as customers only. 3 customers without orders are in no segment."
    )


def test_nobody_is_in_no_segment() -> None:
    found = segments(customers(0), customers(0))
    assert found.summary["customers"].tolist() == [0] * len(RULES)
    assert found.summary["share_of_value"].isna().all()


def test_the_grid_counts_value_and_what_is_at_risk_cell_by_cell() -> None:
    valued = pd.DataFrame({"customer_id": list("abcdef"), "value": [1.0, 2.0, 10.0, 20.0, 100.0, 200.0]})
    scores = pd.DataFrame({"customer_id": list("abcdef"), "probability": [0.9, 0.1, 0.3, 0.5, 0.2, 0.7]})
    grid = value_by_risk(valued, scores, thresholds=(0.3, 0.6)).set_index(["value_third", "risk"])
    assert list(grid.index) == list(ACTIONS)
    # A probability at a threshold belongs to what lies above it.
    assert grid.loc[("middle", "around"), ["customers", "value", "value_at_risk"]].tolist() == [2, 30, 13]
    assert grid.loc[("high", "above"), "value_at_risk"] == pytest.approx(140)
    assert grid["customers"].sum() == 6
    assert grid.loc[("middle", "above"), "words"] == "Nobody."
    assert grid.loc[("low", "above"), "action"] == "let go"


def test_the_grid_leaves_out_who_has_no_score() -> None:
    frame = customers(90).assign(probability=0.5)
    assert value_by_risk(frame, frame.head(60))["customers"].sum() == 60


@pytest.mark.parametrize("thresholds", [(0.7, 0.3), (-0.1, 0.5), (0.5, 1.5)])
def test_thresholds_out_of_order_are_refused(thresholds: tuple[float, float]) -> None:
    frame = customers(9).assign(probability=0.5)
    with pytest.raises(InputError, match=r"thresholds: found .* two shares from 0 to 1 in order"):
        value_by_risk(frame, frame, thresholds=thresholds)


def test_features_without_spend_are_refused() -> None:
    with pytest.raises(InputError, match="features: no column 'spend'"):
        segments(customers(9).drop(columns="spend"), customers(9))
