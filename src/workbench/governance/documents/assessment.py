"""The draft of an impact assessment: what a model does with whose data, whether it needs it, and which risks are open.

In: `Evidence`, the name of a model.   Out: a `Document`.   Its parts are those of GDPR Art. 35(7), for every regime.
"""

from functools import cache
from importlib import resources

import pandas as pd
import yaml

from workbench.governance.documents import markdown
from workbench.governance.documents.contact import of_contact
from workbench.governance.documents.evidence import (
    LATER,
    Document,
    Evidence,
    by_table,
    concerning,
    fields_of,
    front,
    open_ones,
)
from workbench.governance.documents.groups import shown_gaps
from workbench.governance.documents.record import kept_for
from workbench.governance.documents.risks import conclusion, measures, on_record, rights, risks
from workbench.governance.minimal import Minimal
from workbench.governance.rows import plain
from workbench.law import Rule
from workbench.words import title

_DECIDED = "Decisions on record, of which the data does not say which model they rest on"
_SIGNED = {
    "Views of those concerned": f"{LATER} whoever is responsible for this market, who asks them or says why not",
    "Advice of the data protection officer": f"{LATER} the data protection officer",
    "Decision on the risks that are open": f"{LATER} whoever is responsible for this market",
    "Signed by, on": f"{LATER} whoever is responsible for this market",
    "To be looked at again": f"{LATER} whoever signs; at the latest when model, data or purpose change",
}


def impact_assessment(evidence: Evidence, name: str) -> Document:
    """Write the draft for a model from register, findings and card; what a run cannot know it says, and who can."""
    rule = evidence.audit.law.rules.get("assessment_missing")
    called = f"{_called(rule)} (draft): {title(name).lower()}"
    findings, decided, left_out = concerning(evidence, name)
    waiting = open_ones(findings)
    decided = [one for one in decided if one.verdict != "not applicable"]
    summary = conclusion(waiting)
    draft = "Draft of a run, for people to correct, complete and sign."
    sections = {
        "Does the law ask for it?": _duty(evidence, name, rule),
        "What is done, with whose data": _description(evidence, name),
        "Is all of it needed?": _necessity(evidence, name),
        "Risks": risks(waiting, left_out),
        **({_DECIDED: on_record(decided)} if decided else {}),
        "Fairness": shown_gaps(evidence, name),
        "Rights of the people": rights(evidence, name),
        "Measures that are there": measures(findings),
        "Consultation and signature": [markdown.facts(_SIGNED)],
        "Conclusion": [markdown.paragraph(summary)],
    }
    parts = [part for head, body in sections.items() for part in (markdown.heading(head), *body)]
    text = markdown.whole([*front(evidence, called, summary, draft), *parts])
    return Document(name=f"impact_assessment_{name}", title=called, summary=summary, markdown=text)


def _called(rule: Rule | None) -> str:
    kinds = [] if rule is None else rule.terms.get("kinds", [])
    return _kinds().get(kinds[0], title(kinds[0])) if kinds else _kinds()["none"]


@cache
def _kinds() -> dict[str, str]:
    text = resources.files("workbench.governance.documents").joinpath("assessment.yaml").read_text(encoding="utf-8")
    known: dict[str, str] = yaml.safe_load(text)
    return known


def _duty(evidence: Evidence, name: str, rule: Rule | None) -> list[str]:
    """Return what the law says of assessments, and those that are on record."""
    law, practice = evidence.audit.law, "This draft is written all the same, as good practice."
    if rule is None:
        said = f"{law.title} has no such duty. {practice}"
    elif "not_required" in rule.terms:
        said = f"{rule.terms['not_required']} ({rule.article}, {rule.source}.) {practice}"
    else:
        accepted = ", ".join(_kinds().get(kind, title(kind)) for kind in rule.terms.get("kinds", []))
        since = "" if rule.in_force else f" Not in force on {law.as_of}. {practice}"
        said = f"{rule.article}, {rule.source}. What it accepts: {accepted}.{since} {rule.note}".strip()
    unchecked = " This row of the law was not compared with the statute." if rule and not rule.checked else ""
    return [markdown.paragraph(said + unchecked), _on_record(evidence, name)]


def _on_record(evidence: Evidence, name: str) -> str:
    """Return the assessments on record, those that name the model first."""
    found = evidence.tables.get("assessments")
    if found is None:
        return markdown.paragraph("Assessments on record: not known, there is no table assessments.")
    names = ["subject", "kind", "assessed_at", "valid_until", "outcome"]
    frame: pd.DataFrame = found.to_pyarrow().to_pandas().reindex(columns=names)
    frame["subject"] = frame["subject"].astype("str").fillna("")
    frame = frame.sort_values("subject", key=lambda subject: subject.map(plain) != plain(name), kind="stable")
    days = [frame[one].map(markdown.written) for one in ("assessed_at", "valid_until")]
    rows = zip(frame["subject"], frame["kind"].map(_kind), *days, frame["outcome"], strict=True)
    columns = ["Assessed on record", "Kind", "On", "Holds until", "Outcome"]
    table = markdown.table(columns, rows, none="No assessment is on record.")
    others = len(frame) and not frame["subject"].map(plain).eq(plain(name)).any()
    return f"{markdown.paragraph(f'No assessment on record names {name} itself.')}\n\n{table}" if others else table


def _kind(kind: str) -> str:
    return _kinds().get(kind, kind)


def _description(evidence: Evidence, name: str) -> list[str]:
    record = evidence.records[name]
    silent = f"not stated: the notebook {name} has to say it"
    people = int(record.judged["customer_id"].nunique())
    first, last = record.told("first"), record.told("last")
    held = _registered(evidence, name)
    personal, sensitive = (held.loc[held[kind].eq(True), "field"] for kind in ("personal", "sensitive"))
    fields = fields_of(record)
    registered = len(held) > 0
    known = {
        "Purpose": record.told("decision") or silent,
        "Who is selected": record.told("selected") or silent,
        "Kind of model": record.told("kind") or silent,
        "Learnt from": record.told("learnt_from") or silent,
        "Data from, to": f"{first or 'not stated'} to {last or 'not stated'}",
        "Customers of this market judged so far": f"{people:,}" if people else "none whose id is known",
        "Fields read": by_table(fields) if fields else silent,
        "Of these personal": _listed(personal, registered=registered),
        "Of these sensitive": _listed(sensitive, registered=registered),
        "Who uses the result": f"{LATER} whoever is responsible for this market",
    }
    return [markdown.facts(known), markdown.paragraph(f"More stands in the card of the model (model_card_{name}).")]


def _listed(fields: "pd.Series[str]", *, registered: bool) -> str:
    if not registered:
        return "not known: the register has none of these fields"
    return by_table(fields) or "none, by the register"


def _registered(evidence: Evidence, name: str) -> pd.DataFrame:
    """Return the rows of the register on the fields that a model reads, with `field`."""
    register = evidence.register
    rows = register.assign(field=register["table"] + "." + register["column"])
    return rows[rows["field"].isin(fields_of(evidence.records[name]))]


def _necessity(evidence: Evidence, name: str) -> list[str]:
    """Return on which basis the fields of a model are held and for how long, and whether fewer would do."""
    rows = _registered(evidence, name)
    basis = rows.assign(
        lawful_basis=rows["lawful_basis"].fillna("not known"), purpose=rows["purpose"].fillna("not known")
    )
    grouped = [
        (str(said).replace("_", " "), purpose, by_table(one["field"]), kept_for(one["retention_days"]))
        for (said, purpose), one in basis.groupby(["lawful_basis", "purpose"])
    ]
    none = "Not known: the register has none of the fields that this model reads, or the model does not say which."
    parts = [markdown.table(["Lawful basis", "Purpose", "Fields", "Kept for"], grouped, none=none)]
    absent = sorted(set(fields_of(evidence.records[name])) - set(rows["field"]))
    if absent and len(rows):
        parts.append(markdown.paragraph(f"Read, and not on the register: {by_table(absent)}."))
    parts += [*_of_others(evidence, name), _smaller(evidence, name), *of_contact(evidence, evidence.records[name])]
    return [*parts, markdown.paragraph(_proportion(evidence))]


def _of_others(evidence: Evidence, name: str) -> list[str]:
    """Say that a model has learnt from customers of other markets, too, whose law this draft does not know."""
    others = evidence.records[name].told("others")
    if others is None or others == "none":
        return []
    said = f"The model has learnt from customers of other markets, too: {others}. Bases and periods above are those of "
    own = "this market; whether the data of the others may serve it, under the law of theirs, is"
    return [markdown.paragraph(f"{said}{own} {LATER} whoever is responsible for those markets.")]


def _smaller(evidence: Evidence, name: str) -> str:
    """Return what the curves say of a smaller set of data; they are those of the model of churn."""
    if name != "churn":
        return markdown.paragraph(f"Whether {name} would do with less was not measured; for churn it is.")
    read, curves = fields_of(evidence.records[name]), evidence.curves
    items = [f"{title(what)}: {one.sentence}{_not_read(one, read)}" for what, one in curves.items()]
    return markdown.listing(items, none="Whether less would do was not measured: run the notebook churn first.")


def _not_read(minimal: Minimal, read: list[str]) -> str:
    """Say which of the fields that could go the chosen model does not read in any case."""
    idle = [one for one in minimal.could_go if one.partition(" (")[0] not in read]
    if not read or not idle:
        return ""
    said = " The proposal is about the tables behind all features that models could choose from; the chosen model does "
    return f"{said}not read {len(idle)} of these: {', '.join(idle)}."


def _proportion(evidence: Evidence) -> str:
    idle = evidence.fields.table[evidence.fields.table["verdict"] != "active"]
    held = f"Of all that is held, {len(idle)} of {len(evidence.fields.table)} fields could go, by the audit of fields"
    names = by_table(idle["table"] + "." + idle["column"])
    milder = f"Whether the purpose could be reached in a milder way is {LATER} whoever is responsible for this market."
    return f"{held}{f' ({names})' if names else ''}. {milder}"
