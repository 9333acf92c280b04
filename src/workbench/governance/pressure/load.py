"""How many touches does a person get in a day, a week and a month, by channel and in all, and how many too many?

In: a `Log`, caps.   Out: a frame.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError, did_you_mean
from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log, starts
from workbench.intervals import wilson
from workbench.processor import threads

ROLLING = {"1 day": 1, "7 days": 7, "30 days": 30}
_CALENDAR_DAY = "calendar day"


def load(log: Log, *, caps: Mapping[str, int]) -> pd.DataFrame:
    """Return the pressure by channel ('all' first) and window: persons, touches, a person's peak, what is over the cap.

    A window of 1, 7 or 30 days is (t - days, t] with each touch at its end; the calendar day is that of the person's
    clock and has the cap of '1 day'. peak_median, peak_p95 and peak_max are of the most that each person had in one
    window. Caps (touches by window; '1 day', '7 days', '30 days') are for all channels together; touches_over are
    those that came when the cap was reached. The interval is Wilson's, 95 %. An InputError names an unknown window.

    >>> from workbench.governance.pressure.log import log_of
    >>> days = pd.to_datetime(["2025-06-01", "2025-06-02", "2025-06-08"])
    >>> found = load(log_of(pd.DataFrame({"customer_id": "a", "at": days, "channel": "sms"})), caps={"7 days": 1})
    >>> found.loc[1, ["window", "peak_max", "persons_over", "touches_over"]].astype("str").tolist()
    ['7 days', '2', '1', '2']
    """
    for window, cap in caps.items():
        if window not in ROLLING or cap < 0:
            allowed = f"; windows are {', '.join(ROLLING)}, caps 0 or more{did_you_mean(window, ROLLING)}"
            raise InputError(f"caps: '{window}' is {cap}{allowed}")
    parts = [("all", slice(None), caps), *((name, log.channel == i, {}) for i, name in enumerate(log.channels))]
    with ThreadPoolExecutor(threads()) as pool:
        found = list(pool.map(lambda part: _of_part(log, *part), parts))
    whole = ("persons", "touches", "peak_median", "peak_p95", "peak_max", "cap", "persons_over", "touches_over")
    return pd.DataFrame([row for rows in found for row in rows]).astype(dict.fromkeys(whole, "Int64"))


def _of_part(log: Log, channel: str, chosen: Any, caps: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the rows of one channel, or of all."""
    from workbench.governance.pressure import kernels

    customer, at, day = log.customer[chosen], log.at[chosen], log.local_day[chosen]
    persons, rows = starts(customer), []
    for window, (when, span, of) in _windows(at, day).items():
        counts = kernels.rolling(customer, when, span)
        rows.append({"channel": channel, "window": window} | _pressure(counts, persons, cap=caps.get(of)))
    return rows


def _windows(at: NDArray[np.int64], day: NDArray[np.int32]) -> dict[str, tuple[NDArray[Any], int, str]]:
    """Return the times to roll over, how long the window is, and whose cap it has."""
    return {name: (at, days * MICROSECONDS_A_DAY, name) for name, days in ROLLING.items()} | {
        _CALENDAR_DAY: (day, 1, "1 day")
    }


def _pressure(counts: NDArray[np.int32], persons: NDArray[np.intp], *, cap: int | None) -> dict[str, Any]:
    peaks = np.maximum.reduceat(counts, persons) if len(counts) else counts
    median, p95 = np.quantile(peaks, [0.5, 0.95], method="inverted_cdf") if len(peaks) else (pd.NA, pd.NA)
    most = peaks.max() if len(peaks) else pd.NA
    found = {"persons": len(peaks), "touches": len(counts)}
    return found | {"peak_median": median, "peak_p95": p95, "peak_max": most} | _over(peaks, counts, cap)


def _over(peaks: NDArray[np.int32], counts: NDArray[np.int32], cap: int | None) -> dict[str, Any]:
    """Return what is over the cap; missing where there is none."""
    persons, touches = (np.nan if cap is None else float((values > cap).sum()) for values in (peaks, counts))
    share, low, high = (float(value) for value in wilson(persons, len(peaks)))
    return {
        "cap": pd.NA if cap is None else cap,
        "persons_over": persons,
        "persons_over_share": share,
        "persons_over_share_low": low,
        "persons_over_share_high": high,
        "touches_over": touches,
        "touches_over_share": touches / len(counts) if len(counts) else np.nan,
    }
