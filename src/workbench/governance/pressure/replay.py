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
from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log, starts
from workbench.processor import threads

Cap = tuple[int, int]  # so many touches may go to a person in so many days
CHOICES = ((1, 7), (2, 7), (3, 7), (5, 7), (4, 30), (6, 30), (8, 30), (12, 30))
_LOST = {
    "opened": "opens_lost",
    "clicked": "clicks_lost",
    "converted": "conversions_lost",
    "unsubscribed": "unsubscribes_avoided",
}


def replay(log: Log, caps: Sequence[Cap], *, by_priority: bool) -> NDArray[np.bool_]:
    """Say of each touch whether caps, each (touches, days), would have held it back; several hold together.

    A cap is of the touches in (t - days, t] for a person. The log is gone through day by day of the person's clock:
    what was held back does not count later, what went out does. Within a day the earlier touch goes first; by
    priority, that of the campaign with the lower number, those without a number last. No window of those sent holds
    more than its cap. InputError: a cap below 0, days below 1.

    >>> from workbench.governance.pressure.log import log_of
    >>> sent = pd.DataFrame({"customer_id": "a", "channel": "sms", "campaign": ["news", "sale"]})
    >>> sent = sent.assign(at=pd.to_datetime(["2025-06-01 09:00", "2025-06-01 15:00"]))
    >>> log = log_of(sent, campaigns=pd.DataFrame({"campaign_id": ["news", "sale"], "priority": [2, 1]}))
    >>> [replay(log, [(1, 1), (3, 7)], by_priority=ranked).tolist() for ranked in (False, True)]
    [[False, True], [True, False]]
    """
    from workbench.governance.pressure import kernels

    for cap, days in caps:
        if cap < 0 or days < 1:
            raise InputError(f"cap: {cap} in {days} days; a cap is 0 or more, in 1 day or more")
    rank = _ranks(log) if by_priority else np.zeros(len(log.campaigns) + 1, np.int32)
    limits = np.array([min(cap, len(log.at)) for cap, _ in caps], np.int64)
    spans = np.array([days for _, days in caps], np.int64) * MICROSECONDS_A_DAY
    held: NDArray[np.bool_] = kernels.hold_back(log.customer, log.at, log.local_day, log.campaign, rank, limits, spans)
    return held


def what_caps_cost(
    log: Log,
    *,
    choices: Sequence[Cap] = CHOICES,
    house: Sequence[Cap] = (),
    wh_per_touch: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what each choice of (cap, days) would have held back and cost, in order of time and by priority.

    The caps of the `house` are among the choices, each once and marked; where it has several, the last rows are of all
    of them together: `cap` is missing there, and `window` names them.

    Lost are the opens, clicks and conversions that followed touches held back, which is the most that could have been
    lost: some would have come anyway, or from another touch; for the same reason unsubscribes_avoided is the most that
    could have been avoided. Shares are of all there were; what the CRM does not tell is missing. Rows by priority are
    there where a campaign has one; held_back_top_priority_share are held-back touches of the lowest number. wh_saved
    counts the channels of which `wh_per_touch` knows the energy (watt hours), and is missing where it knows none.
    """
    ranked = bool(log.campaigns["priority"].notna().any())
    asked = [(caps, by) for caps in _asked(choices, house) for by in ([False, True] if ranked else [False])]

    def one(choice: tuple[tuple[Cap, ...], bool]) -> dict[str, Any]:
        caps, by_priority = choice
        held = replay(log, caps, by_priority=by_priority)
        known = {"by_priority": by_priority, "house": set(caps) <= set(house)}
        return _named(caps) | known | _cost(log, held, wh_per_touch or {})

    with ThreadPoolExecutor(threads()) as pool:
        found = pd.DataFrame(list(pool.map(one, asked)))
    return found.astype(dict.fromkeys(("cap", *_LOST.values()), "Int64"))


def _asked(choices: Sequence[Cap], house: Sequence[Cap]) -> list[tuple[Cap, ...]]:
    """Return what to replay: each cap alone, by days and size, and those of the house together."""

    def by_days(caps: set[Cap]) -> list[Cap]:
        return sorted(caps, key=lambda cap: cap[::-1])

    together = tuple(by_days(set(house)))
    return [(cap,) for cap in by_days({*choices, *house})] + ([together] if len(together) > 1 else [])


def _named(caps: tuple[Cap, ...]) -> dict[str, Any]:
    """Return cap and window of one, or of several a window in words."""
    windows = [f"{days} day{'s' if days > 1 else ''}" for _, days in caps]
    if len(caps) == 1:
        return {"cap": caps[0][0], "window": windows[0]}
    return {"cap": pd.NA, "window": ", ".join(f"{cap} in {name}" for (cap, _), name in zip(caps, windows, strict=True))}


def _ranks(log: Log) -> NDArray[np.int32]:
    """Return the place of each campaign by priority, from 1; unknown last, also for touches without campaign."""
    places = log.campaigns["priority"].rank(method="dense").to_numpy()
    return np.append(np.where(np.isnan(places), len(places) + 1, places), len(places) + 1).astype(np.int32)


def _cost(log: Log, held: NDArray[np.bool_], wh_per_touch: Mapping[str, float]) -> dict[str, Any]:
    many = int(held.sum())
    by_channel = zip(log.channels, np.bincount(log.channel[held], minlength=len(log.channels)), strict=True)
    known = [touches * wh_per_touch[name] for name, touches in by_channel if name in wh_per_touch]
    top, ranked = _ranks(log)[log.campaign[held]] == 1, bool(log.campaigns["priority"].notna().any())
    return {
        "touches_held_back": many,
        "held_back_share": many / len(held) if len(held) else np.nan,
        "persons_spared": len(starts(log.customer[held])),
        **_lost(log, held),
        "held_back_top_priority_share": float(top.mean()) if many and ranked else np.nan,
        "wh_saved": float(sum(known)) if known else np.nan,
    }


def _lost(log: Log, held: NDArray[np.bool_]) -> dict[str, float]:
    """Return what followed touches held back, and its share of all there was; missing where it is not recorded."""
    found: dict[str, float] = {}
    for name, lost in _LOST.items():
        happened = getattr(log, name)
        followed = np.nan if happened is None else float((held & happened).sum())
        every = 0 if happened is None else int(happened.sum())
        found |= {lost: followed, f"{lost}_share": followed / every if every else np.nan}
    return found
