"""Which customers can a model learn from, and whom is it to score today? By orders, by subscriptions or by a label.

In: the tables of a market and of all markets.   Out: `Gathered`: examples of the past, and the customers of today.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import ibis
import pandas as pd

from workbench.churn.examples import MOST_CUTOFFS, cutoffs, examples
from workbench.churn.leakage import ROWS, without_leaks
from workbench.churn.models import KEYS
from workbench.churn.subscriptions import labelled_examples, subscription_examples
from workbench.errors import InputError

Kind = Literal["orders", "subscriptions", "label"]
# Fewer customers to score than this, and a model of all markets may know more about them than one of their own.
SMALL = 1_000
# As many customers of other markets teach a pooled model all it can learn; more would only cost energy.
_POOLED = 3_000
_NONE = "{}: none{} in this market and period; there is nothing to learn from"
EVENTS = ("messages", "touches", "activity", "sentiment")
_SCORES = ("customer_id", "sent_at", "negative", "neutral", "positive")
_DEFINITIONS = {
    "orders": "no order within {} days after the cut-off",
    "subscriptions": "no running subscription {} days after the cut-off",
    "label": "the label that came with the customers",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Gathered:
    """Examples with `churned` known (`past`) and customers to score (`today`, churned missing), and what churn means.

    `pool` are the examples of this and of other markets where this one is small, else None.
    Without a history, `today` are the customers whose label is missing, or else those who have not left; these were
    learnt from as well.
    """

    kind: Kind
    definition: str
    past: pd.DataFrame
    today: pd.DataFrame
    pool: pd.DataFrame | None = None

    def without(self, leaks: pd.DataFrame, *, keep: Iterable[str] = ()) -> "Gathered":
        """Leave out of the examples what `find_leaks` named, except what `keep` insists on.

        An InputError says that no column is left that tells one customer from another.
        """
        kept = tuple(keep)
        pool = None if self.pool is None else _pool_without(self.pool, leaks, kept)
        past = without_leaks(self.past, leaks, keep=kept)
        telling = [name for name in past if name not in KEYS and past[name].nunique(dropna=False) > 1]
        if past["churned"].nunique() == 2 and not telling:
            raise InputError("churn: no column tells one customer from another; add attributes to customers, or orders")
        return replace(self, past=past, pool=pool)


def gather(
    tables: Mapping[str, ibis.Table],
    *,
    horizon_days: int,
    everyone: Mapping[str, ibis.Table] | None = None,
    sentiment: ibis.Table | pd.DataFrame | None = None,
) -> Gathered:
    """Gather examples from orders where there are any, else from a label `customers.churned`, else from subscriptions.

    `everyone` are the tables of all markets; they are read only where fewer than `SMALL` customers are to be scored,
    and of the other markets' customers 3,000 at most, drawn by lot, join the pool. `sentiment` are the scores of the
    market's messages: customer_id, sent_at, negative, neutral, positive. Only orders are told with events, sentiment
    among them, and not in the pool, as nobody has scored the other markets' messages.
    An InputError says what to add where there is none of these.

    >>> days = pd.date_range("2024-01-01", "2024-12-31", freq="7D")
    >>> orders = ibis.memtable({"order_id": days.astype(str), "customer_id": ["a"] * len(days),
    ...                         "ordered_at": days, "amount": [5.0] * len(days)})
    >>> found = gather({"orders": orders}, horizon_days=90)
    >>> found.definition, found.today[["customer_id", "orders"]].values.tolist()
    ('no order within 90 days after the cut-off', [['a', 53]])
    """
    kind = _kind(tables)
    scored = {} if sentiment is None else {"sentiment": scores_of(sentiment)}
    past, today = _past_and_today({**tables, **scored}, kind, horizon_days)
    pool = None
    if everyone is not None and len(today) < SMALL:
        pool = _some_others(_past_and_today(everyone, kind, horizon_days)[0], set(past["customer_id"]))
    return Gathered(
        kind=kind,
        definition=_DEFINITIONS[kind].format(horizon_days),
        past=past,
        today=today,
        pool=pool,
    )


def _past_and_today(
    tables: Mapping[str, ibis.Table], kind: Kind, horizon_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = {"orders": _by_orders, "subscriptions": _by_subscriptions, "label": _by_label}[kind](tables, horizon_days)
    known = found["churned"].notna()
    past = found[known].astype({"churned": int}).reset_index(drop=True)
    today = found[~known] if (~known).any() else past[past["churned"] == 0]
    return past, today.reset_index(drop=True)


def _some_others(pool: pd.DataFrame, own: set[str]) -> pd.DataFrame:
    """Return the examples of the market's own customers and of others, drawn by lot (the same in every run)."""
    others = pool.loc[~pool["customer_id"].isin(own), "customer_id"].drop_duplicates()
    drawn = others.sample(min(_POOLED, len(others)), random_state=0)
    return pool[pool["customer_id"].isin(own.union(drawn))].reset_index(drop=True)


def scores_of(sentiment: ibis.Table | pd.DataFrame) -> ibis.Table:
    """Return the scores of messages as a table of the columns that features read; an InputError names a missing one."""
    if isinstance(sentiment, pd.DataFrame):
        # Where no message names a customer, nothing is known of any of them, and that is no fault.
        named = sentiment if "customer_id" in sentiment else sentiment.assign(customer_id=None)
        sentiment = named.astype({"customer_id": "str"})
    there = [str(name) for name in sentiment.columns]
    if missing := [name for name in _SCORES if name not in there]:
        raise InputError(f"sentiment: no column {', '.join(missing)}; there is: {', '.join(there)}")
    return ibis.memtable(sentiment[list(_SCORES)]) if isinstance(sentiment, pd.DataFrame) else sentiment


def _pool_without(pool: pd.DataFrame, leaks: pd.DataFrame, kept: tuple[str, ...]) -> pd.DataFrame:
    there = [*map(str, pool), ROWS]
    return without_leaks(pool, leaks[leaks["column"].isin(there)], keep=[name for name in kept if name in there])


def can_tell(tables: Mapping[str, ibis.Table]) -> bool:
    """Say whether these tables tell who has left: orders, subscriptions, or a label of customers.

    >>> can_tell({"customers": ibis.memtable({"customer_id": ["a"], "churned": [1]})}), can_tell({})
    (True, False)
    """
    labelled = "customers" in tables and "churned" in tables["customers"].columns
    return "orders" in tables or "subscriptions" in tables or labelled


def _kind(tables: Mapping[str, ibis.Table]) -> Kind:
    if "orders" in tables:
        return "orders"
    if "customers" in tables and "churned" in tables["customers"].columns:
        return "label"
    if "subscriptions" in tables:
        return "subscriptions"
    raise InputError(
        "churn: no table 'orders', no 'subscriptions' and no column 'churned' of customers; add one of them"
    )


def _by_orders(tables: Mapping[str, ibis.Table], horizon_days: int) -> pd.DataFrame:
    orders = tables["orders"]
    if (last := orders.filter(orders.amount > 0).ordered_at.max().to_pyarrow().as_py()) is None:
        raise InputError(_NONE.format("orders", " with an amount above 0"))
    days = [*cutoffs(orders, horizon_days=horizon_days), _day_after(last)]
    events = {name: tables[name] for name in EVENTS if name in tables}
    customers = _frame(tables["customers"]) if "customers" in tables else None
    return examples(orders, cutoffs=days, horizon_days=horizon_days, customers=customers, **events)


def _by_subscriptions(tables: Mapping[str, ibis.Table], horizon_days: int) -> pd.DataFrame:
    held = tables["subscriptions"]
    times = [held[name] for name in ("started_at", "ended_at") if name in held.columns]
    ends = held.aggregate(first=times[0].min(), **{f"last{n}": time.max() for n, time in enumerate(times)})
    known = [pd.Timestamp(end) for end in ends.to_pyarrow().to_pylist()[0].values() if end is not None]
    if not known:
        raise InputError(_NONE.format("subscriptions", ""))
    first, *last = known
    # An end may be planned ahead; what is known ends now at the latest.
    close = min(_day_after(max(last)), _day_after(pd.Timestamp.now("UTC").tz_localize(None)))
    horizon = pd.Timedelta(days=horizon_days)
    months = pd.date_range(first + horizon, close - horizon, freq="MS", normalize=True)[-MOST_CUTOFFS:]
    customers = _frame(tables["customers"]) if "customers" in tables else pd.DataFrame({"customer_id": []}, dtype="str")
    return subscription_examples(customers, held, cutoffs=[*months, close], horizon_days=horizon_days, known_to=close)


def _by_label(tables: Mapping[str, ibis.Table], _horizon_days: int) -> pd.DataFrame:
    return labelled_examples(_frame(tables["customers"]))


def _day_after(time: pd.Timestamp) -> pd.Timestamp:
    return pd.Timestamp(time).normalize() + pd.Timedelta(days=1)


def _frame(table: ibis.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame
