"""Maximum likelihood of positive parameters: the best fit, its standard errors, and whether it can be trusted.

In: a loss with its gradient.   Out: `Fit`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

# exp of this is as good as nothing or as without end, for parameters in weeks or in multiples of a mean.
_FURTHEST = 14.0
_STEP = 1e-4
_FLAT = 1e-10

Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """Parameters with standard errors (NaN where the likelihood is flat), log-likelihood, and whether it converged.

    `covariance` is that of the logarithms of the parameters; `at_bound` marks parameters that ran to 0 or without end.
    """

    parameters: np.ndarray
    standard_errors: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    at_bound: np.ndarray


def maximise(loss: Loss, start: np.ndarray, *, rows: float) -> Fit:
    """Minimise the mean negative log-likelihood over the logarithms of positive parameters.

    `loss` takes the logarithms and returns the mean over `rows` customers with its gradient. Quasi-Newton (L-BFGS-B),
    then Newton steps on the differences of the gradient, whose last matrix gives the standard errors (delta method).

    >>> data = np.array([1.0, 2.0, 3.0])  # exponential: the rate is one over the mean
    >>> def loss(log_rate):
    ...     rate = np.exp(log_rate)
    ...     return float(-np.mean(log_rate - rate * data)), np.array([np.mean(rate * data) - 1])
    >>> fitted = maximise(loss, np.zeros(1), rows=3)
    >>> fitted.parameters.round(6).tolist(), fitted.standard_errors.round(3).tolist()
    ([0.5], [0.289])
    """
    bounds = [(-_FURTHEST, _FURTHEST)] * len(start)
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
    # Threads that wait for each other over four numbers cost ten times what the likelihood does.
    with threadpool_limits(1, user_api="blas"):
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        logs, value, curvature = _polish(loss, found.x, float(found.fun))
    covariance = _inverse(curvature * rows)
    parameters = np.exp(logs)
    gradient = loss(logs)[1]
    at_bound = np.abs(logs) > _FURTHEST - 1
    return Fit(
        parameters=parameters,
        standard_errors=parameters * np.sqrt(np.diag(covariance)),
        covariance=covariance,
        log_likelihood=-value * rows,
        converged=bool(np.abs(gradient[~at_bound]).max(initial=0) < 1e-4),
        at_bound=at_bound,
    )


def _polish(loss: Loss, logs: np.ndarray, value: float) -> tuple[np.ndarray, float, np.ndarray]:
    """Take Newton steps while they help; return where they end, the loss and its second derivatives there."""
    for _ in range(5):
        curvature = _curvature(loss, logs)
        gradient = loss(logs)[1]
        if np.abs(gradient).max() < 1e-9 or np.linalg.eigvalsh(curvature)[0] <= _FLAT:
            break
        ahead = np.clip(logs - np.linalg.solve(curvature, gradient), -_FURTHEST, _FURTHEST)
        better = loss(ahead)[0]
        if not better <= value:
            break
        logs, value = ahead, better
    return logs, value, _curvature(loss, logs)


def _curvature(loss: Loss, logs: np.ndarray) -> np.ndarray:
    steps = np.eye(len(logs)) * _STEP
    rows = [(loss(logs + step)[1] - loss(logs - step)[1]) / (2 * _STEP) for step in steps]
    return (np.array(rows) + np.array(rows).T) / 2


def _inverse(information: np.ndarray) -> np.ndarray:
    """Return the inverse; NaN in the directions of which the data says nothing."""
    flat = np.diag(information) <= _FLAT
    found = np.full_like(information, np.nan)
    kept = np.ix_(~flat, ~flat)
    if (~flat).any() and np.linalg.eigvalsh(information[kept])[0] > _FLAT:
        found[kept] = np.linalg.inv(information[kept])
    return found
