"""What a process of buying needs to know of each customer: how often, how lately, how long, how much.

In: features of one cut-off, or a log of orders.   Out: histories, one row a customer; `Collapsed`, alike ones as one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError

DAYS_A_WEEK = 7
_NEEDED = ("customer_id", "order_days", "tenure_days", "recency_days", "spend")


def histories(features: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id, repeats, active_days, tenure_days and mean_spend of every customer of one cut-off.

    `features` has customer_id, order_days (days with an order), tenure_days and recency_days (from the first and from
    the last of them to the cut-off) and spend, as `churn.features` tells them. Orders of one day are one, so `repeats`
    is order_days less one; active_days lie between the first and the last; mean_spend is per day with an order. An
    InputError names a missing column, a customer that stands there twice, and values that cannot be.

    >>> known = pd.DataFrame({"customer_id": ["a"], "order_days": [3], "tenure_days": [70], "recency_days": [14],
    ...                       "spend": [60.0]})
    >>> histories(known).values.tolist()
    [['a', 2, 56, 70, 20.0]]
    """
    if missing := [name for name in _NEEDED if name not in features]:
        raise InputError(f"features: no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    if features.empty:
        raise InputError("features: no customer with an order; value is learnt from at least one")
    _refuse(features, features["customer_id"].duplicated(), "repeat a customer_id; give the customers of one cut-off")
    _refuse(features, features["order_days"] < 1, "have no day with an order")
    ends_before = features["recency_days"].lt(0) | features["recency_days"].gt(features["tenure_days"])
    _refuse(features, ends_before, "have a last order after the cut-off or before the first one")
    if not features["tenure_days"].max() > 0:
        raise InputError("features: the history is of zero length: all orders fall on the day of the cut-off")
    frame = pd.DataFrame(
        {
            "customer_id": features["customer_id"],
            "repeats": features["order_days"].astype(np.int64) - 1,
            "active_days": (features["tenure_days"] - features["recency_days"]).astype(np.int64),
            "tenure_days": features["tenure_days"].astype(np.int64),
            "mean_spend": features["spend"] / features["order_days"],
        }
    )
    return frame.reset_index(drop=True)


def histories_of(orders: pd.DataFrame, *, end: pd.Timestamp) -> pd.DataFrame:
    """Return the histories of a log of orders (customer_id, ordered_at, amount), told up to the day `end`.

    The count starts on the day of the first order and ends on the day `end`, whose orders belong to it, as the
    literature counts its calibration period.

    >>> log = pd.DataFrame({"customer_id": ["a", "a"], "amount": [5.0, 7.0],
    ...                     "ordered_at": pd.to_datetime(["1997-01-01", "1997-01-15"])})
    >>> histories_of(log, end=pd.Timestamp("1997-01-29")).values.tolist()
    [['a', 1, 14, 28, 6.0]]
    """
    known = orders[(orders["ordered_at"] < end + pd.Timedelta(days=1)) & (orders["amount"] > 0)]
    days = known.assign(ago=(end - known["ordered_at"].dt.normalize()).dt.days)
    found = days.groupby("customer_id").agg(
        order_days=("ago", "nunique"), tenure_days=("ago", "max"), recency_days=("ago", "min"), spend=("amount", "sum")
    )
    return histories(found.reset_index())


@dataclass(frozen=True, eq=False, kw_only=True)
class Collapsed:
    """Customers with the same history as one row: repeats, active_days, tenure_days, and how many they are.

    `place` says for every customer, in the order they came, which row is theirs.
    """

    repeats: np.ndarray
    active_days: np.ndarray
    tenure_days: np.ndarray
    customers: np.ndarray
    place: np.ndarray


def collapse(known: pd.DataFrame) -> Collapsed:
    """Put the same histories together; a likelihood then costs as much as there are different ones.

    >>> same = pd.DataFrame({"repeats": [0, 1, 0], "active_days": [0, 7, 0], "tenure_days": [30, 30, 30]})
    >>> collapse(same).customers.tolist(), collapse(same).place.tolist()
    ([2.0, 1.0], [0, 1, 0])
    """
    repeats, active, tenure = (known[name].to_numpy(np.int64) for name in ("repeats", "active_days", "tenure_days"))
    days, most = int(tenure.max()) + 1, int(active.max()) + 1
    key = (repeats * most + active) * days + tenure
    unique, place, customers = np.unique(key, return_inverse=True, return_counts=True)
    return Collapsed(
        repeats=unique // (most * days),
        active_days=unique // days % most,
        tenure_days=unique % days,
        customers=customers.astype(float),
        place=place.reshape(-1),
    )


def _refuse(features: pd.DataFrame, wrong: pd.Series, why: str) -> None:
    if wrong.any():
        raise InputError(f"features: {int(wrong.sum()):,} of {len(features):,} rows {why}")
