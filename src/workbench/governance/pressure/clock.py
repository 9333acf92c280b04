"""On whose clock was it what time?

In: customers with timezones, times (naive UTC).   Out: the timezones that exist, in words what was assumed of the
others; times as the clocks of many zones show them.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.governance.days import offsets
from workbench.words import counted

_LONGEST = 40  # characters of a name that came with the data


def zones(customers: ibis.Table | None, timezone: str) -> tuple[list[str], str]:
    """Return the timezones of customers that exist, and in words what was assumed of the others."""
    if customers is None or "timezone" not in customers.columns:
        return [], f"Hours and days are those of {timezone}, the market's: no customer's timezone is known."
    counts = (
        customers.select(zone=customers.timezone.strip().fill_null(""))
        .group_by("zone")
        .aggregate(customers=lambda row: row.count())
    )
    people: pd.Series[int] = counts.order_by("zone").to_pyarrow().to_pandas().set_index("zone")["customers"]
    known = [zone for zone in people.index if zone and exists(zone)]
    wrong = people.drop([*known, *people.index[people.index == ""]])
    said = ["Hours and days are those of each customer's timezone."]
    if "" in people.index:
        said.append(f"{counted(int(people['']), 'customer has', 'customers have')} none: taken to be {timezone}.")
    if len(wrong):
        have, example = counted(int(wrong.sum()), "customer has", "customers have"), _harmless(str(wrong.index[0]))
        said.append(f"{have} one that does not exist, such as '{example}': taken to be {timezone}.")
    return known, " ".join(said)


def on_clock(
    at: NDArray[np.int64], zone: NDArray[Any], zones: Sequence[str], first: date, last: date
) -> NDArray[np.int64]:
    """Return times, microseconds since 1970, as the clocks of their zones show them, all zones in one search.

    `at` lies on the UTC days from `first` to `last`; `zone` is the place of each time's zone in `zones` (IANA names).

    >>> at = np.datetime64("2025-06-01T22:00", "us").astype(np.int64) + np.zeros(2, np.int64)
    >>> there = on_clock(at, np.array([0, 1]), ["Europe/Berlin", "Asia/Tokyo"], date(2025, 6, 1), date(2025, 6, 1))
    >>> (there // 3_600_000_000 % 24).tolist()
    [0, 7]
    """
    origin = datetime.combine(first, time.min)
    span = (last - first + timedelta(days=1)) // timedelta(microseconds=1)
    changes = [(number, *change) for number, name in enumerate(zones) for change in offsets(name, first, last)]
    ends = [number * span + (until - origin) // timedelta(microseconds=1) for number, until, _ in changes]
    ahead = np.array([seconds for *_, seconds in changes], dtype=np.int64) * 1_000_000
    since = at - np.datetime64(origin, "us").astype(np.int64)
    found: NDArray[np.int64] = at + ahead[np.searchsorted(np.array(ends), since + zone * np.int64(span), side="right")]
    return found


def exists(name: str) -> bool:
    """Say whether there is a timezone of this name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _harmless(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in name)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
