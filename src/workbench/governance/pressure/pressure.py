"""Are people contacted more than they should be, what follows from it, and what would it cost to hold back?

In: tables of a CRM, the caps and quiet hours of the house, the audit's findings.   Out: `Pressure`.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.case import Tables
from workbench.governance.finding import Finding
from workbench.governance.pressure.collisions import Collisions, collisions
from workbench.governance.pressure.effect import contact_effect
from workbench.governance.pressure.energy import energy_of, wh_per_touch
from workbench.governance.pressure.findings import findings_of
from workbench.governance.pressure.hours import by_hour, quiet_hours
from workbench.governance.pressure.load import ROLLING, load
from workbench.governance.pressure.log import MICROSECONDS_A_DAY, Log, log_of, read_log, starts
from workbench.governance.pressure.replay import what_caps_cost
from workbench.governance.pressure.response import by_pressure, received_before, slopes
from workbench.processor import threads
from workbench.words import counted

_NEEDED = ("customer_id", "channel", "sent_at")


@dataclass(frozen=True, eq=False, kw_only=True)
class Pressure:
    """What people are sent, and what follows: tidy frames, all empty where there are no touches.

    `touches` to `persons` from `first` to `last` (naive UTC; NaT without any); `load` by channel and window; `peaks`
    how many persons had which most in 30 days; `hours` in the quiet hours by channel and `by_hour` by hour of the
    person's clock; `collisions` the campaigns that meet; `by_pressure` and `slopes` what happened by how much was
    received; `caps` what each cap, and those of the house together, would have held back, lost and avoided; `energy` by
    channel; `effect` of contact drawn by lot, or why it is not known; `limits` (caps by window) and `quiet` (from,
    until) by which the `findings` judge; `note` what was assumed, or why nothing applies.
    """

    touches: int
    persons: int
    first: pd.Timestamp
    last: pd.Timestamp
    load: pd.DataFrame
    peaks: pd.DataFrame
    hours: pd.DataFrame
    by_hour: pd.DataFrame
    collisions: Collisions
    by_pressure: pd.DataFrame
    slopes: pd.DataFrame
    caps: pd.DataFrame
    energy: pd.DataFrame
    effect: pd.DataFrame | str
    findings: tuple[Finding, ...]
    limits: Mapping[str, int]
    quiet: tuple[int, int]
    note: str

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """What later notebooks read: what caps cost, and energy and responses by channel."""
        return {"caps": self.caps, "channels": self.energy}

    @property
    def said(self) -> str:
        """The pressure in a sentence or three."""
        if not self.touches:
            return self.note
        sent = (
            f"{counted(self.touches, 'touch', 'touches')} to {counted(self.persons, 'person', 'persons')} "
            f"from {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}, {self.touches / self.persons:,.1f} a person."
        )
        return " ".join(filter(None, [sent, self.note]))


def assess_pressure(
    tables: Tables,
    *,
    timezone: str,
    caps: Mapping[str, int],
    quiet_from: int,
    quiet_until: int,
    audit_findings: Iterable[Finding] = (),
) -> Pressure:
    """Assess what people are sent, against the caps ('1 day', '7 days', '30 days') and quiet hours of the house.

    Hours and calendar days are those of the person's timezone, else of the market's (`timezone`, IANA). Nothing is
    raised for what is missing: it is 'not applicable' or 'not measured' with the reason. `audit_findings` are told
    again where they are on sending to those who have said no.

    >>> import ibis
    >>> sent = ibis.memtable({"touch_id": ["a", "b"], "customer_id": ["c", "c"], "channel": ["email", "sms"],
    ...                       "sent_at": pd.to_datetime(["2025-03-01 09:00", "2025-03-01 23:00"])})
    >>> found = assess_pressure({"touches": sent}, timezone="UTC", caps={"1 day": 1}, quiet_from=21, quiet_until=8)
    >>> [(finding.code, finding.rows) for finding in found.findings if finding.verdict == "breached"]
    [('contact_cap_exceeded_1_day', 1), ('quiet_hours_ignored', 1)]
    """
    absent = _absent(tables)
    read = None if absent else read_log(tables, timezone=timezone)
    missing = absent or ("" if read else "no row in touches")
    log, quiet = read or _no_log(), (quiet_from, quiet_until)
    before = received_before(log)
    ends = pd.DatetimeIndex(
        (log.at[:0] if missing else np.array([log.at.min(), log.at.max()])).astype("datetime64[us]")
    )
    steps: tuple[Callable[[], Any], ...] = (
        lambda: load(log, caps=caps),
        lambda: collisions(log),
        lambda: quiet_hours(log, quiet_from=quiet_from, quiet_until=quiet_until),
        lambda: by_hour(log),
        lambda: _peaks(log),
        lambda: by_pressure(log, before=before),
        lambda: slopes(log, before=before),
    )
    with ThreadPoolExecutor(threads()) as pool:
        loaded, collided, hours, hourly, peaks, responded, fitted = pool.map(lambda step: step(), steps)
    return Pressure(
        touches=len(log.at),
        persons=log.customers,
        first=ends.min(),
        last=ends.max(),
        load=loaded,
        peaks=peaks,
        hours=hours,
        by_hour=hourly,
        collisions=collided,
        by_pressure=responded,
        slopes=fitted,
        caps=what_caps_cost(
            log, house=[(cap, ROLLING[window]) for window, cap in caps.items()], wh_per_touch=wh_per_touch(log.channels)
        ),
        energy=energy_of(log),
        effect=contact_effect(tables),
        findings=findings_of(
            load=loaded,
            hours=hours,
            collided=collided,
            campaigned=int((log.campaign >= 0).sum()),
            caps=caps,
            quiet=quiet,
            audited=audit_findings,
            missing=missing,
        ),
        limits=dict(caps),
        quiet=quiet,
        note=f"not applicable: {missing}" if missing else log.note,
    )


def _absent(tables: Tables) -> str:
    """Say what is missing of the touches, or nothing."""
    if "touches" not in tables:
        return "no table touches"
    absent = [name for name in _NEEDED if name not in tables["touches"].columns]
    return f"touches has no column {', '.join(absent)}" if absent else ""


def _no_log() -> Log:
    """Return a log without a touch, so that every frame of a `Pressure` has its columns."""
    return log_of(pd.DataFrame({"customer_id": [], "channel": [], "at": pd.to_datetime([])}))


def _peaks(log: Log) -> pd.DataFrame:
    """Return peak and persons: how many persons had which most touches within 30 days."""
    from workbench.governance.pressure import kernels

    counts = kernels.rolling(log.customer, log.at, 30 * MICROSECONDS_A_DAY)
    peaks = np.maximum.reduceat(counts, starts(log.customer)) if len(counts) else counts
    persons = np.bincount(peaks)
    found = pd.DataFrame({"peak": np.arange(len(persons)), "persons": persons})
    return found[found["persons"] > 0].reset_index(drop=True)
