"""How likely is likely: maps from a model's probability of churn to the rate at which such customers churn.

In: examples and their probabilities, from models that had not seen these customers.   Out: a `Calibrator`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from workbench.explain.encoders import log_odds

# No customer is certain to stay or to leave.
_CLOSEST = 0.001


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibrator:
    """A monotone map of probabilities; a `seasonal` one then lets the coming season scale the rate of ordering.

    Under a Poisson process, ordering at r times the rate turns the probability p of no order into p to the power r.
    """

    name: str
    map: Callable[[np.ndarray], np.ndarray]
    seasonal: bool = False

    def __call__(self, raw: np.ndarray, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated probabilities; features have `season_ratio` where it is known."""
        level: np.ndarray = np.clip(self.map(raw), _CLOSEST, 1 - _CLOSEST)
        if not self.seasonal or "season_ratio" not in features:
            return level
        return np.asarray(level ** features["season_ratio"].fillna(1).to_numpy(float))


def sigmoid(examples: pd.DataFrame, probability: np.ndarray, *, seasonal: bool = False) -> Calibrator:
    """Fit Platt's sigmoid (1999) with one slope and a level of its own for each cut-off; the latest level is used."""
    cutoffs = pd.get_dummies(examples["cutoff"]) if "cutoff" in examples else pd.DataFrame({0: np.ones(len(examples))})
    inputs = np.column_stack([log_odds(probability), cutoffs.to_numpy(float)])
    found = LogisticRegression(C=1e6, fit_intercept=False, max_iter=1000).fit(inputs, examples["churned"].astype(int))
    line = partial(_line, slope=float(found.coef_[0, 0]), level=float(found.coef_[0, -1]))
    return Calibrator(name="seasonal" if seasonal else "sigmoid", map=line, seasonal=seasonal)


def isotonic(examples: pd.DataFrame, probability: np.ndarray) -> Calibrator:
    """Fit a rising step function on the latest cut-off (Zadrozny and Elkan, 2002)."""
    latest = np.ones(len(examples), dtype=bool)
    if "cutoff" in examples:
        latest = (examples["cutoff"] == examples["cutoff"].max()).to_numpy()
    steps: Any = IsotonicRegression(out_of_bounds="clip")
    steps.fit(probability[latest], examples["churned"].to_numpy(float)[latest])
    return Calibrator(name="isotonic", map=steps.predict)


# By name, simplest first; 'seasonal' is the sigmoid, scaled by the coming season.
CALIBRATORS: dict[str, Callable[[pd.DataFrame, np.ndarray], Calibrator]] = {
    "sigmoid": sigmoid,
    "isotonic": isotonic,
    "seasonal": partial(sigmoid, seasonal=True),
}


def _line(probability: np.ndarray, *, slope: float, level: float) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(slope * log_odds(probability) + level))))
