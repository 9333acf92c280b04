import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.churn.calibrators import CALIBRATORS, Calibrator, isotonic, sigmoid

RNG = np.random.default_rng(0)
TRUE_LOG_ODDS = RNG.normal(size=20_000)
TRUE = 1 / (1 + np.exp(-TRUE_LOG_ODDS))
# What a model would say that is twice too sure of itself and half a unit too high.
TOLD = 1 / (1 + np.exp(-(2 * TRUE_LOG_ODDS + 0.5)))
EXAMPLES = pd.DataFrame({"churned": (RNG.random(20_000) < TRUE).astype(int)})


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "seasonal"])
def test_calibrators_find_the_truth_behind_an_overconfident_model(method):
    told = CALIBRATORS[method](EXAMPLES, TOLD)(TOLD, EXAMPLES)
    assert np.abs(told - TRUE).mean() < 0.02


def test_the_sigmoid_shares_its_slope_between_cutoffs_and_takes_the_latest_level():
    early = RNG.random(20_000) < 1 / (1 + np.exp(-(TRUE_LOG_ODDS - 2)))
    both = pd.concat([EXAMPLES.assign(cutoff=pd.Timestamp("2024-06-01")),
                      pd.DataFrame({"churned": early.astype(int), "cutoff": pd.Timestamp("2024-03-01")})])  # fmt: skip
    told = sigmoid(both, np.concatenate([TOLD, TOLD]))(TOLD, EXAMPLES)
    assert np.abs(told - TRUE).mean() < 0.015


@given(st.floats(0.2, 5))
def test_a_season_scales_the_rate_of_ordering(ratio):
    seasonal = Calibrator(name="seasonal", map=lambda raw: raw, seasonal=True)
    rate = np.array([0.05, 0.5, 2.0])
    told = seasonal(np.exp(-rate), pd.DataFrame({"season_ratio": [ratio] * 3}))
    np.testing.assert_allclose(told, np.exp(-rate * ratio))


def test_an_unknown_season_changes_nothing():
    level, seasonal = (CALIBRATORS[name](EXAMPLES, TOLD) for name in ("sigmoid", "seasonal"))
    unknown = pd.DataFrame({"season_ratio": np.full(len(TOLD), np.nan)})
    np.testing.assert_array_equal(level(TOLD, unknown), seasonal(TOLD, unknown))


def test_the_isotonic_one_learns_from_the_latest_cutoff_and_never_falls():
    early = EXAMPLES.assign(churned=1, cutoff=pd.Timestamp("2024-03-01"))
    both = pd.concat([early, EXAMPLES.assign(cutoff=pd.Timestamp("2024-06-01"))])
    told = isotonic(both, np.concatenate([TOLD, TOLD]))(np.sort(TOLD), EXAMPLES)
    assert np.all(np.diff(told) >= 0)
    assert told.mean() == pytest.approx(EXAMPLES["churned"].mean(), abs=0.01)


def test_nobody_is_certain():
    told = isotonic(pd.DataFrame({"churned": [0, 0, 1, 1]}), np.array([0.1, 0.2, 0.8, 0.9]))
    assert told(np.array([0.0, 1.0]), EXAMPLES[:2]).tolist() == [0.001, 0.999]
