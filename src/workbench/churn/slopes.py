"""A logistic model as plain numbers, so that millions of rows can be scored in one go.

In: a fitted logistic `Model`, features.   Out: `Slopes`; probabilities.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.churn.models import Model
from workbench.explain.encoders import log_odds

# Where a straightened number is 1; of a share, which is straightened by its log-odds, where these are.
_ONE, _SHARE_OF_ONE = np.e - 1, 1 / (1 + np.exp(-1))


@dataclass(frozen=True, eq=False, kw_only=True)
class Slopes:
    """The log-odds of a model: its intercept, and of each feature the slope, or its part where it is missing."""

    intercept: float
    slope: NDArray[np.float64]
    missing: NDArray[np.float64]

    def chance(self, straight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each row of straightened features."""
        unknown = np.isnan(straight)
        odds = self.intercept + np.where(unknown, 0, straight) @ self.slope + unknown @ self.missing
        return np.asarray(1 / (1 + np.exp(-odds)))


def slopes(model: Model, features: tuple[str, ...]) -> Slopes:
    """Read the slopes off a logistic model of numbers; features that it does not use have none.

    The log-odds are a sum over columns, each linear in its straightened number: 0, 1 and nothing in one column at a
    time find all of it, whatever the pipeline does with medians and scales.

    >>> from workbench.churn.models import fit, probability
    >>> known = pd.DataFrame({"orders": [0, 1, 2, None] * 30, "rhythm_share": [0.1, 0.8, 0.5] * 40})
    >>> model = fit(known.assign(churned=[1, 0, 0, 1, 1, 0] * 20), model="logistic")
    >>> plain = slopes(model, ("orders", "rhythm_share")).chance(straighten(known))
    >>> float(abs(plain - probability(model, known)).max().round(9))
    0.0
    """
    columns, size = list(model.columns), len(model.columns)
    zero = np.array([0.5 if name.endswith("_share") else 0.0 for name in columns])
    probes = np.tile(zero, (2 * size + 1, 1))
    probes[np.arange(size), np.arange(size)] = np.where(zero == 0, _ONE, _SHARE_OF_ONE)
    probes[size + np.arange(size), np.arange(size)] = np.nan
    odds = model.estimator.decision_function(pd.DataFrame(probes, columns=columns))
    parts = np.zeros((2, len(features)))
    parts[:, [features.index(name) for name in columns]] = odds[:-1].reshape(2, size) - odds[-1]
    return Slopes(intercept=float(odds[-1]), slope=parts[0], missing=parts[1])


def straighten(features: pd.DataFrame) -> NDArray[np.float64]:
    """Return features as the logistic model straightens them: shares by log-odds, all else by signed logarithm."""
    values = features.to_numpy(float, na_value=np.nan)
    shares = [str(name).endswith("_share") for name in features]
    return np.where(shares, log_odds(values), np.sign(values) * np.log1p(np.abs(values)))
