import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from workbench.churn.quality import base_rates, calibration, deciles, delong, quality


def scores(rows: int, *, seed: int = 0, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-0.5, 1.2, rows)
    churned = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame({"probability": 1 / (1 + np.exp(-log_odds - shift)), "churned": churned.astype(int)})


def figures(frame: pd.DataFrame) -> pd.DataFrame:
    return quality(frame).set_index("metric")


def test_figures_agree_with_scikit_learn():
    frame = scores(2_000)
    truth, told, value = frame["churned"], frame["probability"], figures(frame)["value"]
    assert value["auc"] == pytest.approx(roc_auc_score(truth, told))
    assert value["average_precision"] == pytest.approx(average_precision_score(truth, told))
    assert value["brier"] == pytest.approx(brier_score_loss(truth, told))
    assert value["log_loss"] == pytest.approx(log_loss(truth, told))


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    truth = figures(scores(200_000))["value"]
    found = pd.concat([figures(scores(400, seed=seed)) for seed in range(1, 81)])
    held = found["low"].le(truth.reindex(found.index)) & found["high"].ge(truth.reindex(found.index))
    names = ["auc", "average_precision", "brier", "log_loss", "capture_top_decile", "churn_rate"]
    assert held.groupby(level=0).mean()[names].between(0.875, 1).all()


def test_calibration_error_is_small_where_right_and_the_shift_where_wrong():
    right, wrong = (figures(scores(20_000, shift=shift)).loc["calibration_error"] for shift in (0, 3))
    assert right["value"] < 0.015
    assert wrong["value"] == pytest.approx(scores(20_000, shift=3).diff(axis=1)["churned"].mean() * -1, abs=1e-9)
    assert wrong["low"] < wrong["value"] < wrong["high"]


def test_deciles_of_a_perfect_order():
    frame = pd.DataFrame({"probability": np.linspace(0.01, 0.99, 100), "churned": [0] * 80 + [1] * 20})
    found = deciles(frame)
    assert found["capture"].tolist() == [0.5] + [1.0] * 9
    assert found["lift"].iloc[[0, 1, 9]].tolist() == pytest.approx([5, 5, 1])
    assert found["churn_rate"].tolist() == [1.0] * 2 + [0.0] * 8
    # Wilson's interval for 10 of 20
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([0.2993, 0.7007], abs=1e-4)


def test_paired_auc_differences_are_surer_than_single_ones():
    rng = np.random.default_rng(3)
    frame = scores(3_000)
    truth, one = frame["churned"].to_numpy(), frame["probability"].to_numpy()
    other = one + rng.normal(0, 0.02, len(one))
    aucs, covariance = delong(truth, one, other)
    difference = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    resampled = []
    for _ in range(300):
        rows = rng.integers(0, len(truth), len(truth))
        resampled.append(roc_auc_score(truth[rows], one[rows]) - roc_auc_score(truth[rows], other[rows]))
    assert aucs.tolist() == pytest.approx([roc_auc_score(truth, one), roc_auc_score(truth, other)])
    assert np.sqrt(difference) == pytest.approx(np.std(resampled), rel=0.15)
    assert difference < covariance[0, 0] / 10


def test_bins_and_base_rates_hold_everybody():
    bins = calibration(scores(1_003))
    assert bins["customers"].sum() == 1_003
    assert bins["customers"].between(100, 101).all()
    days = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01"])
    rates = base_rates(pd.DataFrame({"cutoff": days, "churned": [1, 0, 1, None]}))
    assert rates[["churn_rate", "customers"]].values.tolist() == [[0.5, 2], [1.0, 1]]


@pytest.mark.parametrize("churned", [[], [1], [0, 0, 0], [1, 1, 1]])
def test_what_cannot_be_measured_is_missing_and_never_an_error(churned):
    frame = pd.DataFrame({"probability": [0.5] * len(churned), "churned": churned}, dtype=float)
    found = figures(frame)
    assert found.loc[["auc", "average_precision"], "value"].isna().all()
    assert len(found) == 8
