"""Is what is held on the register, and was what decides assessed?

In: a `Case`.   Out: `Outcome`s.
"""

from collections.abc import Iterable

import pandas as pd

from workbench.governance.case import ABOUT_DATA, Case
from workbench.governance.days import day_of
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.rows import plain

_FOREVER_DAYS = 1_000_000  # of an assessment without an end


def register_incomplete(case: Case) -> Outcome:
    """Accuse columns that are held (table, column) without a row in the register, or with a blank among its `needs`."""
    fields, needs = case.tables.get("fields"), list(case.rule.terms["needs"])
    if fields is None:
        return not_evidenced("no table fields, which is the register")
    held = pd.DataFrame(
        [(name, column) for name, table in case.tables.items() if name not in ABOUT_DATA for column in table.columns],
        columns=["table", "column"],
    )
    rows: pd.DataFrame = fields.to_pyarrow().to_pandas().reindex(columns=["table", "column", *needs])
    said = rows[needs].map(lambda value: pd.notna(value) and str(value).strip() != "").all(axis=1)
    registered = pd.MultiIndex.from_frame(rows.loc[said, ["table", "column"]])
    absent = held[~pd.MultiIndex.from_frame(held).isin(registered)]
    return judged(len(held), absent, note=_not_held(case, rows))


def assessment_missing(case: Case) -> Outcome:
    """Accuse models (subject, days_overdue) that decided before they were assessed, or whose assessment has expired."""
    decisions, assessments = case.tables.get("decisions"), case.tables.get("assessments")
    if decisions is None or assessments is None:
        absent = [name for name in ("decisions", "assessments") if name not in case.tables]
        return not_evidenced(f"no table {', '.join(absent)}")
    first = decisions.group_by("model").aggregate(first_at=decisions.decided_at.min())
    used: pd.DataFrame = first.to_pyarrow().to_pandas()
    if used.empty:
        return not_applicable("no decisions")
    used["same"] = used["model"].map(plain)
    rows = _assessments(case, case.rule.terms["kinds"]).assign(same=lambda frame: frame["subject"].map(plain))
    seen = used.merge(rows, "left", "same").groupby("model").agg({"assessed_at": "min", "expired_days": "min"})
    used = used.join(seen, "model")
    late = ~(used["assessed_at"] <= used["first_at"])
    expired = used["expired_days"].where(used["expired_days"] > 0).astype("Int64")
    wrong = used.assign(subject=used["model"], days_overdue=expired)[late | expired.notna()]
    return judged(len(used), wrong[["subject", "days_overdue"]])


def attested(case: Case) -> Outcome:
    """Judge a duty that no other table shows by its rows in assessments: one that still holds meets it.

    Where all have expired, the last of them is accused (subject, kind, days_overdue).
    """
    kind = case.rule.terms["attested"]
    if "assessments" not in case.tables:
        return not_evidenced("no table assessments")
    rows = _assessments(case, [kind])
    if rows.empty:
        return not_evidenced(f"no row of kind '{kind}' in assessments")
    last = rows.nsmallest(1, "expired_days").rename(columns={"expired_days": "days_overdue"})
    return judged(len(rows), last.loc[last["days_overdue"] > 0, ["subject", "kind", "days_overdue"]])


def _not_held(case: Case, rows: pd.DataFrame) -> str:
    """Name what is registered of a table that is held, or of none, but is no column of it."""
    places = rows[["table", "column"]].itertuples(index=False, name=None)
    ghosts = [f"{t}.{column}" for t, column in places if t not in case.tables or column not in case.tables[t].columns]
    return f"registered but not held: {', '.join(ghosts)}" if ghosts else ""


def _assessments(case: Case, kinds: Iterable[str]) -> pd.DataFrame:
    """Return the assessments of some kinds with expired_days: how long ago they ended, negative where they hold."""
    rows: pd.DataFrame = case.tables["assessments"].to_pyarrow().to_pandas()
    rows = rows[rows["kind"].map(plain).isin([plain(kind) for kind in kinds])]
    if "outcome" in rows:  # what was assessed and turned down allows nothing
        rows = rows[~rows["outcome"].fillna("").str.lower().str.contains("reject|refus|fail|not approved", regex=True)]
    ends = rows.get("valid_until", pd.Series(pd.NaT, rows.index, dtype="datetime64[us]"))
    today = day_of(case.seen_at, case.timezone)
    lasts = case.rule.terms.get("days")
    if lasts is not None:  # where the law says for how long it holds
        ends = ends.fillna(rows["assessed_at"] + pd.Timedelta(days=lasts))
    days = [-_FOREVER_DAYS if pd.isna(end) else (today - day_of(end, case.timezone)).days for end in ends]
    return rows[["subject", "kind", "assessed_at"]].assign(expired_days=pd.array(days, dtype="int64"))
