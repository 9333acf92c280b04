"""What a customer will spend, learnt from what others spent after past cut-offs: boosted trees, or a two-part model.

In: examples with `spent`, a season.   Out: `Learned`; forecasts, and for the trees exact contributions.

Spend is learnt as if every window had an average season, and forecast for the season that is to come. `trees` are
LightGBM under the Tweedie deviance (Jorgensen, 1987), whose raw score is the logarithm of expected money. `two_parts`
is zero-inflated: a logistic regression says whether a customer spends, a ridge regression how much in logarithms.
"""

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from workbench.explain.pipelines import linear_pipeline, tree_pipeline
from workbench.value.season import Season

KEYS = ("customer_id", "cutoff", "season_ratio", "churned", "spent", "spent_before")
# An example counts half as much as one whose cut-off is this much later: customers change.
_HALF_LIFE_DAYS = 90


@dataclass(frozen=True, eq=False, kw_only=True)
class Learned:
    """A fitted model: `estimator` says how much (or, of two parts, how much if anything), `spends` whether at all.

    `level` brings the mean of what was learnt from to what was spent: the mean of logarithms lies below that of money.
    """

    name: str
    columns: tuple[str, ...]
    estimator: Pipeline
    spends: Pipeline | None
    level: float
    season: Season
    horizon_days: int


def fit_trees(examples: pd.DataFrame, *, season: Season, horizon_days: int, seed: int = 0) -> Learned:
    """Fit boosted trees under the Tweedie deviance."""
    return _boosted(
        "trees", examples, season, horizon_days, seed, n_estimators=400, num_leaves=4, min_child_samples=100
    )


def fit_large_trees(examples: pd.DataFrame, *, season: Season, horizon_days: int, seed: int = 0) -> Learned:
    """Fit as many and as large trees as tuning runs tend to end with: to compare with, and never to choose."""
    size = {"n_estimators": 1000, "num_leaves": 31, "min_child_samples": 20}
    return _boosted("large_trees", examples, season, horizon_days, seed, **size)


def _boosted(name: str, examples: pd.DataFrame, season: Season, horizon_days: int, seed: int, **size: int) -> Learned:
    from lightgbm import LGBMRegressor

    regressor = LGBMRegressor(
        objective="tweedie",
        tweedie_variance_power=1.5,
        learning_rate=0.02,
        random_state=seed,
        n_jobs=int(os.environ.get("WORKBENCH_THREADS", "1")),
        deterministic=True,
        verbose=-1,
        **size,
    )
    known, spent, weight = _prepared(examples, season, horizon_days)
    fitted = tree_pipeline(regressor).fit(known, spent, model__sample_weight=weight)
    return _learned(name, known, fitted, None, 1.0, season, horizon_days)


def fit_two_parts(examples: pd.DataFrame, *, season: Season, horizon_days: int, seed: int = 0) -> Learned:
    """Fit whether a customer spends and how much, both linear in straightened features."""
    known, spent, weight = _prepared(examples, season, horizon_days)
    some = spent > 0
    whether = LogisticRegression(C=0.01, solver="newton-cholesky", random_state=seed)
    much = linear_pipeline(Ridge(alpha=100.0))
    # Such matrices are solved eight times as fast, and as cheaply, by one thread as by two that wait for each other.
    with threadpool_limits(1, user_api="blas"):
        spends = linear_pipeline(whether).fit(known, some, model__sample_weight=weight)
        much = much.fit(known[some], np.log(spent[some]), model__sample_weight=weight[some])
    said = spends.predict_proba(known)[:, 1] * np.exp(much.predict(known))
    level = float(weight @ spent / (weight @ said))
    return _learned("two_parts", known, much, spends, level, season, horizon_days)


def predict(model: Learned, features: pd.DataFrame, *, cutoff: pd.Timestamp) -> np.ndarray:
    """Return expected spend within the horizon from the cut-off, in its season."""
    known = features[list(model.columns)]
    much = model.estimator.predict(known)
    ahead = _season_of(model.season, cutoff, model.horizon_days)
    if model.spends is None:
        return np.asarray(much * ahead)
    return np.asarray(model.spends.predict_proba(known)[:, 1] * np.exp(much) * model.level * ahead)


def can_learn(examples: pd.DataFrame, *, fewest: int) -> bool:
    """Say whether so many customers spent something after a cut-off, and so many nothing."""
    some = examples.groupby("customer_id")["spent"].max() > 0
    idle = examples.groupby("customer_id")["spent"].min() == 0
    return bool(some.sum() >= fewest and idle.sum() >= fewest)


def _prepared(examples: pd.DataFrame, season: Season, horizon_days: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return features, spend as of an average season, and weights."""
    columns = [str(c) for c in examples if c not in KEYS and examples[c].nunique(dropna=False) > 1]
    known = examples[columns]
    cutoffs = examples["cutoff"]
    of_cutoff = {cutoff: _season_of(season, cutoff, horizon_days) for cutoff in cutoffs.unique()}
    spent = examples["spent"].to_numpy(float) / cutoffs.map(of_cutoff).to_numpy(float)
    weight = 0.5 ** ((cutoffs.max() - cutoffs).dt.days.to_numpy() / _HALF_LIFE_DAYS)
    return known, spent, weight


def _season_of(season: Season, cutoff: pd.Timestamp, days: int) -> float:
    return float(season.days_ahead(cutoff, days)[-1] / days)


def _learned(
    name: str,
    known: pd.DataFrame,
    estimator: Pipeline,
    spends: Pipeline | None,
    level: float,
    season: Season,
    horizon_days: int,
) -> Learned:
    return Learned(
        name=name,
        columns=tuple(map(str, known)),
        estimator=estimator,
        spends=spends,
        level=level,
        season=season,
        horizon_days=horizon_days,
    )
