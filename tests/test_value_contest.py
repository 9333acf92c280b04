"""Who competes at foretelling spend: the same forecasts as the backtest makes, judged by rank correlation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from workbench.contest import Task
from workbench.value.candidates import make
from workbench.value.contest import contest
from workbench.value.examples import Gathered
from workbench.value.fields import fold_at

CUTOFFS = list(pd.date_range("2023-01-01", "2023-09-01", freq="MS"))


def gathered(customers: int = 120, *, spending: bool = True) -> Gathered:
    """Return monthly examples of customers who spend by what they spent before, besides chance."""
    rng = np.random.default_rng(4)
    size = customers * len(CUTOFFS)
    days, tenure = rng.integers(1, 9, size), rng.integers(60, 400, size)
    before = rng.lognormal(3, 1, size)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile([f"c{number}" for number in range(customers)], len(CUTOFFS)),
            "cutoff": np.repeat(CUTOFFS, customers),
            "order_days": days,
            "tenure_days": tenure,
            "recency_days": np.where(days > 1, (tenure * rng.random(size)).astype(int), tenure),
            "spend": before * days,
            "spent_before": before * (rng.random(size) < 0.5),
            "spent": before * rng.lognormal(0, 0.3, size) * (rng.random(size) < 0.6) * spending,
        }
    )
    volume = pd.Series(5.0, index=pd.date_range("2022-01-01", "2023-12-01"))
    return Gathered(past=frame, today=frame.head(30), volume=volume)


@pytest.fixture(scope="module")
def found() -> Gathered:
    return gathered()


@pytest.fixture(scope="module")
def task(found: Gathered) -> Task:
    return contest(found, horizon_days=90)


@pytest.fixture(scope="module")
def forecasts(task: Task) -> dict[str, np.ndarray]:
    return {one.name: one.score(one.train()) for one in task.contenders}


def test_all_forecasts_compete_the_simplest_first_and_a_large_one_last(task: Task):
    names = ["past_rate", "last_window", "gamma_gamma", "log_normal", "trees", "two_parts", "blend", "large_trees"]
    assert [one.name for one in task.contenders] == names
    assert (task.judged, task.volume, task.metric, task.tolerance) == (120, 30, "rank correlation", 0.01)
    assert (task.largest, task.contenders[-1].title) == ("large_trees", "large trees (Tweedie, 1,000 of 31 leaves)")


def test_each_forecasts_what_the_backtest_would_have(found: Gathered, forecasts: dict[str, np.ndarray]):
    fold = fold_at(found, CUTOFFS[-1], horizon_days=90)
    features = fold.judged.reset_index(drop=True)
    made = make(features, fold.past, cutoff=fold.cutoff, season=fold.season, horizon_days=90)
    for name in set(forecasts) - {"large_trees"}:
        assert forecasts[name] == pytest.approx(made.forecasts[name]), name


def test_contributions_are_those_of_the_rank_correlation(found: Gathered, task: Task, forecasts: dict[str, np.ndarray]):
    spent = found.past.loc[found.past["cutoff"] == CUTOFFS[-1], "spent"]
    for one in task.contenders:
        assert one.judge(forecasts[one.name]).mean() == pytest.approx(spearmanr(forecasts[one.name], spent).statistic)


def test_where_nobody_spent_before_rules_and_processes_compete(found: Gathered):
    earlier = found.past["cutoff"] < CUTOFFS[-1]
    past = found.past.assign(spent=found.past["spent"].mask(earlier, 0.0))
    task = contest(Gathered(past=past, today=found.today, volume=found.volume), horizon_days=90)
    assert [one.name for one in task.contenders] == ["past_rate", "last_window", "gamma_gamma", "log_normal"]


def test_where_nobody_spent_anything_there_is_no_contest_and_the_note_says_why():
    nobody = gathered(spending=False)
    task = contest(nobody, horizon_days=90)
    assert (task.contenders, task.note[:53]) == ((), "not enough data: 0 customers spent something after th")
    nobody.past.loc[nobody.past.index[-1], "spent"] = 1.0
    assert contest(nobody, horizon_days=90).note.startswith("not enough data: 1 customer spent")
