"""The loops behind daily scores, compiled: what was known of a customer at the close of a day, and the risk it makes.

In: days of events by customer, models as slopes.   Out: arrays. Importing this imports numba: do so in a function.

A stream is (start, day, count): customer c has the entries start[c] to start[c + 1], one a day, by day. `now` is a day
that has just begun: all before it is known, and nothing else, as at a cut-off of `churn.features`.
"""

import numpy as np

from workbench.processor import compiled

# Weak prior beliefs of the own rhythm, as `churn.features` holds them.
_PRIOR_ORDERS, _PRIOR_DAYS, _PRIOR_GONE, _PRIOR_STAYING = 0.5, 60.0, 0.5, 2.0
_CLOSEST = 1e-6
LATENESS, RHYTHM, FEATURES = 14, 17, 23


@compiled
def describe(
    orders: tuple[np.ndarray, np.ndarray, np.ndarray],
    cents: np.ndarray,
    others: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...],
    customers: np.ndarray,
    nows: np.ndarray,
    horizon: int,
    span: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return features [customers, nows, FEATURES], NaN before the first order, and whether they ordered no more."""
    found = np.full((len(customers), len(nows), FEATURES), np.nan)
    left, totals = np.zeros((len(customers), len(nows)), np.bool_), np.zeros((5, span + 1))
    for i in range(len(customers)):
        c = customers[i]
        _sum_up(orders, cents, others, c, totals)
        for k in range(len(nows)):
            now = nows[k]
            if totals[0, now] > 0:
                past = _place(orders, c, now), _place(others[2], c, now)
                _tell(orders, others[2], c, past, totals, now, horizon, found[i, k])
                left[i, k] = totals[0, min(now + horizon, span)] == totals[0, now]
    return found, left


@compiled
def foresee(
    orders: tuple[np.ndarray, np.ndarray, np.ndarray],
    cents: np.ndarray,
    others: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...],
    whose: np.ndarray,
    first_day: int,
    models: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    horizon: int,
    span: int,
    risk: np.ndarray,
    facts: tuple[np.ndarray, np.ndarray, np.ndarray],
    money: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write risk, facts (orders, events, left) and money (worth, cheap), each [len(whose), days], from `first_day` on.

    `models` are (which of them a day goes by, intercepts, slopes, values where the feature is missing).
    """
    ordered, events, left = facts
    worth, cheap = money
    totals, x = np.zeros((5, span + 1)), np.empty(FEATURES)
    for i in range(len(whose)):
        c = whose[i]
        _sum_up(orders, cents, others, c, totals)
        begin, active = _place(orders, c, first_day), _place(others[2], c, first_day)
        for k in range(risk.shape[1]):
            now = first_day + k + 1
            ordered[i, k] = totals[0, now] > totals[0, now - 1]
            events[i, k] = ordered[i, k]
            for stream in (2, 3, 4):
                events[i, k] |= totals[stream, now] > totals[stream, now - 1]
            begin += ordered[i, k]
            active += totals[4, now] > totals[4, now - 1]
            if totals[0, now] > 0:
                _tell(orders, others[2], c, (begin, active), totals, now, horizon, x)
                risk[i, k] = _chance(x, models, models[0][k])
                left[i, k] = totals[0, min(now + horizon, span)] == totals[0, now]
                worth[i, k] = _within(totals[1], now, 365) / 100 / 365 * horizon
                cheap[i, k] = x[LATENESS]


@compiled
def _chance(x: np.ndarray, models: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], v: int) -> float:
    odds = models[1][v]
    for j in range(FEATURES):
        slope = models[2][v, j]
        if np.isnan(x[j]):
            odds += models[3][v, j]
        elif slope == 0:
            continue
        elif j == RHYTHM:
            inside = min(max(x[j], _CLOSEST), 1 - _CLOSEST)
            odds += slope * np.log(inside / (1 - inside))
        elif x[j] < 0:
            odds -= slope * np.log1p(-x[j])
        else:
            odds += slope * np.log1p(x[j])
    return float(1 / (1 + np.exp(-odds)))


@compiled
def _sum_up(
    orders: tuple[np.ndarray, np.ndarray, np.ndarray],
    cents: np.ndarray,
    others: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...],
    c: int,
    totals: np.ndarray,
) -> None:
    """Write to `totals[s, now]` what had happened before each day: orders, cents, messages, touches, activity."""
    totals[:] = 0
    for i in range(orders[0][c], orders[0][c + 1]):
        totals[0, orders[1][i] + 1] = orders[2][i]
        totals[1, orders[1][i] + 1] = cents[i]
    for s in range(3):
        for i in range(others[s][0][c], others[s][0][c + 1]):
            totals[2 + s, others[s][1][i] + 1] = others[s][2][i]
    for s in range(5):
        for now in range(1, totals.shape[1]):
            totals[s, now] += totals[s, now - 1]


@compiled
def _place(stream: tuple[np.ndarray, np.ndarray, np.ndarray], c: int, now: int) -> int:
    """Return the number of the customer's days with an event before `now`."""
    place = stream[0][c]
    while place < stream[0][c + 1] and stream[1][place] < now:
        place += 1
    return int(place - stream[0][c])


@compiled
def _within(totals: np.ndarray, now: int, days: int) -> float:
    return float(totals[now] - totals[max(now - days, 0)])


@compiled
def _tell(
    orders: tuple[np.ndarray, np.ndarray, np.ndarray],
    activity: tuple[np.ndarray, np.ndarray, np.ndarray],
    c: int,
    past: tuple[int, int],
    totals: np.ndarray,
    now: int,
    horizon: int,
    x: np.ndarray,
) -> None:
    """Write the features in the order of `daily.FEATURES`; `past`: days with orders and with activity before `now`."""
    order_days, begin = float(past[0]), orders[0][c]
    recency, tenure = float(now - orders[1][begin + past[0] - 1]), float(now - orders[1][begin])
    repeats, silent_after = order_days - 1, tenure - recency
    x[0], x[1], x[2], x[3] = recency, tenure, order_days, totals[0, now]
    x[4], x[5] = _within(totals[0], now, 30), _within(totals[0], now, 90)
    x[6], x[7] = _within(totals[0], now, 180), _within(totals[0], now, 365)
    x[8] = _season(totals[0], now, horizon)
    x[9], x[10] = totals[1, now] / 100, _within(totals[1], now, 365) / 100
    x[11] = _season(totals[1], now, horizon) / 100
    x[12] = x[9] / x[3]
    x[13] = silent_after / repeats if repeats > 0 else np.nan
    x[14] = recency * order_days / (silent_after + _PRIOR_DAYS)
    x[15] = order_days * 365 / (tenure + 30)
    x[16] = 2 * x[5] - x[6]
    silence = (_PRIOR_ORDERS + repeats) * np.log((tenure + _PRIOR_DAYS) / (silent_after + _PRIOR_DAYS))
    gone = _PRIOR_GONE / (_PRIOR_STAYING + repeats) * np.exp(min(silence, 500.0))
    ahead = np.log((tenure + _PRIOR_DAYS) / (tenure + _PRIOR_DAYS + horizon))
    x[17] = np.floor((1 - np.exp((_PRIOR_ORDERS + repeats) * ahead)) / (1 + gone) * 1e6 + 0.5) / 1e6
    x[18] = _within(totals[2], now, 90)
    x[19] = _within(totals[3], now, 90)
    x[20] = now - activity[1][activity[0][c] + past[1] - 1] if past[1] > 0 else np.nan
    x[21], x[22] = _within(totals[4], now, 30), _within(totals[4], now, 90)


@compiled
def _season(totals: np.ndarray, now: int, horizon: int) -> float:
    """Return what happened last year in the window that is to be predicted."""
    return float(totals[max(now - 365 + horizon, 0)] - totals[max(now - 365, 0)])
