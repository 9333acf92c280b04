"""What a governance report shows, section by section: figures and tables by their captions, for `charts.show`.

In: an `Audit`, a lifecycle plan, minimal sets.   Out: axes, frames and sentences by caption.
"""

import secrets
from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.charts import Exhibits
from workbench.governance.audit import Audit
from workbench.governance.duplicates import precision
from workbench.governance.fields import Fields
from workbench.governance.finding import Finding, as_frame
from workbench.governance.lifecycle import Lifecycle
from workbench.governance.minimal import Minimal
from workbench.governance.sobriety_plots import plot_breaches, plot_bytes, plot_curve, plot_lifecycle, plot_worth

MARKS = {"breached": "✗ breached", "not evidenced": "○ not evidenced", "met": "✓ met", "not applicable": "– n/a"}
_DO = ["title", "verdict", "rows", "share", "days_overdue", "article", "remedy", "note"]
_ALL = ["title", "verdict", "rows", "looked_at", "article", "note", "source", "code"]

_IDLE = ["table", "column", "verdict", "why", "filled_share", "owner", "saves_bytes", "costs_auc"]
_TOP = 12


def of_findings(audit: Audit) -> Exhibits:
    """Show what is to be done, every check with its verdict, and the requests that wait for an answer."""
    found = audit.table
    to_do = found[found["verdict"].isin(["breached", "not evidenced"])]
    order = to_do["verdict"].map(list(MARKS).index)
    bars: Exhibits = {"Rows at fault by check, and their share of those looked at": plot_breaches(audit.table)}
    return {
        "as of": audit.said,
        **(bars if audit.breached else {}),
        "What to do: breaches first, then what cannot be shown": _shown(
            to_do.loc[order.sort_values(kind="stable").index], _DO
        ),
        f"Every check, under {audit.law.title} as of {audit.law.as_of}": _shown(found, _ALL),
        **of_requests(audit),
    }


def of_house(findings: Sequence[Finding], what: str) -> Exhibits:
    """Show findings by rules of the house, breaches first, with what to do; `what` they are about.

    Rows and shares are shown where any finding is one of rows: a gap between groups is not.
    """
    found = as_frame(findings)
    order = found["verdict"].map(list(MARKS).index).sort_values(kind="stable").index
    counted = ["rows", "share"] if found["share"].notna().any() else []
    shown = _shown(found.loc[order], ["title", "verdict", *counted, "note", "remedy"])
    return {f"{what}: every finding, by rules of the house and not by law": shown} if len(found) else {}


def of_requests(audit: Audit) -> Exhibits:
    """Show the open requests by kind, with the days that are left to answer them."""
    waiting = audit.open_requests
    if waiting.empty:
        return {"requests": "No request of a customer waits for an answer."}
    by_kind = waiting.groupby("kind")["days_left"].agg(["size", "min", "max"]).reset_index()
    late = waiting["days_left"].lt(0).groupby(waiting["kind"]).sum().to_numpy()
    names = {"size": "open", "min": "fewest_days_left", "max": "most_days_left"}
    shown = by_kind.rename(columns=names).assign(past_their_last_day=late)
    return {"Requests that wait for an answer, days left by the calendar of the law": shown}


def of_fields(fields: Fields, worths: Mapping[str, pd.DataFrame]) -> Exhibits:
    """Show what each field is used for and worth; `worths` by model, as its `worth_of_fields` returns them."""
    table = fields.table
    idle = table[table["verdict"] != "active"]
    shown = table.assign(last_change=table["last_change"].dt.date).drop(columns=["rows", "saves_bytes", "costs_auc"])
    found: Exhibits = {
        "note": fields.note,
        "Bytes held, by table and by the verdict on their fields": plot_bytes(fields),
        "Fields that could go, with what deleting them would save and cost": idle[_IDLE],
        "Fields and bytes by verdict": fields.by_verdict,
    }
    for model, worth in worths.items():
        found |= _of_worth(model, worth)
    return found | {"Every field that is held": shown.loc[:, ~shown.columns.str.startswith("worth_")]}


def of_minimal(curves: Mapping[str, Minimal]) -> Exhibits:
    """Show quality against what is held, by what is cut down, and the proposal that follows."""
    found: Exhibits = {}
    for what, minimal in curves.items():
        found |= {f"{what} proposal": minimal.sentence}
        if len(minimal.curve):
            found |= {f"AUC out of time against the {what} that are held, 95 % intervals": plot_curve(minimal.curve)}
    return found


def of_lifecycle(plan: Lifecycle, *, key: bytes | None, planted: pd.DataFrame | None = None) -> Exhibits:
    """Show what is to be deleted, anonymised or merged when; the head of the list with pseudonyms.

    `planted` are pairs of accounts known to be of one customer, as the sample has them: duplicates are judged by these.
    """
    found: Exhibits = {"note": plan.note} if plan.note else {}
    if plan.customers.empty:
        return found | {"plan": "Nobody is to be deleted, anonymised or merged in the twelve months ahead."}
    lasting = "the same in every run with this key" if key else "fresh in every run, because no key was given"
    head = plan.masked(key or secrets.token_bytes(32)).head(_TOP)
    shown = head.assign(due_on=head["due_on"].dt.date).rename(columns={"customer_id": "customer"})
    found |= {
        "Customers by action and the month by which it is due": plot_lifecycle(plan),
        "The plan in numbers": plan.summary,
        f"The first {len(head)} of {len(plan.customers):,}; customers are pseudonyms, {lasting}": shown,
    }
    if planted is not None and len(planted):
        merged = plan.customers[plan.customers["action"] == "merge"].rename(columns={"into": "duplicate_of"})
        found |= {"Duplicates against those planted in the sample, 95 % intervals": precision(merged, planted)}
    return found


def _of_worth(model: str, worth: pd.DataFrame) -> Exhibits:
    """Show what a model loses without each field, fields that only come together as one, and what nobody measured."""
    measured = worth[worth["value"].notna()]
    found: Exhibits = {}
    if len(measured):
        how = measured["note"].iloc[0].partition(": ")[2].partition("; ")[0]
        together = measured.groupby(["value", "low", "high"])["field"].agg(", ".join).reset_index()
        dearest = together.sort_values("value", ascending=False).head(_TOP)[["field", "value", "low", "high"]]
        dearest = dearest.rename(columns={"field": "fields"})
        measure = measured["note"].iloc[0].partition("moved the ")[2].partition(" by ")[0]
        found[f"What {model} would lose of its {measure} without a field, 95 % intervals: {how}"] = plot_worth(dearest)
        decimals = dearest.assign(**{name: dearest[name].map("{:+.4f}".format) for name in ("value", "low", "high")})
        found[f"The same in numbers, for {model}"] = decimals
    return found | ({f"{model} not measured": _unmeasured(model, worth)} if len(measured) < len(worth) else {})


def _unmeasured(model: str, worth: pd.DataFrame) -> str:
    """Say of which fields the worth is not known, by reason."""
    rows = worth[worth["value"].isna()]
    reasons = [f"{', '.join(fields)}: {why}" for why, fields in rows.groupby("note")["field"]]
    return f"Not measured for {model}: {'; '.join(reasons)}."


def _shown(findings: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    words = {"title": "check", "days_overdue": "longest_delay_in_days"}
    shown = findings.assign(
        verdict=findings["verdict"].map(MARKS),
        share=findings["share"].map("{:.2%}".format, na_action="ignore").astype("str").fillna("–"),
        days_overdue=findings["days_overdue"].astype("str").fillna("–"),
    )
    return shown[columns].rename(columns=words)
