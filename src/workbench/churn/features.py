"""What was known of each customer before a cut-off, as one Ibis expression that any engine can run.

In: lazy event tables of the data contract and a cut-off.   Out: a lazy table, one row per customer who has ordered.
"""

from typing import Any

import ibis
import pandas as pd
from ibis import _

from workbench.crm.conform import nearest
from workbench.crm.contract import MESSAGE_LABELS

# Weak prior beliefs for the customer's own rhythm: half an order in 60 days; one customer in five gone after an order.
_PRIOR_ORDERS, _PRIOR_DAYS = 0.5, 60
_PRIOR_GONE, _PRIOR_STAYING = 0.5, 2.0
# What `features` tells of sentiment.
SENTIMENT = ("sentiment_mean_365d", "sentiment_last", "sentiment_change", "negative_90d", "negative_365d")
# What hangs on how much was spent, and not only on when.
SIZED = ("spend", "spend_365d", "spend_season", "largest_amount", "returned_amount", "mean_amount")
# What the features of a customer's own rhythm are told by.
_TOLD_BY = ("recency_days", "tenure_days", "order_days", "orders", "orders_90d", "orders_180d", "spend")
# The features by the fields of the CRM that they are computed from; without any one of these they are unknown. All of
# orders read the amount: its sign tells an order from a return. Only SIZED ones hang on how much it was.
_ORDERS = """recency_days tenure_days order_days orders orders_30d orders_90d orders_180d orders_365d orders_season
    returns returns_90d gap_days lateness orders_per_year orders_trend rhythm_share"""
_READING = (
    ("orders", "customer_id ordered_at amount", [*_ORDERS.split(), *SIZED]),
    ("messages", "customer_id sent_at", ["messages_90d", "messages_365d"]),
    ("messages", "customer_id sent_at rating", ["rating"]),
    ("messages", "customer_id sent_at text", SENTIMENT),
    ("touches", "customer_id sent_at", ["touches_30d", "touches_90d"]),
    ("touches", "customer_id sent_at opened_at", ["opened_90d"]),
    ("touches", "customer_id sent_at clicked_at", ["clicked_90d"]),
    ("touches", "customer_id sent_at converted_at", ["converted_90d"]),
    ("touches", "customer_id sent_at unsubscribed_at", ["unsubscribed_365d"]),
    ("activity", "customer_id occurred_at", ["activity_recency_days", "activity_30d", "activity_90d"]),
    ("customers", "customer_id country", ["country"]),
)
READS = {name: tuple(f"{table}.{c}" for c in columns.split()) for table, columns, names in _READING for name in names}
# Probabilities are summed as whole parts of this, so that the order of rows makes no difference.
_PARTS = 10_000
# Logarithms and powers may differ between engines in the last digit; this many decimals never do.
_DECIMALS = 6


def features(
    orders: ibis.Table,
    *,
    cutoff: pd.Timestamp | ibis.Value,
    horizon_days: int = 90,
    customers: ibis.Table | None = None,
    messages: ibis.Table | None = None,
    touches: ibis.Table | None = None,
    activity: ibis.Table | None = None,
    sentiment: ibis.Table | None = None,
) -> ibis.Table:
    """Describe every customer with an order before the cut-off by what happened before it, and nothing later.

    Days are calendar days before the cut-off; orders of one day are one occasion; negative amounts are returns, and
    windows such as `orders_90d` hold the last 90 days. `orders_season` counts the same window of last year as the one
    to be predicted. `rhythm_share` is the chance of another order within the horizon by the customer's own rhythm
    alone: MBG/NBD (Batislam, Denizel and Filiztekin, 2007) with weak priors instead of a fit. Amounts are summed in
    cents, so that the order of rows, threads and engines makes no difference.

    `sentiment` has customer_id, sent_at, negative, neutral and positive of each message. The sentiment of one is
    positive minus negative, from -1 to 1; the mean, the last and the change (mean of the last 90 days less that of all
    before) are missing where there were no such messages. `negative_90d` counts those that are most likely negative.

    `customers` (customer_id, each once), where given, are described instead: of those without an order before the
    cut-off orders and spend are 0, and days and means are missing.

    >>> orders = ibis.memtable({"order_id": ["1", "2", "3"], "customer_id": ["a", "a", "b"], "amount": [9.5, 20, -4.0],
    ...                         "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-05"])})
    >>> known = features(orders, cutoff=pd.Timestamp("2024-01-21")).to_pandas()
    >>> known[["customer_id", "recency_days", "tenure_days", "order_days", "gap_days", "spend"]].values.tolist()
    [['a', 10, 20, 2, 10.0, 29.5]]
    """
    at = ibis.timestamp(cutoff.to_pydatetime()) if isinstance(cutoff, pd.Timestamp) else cutoff
    known = _from_orders(orders, at, horizon_days)
    if customers is not None:
        known = customers.select("customer_id").left_join(known, "customer_id").drop("customer_id_right")
        sums = [name for name in _totals(horizon_days) if name not in ("recency_days", "tenure_days", "largest_amount")]
        known = known.mutate(**{name: known[name].fill_null(0) for name in sums})
    summaries = (
        (messages, _from_messages),
        (touches, _from_touches),
        (activity, _from_activity),
        (sentiment, _from_sentiment),
    )
    for events, summarise in summaries:
        if events is not None:
            found = summarise(events, at)
            known = known.left_join(found, "customer_id").drop("customer_id_right")
            counts = [c for c in found.columns if c.endswith(("0d", "5d")) and found[c].type().is_integer()]
            known = known.mutate(**{name: known[name].fill_null(0) for name in counts})
    return known


def consistent(features: pd.DataFrame, *, horizon_days: int = 90) -> pd.DataFrame:
    """Return the features with those recomputed that follow from others, as after a what-if that changed some.

    >>> known = pd.DataFrame({"customer_id": ["a"], "recency_days": [1], "tenure_days": [91], "order_days": [4],
    ...                       "orders": [4], "orders_90d": [2], "orders_180d": [4], "spend": [80.0],
    ...                       "lateness": [7.0], "mean_amount": [9.0]})
    >>> consistent(known)[["mean_amount", "lateness"]].round(2).values.tolist()
    [[20.0, 0.03]]
    """
    follow = _rhythm(horizon_days)
    table = ibis.memtable(features[[name for name in _TOLD_BY if name in features]].astype(float))
    if set(_TOLD_BY) - set(table.columns):
        return features
    found = table.mutate(**{name: term for name, term in follow.items() if name in features})
    again = found.to_pyarrow().to_pandas()
    return features.assign(**{name: again[name].to_numpy() for name in follow if name in features})


def _before(events: ibis.Table, time: str, cutoff: ibis.Value) -> ibis.Table:
    """Return the events before the cut-off with `ago`, the calendar days from the event to the cut-off."""
    when = events[time]
    ago = cutoff.date().delta(when.date(), unit="day").cast("int32")
    return events.filter(when < cutoff).mutate(ago=ago)


def _from_orders(orders: ibis.Table, cutoff: ibis.Value, horizon_days: int) -> ibis.Table:
    # Whole cents as floats: their sums are exact in any order, and take half the memory of sums of integers.
    known = _before(orders, "ordered_at", cutoff).mutate(cents=nearest(_.amount * 100))
    customers = known.group_by("customer_id").aggregate(**_totals(horizon_days)).filter(_.orders > 0)
    return customers.mutate(order_days=_.order_days.unique().length().cast("int32")).mutate(**_rhythm(horizon_days))


def _totals(horizon_days: int) -> dict[str, Any]:
    bought, returned = _.cents > 0, _.cents < 0
    season = bought & _.ago.between(365 - horizon_days + 1, 365)
    return {
        "recency_days": _.ago.min(where=bought),
        "tenure_days": _.ago.max(where=bought),
        # Days are told apart after grouping: grouping by customer and day first takes twice the time and the memory.
        "order_days": _.ago.collect(where=bought),
        "orders": _count(bought),
        **{f"orders_{days}d": _count(bought & (_.ago <= days)) for days in (30, 90, 180, 365)},
        "orders_season": _count(season),
        "spend": _money(bought),
        "spend_365d": _money(bought & (_.ago <= 365)),
        "spend_season": _money(season),
        "largest_amount": _.cents.max() / 100,
        "returns": _count(returned),
        "returns_90d": _count(returned & (_.ago <= 90)),
        "returned_amount": _money(returned).abs(),
    }


def _rhythm(horizon_days: int) -> dict[str, Any]:
    """Derive what sets a customer's figures against each other, above all the silence against the own rhythm."""
    repeats, active = _.order_days - 1, _.tenure_days - _.recency_days
    silence = (_PRIOR_ORDERS + repeats) * ((_.tenure_days + _PRIOR_DAYS) / (active + _PRIOR_DAYS)).ln()
    gone = _PRIOR_GONE / (_PRIOR_STAYING + repeats) * ibis.least(silence, 500.0).exp()
    ahead = (_.tenure_days + _PRIOR_DAYS) / (_.tenure_days + _PRIOR_DAYS + horizon_days)
    none_ahead = ((_PRIOR_ORDERS + repeats) * ahead.ln()).exp()
    return {
        "mean_amount": _.spend / _.orders,
        "gap_days": active / repeats.nullif(0),
        "lateness": _.recency_days * _.order_days / (active + _PRIOR_DAYS),
        "orders_per_year": _.order_days * 365 / (_.tenure_days + 30),
        "orders_trend": 2 * _.orders_90d - _.orders_180d,
        "rhythm_share": ((1 - none_ahead) / (1 + gone)).round(_DECIMALS),
    }


def _from_messages(messages: ibis.Table, cutoff: ibis.Value) -> ibis.Table:
    rating = {"rating": _.rating.cast("int64").sum() / _.rating.count()} if "rating" in messages.columns else {}
    known = _before(messages.filter(messages.customer_id.notnull()), "sent_at", cutoff)
    return known.group_by("customer_id").aggregate(
        messages_90d=_count(_.ago <= 90), messages_365d=_count(_.ago <= 365), **rating
    )


def _from_touches(touches: ibis.Table, cutoff: ibis.Value) -> ibis.Table:
    reactions = {
        f"{name}_90d": _count((_.ago <= 90) & (_[f"{name}_at"] < cutoff))
        for name in ("opened", "clicked", "converted")
        if f"{name}_at" in touches.columns
    }
    if "unsubscribed_at" in touches.columns:
        reactions["unsubscribed_365d"] = _count((_.ago <= 365) & (_.unsubscribed_at < cutoff))
    known = _before(touches, "sent_at", cutoff).group_by("customer_id")
    return known.aggregate(touches_30d=_count(_.ago <= 30), touches_90d=_count(_.ago <= 90), **reactions)


def _from_activity(activity: ibis.Table, cutoff: ibis.Value) -> ibis.Table:
    known = _before(activity, "occurred_at", cutoff).group_by("customer_id")
    return known.aggregate(
        activity_recency_days=_.ago.min(),
        activity_30d=_count(_.ago <= 30),
        activity_90d=_count(_.ago <= 90),
    )


def _from_sentiment(sentiment: ibis.Table, cutoff: ibis.Value) -> ibis.Table:
    parts = {name: nearest(sentiment[name].cast("float64") * _PARTS).cast("int64") for name in MESSAGE_LABELS}
    scored = sentiment.select("customer_id", "sent_at", **parts).filter(_.customer_id.notnull())
    known = _before(scored.mutate(felt=_.positive - _.negative), "sent_at", cutoff)
    latest = ibis.row_number().over(group_by=_.customer_id, order_by=[_.sent_at.desc(), _.felt])
    lately, most_negative = _.ago <= 90, _.negative >= ibis.greatest(_.neutral, _.positive)
    found = known.mutate(rank=latest).group_by("customer_id")
    return found.aggregate(
        sentiment_mean_365d=_felt(_.ago <= 365),
        sentiment_last=_.felt.max(where=_.rank == 0) / _PARTS,
        sentiment_change=_felt(lately) - _felt(_.ago > 90),
        negative_90d=_count(most_negative & lately),
        negative_365d=_count(most_negative & (_.ago <= 365)),
    )


def _felt(where: Any) -> Any:
    return _.felt.sum(where=where).cast("int64") / (_.felt.count(where=where).nullif(0) * _PARTS)


def _money(where: Any) -> Any:
    return _.cents.sum(where=where).fill_null(0) / 100


def _count(where: Any) -> Any:
    return _.count(where=where).cast("int32")
