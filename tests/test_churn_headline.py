"""The figures that a churn report leaves behind."""

import numpy as np
import pandas as pd
import pytest

from workbench import churn

NAMES = [
    "auc",
    "auc_baseline",
    "average_precision",
    "brier",
    "calibration_error",
    "capture_top_decile",
    "customers",
    "churn_rate",
    "model",
    "scope",
]


def gathered(size: int) -> churn.Gathered:
    rng = np.random.default_rng(0)
    tenure = rng.uniform(0, 900, size)
    churned = (rng.uniform(0, 1, size) < np.where(tenure < 200, 0.8, 0.2)).astype(int)
    ids = [f"c{n}" for n in range(size)]
    past = pd.DataFrame({"customer_id": ids, "tenure_days": tenure, "churned": churned})
    return churn.Gathered(kind="label", definition="the label", past=past, today=past[past["churned"] == 0])


@pytest.fixture(scope="module")
def found():
    return gathered(200)


@pytest.fixture(scope="module")
def tested(found):
    return churn.backtest(found.past, horizon_days=90)


def test_every_figure_is_there_with_its_interval(tested, found):
    rows = churn.headline(tested, found).set_index("name")
    assert list(rows.index) == NAMES
    assert rows.loc["auc", "low"] < rows.loc["auc", "value"] < rows.loc["auc", "high"]
    assert rows.loc["churn_rate", "value"] == pytest.approx(found.past["churned"].mean())
    assert rows.loc["auc_baseline", "note"] == "the best rule: tenure"


def test_not_enough_data_leaves_every_figure_of_the_model_open_and_says_why():
    found = gathered(20)
    rows = churn.headline(churn.backtest(found.past, horizon_days=90), found).set_index("name")
    assert list(rows.index) == NAMES
    assert rows.loc[NAMES[:6], "value"].isna().all()
    assert rows.loc["auc", "note"].lower().startswith("not enough data")
    assert repr(rows.loc["customers", "value"]) == str(len(found.today))


def test_without_cut_offs_only_the_mean_stands_over_time(tested):
    table = churn.over_time(tested)
    assert table["cut-off"].tolist() == ["mean"]
    chosen = tested.summary.query("model == @tested.model and metric == 'auc'")["value"].iloc[0]
    assert table["AUC"][0].startswith(f"{chosen:.3f} (")
