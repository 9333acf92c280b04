"""What a check found, in one form for all of them.

In: what a check counted, its rule.   Out: `Outcome`s, `Finding`s, and these as a frame.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import ibis
import pandas as pd

Verdict = Literal["met", "breached", "not evidenced", "not applicable"]

# Of several verdicts on the same duty, the first here asks for the most.
GRAVITY: tuple[Verdict, ...] = ("breached", "not evidenced", "met", "not applicable")
# The article of what no law asks for.
HOUSE_RULE = "none (house rule)"
COLUMNS = ("code", "title", "verdict", "rows", "share", "days_overdue", "article", "source", "remedy")
# Keys of more rows than this are not written out: nobody reads them one by one.
MOST_ACCUSED = 100_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What a check counted: rows `looked_at`, how many are `rows` at fault (`accused` has their keys, at most
    `MOST_ACCUSED`), the longest `days_overdue`, and rows `unproven`, of which the data can say neither.

    `verdict` is what follows from these, unless a check says otherwise, as where the table it needs is missing.
    """

    verdict: Verdict
    looked_at: int = 0
    rows: int = 0
    accused: pd.DataFrame | None = None
    days_overdue: int | None = None
    unproven: int = 0
    note: str = ""


def judged(looked_at: int, accused: ibis.Table | pd.DataFrame, *, unproven: int = 0, note: str = "") -> Outcome:
    """Judge by the rows at fault: none and none unproven is met, of nothing it is not applicable.

    `accused` has the key columns of the rows at fault and, where a term was missed, `days_overdue` (whole days).

    >>> judged(3, pd.DataFrame({"request_id": ["r1"], "days_overdue": [4]})).verdict
    'breached'
    >>> judged(3, pd.DataFrame({"request_id": []}), unproven=1).verdict, judged(0, pd.DataFrame()).verdict
    ('not evidenced', 'not applicable')
    """
    frame, rows = _keys(accused)
    late = frame["days_overdue"].max() if rows and "days_overdue" in frame else None
    verdict: Verdict = "breached" if rows else "not evidenced" if unproven else "met" if looked_at else "not applicable"
    return Outcome(
        verdict=verdict,
        looked_at=looked_at,
        rows=rows,
        accused=frame if rows else None,
        days_overdue=None if late is None or pd.isna(late) else int(late),
        unproven=unproven,
        note=note,
    )


def not_evidenced(note: str) -> Outcome:
    """Say that the data can show nothing, and why, such as 'no table consents'."""
    return Outcome(verdict="not evidenced", note=note)


def not_applicable(note: str) -> Outcome:
    """Say that there is nothing to which the duty applies, and why."""
    return Outcome(verdict="not applicable", note=note)


def _keys(accused: ibis.Table | pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if isinstance(accused, pd.DataFrame):
        return accused.head(MOST_ACCUSED), len(accused)
    frame: pd.DataFrame = accused.limit(MOST_ACCUSED + 1).to_pyarrow().to_pandas()
    if len(frame) <= MOST_ACCUSED:
        return frame, len(frame)
    return frame.head(MOST_ACCUSED), int(accused.count().to_pyarrow().as_py())


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding:
    """One check and its verdict; `accused` has the keys of the rows at fault, `note` says what the verdict rests on.

    share is rows of those looked at; days_overdue the longest delay; both are None where they have no meaning.
    """

    code: str
    title: str
    verdict: Verdict
    rows: int
    share: float | None
    days_overdue: int | None
    article: str
    source: str
    remedy: str
    table: str
    note: str
    looked_at: int
    accused: pd.DataFrame | None


def as_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return the findings one a row: the columns of `COLUMNS`, then table, looked_at and note."""
    names = [*COLUMNS, "table", "looked_at", "note"]
    frame = pd.DataFrame([[getattr(finding, name) for name in names] for finding in findings], columns=names)
    return frame.astype({"rows": "Int64", "share": "Float64", "days_overdue": "Int64", "looked_at": "Int64"})
