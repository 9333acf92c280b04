"""The groups that can be compared by one attribute, and whom that leaves out.

In: rows with unit, the group of each.   Out: `Sides`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.groups import AGES, MOST_VALUES, TENURES, TOO_MANY, Attribute
from workbench.intervals import FEWEST

TOO_FEW = "not enough data"
_MOST_GROUPS = 2 * MOST_VALUES
_IN_ORDER = {name: f"{place:02d}" for place, name in enumerate((*AGES, *TENURES))}


@dataclass(frozen=True, eq=False, kw_only=True)
class Sides:
    """The groups of 30 customers and more: their `names`, their `sizes` in customers, their `rows` with group, a code.

    The code after the last name is of rows whose group is not known, where these are of 30 customers or more
    (`unknown`): shown, never compared. `people` are the customers compared, `left_out` how many groups are too small
    (never how many customers: with these, whoever knows the total could tell who they are); `why` says why groups
    cannot be compared, empty where they can.
    """

    names: Sequence[str]
    sizes: Sequence[int]
    rows: pd.DataFrame
    unknown: bool
    people: int
    left_out: int
    why: str


def split(frame: pd.DataFrame, labels: pd.Series) -> Sides:
    """Split rows (with unit) by the label of each; missing labels are a group that is never compared.

    >>> frame = pd.DataFrame({"unit": range(90)})
    >>> sides = split(frame, pd.Series(["a"] * 40 + ["b"] * 45 + ["c"] * 5))
    >>> sides.names, sides.sizes, sides.left_out
    (['a', 'b'], [40, 45], 1)
    """
    sizes = frame["unit"].groupby(labels).nunique()
    names = sorted(sizes.index[sizes >= FEWEST], key=_order)
    nobody = int(frame.loc[labels.isna(), "unit"].nunique())
    unknown = nobody >= FEWEST
    code = labels.map({name: place for place, name in enumerate(names)})
    code = code.mask(labels.isna() & unknown, len(names)).astype(float)
    kept = code.notna().to_numpy()
    return Sides(
        names=names,
        sizes=[*sizes[names].tolist(), *([nobody] if unknown else [])],
        rows=frame[kept].assign(group=code[kept].astype(np.int64)),
        unknown=unknown,
        people=int(frame.loc[labels.isin(names), "unit"].nunique()),
        left_out=int((sizes < FEWEST).sum()),
        why=_why_not(sizes, names),
    )


def facts_of(model: str, attribute: Attribute) -> dict[str, Any]:
    """Return what stands in every row about a model and an attribute."""
    return {"model": model, "attribute": attribute.name, "kind": attribute.kind, "stands_for": attribute.stands_for}


def _order(name: str) -> str:
    """Order bands of age and tenure as they follow on each other, all else by the alphabet."""
    return ", ".join(_IN_ORDER.get(part, part) for part in str(name).split(", "))


def _why_not(sizes: pd.Series, names: Sequence[str]) -> str:
    if len(sizes) == 0:
        return "not known of anybody who was judged"
    if len(sizes) == 1:
        return f"not applicable: everybody is {sizes.index[0]}"
    if len(names) < 2:
        return f"{TOO_FEW}: fewer than two groups of {FEWEST} customers"
    return (
        f"{len(names)} groups are {TOO_MANY}; at most {_MOST_GROUPS} can be compared"
        if len(names) > _MOST_GROUPS
        else ""
    )
