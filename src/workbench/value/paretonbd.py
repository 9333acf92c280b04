"""Pareto/NBD: Poisson buying at a gamma rate, leaving at an exponential time of a gamma hazard.

Source: Schmittlein, Morrison and Colombo (1987), 'Counting your customers', Management Science 33(1); the likelihood as
an integral over the time of leaving, after Fader and Hardie (2005). Parameters r, alpha, s, beta (both in weeks).

In: collapsed histories, parameters.   Out: the loss with its gradient, chances of being alive, expected orders, draws.
"""

import numpy as np
from scipy.special import digamma, gammaln, logsumexp

from workbench.value.histories import DAYS_A_WEEK, Collapsed

START = np.log([0.6, 10.0, 0.6, 12.0])
NAMES = ("r", "alpha", "s", "beta")
# Gauss and Legendre's quadrature over the time of leaving; with so many nodes it agrees with 2F1 to nine digits,
# also where alpha and beta lie so far apart that the integrand falls in two steps.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
# Beyond this many factors of e the integrand adds nothing to sixteen digits.
_NEGLIGIBLE = 36.0
_FOREVER = 600.0  # as an exponent, longer than anything lasts
_CHUNK = 50_000


def loss(logs: np.ndarray, known: Collapsed) -> tuple[float, np.ndarray]:
    """Return the mean negative log-likelihood and its gradient by the logarithms of r, alpha, s and beta."""
    parameters = np.exp(logs)
    r, alpha = parameters[:2]
    orders = np.arange(known.repeats.max() + 1)
    level = gammaln(r + orders) - gammaln(r) + r * np.log(alpha)
    slope = digamma(r + orders) - digamma(r) + np.log(alpha)
    weight = known.customers / known.customers.sum()
    value, gradient = float(weight @ level[known.repeats]), np.zeros(4)
    gradient[:2] = weight @ slope[known.repeats], r / alpha
    for start in range(0, len(weight), _CHUNK):
        rows = slice(start, start + _CHUNK)
        terms, slopes = _terms(parameters, *(a[rows] for a in (known.repeats, known.active_days, known.tenure_days)))
        total = logsumexp(terms, axis=1)
        value += float(weight[rows] @ total)
        share = np.exp(terms - total[:, None]) * weight[rows, None]
        gradient += np.array([np.sum(share * slope) for slope in slopes])
    return -value, -gradient * parameters


def log_likelihoods(parameters: np.ndarray, known: Collapsed) -> np.ndarray:
    """Return the log-likelihood of each different history."""
    r, alpha = parameters[:2]
    orders = np.arange(known.repeats.max() + 1)
    level = gammaln(r + orders) - gammaln(r) + r * np.log(alpha)
    terms, _ = _terms(parameters, known.repeats, known.active_days, known.tenure_days)
    return np.asarray(level[known.repeats] + logsumexp(terms, axis=1))


def _terms(
    parameters: np.ndarray, repeats: np.ndarray, active_days: np.ndarray, tenure_days: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the logarithms of what sums to the likelihood (but for its level), and their derivatives by parameter.

    The last column is staying until now, the others leaving at the nodes between the last order and now. The integrand
    falls like a power of time; the nodes are even in the logarithm of a clock that matches its fall at the last order.
    """
    r, alpha, s, beta = parameters
    x = repeats[:, None].astype(float)
    last, until = (days[:, None] / DAYS_A_WEEK for days in (active_days, tenure_days))
    power = r + x + s
    scale = power / ((r + x) / (alpha + last) + (s + 1) / (beta + last))
    # Each factor falls by itself: after the first of these times nothing is left, however far apart alpha and beta lie.
    gone = np.minimum(
        (alpha + last) * np.expm1(np.minimum(_NEGLIGIBLE / (r + x), _FOREVER)),
        (beta + last) * np.expm1(_NEGLIGIBLE / (s + 1)),
    )
    reach = np.log1p(np.minimum(until - last, gone) / scale)
    inside = _NODES * reach
    at = last + scale * np.expm1(inside)
    width = np.log(np.maximum(reach * scale, 1e-300)) + inside + np.log(_WEIGHTS)
    when = np.concatenate([at, until], axis=1)
    log_buying, log_leaving = np.log(alpha + when), np.log(beta + when)
    leaves = np.append(np.ones(len(_NODES)), 0.0)
    terms = -(r + x) * log_buying + s * (np.log(beta) - log_leaving)
    terms[:, :-1] += np.log(s) - log_leaving[:, :-1] + width
    slopes = (
        -log_buying,
        -(r + x) / (alpha + when),
        np.log(beta) - log_leaving + leaves / s,
        s / beta - (s + leaves) / (beta + when),
    )
    return terms, slopes


def probability_alive(parameters: np.ndarray, known: Collapsed) -> np.ndarray:
    """Return the chance that a customer has not left."""
    found = np.empty(len(known.repeats))
    for start in range(0, len(found), _CHUNK):
        rows = slice(start, start + _CHUNK)
        terms, _ = _terms(parameters, *(a[rows] for a in (known.repeats, known.active_days, known.tenure_days)))
        found[rows] = np.exp(terms[:, -1] - logsumexp(terms, axis=1))
    return found


def expected_orders(
    parameters: np.ndarray, repeats: np.ndarray, tenure_days: np.ndarray, weeks: np.ndarray
) -> np.ndarray:
    """Return the expected orders within each number of `weeks` from now, of customers who are alive.

    Shape (customers, weeks). At s = 1 the closed form is a logarithm, to which it tends.
    """
    r, alpha, s, beta = parameters
    tenure = (tenure_days / DAYS_A_WEEK)[:, None]
    rate, ahead = (r + repeats)[:, None] / (alpha + tenure), np.log1p(weeks / (beta + tenure))
    near = 1.0 - s
    lived = ahead if abs(near) < 1e-9 else np.expm1(near * ahead) / near
    return np.asarray(rate * (beta + tenure) * lived)


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
    r, alpha, s, beta = parameters
    size, tenure = (len(repeats), draws), tenure_days / DAYS_A_WEEK
    rate = rng.standard_gamma(np.broadcast_to((r + repeats)[:, None], size)) / (alpha + tenure)[:, None]
    hazard = rng.standard_gamma(s, size) / (beta + tenure)[:, None]
    lives = rng.standard_exponential(size) / np.maximum(hazard, 1e-300)
    return np.asarray(rng.poisson(rate * np.minimum(lives, weeks)))
