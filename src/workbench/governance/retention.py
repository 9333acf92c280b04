"""Who is kept for longer than may be, and which events are?

In: a `Case`.   Out: `Outcome`s; when each customer was last in contact, an Ibis table.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

import ibis
import pandas as pd
import pyarrow as pa

from workbench.crm.contract import TABLES
from workbench.errors import InputError, did_you_mean
from workbench.governance.case import Case, Tables
from workbench.governance.days import as_table, beginnings, day_of, local_day, period
from workbench.governance.finding import Outcome, judged, not_applicable, not_evidenced
from workbench.governance.rows import count, worst_first
from workbench.law import Calendar, due_days

# What shows that a customer was there, by the word of the law's file. A mailbox opens e-mails by itself, so an opened
# one shows nobody; who unsubscribes clicks.
CONTACT: Mapping[str, tuple[str, ...]] = {
    "signup": ("customers.signup_at",),
    "order": ("orders.ordered_at",),
    "click": ("touches.clicked_at", "touches.unsubscribed_at"),
    "conversion": ("touches.converted_at",),
    "login": ("customers.last_login_at", "activity.occurred_at"),
    "message": ("messages.sent_at",),
}
_NEVER = datetime(1900, 1, 1)
_NOBODY = pa.schema({"customer_id": pa.string(), "at": pa.timestamp("us")}).empty_table()
_DAY = timedelta(days=1)


def last_contact(tables: Tables, *, contact: Iterable[str] = CONTACT) -> ibis.Table:
    """Return customer_id and last_contact_at (naive UTC) of everybody of whom any contact is known.

    `contact` names what counts, in words of `CONTACT`; signing up always does, and what is not held is left out.
    InputError: another word.

    >>> orders = ibis.memtable({"customer_id": ["a", "a"], "ordered_at": [datetime(2024, 1, 1), datetime(2025, 1, 1)]})
    >>> last_contact({"orders": orders}, contact=["order"]).to_pyarrow().to_pylist()
    [{'customer_id': 'a', 'last_contact_at': datetime.datetime(2025, 1, 1, 0, 0)}]
    """
    seen = [_latest_in_rows(tables[name], columns) for name, columns in _held(tables, contact).items()]
    times = ibis.union(*seen) if len(seen) > 1 else next(iter(seen), None)
    if times is None:  # of the engine that holds the customers, as tables of two engines cannot be joined
        known = tables["customers"].limit(0) if "customers" in tables else ibis.memtable(_NOBODY)
        times = known.select("customer_id", at=ibis.null("timestamp"))
    return times.group_by("customer_id").aggregate(last_contact_at=times.at.max())


def retention_exceeded(case: Case) -> Outcome:
    """Accuse customers (customer_id, days_overdue) whose last contact is longer ago than the law or the register says.

    The shorter period counts; customers of whom no contact is known are of those of whom nobody can say.
    """
    customers, terms = case.tables.get("customers"), case.rule.terms
    if customers is None:
        return not_evidenced("no table customers")
    looked_at, seen = count(customers), last_contact(case.tables, contact=terms["contact"]).cache()
    days = period(seen, "last_contact_at")
    known = seen.semi_join(customers, "customer_id")
    silent = looked_at - count(known)
    note = f"no contact is known of {silent:,} customers" if silent else ""
    if days is None:
        return judged(looked_at, pd.DataFrame(), unproven=silent, note=note)
    first, last = days
    due = kept_until(first, last, months=terms["inactive_months"], days=periods(case.tables).get("customers"))
    known = known.mutate(day=local_day(known.last_contact_at, timezone=case.timezone, first=first, last=last))
    kept = known.join(as_table(due, "day", "due"), "day")
    return judged(looked_at, worst_first(_overdue(case, kept, "customer_id")), unproven=silent, note=note)


def events_overdue(case: Case) -> Outcome:
    """Accuse events (table, key, occurred_at, days_overdue) older than the register's retention_days of their table.

    The shortest period of a table's columns counts. key is the row's own, or customer_id where the table has none.
    """
    held = {name: table for name, table in case.tables.items() if TABLES[name].time}
    if not held:
        return not_applicable("no table of events")
    kept = periods(case.tables)
    unsaid = [name for name in held if name not in kept]
    note = f"the register says no retention_days for {', '.join(unsaid)}" if unsaid else ""
    if len(unsaid) == len(held):
        return not_evidenced(note)
    overdue = [_events(case, name, held[name], kept[name]) for name in held if name in kept]
    looked_at = sum(count(held[name]) for name in held if name in kept)
    accused = ibis.union(*overdue) if len(overdue) > 1 else overdue[0]
    return judged(looked_at, worst_first(accused), unproven=sum(count(held[name]) for name in unsaid), note=note)


def periods(tables: Tables) -> dict[str, int]:
    """Return the retention_days of each table in the register of fields, the shortest of its columns."""
    fields = tables.get("fields")
    if fields is None or "retention_days" not in fields.columns:
        return {}
    shortest = fields.group_by("table").aggregate(days=fields.retention_days.min())
    rows = shortest.filter(shortest.days.notnull()).to_pyarrow().to_pylist()
    return {row["table"]: int(row["days"]) for row in rows}


def _events(case: Case, name: str, table: ibis.Table, days: int) -> ibis.Table:
    time = str(TABLES[name].time)
    key = next(iter(TABLES[name].key), "customer_id")
    latest = pd.Timestamp(day_of(case.seen_at, case.timezone)) - pd.Timedelta(days=days)
    oldest = period(table, time)
    old = table.filter(table[time] < beginnings(pd.Series([latest]), case.timezone)[0].to_pydatetime())
    happened = local_day(old[time], timezone=case.timezone, first=(oldest or (latest.date(),))[0], last=latest.date())
    return old.select(
        table=ibis.literal(name),
        key=old[key],
        occurred_at=old[time],
        days_overdue=ibis.literal(latest.date()).delta(happened, unit="day"),
    )


def kept_until(first: date, last: date, *, months: int, days: int | None) -> pd.DataFrame:
    """Return day and due, the last day on which a customer may be kept who was last in contact on that day.

    `months` are the law's, `days` the register's: the shorter counts.
    """
    kept = due_days(first - _DAY, last + _DAY, term={"months": months}, calendar=Calendar())
    if days is None:
        return kept
    return kept.assign(due=kept["due"].clip(upper=kept["day"] + pd.Timedelta(days=days)))


def _overdue(case: Case, kept: ibis.Table, *keys: str) -> ibis.Table:
    today = day_of(case.seen_at, case.timezone)
    late = kept.filter(kept.due < today)
    return late.select(*keys, days_overdue=ibis.literal(today).delta(late.due, unit="day"))


def _latest_in_rows(table: ibis.Table, columns: list[str]) -> ibis.Table:
    """Return customer_id and the latest time in each row that has one; with a null among them, engines differ."""
    known = table.filter(table.customer_id.notnull(), ibis.or_(*(table[name].notnull() for name in columns)))
    times = [known[name].fill_null(_NEVER) for name in columns]
    return known.select("customer_id", at=ibis.greatest(*times) if len(times) > 1 else times[0])


def _held(tables: Tables, contact: Iterable[str]) -> dict[str, list[str]]:
    """Return the columns that say when somebody was in contact, by table, as far as they are held."""
    held: dict[str, list[str]] = {}
    for word in dict.fromkeys(("signup", *contact)):
        if word not in CONTACT:
            raise InputError(f"contact '{word}' must be one of {', '.join(CONTACT)}{did_you_mean(word, CONTACT)}")
        for name, column in (place.split(".") for place in CONTACT[word]):
            if name in tables and {"customer_id", column} <= set(tables[name].columns):
                held.setdefault(name, []).append(column)
    return held
