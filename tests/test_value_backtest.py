"""The choice is made on what came after, the simplest within a standard error wins, and too little is said to be so."""

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.intervals import wilson
from workbench.value.backtest import Tested, backtest, training
from workbench.value.conformal import holds

backtesting = importlib.import_module("workbench.value.backtest")
CUTOFFS = pd.date_range("2023-04-01", "2024-04-01", freq="MS")
HORIZON = pd.Timedelta(days=90)
FIRST, END = pd.Timestamp("2022-07-01"), pd.Timestamp("2024-07-01")


def log(customers: int = 250, seed: int = 12) -> pd.DataFrame:
    """Return orders of customers who came within a year, order at their own rates, and leave at some time."""
    rng = np.random.default_rng(seed)
    begun, rate = rng.integers(0, 400, customers), rng.gamma(0.8, 0.03, customers)
    lives, level = rng.exponential(300, customers), rng.lognormal(3, 0.6, customers)
    parts = []
    for number in range(customers):
        gaps = rng.exponential(1 / rate[number], 200).cumsum()
        days = begun[number] + np.floor(np.append(0, gaps[gaps < lives[number]]))
        amount = level[number] * rng.lognormal(0, 0.3, len(days))
        parts.append(pd.DataFrame({"customer_id": f"c{number}", "day": days, "amount": amount}))
    found = pd.concat(parts, ignore_index=True)
    found["ordered_at"] = FIRST + pd.to_timedelta(found["day"], unit="D")
    return found[found["ordered_at"] < END]


def at(orders: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    known = orders[orders["ordered_at"] < cutoff].assign(ago=lambda o: (cutoff - o["ordered_at"]).dt.days)
    found = known.groupby("customer_id").agg(
        order_days=("ago", "nunique"), tenure_days=("ago", "max"), recency_days=("ago", "min"), spend=("amount", "sum")
    )
    windows = {"spent_before": (cutoff - HORIZON, cutoff), "spent": (cutoff, cutoff + HORIZON)}
    for name, (first, last) in windows.items():
        inside = orders[(orders["ordered_at"] >= first) & (orders["ordered_at"] < last)]
        found[name] = inside.groupby("customer_id")["amount"].sum().reindex(found.index, fill_value=0.0)
    return found.reset_index().assign(cutoff=cutoff)


def examples(orders: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([at(orders, cutoff) for cutoff in CUTOFFS], ignore_index=True)


def volume(orders: pd.DataFrame) -> pd.Series:
    return orders.groupby("ordered_at")["customer_id"].nunique().astype(float)


def run(orders: pd.DataFrame, judged: list[pd.Timestamp] | None = None) -> Tested:
    return backtest(examples(orders), volume(orders), horizon_days=90, judged=judged)


@pytest.fixture(scope="module")
def tested() -> Tested:
    return run(log())


def test_folds_are_the_latest_four_a_horizon_apart(tested: Tested) -> None:
    days = pd.to_datetime(["2023-07-01", "2023-10-01", "2024-01-01", "2024-04-01"])
    assert tested.coverage["cutoff"].tolist() == list(days)
    assert sorted(tested.scores["cutoff"].unique()) == list(days)
    assert {"total_ratio", "rmse", "spearman", "top_decile_share"} <= set(tested.summary["metric"])


def test_the_simplest_within_one_standard_error_is_chosen(tested: Tested) -> None:
    table = tested.candidates
    within = table[table["behind"] <= table["behind_error"]]
    assert tested.model == within["model"].iloc[0]
    assert table["behind"].min() == 0
    assert table["behind"].to_numpy() == pytest.approx(table["spearman"].max() - table["spearman"])
    assert f"{within['spearman'].iloc[0]:.3f}" in tested.reason


def test_of_two_alike_the_simpler_one_is_chosen() -> None:
    orders = log(150)
    known = examples(orders).assign(spent_before=lambda e: e["customer_id"].str[1:].astype(float))
    found = backtest(known, volume(orders), horizon_days=90, judged=list(CUTOFFS[[9, 12]]))
    table = found.candidates.set_index("model")
    assert 0 < table.loc[found.model, "behind"] <= table.loc[found.model, "behind_error"]
    assert "lies within one standard error" in found.reason
    assert found.reason.endswith("the simpler one is chosen.")


def test_rank_correlations_are_those_of_the_figures(tested: Tested) -> None:
    found = (
        tested.folds[tested.folds["metric"] == "spearman"].groupby("model")["value"].agg(lambda v: v.fillna(0).mean())
    )
    table = tested.candidates.set_index("model")["spearman"]
    assert table.to_dict() == pytest.approx(found[table.index].to_dict())
    assert table["log_normal"] > table["past_rate"]


def test_what_comes_later_changes_no_forecast() -> None:
    cutoff, orders = pd.Timestamp("2023-10-01"), log()
    late = orders["ordered_at"] >= cutoff
    rng = np.random.default_rng(0)
    kept = ~late | (rng.random(len(orders)) < 0.5)
    changed = orders.assign(amount=orders["amount"].where(~late, orders["amount"] * rng.gamma(2, 3, len(orders))))[kept]
    one, other = run(orders, [cutoff]), run(changed, [cutoff])
    both = one.folds.merge(other.folds, on=["model", "metric"])
    assert not np.allclose(both["value_x"], both["value_y"], equal_nan=True)  # the outcomes did change
    assert one.model == other.model
    columns = ["customer_id", "predicted", "low", "high"]
    pd.testing.assert_frame_equal(one.scores[columns], other.scores[columns])
    assert not one.scores["spent"].equals(other.scores["spent"])


def test_training_is_over_by_the_cutoff_and_a_year_old_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"cutoff": pd.date_range("2022-01-01", "2024-06-01", freq="MS")})
    found = training(frame, pd.Timestamp("2024-06-01"), horizon_days=90)["cutoff"]
    assert (found.min(), found.max()) == (pd.Timestamp("2023-04-01"), pd.Timestamp("2024-03-01"))
    monkeypatch.setitem(training.__globals__, "_MOST_EXAMPLES", 5)
    assert len(training(frame, pd.Timestamp("2024-06-01"), horizon_days=90)) == 5


def test_intervals_are_set_by_earlier_cutoffs_only(tested: Tested) -> None:
    assert tested.coverage["calibrated"].tolist() == [False, True, True, True]
    assert tested.coverage["share"].iloc[0] == 0.9
    assert 0.5 < tested.share <= 1
    twice = run(log(), list(tested.coverage["cutoff"][:2]))
    pd.testing.assert_frame_equal(twice.coverage, tested.coverage.head(2))
    assert twice.share == tested.coverage["share"].iloc[2]


def test_coverage_is_that_of_the_scores(tested: Tested) -> None:
    scores = tested.scores.assign(held=lambda s: holds(s["low"], s["high"], s["spent"]))
    by_cutoff = scores.groupby("cutoff")["held"].agg(["sum", "size"])
    expected = wilson(by_cutoff["sum"].to_numpy(), by_cutoff["size"].to_numpy())
    np.testing.assert_allclose(tested.coverage[["coverage", "low", "high"]].to_numpy().T, expected)
    assert tested.coverage["coverage"].between(0.8, 1).all()


def test_the_level_of_a_cutoff_is_not_its_own(tested: Tested) -> None:
    totals = tested.folds.query("metric == 'total_ratio' and model == @tested.model").set_index("cutoff")["value"]
    by_hand = tested.scores.groupby("cutoff")[["predicted", "spent"]].sum()
    assert totals.to_dict() == pytest.approx((by_hand["predicted"] / by_hand["spent"]).to_dict())
    outcome = examples(log())
    last = outcome["cutoff"] == CUTOFFS[-1]
    doubled = outcome.assign(spent=outcome["spent"].where(~last, outcome["spent"] * 2))
    again = backtest(doubled, volume(log()), horizon_days=90).scores
    assert again["predicted"].tolist() == pytest.approx(tested.scores["predicted"].tolist())


def test_too_little_is_not_enough_data() -> None:
    orders = log(60)
    known = examples(orders)
    few = known[known["customer_id"].isin([f"c{number}" for number in range(25)])]
    for frame in (known.assign(spent=0.0), few, known.head(0)):
        found = backtest(frame, volume(orders), horizon_days=90)
        assert (found.model, found.share, found.level) == (None, 0.9, 1.0)
        assert found.reason.startswith(f"not enough data: {len(frame):,} examples of the past")
        assert found.candidates.empty


def test_a_judged_cutoff_without_examples_is_refused() -> None:
    with pytest.raises(InputError, match="no examples at 2023-06-15"):
        backtest(examples(log(30)), volume(log(30)), horizon_days=90, judged=[pd.Timestamp("2023-06-15")])


def folds_with_bias(*ratios: float) -> list[Any]:
    """Return folds whose forecast lies by these factors above what was spent."""
    return [
        SimpleNamespace(spent=np.array([1.0]), made=SimpleNamespace(forecasts={"log_normal": np.array([ratio])}))
        for ratio in ratios
    ]


def test_a_total_is_corrected_only_where_all_before_erred_the_same_way() -> None:
    steady = backtesting._levels(folds_with_bias(1.2, 1.22, 1.21), "log_normal")
    assert steady[:2].tolist() == [1, 1]
    assert steady[3] == pytest.approx((1.2 * 1.22 * 1.21) ** (-1 / 3))
    assert backtesting._levels(folds_with_bias(1.3, 1.1, 0.95, 1.2), "log_normal").tolist() == [1] * 5
