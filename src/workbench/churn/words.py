"""The words of the features: names for people, units, and which of them say nearly the same.

In: the name of a feature, a value.   Out: text.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

# What a column is called for people, by the first pattern that it matches whole; {0} is what the pattern caught.
NAMES = {
    r"recency_days": "days since the last order",
    r"tenure_(days|months)": "{0} as a customer",
    r"order_days": "days with an order",
    r"orders": "orders so far",
    r"spend": "spend so far",
    r"returns": "returns so far",
    r"(orders|spend|returns|messages)_(\d+)d": "{0} in the last {1} days",
    r"sentiment_mean_(\d+)d": "average sentiment of the last {0} days",
    r"sentiment_last": "sentiment of the last message",
    r"sentiment_change": "change of sentiment in the last 90 days",
    r"negative_(\d+)d": "negative messages in the last {0} days",
    r"(orders|spend)_season": "{0} in the coming season, last year",
    r"orders_per_year": "orders a year",
    r"orders_trend": "more or fewer orders than 90 days before",
    r"largest_amount": "largest order",
    r"mean_amount": "average order",
    r"returned_amount": "amount returned",
    r"gap_days": "days between orders",
    r"lateness": "silence as a multiple of the usual gap",
    r"rhythm_share": "chance of an order, by own rhythm",
    r"auc": "AUC",
    r"rating": "average rating given",
    r"touches_(\d+)d": "marketing contacts in the last {0} days",
    r"(opened|clicked|converted)_(\d+)d": "marketing contacts {0}, last {1} days",
    r"unsubscribed_(\d+)d": "unsubscribed in the last {0} days",
    r"activity_recency_days": "days since the last activity",
    r"activity_(\d+)d": "activities in the last {0} days",
    r"plan_days": "days on this plan",
    r"plan_before": "plan before",
    r"paused_days": "days without a plan before",
    r"price_change": "change of price",
    r"age_years": "age",
}
# Where a sentence says it better than 'name: value'.
SAYINGS = {
    "recency_days": "last order {value} ago",
    "tenure_days": "customer for {value}",
    "tenure_months": "customer for {value}",
    "gap_days": "usually {value} between orders",
    "lateness": "silent for {value} times the usual gap",
    "activity_recency_days": "last active {value} ago",
    "plan_days": "on this plan for {value}",
}
# What says nearly the same. A model splits an effect among such columns as it likes, even with opposite signs; only
# their sum can be read.
FAMILIES = {
    "rhythm": r"recency_days|lateness|rhythm_share|gap_days|order_days|orders|orders_\d+d|orders_per_year|orders_trend",
    "season": r"(orders|spend)_season",
    "spend": r"spend|spend_\d+d|largest_amount|mean_amount",
    "returns": r"returns|returns_\d+d|returned_amount",
    "messages": r"messages_\d+d",
    "sentiment": r"sentiment_.*|negative_\d+d",
    "marketing": r"(touches|opened|clicked|converted|unsubscribed)_\d+d",
    "activity": r"activity_.*",
}
_MONEY = re.compile(r"spend|amount|price|cost|charges|revenue")


def readable(column: str) -> str:
    """Return the name of a feature for people; one that is not known is spelt out.

    >>> readable("recency_days"), readable("PaymentMethod"), readable("last_campaign")
    ('days since the last order', 'payment method', 'last campaign')
    """
    for pattern, words in NAMES.items():
        if found := re.fullmatch(pattern, column):
            return words.format(*found.groups())
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", column)
    return " ".join(word if word.isupper() else word.lower() for word in apart.split())


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
        return f"{value:.0%}" if value == 0 or abs(value) >= 0.01 else "under 1%"
    unit = column.rsplit("_", 1)[-1]
    if unit in ("days", "months", "years"):
        return f"{_digits(value)} {unit[:-1] if _digits(value) == '1' else unit}"
    return f"{_digits(value)} {currency if _MONEY.search(column) else ''}".strip()


def family(column: str) -> str:
    """Return the family of a feature; one that is not known is a family of its own.

    >>> family("recency_days") == family("orders_90d"), family("plan")
    (True, 'plan')
    """
    return next((name for name, pattern in FAMILIES.items() if re.fullmatch(pattern, column)), column)


def _digits(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
