"""Plans with a planted hazard are worth their closed form; too few of them are not valued, and that is said."""

import numpy as np
import pandas as pd
import pytest

from simulated_shop import plans
from workbench.errors import InputError
from workbench.value.contracts import Contracts, appraise_subscriptions

TERMS = {"months": 12, "margin": 0.5, "annual_discount_rate": 0.0}


@pytest.fixture(scope="module")
def many() -> Contracts:
    return appraise_subscriptions(plans(), **TERMS)


@pytest.fixture(scope="module")
def few() -> Contracts:
    return appraise_subscriptions(plans(20), **TERMS)


def test_holders_are_worth_price_times_survival(many: Contracts) -> None:
    # Half of 10 a month from who is still there: the hazard is 0.06 of a month of 30.44 days.
    expected = sum(5 * np.exp(-0.06 * month) for month in range(1, 13))
    assert many.hazard.reason == ""
    assert many.customers["value"].mean() == pytest.approx(expected, rel=0.06)
    assert many.curve["survival"].iloc[-1] == pytest.approx(np.exp(-0.06 * 12), abs=0.06)


def test_only_holders_on_the_day_after_the_last_event_are_valued(many: Contracts) -> None:
    assert many.as_of == pd.Timestamp("2025-01-15")
    table = plans()
    holders = table.loc[table["ended_at"].isna(), "customer_id"]
    assert sorted(many.customers["customer_id"]) == sorted(holders)


def test_intervals_lie_between_nothing_and_every_payment(many: Contracts) -> None:
    found = many.customers
    assert ((found["low"] >= 0) & (found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()
    assert (found["high"] <= 12 * 5).all()
    assert (many.curve["low"] <= many.curve["survival"]).all()
    assert (many.curve["survival"] <= many.curve["high"]).all()


def test_value_scales_with_the_margin_and_falls_with_discount(many: Contracts) -> None:
    half = appraise_subscriptions(plans(), **(TERMS | {"margin": 0.25})).customers["value"]
    later = appraise_subscriptions(plans(), **(TERMS | {"annual_discount_rate": 0.2})).customers["value"]
    assert half.to_numpy() == pytest.approx(many.customers["value"].to_numpy() / 2)
    assert (later / many.customers["value"]).between(1 / 1.2, 1.2 ** (-1 / 12)).all()


def test_what_was_said_a_year_ago_is_held_against_what_came(many: Contracts) -> None:
    check = many.check.set_index("month")
    assert check.index.tolist() == [3, 6, 12]
    assert (check["note"] == "").all()
    assert check.loc[12, "low"] < np.exp(-0.06 * 12) < check.loc[12, "high"]
    assert many.observed["survival"].is_monotonic_decreasing


def test_few_plans_are_not_enough_and_nothing_is_made_up(few: Contracts) -> None:
    assert few.hazard.reason.startswith("not enough data: ")
    assert len(few.customers) > 0
    assert few.customers[["value", "low", "high"]].isna().all(axis=None)
    assert few.curve[["survival", "low", "high"]].isna().all(axis=None)
    assert few.check["note"].str.startswith("not enough data").all()


@pytest.mark.parametrize("ends", ["missing", "unknown"])
def test_without_any_end_the_last_start_is_the_last_event(ends: str) -> None:
    table = plans(20).assign(ended_at=pd.NaT)
    table = table.drop(columns="ended_at") if ends == "missing" else table
    found = appraise_subscriptions(table, **TERMS)
    assert found.as_of == table["started_at"].max().normalize() + pd.Timedelta(days=1)
    assert len(found.customers) == 20


def test_an_end_planned_ahead_does_not_make_tomorrow_known() -> None:
    table = plans(20)
    table.loc[1, "ended_at"] = pd.Timestamp.now("UTC").tz_localize(None) + pd.Timedelta(days=400)
    found = appraise_subscriptions(table, **TERMS)
    assert found.as_of <= pd.Timestamp.now("UTC").tz_localize(None).normalize() + pd.Timedelta(days=1)
    assert table.loc[1, "customer_id"] in set(found.customers["customer_id"])


def test_of_no_subscriptions_nothing_is_known() -> None:
    found = appraise_subscriptions(plans().head(0), **TERMS)
    assert found.customers.empty
    assert found.hazard.reason == "not enough data: 0 ends in 0 months, at least 30 are needed"
    assert found.curve["survival"].isna().all()


def test_a_margin_above_one_is_refused() -> None:
    with pytest.raises(InputError, match=r"margin: 1\.5 found"):
        appraise_subscriptions(plans(40), **(TERMS | {"margin": 1.5}))


def test_a_missing_start_is_named() -> None:
    with pytest.raises(InputError, match="subscriptions: no column 'started_at'; did you mean 'start_at'"):
        appraise_subscriptions(plans(40).rename(columns={"started_at": "start_at"}).drop(columns="ended_at"), **TERMS)
