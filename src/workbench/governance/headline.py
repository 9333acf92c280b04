"""The figures by which a market's governance is judged.

In: an `Audit`, a lifecycle plan.   Out: one row a figure.
"""

from typing import Any

import pandas as pd

from workbench.governance.audit import Audit
from workbench.governance.fields import Fields
from workbench.governance.lifecycle import Lifecycle


def compliance(audit: Audit) -> tuple[float | None, str]:
    """Return the share of applicable checks that are met, and in words what it rests on; None where none applies.

    What is not evidenced counts as applicable and never as met.
    """
    verdicts = [finding.verdict for finding in audit.findings]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    applicable = len(verdicts) - counts.get("not applicable", 0)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    if not applicable:
        return None, f"no check applies: {told}"
    return counts.get("met", 0) / applicable, f"of {applicable} applicable checks: {told}"


def headline(audit: Audit, fields: Fields | None = None, plan: Lifecycle | None = None) -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that a governance report leaves behind.

    `fields` are those of the audit where nobody looked closer. All are counts of everything that is
    held, no samples, and have no interval.
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
    # As objects from the start: a frame of missing values and counts would turn 40 into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def _count(audit: Audit, verdict: str) -> int:
    return sum(finding.verdict == verdict for finding in audit.findings)


def _row(name: str, value: float | None, *, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "low": None, "high": None, "unit": unit, "note": note}
