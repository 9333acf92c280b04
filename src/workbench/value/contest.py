"""Who competes at foretelling spend, from a rule to a large model.

In: examples of the past.   Out: a `Task` and its contenders, which `workbench.emissions` compares.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from workbench.contest import Contender, Task
from workbench.intervals import FEWEST
from workbench.value import learned
from workbench.value.backtest import standard_ranks
from workbench.value.candidates import LEARNERS, PROCESSES, blend, past_rate
from workbench.value.candidates import TITLES as OTHERS
from workbench.value.examples import Gathered
from workbench.value.fields import Fold, fold_at
from workbench.value.histories import histories
from workbench.value.learned import Learned, can_learn, fit_large_trees
from workbench.value.process import Process, fit_process, forecast, on_the_clock
from workbench.words import counted

TITLES = OTHERS | {"large_trees": "large trees (Tweedie, 1,000 of 31 leaves)"}
# Customers are valued every day, and the forecast is learnt anew every month.
_SCORINGS = 30
_TOLERANCE = 0.01

_Train = Callable[..., Any]
_Score = Callable[..., np.ndarray]


def contest(found: Gathered, *, horizon_days: int, target: float | None = None, seed: int = 0) -> Task:
    """Return the task of the latest cut-off with a known outcome: every forecast of the backtest, and a large model.

    Each is trained on what was known by then, and forecasts all customers from their features; the blend trains and
    asks three. The metric is the rank correlation with what was spent; `target` the one to reach. Where fewer than 30
    customers spent something, the task has no contenders and its note says so; where too few did before, only rules and
    processes compete.
    """
    spent = found.past.loc[found.past["cutoff"] == found.past["cutoff"].max(), "spent"]
    contenders: list[Contender] = []
    spenders = int((spent > 0).sum())
    few = counted(spenders, "customer")
    note = f"not enough data: {few} spent something after the latest cut-off; {FEWEST} are needed"
    if spenders >= FEWEST:
        fold, note = fold_at(found, found.past["cutoff"].max(), horizon_days=horizon_days, seed=seed), ""
        judge = partial(_products, standard_ranks(spent.to_numpy(float)))
        contenders = [
            Contender(name=name, title=TITLES[name], train=train, score=score, judge=judge)
            for name, (train, score) in _ways(fold, horizon_days, seed).items()
        ]
    return Task(
        name="value",
        metric="rank correlation",
        unit="customers",
        contenders=tuple(contenders),
        judged=len(spent),
        volume=len(found.today),
        scorings=_SCORINGS,
        tolerance=_TOLERANCE,
        target=target,
        largest="large_trees",
        note=note,
    )


def _ways(fold: Fold, days: int, seed: int) -> dict[str, tuple[_Train, _Score]]:
    """Return how each contender is trained and how it scores, the simplest first."""
    rules: dict[str, _Score] = {
        "past_rate": partial(_past_rate, fold, days),
        "last_window": partial(_last_window, fold),
    }
    ways: dict[str, tuple[_Train, _Score]] = {name: (_nothing, rule) for name, rule in rules.items()}
    ask, predict = partial(_forecast, fold, days), partial(_predict, fold)
    processes = {name: partial(_fit_process, fold, spend=name, seed=seed) for name in PROCESSES}
    ways |= {name: (fit, ask) for name, fit in processes.items()}
    if len(fold.past) and can_learn(fold.past, fewest=FEWEST):
        how: dict[str, Any] = {"season": fold.season, "horizon_days": days, "seed": seed}
        fits = {name: partial(fit, fold.past, **how) for name, fit in LEARNERS.items()}
        ways |= {name: (fit, predict) for name, fit in fits.items()}
        ways["blend"] = partial(_all, [processes["log_normal"], *fits.values()]), partial(_shared_out, ask, predict)
        ways["large_trees"] = partial(fit_large_trees, fold.past, **how), predict
    return ways


def _nothing() -> None:
    """Train a rule, which has nothing to learn."""


def _past_rate(fold: Fold, days: int, _model: None) -> np.ndarray:
    return past_rate(fold.judged, horizon_days=days)


def _last_window(fold: Fold, _model: None) -> np.ndarray:
    return fold.judged["spent_before"].to_numpy(float)


def _fit_process(fold: Fold, *, spend: str, seed: int) -> Process:
    return fit_process(fold.judged, cutoff=fold.cutoff, season=fold.season, spend=spend, seed=seed)


def _forecast(fold: Fold, days: int, model: Process) -> np.ndarray:
    # Histories are others every day: a process that scores tells them anew.
    known = on_the_clock(histories(fold.judged), model.season, fold.cutoff)
    return forecast(replace(model, seasonal=known), days=days)["value"].to_numpy()


def _predict(fold: Fold, model: Learned) -> np.ndarray:
    return learned.predict(model, fold.judged, cutoff=fold.cutoff)


def _all(fits: list[_Train]) -> list[Any]:
    return [fit() for fit in fits]


def _shared_out(ask: _Score, predict: _Score, models: list[Any]) -> np.ndarray:
    process, *learnt = models
    return blend(ask(process), *(predict(one) for one in learnt))


def _products(of_spent: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    return np.asarray(standard_ranks(forecast) * of_spent)
