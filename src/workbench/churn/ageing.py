"""How does a model of churn do in the months after its training? What a policy of retraining is to be judged by.

In: examples of many cut-offs, models by the day from which they were used.   Out: one row per month and model.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.churn.quality import delong
from workbench.churn.slopes import Slopes, straighten

_BINS = 10
_CLOSEST = 1e-6
# As many tell one model from another to a thousandth; more would only cost energy.
_MOST = 10_000
_COLUMNS = ("month", "trained", "auc", "auc_error", "behind", "behind_error", "psi", "log_loss", "log_loss_error", "n")


def ageing(examples: pd.DataFrame, fitted: Mapping[pd.Timestamp, Slopes], features: tuple[str, ...]) -> pd.DataFrame:
    """Return how every model (`trained`) did on the customers of its own and of each later `month`.

    auc with its standard error; `behind` the model of the month itself, and the error of that difference on the same
    customers (DeLong, 1988); `psi`, the population stability index of the scores against those on the day of training,
    over tenths of these, 0 on that day; `log_loss` with the standard error of its mean; n customers, 10,000 at most.
    Months in which fewer than two left or stayed have no auc. `features` are the columns that slopes are of.
    """
    rows: list[tuple[object, ...]] = []
    at_training: dict[pd.Timestamp, np.ndarray] = {}
    for month in sorted(fitted):
        part = examples[examples["cutoff"] == month]
        part = part.sample(min(len(part), _MOST), random_state=0)
        churned, straight = part["churned"].to_numpy(), straighten(part[list(features)])
        known = [at for at in sorted(fitted) if at <= month]
        chances = [fitted[at].chance(straight) for at in known]
        at_training[month] = chances[-1]
        auc, covariance = delong(churned, *chances)
        variance = np.diag(covariance)
        paired = np.sqrt(np.clip(variance[-1] + variance - 2 * covariance[-1], 0, None))
        for place, (at, chance) in enumerate(zip(known, chances, strict=True)):
            ranked = (auc[place], np.sqrt(variance[place]), auc[-1] - auc[place], paired[place])
            rows.append((month, at, *ranked, _psi(at_training[at], chance), *_log_loss(churned, chance), len(part)))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _psi(before: np.ndarray, after: np.ndarray) -> float:
    """Return the population stability index; half a customer is added to each tenth, so that none is empty."""
    edges = np.quantile(before, np.linspace(0, 1, _BINS + 1)[1:-1])
    counts = [np.bincount(np.searchsorted(edges, part), minlength=_BINS) + 0.5 for part in (before, after)]
    first, second = (count / count.sum() for count in counts)
    return float(((second - first) * np.log(second / first)).sum())


def _log_loss(churned: np.ndarray, chance: np.ndarray) -> tuple[float, float]:
    inside = np.clip(chance, _CLOSEST, 1 - _CLOSEST)
    losses = -np.where(churned == 1, np.log(inside), np.log(1 - inside))
    return float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(len(losses))) if len(losses) > 1 else np.nan
