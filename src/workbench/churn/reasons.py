"""Contributions in words: what raises or lowers one customer's risk, with the value and what is typical.

In: `Drivers` and the features they explain.   Out: a frame of sentences, three for each customer.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from workbench.churn.explain import CLEAR_DIRECTION, Drivers, rank_correlation
from workbench.churn.words import SAYINGS, family, in_units, readable


def reasons(
    drivers: Drivers, features: pd.DataFrame, *, customers: Collection[str], top: int = 3, currency: str = ""
) -> pd.DataFrame:
    """Return customer_id, rank, reason (a sentence) and contribution (log-odds): the strongest `top` of each customer.

    A reason is a family of features that say nearly the same; its strength is the sum of their contributions. For it
    speaks the strongest feature whose value lies on that side of typical which goes with such a sum among all customers
    explained; where there is none, the effect hangs on several features at once, and no sentence would be true.
    Typical is the median of the features given, or their most common value.
    """
    contributions = drivers.contributions
    columns = pd.Series({column: family(column) for column in map(str, contributions)})
    totals = contributions.T.groupby(columns).sum().T
    values = features.set_index("customer_id").loc[contributions.index]
    sides = {c: _side(values[c], totals[columns[c]].to_numpy()) for c in columns.index}
    typical = {c: _middle(features[c]) for c in columns.index}
    found = []
    for customer in contributions.index[contributions.index.isin(set(customers))]:
        said = 0
        for name, total in totals.loc[customer].sort_values(key=abs, ascending=False).items():
            sign, row = np.sign(total), contributions.loc[customer, columns.index[columns == name]]
            fits = [c for c in row.index if _fits(values.at[customer, c], typical[c], side=sides[c] * sign)]
            if sign and fits and said < top:
                said, column = said + 1, str((row[fits] * sign).idxmax())
                value = values.at[customer, column]
                reason = _sentence(column, value, typical[column], raises=sign > 0, currency=currency)
                found.append((customer, said, reason, float(total)))
    return pd.DataFrame(found, columns=["customer_id", "rank", "reason", "contribution"])


def _side(values: pd.Series, total: np.ndarray) -> float:
    """Return 1 where more of a feature goes with more risk, -1 where with less, NaN where neither is clear."""
    moved = rank_correlation(values, total)
    return float(np.sign(moved)) if abs(moved) >= CLEAR_DIRECTION else np.nan


def _fits(value: Any, typical: Any, *, side: float) -> bool:
    return bool(np.isnan(side) or pd.isna(value) or np.sign(float(value) - float(typical)) in (0, side))


def _middle(values: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.median()
    return next(iter(values.mode()), None)


def _sentence(column: str, value: Any, typical: Any, *, raises: bool, currency: str) -> str:
    has, usual = (in_units(v, column, currency=currency) for v in (value, typical))
    saying = SAYINGS.get(column, "{name}: {value}") if has != "not known" else "{name}: {value}"
    said = saying.format(name=readable(column), value=has)
    beside = "typical" if usual == has else f"typical: {usual}"
    return f"{said} ({beside}): {'raises' if raises else 'lowers'} the risk"
