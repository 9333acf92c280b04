"""Logistic regression on sparse rows, one class against the rest for all three at once: which weights fit best?

In: rows of a CSR matrix, the class and the weight of each.   Out: weights and intercepts. Importing this imports numba.

Dual coordinate descent by Yu, Huang and Lin (2011): one pass over the rows moves one dual variable per row and class,
so that no step size has to be chosen and 100,000 rows need seconds.
"""

from typing import Any

import numpy as np

from workbench.processor import compiled

_CLASSES = 3
_PASSES = 30
# Stop where no dual variable moves by more than this share of its bound.
_TOLERANCE = 0.03


@compiled
def _root(curvature: float, slope: float, start: float, bound: float) -> Any:
    """Return t where curvature x (bound / (1 + exp(-t)) - start) + slope + t = 0: Newton's steps within a bracket."""
    low, high = -slope - curvature * (bound - start), -slope + curvature * start
    share = min(max(start / bound, 1e-9), 1 - 1e-9)
    t = min(max(np.log(share / (1 - share)), low), high)
    for _ in range(20):
        share = 1 / (1 + np.exp(-t))
        miss = curvature * (bound * share - start) + slope + t
        if abs(miss) < 1e-6:
            break
        if miss > 0:
            high = t
        else:
            low = t
        step = t - miss / (curvature * bound * share * (1 - share) + 1)
        t = step if low < step < high else (low + high) / 2
    return t


@compiled
def fit(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    rows: np.ndarray,
    classes: np.ndarray,
    costs: np.ndarray,
    scales: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (features, 3) float32 and intercepts (3) that fit the rows.

    An error of a row costs `costs[row, class]` against half the squared length of the weights, where each class sees
    the features times its `scales` (features, 3); the weights returned are those of the features as given.
    """
    np.random.seed(seed)
    table, intercepts = np.zeros((len(scales), 8), np.float32), np.zeros(_CLASSES)
    table[:, 4:7] = scales * scales
    duals, lengths = 1e-3 * costs, np.ones((len(rows), _CLASSES))
    for n in range(len(rows)):
        for i in range(indptr[rows[n]], indptr[rows[n] + 1]):
            near = table[indices[i]]
            for k in range(_CLASSES):
                lengths[n, k] += values[i] * values[i] * near[4 + k]
        _move(indptr, indices, values, rows[n], classes[n], duals[n], table, intercepts)
    order = np.arange(len(rows))
    for _ in range(_PASSES):
        np.random.shuffle(order)
        moved = 0.0
        for at in order:
            steps = _steps(
                indptr, indices, values, rows[at], classes[at], costs[at], duals[at], lengths[at], table, intercepts
            )
            duals[at] += steps
            moved = max(moved, np.abs(steps / costs[at]).max())
            _move(indptr, indices, values, rows[at], classes[at], steps, table, intercepts)
        if moved < _TOLERANCE:
            break
    return table[:, :3].copy(), intercepts


@compiled
def _steps(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    row: int,
    one: int,
    costs: np.ndarray,
    duals: np.ndarray,
    lengths: np.ndarray,
    table: np.ndarray,
    intercepts: np.ndarray,
) -> np.ndarray:
    """Return how far the dual variables of a row move to be best while all others stay."""
    sums, steps = intercepts.copy(), np.empty(_CLASSES)
    for i in range(indptr[row], indptr[row + 1]):
        near, value = table[indices[i]], values[i]
        for k in range(_CLASSES):
            sums[k] += value * near[k]
    for k in range(_CLASSES):
        sign = 1.0 if k == one else -1.0
        t = _root(lengths[k], sign * sums[k], duals[k], costs[k])
        steps[k] = costs[k] / (1 + np.exp(-t)) - duals[k]
    return steps


@compiled
def _move(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    row: int,
    one: int,
    steps: np.ndarray,
    table: np.ndarray,
    intercepts: np.ndarray,
) -> None:
    """Add a row to the weights as far as its dual variables have moved."""
    signed = -steps
    signed[one] = steps[one]
    intercepts += signed
    for i in range(indptr[row], indptr[row + 1]):
        near, value = table[indices[i]], values[i]
        for k in range(_CLASSES):
            near[k] += np.float32(signed[k] * value) * near[4 + k]
