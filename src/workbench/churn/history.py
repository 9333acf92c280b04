"""How good is the model when it looks back only so far? AUC at the latest cut-off by months of history.

In: the tables of a market.   Out: a curve: size (months), name, value, low, high, se.

All cut-offs are described in one query: each sees a copy of its own of the events before it, moved in time so that all
cut-offs fall on one day. Features count days back from a cut-off, so that moving both changes none of them.
"""

from collections.abc import Mapping, Sequence

import ibis
import numpy as np
import pandas as pd
from ibis import _

from workbench.churn import models
from workbench.churn.backtest import known_at, make_folds
from workbench.churn.curves import curve, no_curve
from workbench.churn.examples import cutoffs
from workbench.churn.features import features
from workbench.churn.gather import EVENTS, scores_of
from workbench.errors import InputError

_DAYS_A_MONTH = 365.25 / 12
# Before anything that a CRM holds.
_EVER = pd.Timestamp("1900-01-01")
_TIMES = {"orders": "ordered_at", "activity": "occurred_at"}


def curve_of_history(
    tables: Mapping[str, ibis.Table],
    *,
    model: str | None,
    horizon_days: int,
    months: Sequence[int | None] = (1, 3, 6, 12, 24, None),
    sentiment: ibis.Table | pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a candidate's AUC at the latest cut-off when features look back only so many months; None: on all.

    Columns and note are those of `curve_of_fields`, `size` is in months. Who is a customer, who churned and the
    cut-offs that are learnt from are the same at every point, so that points compare: a customer without an order
    within the months has none. Months that go back beyond the first order are left out. An InputError says that months
    are below 1.
    """
    if wrong := [month for month in months if month is not None and month < 1]:
        raise InputError(f"months: found {wrong[0]}; each is 1 or more, or None for the whole history")
    if model is None or "orders" not in tables:
        return no_curve("there is no model" if model is None else "only churn by orders looks back")
    customers = _customers(tables, horizon_days)
    if customers is None or customers["cutoff"].nunique() < 2:
        return no_curve("no cut-off has others a horizon before it to learn from")
    latest = customers["cutoff"].max()
    events = {name: tables[name] for name in ("orders", *EVENTS) if name in tables}
    events |= {} if sentiment is None else {"sentiment": scores_of(sentiment)}
    looks = _looks(months, latest - pd.Timestamp(events["orders"].ordered_at.min().to_pyarrow().as_py()))
    chances = []
    for month in looks.values():
        seen = looking_back(customers, events, months=month, horizon_days=horizon_days)
        folds = make_folds(seen, horizon_days=horizon_days, judged=[latest], seed=seed)
        if not folds:
            return no_curve("too few customers left or stayed")
        fitted = models.fit(folds[0].train["local"], model=model, seed=seed)
        chances.append(models.probability(fitted, folds[0].judged))
    names = ["all history" if month is None else f"{month} month{'s' * (month > 1)}" for month in looks.values()]
    found = curve([*looks], names, folds[0].churned, chances)
    found.attrs["note"] = f"{model} judged at the cut-off {folds[0].name}, the same customers at every point"
    return found


def looking_back(
    customers: pd.DataFrame, events: Mapping[str, ibis.Table], *, months: int | None, horizon_days: int
) -> pd.DataFrame:
    """Return examples whose features see only what happened within so many months before their cut-off; None: all.

    `customers` has customer_id, cutoff and what else is to be carried along, churned last; `events` are orders and,
    where there are any, messages, touches, activity and sentiment.
    """
    days = pd.Series(sorted(customers["cutoff"].unique()))
    starts = pd.Series(_EVER, index=days.index) if months is None else days - pd.DateOffset(months=months)
    moments = pd.DataFrame({"moment": days.index.astype("str"), "seen_from": starts, "seen_to": days})
    moments["days_moved"] = (days.max() - days).dt.days
    keys = customers["customer_id"] + "|" + customers["cutoff"].map(dict(zip(days, moments["moment"], strict=True)))
    moved = {name: _moved(table, _TIMES.get(name, "sent_at"), ibis.memtable(moments)) for name, table in events.items()}
    told = ibis.memtable(pd.DataFrame({"customer_id": keys}))
    table = features(moved.pop("orders"), cutoff=days.max(), horizon_days=horizon_days, customers=told, **moved)
    found = table.to_pyarrow().to_pandas().set_index("customer_id").loc[keys].set_axis(customers.index)
    return customers.drop(columns="churned").join(found).assign(churned=customers["churned"])


def _moved(events: ibis.Table, time: str, moments: ibis.Table) -> ibis.Table:
    """Return each cut-off's own copy of what it sees, every time in it moved to the latest cut-off."""
    stamps = [name for name in events.columns if events[name].type().is_timestamp()]
    seen = events.join(moments, [events[time] < moments.seen_to, events[time] >= moments.seen_from])
    later = {name: seen[name] + seen.days_moved.as_interval("D") for name in stamps}
    return seen.mutate(customer_id=_.customer_id.concat("|", _.moment), **later).select(events.columns)


def _customers(tables: Mapping[str, ibis.Table], horizon_days: int) -> pd.DataFrame | None:
    """Return customers, country and churned at the latest cut-off and those to be learnt from; None: no cut-off.

    They are those of `examples`, found in one query as their features are not needed.
    """
    days = pd.DataFrame({"cutoff": cutoffs(tables["orders"], horizon_days=horizon_days)})
    if days.empty:
        return None
    latest = days["cutoff"] == days["cutoff"].max()
    learnt = days["cutoff"].isin(known_at(days, days["cutoff"].max(), horizon_days=horizon_days)["cutoff"])
    kept = days[latest | learnt].assign(end=lambda d: d["cutoff"] + pd.Timedelta(days=horizon_days))
    orders = tables["orders"].filter(_.amount > 0).select("customer_id", "ordered_at")
    moments = ibis.memtable(kept)
    bought = orders.join(moments, orders.ordered_at < moments.end).group_by("customer_id", "cutoff")
    known = bought.aggregate(
        first=_.ordered_at.min(), churned=ibis.ifelse(_.ordered_at.max() < _.cutoff.max(), 1, 0).cast("int64")
    )
    found: pd.DataFrame = known.filter(_.first < _.cutoff).drop("first").to_pyarrow().to_pandas()
    if "customers" in tables and "country" in tables["customers"].columns:
        where = tables["customers"].select("customer_id", "country").to_pyarrow().to_pandas()
        found = found.merge(where, on="customer_id", how="left")
    return found.sort_values(["cutoff", "customer_id"], ignore_index=True)


def _looks(months: Sequence[int | None], history: pd.Timedelta) -> dict[int, int | None]:
    """Return how far back is looked by the size of the point, the whole history by the months that it has."""
    whole = int(np.ceil(history.days / _DAYS_A_MONTH))
    return {month or whole: month for month in sorted(months, key=lambda m: m or whole) if (month or 0) < whole}
