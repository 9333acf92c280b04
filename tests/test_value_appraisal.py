"""Values scale as money does, find a planted truth again, and say what speaks against them."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

import simulated_shop as world
from workbench import value
from workbench.errors import InputError
from workbench.value.process import forecast, lifetime_value

TERMS = {"months": 12, "margin": 0.5, "annual_discount_rate": 0.1}
# The process as it is: no learned forecast, no level.
PLAIN = {"model": "log_normal", "level": 1.0}


def nothing_learnt() -> value.Gathered:
    found = world.evenly(world.known())
    return replace(found, past=found.past.head(0))


@pytest.fixture(scope="module")
def plain() -> value.Appraisal:
    return value.appraise(replace(world.unjudged(), **PLAIN), nothing_learnt(), **TERMS)


def again(known: value.Gathered | None = None, *, tested: dict | None = None, **terms: float) -> value.Appraisal:
    judged = replace(world.unjudged(), **(PLAIN | (tested or {})))
    return value.appraise(judged, known or nothing_learnt(), **(TERMS | terms))


def test_the_process_alone_is_its_lifetime_value(plain: value.Appraisal) -> None:
    expected = lifetime_value(plain.process, **TERMS)
    columns = list(expected)
    pd.testing.assert_frame_equal(plain.customers[columns], expected)


def test_money_scales_with_margin_and_orders_do_not(plain: value.Appraisal) -> None:
    half = again(margin=0.25).customers
    for column in ("value", "low", "high"):
        assert half[column].to_numpy() == pytest.approx(plain.customers[column].to_numpy() / 2)
    assert half["expected_orders"].equals(plain.customers["expected_orders"])


def test_money_and_orders_scale_with_the_level(plain: value.Appraisal) -> None:
    found = again(tested={"level": 3.0})
    for column in ("value", "low", "high", "expected_orders"):
        assert found.customers[column].to_numpy() == pytest.approx(3 * plain.customers[column].to_numpy())
    assert "totals are multiplied by 3.00" in found.method
    assert "multiplied" not in plain.method


def test_what_is_sent_back_is_worth_nothing(plain: value.Appraisal) -> None:
    known = nothing_learnt()
    today = known.today.assign(returned_amount=known.today["spend"] * 0.2)
    found = again(replace(known, today=today)).customers
    for column in ("value", "low", "high"):
        assert found[column].to_numpy() == pytest.approx(0.8 * plain.customers[column].to_numpy())


def test_discount_makes_a_year_worth_less_but_never_by_more_than_the_last_month(plain: value.Appraisal) -> None:
    ratio = plain.customers["value"] / again(annual_discount_rate=0).customers["value"]
    assert ratio.between(1.1 ** (-11.5 / 12), 1.1 ** (-0.5 / 12)).all()


def test_intervals_are_in_order_and_wider_where_more_draws_are_held(plain: value.Appraisal) -> None:
    wider = again(tested={"share": 0.99}).customers
    for found in (plain.customers, wider, world.worth().customers):
        assert np.isfinite(found[["value", "low", "high"]]).all(axis=None)
        assert (found["value"] >= 0).all()
        assert ((found["low"] >= 0) & (found["low"] <= found["high"])).all()
    assert (wider["low"] <= plain.customers["low"]).all()
    assert (wider["high"] >= plain.customers["high"]).all()
    assert wider["high"].sum() > plain.customers["high"].sum()


def test_the_intervals_hold_the_mean_of_who_surely_buys(plain: value.Appraisal) -> None:
    some = plain.customers[plain.customers["low"] > 0]
    assert len(some)
    assert some["value"].between(some["low"], some["high"]).all()


def test_a_chosen_forecast_moves_the_value_in_its_ratio_to_the_process() -> None:
    found = world.worth()
    tested, known = world.tested(), world.known()
    trees = value.appraise(replace(tested, model="trees", level=1.0), known, **TERMS)
    better = max(("gamma_gamma", "log_normal"), key=tested.candidates.set_index("model")["spearman"].get)
    titles = {"gamma_gamma": "BG/NBD with Gamma-Gamma", "log_normal": "BG/NBD with log-normal spend"}
    assert trees.method == f"{titles[better]} over 12 months, shared out over customers by: boosted trees (Tweedie)."
    own = forecast(trees.process, days=world.HORIZON_DAYS)["value"].to_numpy()
    learnt = value.predict(trees.trees, known.today, cutoff=world.END)
    scale = np.clip(learnt / own, 1 / 5, 5)
    life = lifetime_value(trees.process, **TERMS)["value"].to_numpy()
    assert trees.customers["value"].to_numpy() == pytest.approx(life * scale * own.sum() / (scale * own).sum())
    assert found.customers["customer_id"].equals(trees.customers["customer_id"])


def test_what_was_learnt_shares_out_the_total_and_moves_nobody_without_end(plain: value.Appraisal) -> None:
    compared = pd.DataFrame({"model": ["gamma_gamma", "log_normal"], "spearman": [0.1, 0.2]})
    found = again(tested={"model": "last_window", "candidates": compared})
    own = forecast(found.process, days=world.HORIZON_DAYS)["value"].to_numpy()
    moved = found.customers["value"].to_numpy() / plain.customers["value"].to_numpy()
    assert moved.max() / moved.min() == pytest.approx(25)
    assert (moved * own).sum() == pytest.approx(own.sum())


def test_who_lives_and_buys_is_found_again_where_the_truth_is_planted(plain: value.Appraisal) -> None:
    truth = world.shop().truth.loc[plain.customers["customer_id"]]
    stays = (truth["leaves_at"] == world.END).to_numpy()
    chance = plain.customers["probability_alive"].to_numpy()
    error = np.sqrt(np.sum(chance * (1 - chance)))
    assert stays.sum() == pytest.approx(chance.sum(), abs=3 * error)
    assert chance[stays].mean() > chance[~stays].mean() + 0.4
    rate = np.where(stays, truth["rate"] * truth["mean_spend"], 0)
    assert pd.Series(rate).corr(plain.customers["value"], method="spearman") > 0.6


@pytest.fixture(scope="module")
def looked_back() -> pd.DataFrame:
    judged, orders = replace(world.unjudged(), **PLAIN), ibis.memtable(world.shop().orders)
    return value.check_lifetime(judged, world.evenly(world.known()), orders, months=12)


def test_looking_back_a_year_finds_the_planted_total_and_holds_nine_in_ten(looked_back: pd.DataFrame) -> None:
    found = looked_back.set_index("metric")
    total = found.loc["total_ratio"]
    assert total["low"] < 1 < total["high"]
    assert total["value"] == pytest.approx(1, abs=0.25)
    assert found.loc["coverage", "value"] == pytest.approx(0.9, abs=0.06)
    assert found.loc["spearman", "value"] > 0.4


def test_looking_back_judges_by_what_the_log_says_was_spent(looked_back: pd.DataFrame) -> None:
    cutoff, orders = pd.Timestamp("2023-07-01"), world.shop().orders
    assert looked_back["cutoff"].unique().tolist() == [cutoff]
    before = orders.loc[orders["ordered_at"] < cutoff, "customer_id"].unique()
    year = orders[orders["ordered_at"].between(cutoff, cutoff + pd.Timedelta(days=365), inclusive="left")]
    mean = year.loc[year["customer_id"].isin(before), "amount"].sum() / len(before)
    found = looked_back.set_index("metric")
    assert found["n"].unique().tolist() == [len(before)]
    assert found.loc["mae_nobody", "value"] == pytest.approx(mean, rel=1e-4)


def test_a_history_too_short_to_look_back_leaves_the_check_empty() -> None:
    orders = ibis.memtable(world.shop().orders)
    judged = replace(world.unjudged(), **PLAIN)
    # The first cut-off lies 15 months before the end.
    for tested, months in ((judged, 16), (world.unjudged(), 12)):
        found = value.check_lifetime(tested, world.known(), orders, months=months)
        assert found.empty
        assert list(found) == ["cutoff", "metric", "value", "low", "high", "n"]


def test_neither_judged_nor_long_enough_is_said() -> None:
    start = pd.Timestamp("2024-01-01")
    known = world.known(start=start)
    found = value.appraise(world.unjudged(), replace(known, past=known.past.head(0)), **TERMS)
    said = {one.name: one.text for one in found.cautions}
    assert said["not_judged"].startswith("no backtest: not enough data: 0 examples of the past")
    assert said["horizon_longer_than_history"].startswith("365 days ahead are forecast from 1")
    assert np.isfinite(found.customers[["value", "low", "high"]]).all(axis=None)
    assert found.trees is None
    assert found.doubts["caution"].tolist()[:2] == ["not judged", "horizon longer than history"]
    assert found.method.startswith("BG/NBD with log-normal spend over ")


def test_no_doubt_is_said_as_well() -> None:
    found = replace(world.worth(), cautions=())
    assert found.doubts.values.tolist() == [["none", "nothing speaks against the fit"]]


def test_the_same_seed_gives_the_same_values(plain: value.Appraisal) -> None:
    pd.testing.assert_frame_equal(again().customers, plain.customers, check_exact=True)
    assert not again(seed=1).customers["high"].equals(plain.customers["high"])


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"months": 0}, "months=0: must be 1 to 120"),
        ({"margin": 1.5}, "margin=1.5: must be above 0 and at most 1"),
        ({"annual_discount_rate": 10}, "annual_discount_rate=10: must be 0 or more and below 1"),
    ],
)
def test_terms_out_of_range_are_refused(terms: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        again(**terms)


def test_nobody_to_value_is_refused() -> None:
    known = world.known()
    with pytest.raises(InputError, match=r"known\.today: no customer with an order"):
        again(replace(known, today=known.today.head(0)))
