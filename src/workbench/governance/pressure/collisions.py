"""Which campaigns reach the same person on the same day?

In: a `Log`.   Out: `Collisions`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.governance.pressure.log import Log

_TOP, _MOST_CAMPAIGNS = 20, 2_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Collisions:
    """Campaigns that reached the same person on the same local day.

    `pairs` has first, second (names, or ids), channels (those of the two campaigns), persons, person_days and
    audience_share (persons of the smaller one's audience), the 20 with the most person_days; `pairs_total` is how many
    pairs there are in all, `persons` and `person_days` what they come to together, each counted once.
    """

    pairs: pd.DataFrame
    pairs_total: int
    persons: int
    person_days: int
    note: str


def collisions(log: Log) -> Collisions:
    """Count the people whom two campaigns reach on one day of their own clock.

    Two touches of one campaign do not collide. Of more than 2,000 campaigns, those with the most touches are paired.

    >>> from workbench.governance.pressure.log import log_of
    >>> day = pd.Timestamp("2025-06-01 09:00")
    >>> sent = pd.DataFrame({"customer_id": ["a", "a", "b"], "at": day, "channel": "sms", "campaign": ["x", "y", "y"]})
    >>> collisions(log_of(sent)).pairs.to_dict("records")
    [{'first': 'x', 'second': 'y', 'channels': 'sms', 'persons': 1, 'person_days': 1, 'audience_share': 1.0}]
    """
    from workbench.governance.pressure import kernels

    kept, place = _most_used(log)
    days, persons, audience, total = kernels.meet(log.customer, log.local_day, place[log.campaign], len(kept))
    first, second = np.nonzero(days)
    names, channels = _names(log.campaigns).to_numpy()[kept], _channels(log)[kept]
    share = persons[first, second] / np.minimum(audience[first], audience[second])
    pairs = pd.DataFrame({"first": first, "second": second, "persons": persons[first, second]})
    pairs = pairs.assign(person_days=days[first, second], audience_share=share)
    top = pairs.sort_values(["person_days", "persons", "first", "second"], ascending=[False, False, True, True])
    top = top.head(_TOP).reset_index(drop=True)
    used = channels[top["first"]] | channels[top["second"]]
    top.insert(2, "channels", [", ".join(np.array(log.channels)[one]) for one in used])
    top = top.assign(first=names[top["first"]], second=names[top["second"]])
    return Collisions(
        pairs=top.astype({"first": "str", "second": "str", "channels": "str"}),
        pairs_total=len(pairs),
        person_days=int(total[0]),
        persons=int(total[1]),
        note=_note(log, kept),
    )


def _most_used(log: Log) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return the campaigns to pair, and by code the place among them; -1 for the others and for none."""
    touches = np.bincount(log.campaign[log.campaign >= 0], minlength=len(log.campaigns))
    kept = np.sort(np.argsort(-touches, kind="stable")[:_MOST_CAMPAIGNS])
    place = np.full(len(log.campaigns) + 1, -1, np.int32)
    place[kept] = np.arange(len(kept))
    return kept, place


def _names(campaigns: pd.DataFrame) -> "pd.Series[str]":
    """Return the names of campaigns; the id where there is none, and with it where several have the same."""
    named = campaigns["name"].astype("str").str.strip()
    named = named.where(named != "")
    unique = named.where(~named.duplicated(keep=False), named + " (" + campaigns["campaign_id"] + ")")
    return unique.fillna(campaigns["campaign_id"])


def _channels(log: Log) -> NDArray[np.bool_]:
    """Say which channels each campaign used, (campaigns, channels)."""
    shape = (len(log.campaigns), len(log.channels))
    cell = (log.campaign.astype(np.int64) * shape[1] + log.channel)[log.campaign >= 0]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape) > 0


def _note(log: Log, kept: NDArray[np.intp]) -> str:
    without = int((log.campaign < 0).sum())
    said = [f"{without:,} of {len(log.at):,} touches have no campaign and collide with nothing."] if without else []
    if len(kept) < len(log.campaigns):
        said.append(f"Of {len(log.campaigns):,} campaigns, only the {len(kept):,} with the most touches were paired.")
    return " ".join(said)
