"""When is a customer scored? The policies between scoring everyone every hour and waiting for an event.

In: risks of a time before the replay.   Out: policies; waits by score.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.intervals import FEWEST

# A score's distance below the threshold, in log-odds, is told in steps of this width, up to four.
WIDTH, _BINS = 0.25, 16
# Nobody waits longer for the next score.
_LONGEST_DAYS = 30


@dataclass(frozen=True, eq=False, kw_only=True)
class Policy:
    """When customers are scored. Jobs run every `step` days, or a service is `always_on` and keeps its cores.

    A job scores `everyone`, or those on whom a `trigger` has fallen since the last: their own orders, or any event of
    theirs. `woken`: at each look scores ahead find the day on which silence alone will carry the risk over the
    threshold, and the customer is looked at then, and by every new model. `growth`: a look when the cheap feature has
    grown by this factor since the last one. `late_share`: a look after the wait in which so many of those with that
    score crossed the threshold before. `leaves_flagged`: who is flagged is not scored again before the next order.
    `times`: what a day's scores are to be multiplied by.
    """

    title: str
    step: int = 1
    everyone: bool = False
    trigger: Literal["none", "orders", "events"] = "none"
    woken: bool = False
    growth: float = 0.0
    late_share: float = 0.0
    leaves_flagged: bool = True
    always_on: bool = False
    times: int = 1


def _change(growth: float) -> Policy:
    return Policy(title=f"on change by {growth - 1:.0%}", trigger="events", growth=growth)


def _timed(late_share: float) -> Policy:
    return Policy(title=f"timed by the score ({late_share:.0%} late)", trigger="orders", late_share=late_share)


DAILY = "everyone, daily"
POLICIES = (
    Policy(title="everyone, hourly", everyone=True, leaves_flagged=False, always_on=True, times=24),
    Policy(title=DAILY, everyone=True, leaves_flagged=False),
    Policy(title="everyone, weekly", step=7, everyone=True, leaves_flagged=False),
    Policy(title="everyone, monthly", step=30, everyone=True, leaves_flagged=False),
    Policy(title="all not yet flagged, daily", everyone=True),
    Policy(title="all not yet flagged, every 2nd day", step=2, everyone=True),
    Policy(title="on events, at once", trigger="events", leaves_flagged=False, always_on=True),
    Policy(title="on events and woken, at once", trigger="events", woken=True, always_on=True),
    Policy(title="on events and woken, nightly", trigger="events", woken=True),
    Policy(title="on events and woken, weekly", step=7, trigger="events", woken=True),
    *map(_change, (1.02, 1.05, 1.1, 1.25, 1.5)),
    *map(_timed, (0.01, 0.02, 0.05, 0.1)),
)


def waits(risk: np.ndarray, orders: np.ndarray, *, threshold: float, late_share: float) -> NDArray[np.int64]:
    """Return the days to wait for the next score by how far the last one lay below the threshold, 30 at most.

    risk and orders are [customers, days] of a time before. The wait is the longest after which at most `late_share` of
    the customers with such a score had crossed the threshold before it was over. Scores that fewer than 30
    customer-days have shown wait as long as the next higher ones, at first one day.

    >>> rising = np.tile(np.linspace(0.05, 0.95, 91, dtype=np.float32), (30, 1))
    >>> waits(rising, np.zeros_like(rising, bool), threshold=0.5, late_share=0.05)[:6].tolist()
    [1, 7, 13, 18, 24, 28]
    """
    from workbench.emissions import replay_kernels

    ahead = min(_LONGEST_DAYS, risk.shape[1] // 2)
    seen = replay_kernels.crossings(risk, orders, threshold, WIDTH, _BINS, ahead)
    found = np.ones(_BINS, np.int64)
    for place, counts in enumerate(seen):
        if counts.sum() >= FEWEST:
            crossed = np.cumsum(np.append(0, counts[1:])) / counts.sum()
            found[place] = max(int((crossed[:-1] <= late_share).sum()), 1) if ahead else 1
        elif place:
            found[place] = found[place - 1]
    return found
