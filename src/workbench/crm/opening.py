"""A CRM as notebooks see it: opened, checked, cut to a market's countries and days.

In: a location.   Out: `Crm`, with lazy Ibis tables; `Inspection`, with every fault.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from workbench import outputs
from workbench.crm import checks, places, reading
from workbench.crm.conform import conform
from workbench.crm.contract import TABLES
from workbench.errors import InputError, did_you_mean, without_password


@dataclass(frozen=True, eq=False, kw_only=True)
class Crm:
    """A checked CRM: tables of the contract by name, ids as strings, times naive UTC."""

    location: str
    tables: dict[str, ibis.Table] = field(repr=False)
    others: tuple[str, ...] = ()
    synthetic: bool = False

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def get(self, name: str) -> ibis.Table | None:
        """Return a table as a lazy Ibis expression, or None where the CRM has none of this name."""
        if name not in TABLES:
            raise InputError(f"'{name}' is no table of the contract{did_you_mean(name, TABLES)}")
        return self.tables.get(name)

    def table(self, name: str) -> ibis.Table:
        """Return a table as a lazy Ibis expression; an InputError says what to add where it is missing."""
        found = self.get(name)
        if found is None:
            columns = ", ".join(column.name for column in TABLES[name].required)
            there = ", ".join([*self.tables, *self.others])
            hint = did_you_mean(name, self.others)
            raise InputError(f"{self.location}: no table '{name}'{hint}; add it with {columns}; there is: {there}")
        return found

    def frame(self, name: str) -> pd.DataFrame:
        """Return a whole table as a pandas frame; meant for tables at customer grain."""
        frame: pd.DataFrame = self.table(name).to_pyarrow().to_pandas()
        return frame

    def cut(self, countries: Sequence[str]) -> "Crm":
        """Return the CRM of the customers in these countries; without any, all of it."""
        cut = _cut_countries(self.tables, countries, place=self.location) if countries else self.tables
        return replace(self, tables=cut)

    def period(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and last time of the orders, or of the subscriptions where there are no orders."""
        table = self.tables["orders"] if "orders" in self else self.table("subscriptions")
        times = [table[name] for name in ("ordered_at", "started_at", "ended_at") if name in table.columns]
        asked = {f"{side}{place}": getattr(time, side)() for place, time in enumerate(times) for side in ("min", "max")}
        row = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
        # The end of a subscription may be planned ahead.
        found = [min(pd.Timestamp(time), pd.Timestamp(_now())) for time in row.values() if time is not None]
        if not found:
            raise InputError(f"{self.location}: no orders and no subscriptions in these countries and days")
        return min(found), max(found)

    def summary(self) -> pd.DataFrame:
        """Return table, rows, first and last time of every table as it is cut to countries and days."""
        rows = []
        for name, table in self.tables.items():
            when = TABLES[name].time
            ends = {"first": table[when].min(), "last": table[when].max()} if when else {}
            rows.append({"table": name} | table.aggregate(rows=table.count(), **ends).to_pyarrow().to_pylist()[0])
        return pd.DataFrame(rows, columns=["table", "rows", "first", "last"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Show the tables, and tell the report which period and kind of data it is about."""
        # Brings matplotlib and seaborn, half of what the command line would need to start.
        from workbench import charts

        days = {"first": "{:%Y-%m-%d}".format, "last": "{:%Y-%m-%d}".format}
        kind = "Synthetic sample data" if self.synthetic else "The data of this report"
        shown = charts.table(self.summary(), f"{kind}, by table of the contract", formats=days, missing="–")
        about: dict[str, Any] = {"synthetic": self.synthetic}
        if "orders" in self or "subscriptions" in self:
            first, last = self.period()
            about |= {"first": first.date().isoformat(), "last": last.date().isoformat()}
        return {"text/html": shown._repr_html_(), outputs.DATA_TYPE: about}


@dataclass(frozen=True, eq=False, kw_only=True)
class Inspection:
    """What is at a location: `tables` (table, rows, columns, first, last, unknown columns), what is missing, faults."""

    tables: pd.DataFrame
    missing: tuple[str, ...]
    faults: tuple[checks.Fault, ...]


def open(
    location: str | Path,
    *,
    countries: Sequence[str] = (),
    first_day: date | str | None = None,
    last_day: date | str | None = None,
    only: Collection[str] = (),
) -> Crm:
    """Open a CRM, refuse one with faults, and cut it to countries and days (UTC; both days are in).

    `countries` are those of the customers; a table with a customer_id keeps the rows of these customers only. `only`
    names the tables to read and check, as where nothing but the customers is asked for; empty: all.
    InputError: nothing there (with `only`, no place), no customers in these countries, or faults: all faults of all
    tables in one message.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "customers.csv").write_text("customer_id,country\\na,DE\\nb,FR\\n")
    >>> open(folder, countries=["DE"]).frame("customers")
      customer_id country
    0           a      DE
    """
    found = _find(location, only=only)
    refuse_faults(found)
    tables = {name: conform(raw, TABLES[name]) for name, raw in found.tables.items()}
    tables = _cut_days(tables, first_day, last_day)
    whole = Crm(location=found.place, tables=tables, others=found.others, synthetic=found.synthetic)
    return whole.cut(countries)


def refuse_faults(found: reading.Found) -> None:
    """Raise one InputError with all faults of all tables, personal values masked."""
    faults = [fault.masked() for facts in checks.look(found, now=_now()) for fault in facts.faults]
    if faults:
        count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
        raise InputError("\n".join([f"{found.place}: {count}", *map(str, faults)]))


def inspect(location: str | Path) -> Inspection:
    """Say what is at a location and what is wrong with it; an InputError only where there is no CRM at all.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "customers.csv").write_text("customer_id,country\\na,DE\\na,FR\\n")
    >>> print(*inspect(folder).faults)
    customers.customer_id: key repeated in 1 row, such as 'a'; allowed: one row for each customer_id
    """
    found = _find(location)
    looked = checks.look(found, now=_now())
    rows = []
    for facts in looked:
        columns = found.tables[facts.table].table.columns if facts.table in found.tables else ()
        spec = TABLES[facts.table]
        unknown = ", ".join(name for name in columns if spec.column(name) is None)
        days = ["" if time is None else time.date().isoformat() for time in (facts.first, facts.last)]
        rows.append((facts.table, facts.rows, len(columns), *days, unknown))
    names = ["table", "rows", "columns", "first", "last", "unknown columns"]
    return Inspection(
        tables=pd.DataFrame(rows, columns=names).astype({"rows": "Int64"}),
        missing=tuple(name for name in TABLES if name not in found.tables and name not in found.unreadable),
        faults=tuple(fault for facts in looked for fault in facts.faults),
    )


def _find(location: str | Path, *, only: Collection[str] = ()) -> reading.Found:
    place = places.resolve(location)
    if isinstance(place, str):
        found = reading.read_url(place, place=without_password(place), only=only)
    else:
        read = reading.read_folder if place.is_dir() else reading.read_duckdb
        found = read(place, only=only)
    if not found.tables and not found.unreadable and not only:
        there = f"; there is: {', '.join(found.others)}" if found.others else ""
        near = next((hint for name in found.others if (hint := did_you_mean(name, TABLES))), "")
        raise InputError(f"{found.place}: no table of the contract ({', '.join(TABLES)}){there}{near}")
    return found


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _cut_days(
    tables: dict[str, ibis.Table], first_day: date | str | None, last_day: date | str | None
) -> dict[str, ibis.Table]:
    cut = dict(tables)
    for name, table in tables.items():
        when = TABLES[name].time
        if when and first_day:
            cut[name] = cut[name].filter(table[when] >= _midnight(first_day))
        if when and last_day:
            cut[name] = cut[name].filter(table[when] < _midnight(last_day) + timedelta(days=1))
    return _lines_follow_orders(cut) if first_day or last_day else cut


def _cut_countries(tables: dict[str, ibis.Table], countries: Sequence[str], *, place: str) -> dict[str, ibis.Table]:
    if "customers" not in tables or "country" not in tables["customers"].columns:
        raise InputError(
            f"{place}: to choose countries ({', '.join(countries)}), add customers with a column 'country'"
        )
    customers = tables["customers"].filter(tables["customers"].country.isin(countries))
    if customers.count().to_pyarrow().as_py() == 0:
        there = tables["customers"].country.topk(12).to_pyarrow().to_pylist()
        names = ", ".join(str(row["country"]) for row in there) or "none"
        raise InputError(f"{place}: no customers in {', '.join(countries)}; the most frequent countries are: {names}")
    cut = {"customers": customers}
    for name, table in tables.items():
        if name == "leads" and "country" in table.columns:
            cut[name] = table.filter(table.country.isin(countries))
        elif name == "transfers" and "from_country" in table.columns:
            cut[name] = table.filter(table.from_country.isin(countries))
        elif name != "customers":
            # No semi-join: Ibis 12 mistakes the columns of its own unfinished joins where the result is joined again.
            own = table.customer_id.isin(customers.customer_id) if "customer_id" in table.columns else True
            cut[name] = table.filter(own)
    return _lines_follow_orders(cut)


def _lines_follow_orders(tables: dict[str, ibis.Table]) -> dict[str, ibis.Table]:
    if not {"orders", "order_lines"} <= set(tables):
        return tables
    kept = tables["orders"].order_id
    return {**tables, "order_lines": tables["order_lines"].filter(lambda line: line.order_id.isin(kept))}


def _midnight(day: date | str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(str(day)), time.min)
    except ValueError as error:
        raise InputError(f"'{day}': must be a day such as 2025-12-31") from error
