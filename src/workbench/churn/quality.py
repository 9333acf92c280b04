"""How good are the probabilities: do they rank, are they right, whom do they reach? Each figure with a 95 % interval.

In: a frame with `probability` and `churned` (0 or 1).   Out: tidy frames; what cannot be measured is NaN.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from workbench.intervals import Z, calibration_error, equal_bins, mean_loss, wilson

_CLOSEST = 1e-6


def quality(scores: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Return metric, value, low, high and n (rows) for every metric of a set of scores.

    `auc` with DeLong's interval (1988), `average_precision` with the logit interval of Boyd, Eng and Page (2013),
    `brier` and `log_loss` with that of a mean, `calibration_error` over ten bins of equal size, fewer where a bin would
    hold fewer than 30 rows, with a bootstrap over bins, `capture_top_decile` and `lift_top_decile` with Wilson's. All
    take rows as independent.

    >>> scores = pd.DataFrame({"probability": [0.1, 0.4, 0.35, 0.8] * 9, "churned": [0, 0, 1, 1] * 9})
    >>> quality(scores).set_index("metric").loc[["auc", "brier"], "value"].round(3).tolist()
    [0.75, 0.158]
    """
    churned, probability = scores["churned"].to_numpy(float), scores["probability"].to_numpy(float)
    inside = np.clip(probability, _CLOSEST, 1 - _CLOSEST)
    losses = -np.where(churned == 1, np.log(inside), np.log(1 - inside))
    top = deciles(scores).iloc[0] if len(scores) else pd.Series(np.nan, ["capture", "low", "high", "lift"])
    scale = top["lift"] / top["capture"] if top["capture"] > 0 else np.nan
    found = {
        "auc": _auc(churned, probability),
        "average_precision": _average_precision(churned, probability),
        "brier": mean_loss((probability - churned) ** 2),
        "log_loss": mean_loss(losses),
        "calibration_error": calibration_error(probability, churned, seed=seed),
        "capture_top_decile": (top["capture"], top["low"], top["high"]),
        "lift_top_decile": (top["lift"], top["low"] * scale, top["high"] * scale),
        "churn_rate": wilson(churned.sum(), len(churned)),
    }
    rows = [(name, *(float(value) for value in values), len(scores)) for name, values in found.items()]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])


def deciles(scores: pd.DataFrame) -> pd.DataFrame:
    """Return for the riskiest 10 %, 20 % … : churn_rate of the decile; lift and capture up to it; low, high of capture.

    Capture is the share of all churners reached, lift the churn rate among those contacted over that of everybody.
    """
    order = np.argsort(-scores["probability"].to_numpy(), kind="stable")
    churned = scores["churned"].to_numpy(float)[order]
    ends = np.ceil(len(churned) * np.arange(1, 11) / 10).astype(int)
    reached = np.concatenate([[0.0], np.cumsum(churned)])[ends]
    sizes, among = np.diff(ends, prepend=0), np.diff(reached, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        capture, low, high = wilson(reached, churned.sum())
        columns = {"customers": sizes, "churn_rate": among / sizes, "lift": capture * len(churned) / ends}
    return pd.DataFrame({"decile": np.arange(1, 11), **columns, "capture": capture, "low": low, "high": high})


def calibration(scores: pd.DataFrame) -> pd.DataFrame:
    """Return predicted and observed churn rate with low and high, and customers, in the bins of `calibration_error`."""
    place = equal_bins(scores["probability"].to_numpy(float))
    groups = scores.groupby(place)
    observed, low, high = wilson(groups["churned"].sum().to_numpy(float), groups.size().to_numpy(float))
    predicted = groups["probability"].mean().to_numpy()
    rates = {"predicted": predicted, "observed": observed, "low": low, "high": high}
    return pd.DataFrame({**rates, "customers": groups.size().to_numpy()})


def base_rates(examples: pd.DataFrame) -> pd.DataFrame:
    """Return cutoff, churn_rate, low, high and customers of every cut-off whose outcome is known."""
    groups = examples[examples["churned"].notna()].groupby("cutoff")["churned"]
    rate, low, high = wilson(groups.sum().to_numpy(float), groups.size().to_numpy(float))
    rates = {"cutoff": groups.size().index, "churn_rate": rate, "low": low, "high": high}
    return pd.DataFrame({**rates, "customers": groups.size().to_numpy()})


def delong(churned: np.ndarray, *probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUC of several models on the same rows, and the covariance matrix of these (DeLong et al., 1988)."""
    ones = churned == 1
    m, n = ones.sum(), (~ones).sum()
    if min(m, n) < 2:
        return np.full(len(probabilities), np.nan), np.full((len(probabilities),) * 2, np.nan)
    above, below = zip(*(_placements(ones, probability) for probability in probabilities), strict=True)
    covariance = np.atleast_2d(np.cov(above)) / m + np.atleast_2d(np.cov(below)) / n
    return np.mean(above, axis=1), covariance


def auc_contributions(churned: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return a number for each row: their mean is the AUC, and the error of a mean is DeLong's (1988).

    They are the jackknife's pseudo-values, from how each row is placed among those of the other class.

    >>> found = auc_contributions(np.array([0, 1, 0, 1]), np.array([0.1, 0.8, 0.5, 0.4]))
    >>> found.tolist(), float(found.mean())
    ([1.25, 1.25, 0.25, 0.25], 0.75)
    """
    ones = churned == 1
    above, below = _placements(ones, probability)
    found = np.empty(len(churned))
    for of, placed in ((ones, above), (~ones, below)):
        found[of] = placed.mean() + len(churned) / len(placed) * (placed - placed.mean())
    return found


def _placements(ones: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of stayers below each churner, and of churners above each stayer; ties count half."""
    ranks, m, n = rankdata(probability), ones.sum(), (~ones).sum()
    above = (ranks[ones] - rankdata(probability[ones])) / n
    return above, 1 - (ranks[~ones] - rankdata(probability[~ones])) / m


def _auc(churned: np.ndarray, probability: np.ndarray) -> tuple[float, float, float]:
    auc, variance = delong(churned, probability)
    margin = Z * np.sqrt(variance[0, 0])
    return auc[0], max(auc[0] - margin, 0), min(auc[0] + margin, 1)


def _average_precision(churned: np.ndarray, probability: np.ndarray) -> tuple[float, float, float]:
    if not 0 < churned.sum() < len(churned):
        return (np.nan,) * 3
    value = float(average_precision_score(churned, probability))
    inside = np.clip(value, _CLOSEST, 1 - _CLOSEST)
    middle, margin = np.log(inside / (1 - inside)), Z / np.sqrt(churned.sum() * inside * (1 - inside))
    return value, 1 / (1 + np.exp(margin - middle)), 1 / (1 + np.exp(-margin - middle))
