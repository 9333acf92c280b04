"""Daily scores are those of the model of that day on the features of that day, and know nothing later."""

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench import churn, crm
from workbench.churn import models
from workbench.churn.backtest import known_at
from workbench.churn.daily import FEATURES, daily, events_of, monthly_examples

HORIZON = 60


@pytest.fixture(scope="module")
def tables(sample_folder):
    held = crm.open(sample_folder, first_day="2024-11-01").cut(["DE"]).tables
    return {name: held[name] for name in ("orders", "messages", "touches", "activity")}


@pytest.fixture(scope="module")
def seen(tables):
    return daily(tables, horizon_days=HORIZON)


def shop(rows):
    who, when = zip(*rows, strict=True)
    return {
        "orders": ibis.memtable({"customer_id": who, "ordered_at": pd.to_datetime(when), "amount": [5.0] * len(who)})
    }


def known_of(tables, cutoff, names):
    events = {name: tables[name] for name in ("messages", "touches", "activity")}
    found = churn.features(tables["orders"], cutoff=cutoff, horizon_days=HORIZON, **events).to_pyarrow().to_pandas()
    return found.sort_values("customer_id", ignore_index=True)[names]


def test_features_are_those_of_churn(tables):
    events = events_of(tables)
    found = monthly_examples(events, np.arange(events.customers), HORIZON)
    for cutoff, part in list(found.groupby("cutoff"))[1::8]:
        expected = known_of(tables, cutoff, list(FEATURES)).astype(float)
        np.testing.assert_allclose(part[list(FEATURES)], expected, rtol=1e-9, atol=2e-6)


def test_a_months_labels_are_those_of_churn(tables):
    events = events_of(tables)
    found = monthly_examples(events, np.arange(events.customers), HORIZON)
    cutoff = found["cutoff"].max()
    expected = churn.examples(tables["orders"], cutoffs=[cutoff], horizon_days=HORIZON)["churned"]
    assert found.loc[found["cutoff"] == cutoff, "churned"].tolist() == expected.tolist()


def test_the_risk_of_a_day_is_that_of_the_model_which_was_known_by_then(tables, seen):
    events = events_of(tables)
    examples = monthly_examples(events, np.arange(events.customers), HORIZON)
    place = seen.refits[-2]
    at = seen.days[place] + pd.Timedelta(days=1)
    model = models.fit(known_at(examples, at, horizon_days=HORIZON), model="logistic")
    assert model.trained_to + pd.Timedelta(days=HORIZON) <= at
    # The model serves until the next one, on days of no cut-off too.
    for day in (place, place + 11):
        known = known_of(tables, seen.days[day] + pd.Timedelta(days=1), list(model.columns))
        risk = seen.risk[:, day][~np.isnan(seen.risk[:, day])]
        np.testing.assert_allclose(risk, models.probability(model, known), atol=1e-5)


def test_who_left_has_no_order_within_the_horizon_and_nobody_has_a_risk_before_their_first(seen):
    ahead = np.lib.stride_tricks.sliding_window_view(seen.orders[:, 1:], HORIZON, axis=1).any(axis=2)
    known = ~np.isnan(seen.risk[:, : ahead.shape[1]])
    assert (seen.left[:, : ahead.shape[1]][known] == ~ahead[known]).all()
    first = seen.orders.argmax(axis=1)
    begins = np.isnan(seen.risk[:, 0]) & seen.orders.any(axis=1)
    assert np.isnan(seen.risk[np.flatnonzero(begins), first[begins] - 1]).all()
    assert not np.isnan(seen.risk[np.flatnonzero(begins), first[begins]]).any()


def test_orders_are_events_and_other_events_are_too(tables, seen):
    assert (seen.events >= seen.orders).all()
    assert seen.events.sum() > seen.orders.sum()
    only_orders = daily({"orders": tables["orders"]}, horizon_days=HORIZON)
    assert (only_orders.events == only_orders.orders).all()
    assert (only_orders.orders == seen.orders).all()


def test_worth_is_last_years_spend_by_the_days_of_the_horizon(tables, seen):
    day = seen.days[-1] + pd.Timedelta(days=1)
    spend = known_of(tables, day, ["spend_365d"])["spend_365d"]
    there = ~np.isnan(seen.risk[:, -1])
    np.testing.assert_allclose(seen.worth[there, -1], spend / 365 * HORIZON, rtol=1e-5)


def test_quality_is_that_of_fresh_models_whose_outcomes_do_not_overlap(seen):
    assert (seen.quality["cutoff"].diff().dropna() >= pd.Timedelta(days=HORIZON)).all()
    assert seen.quality["auc"].between(seen.quality["low"], seen.quality["high"]).all()
    fresh = seen.ageing[seen.ageing["month"] == seen.ageing["trained"]]
    assert (fresh["behind"] == 0).all()
    assert (fresh["psi"] == 0).all()
    assert len(seen.ageing) == len(fresh) * (len(fresh) + 1) / 2


def test_some_customers_of_the_latest_days_have_the_same_risks(tables, seen):
    some = daily(tables, horizon_days=HORIZON, days=20, most_customers=7)
    assert some.risk.shape == (7, 20)
    assert some.customers == seen.customers
    assert some.refits[0] == 0
    every = seen.risk[:, -20:]
    assert all((np.nan_to_num(every, nan=-1) == np.nan_to_num(row, nan=-1)).all(axis=1).any() for row in some.risk)


DAYS = pd.date_range("2024-01-01", periods=400).strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({}, "not applicable"),
        (shop([("a", "2024-01-01")]), "not enough data"),
        (shop([("a", day) for day in DAYS]), "not enough data"),
        (shop([(f"{c}", "2024-01-01") for c in range(200)]), "not enough data"),
        (shop([(f"{c}", day) for c in range(70) for day in DAYS[:50]]), "not enough data"),
    ],
    ids=["no orders", "one order", "one customer", "all on one day", "too short"],
)
def test_where_there_is_nothing_to_replay_the_reason_says_so(tables, reason):
    found = daily(tables, horizon_days=30)
    assert found.reason.startswith(reason)
    assert found.risk.size == 0
    assert found.quality.empty


def test_returns_alone_are_no_orders():
    bought = shop([("a", "2024-01-01")])["orders"]
    assert daily({"orders": bought.mutate(amount=-bought.amount)}, horizon_days=30).reason.endswith("above 0.")
