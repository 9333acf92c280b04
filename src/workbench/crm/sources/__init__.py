"""Known sources, one file each: how their files become tables of the data contract.

In: files.   Out: `Imported`: tables, and each cleaning rule with the number of rows it took.
"""

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
