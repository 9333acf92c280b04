"""Does the data keep to the contract? Every fault of every table, with the number of rows and up to three examples.

In: `Found` tables.   Out: `Fault`s; rows and first and last time of each table. The engine that holds the data does
the work: one aggregate a table, one grouping a key, one anti-join a reference, and examples where rows are at fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import ibis

from workbench.crm.conform import WORDS, Raw, blank, further_numbers, typed_columns
from workbench.crm.contract import TABLES, Column, TableSpec
from workbench.crm.reading import Found, engine_errors, first_line
from workbench.errors import did_you_mean

EARLIEST = datetime(1990, 1, 1)
_PLANNED_DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with the data: where, what, in how many rows, up to three examples, and what is allowed.

    >>> print(Fault(table="orders", column="amount", problem="empty", rows=1, examples=("abc",), allowed="numbers"))
    orders.amount: empty in 1 row, such as 'abc'; allowed: numbers
    """

    table: str
    column: str | None
    problem: str
    rows: int | None = None
    examples: tuple[str, ...] = ()
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.table}.{self.column}" if self.column else self.table
        rows = "" if self.rows is None else f" in {self.rows:,} row{'s' * (self.rows != 1)}"
        examples = f", such as {', '.join(repr(example) for example in self.examples)}" if self.examples else ""
        return f"{place}: {self.problem}{rows}{examples}" + (f"; allowed: {self.allowed}" if self.allowed else "")

    def masked(self) -> "Fault":
        """Return the fault fit for a report: of personal values only the beginning is shown."""
        spec = TABLES[self.table].column(self.column or "")
        if spec is None or not spec.personal:
            return self
        return replace(self, examples=tuple(f"{example[:2]}…" for example in self.examples))


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What one pass over a table found: rows, first and last time of its events, faults."""

    table: str
    rows: int | None
    first: datetime | None
    last: datetime | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Rule:
    """Rows are at fault where `bad` holds; `shown` is what examples are taken from."""

    column: str
    bad: Any
    shown: Any
    problem: str
    allowed: str


def look(found: Found, *, now: datetime) -> list[Facts]:
    """Check all tables of the contract that were found; `now` is when 'in the future' begins, naive UTC."""
    return [_look_at(found, spec, now=now) for name, spec in TABLES.items() if name in found.tables] + [
        Facts(table=name, rows=None, first=None, last=None, faults=(Fault(table=name, column=None, problem=why),))
        for name, why in found.unreadable.items()
    ]


def _look_at(found: Found, spec: TableSpec, *, now: datetime) -> Facts:
    raw = found.tables[spec.name]
    columns = typed_columns(raw, spec)
    try:
        facts = _measure(raw, spec, columns, now=now)
        faults = [*facts.faults, *_duplicates(raw, spec, columns), *_orphans(found, raw, spec, columns)]
        return replace(facts, faults=tuple(faults))
    except engine_errors() as error:
        fault = Fault(table=spec.name, column=None, problem=f"cannot be read: {first_line(error)}")
        return Facts(table=spec.name, rows=None, first=None, last=None, faults=(fault,))


def _measure(raw: Raw, spec: TableSpec, columns: dict[str, Any], *, now: datetime) -> Facts:
    rules = list(_rules(raw, spec, columns, now=now))
    asked = {f"rule{place}": raw.table.count(where=rule.bad) for place, rule in enumerate(rules)}
    time = columns.get(spec.time or "")
    if time is not None:
        asked |= {"first": time.min(), "last": time.max()}
    row = raw.table.aggregate(rows=raw.table.count(), **asked).to_pyarrow().to_pylist()[0]
    faults = [*_shape(raw, spec, columns, rows=row["rows"])]
    faults += [_fault(raw, spec, rule, row[f"rule{place}"]) for place, rule in enumerate(rules) if row[f"rule{place}"]]
    return Facts(table=spec.name, rows=row["rows"], first=row.get("first"), last=row.get("last"), faults=tuple(faults))


def _shape(raw: Raw, spec: TableSpec, columns: dict[str, Any], *, rows: int) -> Iterator[Fault]:
    unknown = [name for name in raw.table.columns if spec.column(name) is None]
    for column in spec.columns:
        if column.name in raw.table.columns and column.name not in columns:
            found = raw.table[column.name].type()
            problem = f"is of type {found}"
            yield Fault(table=spec.name, column=column.name, problem=problem, rows=rows, allowed=WORDS[column.kind])
        elif column.required and column.name not in raw.table.columns:
            hint = did_you_mean(column.name, unknown)
            yield Fault(
                table=spec.name, column=column.name, problem=f"column is missing{hint}", allowed=WORDS[column.kind]
            )


def _rules(raw: Raw, spec: TableSpec, columns: dict[str, Any], *, now: datetime) -> Iterator[_Rule]:
    for name, value in columns.items():
        column = spec.column(name)
        assert column is not None
        given = raw.table[name]
        yield from _filled(column, value, given)
        if raw.from_text and column.kind not in ("id", "text"):
            bad = value.isnull() & (given.strip() != "")
            yield _Rule(column=name, bad=bad, shown=given, problem="cannot be read", allowed=WORDS[column.kind])
        elif given.type().is_floating() and column.kind in ("integer", "year"):
            bad = value.isnull() & ~given.isnan()
            yield _Rule(column=name, bad=bad, shown=given, problem="not whole", allowed=WORDS[column.kind])
        yield from _within(column, value, given, now=now)
        if column.after in columns:
            bad, problem = value < columns[column.after], f"lies before {column.after}"
            yield _Rule(column=name, bad=bad, shown=given, problem=problem, allowed=f"{column.after} or later")
    for name, value in further_numbers(raw, spec).items():
        given = raw.table[name]
        bad = value.isnull() & (given.strip() != "")
        yield _Rule(
            column=name,
            bad=bad,
            shown=given,
            problem="not a number",
            allowed="numbers, as in the first rows of the file",
        )


def _filled(column: Column, value: Any, given: Any) -> Iterator[_Rule]:
    if column.kind == "id":
        bad = blank(value) if column.required else blank(value) & value.notnull()
        yield _Rule(column=column.name, bad=bad, shown=value, problem="no id", allowed="any id that is not blank")
    elif column.required and (column.kind != "text" or column.values):
        empty = given.isnull() if not given.type().is_string() else given.isnull() | (given.strip() == "")
        if given.type().is_floating():
            empty = value.isnull()
        yield _Rule(column=column.name, bad=empty, shown=given, problem="empty", allowed=WORDS[column.kind])


def _within(column: Column, value: Any, given: Any, *, now: datetime) -> Iterator[_Rule]:
    """Yield what a value may be beyond its type: one of a list, within bounds, a possible date."""
    low: Any = column.low
    high: Any = column.high
    if column.values:
        allowed = " ".join(column.values)
        yield _Rule(
            column=column.name, bad=~value.isin(column.values), shown=given, problem="unknown value", allowed=allowed
        )
        return
    if column.kind == "timestamp":
        low, high = EARLIEST, now + timedelta(days=_PLANNED_DAYS if column.planned else 1)
    elif column.kind == "year":
        low, high = 1900, now.year
    if low is not None:
        problem = "impossible date" if column.kind == "timestamp" else "out of range"
        bad = (value < low) | (value > high)
        yield _Rule(
            column=column.name, bad=bad, shown=given, problem=problem, allowed=f"{_bound(low)} to {_bound(high)}"
        )


def _duplicates(raw: Raw, spec: TableSpec, columns: dict[str, Any]) -> Iterator[Fault]:
    key = [name for name in spec.key if name in raw.table.columns]
    if not key or not set(key) <= set(columns) or spec.key[0] not in key:
        return
    keys = raw.table.select(**{name: columns[name] for name in key})
    twice = keys.filter(~blank(keys[key[0]])).group_by(key).aggregate(times=lambda t: t.count())
    twice = twice.filter(twice.times > 1)
    rows = twice.aggregate(rows=(twice.times - 1).sum()).to_pyarrow().to_pylist()[0]["rows"]
    if rows:
        found = twice.order_by(key).limit(3).to_pyarrow().to_pylist()
        examples = tuple(" ".join(_say(row[name]) for name in key) for row in found)
        allowed = f"one row for each {' '.join(key)}"
        yield Fault(
            table=spec.name, column=key[0], problem="key repeated", rows=rows, examples=examples, allowed=allowed
        )


def _orphans(found: Found, raw: Raw, spec: TableSpec, columns: dict[str, Any]) -> Iterator[Fault]:
    for name, value in columns.items():
        column = spec.column(name)
        target = column.references if column else None
        if target not in found.tables:
            continue
        parents = typed_columns(found.tables[target], TABLES[target])
        key = TABLES[target].key[0]
        if key not in parents:
            continue
        children = raw.table.select(child=value)
        children = children.filter(~blank(children.child))
        known = found.tables[target].table.select(parent=parents[key])
        orphans = children.anti_join(known, children.child == known.parent)
        rows = orphans.count().to_pyarrow().as_py()
        if rows:
            yield Fault(
                table=spec.name,
                column=name,
                problem=f"not in {target}",
                rows=rows,
                examples=_examples(orphans, orphans.child),
                allowed=f"a {key} of {target}",
            )


def _fault(raw: Raw, spec: TableSpec, rule: _Rule, rows: int) -> Fault:
    examples = _examples(raw.table.filter(rule.bad), rule.shown)
    return Fault(
        table=spec.name,
        column=rule.column,
        problem=rule.problem,
        rows=rows,
        examples=examples,
        allowed=rule.allowed,
    )


def _examples(rows: ibis.Table, shown: Any) -> tuple[str, ...]:
    values = rows.select(example=shown).filter(lambda t: t.example.notnull()).distinct()
    return tuple(_say(row["example"]) for row in values.order_by("example").limit(3).to_pyarrow().to_pylist())


def _bound(value: object) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else _say(value)


def _say(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.min.time() else value.isoformat(sep=" ")
    return f"{value:g}" if isinstance(value, float) else str(value)
