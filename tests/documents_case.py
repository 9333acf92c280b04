"""A small market for the tests of the documents: audit, models and fairness made by hand, on tables of a few rows."""

from collections.abc import Mapping
from dataclasses import fields as parts
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import ibis
import pandas as pd

from governance_case import table
from workbench.governance.audit import Audit
from workbench.governance.case import ABOUT_DATA
from workbench.governance.documents import Document, write_documents
from workbench.governance.documents.evidence import Evidence
from workbench.governance.fairness import Fairness, assess_fairness
from workbench.governance.fairness.result import ABSENT, GAPS, GROUPS, SUPPRESSED
from workbench.governance.fields import Fields
from workbench.governance.finding import Finding
from workbench.governance.pressure import Pressure, assess_pressure
from workbench.governance.pressure.effect import CONTACT
from workbench.governance.records import JUDGED, Record
from workbench.law import law
from workbench.outputs import key_figure

FIELDS = ["customers.language", "orders.amount"]
ABOUT = [
    ("purpose", "decision", "whom the campaign contacts first"),
    ("purpose", "selected", "customers at 50% or more"),
    ("purpose", "actual", "customers without an order"),
    ("purpose", "unit", "probability"),
    ("purpose", "not_for", "prices"),
    ("model", "kind", "logistic regression"),
    ("model", "why", "the simplest"),
    ("model", "calibration", "sigmoid"),
    ("model", "version", "1"),
    ("data", "first", "2023-01-01"),
    ("data", "last", "2025-12-31"),
    ("data", "examples", "4,300"),
    ("data", "customers", "300"),
    ("data", "fields", ", ".join(FIELDS)),
    ("data", "languages", "de"),
    ("explanations", "method", "contributions in log-odds"),
    ("limits", "past", "The past need not come back."),
]
FIGURES = (
    key_figure("auc", 0.81, low=0.79, high=0.83, at_least=0.75, note="6 folds"),
    key_figure("gain", None, note="few"),
)
REGISTERED = [
    {"table": "customers", "column": "customer_id", "category": "identifier", "personal": True, "purpose": "service"},
    {"table": "customers", "column": "language", "category": "profile", "personal": True, "purpose": "service"},
    {"table": "orders", "column": "amount", "category": "transaction", "purpose": "sales", "retention_days": 3650},
]
_KEY = {"model": "churn", "attribute": "gender", "kind": "sensitive", "stands_for": ""}


def finding(code: str, verdict: Any = "breached", **changes: Any) -> Finding:
    """Return a finding of 3 of 100 rows."""
    values = {"title": f"{code} is kept", "verdict": verdict, "rows": 3, "share": 0.03, "days_overdue": None}
    values |= {"article": "Art. 1", "source": "a law", "remedy": "Stop.", "table": "customers", "note": "Noted."}
    return Finding(code=code, **{**values, "looked_at": 100, "accused": None, **changes})


def tables(**more: Any) -> dict[str, ibis.Table]:
    """Return customers, orders and a register, with what a test adds or replaces; None takes a table away."""
    rows: dict[str, Any] = {
        "customers": [{"customer_id": "SECRET-1", "language": "de"}, {"customer_id": "SECRET-2", "language": "fr"}],
        "orders": [{"order_id": "o", "customer_id": "SECRET-1", "ordered_at": "2025-01-01", "amount": 3.0}],
        "fields": REGISTERED,
    }
    held = {name: one for name, one in (rows | more).items() if one is not None}
    return {name: one if isinstance(one, ibis.Table) else table(name, one) for name, one in held.items()}


def audited(held: Mapping[str, ibis.Table], *findings: Finding, regime: str = "gdpr") -> Audit:
    """Return an audit of these findings."""
    return Audit(
        law=law(regime, as_of=date(2026, 1, 1)),
        seen_at=pd.Timestamp("2025-12-31 12:00"),
        findings=findings,
        open_requests=pd.DataFrame({"days_left": [3, -1]}),
        fields=fields(held),
        said="Judged.",
        known={},
    )


def fields(held: Mapping[str, ibis.Table]) -> Fields:
    """Return the audit of the fields, of which one could go; made by hand, as the real one takes its time."""
    names = [(name, column) for name in sorted(held) if name not in ABOUT_DATA for column in held[name].columns]
    rows = pd.DataFrame(names, columns=["table", "column"], dtype="str")
    gone = (rows["table"] == "orders") & (rows["column"] == "currency")
    rows = rows.assign(verdict="active", sensitive="").astype({"verdict": "str", "sensitive": "str"})
    rows.loc[gone, "verdict"] = "unused"
    rows.loc[rows["column"] == "gender", "sensitive"] = "name"
    nothing = pd.DataFrame()
    return Fields(table=rows, activated=nothing, by_verdict=nothing, registered="fields" in held, note="")


def record(**changes: Any) -> Record:
    """Return a model that says everything and was judged on four outcomes of two customers."""
    rows = [("SECRET-1", 0.9, 1.0, 1, 1, 0.0), ("SECRET-1", 0.2, 0.0, 0, 0, 0.0), ("SECRET-2", 0.6, 0.0, 0, 1, 1.0)]
    about = pd.DataFrame(ABOUT, columns=["section", "name", "value"])
    return replace(Record(about=about, judged=pd.DataFrame(rows, columns=list(JUDGED)), figures=FIGURES), **changes)


def silent() -> Record:
    """Return a model of which nothing is known."""
    about = pd.DataFrame(columns=["section", "name", "value"], dtype="str")
    return Record(about=about, judged=pd.DataFrame(columns=list(JUDGED)))


def fairness(*findings: Finding) -> Fairness:
    """Return a gap between women and men that is shown, one group that is too small, and no religion."""
    rates = {"metric": "selection_rate", "low": 0.2, "high": 0.4, "unit": "share", "rows": 100, "note": ""}
    groups = [_KEY | rates | {"group": group, "value": 0.3, "customers": 60} for group in ("female", "male")]
    groups += [_KEY | rates | {"group": "other", "value": float("nan"), "customers": 4, "note": "fewer than 30"}]
    gap = {
        "metric": "selection_rate",
        "highest": "female",
        "lowest": "male",
        "difference": 0.12,
        "low": 0.05,
        "high": 0.2,
    }
    gap |= {"shown": True, "detectable": 0.08, "unit": "share", "customers": 120, "verdict": "breached", "note": ""}
    unseen = gap | {"metric": "error", "shown": False, "verdict": "not evidenced", "detectable": 0.2}
    absent = [
        {"model": "every model", "attribute": "religion", "verdict": "not applicable", "why": "no column religion"}
    ]
    return replace(
        _nothing_judged(),
        groups=pd.DataFrame(groups, columns=list(GROUPS)),
        gaps=pd.DataFrame([_KEY | gap, _KEY | unseen], columns=list(GAPS)),
        suppressed=pd.DataFrame([{"model": "churn", "attribute": "gender"}]).reindex(columns=list(SUPPRESSED)),
        absent=pd.DataFrame(absent, columns=list(ABSENT)),
        findings=findings,
    )


@cache
def _nothing_judged() -> Fairness:
    return assess_fairness({}, {}, seen_at=pd.Timestamp("2025-12-31"), target_gap=0.1)


def pressed(effect: pd.DataFrame | str) -> Pressure:
    """Return no contact pressure at all, with this effect of contact."""
    return replace(_no_touches(), effect=effect)


@cache
def _no_touches() -> Pressure:
    return assess_pressure({}, timezone="UTC", caps={"1 day": 1}, quiet_from=21, quiet_until=8)


EFFECT = pd.DataFrame(
    [("orders", 900, 100, 2.4, 2.0, 1.2, 1.1, 1.3, 1.1, ""), ("spend", 900, 100, 0.0, 0.0, *[float("nan")] * 4, "")],
    columns=list(CONTACT),
)
STEPS = pd.DataFrame(
    {
        "step": ["learn", "page"],
        "wall_seconds": [2.0, 5.0],
        "cpu_seconds": [2.0, 5.0],
        "wh_codecarbon": [0.2, 0.5],
        "wh_cpu": [0.1, float("nan")],
    }
)


def evidence(**changes: Any) -> Evidence:
    """Return what a run knows, with what a test changes."""
    held = changes.pop("tables", None)
    held = tables() if held is None else held
    known = {"market": "germany", "audit": audited(held), "fields": fields(held), "records": {"churn": record()}}
    known |= {"fairness": fairness(), "pressure": None, "drift": None, "curves": {}, "energy": {"churn": STEPS}}
    return Evidence(**{**known, "tables": held, "contact": "", "synthetic": False, **changes})


def documents(known: Evidence) -> dict[str, Document]:
    """Return the documents of what is known, by name."""
    return {one.name: one for one in write_documents(**{one.name: getattr(known, one.name) for one in parts(known)})}
