"""What has changed in a market since its previous run, as a document.

In: `Evidence` with a `Drift`.   Out: a `Document`.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.governance.documents import markdown
from workbench.governance.documents.evidence import Document, Evidence, front
from workbench.governance.drift import Drift
from workbench.words import counted, title

_MOST_ROWS = 15
_REFILLED = 0.01
# What came or went is named by the sentences.
_SAID = ("none", "came", "went", "measured now", "no longer measured")
_SHIFTS = ["What", "PSI", "Size", "Shifted", "Filled before", "Filled now", "What moved most"]
_FIGURES = ["Of", "Figure", "Before", "Now", "Verdict before", "Verdict now", "Change"]
_FINDINGS = ["What should be so", "Verdict before", "Verdict now", "Rows before", "Rows now", "Change"]


def changes(evidence: Evidence) -> Document:
    """Write what has changed: sentences first, the most important one on top, then the figures behind them."""
    title, drift = f"Changes since the previous run: {evidence.market}", evidence.drift
    said = "Not known: this run was not compared with the one before."
    summary = said if drift is None else next(iter(drift.changes), "Nothing has changed.")
    head = [*front(evidence, title, summary), markdown.heading("In words")]
    if drift is None:
        return _document(title, summary, [*head, markdown.paragraph(said)])
    notes = [markdown.paragraph(drift.note)] if drift.note else []
    told = markdown.listing(drift.changes, none="Nothing has changed.")
    return _document(title, summary, [*head, told, *notes, *_tables(drift)])


def _document(title: str, summary: str, parts: list[str]) -> Document:
    return Document(name="drift", title=title, summary=summary, markdown=markdown.whole(parts))


def _tables(drift: Drift) -> list[str]:
    figures, findings = (frame[~frame["change"].isin(_SAID)] for frame in (drift.figures, drift.findings))
    known = figures[["value_before", "value_now", "words_before", "words_now"]].notna().any(axis=1)
    return [
        markdown.heading("The data"),
        *_shifts(drift.data, "field"),
        markdown.heading("Scores"),
        *_shifts(drift.scores, "score"),
        markdown.heading("Key figures and gaps of fairness"),
        *_table(_FIGURES, figures[known], _figure, none="No figure has changed, or none was compared."),
        markdown.heading("Findings"),
        *_table(_FINDINGS, findings, _finding, none="No finding has changed, or none was compared."),
    ]


def _shifts(frame: pd.DataFrame, what: str) -> list[str]:
    """Return what has moved by more than a little, or is filled by another share."""
    refilled = (frame["filled_share_now"] - frame["filled_share_before"]).abs() >= _REFILLED
    moved = frame[frame["size"].isin(["some", "large"]) | refilled]
    said = f"Compared: {counted(len(frame), what)}, moved by more than a little: {len(moved)}."
    return [markdown.paragraph(said), *(_table(_SHIFTS, moved, _shift, none=said) if len(moved) else [])]


def _table(columns: list[str], frame: pd.DataFrame, write: Any, *, none: str) -> list[str]:
    """Return the first rows of a frame, and how many there are beyond."""
    table = markdown.table(columns, [write(row) for row in frame.head(_MOST_ROWS).to_dict("records")], none=none)
    beyond = len(frame) - _MOST_ROWS
    return [table, *([markdown.paragraph(f"{beyond:,} more are on the page of governance.")] if beyond > 0 else [])]


def _shift(row: Mapping[Any, Any]) -> list[str]:
    filled = [markdown.written(row[f"filled_share_{run}"], unit="share") for run in ("before", "now")]
    psi = "not measured" if pd.isna(row["psi"]) else f"{row['psi']:.3f}"
    return [row["of"], psi, row["size"], markdown.written(row["shifted"]), *filled, row["what"] or "nothing"]


def _figure(row: Mapping[Any, Any]) -> list[str]:
    verdicts = [_said(row[f"verdict_{run}"]) for run in ("before", "now")]
    return [
        _said(row["of"]),
        title(row["name"]),
        *(_value(row, run) for run in ("before", "now")),
        *verdicts,
        row["change"],
    ]


def _value(row: Mapping[Any, Any], run: str) -> str:
    if pd.notna(row[f"words_{run}"]):
        return str(row[f"words_{run}"])
    unit = row[f"unit_{run}"] if pd.notna(row[f"unit_{run}"]) else ""
    return _said(row[f"value_{run}"], unit=unit)


def _finding(row: Mapping[Any, Any]) -> list[str]:
    runs = [f"{what}_{run}" for what in ("verdict", "rows") for run in ("before", "now")]
    return [row["title"], *(_said(row[one]) for one in runs), row["change"]]


def _said(value: Any, *, unit: str = "") -> str:
    return "not there" if pd.isna(value) else markdown.written(value, unit=unit)
