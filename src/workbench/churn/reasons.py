"""Contributions in words: what raises or lowers one customer's risk, with the value and what is typical.

In: `Drivers` and the features they explain.   Out: a frame of sentences, three for each customer.
"""

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from workbench.churn.explain import Drivers

# What a column is called for people, by the first pattern that it matches whole; {0} is what the pattern caught.
NAMES = {
    r"recency_days": "days since the last order",
}
# Where a sentence says it better than 'name: value'.
SAYINGS = {"recency_days": "last order {value} ago"}
# Columns that say nearly the same share one reason, by the sum of their contributions.
FAMILIES = {
    r"recency_.*": "recency",
}
_MONEY = re.compile(r"spend|amount|price|cost|charges|revenue")


def reasons(
    drivers: Drivers, features: pd.DataFrame, *, customers: Collection[str], top: int = 3, currency: str = ""
) -> pd.DataFrame:
    """Return customer_id, rank, reason (a sentence) and contribution (log-odds): the strongest `top` of each customer.

    Strength is the absolute sum of a family's contributions; its strongest column in that direction does the talking.
    Typical is the median of the features given, or their most common value.
    """
    asked = drivers.contributions.loc[drivers.contributions.index.isin(set(customers))]
    families = np.array([_first(FAMILIES, column) or column for column in map(str, asked)])
    values = features.set_index("customer_id")
    typical = {column: _middle(features[column]) for column in map(str, asked)}
    found = []
    for customer, row in asked.iterrows():
        sums = row.groupby(families).sum()
        strongest = sums[sums != 0].abs().nlargest(top).index
        for rank, family in enumerate(strongest, start=1):
            total = float(sums[family])
            column = str((row[families == family] * np.sign(total)).idxmax())
            value = values.at[customer, column]
            reason = _sentence(column, value, typical[column], raises=total > 0, currency=currency)
            found.append((customer, rank, reason, total))
    return pd.DataFrame(found, columns=["customer_id", "rank", "reason", "contribution"])


def readable(column: str) -> str:
    """Return the name of a feature for people; one that is not known is spelt out.

    >>> readable("recency_days"), readable("PaymentMethod"), readable("last_campaign")
    ('days since the last order', 'payment method', 'last campaign')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", column).strip()
    return _first(NAMES, column) or " ".join(w if w.isupper() else w.lower() for w in words.split())


def in_units(value: Any, column: str, *, currency: str = "") -> str:
    """Write a value of a feature with the unit that its name tells.

    >>> in_units(212.4, "recency_days"), in_units(1234.5, "spend_365d", currency="EUR"), in_units(True, "paperless")
    ('212 days', '1,234 EUR', 'yes')
    >>> in_units(None, "rating"), in_units(0.25, "returned_share"), in_units(3.0, "orders"), in_units("M", "plan")
    ('not known', '25%', '3', 'M')
    """
    if pd.isna(value):
        return "not known"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if column.endswith(("_share", "_rate")):
        return f"{value:.0%}"
    unit = column.rsplit("_", 1)[-1]
    if unit in ("days", "months", "years"):
        return f"{_digits(value)} {unit[:-1] if _digits(value) == '1' else unit}"
    return f"{_digits(value)} {currency if _MONEY.search(column) else ''}".strip()


def _first(table: dict[str, str], column: str) -> str | None:
    found = ((re.fullmatch(pattern, column), words) for pattern, words in table.items())
    return next((words.format(*match.groups()) for match, words in found if match), None)


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


def _digits(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
