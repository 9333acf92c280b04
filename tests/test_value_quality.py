"""Figures by hand and by scikit-learn, in any currency, with intervals that hold; nothing known is NaN."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import mean_tweedie_deviance

from workbench.value.quality import decile_calibration, deviances, quality

_SPENT = st.just(0.0) | st.floats(0.01, 1e3)
MONEY = st.lists(st.tuples(st.floats(0.01, 1e3), _SPENT), min_size=2, max_size=40)


def made(customers: int = 500, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    predicted = rng.lognormal(2, 1, customers)
    return pd.DataFrame({"predicted": predicted, "spent": rng.poisson(0.3, customers) * predicted * 3})


def figures(scores: pd.DataFrame) -> pd.DataFrame:
    return quality(scores).set_index("metric")


def test_figures_by_hand() -> None:
    scores = pd.DataFrame({"predicted": [5.0, *[1.0] * 9, 4.0, *[1.0] * 9], "spent": [10.0, 30.0, *[0.0] * 18]})
    found = figures(scores)["value"]
    assert found["total_ratio"] == pytest.approx(27 / 40)
    assert found["rmse"] == pytest.approx(np.sqrt((25 + 29**2 + 16 + 17) / 20))
    assert found["mae"] == pytest.approx((5 + 29 + 4 + 17) / 20)
    assert found["mae_nobody"] == 2
    assert found["top_decile_share"] == pytest.approx(10 / 40)
    assert found["oracle_share"] == 1


def test_the_deviance_is_that_of_scikit_learn() -> None:
    scores = made()
    expected = mean_tweedie_deviance(scores["spent"], scores["predicted"], power=1.5)
    # Money of scale k has a deviance of sqrt(k) times as much.
    assert figures(scores)["value"]["deviance"] == pytest.approx(expected / np.sqrt(scores["spent"].mean()))


def test_a_forecast_of_nought_has_a_finite_deviance() -> None:
    assert np.isfinite(deviances(np.zeros(3), np.array([0.0, 1.0, 5.0]))).all()
    assert deviances(np.zeros(2), np.zeros(2)) == pytest.approx(4 * np.sqrt(1e-4))


def test_the_rank_correlation_has_the_interval_of_bonett_and_wright() -> None:
    scores = made()
    row = figures(scores).loc["spearman"]
    expected = spearmanr(scores["predicted"], scores["spent"]).statistic
    margin = 1.959964 * np.sqrt((1 + expected**2 / 2) / (500 - 3))
    assert row["value"] == pytest.approx(expected)
    assert np.arctanh([row["low"], row["high"]]) == pytest.approx(np.arctanh(expected) + margin * np.array([-1, 1]))


@given(MONEY, st.sampled_from([0.01, 150.0]))
@settings(max_examples=40, deadline=None)
def test_no_currency_is_better_than_another(rows: list[tuple[float, float]], times: float) -> None:
    scores = pd.DataFrame([*rows, (5.0, 7.0)], columns=["predicted", "spent"])
    one, other = figures(scores)["value"], figures(scores * times)["value"]
    money = ["rmse", "mae", "mae_nobody"]
    assert other[money].to_numpy() == pytest.approx(one[money].to_numpy() * times, rel=1e-4)
    rest = one.index.difference(money)
    assert other[rest].to_numpy(float) == pytest.approx(one[rest].to_numpy(float), rel=1e-4, nan_ok=True)


@given(MONEY)
@settings(max_examples=40, deadline=None)
def test_nobody_captures_more_than_the_oracle(rows: list[tuple[float, float]]) -> None:
    found = figures(pd.DataFrame([*rows, (5.0, 7.0)], columns=["predicted", "spent"]))["value"]
    assert found["top_decile_share"] <= found["oracle_share"] + 1e-9 <= 1 + 2e-9


def test_the_interval_of_the_total_holds_the_truth() -> None:
    inside = [figures(made(seed=seed)).loc["total_ratio"] for seed in range(60)]
    # 0.3 * 3 of what is predicted is spent on average
    assert np.mean([row["low"] <= 1 / 0.9 <= row["high"] for row in inside]) > 0.87


def test_nothing_spent_is_not_known() -> None:
    found = figures(pd.DataFrame({"predicted": [1.0, 2.0, 3.0, 4.0], "spent": 0.0}))
    assert found.loc[["total_ratio", "top_decile_share", "oracle_share", "spearman"], "value"].isna().all()
    assert found.loc["mae", "value"] == 2.5
    assert (found["n"] == 4).all()


def test_tenths_by_forecast() -> None:
    predicted = np.repeat(np.arange(10.0), 30)[::-1]
    scores = pd.DataFrame({"predicted": predicted, "spent": 2 * predicted})
    found = decile_calibration(scores.sample(frac=1, random_state=0))
    assert found["decile"].tolist() == list(range(1, 11))
    assert found["predicted"].tolist() == list(range(10))
    assert found["spent"].tolist() == found["low"].tolist() == found["high"].tolist() == list(range(0, 20, 2))
    assert (found["customers"] == 30).all()


@pytest.mark.parametrize(("customers", "bins"), [(29, 1), (60, 2), (299, 9), (3000, 10)])
def test_no_tenth_is_judged_by_fewer_than_thirty(customers: int, bins: int) -> None:
    found = decile_calibration(made(customers))
    assert len(found) == bins
    assert found["customers"].sum() == customers
