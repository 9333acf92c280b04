"""Gamma-Gamma: what an order of a customer is worth, the own mean drawn towards that of all.

Source: Fader, Hardie and Lee (2005), 'RFM and CLV', Journal of Marketing Research 42(4). Parameters p, q, gamma (money).

In: mean spend and number of order days.   Out: the fit, expected spend, draws.
"""

import numpy as np
from scipy.special import digamma, gammaln

from workbench.errors import InputError
from workbench.value.likelihood import Fit, maximise

NAMES = ("p", "q", "gamma")
_START = np.log([2.0, 3.0, 2.0])


def fit(mean_spend: np.ndarray, order_days: np.ndarray) -> Fit:
    """Fit by maximum likelihood: spend of one order gamma (p, nu), nu of a customer gamma (q, gamma).

    `mean_spend` is over `order_days` orders of each customer; both must be above 0. Amounts are scaled by their mean
    meanwhile, so that one start serves yen and pounds alike.

    >>> rng = np.random.default_rng(0)
    >>> orders = np.full(4000, 5)
    >>> nu = rng.gamma(4.0, 1 / 60.0, 4000)
    >>> mean = rng.gamma(6.0 * orders) / nu / orders
    >>> fit(mean, orders).parameters.round(0).tolist()
    [6.0, 4.0, 62.0]
    """
    if not (len(mean_spend) and np.all(mean_spend > 0) and np.all(order_days > 0)):
        raise InputError("spend: mean spend and number of orders must be above 0 for each of at least one customer")
    scale = float(np.mean(mean_spend))
    z, n = mean_spend / scale, order_days.astype(np.int64)
    counts, at = np.unique(n, return_inverse=True)
    log_z, total = np.log(z), n * z

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = np.exp(logs)
        level = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q) + q * np.log(gamma)
        level += p * counts * np.log(counts)
        log_sum = np.log(gamma + total)
        value = level[at] + (p * n - 1) * log_z - (p * n + q) * log_sum
        both, own = digamma(p * counts + q), digamma(p * counts)
        slope_p = (counts * (both - own + np.log(counts)))[at] + n * (log_z - log_sum)
        slope_q = (both - digamma(q) + np.log(gamma))[at] - log_sum
        slope_gamma = q / gamma - (p * n + q) / (gamma + total)
        slopes = np.array([slope_p.mean(), slope_q.mean(), slope_gamma.mean()])
        return float(-value.mean()), -slopes * np.exp(logs)

    found = maximise(loss, _START, rows=len(z))
    back = np.array([1.0, 1.0, scale])
    return Fit(
        parameters=found.parameters * back,
        standard_errors=found.standard_errors * back,
        covariance=found.covariance,
        log_likelihood=found.log_likelihood - len(z) * np.log(scale),
        converged=found.converged,
        at_bound=found.at_bound,
    )


def expected_spend(parameters: np.ndarray, mean_spend: np.ndarray, order_days: np.ndarray) -> np.ndarray:
    """Return the expected spend of a coming order; without end (NaN) where q is 1 or below.

    >>> expected_spend(np.array([6.25, 3.74, 15.44]), np.array([22.35]), np.array([2])).round(2).tolist()
    [24.16]
    """
    p, q, gamma = parameters
    below = p * order_days + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below > 0, (gamma + order_days * mean_spend) * p / below, np.nan))


def draw_spend(
    parameters: np.ndarray,
    mean_spend: np.ndarray,
    order_days: np.ndarray,
    *,
    orders: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return drawn totals of so many coming `orders` (customers, draws), nought for none."""
    p, q, gamma = parameters
    shape = np.broadcast_to((p * order_days + q)[:, None], orders.shape)
    nu = rng.standard_gamma(shape) / (gamma + order_days * mean_spend)[:, None]
    return np.where(orders > 0, rng.standard_gamma(p * np.maximum(orders, 1)) / nu, 0.0)
