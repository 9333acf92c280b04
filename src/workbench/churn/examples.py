"""What models learn from and are judged on: customers at past cut-offs, and whether they ordered again.

In: lazy event tables and cut-offs.   Out: one row per customer and cut-off with features and `churned`.
"""

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from ibis import _

from workbench.churn.features import features
from workbench.crm.moments import at_each
from workbench.errors import InputError

# 52 weeks, so that a window of last year starts on the same day of the week.
_YEAR_DAYS = 364
# Orders added on both sides of the season's ratio: those of a small market are few, and their ratio is left to chance.
_PRIOR_ORDERS = 50
MOST_CUTOFFS = 24


def cutoffs(orders: ibis.Table, *, horizon_days: int) -> list[pd.Timestamp]:
    """Return the latest first days of a month, at most 24, after half a horizon of history and with a horizon to come.

    >>> days = pd.date_range("2024-01-01", "2024-06-30")
    >>> orders = ibis.memtable({"customer_id": ["a"] * len(days), "amount": [1.0] * len(days), "ordered_at": days})
    >>> [f"{cutoff:%d %B}" for cutoff in cutoffs(orders, horizon_days=60)]
    ['01 February', '01 March', '01 April', '01 May']
    """
    days = _orders_a_day(orders).index
    if not len(days):
        return []
    horizon = pd.Timedelta(days=horizon_days)
    first, last = days.min() + horizon / 2, days.max() + pd.Timedelta(days=1) - horizon
    months = pd.date_range(first, last, freq="MS", normalize=True)
    return list(months[-MOST_CUTOFFS:])


def examples(
    orders: ibis.Table,
    *,
    cutoffs: Sequence[pd.Timestamp],
    horizon_days: int,
    customers: pd.DataFrame | None = None,
    messages: ibis.Table | None = None,
    touches: ibis.Table | None = None,
    activity: ibis.Table | None = None,
    sentiment: ibis.Table | None = None,
) -> pd.DataFrame:
    """Return every customer who had ordered, at every cut-off: features, `country` where customers have one, `churned`.

    `churned` is 1 for no order in the `horizon_days` from the cut-off, 0 for one, missing while they are not over.
    `season_ratio` is last year's orders in the window to be predicted over those in the window before it, missing
    without that year of history: no feature, but what `models` needs to expect the coming season.
    """
    if not cutoffs:
        raise InputError("cutoffs: none given; at least one is needed")
    per_day = _orders_a_day(orders)
    known_to = per_day.index.max() + pd.Timedelta(days=1)
    events = {"messages": messages, "touches": touches, "activity": activity, "sentiment": sentiment}

    def known_at(cutoff: ibis.Value) -> ibis.Table:
        known = features(orders, cutoff=cutoff, horizon_days=horizon_days, **events)
        return _with_label(known, orders, cutoff, horizon_days)

    parts = []
    for cutoff, part in zip(cutoffs, at_each(cutoffs, known_at), strict=True):
        part.insert(1, "cutoff", cutoff)
        part.insert(2, "season_ratio", _season_ratio(per_day, cutoff, horizon_days))
        is_over = cutoff + pd.Timedelta(days=horizon_days) <= known_to
        parts.append(part if is_over else part.assign(churned=np.nan))
    found = pd.concat(parts, ignore_index=True)
    if customers is not None and "country" in customers:
        found = found.merge(customers[["customer_id", "country"]], on="customer_id", how="left")
    return _label_last(found.sort_values(["cutoff", "customer_id"], ignore_index=True))


def _orders_a_day(orders: ibis.Table) -> pd.Series:
    bought = (
        orders.filter(_.amount > 0)
        .group_by(day=_.ordered_at.date())
        .aggregate(orders=_.count())
        .to_pyarrow()
        .to_pandas()
    )
    return pd.Series(bought["orders"].to_numpy(), index=pd.DatetimeIndex(bought["day"])).sort_index()


def _with_label(known: ibis.Table, orders: ibis.Table, cutoff: ibis.Value, horizon_days: int) -> ibis.Table:
    end = cutoff + ibis.interval(days=horizon_days)
    ahead = orders.filter((_.ordered_at >= cutoff) & (_.ordered_at < end) & (_.amount > 0))
    back = ahead.select(back_id=_.customer_id).distinct()
    joined = known.left_join(back, known.customer_id == back.back_id)
    return joined.mutate(churned=ibis.ifelse(_.back_id.isnull(), 1, 0).cast("int64")).drop("back_id")


def _label_last(found: pd.DataFrame) -> pd.DataFrame:
    return found[[*(column for column in found if column != "churned"), "churned"]]


def _season_ratio(per_day: pd.Series, cutoff: pd.Timestamp, horizon_days: int) -> float:
    last_year, horizon, day = cutoff - pd.Timedelta(days=_YEAR_DAYS), pd.Timedelta(days=horizon_days), pd.Timedelta(1)
    if not len(per_day) or per_day.index[0] > last_year - horizon:
        return float("nan")
    before = per_day[last_year - horizon : last_year - day].sum()
    after = per_day[last_year : last_year + horizon - day].sum()
    return float((after + _PRIOR_ORDERS) / (before + _PRIOR_ORDERS))
