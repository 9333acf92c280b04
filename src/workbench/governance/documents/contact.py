"""What contact brings, where who is contacted was drawn by lot, as the documents say it of a model.

In: `Evidence` with a `Pressure`.   Out: a sentence.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.governance.documents import markdown
from workbench.governance.documents.evidence import Evidence
from workbench.governance.records import Record
from workbench.words import number

# What models say of themselves where only a hold-out by lot could tell.
_BY_LOT = ("uplift", "save_rate")


def brought_by_contact(evidence: Evidence) -> str:
    """Say what campaigns in general bring, by a hold-out drawn by lot; empty where there is none, or nobody looked."""
    effect = None if evidence.pressure is None else evidence.pressure.effect
    if not isinstance(effect, pd.DataFrame) or effect.empty:
        return ""
    rows = effect.to_dict("records")
    people, note = rows[0], str(rows[0]["note"]).rstrip(".")
    ratios, more = " and ".join(map(_ratio, rows)), f" {note[:1].upper()}{note[1:]}." if note else ""
    return (
        f"Of campaigns in general, not of this model's list: {people['contacted']:,} customers who may be contacted "
        f"have, beside {people['held_out']:,} held out by lot, {ratios} (95 % intervals; one that holds 1 shows no "
        f"effect).{more}"
    )


def needs_a_lot(name: str) -> bool:
    """Say whether what a model says under this name could be told by a hold-out drawn by lot."""
    return name in _BY_LOT


def of_contact(evidence: Evidence, record: Record) -> list[str]:
    """Return, for a model whose list is contacted, what contact brings, or why that is not known."""
    said = next((told for name in _BY_LOT if (told := record.told(name))), None)
    brought = brought_by_contact(evidence)
    if said is None:
        return []
    return [markdown.paragraph(f"What contact brings. {brought or said}")]


def _ratio(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["ratio"]):
        return f"a ratio of {row['outcome']} that could not be measured"
    ends = markdown.interval(row["low"], row["high"])
    return f"{number(float(row['ratio']))} times the {row['outcome']} a year ({ends})"
