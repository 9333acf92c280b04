"""Policies of retraining train when they say, and lose what the frame of ageing models says."""

import numpy as np
import pandas as pd
import pytest

from workbench.emissions.retraining import retraining
from workbench.errors import InputError

MONTHS = pd.date_range("2024-01-01", periods=13, freq="MS")


def ageing(*, lost=0.002, psi=0.03, loss=0.0):
    """Return thirteen months in which a model loses so much of its AUC, its scores and its loss shift, every month."""
    rows = []
    for m, month in enumerate(MONTHS):
        for v, trained in enumerate(MONTHS[: m + 1]):
            age = m - v
            ranked = (0.8 - lost * age, 0.01, lost * age, 0.001 * (age > 0))
            rows.append((month, trained, *ranked, psi * age, 0.5 + loss * age, 0.01))
    names = "month trained auc auc_error behind behind_error psi log_loss log_loss_error"
    return pd.DataFrame(rows, columns=names.split())


def rows(aged, **terms):
    found = retraining(aged, **({"horizon_days": 60, "joules_per_training": 36.0} | terms))
    return found, found.table.set_index("policy")


def test_schedules_train_as_often_as_they_say():
    found, table = rows(ageing())
    assert table["trainings"].head(5).tolist() == [13, 5, 3, 2, 1]
    assert table.loc["monthly", ["kwh", "saving_share", "loss"]].tolist() == [13 * 36 / 3.6e6, 0, 0]
    # Ages 0, 1, 2 in four quarters and 0 in the last month: 12 months of age over 13 months.
    assert table.loc["quarterly", "loss"] == pytest.approx(0.002 * 12 / 13)
    # Half-yearly loses 0.0046, and by the far end of its interval more than 0.005.
    assert found.chosen == "quarterly"
    assert "is 'quarterly': 5 trainings, 62% fewer, for a loss of 0.0018" in found.reason


def test_drift_of_the_scores_trains_when_the_index_is_above_a_fifth():
    # 0.03 a month is above 0.2 after seven.
    assert rows(ageing())[1].loc["on drift of the scores", "trainings"] == 2
    assert rows(ageing(psi=0.0))[1].loc["on drift of the scores", "trainings"] == 1
    assert rows(ageing())[1].loc["once, never again", "drift_share"] == pytest.approx(6 / 13)


def test_drift_of_the_loss_waits_for_outcomes_and_for_more_than_chance():
    # Chance is 0.0277 between two months; a shift of 0.02 a month is more after two, and known 60 days later.
    known = rows(ageing(loss=0.02))[1].loc["on drift of the loss", "trainings"]
    assert known == len(range(0, 13, 4))
    assert rows(ageing(loss=0.0))[1].loc["on drift of the loss", "trainings"] == 1


def test_a_model_that_does_not_age_is_trained_once_and_one_that_does_monthly():
    assert rows(ageing(lost=0.0))[0].chosen == "once, never again"
    monthly = rows(ageing(lost=0.05, psi=0.0))[0]
    assert monthly.chosen == "monthly"
    assert monthly.reason == "'monthly' is kept: no other policy is surely within 0.005 of AUC of it."


def test_what_few_customers_cannot_show_keeps_monthly_and_is_said():
    aged = ageing(lost=0.0)
    found, _ = rows(aged.assign(behind_error=0.02 * (aged["month"] != aged["trained"])))
    assert found.chosen == "monthly"
    assert "no other policy is surely within 0.005" in found.reason
    assert (
        "the point estimates say 'once, never again': 1 training, 92% fewer, for a loss of 0.0000 (-0." in found.reason
    )


def test_intervals_count_outcomes_that_overlap_once():
    # 366 days hold six horizons of 60 days.
    _, table = rows(ageing(lost=0.0))
    assert table.loc["monthly", "auc_high"] - 0.8 == pytest.approx(1.959964 * 0.01 / np.sqrt(6))


def test_too_little_is_said_and_bad_input_is_named():
    assert retraining(pd.DataFrame(), horizon_days=90, joules_per_training=1.0).chosen is None
    few = ageing()[lambda rows: rows["month"] < MONTHS[2]]
    assert rows_of(few).reason.startswith("Policies of training: not enough data: 2 months")
    with pytest.raises(InputError, match="no column psi"):
        rows_of(ageing().drop(columns="psi"))
    with pytest.raises(InputError, match="found -1 joules"):
        retraining(ageing(), horizon_days=90, joules_per_training=-1.0)


def rows_of(aged):
    return retraining(aged, horizon_days=60, joules_per_training=36.0)
