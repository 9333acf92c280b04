"""Who was contacted when, by which channel and for which campaign, as arrays that twenty million touches fit into.

In: tables of a CRM, or a small frame.   Out: a `Log`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.governance.days import period
from workbench.governance.pressure.clock import exists, on_clock, zones
from workbench.governance.rows import blank, count, folded, optional
from workbench.words import counted

MICROSECONDS_A_DAY = 86_400_000_000
RESPONSES = ("opened", "clicked", "converted", "unsubscribed")
_NO_CHANNEL, _REST, _MOST_CHANNELS = "no channel given", "other channels", 100
_ROWS = 1_000_000  # so many are fetched at once


@dataclass(frozen=True, eq=False, kw_only=True)
class Log:
    """Touches of all customers as arrays of one length, by customer and then by time.

    `customer` numbers who was contacted, from 0 up to `customers` - 1; `at` is microseconds since 1970, naive UTC, and
    `local_at` the same on the person's own clock; `channel` points into `channels` and `campaign` into `campaigns`
    (campaign_id, name, priority; the last two may be missing), -1 is none. What a touch led to is None where the CRM
    has no such column. `note` says what was assumed of timezones and what was left out.
    """

    customer: NDArray[np.int32]
    at: NDArray[np.int64]
    local_at: NDArray[np.int64]
    channel: NDArray[np.int8]
    channels: tuple[str, ...]
    campaign: NDArray[np.int32]
    campaigns: pd.DataFrame
    opened: NDArray[np.bool_] | None
    clicked: NDArray[np.bool_] | None
    converted: NDArray[np.bool_] | None
    unsubscribed: NDArray[np.bool_] | None
    note: str
    customers: int

    @cached_property
    def local_day(self) -> NDArray[np.int32]:
        """The day of each touch on the person's clock, days since 1970, never falling within a person.

        Where a clock is set back over midnight (St John's, until 2011), the later day goes on.
        """
        days = self.customer * np.int64(2**31) + self.local_at // MICROSECONDS_A_DAY + 2**30
        np.maximum.accumulate(days, out=days)
        days -= self.customer * np.int64(2**31) + 2**30
        return days.astype(np.int32)


def read_log(tables: Mapping[str, ibis.Table], *, timezone: str) -> Log | None:
    """Read the touches of a CRM, each on the clock of its customer; None where there is none.

    A customer without a timezone, or with one that does not exist, lives by the market's `timezone` (IANA). Touches
    without customer or time are left out. An InputError names a `timezone` that does not exist.

    >>> sent = pd.DataFrame({"customer_id": ["b", "a"], "channel": [" Email", "email"]})
    >>> sent = ibis.memtable(sent.assign(sent_at=pd.Timestamp("2025-06-01 22:00")))
    >>> people = ibis.memtable({"customer_id": ["a", "b"], "timezone": ["America/New_York", "Mars/Olympus"]})
    >>> log = read_log({"touches": sent, "customers": people}, timezone="Europe/Berlin")
    >>> log.channels, (log.local_at // 3_600_000_000 % 24).tolist()
    (('email',), [18, 0])
    >>> log.note
    "Hours and days are those of each customer's timezone. 1 customer has one that does not exist, such as
    'Mars/Olympus': taken to be Europe/Berlin."
    """
    if not exists(timezone):
        raise InputError(f"timezone: '{timezone[:40]}' is no IANA name of a timezone, such as 'Europe/Berlin'")
    if "touches" not in tables:
        return None
    sent = _sent(tables["touches"])
    who, days = _people(sent), period(sent, "sent_at")
    size = int(who.touches.sum().to_pyarrow().as_py() or 0)
    if days is None or not size:
        return None
    known, note = zones(tables.get("customers"), timezone)
    used: pd.DataFrame = sent.select("channel", "campaign_id").distinct().to_pyarrow().to_pandas()
    channels, campaigns = _channels(used["channel"]), _campaigns(used["campaign_id"], tables.get("campaigns"))
    rows = _coded(sent, channels, campaigns, _at_home(who, tables.get("customers"), known))
    found = _fetch(rows, size=size, clock=lambda at, zone: on_clock(at, zone, [timezone, *known], *days))
    dropped = count(tables["touches"]) - size
    left_out = counted(dropped, "touch", "touches") + " without customer or time left out." if dropped else ""
    return Log(
        **found,
        channels=tuple(channels.drop_duplicates("code").sort_values("code")["name"]),
        campaigns=campaigns,
        note=" ".join(filter(None, [note, left_out, _without_hours(found["at"], found["local_at"])])),
        customers=int(found["customer"][-1]) + 1,
    )


def log_of(frame: pd.DataFrame, *, timezone: str = "UTC", campaigns: pd.DataFrame | None = None) -> Log:
    """Return a small frame of touches as a log: customer_id, at (naive UTC) and channel; campaign (an id), opened,
    clicked, converted and unsubscribed (booleans) where there are any. `campaigns` may have name and priority.

    >>> sent = pd.DataFrame({"customer_id": ["b", "a"], "at": pd.to_datetime(["2025-06-01", "2025-06-02"])})
    >>> log_of(sent.assign(channel="sms", opened=[True, False])).opened.tolist()
    [False, True]
    """
    ids = frame.get("campaign", pd.Series("", index=frame.index)).astype("str")
    campaign, known = pd.factorize(ids.mask(ids.str.strip() == ""), sort=True)
    customer, people = pd.factorize(frame["customer_id"], sort=True)
    channel, channels = pd.factorize(frame["channel"], sort=True)
    at = np.asarray(frame["at"], "datetime64[us]").astype(np.int64)
    order = np.lexsort((campaign, channel, at, customer))
    days = (frame["at"].min().date(), frame["at"].max().date()) if len(frame) else (date(1970, 1, 1),) * 2
    local_at = on_clock(at, np.zeros(len(at), np.int64), [timezone], *days)
    return Log(
        customer=customer[order].astype(np.int32),
        at=at[order],
        local_at=local_at[order],
        channel=channel[order].astype(np.int8),
        channels=tuple(channels),
        campaign=campaign[order].astype(np.int32),
        campaigns=_described(pd.Series(known, dtype="str"), campaigns),
        **{name: frame[name].to_numpy(bool)[order] if name in frame else None for name in RESPONSES},
        note=f"Hours and days are those of {timezone}. {_without_hours(at, local_at)}".strip(),
        customers=len(people),
    )


def starts(customer: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return where each customer's touches begin, in an array in which they lie side by side."""
    return np.flatnonzero(np.append(True, customer[1:] != customer[:-1])[: len(customer)])


def _sent(touches: ibis.Table) -> ibis.Table:
    """Return the touches that have a time: customer_id, sent_at, channel, campaign_id and what they led to."""
    there = touches.filter(touches.sent_at.notnull())
    responses = {name: there[f"{name}_at"].notnull() for name in RESPONSES if f"{name}_at" in there.columns}
    return there.select(
        "customer_id",
        "sent_at",
        channel=there.channel.fill_null(""),
        campaign_id=optional(there, "campaign_id").fill_null(""),
        **responses,
    )


def _channels(written: "pd.Series[str]") -> pd.DataFrame:
    """Return written, name and code of the channels; those beyond the first hundred by name are one."""
    found = pd.DataFrame({"written": written.drop_duplicates().sort_values(ignore_index=True)})
    found = found.assign(name=found["written"].map(folded).replace("", _NO_CHANNEL))
    names = found["name"].drop_duplicates().sort_values()[:_MOST_CHANNELS]
    found = found.assign(name=found["name"].where(found["name"].isin(names), _REST))
    return found.assign(code=pd.factorize(found["name"], sort=True)[0].astype("int8"))


def _campaigns(used: "pd.Series[str]", described: ibis.Table | None) -> pd.DataFrame:
    """Return campaign_id, name and priority of the campaigns of touches, by id; the row's number is the code."""
    ids = used[used.str.strip() != ""].drop_duplicates().astype("str").sort_values(ignore_index=True)
    if described is None:
        return _described(ids, None)
    columns = [name for name in ("campaign_id", "name", "priority") if name in described.columns]
    return _described(ids, described.select(*columns).to_pyarrow().to_pandas())


def _described(ids: "pd.Series[str]", described: pd.DataFrame | None) -> pd.DataFrame:
    found = pd.DataFrame({"campaign_id": ids})
    if described is not None:
        found = found.merge(described.drop_duplicates("campaign_id"), on="campaign_id", how="left")
    found = found.reindex(columns=["campaign_id", "name", "priority"])
    return found.assign(priority=pd.to_numeric(found["priority"], errors="coerce").astype(float))


def _people(sent: ibis.Table) -> ibis.Table:
    """Return customer_id, touches and person, the number by which a log knows them, of those who have an id."""
    # Kept before blank ids go, or else every touch would be looked at for that, and twice.
    who = sent.group_by("customer_id").aggregate(touches=sent.count()).cache()
    who = who.filter(~blank(who.customer_id))
    return who.mutate(person=ibis.row_number().over(order_by=who.customer_id).cast("int32"))


def _at_home(who: ibis.Table, customers: ibis.Table | None, known: Sequence[str]) -> ibis.Table:
    """Return customer_id, person and zone, the place in `known` from 1 on; 0 is the market's."""
    if customers is None or not known:
        return who.select("customer_id", "person", zone=ibis.literal(0, "int16"))
    place = ibis.memtable(pa.table({"called": known, "zone": pa.array(range(1, len(known) + 1), pa.int16())}))
    lives = customers.select(lives="customer_id", called=customers.timezone.strip()).inner_join(place, "called")
    lives = lives.group_by("lives").aggregate(zone=lives.zone.min())
    found = who.left_join(lives, who.customer_id == lives.lives)
    return found.select("customer_id", "person", zone=found.zone.fill_null(0))


def _coded(sent: ibis.Table, channels: pd.DataFrame, campaigns: pd.DataFrame, people: ibis.Table) -> ibis.Table:
    """Return the touches as numbers, by customer and time."""
    ids = pa.array(campaigns["campaign_id"], pa.string())
    of_campaign = ibis.memtable(pa.table({"campaign_id": ids, "campaign": pa.array(range(len(ids)), pa.int32())}))
    written = channels[["written", "code"]].set_axis(["channel", "number"], axis=1)
    of_channel = ibis.memtable(pa.Table.from_pandas(written, preserve_index=False))
    found = sent.inner_join(people, "customer_id").inner_join(of_channel, "channel")
    found = found.left_join(of_campaign, "campaign_id")
    responses = [name for name in RESPONSES if name in sent.columns]
    found = found.select(
        "zone", *responses, customer="person", at="sent_at", channel="number", campaign=found.campaign.fill_null(-1)
    )
    return found.order_by("customer", "at")


def _fetch(rows: ibis.Table, *, size: int, clock: Any) -> dict[str, Any]:
    """Fetch the touches, batch by batch, into arrays of their final size."""
    kinds = {"customer": "int32", "at": "int64", "local_at": "int64", "channel": "int8", "campaign": "int32"}
    kinds |= {name: "bool" for name in RESPONSES if name in rows.columns}
    found: dict[str, Any] = {name: np.empty(size, kind) for name, kind in kinds.items()}
    start = 0
    for batch in rows.to_pyarrow_batches(chunk_size=_ROWS):
        place = slice(start, start := start + len(batch))
        for name, values in _columns(batch):
            if name in found:
                found[name][place] = values
        found["local_at"][place] = clock(found["at"][place], batch["zone"].to_numpy())
    _part_ties(found)
    return dict.fromkeys(RESPONSES) | found


def _part_ties(found: dict[str, NDArray[Any]]) -> None:
    """Order, in place, what a person was sent at one time by all else."""
    # As further keys of the database's order these would take it twice the time for all rows.
    next_is_tied = (np.diff(found["customer"]) == 0) & (np.diff(found["at"]) == 0)
    rows = np.flatnonzero(np.append(next_is_tied, False) | np.append(False, next_is_tied))
    names = ["customer", "at", "channel", "campaign", *(name for name in RESPONSES if name in found)]
    order = np.lexsort([found[name][rows] for name in reversed(names)])
    for name in names:
        found[name][rows] = found[name][rows[order]]


def _columns(batch: pa.RecordBatch) -> Iterator[tuple[str, NDArray[Any]]]:
    for name in batch.schema.names:
        values = batch[name].cast(pa.timestamp("us")).cast(pa.int64()) if name == "at" else batch[name]
        yield name, values.to_numpy(zero_copy_only=False)


def knows_hours(*clocks: NDArray[np.int64]) -> bool:
    """Say whether times are more than days, on every clock: one that is not midnight is enough."""
    # The first touches are nearly always enough, where all would be ten million divisions.
    return all(any((part % MICROSECONDS_A_DAY != 0).any() for part in (one[:1_000], one)) for one in clocks)


def _without_hours(*clocks: NDArray[np.int64]) -> str:
    return "" if knows_hours(*clocks) else "No touch has a time of day: hours are not known."
