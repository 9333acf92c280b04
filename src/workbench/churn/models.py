"""The candidates that predict churn, simplest first: two rules, a regularised logistic regression, small boosted trees.

In: examples (one row per customer and cut-off, features, `churned`).   Out: a fitted `Model`; `Scores` of customers.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from workbench.churn.calibrators import CALIBRATORS, Calibrator
from workbench.errors import InputError, did_you_mean
from workbench.explain.pipelines import linear_pipeline, tree_pipeline

Scope = Literal["local", "pooled"]
# What an example says besides its features.
KEYS = ("customer_id", "cutoff", "season_ratio", "churned")
# An example counts half as much as one whose cut-off is this much later: customers and seasons change.
_HALF_LIFE_DAYS = 90


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """A fitted model of churn.

    `estimator` is a pipeline of `explain.pipelines` that ends with a LogisticRegression or an LGBMClassifier.
    `calibrator` maps its probability to a calibrated one; None leaves it as it is. `trained_to` is the latest cut-off
    it learnt from.
    """

    name: str
    scope: Scope
    columns: tuple[str, ...]
    estimator: Pipeline
    calibrator: Calibrator | None = None
    trained_to: pd.Timestamp | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Scores:
    """Calibrated probabilities: `customers` has customer_id, cutoff where given, probability, churned where known."""

    customers: pd.DataFrame


def fit(
    examples: pd.DataFrame, *, model: str, seed: int = 0, scope: Scope = "local", calibration: str = "none"
) -> Model:
    """Fit one candidate on all columns of the examples besides the keys; constant columns are left out.

    Later cut-offs weigh more. The calibrator learns from predictions for customers that the model had not seen.

    >>> days = list(range(100))
    >>> examples = pd.DataFrame({"recency_days": days, "churned": [int(d % 3 > 0 and d > 20) for d in days]})
    >>> score(fit(examples, model="recency"), examples).customers["probability"].round(1).iloc[[0, 50, 99]].tolist()
    [0.0, 0.6, 0.8]
    """
    if model not in CANDIDATES | LARGER:
        raise InputError(f"model '{model}' is none of {', '.join(CANDIDATES)}{did_you_mean(model, CANDIDATES)}")
    fitted = Model(
        name=model,
        scope=scope,
        columns=_columns(examples, model),
        estimator=_fitted(examples, model, seed),
        trained_to=examples["cutoff"].max() if "cutoff" in examples else None,
    )
    if calibration == "none":
        return fitted
    return calibrate(fitted, examples, unseen(examples, model=model, seed=seed), method=calibration)


def calibrate(model: Model, examples: pd.DataFrame, probability: np.ndarray, *, method: str) -> Model:
    """Return the model with a calibrator learnt from examples and their probabilities, as `unseen` returns them."""
    if method not in CALIBRATORS:
        raise InputError(
            f"calibration '{method}' is none of {', '.join(CALIBRATORS)}{did_you_mean(method, CALIBRATORS)}"
        )
    return replace(model, calibrator=CALIBRATORS[method](examples, probability))


def unseen(examples: pd.DataFrame, *, model: str, seed: int = 0, parts: int = 3) -> np.ndarray:
    """Return for every example the probability by a model fitted without that customer's examples."""
    found = np.empty(len(examples))
    customers = examples["customer_id"] if "customer_id" in examples else np.arange(len(examples))
    for rest, part in GroupKFold(parts, shuffle=True, random_state=seed).split(examples, groups=customers):
        one = examples.iloc[part][list(_columns(examples.iloc[rest], model))]
        found[part] = _fitted(examples.iloc[rest], model, seed).predict_proba(one)[:, 1]
    return found


def probability(model: Model, features: pd.DataFrame) -> np.ndarray:
    """Return the probability of churn of every row, calibrated where the model has a calibrator."""
    raw = np.asarray(model.estimator.predict_proba(features[list(model.columns)])[:, 1])
    return raw if model.calibrator is None else model.calibrator(raw, features)


def score(model: Model, features: pd.DataFrame) -> Scores:
    """Score customers; `churned` is carried along where the features hold it."""
    keys = [key for key in ("customer_id", "cutoff", "churned") if key in features]
    return Scores(customers=features[keys].assign(probability=probability(model, features)))


def weights(examples: pd.DataFrame) -> np.ndarray:
    """Return how much each example counts: one of the latest cut-off, or without cut-offs, counts 1."""
    if "cutoff" not in examples:
        return np.ones(len(examples))
    days = (examples["cutoff"].max() - examples["cutoff"]).dt.days.to_numpy()
    return np.asarray(0.5 ** (days / _HALF_LIFE_DAYS))


def applicable(examples: pd.DataFrame) -> list[str]:
    """Name the candidates whose columns the examples have; a rule needs its own one."""
    return [name for name in CANDIDATES if name not in RULES or set(RULES[name]) & set(examples)]


def _columns(examples: pd.DataFrame, model: str) -> tuple[str, ...]:
    if model in RULES:
        return tuple(column for column in RULES[model] if column in examples)[:1]
    return tuple(str(c) for c in examples if c not in KEYS and examples[c].nunique(dropna=False) > 1)


def _fitted(examples: pd.DataFrame, model: str, seed: int) -> Pipeline:
    known = examples[list(_columns(examples, model))]
    labels = examples["churned"].to_numpy(int)
    # Such matrices are solved eight times as fast, and as cheaply, by one thread as by two that wait for each other.
    with threadpool_limits(1, user_api="blas"):
        return (CANDIDATES | LARGER)[model](seed).fit(known, labels, model__sample_weight=weights(examples))


def _rule(seed: int) -> Pipeline:
    return linear_pipeline(LogisticRegression(random_state=seed))


def _logistic(seed: int) -> Pipeline:
    return linear_pipeline(LogisticRegression(C=0.01, solver="newton-cholesky", random_state=seed))


def _trees(seed: int) -> Pipeline:
    return _boosted(seed, n_estimators=400, num_leaves=4, min_child_samples=100)


def _large_trees(seed: int) -> Pipeline:
    return _boosted(seed, n_estimators=1000, num_leaves=31, min_child_samples=20)


def _boosted(seed: int, **size: int) -> Pipeline:
    from lightgbm import LGBMClassifier

    threads = int(os.environ.get("WORKBENCH_THREADS", "1"))
    classifier = LGBMClassifier(
        learning_rate=0.02, random_state=seed, n_jobs=threads, deterministic=True, verbose=-1, **size
    )
    return tree_pipeline(classifier)


CANDIDATES: dict[str, Callable[[int], Pipeline]] = {
    "recency": _rule,
    "repeat_rate": _rule,
    "tenure": _rule,
    "logistic": _logistic,
    "trees": _trees,
}
# What tuning runs tend to end with: to compare with, and never to choose.
LARGER: dict[str, Callable[[int], Pipeline]] = {"large_trees": _large_trees}
# The column that a rule goes by, the first of these that is there; the other candidates take all there are.
RULES = {
    "recency": ("recency_days",),
    "repeat_rate": ("orders_per_year",),
    "tenure": ("tenure_days", "tenure_months"),
}
