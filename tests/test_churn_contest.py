"""Who competes at foretelling churn: judged as by DeLong, from a rule to large trees, and on less to learn from."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.churn.contest import contest, fewer_months, fewer_rows
from workbench.churn.gather import Gathered
from workbench.churn.quality import delong
from workbench.contest import Task
from workbench.errors import InputError

MONTHS = list(pd.date_range("2023-01-01", "2023-10-01", freq="MS"))
HORIZON = 90


def gathered(customers: int = 150, seed: int = 0) -> Gathered:
    """Return monthly examples of customers whose churn depends on spend besides chance, and 40 to score."""
    rng = np.random.default_rng(seed)
    size = customers * len(MONTHS)
    spend = rng.lognormal(3, 1, size)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile([f"c{number}" for number in range(customers)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, customers),
            "season_ratio": 1.0,
            "recency_days": rng.exponential(90, size).round(),
            "spend": spend,
            "churned": (rng.random(size) < 1 / (1 + np.exp(3 - np.log(spend)))).astype(int),
        }
    )
    return Gathered(kind="orders", definition="", past=frame, today=frame.head(40))


@pytest.fixture(scope="module")
def found() -> Gathered:
    return gathered()


@pytest.fixture(scope="module")
def task(found: Gathered) -> Task:
    return contest(found, horizon_days=HORIZON, target=0.7)


@pytest.fixture(scope="module")
def judged(task: Task) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the chances and contributions of every contender."""
    chances = {one.name: one.score(one.train()) for one in task.contenders}
    return {one.name: (chances[one.name], one.judge(chances[one.name])) for one in task.contenders}


def test_all_that_apply_compete_and_a_large_model_beside_them(task: Task):
    assert [one.name for one in task.contenders] == ["recency", "logistic", "trees", "large_trees"]
    assert (task.judged, task.volume, task.scorings, task.tolerance, task.target) == (150, 40, 30, 0.005, 0.7)
    assert (task.largest, task.contenders[-1].title) == ("large_trees", "large trees (1,000 of 31 leaves)")


def test_contributions_have_the_mean_and_the_error_of_delong(task: Task, found: Gathered, judged: dict[str, Any]):
    latest = found.past[found.past["cutoff"] == MONTHS[-1]]
    auc, covariance = delong(latest["churned"].to_numpy(), *(chance for chance, _ in judged.values()))
    contributions = np.array([each for _, each in judged.values()])
    assert contributions.mean(axis=1) == pytest.approx(auc)
    # Pseudo-values divide by one customer less than a class has.
    assert np.cov(contributions) / task.judged == pytest.approx(covariance, rel=0.05, abs=2e-5)


def test_the_rows_of_fewer_customers_lie_within_each_other_and_end_with_all(found: Gathered):
    points = fewer_rows(found, horizon_days=HORIZON, model="recency", shares=(1.0, 0.5, 0.7))
    learnt = [set(one.train.args[0]["customer_id"]) for one in points]  # type: ignore[attr-defined]
    assert [len(customers) for customers in learnt] == [75, 105, 150]
    assert learnt[0] < learnt[1] < learnt[2]
    # Of the ten months the seven whose 90 days were over by the last one.
    assert [one.name for one in points] == ["525", "735", "1050"]
    assert "50% of the customers: 75" in points[0].title


def test_fewer_months_are_the_latest_and_no_more_than_there_are(found: Gathered):
    points = fewer_months(found, horizon_days=HORIZON, model="recency", months=(12, 24, 1, 3))
    assert [one.name for one in points] == ["1", "3", "7"]
    assert points[0].train.args[0]["cutoff"].unique() == [pd.Timestamp("2023-07-01")]  # type: ignore[attr-defined]
    judged = [one.judge(one.score(one.train())) for one in points]
    assert [len(each) for each in judged] == [150] * 3


def test_draws_with_too_few_of_either_kind_are_left_out(found: Gathered):
    points = fewer_rows(found, horizon_days=HORIZON, model="logistic", shares=(0.05, 1.0))
    assert [one.name for one in points] == ["1050"]


def test_too_few_to_learn_from_is_said():
    task = contest(gathered(customers=10), horizon_days=HORIZON)
    assert (task.contenders, task.note[:15]) == ((), "not enough data")


def test_customers_without_cutoffs_are_judged_on_a_part_that_was_not_learnt_from(found: Gathered):
    once = found.past.drop_duplicates("customer_id").drop(columns=["cutoff", "season_ratio"])
    many = pd.concat([once, once.assign(customer_id=once["customer_id"] + "x")], ignore_index=True)
    plain = Gathered(kind="label", definition="", past=many, today=many)
    task = contest(plain, horizon_days=HORIZON)
    assert (task.judged, task.volume) == (60, 300)
    assert len(task.contenders[0].train.args[0]) == 240  # type: ignore[attr-defined]
    assert fewer_months(plain, horizon_days=HORIZON, model="logistic") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shares": [0.0]}, "shares: found 0.0"),
        ({"model": "tres"}, "did you mean 'trees'"),
        ({"model": "tenure"}, "none of"),
    ],
)
def test_shares_and_models_that_cannot_be_are_refused(found: Gathered, arguments: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        fewer_rows(found, horizon_days=HORIZON, **{"model": "logistic"} | arguments)
    with pytest.raises(InputError, match="months: found 0"):
        fewer_months(found, horizon_days=HORIZON, model="logistic", months=[0])
