"""Forecasts on the season's clock: an even one changes nothing, months and money scale, draws agree."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.value import spending
from workbench.value.buying import expected_if_alive, probability_alive
from workbench.value.histories import histories
from workbench.value.process import Process, draws, fit_process, forecast, lifetime_value, on_the_clock
from workbench.value.season import Season, even_season

CUTOFF = pd.Timestamp("2024-07-01")


def features(customers: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    tenure = rng.integers(5, 700, customers)
    lived = np.minimum(tenure, rng.exponential(400, customers))
    repeats = rng.poisson(rng.gamma(0.7, 0.02, customers) * lived)
    active = np.where(repeats > 0, np.rint(lived * repeats / (repeats + 1)), 0).astype(int)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(customers)], "order_days": repeats + 1})
    frame = frame.assign(tenure_days=tenure, recency_days=tenure - active)
    return frame.assign(spend=(repeats + 1) * rng.lognormal(3, 0.6, customers))


def uneven(**factors: float) -> Season:
    values = [factors.get(f"m{month}", 1.0) for month in range(1, 13)]
    return Season(months=even_season("").months.assign(factor=values), known=True, note="")


def fitted(season: Season, process: str = "bgnbd", spend: str | None = None) -> Process:
    return fit_process(features(), cutoff=CUTOFF, season=season, process=process, spend=spend)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def even() -> Process:
    return fitted(even_season(""))


def test_an_even_season_changes_nothing(even: Process) -> None:
    known = histories(features())
    pd.testing.assert_frame_equal(on_the_clock(known, even_season(""), CUTOFF), known)
    expected = probability_alive(even.buying, known) * expected_if_alive(even.buying, known, np.array([13.0]))[:, 0]
    found = forecast(even, days=91)
    assert found["expected_orders"].to_numpy() == pytest.approx(expected)
    assert found["value"].to_numpy() == pytest.approx(expected * spending.expected_spend(even.spending, known))


def test_the_clock_counts_busy_days_more() -> None:
    known = pd.DataFrame({"repeats": [1], "active_days": [10], "tenure_days": [40], "mean_spend": [5.0]})
    found = on_the_clock(known, uneven(m6=0.5, m5=2.0), CUTOFF)
    # 30 days of June count for 15, and the 10 last days of May for 20.
    assert found[["active_days", "tenure_days"]].values.tolist() == [[20, 35]]


def test_a_busy_horizon_brings_more_orders(even: Process) -> None:
    busy = forecast(replace(even, season=uneven(m7=2.0)), days=31)["expected_orders"].to_numpy()
    assert busy == pytest.approx(forecast(even, days=62)["expected_orders"].to_numpy())
    assert np.all(busy > forecast(even, days=31)["expected_orders"].to_numpy())


def test_a_month_is_worth_its_forecast(even: Process) -> None:
    found = lifetime_value(even, months=1, margin=0.4, annual_discount_rate=0.21)
    expected = forecast(even, days=30)["value"] * 0.4 / 1.21 ** (1 / 24)
    assert found["value"].to_numpy() == pytest.approx(expected.to_numpy())


def test_without_discount_a_year_is_worth_its_forecast(even: Process) -> None:
    found = lifetime_value(even, months=12, margin=1, annual_discount_rate=0)
    expected = forecast(even, days=365)
    pd.testing.assert_frame_equal(found, expected)


def test_margin_scales_and_discount_takes_no_more_than_the_last_month_does(even: Process) -> None:
    plain = lifetime_value(even, months=12, margin=1, annual_discount_rate=0)["value"]
    half = lifetime_value(even, months=12, margin=0.5, annual_discount_rate=0)["value"]
    discounted = lifetime_value(even, months=12, margin=1, annual_discount_rate=0.1)["value"]
    assert half.to_numpy() == pytest.approx(plain.to_numpy() / 2)
    assert (discounted / plain).between(1.1 ** (-11.5 / 12), 1.1 ** (-0.5 / 12)).all()


def test_more_months_are_never_worth_less(even: Process) -> None:
    each = [
        lifetime_value(even, months=months, margin=0.3, annual_discount_rate=0.1)["value"] for months in (1, 2, 12, 120)
    ]
    assert all((later > earlier).all() for earlier, later in pairwise(each))
    assert np.isfinite(each[-1]).all()


@pytest.mark.parametrize("process", ["bgnbd", "paretonbd"])
@pytest.mark.parametrize("spend", ["gamma_gamma", "log_normal"])
def test_draws_agree_with_the_forecast(process: str, spend: str) -> None:
    model = fitted(even_season(""), process, spend)
    drawn = draws(model, days=180, count=2000)
    expected = forecast(model, days=180)["value"].to_numpy()
    error = drawn.std(axis=1) / np.sqrt(2000)
    assert drawn.sum(axis=1).sum() / 2000 == pytest.approx(expected.sum(), abs=4 * np.sqrt(np.sum(error**2)))
    assert np.mean(np.abs(drawn.mean(axis=1) - expected) < 3 * error) > 0.95


def test_draws_are_the_same_for_the_same_seed(even: Process) -> None:
    one, same, other = (draws(even, days=90, count=5, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_horizon_longer_than_the_history_is_finite(even: Process) -> None:
    found = forecast(even, days=3650)
    assert np.isfinite(found.drop(columns="customer_id")).all(axis=None)
    assert found["probability_alive"].between(0, 1).all()


def test_doubts_are_those_of_both_halves() -> None:
    once = features().assign(order_days=1).assign(recency_days=lambda f: f["tenure_days"])
    once.loc[0, "spend"] = 1e9
    model = fit_process(once, cutoff=CUTOFF, season=even_season(""))
    assert {caution.name for caution in model.cautions} >= {"few_repeats", "huge_outliers"}


def test_all_faults_of_the_arguments_are_told_at_once(even: Process) -> None:
    with pytest.raises(InputError) as told:
        lifetime_value(even, months=0, margin=30, annual_discount_rate=10)
    assert [line.partition(":")[0] for line in str(told.value).splitlines()] == [
        "months=0",
        "margin=30",
        "annual_discount_rate=10",
    ]
    with pytest.raises(InputError, match="months=121: must be 1 to 120"):
        lifetime_value(even, months=121, margin=1, annual_discount_rate=0)
