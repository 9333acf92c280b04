"""The candidates that predict churn, simplest first: two rules, a regularised logistic regression, small boosted trees.

In: examples (one row per customer and cut-off, features, `churned`).   Out: a fitted `Model`; `Scores` of customers.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler

from workbench.errors import InputError, did_you_mean

Scope = Literal["local", "pooled"]
KEYS = ("customer_id", "cutoff", "churned")


@dataclass(frozen=True, eq=False, kw_only=True)
class Model:
    """A fitted model of churn.

    `estimator` is a pipeline of three steps: plain (types), encode (a ColumnTransformer with one transformer per input
    column, so that `output_indices_[column]` names the encoded columns of each) and classify (a LogisticRegression or
    an LGBMClassifier). `calibrator` maps the estimator's probability to a calibrated one; None leaves it as it is.
    """

    name: str
    scope: Scope
    columns: tuple[str, ...]
    estimator: Pipeline
    calibrator: Any = None
    trained_to: pd.Timestamp | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Scores:
    """Calibrated probabilities: `customers` has customer_id, cutoff where given, probability, churned where known."""

    customers: pd.DataFrame


def fit(examples: pd.DataFrame, *, model: str, seed: int = 0, scope: Scope = "local") -> Model:
    """Fit one candidate on all columns of the examples besides the keys; constant columns are left out."""
    if model not in CANDIDATES:
        raise InputError(f"model '{model}' is none of {', '.join(CANDIDATES)}{did_you_mean(model, CANDIDATES)}")
    useful = [c for c in examples if c not in KEYS and examples[c].nunique(dropna=False) > 1]
    columns = tuple(NEEDS.get(model, useful))
    estimator = CANDIDATES[model](examples[list(columns)], seed)
    estimator.fit(examples[list(columns)], examples["churned"].astype(int))
    trained_to = examples["cutoff"].max() if "cutoff" in examples else None
    return Model(name=model, scope=scope, columns=columns, estimator=estimator, trained_to=trained_to)


def probability(model: Model, features: pd.DataFrame) -> np.ndarray:
    """Return the probability of churn of every row, calibrated where the model has a calibrator."""
    raw = model.estimator.predict_proba(features[list(model.columns)])[:, 1]
    return raw if model.calibrator is None else model.calibrator(raw)


def score(model: Model, features: pd.DataFrame) -> Scores:
    """Score customers; `churned` is carried along where the features hold it."""
    keys = [key for key in KEYS if key in features]
    return Scores(customers=features[keys].assign(probability=probability(model, features)))


def calibrate(model: Model, examples: pd.DataFrame, *, method: str) -> Model:
    """Return the model with a calibrator learnt on examples that it was not trained on."""
    if method == "none":
        return replace(model, calibrator=None)
    raw = probability(replace(model, calibrator=None), examples)
    return replace(model, calibrator=CALIBRATORS[method](raw, examples["churned"].to_numpy(float)))


@dataclass(frozen=True, eq=False)
class _Calibrator:
    """A monotone map from probability to probability, by way of log-odds for the sigmoid."""

    map: Any
    through_logit: bool

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        if self.through_logit:
            return np.asarray(self.map.predict_proba(_logit(raw)[:, None])[:, 1])
        return np.asarray(self.map.predict(raw))


def _sigmoid(raw: np.ndarray, churned: np.ndarray) -> _Calibrator:
    return _Calibrator(LogisticRegression(C=1e6).fit(_logit(raw)[:, None], churned), through_logit=True)


def _isotonic(raw: np.ndarray, churned: np.ndarray) -> _Calibrator:
    fitted = IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(raw, churned)
    return _Calibrator(fitted, through_logit=False)


def _logit(p: np.ndarray) -> np.ndarray:
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


CALIBRATORS: dict[str, Callable[[np.ndarray, np.ndarray], _Calibrator]] = {"sigmoid": _sigmoid, "isotonic": _isotonic}


def _rule(features: pd.DataFrame, seed: int) -> Pipeline:
    return _assemble(features, _line, _one_hot, LogisticRegression(random_state=seed))


def _logistic(features: pd.DataFrame, seed: int) -> Pipeline:
    return _assemble(features, _curve, _one_hot, LogisticRegression(C=0.1, max_iter=500, random_state=seed))


def _trees(features: pd.DataFrame, seed: int) -> Pipeline:
    threads = int(os.environ.get("WORKBENCH_THREADS", "1"))
    classifier = LGBMClassifier(
        n_estimators=300,
        learning_rate=0.02,
        num_leaves=8,
        min_child_samples=40,
        verbose=-1,
        random_state=seed,
        n_jobs=threads,
    )
    return _assemble(features, lambda: FunctionTransformer(), _ordinal, classifier)


CANDIDATES: dict[str, Callable[[pd.DataFrame, int], Pipeline]] = {
    "recency": _rule,
    "repeat_rate": _rule,
    "logistic": _logistic,
    "trees": _trees,
}
# The columns of the rules; the other candidates take all there are.
NEEDS = {"recency": ("recency_days",), "repeat_rate": ("orders_per_year",)}


def _assemble(features: pd.DataFrame, numeric: Callable[[], Any], category: Callable[[], Any], last: Any) -> Pipeline:
    numbers = [c for c in features if pd.api.types.is_numeric_dtype(features[c])]
    steps = [(str(c), numeric() if c in numbers else category(), [c]) for c in features]
    plain = FunctionTransformer(_plain, kw_args={"numbers": numbers})
    encode = ColumnTransformer(steps, verbose_feature_names_out=True)
    return Pipeline([("plain", plain), ("encode", encode), ("classify", last)])


def _plain(frame: pd.DataFrame, *, numbers: list[str]) -> pd.DataFrame:
    types = {c: float if c in numbers else object for c in frame}
    plain = frame.astype(types)
    return plain.where(plain.notna(), np.nan)


def _line() -> Any:
    return make_pipeline(SimpleImputer(), FunctionTransformer(_signed_log), StandardScaler())


def _curve() -> Any:
    spline = SplineTransformer(n_knots=4, knots="quantile", extrapolation="linear", include_bias=False)
    return make_pipeline(SimpleImputer(), FunctionTransformer(_signed_log), spline, StandardScaler())


def _signed_log(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def _one_hot() -> Any:
    return OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist", sparse_output=False)


def _ordinal() -> Any:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
