"""Intervals of the largest difference between groups: ours by counts, fairlearn's by rows, on the same rows.

In: group, actual and selected of each row.   Out: both ends of each metric's interval.
"""

import warnings

import numpy as np

from workbench.governance.fairness import resample_rates
from workbench.governance.fairness.counts import RATES

ROWS, THEIR_RESAMPLES = 20_000, 200


def rows_in_groups() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return four groups of rows, some gap between them, one row a customer."""
    rng = np.random.default_rng(7)
    group = rng.choice(4, ROWS, p=[0.5, 0.3, 0.15, 0.05])
    actual = (rng.random(ROWS) < np.array([0.20, 0.22, 0.25, 0.21])[group]).astype(int)
    chance = np.where(actual == 1, 0.6, 0.15) + np.array([0.0, 0.03, -0.03, 0.05])[group]
    return group, actual, (rng.random(ROWS) < chance).astype(int)


def ends(group: np.ndarray, actual: np.ndarray, selected: np.ndarray, *, resamples: int, seed: int) -> np.ndarray:
    """Return both ends of the interval of max - min over groups, (2, metrics)."""
    draws = resample_rates(group, actual, selected, resamples=resamples, seed=seed).draws
    found: np.ndarray = np.quantile(np.ptp(draws, axis=1), [0.025, 0.975], axis=0)
    return found


def fairlearn_ends(group: np.ndarray, actual: np.ndarray, selected: np.ndarray) -> np.ndarray:
    """Return the same by fairlearn's bootstrap of rows."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import zero_one_loss

    metrics = dict(zip(RATES, (selection_rate, true_positive_rate, false_positive_rate, zero_one_loss), strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = MetricFrame(
            metrics=metrics,
            y_true=actual,
            y_pred=selected,
            sensitive_features=group,
            n_boot=THEIR_RESAMPLES,
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
        low, high = frame.difference_ci(method="between_groups")
    return np.stack([low[list(RATES)].to_numpy(float), high[list(RATES)].to_numpy(float)])
