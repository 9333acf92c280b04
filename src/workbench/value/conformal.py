"""How wide must an interval be to hold as often as it says? Draws of a process, made honest by what came true before.

Distributional conformal prediction (Chernozhukov, Wuethrich and Zhu, 2021): of each customer the interval that holds a
share of the own draws; the share is set so that nine in ten of past outcomes lay within.

In: draws per customer, what was forecast and what was spent.   Out: the share, intervals, and how often they held.
"""

import numpy as np

COVERAGE = 0.9


def scores(draws: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Return for each customer the smallest share of the own draws whose interval holds what was spent.

    Intervals of a share are as in `interval`: they reach from nought where nought is likely enough, and leave out as
    much below as above where it is not.

    >>> draws = np.array([[0.0, 0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
    >>> scores(draws, np.array([0.0, 2.5])).tolist()
    [0.0, 0.0]
    """
    nothing = (draws <= 0).mean(axis=1)
    below = (draws < spent[:, None]).mean(axis=1)
    upto = (draws <= spent[:, None]).mean(axis=1)
    # From nought upwards an interval needs the share up to the outcome; cut on both sides, twice its way from the middle.
    one_sided = np.where(spent > 0, below, 0.0)
    both_sides = np.maximum(2 * below - 1, 1 - 2 * upto).clip(0)
    return np.where(nothing >= (1 - one_sided) / 2, one_sided, both_sides)


def share_for(found: np.ndarray, *, coverage: float = COVERAGE) -> float:
    """Return the share of draws whose intervals would have held that often; with few outcomes, all draws (1).

    >>> share_for(np.arange(1, 100) / 100)
    0.9
    """
    if len(found) == 0:
        return coverage
    rank = int(np.ceil((len(found) + 1) * coverage))
    return float(np.sort(found)[rank - 1]) if rank <= len(found) else 1.0


def interval(draws: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high of each customer: from nought to the share, or the middle share of the draws.

    >>> low, high = interval(np.array([[0.0, 0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0, 8.0]]), 0.5)
    >>> low.tolist(), high.tolist()
    ([0.0, 5.0], [1.0, 7.0])
    """
    ordered = np.sort(draws, axis=1)
    low = np.quantile(ordered, (1 - share) / 2, axis=1, method="lower")
    from_nought = np.quantile(ordered, share, axis=1, method="higher")
    middle = np.quantile(ordered, (1 + share) / 2, axis=1, method="higher")
    return np.asarray(low), np.asarray(np.where(low > 0, middle, from_nought))


def holds(low: np.ndarray, high: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Say of each customer whether what was spent lies within the interval, its ends included."""
    return np.asarray((low <= spent) & (spent <= high))
