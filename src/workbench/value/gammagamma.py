"""Gamma-Gamma: what an order of a customer is worth, the own mean drawn towards that of all.

Source: Fader, Hardie and Lee (2005), 'RFM and CLV', Journal of Marketing Research 42(4). Parameters p, q and gamma
(money).

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
    [6.0, 4.0, 56.0]
    """
    if not (len(mean_spend) and np.all(mean_spend > 0) and np.all(order_days > 0)):
        raise InputError("spend: mean spend and number of orders must be above 0 for each of at least one customer")
    scale = float(np.mean(mean_spend))
    z, n = mean_spend / scale, order_days.astype(np.int64)
    found = maximise(lambda logs: loss(logs, z, n), _START, rows=len(z))
    back = np.array([1.0, 1.0, scale])
    return Fit(
        parameters=found.parameters * back,
        standard_errors=found.standard_errors * back,
        covariance=found.covariance,
        log_likelihood=found.log_likelihood - len(z) * float(np.log(scale)),
        converged=found.converged,
        at_bound=found.at_bound,
    )


def loss(logs: np.ndarray, mean_spend: np.ndarray, order_days: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean negative log-likelihood of mean spend and its gradient by the logarithms of p, q and gamma."""
    p, q, gamma = np.exp(logs)
    counts, at = np.arange(1, order_days.max() + 1), order_days - 1
    level = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q) + q * np.log(gamma)
    level += p * counts * np.log(counts)
    log_spend, total = np.log(mean_spend), gamma + order_days * mean_spend
    value = level[at] + (p * order_days - 1) * log_spend - (p * order_days + q) * np.log(total)
    both, own = digamma(p * counts + q), digamma(p * counts)
    slope_p = (counts * (both - own + np.log(counts)))[at] + order_days * (log_spend - np.log(total))
    slope_q = (both - digamma(q) + np.log(gamma))[at] - np.log(total)
    slope_gamma = q / gamma - (p * order_days + q) / total
    slopes = np.array([slope_p.mean(), slope_q.mean(), slope_gamma.mean()])
    return float(-value.mean()), -slopes * np.exp(logs)


def expected_spend(parameters: np.ndarray, mean_spend: np.ndarray, order_days: np.ndarray) -> np.ndarray:
    """Return the expected spend of a coming order; without end (NaN) where q is 1 or below.

    >>> expected_spend(np.array([6.25, 3.74, 15.44]), np.array([22.35]), np.array([2])).round(2).tolist()
    [24.66]
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
