"""The card of a model: what it decides, what it learnt from, how good and how fair it is, what it costs, its limits.

In: `Evidence`, the name of a model.   Out: a `Document`.   After Mitchell et al. (2019), own template.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from workbench.governance.documents import markdown
from workbench.governance.documents.contact import brought_by_contact, needs_a_lot
from workbench.governance.documents.evidence import Document, Evidence, asked, by_table, fields_of, front
from workbench.governance.documents.groups import gaps, quality_by_group
from workbench.governance.records import Record
from workbench.outputs import KeyFigure
from workbench.words import number, title

# What a card has to say; where the notebook of the model does not, the card says that it does not.
NEEDED = {
    "purpose": ("decision", "selected", "actual", "unit", "not_for"),
    "model": ("kind", "why", "calibration", "version"),
    "data": ("first", "last", "examples", "customers", "fields", "languages"),
}
_METERS = {"wh_codecarbon": "Wh by codecarbon", "wh_cpu": "Wh by CPU time"}
# The line that the runner writes for a whole notebook; it holds the others.
_PAGE = "page"


def model_card(evidence: Evidence, name: str) -> Document:
    """Write the card of a model, from what its notebook left behind and what this run found of it."""
    record = evidence.records[name]
    called = f"Model card: {title(name).lower()}"
    sections = {
        "What it decides, and for whom": [_said(name, record, "purpose")],
        "The model": [_said(name, record, "model")],
        "The data": [_said(name, record, "data"), _judged(record)],
        "Quality": [_quality(name, record)],
        "Quality by group": quality_by_group(evidence, name),
        "Fairness": gaps(evidence, name),
        "Explanations": [_of_section(record, "explanations", none=_silent(name, "how its results are explained"))],
        "Energy": _energy(evidence, name),
        "Limits": [_of_section(record, "limits", none=_silent(name, "its limits"))],
        "What is not known": [
            markdown.listing(unknown(evidence, name), none="Nothing that this card asks for is missing.")
        ],
    }
    parts = [part for head, body in sections.items() for part in (markdown.heading(head), *body)]
    said = summary(name, record)
    text = markdown.whole([*front(evidence, called, said), *parts])
    return Document(name=f"model_card_{name}", title=called, summary=said, markdown=text)


def summary(name: str, record: Record) -> str:
    """Say in a sentence what a model is for and on how many outcomes it was judged."""
    decides = record.told("decision")
    used = decides.rstrip(".") if decides else "it does not say what it is used for"
    return f"{title(name)}: {used}; {_counted(record)}"


def unknown(evidence: Evidence, name: str) -> list[str]:
    """Return what is not known of a model, each with the reason or with who has to say it."""
    record = evidence.records[name]
    return list(_unknown(evidence, name, record))


def _unknown(evidence: Evidence, name: str, record: Record) -> Iterator[str]:
    about, brought = record.about[record.about["section"] == "unknown"], brought_by_contact(evidence)
    for told, value in zip(about["name"].astype("str"), about["value"], strict=True):
        drawn = f"not measured of those whom this model picks. {brought}" if brought and needs_a_lot(told) else ""
        yield f"{title(told)}: {drawn or markdown.written(value)}"
    for section, needed in NEEDED.items():
        if lacking := [asked(one) for one in needed if record.told(one) is None]:
            yield f"Not stated under {section}: {', '.join(lacking)}. The notebook {name} has to say it."
    for figure in record.figures:
        if figure.verdict == "not measured":
            yield (
                f"{title(figure.name)}: not measured" + (f", {figure.note.rstrip('.')}" if figure.note else "") + "."
            )
    if not record.figures:
        yield f"Its quality: no key figures; run the notebook {name}."
    if record.judged.empty:
        yield "How its forecasts came out: no outcome was compared with them."
    if evidence.fairness is None:
        yield "Whether it treats groups alike: fairness was not assessed in this run."
    if evidence.energy.get(name, pd.DataFrame()).empty:
        yield f"What it costs in energy: not measured; the ledger has no step of the notebook {name}."


def _said(name: str, record: Record, section: str) -> str:
    """Return what the model says of itself in a section; what the card needs first, said to be missing where it is."""
    rows = record.about[record.about["section"] == section]
    known = {one: record.told(one) for one in NEEDED[section]} | dict(zip(rows["name"], rows["value"], strict=True))
    missing = f"not stated: the notebook {name} has to say it"
    known |= {"fields": by_table(fields_of(record))} if known.get("fields") else {}
    shown = {asked(str(one)): missing if pd.isna(value) else value for one, value in known.items()}
    return markdown.facts(shown)


def _of_section(record: Record, section: str, *, none: str) -> str:
    rows = record.about[record.about["section"] == section]
    named = zip(rows["name"], rows["value"], strict=True)
    return markdown.table(["What", "Said"], [(asked(str(one)), value) for one, value in named], none=none)


def _silent(name: str, what: str) -> str:
    return f"Not known: the notebook {name} does not say {what}."


def _judged(record: Record) -> str:
    return markdown.paragraph(_counted(record)[:1].upper() + _counted(record)[1:])


def _counted(record: Record) -> str:
    judged = record.judged
    if judged.empty:
        why = record.told("why")
        return f"it was not judged: {why.rstrip('.') if why else 'no outcome was compared with a forecast'}."
    people = int(judged["customer_id"].nunique())
    of = f" of {people:,} customers" if people else ""
    selected, meant = (markdown.written(judged[one].mean(), unit="share") for one in ("selected", "actual"))
    return f"it was judged on {len(judged):,} outcomes{of}: {selected} were selected, {meant} were meant."


def _quality(name: str, record: Record) -> str:
    rows = [_figure(figure) for figure in record.figures]
    columns = ["Figure", "Value", "95 % interval", "Target", "Verdict", "Rests on"]
    return markdown.table(columns, rows, none=f"Not measured: the notebook {name} left no key figures; run it.")


def _figure(figure: KeyFigure) -> list[str]:
    unit, value = figure.unit, figure.value
    shown = "not measured" if value is None else markdown.written(value, unit=unit)
    span = "no interval" if figure.low is None else markdown.interval(figure.low, figure.high, unit=unit)
    return [title(figure.name), shown, span, _target(figure), figure.verdict, figure.note or "no note"]


def _target(figure: KeyFigure) -> str:
    """Write a target in words.

    >>> from workbench.outputs import key_figure
    >>> _target(key_figure("captured", 0.9, unit="share", at_least=0.8))
    'at least 80.0%'
    """
    if figure.target is None:
        return "none"
    bounds = [bound.split() for bound in figure.target.split(" and ")]
    words = {">=": "at least", "<=": "at most"}
    return " and ".join(f"{words[sign]} {markdown.written(float(end), unit=figure.unit)}" for sign, end in bounds)


def _energy(evidence: Evidence, name: str) -> list[str]:
    steps = evidence.energy.get(name, pd.DataFrame())
    if steps.empty:
        return [markdown.paragraph(f"Not measured: the ledger has no step of the notebook {name}.")]
    whole = steps[steps["step"] == _PAGE]
    rows = [_step(row) for row in steps[steps["step"] != _PAGE].to_dict("records")]
    total = "; ".join(_total(whole if len(whole) else steps, column) for column in _METERS)
    said = f"The latest run of the notebook {name} took {total}. These are estimates, not readings of a meter."
    columns = ["Step", "Seconds", *_METERS.values()]
    return [markdown.paragraph(said), markdown.table(columns, rows, none="Its single steps were not measured.")]


def _step(row: dict[Any, Any]) -> list[str]:
    figures = [row["wall_seconds"], *(row[column] for column in _METERS)]
    return [str(row["step"]), *("not measured" if pd.isna(figure) else markdown.written(figure) for figure in figures)]


def _total(steps: pd.DataFrame, column: str) -> str:
    how = _METERS[column].removeprefix("Wh ")
    known = steps[column].dropna()
    return f"{number(float(known.sum()), unit='Wh')} {how}" if len(known) else f"{how} not measured"
