"""The audit of fairness: every model by every attribute, what was decided, and what could not be judged.

In: the tables of a CRM, a `Record` a model, the gap that a market allows.   Out: `Fairness`.
"""

from collections.abc import Iterator, Mapping, Sequence

import ibis
import pandas as pd

from workbench.errors import InputError
from workbench.governance.fairness.decisions import judge_decisions
from workbench.governance.fairness.findings import find
from workbench.governance.fairness.groups import Attributes, read_attributes, spelt_alike
from workbench.governance.fairness.language import LanguageGap, language_gap
from workbench.governance.fairness.mitigation import what_if
from workbench.governance.fairness.models import absent_row, judge_model
from workbench.governance.fairness.result import ABSENT, EVERY_MODEL, GAPS, GROUPS, SUPPRESSED, Fairness
from workbench.governance.fairness.rows import Rows, read_rows
from workbench.governance.records import Record
from workbench.intervals import FEWEST


def assess_fairness(
    tables: Mapping[str, ibis.Table],
    records: Mapping[str, Record],
    *,
    seen_at: pd.Timestamp,
    target_gap: float,
    seed: int = 0,
) -> Fairness:
    """Judge how models, and the decisions on record, treat groups of customers as of a moment (naive UTC).

    `target_gap` is the largest difference of a rate or an error between two groups that the market allows (a share).
    The customer is the unit throughout. Groups of fewer than 30 customers are left out, and said. InputError: a target
    that is no share, rows of a model that are not as `Record` has them.

    >>> people = {"customer_id": [f"c{n}" for n in range(200)], "gender": ["female", "male"] * 100}
    >>> rows = pd.DataFrame({"customer_id": people["customer_id"], "predicted": 0.5, "outcome": [0, 0, 1, 1] * 50})
    >>> rows = rows.assign(actual=rows["outcome"], selected=[0, 1] * 100, error=[0, 1, 1, 0] * 50)
    >>> record = Record(about=pd.DataFrame(columns=["section", "name", "value"]), judged=rows)
    >>> found = assess_fairness({"customers": ibis.memtable(people)}, {"churn": record},
    ...                         seen_at=pd.Timestamp("2026-01-01"), target_gap=0.1)
    >>> found.gaps.loc[0, ["metric", "highest", "lowest", "verdict"]].tolist()
    ['selection_rate', 'male', 'female', 'breached']
    """
    if not 0 <= target_gap <= 1:
        raise InputError(f"target_gap: found {target_gap}; must be a share from 0 to 1")
    attributes = read_attributes(tables, seen_at=seen_at)
    rows = {name: read_rows(name, record, attributes.known) for name, record in records.items()}
    parts = [
        judge_model(name, read, attributes, why=records[name].told("why"), target_gap=target_gap, seed=seed)
        for name, read in rows.items()
    ]
    nowhere = list(_nowhere(rows, attributes, nobody=not records and "decisions" not in tables))
    gaps = _joined([part.gaps for part in parts], GAPS)
    absent = _joined([pd.DataFrame(nowhere, columns=list(ABSENT)), *(part.absent for part in parts)], ABSENT)
    suppressed = _joined([part.suppressed for part in parts], SUPPRESSED)
    decided, undecided = judge_decisions(tables, attributes, target_gap=target_gap, seed=seed)
    others, why_none = what_if(rows, attributes, gaps, seed=seed)
    return Fairness(
        groups=_joined([part.groups for part in parts], GROUPS),
        gaps=gaps,
        decisions=decided,
        no_decisions=undecided,
        what_if=others,
        no_what_if=why_none,
        suppressed=suppressed,
        absent=absent,
        language=_on_same_content(rows, seed),
        findings=find(gaps, decided, absent, sensitive=attributes.sensitive, target_gap=target_gap),
        target_gap=target_gap,
        said=_sentence(rows, [gaps, decided], suppressed, target_gap),
    )


def _joined(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    held = [part for part in parts if len(part)]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame(columns=list(columns))


def _on_same_content(rows: Mapping[str, Rows], seed: int) -> LanguageGap | None:
    frames = [read.frame for read in rows.values() if {"content", "language"} <= set(read.frame)]
    if not frames:
        return None
    frame = frames[0].assign(right=1 - frames[0]["wrong"], language=spelt_alike(frames[0]["language"]))
    return language_gap(frame.drop_duplicates(["content", "language"]), content="content", seed=seed)


def _nowhere(rows: Mapping[str, Rows], attributes: Attributes, *, nobody: bool) -> Iterator[dict[str, str]]:
    """Return what customers cannot be told apart by; a model with a column of its own for it is not concerned."""
    for name, why in attributes.absent.items():
        others = [model for model, read in rows.items() if name != "language" or name not in read.frame]
        said = f"not applicable: {why}, and nobody is judged" if nobody and not len(attributes.known) else why
        yield from (absent_row(one, name, said) for one in ([EVERY_MODEL] if len(others) == len(rows) else others))


def _sentence(
    rows: Mapping[str, Rows], gaps: Sequence[pd.DataFrame], suppressed: pd.DataFrame, target_gap: float
) -> str:
    judged = [f"{m} ({len(r.frame):,} rows of {r.frame['unit'].nunique():,} customers)" for m, r in rows.items()]
    compared = pd.concat([part.loc[part["difference"].notna(), ["attribute", "stands_for"]] for part in gaps])
    by = [name + (f" ({proxy})" if proxy else "") for name, proxy in dict(compared.to_numpy().tolist()).items()]
    small = f"; smaller ones are left out by {', '.join(suppressed['attribute'].unique())}" if len(suppressed) else ""
    left = [f"{model}: {read.said}." for model, read in rows.items() if read.said]
    apart = [model for model, read in rows.items() if "language" in read.frame and "content" not in read.frame]
    left += [f"{m}: languages are compared on different texts; a gap may lie in what is written." for m in apart]
    return " ".join(
        [
            f"Judged: {', '.join(judged) or 'nothing, as no model has left rows to be judged by'}.",
            f"Groups: {', '.join(by) or 'none that could be compared'}.",
            f"Groups have at least {FEWEST} customers{small}.",
            "Intervals (95 %) of groups are of 2,000 resamples of customers; those of a gap hold for all pairs of its",
            "groups at once. A gap is shown where chance alone would make one as large in fewer than 5 of 100 cases,",
            "all gaps of a model taken together (Holm).",
            f"The market allows differences of {target_gap:.1%}.",
            *left,
        ]
    )
