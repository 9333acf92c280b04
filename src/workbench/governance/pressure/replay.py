"""What would a cap on contacts have held back, and what would that have cost?

In: a `Log`, caps.   Out: what is held back, touch by touch; a table to choose from.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log, local_days, starts
from workbench.processor import threads

# Caps, and the days in which so many touches may go to a person.
CHOICES = ((1, 7), (2, 7), (3, 7), (5, 7), (4, 30), (6, 30), (8, 30), (12, 30))
_LOST = {
    "opened": "opens_lost",
    "clicked": "clicks_lost",
    "converted": "conversions_lost",
    "unsubscribed": "unsubscribes_avoided",
}


def replay(log: Log, *, cap: int, days: int, by_priority: bool) -> NDArray[np.bool_]:
    """Say of each touch whether a cap of so many in (t - days, t] for a person would have held it back.

    The log is gone through day by day of the person's clock: what was held back does not count later, what went out
    does. Within a day the earlier touch goes first; by priority, that of the campaign with the lower number, those
    without a number last. No window of those sent holds more than the cap. InputError: a cap below 0, days below 1.

    >>> from workbench.governance.pressure.log import log_of
    >>> sent = pd.DataFrame({"customer_id": "a", "channel": "sms", "campaign": ["news", "sale"]})
    >>> sent = sent.assign(at=pd.to_datetime(["2025-06-01 09:00", "2025-06-01 15:00"]))
    >>> log = log_of(sent, campaigns=pd.DataFrame({"campaign_id": ["news", "sale"], "priority": [2, 1]}))
    >>> [replay(log, cap=1, days=7, by_priority=ranked).tolist() for ranked in (False, True)]
    [[False, True], [True, False]]
    """
    return _replay(log, local_days(log), cap=cap, days=days, by_priority=by_priority)


def what_caps_cost(
    log: Log, *, choices: Sequence[tuple[int, int]] = CHOICES, wh_per_touch: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return what each choice of (cap, days) would have held back and cost, in order of time and by priority.

    Lost are the opens, clicks and conversions that followed touches held back, which is the most that could have been
    lost: some would have come anyway, or from another touch; for the same reason unsubscribes_avoided is the most that
    could have been avoided. Shares are of all there were; what the CRM does not tell is missing. Rows by priority are
    there where a campaign has one; held_back_top_priority_share are held-back touches of the lowest number. wh_saved
    counts the channels of which `wh_per_touch` knows the energy (watt hours), and is missing where it knows none.
    """
    days, ranked = local_days(log), bool(log.campaigns["priority"].notna().any())
    asked = [(cap, window, by) for cap, window in choices for by in ([False, True] if ranked else [False])]

    def one(choice: tuple[int, int, bool]) -> dict[str, Any]:
        cap, window, by_priority = choice
        held = _replay(log, days, cap=cap, days=window, by_priority=by_priority)
        return {"cap": cap, "window": f"{window} days", "by_priority": by_priority} | _cost(log, held, wh_per_touch)

    with ThreadPoolExecutor(threads()) as pool:
        found = pd.DataFrame(list(pool.map(one, asked)))
    return found.astype(dict.fromkeys(_LOST.values(), "Int64"))


def _replay(log: Log, days_of: NDArray[np.int32], *, cap: int, days: int, by_priority: bool) -> NDArray[np.bool_]:
    from workbench.governance.pressure import kernels

    if cap < 0 or days < 1:
        raise InputError(f"cap: {cap} in {days} days; a cap is 0 or more, in 1 day or more")
    rank = _ranks(log) if by_priority else np.zeros(len(log.campaigns) + 1, np.int32)
    limit = min(cap, len(log.at))
    held: NDArray[np.bool_] = kernels.hold_back(
        log.customer, log.at, days_of, log.campaign, rank, limit, days * MICROSECONDS_A_DAY
    )
    return held


def _ranks(log: Log) -> NDArray[np.int32]:
    """Return the place of each campaign by priority, from 1; unknown last, also for touches without campaign."""
    places = log.campaigns["priority"].rank(method="dense").to_numpy()
    return np.append(np.where(np.isnan(places), len(places) + 1, places), len(places) + 1).astype(np.int32)


def _cost(log: Log, held: NDArray[np.bool_], wh_per_touch: Mapping[str, float] | None) -> dict[str, Any]:
    many = int(held.sum())
    found: dict[str, Any] = {
        "touches_held_back": many,
        "held_back_share": many / len(held) if len(held) else np.nan,
        "persons_spared": len(starts(log.customer[held])),
    }
    for name, lost in _LOST.items():
        happened = getattr(log, name)
        all_of_it = int(happened.sum()) if happened is not None else 0
        followed = np.nan if happened is None else int((held & happened).sum())
        found |= {lost: followed, f"{lost}_share": followed / all_of_it if all_of_it else np.nan}
    top = _ranks(log)[log.campaign[held]] == 1
    ranked = many and log.campaigns["priority"].notna().any()
    by_channel = np.bincount(log.channel[held], minlength=len(log.channels))
    known = (
        [n * wh_per_touch[name] for n, name in zip(by_channel, log.channels, strict=True) if name in wh_per_touch]
        if wh_per_touch
        else []
    )
    return found | {
        "held_back_top_priority_share": float(top.mean()) if ranked else np.nan,
        "wh_saved": float(sum(known)) if known else np.nan,
    }
