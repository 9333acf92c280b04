"""Log-normal spend: what an order of a customer is worth where amounts have long tails.

The customer's own mean m is log-normal around a market's median; the mean of n orders scatters around m with a log
variance of within^2 / n (a normal hierarchical model in logarithms: Efron and Morris, 1975). Parameters median (money),
between and within (standard deviations of logarithms).

In: mean spend and number of order days.   Out: the fit, expected spend, draws.
"""

import numpy as np

from workbench.errors import InputError
from workbench.value.likelihood import Fit, maximise

NAMES = ("median", "between", "within")


def fit(mean_spend: np.ndarray, order_days: np.ndarray) -> Fit:
    """Fit by maximum likelihood; its log-likelihood is that of amounts, as that of Gamma-Gamma is.

    `mean_spend` is over `order_days` orders of each customer; both must be above 0. Amounts are scaled meanwhile, so
    that one range of parameters serves yen and pounds alike.

    >>> rng = np.random.default_rng(0)
    >>> orders = np.tile([1, 4], 5000)
    >>> own = np.exp(np.log(50) + 0.8 * rng.standard_normal(10_000))
    >>> mean = own * np.exp(0.5 * rng.standard_normal(10_000) / np.sqrt(orders) - 0.125 / orders)
    >>> fit(mean, orders).parameters.round(1).tolist()
    [50.3, 0.8, 0.5]
    """
    if not (len(mean_spend) and np.all(mean_spend > 0) and np.all(order_days > 0)):
        raise InputError("spend: mean spend and number of orders must be above 0 for each of at least one customer")
    log_spend, days = np.log(mean_spend), order_days.astype(float)
    centre, spread = float(log_spend.mean()), np.log(max(float(log_spend.std()), 0.1))
    found = maximise(lambda logs: loss(logs, log_spend - centre, days), np.array([0.0, spread, spread]), rows=len(days))
    back = np.array([np.exp(centre), 1.0, 1.0])
    return Fit(
        parameters=found.parameters * back,
        standard_errors=found.standard_errors * back,
        covariance=found.covariance,
        log_likelihood=found.log_likelihood - len(days) * centre,
        converged=found.converged,
        at_bound=found.at_bound,
    )


def loss(logs: np.ndarray, log_spend: np.ndarray, order_days: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean negative log-likelihood of mean spend and its gradient by the logarithms of the parameters."""
    level, between, within = logs[0], np.exp(2 * logs[1]), np.exp(2 * logs[2])
    share = 1 / order_days
    variance = between + within * share
    away = log_spend - level + within * share / 2
    value = -0.5 * (np.log(2 * np.pi * variance) + away**2 / variance) - log_spend
    of_variance = (away**2 / variance - 1) / (2 * variance)
    of_within = share * (of_variance - away / (2 * variance))
    slopes = [(away / variance).mean(), of_variance.mean() * 2 * between, of_within.mean() * 2 * within]
    return float(-value.mean()), -np.array(slopes)


def expected_spend(parameters: np.ndarray, mean_spend: np.ndarray, order_days: np.ndarray) -> np.ndarray:
    """Return the expected spend of a coming order: the mean of m given the customer's orders."""
    middle, variance = _own(parameters, mean_spend, order_days)
    return np.asarray(np.exp(middle + variance / 2))


def draw_spend(
    parameters: np.ndarray,
    mean_spend: np.ndarray,
    order_days: np.ndarray,
    *,
    orders: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return drawn totals of so many coming `orders` (customers, draws), nought for none.

    The sum of several log-normal orders is drawn as one of the same mean and variance (Fenton, 1960).
    """
    middle, variance = _own(parameters, mean_spend, order_days)
    own = np.exp(middle[:, None] + np.sqrt(variance)[:, None] * rng.standard_normal(orders.shape))
    count = np.maximum(orders, 1)
    scatter = np.log1p(np.expm1(parameters[2] ** 2) / count)
    total = own * count * np.exp(np.sqrt(scatter) * rng.standard_normal(orders.shape) - scatter / 2)
    return np.where(orders > 0, total, 0.0)


def _own(parameters: np.ndarray, mean_spend: np.ndarray, order_days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of log m given the customer's orders."""
    median, between, within = parameters
    noise = within**2 / order_days
    weight = between**2 / (between**2 + noise)
    middle = weight * (np.log(mean_spend) + noise / 2) + (1 - weight) * np.log(median)
    return middle, weight * noise
