"""The forecasts that compete, simplest first: rules, processes, learned models, and the two joined.

In: features of a cut-off, examples of before, a season.   Out: `Made`: each candidate's expected spend per customer.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.intervals import FEWEST
from workbench.value import learned
from workbench.value.learned import Learned
from workbench.value.process import Process, draws, fit_process, forecast
from workbench.value.season import Season
from workbench.value.spending import fit_spending

TITLES = {
    "nobody": "nobody buys",
    "past_rate": "past rate",
    "last_window": "last window",
    "gamma_gamma": "BG/NBD with Gamma-Gamma",
    "log_normal": "BG/NBD with log-normal spend",
    "trees": "boosted trees (Tweedie)",
    "two_parts": "two-part model",
    "blend": "BG/NBD, shared out with what was learnt",
}
ORDER = tuple(TITLES)
PROCESSES = ("gamma_gamma", "log_normal")
# A customer of one day may have any rate; thirty days more keep it within reason.
_DAYS_MORE = 30
LEARNERS = {"trees": learned.fit_trees, "two_parts": learned.fit_two_parts}


@dataclass(frozen=True, eq=False, kw_only=True)
class Made:
    """Forecasts of spend within the horizon, by candidate, in the order of the features, and what made them."""

    forecasts: dict[str, np.ndarray]
    processes: dict[str, Process]
    learned: dict[str, Learned]
    horizon_days: int

    def draws(self, name: str, *, count: int, seed: int) -> np.ndarray:
        """Return drawn spend (customers, count): the process's draws, scaled to the candidate's own forecast."""
        spend = name if name in PROCESSES else "log_normal"
        model = self.processes[spend]
        drawn = draws(model, days=self.horizon_days, count=count, seed=seed)
        if name == spend:
            return drawn
        return np.asarray(drawn * _ratio(self.forecasts[name], self.forecasts[spend])[:, None])


def make(
    features: pd.DataFrame,
    past: pd.DataFrame,
    *,
    cutoff: pd.Timestamp,
    season: Season,
    horizon_days: int,
    seed: int = 0,
) -> Made:
    """Make every candidate's forecast for the customers of one cut-off.

    `features` has one row per customer, with spent_before; `past` are examples that are over by the cut-off. Where they
    are too few to learn from, the learned candidates and the blend are missing.
    """
    one, *others = PROCESSES
    first = fit_process(features, cutoff=cutoff, season=season, spend=one, seed=seed)
    # They differ in spend alone: buying is fitted once.
    again = {name: replace(first, spending=fit_spending(first.seasonal, model=name, seed=seed)) for name in others}
    processes = {one: first, **again}
    found = {
        "nobody": np.zeros(len(features)),
        "past_rate": past_rate(features, horizon_days=horizon_days),
        "last_window": features["spent_before"].to_numpy(float),
        **{name: forecast(model, days=horizon_days)["value"].to_numpy() for name, model in processes.items()},
    }
    models = {}
    if len(past) and learned.can_learn(past, fewest=FEWEST):
        for name, fit in LEARNERS.items():
            models[name] = fit(past, season=season, horizon_days=horizon_days, seed=seed)
            found[name] = learned.predict(models[name], features, cutoff=cutoff)
        found["blend"] = blend(found["log_normal"], *(found[name] for name in LEARNERS))
    return Made(forecasts=found, processes=processes, learned=models, horizon_days=horizon_days)


def past_rate(features: pd.DataFrame, *, horizon_days: int) -> np.ndarray:
    """Return what customers will spend if they go on as they did so far."""
    return (features["spend"] / (features["tenure_days"] + _DAYS_MORE)).to_numpy(float) * horizon_days


def blend(process: np.ndarray, *learnt: np.ndarray) -> np.ndarray:
    """Share out the total of a process by the geometric mean of its own forecast and what was learnt.

    How much all will spend is the process's strength, which knows the season; who of them, that of learned models.
    """
    who = np.prod([np.maximum(one, 0) ** (1 / len(learnt)) for one in learnt], axis=0)
    both = np.sqrt(np.maximum(process, 0) * who)
    return np.asarray(both * process.sum() / both.sum()) if both.sum() > 0 else process


def _ratio(forecast: np.ndarray, of_process: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(of_process > 0, forecast / of_process, 1.0))
