"""At what hour of their own day are people contacted, and how often at hours that are to be quiet?

In: a `Log`, when quiet begins and ends.   Out: frames.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log, knows_hours, starts
from workbench.intervals import wilson


def quiet_hours(log: Log, *, quiet_from: int, quiet_until: int) -> pd.DataFrame:
    """Return channel ('all' first), touches, those in quiet hours, persons, and the share with Wilson's 95 % interval.

    The interval takes each touch as sent on its own, which those of one campaign are not: it is rather too narrow.

    Quiet are the hours of the person's clock from `quiet_from` until before `quiet_until` (0 to 24), over midnight
    where the latter is less; none where they are equal. `persons` had one touch or more in quiet hours. Where the data
    has no times of day, this is missing. An InputError names an hour that is none.

    >>> from workbench.governance.pressure.log import log_of
    >>> sent = pd.DataFrame({"customer_id": ["a", "b"], "channel": "sms"})
    >>> log = log_of(sent.assign(at=pd.to_datetime(["2025-06-01 20:59", "2025-06-01 21:00"])))
    >>> quiet_hours(log, quiet_from=21, quiet_until=8).loc[0, "in_quiet_hours"]
    np.int64(1)
    """
    for name, hour in (("quiet_from", quiet_from), ("quiet_until", quiet_until)):
        if not 0 <= hour <= 24:
            raise InputError(f"{name}: {hour} is no hour of the day; 0 to 24 are")
    hours = (log.local_at // (MICROSECONDS_A_DAY // 24) % 24).astype(np.int8)
    late, early = hours >= quiet_from, hours < quiet_until
    quiet = late & early if quiet_from <= quiet_until else late | early
    parts = [("all", slice(None)), *((name, log.channel == i) for i, name in enumerate(log.channels))]
    rows = [(name, *_share(log.customer[chosen], quiet[chosen])) for name, chosen in parts]
    columns = ["channel", "touches", "in_quiet_hours", "persons", "quiet_share", "quiet_share_low", "quiet_share_high"]
    found = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:4], "Int64"))
    if not knows_hours(log.at, log.local_at):
        found[columns[2:4]], found[columns[4:]] = pd.NA, np.nan
    return found


def by_hour(log: Log) -> pd.DataFrame:
    """Return channel, hour (0 to 23, of the person's clock) and touches; no row where times of day are not known."""
    channels = len(log.channels)
    cell = (log.local_at // (MICROSECONDS_A_DAY // 24) % 24).astype(np.int16) + log.channel.astype(np.int16) * 24
    counts = np.bincount(cell, minlength=channels * 24)
    names = np.repeat(np.array(log.channels, dtype=object), 24)
    found = pd.DataFrame({"channel": names, "hour": np.tile(np.arange(24), channels), "touches": counts})
    return found.astype({"channel": "str"}).head(len(found) if knows_hours(log.at, log.local_at) else 0)


def _share(customer: NDArray[np.int32], quiet: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return touches, those in quiet hours, the persons whom they reached, and the share with its interval."""
    reached, many = customer[quiet], int(quiet.sum())
    return len(quiet), many, len(starts(reached)), *(float(value) for value in wilson(many, len(quiet)))
