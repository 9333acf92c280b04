"""How wide must an interval be to hold as often as it says? Draws of a process, made honest by what came true before.

Distributional conformal prediction (Chernozhukov, Wuethrich and Zhu, 2021): of each customer the interval that holds a
share of the own draws; the share is set so that nine in ten of past outcomes lay within.

In: draws per customer, what was forecast and what was spent.   Out: the share, intervals, and how often they held.
"""

import numpy as np

COVERAGE = 0.9


def scores(draws: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Return for each customer the smallest share of the own draws whose interval holds what was spent.

    Intervals of that share and of any larger one, as in `interval`, hold it; an outcome beyond all draws, which none
    holds, has 1.

    >>> draws = np.array([[0.0, 0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> scores(draws, np.array([0.0, 4.5])).tolist()
    [0.0, 0.5]
    """
    count = draws.shape[1]
    nothing = (draws <= 0).sum(axis=1)
    under, upto = (draws < spent[:, None]).sum(axis=1), (draws <= spent[:, None]).sum(axis=1)
    # Cut on both sides, an interval leaves out as many above as below; from nought upwards, as many as it may.
    above = np.where(under < count - nothing, 1 - 2 * (count - under) / (count - 1), (under - 1) / (count - 1))
    return np.asarray(np.maximum(above, 1 - 2 * upto / (count - 1)).clip(0))


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
    """Return low and high of each customer: the middle share of the draws, or from nought to the share of them.

    A larger share has a wider interval: one that has just come down to nought reaches as high as before.

    >>> low, high = interval(np.array([[0.0, 0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0, 8.0]]), 0.4)
    >>> low.tolist(), high.tolist()
    ([0.0, 5.0], [1.0, 7.0])
    """
    ordered, last = np.sort(draws, axis=1), draws.shape[1] - 1
    # Rounded first, so that the share of a score itself holds its outcome.
    cut = max(int(np.ceil(round(last * (1 - share) / 2, 9))) - 1, 0)
    upto = min(int(np.floor(round(last * share, 9))) + 1, last)
    low, nothing = ordered[:, cut], (draws <= 0).sum(axis=1)
    top = np.where(low > 0, last - cut, np.maximum(upto, last - nothing))
    return low, np.take_along_axis(ordered, top[:, None], axis=1)[:, 0]


def holds(low: np.ndarray, high: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Say of each customer whether what was spent lies within the interval, its ends included."""
    return np.asarray((low <= spent) & (spent <= high))
