"""The loops behind contact pressure, compiled: windows that roll, campaigns that meet, caps that hold back.

In: arrays of a `Log`, by customer and then by time.   Out: arrays. Importing this imports numba: do so in a function.
"""

import numpy as np

from workbench.processor import compiled


@compiled
def rolling(customer: np.ndarray, at: np.ndarray, span: int) -> np.ndarray:
    """Return how many touches a person has had in (t - span, t] up to and with each touch, in the order of the log."""
    counts, oldest = np.empty(len(at), np.int32), 0
    for i in range(len(at)):
        if customer[i] != customer[oldest]:
            oldest = i
        while at[oldest] <= at[i] - span:
            oldest += 1
        counts[i] = i - oldest + 1
    return counts


@compiled
def meet(
    customer: np.ndarray, day: np.ndarray, campaign: np.ndarray, campaigns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return person_days and persons of each pair of campaigns (above the diagonal), each campaign's persons, and
    (person_days, persons) with any pair; campaigns below 0 are none.
    """
    days, persons = np.zeros((campaigns, campaigns), np.int32), np.zeros((campaigns, campaigns), np.int32)
    seen, audience, total = np.full((campaigns, campaigns), -1, np.int32), np.zeros(campaigns, np.int32), np.zeros(2)
    found, on, last, start = np.empty(campaigns, np.int32), np.full(campaigns, -1, np.int64), -1, 0
    while start < len(day):
        who, stop, size = customer[start], start, 0
        while stop < len(day) and customer[stop] == who and day[stop] == day[start]:
            c = campaign[stop]
            if c >= 0 and on[c] != start:
                on[c], found[size] = start, c
                size += 1
                if seen[c, c] != who:
                    seen[c, c], audience[c] = who, audience[c] + 1
            stop += 1
        for i in range(size):
            for j in range(i):
                a, b = min(found[i], found[j]), max(found[i], found[j])
                days[a, b] += 1
                if seen[a, b] != who:
                    seen[a, b], persons[a, b] = who, persons[a, b] + 1
        if size > 1:
            total[0], total[1], last = total[0] + 1, total[1] + (who != last), who
        start = stop
    return days, persons, audience, total


@compiled
def hold_back(
    customer: np.ndarray,
    at: np.ndarray,
    day: np.ndarray,
    campaign: np.ndarray,
    rank: np.ndarray,
    caps: np.ndarray,
    spans: np.ndarray,
) -> np.ndarray:
    """Say which touches caps hold back, day by day, within a day by the rank of their campaign and then by time.

    `caps` hold together, each within its span. `rank` has one more entry than there are campaigns, for touches that
    have none (-1).
    """
    held, sent, start, least = np.zeros(len(at), np.bool_), np.empty(0, np.int64), 0, len(at)
    for cap in caps:
        least = min(least, cap)
    while start < len(at):
        stop = start
        while stop < len(at) and customer[stop] == customer[start]:
            stop += 1
        if stop - start > len(sent):
            sent = np.empty(stop - start, np.int64)
        if stop - start > least:
            own = slice(start, stop)
            _hold_back_of_one(at[own], day[own], campaign[own], rank, caps, spans, sent, held[own])
        start = stop
    return held


@compiled
def _hold_back_of_one(
    at: np.ndarray,
    day: np.ndarray,
    campaign: np.ndarray,
    rank: np.ndarray,
    caps: np.ndarray,
    spans: np.ndarray,
    sent: np.ndarray,
    held: np.ndarray,
) -> None:
    """Write to `held`; `sent` is room for the times of what goes out."""
    size, start, order = 0, 0, np.empty(0, np.int64)
    while start < len(at):
        stop, in_order = start + 1, True
        while stop < len(at) and day[stop] == day[start]:
            in_order &= rank[campaign[stop - 1]] <= rank[campaign[stop]]
            stop += 1
        if not in_order:
            order = np.argsort(rank[campaign[start:stop]], kind="mergesort")
        for k in range(stop - start):
            i = start + (k if in_order else order[k])
            place = size
            while place > 0 and sent[place - 1] > at[i]:
                place -= 1
            if _fits(sent, size, place, at[i], caps, spans):
                for j in range(size, place, -1):
                    sent[j] = sent[j - 1]
                sent[place], size = at[i], size + 1
            else:
                held[i] = True
        start = stop


@compiled
def _fits(sent: np.ndarray, size: int, place: int, at: int, caps: np.ndarray, spans: np.ndarray) -> bool:
    """Say whether one more touch at this place leaves, for no cap, cap + 1 in a row, itself among them, in a window."""
    for k in range(len(caps)):
        cap, span = caps[k], spans[k]
        for first in range(max(place - cap, 0), min(place, size - cap) + 1):
            begins = sent[first] if first < place else at
            ends = at if first + cap == place else sent[first + cap - 1]
            if ends - begins < span:
                return False
    return True
