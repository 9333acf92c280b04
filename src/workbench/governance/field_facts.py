"""What stands in each field: how many values, how many bytes, when did it change last?

In: the tables of a CRM.   Out: one row per field.
"""

from typing import Any

import ibis
import pandas as pd

from workbench import personal
from workbench.crm.contract import TABLES, Column
from workbench.governance.case import Tables, began
from workbench.governance.redundancy import determined, filled

# Above this, distinct values are counted approximately.
EXACT_ROWS = 1_000_000
_SAMPLE_ROWS, _LOOKED_AT = 10_000, 100
_COLUMNS = ["table", "column", "rows", "filled_share", "distinct", "last_change", "last_row", "bytes"]


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_length(text: str) -> int:  # type: ignore[empty-body]
    """Return the bits of a text in UTF-8, by the one name that all engines know."""


def field_facts(tables: Tables) -> pd.DataFrame:
    """Return table, column, rows, filled_share, distinct, last_change, last_row, bytes, looks and determined_by.

    Null and blank text are no values. `last_change` is the last time of a row in which the field is filled, or the last
    time in it where it says when something happened; `last_row` the last time of the table: NaT where it has no time.
    `bytes` is UTF-8 for text, 1 for yes or no, else 8 a value. `looks` is the personal kind of what stands in it and
    `determined_by` the column that says the same; both rest on the first 10,000 rows, the latter confirmed on all.

    >>> field_facts({"products": ibis.memtable({"product_id": ["p1", "p2"], "name": ["Tasse", " "]})})[_COLUMNS[1:5]]
           column  rows  filled_share  distinct
    0  product_id     2           1.0         2
    1        name     2           0.5         1
    """
    rows = [fact for name, table in tables.items() for fact in _of_table(name, table)]
    facts = pd.DataFrame(rows, columns=[*_COLUMNS, "looks", "determined_by"])
    times = dict.fromkeys(["last_change", "last_row"], "datetime64[us]")
    return facts.astype({"table": "str", "column": "str", "looks": "str", "determined_by": "str", **times})


def of_contract(table: str, column: str) -> Column | None:
    """Return a column as the contract has it, or None for one that it does not know."""
    return TABLES[table].column(column) if table in TABLES else None


def is_event(table: str, column: str) -> bool:
    """Say whether a column of the contract tells when something happened: empty, it has not happened."""
    known = of_contract(table, column)
    return known is not None and known.kind == "timestamp" and not known.planned and not known.required


def _of_table(name: str, table: ibis.Table) -> list[dict[str, Any]]:
    """Count a table: one query for all its columns, beside the rows that are looked at closely."""
    rows = int(table.count().to_pyarrow().as_py())
    texts = [column for column in table.columns if table[column].type().is_string()]
    known = table.mutate(**{column: ibis.ifelse(filled(table[column]), table[column], None) for column in texts})
    asked = {f"{fact} {column}": value for column in table.columns for fact, value in _asked(name, known, column, rows)}
    counted = known.aggregate(**asked).to_pyarrow().to_pylist()[0]
    sample = table.limit(_SAMPLE_ROWS).to_pyarrow().to_pandas()
    facts = [_fact(name, column, rows, counted, sample[column]) for column in table.columns]
    says_the_same = _determined(name, table, facts, sample, rows)
    return [{**fact, "determined_by": says_the_same.get(fact["column"])} for fact in facts]


def _asked(name: str, known: ibis.Table, column: str, rows: int) -> list[tuple[str, ibis.Value]]:
    value, when = known[column], _time(name, known)
    count = value.count()
    bits = bit_length(value).sum() if value.type().is_string() else count * (8 if value.type().is_boolean() else 64)
    distinct = value.nunique() if rows <= EXACT_ROWS else value.approx_nunique()
    asked = [("filled", count), ("distinct", distinct), ("bits", bits)]
    if when:
        asked += [("time", known[when].max(where=value.notnull())), ("row", known[when].max())]
    return asked + ([("event", value.max())] if is_event(name, column) else [])


def _time(name: str, table: ibis.Table) -> str | None:
    return began(name, table) if name in TABLES else None


def _fact(name: str, column: str, rows: int, counted: dict[str, Any], values: pd.Series) -> dict[str, Any]:
    facts = ("filled", "distinct", "bits", "time", "row", "event")
    count, distinct, bits, *times, event = (counted.get(f"{fact} {column}") for fact in facts)
    time, row, event = (pd.NaT if moment is None else pd.Timestamp(moment) for moment in (*times, event))
    return {
        "table": name,
        "column": column,
        "rows": rows,
        "filled_share": (count or 0) / rows if rows else 0.0,
        "distinct": distinct or 0,
        "last_change": max((moment for moment in (time, event) if not pd.isna(moment)), default=pd.NaT),
        "last_row": row,
        "bytes": (bits or 0) // 8,
        "looks": _looks(values),
    }


def _looks(values: pd.Series) -> str | None:
    if not pd.api.types.is_string_dtype(values):
        return None
    known = values.dropna().astype("str")
    return personal.looks_personal(known[known.str.strip() != ""].drop_duplicates().head(_LOOKED_AT))


def _determined(
    name: str, table: ibis.Table, facts: list[dict[str, Any]], sample: pd.DataFrame, rows: int
) -> dict[str, str]:
    """Return what each column repeats; of the contract none does, as models read those by name."""
    plain = [fact for fact in facts if not table[fact["column"]].type().is_timestamp()]
    distinct = {str(fact["column"]): fact["distinct"] + (fact["filled_share"] < 1) for fact in plain}
    own = [fact for fact in plain if fact["distinct"] and of_contract(name, fact["column"]) is None]
    largest_first = [str(fact["column"]) for fact in sorted(own, key=lambda fact: -int(fact["bytes"]))]
    if not largest_first:
        return {}
    return determined(table, sample=sample[[*distinct]], candidates=largest_first, distinct=distinct, rows=rows)
