"""Were the requests of customers answered in time, and which are open?

In: a `Case`.   Out: `Outcome`s; the open requests with the days that are left, a frame.
"""

from datetime import date
from typing import Any

import ibis
import pandas as pd

from workbench.governance.case import Case
from workbench.governance.days import Term, as_table, day_of, due_after, local_day, period
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.rows import count, optional, worst_first

_OPEN = ("request_id", "kind", "received_on", "due_on", "days_left")


def request_overdue(case: Case) -> Outcome:
    """Accuse requests (request_id, days_overdue) that were closed, or are still open, after the last day of their term.

    Where the law knows an extended term, that is the last one; within it, nobody can say whether it was extended.
    """
    return _judge(case, answered="closed_at")


def request_unacknowledged(case: Case) -> Outcome:
    """Accuse requests (request_id, days_overdue) neither acknowledged nor closed by the last day of the term."""
    return _judge(case, answered="acknowledged_at")


def open_requests(case: Case) -> pd.DataFrame:
    """Return the requests that are not closed: request_id, kind, received_on, due_on and days_left, fewest days first.

    due_on is the last day of the ordinary term; days_left is negative once that day is over.
    """
    requests = _with_terms(case)
    if requests is None:
        return pd.DataFrame(columns=list(_OPEN))
    waiting = requests.filter(optional(requests, "closed_at", "timestamp").isnull())
    waiting = waiting.select("request_id", "kind", received_on="day", due_on="due")
    frame: pd.DataFrame = waiting.to_pyarrow().to_pandas()
    today = pd.Timestamp(day_of(case.seen_at, case.timezone))
    left = (pd.to_datetime(frame["due_on"]) - today).dt.days
    return frame.assign(days_left=left).sort_values(["days_left", "request_id"], ignore_index=True)[list(_OPEN)]


def _judge(case: Case, *, answered: str) -> Outcome:
    if "requests" not in case.tables:
        return not_evidenced("no table requests")
    requests = _with_terms(case)
    if requests is None:
        return not_applicable("no requests of the kinds that have a term")
    today = day_of(case.seen_at, case.timezone)
    requests = requests.mutate(answered_on=_answered_on(case, requests, answered)).mutate(
        until=lambda row: row.answered_on.fill_null(today)
    )
    decided = requests.filter(requests.answered_on.notnull() | (requests.until > requests.due))
    late = decided.filter(decided.until > decided.extended)
    late = late.select("request_id", days_overdue=late.until.delta(late.extended, unit="day"))
    perhaps = count(decided.filter(decided.until > decided.due, decided.until <= decided.extended))
    looked_at, all_of_them = count(decided), count(requests)
    note = f"{all_of_them - looked_at:,} still within their term" if all_of_them > looked_at else ""
    if answered in requests.columns:
        return judged(looked_at, worst_first(late), unproven=perhaps, note=note)
    return judged(looked_at, late.limit(0), unproven=perhaps + count(late), note=f"requests has no column {answered}")


def _answered_on(case: Case, requests: ibis.Table, answered: str) -> Any:
    """Return the local day of the answer, null where there is none; what is closed is acknowledged thereby."""
    times = [name for name in dict.fromkeys((answered, "closed_at")) if name in requests.columns]
    days = period(requests, *times) if times else None
    if days is None:
        return ibis.null("date")
    last = case.seen_at.to_pydatetime()
    moments = [requests[name].fill_null(ibis.literal(last)) for name in times]
    known = ibis.or_(*(requests[name].notnull() for name in times))
    first_of = ibis.least(*moments) if len(moments) > 1 else moments[0]
    day = local_day(first_of, timezone=case.timezone, first=days[0], last=max(days[1], last.date()))
    return ibis.ifelse(known, day, None)


def _with_terms(case: Case) -> ibis.Table | None:
    """Return the requests that have a term, with day, due and extended: the local day of receipt and the last days."""
    requests = case.tables.get("requests")
    days = period(requests, "received_at") if requests is not None else None
    if requests is None or days is None:
        return None
    kinds = requests.select("kind").distinct().to_pyarrow().column("kind").to_pylist()
    terms = as_table(pd.concat([_terms_of(case, kind, *days) for kind in sorted(kinds)]), "day", "due", "extended")
    first, last = days
    received = requests.mutate(day=local_day(requests.received_at, timezone=case.timezone, first=first, last=last))
    return received.join(terms, ["kind", "day"])


def _terms_of(case: Case, kind: str, first: date, last: date) -> pd.DataFrame:
    said = case.rule.terms.get("kinds", {}).get(kind, case.rule.terms)
    due = due_after(case, first, last, term=said.get("within", {"days": 0})).assign(kind=kind)
    if "within" not in said:
        return due.assign(due=pd.Timestamp("NaT"), extended=pd.Timestamp("NaT"))
    extended: Term = said.get("extended", said["within"])
    return due.assign(extended=due_after(case, first, last, term=extended)["due"])
