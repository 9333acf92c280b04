"""Shares, means and calibration, each with its 95 % interval, as every capability reports them; p of many tests.

In: counts, losses, predicted chances and what happened.   Out: value, low and high; NaN where there is nothing.
"""

import numpy as np

Z = 1.959964
# By how many standard errors more a difference has to lie off to be shown in four of five samples.
Z_POWER = 0.841621
# With fewer in a group or a bin, chance alone would look like an effect, or like an error of calibration.
FEWEST = 30
_BINS = 10
_RESAMPLES = 2_000


def wilson(count: np.ndarray | float, of: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a share with the ends of Wilson's interval (1927); NaN of nothing.

    >>> [round(float(value), 3) for value in wilson(10, 20)]
    [0.5, 0.299, 0.701]
    """
    size = np.where(np.asarray(of) > 0, of, np.nan)
    share = count / size
    middle = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    margin = Z / (1 + Z**2 / size) * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    # Rounding may carry an end past the share itself, or past 0 and 1.
    return share, np.clip(middle - margin, 0, share), np.clip(middle + margin, share, 1)


def mean_loss(losses: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of losses, which are 0 or more, with the interval of a mean; NaN of fewer than two.

    >>> [round(value, 2) for value in mean_loss(np.array([0.0, 1.0, 1.0, 2.0]))]
    [1.0, 0.2, 1.8]
    """
    if len(losses) < 2:
        return (np.nan,) * 3
    value, margin = float(losses.mean()), float(Z * losses.std(ddof=1) / np.sqrt(len(losses)))
    return value, max(value - margin, 0), value + margin


def calibration_error(predicted: np.ndarray, happened: np.ndarray, *, seed: int) -> tuple[float, float, float]:
    """Return the mean distance of what was predicted and how often it happened (0 or 1), over `equal_bins`.

    The interval is that of a bootstrap of counts, reflected, as chance only adds to the error (Naeini et al., 2015).

    >>> calibration_error(np.array([0.5] * 60), np.array([0, 1] * 30), seed=0)[0]
    0.0
    """
    if not len(happened):
        return (np.nan,) * 3
    cell = equal_bins(predicted) * 2 + happened.astype(int)
    counts = np.bincount(cell, minlength=2 * _BINS)
    excess = np.bincount(cell, weights=predicted - happened, minlength=2 * _BINS) / np.maximum(counts, 1)
    draws = np.random.default_rng(seed).multinomial(len(happened), counts / len(happened), size=_RESAMPLES)
    errors = [np.abs((c * excess).reshape(-1, _BINS, 2).sum(2)).sum(1) / len(happened) for c in (counts, draws)]
    value = float(errors[0][0])
    low, high = np.quantile(errors[1], [0.025, 0.975])
    return value, max(2 * value - high, 0), max(2 * value - low, value)


def equal_bins(predicted: np.ndarray) -> np.ndarray:
    """Return the bin of each prediction, from the lowest up: ten of equal size, fewer where one would hold under 30.

    >>> np.bincount(equal_bins(np.linspace(0, 1, 90))).tolist()
    [30, 30, 30]
    """
    bins = min(_BINS, max(len(predicted) // FEWEST, 1))
    place = np.empty(len(predicted), dtype=int)
    place[np.argsort(predicted, kind="stable")] = np.arange(len(predicted)) * bins // max(len(predicted), 1)
    return place


def holm(p: np.ndarray) -> np.ndarray:
    """Return p adjusted for the number of tests (Holm, 1979); NaN is no test.

    >>> holm(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1)
    return adjusted


def smallest_within(values: np.ndarray, errors: np.ndarray) -> int:
    """Return the first place whose value lies behind the highest by no more than its error (Breiman et al., 1984).

    Places go from the smallest, or simplest, up; `errors` are standard errors of each difference to the highest.

    >>> smallest_within(np.array([0.70, 0.79, 0.80]), np.array([0.02, 0.012, 0.0]))
    1
    """
    return int(np.argmax(values.max() - values <= errors))
