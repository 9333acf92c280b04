"""What moves a model's answer, for everybody and for each customer: exact contributions to its raw score.

In: a fitted model and the features of customers at one cut-off.   Out: `Drivers`, and the shape of each dependence.
"""

from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from workbench.errors import InputError, did_you_mean
from workbench.explain.wording import Subject, family
from workbench.intervals import Z

# A rank correlation weaker than this is no direction: the effect bends, or other columns decide it.
CLEAR_DIRECTION = 0.3
_NOTHING = 1e-12
_ENOUGH = 10
# What drives everybody is known to three digits from so many; their own contributions are told to all.
_ENOUGH_FOR_ALL = 20_000


class Explainable(Protocol):
    """A fitted model: a pipeline of `explain.pipelines` and the columns that go in."""

    @property
    def estimator(self) -> Pipeline: ...

    @property
    def columns(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Drivers:
    """Why the model says what it says of its `subject`: risk (log-odds) or value (logarithm of money).

    `contributions` has a row per customer_id (the index) and a column per feature; `base` plus a row's sum is the raw
    score that the model gives to that customer before calibration, which never changes their order.
    `importance` has a row per family of features that say nearly the same: column (the one that tells their effect
    best), others (how many more there are), importance (mean absolute sum of their contributions) with its 95 %
    interval low and high, and direction; of more than 20,000 customers, by so many drawn by lot.
    """

    contributions: pd.DataFrame
    base: float
    importance: pd.DataFrame
    seconds: float
    subject: Subject = "risk"


def attribute(
    model: Explainable,
    features: pd.DataFrame,
    *,
    customers: Collection[str] | None = None,
    subject: Subject = "risk",
) -> Drivers:
    """Return the exact contributions of every feature, for some customers or for all.

    Linear models by the closed form coefficient x (value - mean of the features given); trees by TreeSHAP (Lundberg et
    al., 2020), where the base is the average over the rows the trees were grown on. What a feature was encoded into is
    summed back to it. `features` holds one row for each customer; an InputError says where it holds more.
    """
    started = perf_counter()
    if features["customer_id"].duplicated().any():
        repeated = int(features["customer_id"].duplicated().sum())
        raise InputError(f"features: {repeated:,} rows repeat a customer_id; explain the customers of one cut-off")
    chosen = slice(None) if customers is None else np.flatnonzero(features["customer_id"].isin(set(customers)))
    last = model.estimator[-1]
    linear = hasattr(last, "coef_")
    # The closed form needs the mean of all; trees only those who are explained.
    told = features if linear else features.iloc[chosen]
    encoded = np.asarray(model.estimator[:-1].transform(told[list(model.columns)]), dtype=float)
    of_encoded, base = _linear(last, encoded, chosen) if linear else _trees(last, encoded)
    places = model.estimator[-2].output_indices_
    contributions = pd.DataFrame(
        {column: of_encoded[:, places[column]].sum(axis=1) for column in model.columns},
        index=pd.Index(features["customer_id"].iloc[chosen], name="customer_id"),
    )
    some = np.arange(len(contributions))
    if len(some) > _ENOUGH_FOR_ALL:
        some = np.sort(np.random.default_rng(0).choice(some, _ENOUGH_FOR_ALL, replace=False))
    importance = _importance(contributions.iloc[some], features.iloc[chosen].iloc[some])
    seconds = perf_counter() - started
    return Drivers(contributions=contributions, base=base, importance=importance, seconds=seconds, subject=subject)


def dependence(
    drivers: Drivers, features: pd.DataFrame, column: str, *, sample: int = 600, seed: int = 0
) -> pd.DataFrame:
    """Return value of a feature and contribution of its family, for at most `sample` explained customers."""
    if column not in drivers.contributions:
        raise InputError(f"no feature '{column}' in the model{did_you_mean(column, map(str, drivers.contributions))}")
    values = features.set_index("customer_id")[column].reindex(drivers.contributions.index)
    alike = [other for other in map(str, drivers.contributions) if family(other) == family(column)]
    both = pd.DataFrame({"value": values, "contribution": drivers.contributions[alike].sum(axis=1)})
    known = both.dropna(subset="value")
    return known.sample(min(sample, len(known)), random_state=seed).reset_index(drop=True)


def _linear(last: Any, encoded: np.ndarray, chosen: Any) -> tuple[np.ndarray, float]:
    mean, coefficients = encoded.mean(axis=0), np.ravel(last.coef_)
    found = encoded[chosen] - mean
    found *= coefficients
    return found, float(np.ravel(last.intercept_)[0] + mean @ coefficients)


def _trees(last: Any, encoded: np.ndarray) -> tuple[np.ndarray, float]:
    from workbench.explain.trees import read_trees, tree_contributions

    return tree_contributions(read_trees(last.booster_), encoded)


def rank_correlation(values: pd.Series, contribution: np.ndarray) -> float:
    """Return Spearman's correlation; NaN for values that are no numbers, for too few, and where one does not vary."""
    if not pd.api.types.is_numeric_dtype(values):
        return np.nan
    both = pd.DataFrame({"value": values.to_numpy(float, na_value=np.nan), "contribution": contribution}).dropna()
    if len(both) < _ENOUGH or min(np.ptp(both["value"]), np.ptp(both["contribution"])) < _NOTHING:
        return np.nan
    return float(both["value"].corr(both["contribution"], method="spearman"))


def _importance(contributions: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    rows = []
    families = contributions.columns.map(family)
    for name in families.unique():
        columns = contributions.columns[families == name]
        total, own = contributions[columns].sum(axis=1), contributions[columns].abs().mean()
        told = {c: abs(rank_correlation(features[c], total.to_numpy())) for c in columns}
        lead = max(columns, key=lambda c: (np.nan_to_num(told[c]), own[c]))
        mean, margin = total.abs().mean(), Z * total.abs().std(ddof=1) / np.sqrt(len(total))
        direction = _direction(features[lead], total.to_numpy())
        rows.append((lead, len(columns) - 1, mean, max(mean - margin, 0), mean + margin, direction))
    frame = pd.DataFrame(rows, columns=["column", "others", "importance", "low", "high", "direction"])
    return frame.sort_values("importance", ascending=False, ignore_index=True)


def _direction(values: pd.Series, contribution: np.ndarray) -> str:
    if np.ptp(contribution) < _NOTHING:
        return "no effect"
    moved = rank_correlation(values, contribution)
    if np.isnan(moved):
        return "differs by value"
    if abs(moved) < CLEAR_DIRECTION:
        return "up and down"
    return "more raises" if moved > 0 else "more lowers"
