"""What forecasts learn from and are judged on: what each customer spent in the days after a past cut-off.

In: features of customers at their cut-offs, lazy orders.   Out: the same rows with `spent_before` and `spent`.
"""

from dataclasses import dataclass

import ibis
import pandas as pd
from ibis import _

from workbench.crm.conform import nearest
from workbench.crm.moments import at_each
from workbench.errors import InputError
from workbench.value.season import daily_volume


@dataclass(frozen=True, eq=False, kw_only=True)
class Gathered:
    """Examples of the past and the customers of today with what they spent, and the daily volume of orders."""

    past: pd.DataFrame
    today: pd.DataFrame
    volume: pd.Series


def gather(past: pd.DataFrame, today: pd.DataFrame, orders: ibis.Table, *, horizon_days: int) -> Gathered:
    """Gather what forecasts need: features at past cut-offs and of today, as `churn.gather` tells them, and orders.

    An InputError says where there is no customer with an order, or amounts come in several currencies.
    """
    if today.empty:
        raise InputError("orders: no customer with an order in this market and period; there is nobody to value")
    return Gathered(
        past=with_spend(past, orders, horizon_days=horizon_days),
        today=with_spend(today, orders, horizon_days=horizon_days),
        volume=daily_volume(orders),
    )


def with_spend(examples: pd.DataFrame, orders: ibis.Table, *, horizon_days: int) -> pd.DataFrame:
    """Add spent (in the `horizon_days` from the cut-off) and spent_before (in those before it) to every example.

    `examples` has customer_id and cutoff. Only positive amounts count: what is sent back is another matter than what is
    bought, see `returned_share`. An InputError says where amounts come in several currencies.

    >>> orders = ibis.memtable({"customer_id": ["a", "a"], "amount": [5.0, 7.0],
    ...                         "ordered_at": pd.to_datetime(["2024-01-05", "2024-02-05"])})
    >>> examples = pd.DataFrame({"customer_id": ["a", "b"], "cutoff": pd.Timestamp("2024-02-01")})
    >>> with_spend(examples, orders, horizon_days=30)[["spent_before", "spent"]].values.tolist()
    [[5.0, 7.0], [0.0, 0.0]]
    """
    _refuse_mixed(orders)
    groups = {pd.Timestamp(str(cutoff)): rows for cutoff, rows in examples.groupby("cutoff")}
    found = at_each([*groups], lambda cutoff: _sums(orders, cutoff, horizon_days))
    parts = []
    for rows, sums in zip(groups.values(), found, strict=True):
        known = sums.set_index("customer_id").reindex(rows["customer_id"]).fillna(0.0)
        parts.append(known.set_axis(rows.index))
    return examples.join(pd.concat(parts)) if parts else examples.assign(spent_before=0.0, spent=0.0)


def returned_share(features: pd.DataFrame, *, prior_orders: int = 5) -> pd.Series:
    """Return the share of spend that each customer is expected to send back, drawn towards the market's share.

    `features` has spend, returned_amount and order_days; without returned_amount it is nought. The prior weighs as much
    as five of the customer's average orders.

    >>> known = pd.DataFrame({"spend": [100.0, 100.0], "returned_amount": [20.0, 0.0], "order_days": [5, 5]})
    >>> returned_share(known).tolist()
    [0.15, 0.05]
    """
    if "returned_amount" not in features or not features["spend"].sum() > 0:
        return pd.Series(0.0, index=features.index)
    market = min(features["returned_amount"].sum() / features["spend"].sum(), 1.0)
    prior = prior_orders * features["spend"] / features["order_days"]
    share = (features["returned_amount"] + market * prior) / (features["spend"] + prior)
    return share.fillna(market).clip(0, 1)


def _sums(orders: ibis.Table, cutoff: ibis.Value, horizon_days: int) -> ibis.Table:
    horizon = ibis.interval(days=horizon_days)
    near = orders.filter((_.amount > 0) & (_.ordered_at >= cutoff - horizon) & (_.ordered_at < cutoff + horizon))
    # Whole cents, so that the order of rows makes no difference to the sums.
    cents = near.mutate(cents=nearest(_.amount * 100))
    before = _.ordered_at < cutoff
    return cents.group_by("customer_id").aggregate(
        spent_before=_.cents.sum(where=before) / 100, spent=_.cents.sum(where=~before) / 100
    )


def _refuse_mixed(orders: ibis.Table) -> None:
    if "currency" not in orders.columns:
        return
    held = orders.filter(orders.currency.notnull()).group_by("currency").aggregate(orders=_.count())
    found = held.order_by(_.orders.desc(), _.currency).to_pyarrow().to_pylist()
    if len(found) > 1:
        told = ", ".join(f"{row['currency']} ({row['orders']:,} orders)" for row in found[:5])
        raise InputError(
            f"orders.currency: {len(found)} currencies in one market: {told}; amounts of several currencies cannot be "
            "added: convert them, or give each currency a market of its own"
        )
