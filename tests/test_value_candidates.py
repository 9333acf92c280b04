"""Every candidate by hand or by its own parts; without a past the learned ones are missing."""

import numpy as np
import pandas as pd
import pytest

from workbench.value.candidates import ORDER, Made, make
from workbench.value.process import draws, forecast
from workbench.value.season import even_season

CUTOFF = pd.Timestamp("2024-07-01")


def features(cutoff: pd.Timestamp, customers: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(cutoff.month)
    tenure = rng.integers(5, 500, customers)
    repeats = rng.poisson(rng.gamma(0.7, 0.02, customers) * tenure)
    active = np.where(repeats > 0, tenure * repeats // (repeats + 1), 0)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(customers)], "cutoff": cutoff})
    frame = frame.assign(order_days=repeats + 1, tenure_days=tenure, recency_days=tenure - active)
    frame = frame.assign(
        spend=(repeats + 1) * rng.lognormal(3, 0.6, customers), spent_before=rng.gamma(1, 9, customers)
    )
    return frame.assign(spent=rng.poisson(repeats / 3) * frame["spend"] / frame["order_days"])


def made(past: pd.DataFrame) -> Made:
    return make(features(CUTOFF), past, cutoff=CUTOFF, season=even_season(""), horizon_days=90)


@pytest.fixture(scope="module")
def whole() -> Made:
    return made(pd.concat([features(pd.Timestamp(day)) for day in ("2024-01-01", "2024-04-01")], ignore_index=True))


def test_rules_by_hand(whole: Made) -> None:
    known = features(CUTOFF)
    assert whole.forecasts["nobody"].tolist() == [0] * 120
    assert whole.forecasts["last_window"].tolist() == known["spent_before"].tolist()
    by_hand = known["spend"] / (known["tenure_days"] + 30) * 90
    assert whole.forecasts["past_rate"] == pytest.approx(by_hand.to_numpy())


def test_candidates_come_simplest_first_and_are_money(whole: Made) -> None:
    assert tuple(whole.forecasts) == ORDER
    assert all(np.all(np.isfinite(one) & (one >= 0)) and len(one) == 120 for one in whole.forecasts.values())


def test_the_blend_shares_out_the_total_of_the_process(whole: Made) -> None:
    found, process = whole.forecasts["blend"], whole.forecasts["log_normal"]
    assert found.sum() == pytest.approx(process.sum())
    who = np.sqrt(process * np.sqrt(whole.forecasts["trees"] * whole.forecasts["two_parts"]))
    assert np.ptp(found / who) < 1e-9 * (found / who).mean()


def test_draws_are_the_process_s_scaled_to_the_forecast(whole: Made) -> None:
    drawn = whole.draws("trees", count=50, seed=3)
    process = draws(whole.processes["log_normal"], days=90, count=50, seed=3)
    own = forecast(whole.processes["log_normal"], days=90)["value"].to_numpy()
    assert drawn == pytest.approx(process * (whole.forecasts["trees"] / own)[:, None], rel=1e-5)
    assert np.array_equal(whole.draws("log_normal", count=50, seed=3), process)


@pytest.mark.parametrize("kept", [0, 20])
def test_without_a_past_the_learned_ones_are_missing(kept: int) -> None:
    found = made(features(pd.Timestamp("2024-01-01")).head(kept))
    assert list(found.forecasts) == ["nobody", "past_rate", "last_window", "gamma_gamma", "log_normal"]
    assert found.learned == {}


def test_what_the_judged_customers_spent_is_not_looked_at(whole: Made) -> None:
    past = pd.concat([features(pd.Timestamp(day)) for day in ("2024-01-01", "2024-04-01")], ignore_index=True)
    known = features(CUTOFF).assign(spent=1e6, churned=1)
    found = make(known, past, cutoff=CUTOFF, season=even_season(""), horizon_days=90)
    assert all(np.array_equal(found.forecasts[name], whole.forecasts[name]) for name in ORDER)
