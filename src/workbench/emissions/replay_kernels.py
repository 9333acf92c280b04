"""The loops behind the replay, compiled: which flags daily scoring raises, and when another policy would have.

In: arrays [customers, days].   Out: arrays. Importing this imports numba: do so in a function.
"""

import numpy as np

from workbench.processor import compiled


@compiled
def flags(risk: np.ndarray, orders: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return customer and day of each flag of daily scoring: at most one between two orders of a customer."""
    found, size = np.empty((2, 1024), np.int64), 0
    for c in range(risk.shape[0]):
        flagged = False
        for k in range(risk.shape[1]):
            flagged &= not orders[c, k]
            if not flagged and risk[c, k] >= threshold:
                if size == found.shape[1]:
                    grown = np.empty((2, 2 * size), np.int64)
                    grown[:, :size] = found
                    found = grown
                found[0, size], found[1, size] = c, k
                flagged, size = True, size + 1
    return found[0, :size].copy(), found[1, :size].copy()


@compiled
def crossings(
    risk: np.ndarray, orders: np.ndarray, threshold: float, width: float, bins: int, ahead: int
) -> np.ndarray:
    """Count customer-days below the threshold by how far below, and by the days until the risk was at or above it.

    Returns [bins, ahead + 1]: bins of log-odds of this width; column 0 counts the days on which it was not within
    `ahead` days, or an order came first. Days without as many behind them are left out.
    """
    found, edge = np.zeros((bins, ahead + 1)), np.log(threshold / (1 - threshold))
    for c in range(risk.shape[0]):
        crossing = -1
        for k in range(risk.shape[1] - 1, -1, -1):
            if risk[c, k] >= threshold:
                crossing = k
            elif k < risk.shape[1] - ahead and not np.isnan(risk[c, k]):
                days = crossing - k if 0 <= crossing - k <= ahead else 0
                found[_below(risk[c, k], edge, width, bins), days] += 1
            if orders[c, k]:
                crossing = -1
    return found


@compiled
def walk(
    risk: np.ndarray,
    facts: tuple[np.ndarray, np.ndarray, np.ndarray],
    renewals: np.ndarray,
    threshold: float,
    rule: tuple[int, bool, bool, float, bool],
    waits: np.ndarray,
    width: float,
    flagged_by_daily: tuple[np.ndarray, np.ndarray],
    delay: np.ndarray,
    scores: np.ndarray,
    checks: np.ndarray,
    busy: np.ndarray,
) -> None:
    """Go through customers by one policy; write delay of each flag (left as it is: never), scores, checks, busy days.

    `facts` are orders, what makes a customer be looked at, and the cheap feature; `renewals` the first day after each
    with a new model, and whether that day itself has one. `rule` is (days from job to job, everyone, woken, growth,
    flagged are left alone). `waits` are the days to the next look by how far the score lies below the threshold; empty:
    none. Customer c has the flags start[c] to start[c + 1] of daily scoring, raised on `day`.
    """
    orders, triggers, cheap = facts
    step, everyone, woken, growth, leaves = rule
    start, day = flagged_by_daily
    edge, never = np.log(threshold / (1 - threshold)), len(busy)
    for c in range(risk.shape[0]):
        flag, flagged, pending, seen, due = start[c], False, True, np.nan, never
        for k in range(risk.shape[1]):
            now = risk[c, k]
            if np.isnan(now):
                continue
            flagged &= not orders[c, k]
            pending |= triggers[c, k] or (woken and renewals[1, k] > 0)
            if k % step or (flagged and leaves):
                continue
            look = everyone or pending or k >= due
            if growth > 0:
                checks[c] += 1
                busy[k] = True
                look |= cheap[c, k] >= growth * seen
            if not look:
                continue
            scores[c] += 1
            busy[k], pending, seen, due = True, False, cheap[c, k], never
            if now >= threshold:
                if not flagged:
                    while flag + 1 < start[c + 1] and day[flag + 1] <= k:
                        flag += 1
                    flagged, delay[flag] = True, k - day[flag]
            elif woken:
                extra, due = _wake(risk[c], triggers[c], k, renewals[0, k], threshold)
                scores[c] += extra
            elif len(waits):
                due = k + waits[_below(now, edge, width, len(waits))]


@compiled
def _below(risk: float, edge: float, width: float, bins: int) -> int:
    """Return the bin of how far the log-odds lie below the threshold's."""
    inside = min(max(risk, 1e-6), 1 - 1e-6)
    return min(int(max(edge - np.log(inside / (1 - inside)), 0) / width), bins - 1)


@compiled
def _wake(risk: np.ndarray, triggers: np.ndarray, k: int, end: int, threshold: float) -> tuple[int, int]:
    """Return the scores that it takes to find the day on which silence alone carries the risk over, and that day.

    One score tells whether it will by the day before the next model, as many as halving takes then find the day. Where
    the customer's next event came first, what silence would have led to is not known: all these scores are counted.
    """
    halvings, never = int(np.ceil(np.log2(max(end - k, 1)))), len(risk)
    for j in range(k + 1, end):
        if triggers[j]:
            for i in range(k + 1, j):
                if risk[i] >= threshold:
                    return 1 + halvings, i
            return 1 + halvings, never
    if end - k < 2 or risk[end - 1] < threshold:
        return 1, never
    below, above = k, end - 1
    while above - below > 1:
        middle = (below + above) // 2
        if risk[middle] >= threshold:
            above = middle
        else:
            below = middle
    return 1 + halvings, above
