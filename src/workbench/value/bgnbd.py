"""BG/NBD and, as its limit, NBD: Poisson buying at a gamma rate, leaving after an order with a beta chance, or never.

Source: Fader, Hardie and Lee (2005), 'Counting your customers the easy way', Marketing Science 24(2); for NBD
Ehrenberg (1959). Parameters r, alpha (weeks), a, b.

In: collapsed histories, parameters.   Out: the loss with its gradient, chances of being alive, expected orders, draws.
"""

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import digamma, gammaln

from workbench.value.histories import DAYS_A_WEEK, Collapsed

START = np.log([0.5, 8.0, 0.8, 2.5])
NAMES = ("r", "alpha", "a", "b")
# Gauss and Jacobi's quadrature over the chance of leaving; with so many nodes it agrees with 2F1 to nine digits.
_NODES = 24


def loss(logs: np.ndarray, known: Collapsed) -> tuple[float, np.ndarray]:
    """Return the mean negative log-likelihood and its gradient by the logarithms of r, alpha, a and b.

    Whatever depends on whole numbers, of orders or of days, is computed once for each of them and looked up.
    """
    r, alpha, a, b = np.exp(logs)
    x, orders = known.repeats, np.arange(known.repeats.max() + 1)
    value, alive, until, last = _either(np.exp(logs), known)
    weight = known.customers / known.customers.sum()
    inverse_weeks = 1 / _weeks(alpha, known)
    of_a, of_both = digamma(a + b) - digamma(a + b + orders), digamma(b + orders) - digamma(b)
    inverse = alive * inverse_weeks[known.tenure_days] + (1 - alive) * inverse_weeks[known.active_days]
    slopes = (
        (digamma(r + orders) - digamma(r))[x] + np.log(alpha) - alive * until - (1 - alive) * last,
        r / alpha - (r + x) * inverse,
        of_a[x] + (1 - alive) / a,
        (of_a + of_both)[x] - (1 - alive) / (b + np.maximum(x, 1) - 1),
    )
    gradient = -np.array([weight @ slope for slope in slopes]) * np.exp(logs)
    return float(-weight @ value), gradient


def log_likelihoods(parameters: np.ndarray, known: Collapsed) -> np.ndarray:
    """Return the log-likelihood of each different history."""
    return _either(parameters, known)[0]


def _either(parameters: np.ndarray, known: Collapsed) -> tuple[np.ndarray, ...]:
    """Return each row's log-likelihood, the share of it that is staying, log weeks until now and to the last order."""
    r, alpha, a, b = parameters
    x, orders = known.repeats, np.arange(known.repeats.max() + 1)
    log_weeks = np.log(_weeks(alpha, known))
    until, last = log_weeks[known.tenure_days], log_weeks[known.active_days]
    level = gammaln(r + orders) - gammaln(r) + r * np.log(alpha)
    level += gammaln(a + b) + gammaln(b + orders) - gammaln(b) - gammaln(a + b + orders)
    stayed = -(r + x) * until
    left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * last, -np.inf)
    either = np.logaddexp(stayed, left)
    return level[x] + either, np.exp(stayed - either), until, last


def _weeks(alpha: float, known: Collapsed) -> np.ndarray:
    return np.asarray(alpha + np.arange(known.tenure_days.max() + 1) / DAYS_A_WEEK)


def nobody_leaves(logs: np.ndarray, known: Collapsed) -> tuple[float, np.ndarray]:
    """Return the mean negative log-likelihood of NBD, which nobody leaves, and its gradient by log r and log alpha."""
    r, alpha = np.exp(logs)
    x, orders = known.repeats, np.arange(known.repeats.max() + 1)
    weeks = alpha + known.tenure_days / DAYS_A_WEEK
    weight = known.customers / known.customers.sum()
    value = (gammaln(r + orders) - gammaln(r))[x] + r * np.log(alpha) - (r + x) * np.log(weeks)
    slopes = (
        (digamma(r + orders) - digamma(r))[x] + np.log(alpha) - np.log(weeks),
        r / alpha - (r + x) / weeks,
    )
    return float(-weight @ value), -np.array([weight @ slope for slope in slopes]) * np.exp(logs)


def probability_alive(parameters: np.ndarray, known: Collapsed) -> np.ndarray:
    """Return the chance that a customer has not left; whoever has ordered once cannot have left by this process."""
    r, alpha, a, b = parameters
    x = known.repeats
    ratio = np.log(alpha + known.tenure_days / DAYS_A_WEEK) - np.log(alpha + known.active_days / DAYS_A_WEEK)
    odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * ratio
    return np.asarray(np.where(x > 0, 1 / (1 + np.exp(np.clip(odds, -700, 700))), 1.0))


def expected_orders(
    parameters: np.ndarray, repeats: np.ndarray, tenure_days: np.ndarray, weeks: np.ndarray
) -> np.ndarray:
    """Return the expected orders within each number of `weeks` from now, of customers who are alive.

    Shape (customers, weeks). The rate is gamma (r + x, alpha + T), the chance of leaving beta (a, b + x), independent
    of each other for those alive; given the chance p, orders within t are (1 - (1 + pt / (alpha + T))^-(r + x)) / p on
    average, which is integrated over p by quadrature: the same as formula (10) of the paper.
    """
    r, alpha, a, b = parameters
    found = np.empty((len(repeats), len(weeks)))
    since = alpha + tenure_days / DAYS_A_WEEK
    for x in np.unique(repeats):
        rows = np.flatnonzero(repeats == x)
        leaving, weight = _chances_of_leaving(a, b + x)
        spread = np.log1p(leaving * weeks[:, None] / since[rows, None, None])
        found[rows] = (-np.expm1(-(r + x) * spread) / leaving) @ weight
    return found


def _chances_of_leaving(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes in (0, 1) and weights that sum to 1, for the mean over a beta distribution.

    From the recurrence of Jacobi's polynomials (Golub and Welsch, 1969): no weight overflows where b is large.
    """
    n = np.arange(2, _NODES)
    total = 2 * np.arange(1, _NODES) + a + b - 2
    middle = np.append((a - b) / (a + b), (a - b) * (a + b - 2) / (total * (total + 2)))
    t = total[1:]
    squared = 4 * n * (n + a - 1) * (n + b - 1) * (n + a + b - 2) / (t**2 * (t + 1) * (t - 1))
    squared = np.append(4 * a * b / ((a + b) ** 2 * (a + b + 1)), squared)
    nodes, vectors = eigh_tridiagonal((1 + middle) / 2, np.sqrt(squared) / 2)
    return np.maximum(nodes, 1e-30), vectors[0] ** 2


def draw_orders(
    parameters: np.ndarray,
    repeats: np.ndarray,
    tenure_days: np.ndarray,
    *,
    weeks: float,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return drawn numbers of orders within `weeks` of customers who are alive; shape (customers, draws)."""
    r, alpha, a, b = parameters
    size = (len(repeats), draws)
    shape = (r + repeats)[:, None]
    rate = rng.standard_gamma(np.broadcast_to(shape, size)) / (alpha + tenure_days / DAYS_A_WEEK)[:, None]
    leaving = np.clip(rng.beta(a, np.broadcast_to((b + repeats)[:, None], size)), 1e-12, 1)
    return np.asarray(np.minimum(rng.poisson(rate * weeks), rng.geometric(leaving)))
