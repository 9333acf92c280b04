"""One policy's way through a history: whom it scored on which day, and how late it was with what daily scoring flags.

In: arrays of customers by days, a `Policy`.   Out: `Seen`, what there was to be flagged; `Walked`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.emissions.policies import WIDTH, Policy, waits
from workbench.processor import threads

# The first days teach waits by the scores of so many customers, and are not replayed.
_TAUGHT_DAYS, _TAUGHT_BY = 60, 500
# Flags of the last days are not judged: a monthly policy has not had its turn.
_LAST_DAYS = 30
_BLOCK = 4_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Seen:
    """A history [customers, days] and the flags that daily scoring raises on it, by customer and then by day.

    `judged` are flags of neither the first day, on which every policy looks at everyone, nor the last ones. `left` and
    `worth` are those of the flags. `renewals` are, by day, the next day with a new model, and whether it has one
    itself. `before` are risk and orders of the customers and days that waits are learnt from.
    """

    risk: np.ndarray
    orders: NDArray[np.bool_]
    events: NDArray[np.bool_]
    cheap: np.ndarray
    renewals: NDArray[np.int64]
    threshold: float
    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    judged: NDArray[np.bool_]
    left: NDArray[np.bool_]
    worth: np.ndarray
    before: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class Walked:
    """One policy's delay of each flag in days (-1: never), scores and checks by customer, and days with any of them.

    `learnt` are the scores that it took to learn its waits.
    """

    policy: Policy
    delay: NDArray[np.int64]
    scores: NDArray[np.int64]
    checks: NDArray[np.int64]
    starts: int
    learnt: int


def see(
    *,
    risk: np.ndarray,
    orders: np.ndarray,
    events: np.ndarray,
    left: np.ndarray,
    worth: np.ndarray,
    cheap: np.ndarray,
    refits: np.ndarray,
    threshold: float,
    seed: int,
) -> Seen:
    """Return the days after those that teach, and what daily scoring flags on them."""
    from workbench.emissions import replay_kernels

    taught = min(_TAUGHT_DAYS, risk.shape[1] // 4)
    told = np.random.default_rng(seed).permutation(len(risk))[:_TAUGHT_BY]
    # Loops are compiled once for each layout in memory: all have the same.
    seen = {
        name: np.ascontiguousarray(array[:, taught:])
        for name, array in {"risk": risk, "orders": orders, "events": events, "cheap": cheap}.items()
    }
    customer, day = replay_kernels.flags(seen["risk"], seen["orders"], threshold)
    span = risk.shape[1] - taught
    renewed = np.unique(refits[refits >= taught] - taught)
    renewals = np.zeros((2, span), np.int64)
    renewals[0] = np.append(renewed, span)[np.searchsorted(renewed, np.arange(span), side="right")]
    renewals[1, renewed] = 1
    return Seen(
        **seen,
        renewals=renewals,
        threshold=threshold,
        customer=customer,
        day=day,
        judged=(day > 0) & (day < span - min(_LAST_DAYS, span // 4)),
        left=left[customer, day + taught],
        worth=worth[customer, day + taught].astype(float),
        before=(np.ascontiguousarray(risk[told, :taught]), np.ascontiguousarray(orders[told, :taught])),
    )


def walk(seen: Seen, policy: Policy) -> Walked:
    """Go through the history by one policy, in blocks of customers side by side."""
    from workbench.emissions import replay_kernels

    triggers = {"none": np.zeros_like(seen.orders), "orders": seen.orders, "events": seen.events}[policy.trigger]
    wait, learnt = np.zeros(0, np.int64), 0
    if policy.late_share:
        wait = waits(*seen.before, threshold=seen.threshold, late_share=policy.late_share)
        learnt = int((~np.isnan(seen.before[0])).sum())
    start = np.searchsorted(seen.customer, np.arange(len(seen.risk) + 1))
    delay = np.full(len(seen.day), -1, np.int64)
    scores, checks = np.zeros((2, len(seen.risk)), np.int64)
    rule = (policy.step, policy.everyone, policy.woken, policy.growth, policy.leaves_flagged)

    def block(rows: slice) -> NDArray[np.bool_]:
        busy = np.zeros(seen.risk.shape[1], bool)
        replay_kernels.walk(
            seen.risk[rows],
            (seen.orders[rows], triggers[rows], seen.cheap[rows]),
            seen.renewals,
            seen.threshold,
            rule,
            wait,
            WIDTH,
            (start[rows.start : rows.stop + 1], seen.day),
            delay,
            scores[rows],
            checks[rows],
            busy,
        )
        return busy

    with ThreadPoolExecutor(threads()) as pool:
        busy = list(pool.map(block, _blocks(len(seen.risk))))
    starts = int(np.any(busy, axis=0).sum()) if busy else 0
    return Walked(policy=policy, delay=delay, scores=scores, checks=checks, starts=starts, learnt=learnt)


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, size, _BLOCK))
