"""What every check asks of a table: how many rows, which are blank, and what a missing table leaves of a verdict.

In: Ibis tables and columns; an `Outcome`.   Out: numbers, expressions, an `Outcome`.
"""

from dataclasses import replace
from typing import Any

import ibis

from workbench.governance.finding import Outcome


def count(table: ibis.Table) -> int:
    """Return the number of rows."""
    return int(table.count().to_pyarrow().as_py())


def blank(column: Any) -> Any:
    """Say where an Ibis column of text says nothing."""
    return column.isnull() | (column.strip() == "")


def optional(table: ibis.Table, name: str, kind: str = "string") -> Any:
    """Return a column, or nulls of its kind where the table has none of this name."""
    return table[name] if name in table.columns else ibis.null(kind)


def plain(column: Any) -> Any:
    """Return text without the difference of case, blanks, hyphens and underscores: `Legitimate interest` as in the law.

    It works on a text of Python's as on a column.

    >>> plain(ibis.literal(" Legitimate-interest ")).to_pyarrow().as_py()
    'legitimate_interest'
    """
    return column.strip().lower().replace(" ", "_").replace("-", "_")


def folded(column: Any) -> Any:
    """Return text without the difference of case and of blanks around it, as channels are written."""
    return column.strip().lower()


def worst_first(accused: ibis.Table) -> ibis.Table:
    """Return rows at fault, the longest overdue first, then by key: where only some are shown, always the same."""
    late = [ibis.desc("days_overdue")] if "days_overdue" in accused.columns else []
    return accused.order_by(*late, *(name for name in accused.columns if name != "days_overdue"))


def proved_only(outcome: Outcome, missing: str) -> Outcome:
    """Let rows at fault stand, but none of them proves nothing where something is `missing` (empty: nothing is)."""
    if not missing:
        return outcome
    note = "; ".join(filter(None, [missing, outcome.note]))
    return replace(outcome, verdict="breached" if outcome.rows else "not evidenced", note=note)
