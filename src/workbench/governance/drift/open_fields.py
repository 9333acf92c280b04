"""How much of a field may be written down: its values, bins of its numbers, or only whether it is filled?

In: the tables of a CRM with their register.   Out: what the register calls personal or sensitive; `values`, `bins` or
`filled` for a field.
"""

import re
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from workbench import personal
from workbench.governance.case import Tables
from workbench.governance.field_facts import of_contract

Openness = Literal["values", "bins", "filled"]
Register = Mapping[tuple[str, str], Openness]
_ID = re.compile(r"(?i:(^|[_\W])id)$|(?<=[a-z])I[dD]$")
_NEEDED = ("table", "column", "personal", "sensitive")


def read_register(tables: Tables) -> Register:
    """Return the fields that the register calls personal (`bins`) or sensitive (`filled`), by table and column.

    >>> import ibis
    >>> register = {"table": ["orders", "customers"], "column": ["amount", " Gender"], "personal": [True, True]}
    >>> read_register({"fields": ibis.memtable(register | {"sensitive": [False, True]})})
    {('orders', 'amount'): 'bins', ('customers', 'gender'): 'filled'}
    """
    if "fields" not in tables:
        return {}
    rows: pd.DataFrame = tables["fields"].to_pyarrow().to_pandas().reindex(columns=list(_NEEDED))
    known = rows.dropna(subset=["table", "column"])
    found: dict[tuple[str, str], Openness] = {}
    for name, closed in (("personal", "bins"), ("sensitive", "filled")):
        called = known[known[name].eq(True)]
        # mypy takes the second of each pair for any text.
        found |= {_key(*field): closed for field in zip(called["table"], called["column"], strict=True)}  # type: ignore[misc]
    return found


def openness(table: str, column: str, register: Register) -> Openness:
    """Say how much of a field may be written down.

    Values stand only where the data contract knows the field and nobody calls it personal or sensitive; numbers and
    times that the register calls personal are counted in bins. Ids, names and contacts, what the contract or the name
    calls personal or sensitive, and what the contract does not know at all, is filled or not. Of gender the name says
    nothing: the register decides.

    >>> [openness("customers", name, {}) for name in ("segment", "gender", "birth_year", "care_level")]
    ['values', 'values', 'filled', 'filled']
    """
    known = of_contract(table, column)
    if (
        known is None
        or known.personal
        or known.kind == "id"
        or _ID.search(column) is not None
        or personal.personal_by_name(column, table=table) is not None
        or personal.sensitive_by_name(column) not in (None, "gender")
    ):
        return "filled"
    return register.get(_key(table, column), "values")


def _key(table: str, column: str) -> tuple[str, str]:
    return table.strip().lower(), column.strip().lower()
