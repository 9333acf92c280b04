"""How good is a forecast of spend: is the total right, is the order right, whom does the top decile reach?

In: a frame with `predicted` and `spent` per customer.   Out: tidy frames, each figure with a 95 % interval.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from workbench.intervals import FEWEST, Z

_RESAMPLES = 400
# Between Poisson (1) and gamma (2): noughts and money in one scoring rule (Jorgensen, 1987).
_POWER = 1.5
_LEAST = 1e-4


def quality(scores: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Return metric, value, low, high and n for every figure of one cut-off's forecasts.

    total_ratio (predicted over spent: 1 is right), rmse, mae and mae_nobody (that of forecasting that nobody buys),
    deviance (Tweedie's, power 1.5, a proper score of noughts and money), spearman (after Bonett and Wright, 2000),
    top_decile_share of spend by those forecast highest and oracle_share, the most any forecast could reach. Intervals,
    but spearman's, by a Poisson bootstrap of customers.

    >>> scores = pd.DataFrame({"predicted": [1.0, 2.0] * 50, "spent": [0.0, 3.0] * 50})
    >>> quality(scores).set_index("metric").loc[["total_ratio", "mae", "mae_nobody", "spearman"], "value"].tolist()
    [1.0, 1.0, 1.5, 1.0]
    """
    predicted, spent = scores["predicted"].to_numpy(float), scores["spent"].to_numpy(float)
    n = len(scores)
    weights = np.random.default_rng(seed).poisson(1.0, (_RESAMPLES, n)).astype(np.float32)
    top, best = (_in_top(values) for values in (predicted, spent))
    means = {
        "rmse": (predicted - spent) ** 2,
        "mae": np.abs(predicted - spent),
        "mae_nobody": np.abs(spent),
        "deviance": deviances(predicted, spent),
    }
    rows = [("total_ratio", *_ratio(predicted, spent, weights))]
    for name, losses in means.items():
        found = _ratio(losses, np.ones(n), weights)
        rows.append((name, *(np.sqrt(found) if name == "rmse" else found)))
    rows.append(("spearman", *_spearman(predicted, spent)))
    rows.append(("top_decile_share", *_ratio(np.where(top, spent, 0.0), spent, weights)))
    rows.append(("oracle_share", *_ratio(np.where(best, spent, 0.0), spent, weights)))
    frame = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    return frame.assign(n=n)


def deviances(predicted: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Return each customer's Tweedie deviance, scaled by mean spend so that currencies compare.

    A forecast of less than a ten-thousandth of mean spend counts as that much.
    """
    scale = spent.mean() if spent.mean() > 0 else 1.0
    y, mu = spent / scale, np.maximum(predicted / scale, _LEAST)
    one, two = 1 - _POWER, 2 - _POWER
    return np.asarray(2 * (y**two / (one * two) - y * mu**one / one + mu**two / two))


def decile_calibration(scores: pd.DataFrame) -> pd.DataFrame:
    """Return for each tenth of the customers, by forecast from low to high, mean predicted and spent, low and high."""
    place = np.argsort(np.argsort(scores["predicted"].to_numpy(float), kind="stable"), kind="stable")
    bins = min(10, max(len(scores) // FEWEST, 1))
    groups = scores.groupby(place * bins // max(len(scores), 1))
    mean, error = groups["spent"].mean(), groups["spent"].sem().fillna(0.0)
    return pd.DataFrame(
        {
            "decile": np.arange(1, bins + 1),
            "predicted": groups["predicted"].mean().to_numpy(),
            "spent": mean.to_numpy(),
            "low": (mean - Z * error).clip(lower=0).to_numpy(),
            "high": (mean + Z * error).to_numpy(),
            "customers": groups.size().to_numpy(),
        }
    )


def _in_top(values: np.ndarray) -> np.ndarray:
    found = np.zeros(len(values), dtype=bool)
    found[np.argsort(-values, kind="stable")[: max(len(values) // 10, 1)]] = True
    return found


def _ratio(above: np.ndarray, below: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the ratio of two sums, and the ends of its bootstrap interval; NaN where there is nothing below."""
    if not below.sum() > 0:
        return np.full(3, np.nan)
    found, under = weights @ above.astype(np.float32), weights @ below.astype(np.float32)
    # Of few customers a resample may hold none with anything below: it has no ratio.
    again = np.divide(found, under, out=np.full_like(under, np.nan), where=under > 0)
    low, high = np.nanquantile(again, [0.025, 0.975])
    return np.array([above.sum() / below.sum(), low, high])


def _spearman(predicted: np.ndarray, spent: np.ndarray) -> tuple[float, float, float]:
    if len(spent) < 4 or not (np.ptp(predicted) > 0 and np.ptp(spent) > 0):
        return (np.nan,) * 3
    value = float(np.corrcoef(rankdata(predicted), rankdata(spent))[0, 1])
    inside = np.clip(value, -0.999999, 0.999999)
    margin = Z * np.sqrt((1 + inside**2 / 2) / (len(spent) - 3))
    return value, float(np.tanh(np.arctanh(inside) - margin)), float(np.tanh(np.arctanh(inside) + margin))
