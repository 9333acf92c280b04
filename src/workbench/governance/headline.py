"""The figures by which a market's governance is judged.

In: an `Audit`, a lifecycle plan, what was found on fairness, pressure and drift.   Out: one row a figure.
"""

from typing import Any

import pandas as pd

from workbench.governance.audit import Audit, compliance
from workbench.governance.drift import Drift
from workbench.governance.fairness import Fairness
from workbench.governance.fields import Fields
from workbench.governance.lifecycle import Lifecycle
from workbench.governance.pressure import Pressure


def headline(
    audit: Audit,
    fields: Fields | None = None,
    plan: Lifecycle | None = None,
    *,
    fair: Fairness | None = None,
    pressed: Pressure | None = None,
    drift: Drift | None = None,
) -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that a governance report leaves behind.

    `fields` are those of the audit where nobody looked closer. Gaps of fairness have an interval; all others are counts
    of everything that is held, no samples. What is None has no figure.
    """
    rate, told = compliance(audit)
    late = audit.open_requests["days_left"] < 0
    fields = fields or audit.fields
    rows = [
        _row("compliance", rate, unit="share", note=told),
        _row("checks_breached", _count(audit, "breached"), note="checks with at least one row at fault"),
        _row("checks_not_evidenced", _count(audit, "not evidenced"), note="neither met nor breached can be shown"),
        _row("open_requests", len(late), note=f"{late.sum()} of them past their last day"),
        _row("data_activated", fields.activated_share, unit="share", note=fields.note),
    ]
    idle = fields.by_verdict.loc[fields.by_verdict["verdict"] != "active", ["fields", "bytes", "share"]].sum()
    told = f"{idle['fields']:.0f} fields that are unused, abandoned or redundant: {idle['bytes']:,.0f} bytes"
    rows.append(_row("idle_bytes", float(idle["share"]), unit="share", note=told))
    if plan is not None:
        due = plan.customers["days_overdue"] > 0
        rows.append(_row("records_overdue", int(due.sum()), note="to delete, anonymise or merge, past their day"))
    rows += [] if fair is None else _of_fairness(fair)
    rows += [] if pressed is None else _of_pressure(pressed)
    if drift is not None:
        rows.append(_row("changes", drift.changed, note=drift.changes[0]))
    # As objects from the start: a frame of missing values and counts would turn 40 into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def _of_fairness(fair: Fairness) -> list[dict[str, Any]]:
    """Return how many gaps are breached, and the widest in who is selected, proxies apart, shown ones first."""
    verdicts = [finding.verdict for finding in fair.findings]
    breached, met, unknown = (verdicts.count(verdict) for verdict in ("breached", "met", "not evidenced"))
    # None breached is no success where some cannot be told.
    value = breached if breached or (met and not unknown) else None
    note = f"surely larger than allowed, by model and attribute: {breached}; {met} met, {unknown} not evidenced"
    return [_row("gaps_breached", value, note=note), _widest_gap(fair)]


def _widest_gap(fair: Fairness) -> dict[str, Any]:
    parts = [part for part in (fair.gaps, fair.decisions) if len(part)]
    gaps = pd.concat(parts or [fair.gaps]).dropna(subset="difference")
    known = gaps[gaps["metric"].eq("selection_rate") & gaps["kind"].ne("proxy")]
    if known.empty:
        return _row("selection_gap", None, unit="share", note="no groups could be compared")
    order = known.assign(shown=known["shown"].astype(bool)).sort_values(["shown", "difference"], kind="stable")
    widest = order.iloc[-1]
    note = "{model} by {attribute}: {highest} before {lowest}".format(**widest)
    note += "" if widest["shown"] else "; no gap is shown, it may be chance"
    value, low, high = (float(widest[name]) for name in ("difference", "low", "high"))
    return _row("selection_gap", value, low=low, high=high, unit="share", note=note)


def _of_pressure(pressed: Pressure) -> list[dict[str, Any]]:
    """Return the share of touches beyond the cap of 30 days, and of those in quiet hours."""
    load, hours = (frame[frame["channel"] == "all"] for frame in (pressed.load, pressed.hours))
    over = load[load["window"] == "30 days"]
    return [
        _share("touches_over_cap", over, "touches_over_share", pressed, "beyond the cap of 30 days"),
        _share("touches_in_quiet_hours", hours, "quiet_share", pressed, "on the person's own clock"),
    ]


def _share(name: str, rows: pd.DataFrame, column: str, pressed: Pressure, told: str) -> dict[str, Any]:
    known = rows[column].dropna() if pressed.touches else rows[column].head(0)
    return _row(
        name, float(known.iloc[0]) if len(known) else None, unit="share", note=told if len(known) else pressed.said
    )


def _count(audit: Audit, verdict: str) -> int:
    return sum(finding.verdict == verdict for finding in audit.findings)


def _row(
    name: str,
    value: float | None,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    note: str = "",
) -> dict[str, Any]:
    return {"name": name, "value": value, "low": low, "high": high, "unit": unit, "note": note}
