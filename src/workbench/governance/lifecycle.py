"""Whom to delete, to anonymise or to merge, and when?

In: the tables of a market, the rule on retention, duplicates, open requests.   Out: `Lifecycle`: a table, a CSV.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import ibis
import numpy as np
import pandas as pd

from workbench import personal
from workbench.errors import InputError
from workbench.governance.case import Tables
from workbench.governance.days import day_of
from workbench.governance.retention import kept_until, last_contact, periods
from workbench.law import Rule

COLUMNS = ("customer_id", "action", "due_on", "days_overdue", "reason", "article", "into")
ACTIONS = ("erase", "delete", "anonymise", "merge")
DUE = ("overdue", "this quarter", "next quarter", "later")
_SILENT = "no contact for longer than may be"
_REASONS = {
    "delete": _SILENT,
    "anonymise": f"{_SILENT}, but orders must be kept",
    "anonymise for good": f"{_SILENT}; how long orders must be kept is not known",
    "delete later": "orders need no longer be kept",
}
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False, kw_only=True)
class Lifecycle:
    """The plan as of the day `seen_on`. One row per customer and action in `customers`: customer_id, action (one of
    `ACTIONS`), due_on (the last day in time), days_overdue (0 where there is time), reason, article, and into (the
    account that stays; empty but for merge). `summary`: action, reason, due (one of `DUE`, by calendar quarter) and
    customers. `note` says what could not be planned.
    """

    customers: pd.DataFrame
    summary: pd.DataFrame
    seen_on: pd.Timestamp
    note: str

    def csv(self) -> str:
        """Return the plan for a CRM to import: a header, ISO dates, as RFC 4180 has it, for UTF-8.

        A value that a spreadsheet would take for a formula begins with an apostrophe.
        """
        written = io.StringIO()
        rows = self.customers.assign(due_on=self.customers["due_on"].dt.strftime("%Y-%m-%d"))
        csv.writer(written, lineterminator="\r\n").writerows(
            [[*rows], *([_defused(v) for v in r] for r in rows.to_numpy())]
        )
        return written.getvalue()

    def masked(self, key: bytes) -> pd.DataFrame:
        """Return `customers` with pseudonyms in place of ids (`personal.pseudonyms`), for whoever reads a report."""
        masked = {name: personal.pseudonyms(self.customers[name], key=key) for name in ("customer_id", "into")}
        return self.customers.assign(**masked).assign(into=masked["into"].where(self.customers["into"] != "", ""))


def lifecycle(
    tables: Tables,
    *,
    rule: Rule,
    seen_at: pd.Timestamp,
    countries: Sequence[str] = (),
    duplicates: pd.DataFrame | None = None,
    open_requests: pd.DataFrame | None = None,
    timezone: str = "UTC",
    ahead_months: int = 12,
    articles: Mapping[str, str] | None = None,
) -> Lifecycle:
    """Plan what is overdue at `seen_at` (naive UTC) and what falls due within so many months, in days of the market.

    Who was in contact last longer ago than `rule` (retention_exceeded) or the register allows is deleted, where no
    order is younger than the years for which the customer's country wants it kept (`bookkeeping_years`; the first of
    `countries` where customers have none); else anonymised (name, contact, birth data), and deleted on the day after
    those years.
    `duplicates` as `find_duplicates` returns them are merged, at once; customers with an open request for erasure are
    erased, by due_on of `open_requests` (request_id, due_on), else at once. Erasure goes before deletion, and deletion
    before merging. `articles` name those of erase and merge; the others rest on the rule's. InputError: no table
    customers.

    >>> since = pd.to_datetime(["2021-05-31", "2024-01-01"])
    >>> customers = ibis.memtable({"customer_id": ["1", "2"], "signup_at": since})
    >>> rule = Rule(code="retention_exceeded", article="Art. 5", source="", checked=True, valid_from=None,
    ...             terms={"inactive_months": 36, "contact": ["order"], "bookkeeping_years": {"DE": 8}})
    >>> plan = lifecycle({"customers": customers}, rule=rule, seen_at=pd.Timestamp("2024-06-02"))
    >>> plan.customers[["customer_id", "action", "due_on", "days_overdue"]]
      customer_id  action     due_on  days_overdue
    0           1  delete 2024-05-31             2
    """
    if "customers" not in tables:
        raise InputError("lifecycle: no table customers; there is: " + ", ".join(tables))
    if pd.isna(seen_at):
        return _no_plan("Not enough data: no table knows of any time.")
    today = pd.Timestamp(day_of(seen_at.to_pydatetime(), timezone))
    horizon = today + pd.DateOffset(months=ahead_months)
    erased = _erasures(tables, open_requests, today)
    silent, note = _silent(tables, rule, horizon=horizon, timezone=timezone)
    silent = silent[~silent["customer_id"].isin(erased["customer_id"])]
    removed = _removals(_with_books(silent, tables, rule, countries, timezone), today, horizon)
    removed["article"] = rule.article
    gone = [*erased["customer_id"], *removed["customer_id"]]
    merged = _merges(duplicates, today, gone)
    rows = pd.concat([erased, removed, merged], ignore_index=True)
    others = rows["action"].map(dict(articles or {})).astype("str")
    rows["article"] = rows["article"].astype("str").where(rows["article"].notna(), others)
    rows["days_overdue"] = (today - rows["due_on"]).dt.days.clip(lower=0)
    rows = rows.reindex(columns=list(COLUMNS)).fillna({"article": "", "into": ""}).astype(_TYPES)
    rows = rows.sort_values(["due_on", "customer_id"], ignore_index=True)
    return Lifecycle(customers=rows, summary=_summary(rows, today), seen_on=today, note=note)


_TYPES: dict[str, Any] = dict.fromkeys(COLUMNS, "str") | {"due_on": "datetime64[us]", "days_overdue": "int64"}


def _no_plan(note: str) -> Lifecycle:
    rows = pd.DataFrame(columns=list(COLUMNS)).astype(_TYPES)
    return Lifecycle(
        customers=rows, summary=_summary(rows, pd.Timestamp(0)), seen_on=cast(pd.Timestamp, pd.NaT), note=note
    )


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _silent(tables: Tables, rule: Rule, *, horizon: pd.Timestamp, timezone: str) -> tuple[pd.DataFrame, str]:
    """Return customer_id, country where it is held, and due_on, the last day of keeping, of who falls due in time.

    Beside them a sentence on those of whom nobody can say.
    """
    months, days = rule.terms.get("inactive_months"), periods(tables).get("customers")
    if months is None:
        none = pd.DataFrame({"customer_id": [], "due_on": pd.to_datetime([])})
        return none, "The law names no term after which customers must be deleted."
    # Months differ by up to three days, and the market's day from that of UTC by one.
    terms = [pd.DateOffset(months=months), *([pd.DateOffset(days=days)] if days else [])]
    latest = max(horizon - term for term in terms) + timedelta(days=5)
    customers = tables["customers"]
    seen = last_contact(tables, contact=rule.terms["contact"]).cache()
    unknown = int(customers.anti_join(seen, "customer_id").count().to_pyarrow().as_py())
    note = f"Of {unknown:,} customers no contact is known: they are not in the plan." if unknown else ""
    held = customers.select("customer_id", *(["country"] * ("country" in customers.columns)))
    due = held.inner_join(seen.filter(seen.last_contact_at < latest.to_pydatetime()), "customer_id")
    rows: pd.DataFrame = due.to_pyarrow().to_pandas()
    rows["due_on"] = _due_on(_local(rows.pop("last_contact_at"), timezone), months=months, days=days)
    return rows[rows["due_on"] <= horizon], note


def _due_on(contact: pd.Series, *, months: int, days: int | None) -> pd.Series:
    """Return the last day on which somebody may be kept who was last in contact on a day."""
    if contact.empty:
        return contact
    dues = kept_until(contact.min().date(), contact.max().date(), months=months, days=days)
    return contact.map(dues.set_index("day")["due"])


def _local(times: pd.Series, timezone: str) -> pd.Series:
    """Return the local days of times in naive UTC, as midnights."""
    local = pd.to_datetime(times).dt.tz_localize("UTC").dt.tz_convert(timezone)
    return local.dt.tz_localize(None).dt.normalize().astype("datetime64[us]")


def _with_books(
    silent: pd.DataFrame, tables: Tables, rule: Rule, countries: Sequence[str], timezone: str
) -> pd.DataFrame:
    """Add `books`, the last day on which the latest order must be kept: NaT without one, far away if not known."""
    years_of, place = rule.terms.get("bookkeeping_years", {}), next(iter(countries), None)
    country = silent["country"].fillna(place) if "country" in silent else pd.Series(place, index=silent.index)
    years = country.map(years_of).astype("Float64")
    latest = pd.Series(pd.NaT, index=silent.index, dtype="datetime64[us]")
    if "orders" in tables and len(silent):
        orders = tables["orders"].semi_join(ibis.memtable(silent[["customer_id"]]), "customer_id")
        last = orders.group_by("customer_id").aggregate(at=lambda rows: rows.ordered_at.max()).to_pyarrow().to_pandas()
        latest = _local(last.set_index("customer_id")["at"].reindex(silent["customer_id"]), timezone).set_axis(
            silent.index
        )
    books = pd.Series(_FOREVER, index=silent.index, dtype="datetime64[us]").where(latest.notna())
    for term in years.dropna().unique():
        which = (years == term) & latest.notna()
        books = books.mask(which, latest + pd.DateOffset(years=int(term)))
    return silent.assign(books=books)


_FOREVER = pd.Timestamp("2262-01-01")


def _removals(silent: pd.DataFrame, today: pd.Timestamp, horizon: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of the plan for customers who were silent for too long."""
    kept = silent["books"] >= silent["due_on"].where(silent["due_on"] > today, today)
    kind = np.select([~kept, silent["books"] == _FOREVER], ["delete", "anonymise for good"], "anonymise")
    first = silent[["customer_id", "due_on"]].assign(action=np.where(kept, "anonymise", "delete"), kind=kind)
    over = silent.assign(due_on=silent["books"] + timedelta(days=1))
    over = over.loc[kept & (over["due_on"] <= horizon), ["customer_id", "due_on"]]
    rows: pd.DataFrame = pd.concat([first, over.assign(action="delete", kind="delete later")], ignore_index=True)
    return rows.assign(reason=rows["kind"].map(_REASONS)).drop(columns="kind")


def _erasures(tables: Tables, open_requests: pd.DataFrame | None, today: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of the plan for customers who asked to be erased, have no answer yet and are still held."""
    none = pd.DataFrame({"customer_id": [], "action": [], "reason": [], "due_on": pd.to_datetime([])})
    requests = tables.get("requests")
    if requests is None or "closed_at" not in requests.columns:
        return none
    waiting = requests.filter(requests.kind == "erasure", requests.closed_at.isnull())
    waiting = waiting.semi_join(tables["customers"], "customer_id")
    rows: pd.DataFrame = waiting.select("customer_id", "request_id").to_pyarrow().to_pandas()
    due = pd.Series(today, index=rows.index)
    if open_requests is not None:
        known = open_requests.drop_duplicates("request_id").set_index("request_id")["due_on"]
        due = pd.to_datetime(known.reindex(rows["request_id"])).set_axis(rows.index).fillna(today)
    rows = rows.assign(due_on=due, action="erase", reason="the customer asked for it").drop(columns="request_id")
    return rows.sort_values("due_on").drop_duplicates("customer_id") if len(rows) else none


def _merges(duplicates: pd.DataFrame | None, today: pd.Timestamp, gone: Sequence[str]) -> pd.DataFrame:
    if duplicates is None:
        duplicates = pd.DataFrame({"customer_id": [], "duplicate_of": []}, dtype="str")
    left = duplicates[~duplicates["customer_id"].isin(gone)]
    return pd.DataFrame(
        {
            "customer_id": left["customer_id"],
            "action": "merge",
            "due_on": today,
            "reason": "a second account of the same person",
            "into": left["duplicate_of"],
        }
    )


def _summary(rows: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Count customers by action, reason and when it is due."""
    quarters = 4 * (rows["due_on"].dt.year - today.year) + rows["due_on"].dt.quarter - today.quarter
    due = np.select([rows["days_overdue"] > 0, quarters <= 0, quarters == 1], DUE[:3], DUE[3])
    order = {"action": ACTIONS, "due": DUE}
    counts = rows.assign(due=due).groupby(["action", "reason", "due"]).size().rename("customers").reset_index()
    for column, values in order.items():
        counts[column] = pd.Categorical(counts[column], values)
    counts = counts.sort_values(["action", "reason", "due"], ignore_index=True)
    return counts.astype({"action": "str", "reason": "str", "due": "str", "customers": "int64"})
