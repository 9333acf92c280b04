"""What the pressure on people means by the caps and quiet hours of the house.

In: loads, quiet hours, collisions, the findings of the audit.   Out: `Finding`s. No law asks for caps; sending after an
opt-out is judged by the audit, once, and only told again here.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from workbench.governance.finding import GRAVITY, HOUSE_RULE, Finding, Outcome, not_applicable, not_evidenced
from workbench.governance.pressure.collisions import Collisions

KEYS = {"1 day": "cap_per_day", "7 days": "cap_per_7_days", "30 days": "cap_per_30_days"}
_OPT_OUT = ("withdrawal_ignored", "optout_ignored")


def findings_of(
    *,
    load: pd.DataFrame,
    hours: pd.DataFrame,
    collided: Collisions,
    campaigned: int,
    caps: Mapping[str, int],
    quiet: tuple[int, int],
    audited: Iterable[Finding],
    missing: str = "",
) -> tuple[Finding, ...]:
    """Return a finding for each cap, for quiet hours, for campaigns that collide and for sending after an opt-out.

    `load`, `hours` and `collided` are of all touches, `campaigned` is how many of them have a campaign; `quiet` the
    hours from and until which nothing is sent; `audited` the findings of the audit on the same tables. `missing` says
    why nothing was counted: all is not applicable then.
    """
    return (
        *(cap_exceeded(load, window=window, cap=cap, missing=missing) for window, cap in caps.items()),
        quiet_hours_ignored(hours, quiet=quiet, missing=missing),
        campaigns_collide(collided, campaigned=campaigned, cap=caps.get("1 day"), missing=missing),
        sent_after_opt_out(audited),
    )


def cap_exceeded(load: pd.DataFrame, *, window: str, cap: int, missing: str = "") -> Finding:
    """Count touches beyond a cap: those that came when the person had received as many within the window already."""
    row = _row(load, window=window)
    within = "24 hours" if window == "1 day" else window
    return _finding(
        f"contact_cap_exceeded_{window.replace(' ', '_')}",
        title=f"Nobody is sent more than {cap} within {within}, on all channels together",
        outcome=not_applicable(missing or "no touches") if row is None else _over(row),
        source=f"params: {KEYS[window]}",
        remedy="Hold back what goes beyond the cap, lowest priority first; the table of caps says what that costs.",
    )


def quiet_hours_ignored(hours: pd.DataFrame, *, quiet: tuple[int, int], missing: str = "") -> Finding:
    """Count touches that were sent in the quiet hours of the person's clock."""
    start, end = quiet
    row = _row(hours)
    found = not_applicable(missing or "no touches") if row is None else _quiet(row)
    return _finding(
        "quiet_hours_ignored",
        title=f"Nothing is sent between {start}:00 and {end}:00 on the person's clock",
        outcome=not_applicable("the market has no quiet hours") if start == end else found,
        source="params: quiet_from, quiet_until",
        remedy="Send by the clock of the person, not of the server; hold back until the quiet hours are over.",
    )


def campaigns_collide(found: Collisions, *, campaigned: int, cap: int | None, missing: str = "") -> Finding:
    """Count the days on which a person was reached by more than one campaign, where the cap of a day is 1."""
    return _finding(
        "campaigns_collide",
        title="No two campaigns reach the same person on the same day",
        outcome=_collided(found, campaigned, cap, missing),
        source="params: cap_per_day",
        remedy="Plan campaigns in one calendar, and let the priority decide who goes first on a day.",
        shared=False,  # days of a person, of touches
    )


def sent_after_opt_out(audited: Iterable[Finding]) -> Finding:
    """Tell again what the audit found on sending to those who said no; the larger count, as rows may be in both."""
    known = [finding for finding in audited if finding.code in _OPT_OUT]
    verdicts = [finding.verdict for finding in known]
    worst = max(known, key=lambda finding: finding.rows, default=None)
    note = "; ".join(f"{finding.code}: {finding.verdict}, {finding.rows:,} touches" for finding in known)
    both = ". The larger count is given: a touch may be in both." if len([f for f in known if f.rows]) > 1 else "."
    outcome = Outcome(
        verdict=min(verdicts, key=GRAVITY.index, default="not applicable"),
        looked_at=worst.looked_at if worst else 0,
        rows=worst.rows if worst else 0,
        accused=worst.accused if worst else None,
        days_overdue=max((f.days_overdue for f in known if f.days_overdue is not None), default=None),
        note=f"As the audit found it: {note}{both}" if known else "The audit has no finding on opting out.",
    )
    return _finding(
        "sent_after_opt_out",
        title="Nothing is sent after somebody has said no",
        outcome=outcome,
        article="; ".join(dict.fromkeys(finding.article for finding in known)) or "none",
        source="; ".join(dict.fromkeys(finding.source for finding in known)) or "none",
        remedy="Suppress these customers now; see the findings of the audit.",
    )


def _row(frame: pd.DataFrame, **where: str) -> "pd.Series | None":
    """Return the row of all channels that says something of touches, or None."""
    chosen = frame[frame["channel"] == "all"]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen.iloc[0] if len(chosen) and chosen["touches"].iloc[0] > 0 else None


def _over(row: pd.Series) -> Outcome:
    note = f"{int(row['persons_over']):,} of {int(row['persons']):,} persons were sent more at least once."
    return _counted(int(row["touches_over"]), looked_at=int(row["touches"]), note=note)


def _quiet(row: pd.Series) -> Outcome:
    if pd.isna(row["in_quiet_hours"]):
        return not_evidenced("no touch has a time of day")
    note = f"{int(row['persons']):,} persons had touches then." if row["in_quiet_hours"] else ""
    return _counted(int(row["in_quiet_hours"]), looked_at=int(row["touches"]), note=note)


def _collided(found: Collisions, campaigned: int, cap: int | None, missing: str) -> Outcome:
    """Judge by days of a person."""
    if missing:
        return not_applicable(missing)
    if cap != 1:
        return not_applicable(f"the house allows {cap} touches a day" if cap else "the house has no cap for a day")
    if not campaigned:
        return not_evidenced("no touch has a campaign")
    said = f"{found.persons:,} persons on {found.person_days:,} days of theirs, by {found.pairs_total:,} pairs."
    note = " ".join(filter(None, [said if found.person_days else "", found.note]))
    return _counted(found.person_days, looked_at=campaigned, note=note)


def _counted(rows: int, *, looked_at: int, note: str) -> Outcome:
    """Judge by a count alone: keys are not needed, as the remedy is a rule for all and no list of rows."""
    return Outcome(verdict="breached" if rows else "met", looked_at=looked_at, rows=rows, note=note)


def _finding(
    code: str, *, title: str, outcome: Outcome, source: str, remedy: str, article: str = HOUSE_RULE, shared: bool = True
) -> Finding:
    """Return a finding on touches; `shared` says whether the rows at fault are a part of those looked at."""
    note = outcome.note and f"{outcome.note[0].upper()}{outcome.note[1:].removesuffix('.')}."
    return Finding(
        code=code,
        title=title,
        verdict=outcome.verdict,
        rows=outcome.rows,
        share=outcome.rows / outcome.looked_at if outcome.looked_at and shared else None,
        days_overdue=outcome.days_overdue,
        article=article,
        source=source,
        remedy=remedy,
        table="touches",
        note=note,
        looked_at=outcome.looked_at,
        accused=outcome.accused,
    )
