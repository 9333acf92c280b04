"""Known sources, one file each: how their files become tables of the data contract.

In: files.   Out: `Imported`: tables, and each cleaning rule with the number of rows it took.
"""

import re
from dataclasses import dataclass

from workbench.crm.conform import Raw


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One cleaning rule: the rows it took (or touched), and what became of them."""

    rule: str
    rows: int
    what: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Imported:
    """Tables of the contract by name, still to be checked, and the rules that were applied, in order."""

    tables: dict[str, Raw]
    rules: tuple[Rule, ...]


def snake(name: str) -> str:
    """Return a column name in snake_case.

    >>> [snake(name) for name in ("customerID", "StreamingTV", "Zip Code", "CLTV")]
    ['customer_id', 'streaming_tv', 'zip_code', 'cltv']
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.strip())
    return re.sub(r"\W+", "_", apart).strip("_").lower()
