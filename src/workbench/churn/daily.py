"""What would the risk of churn have been on every day of the history, by models that knew only what was over by then?

In: the tables of a market that has orders.   Out: `Daily`: arrays of customers by days, how good the models were, and
how models of one month did in later months.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from workbench.churn import models
from workbench.churn.ageing import ageing
from workbench.churn.backtest import FEWEST, known_at
from workbench.churn.slopes import Slopes, slopes
from workbench.crm.conform import nearest
from workbench.intervals import Z
from workbench.processor import threads

# Those of `churn.features` that change from day to day, in the order in which the kernels write them.
_FEATURES = """recency_days tenure_days order_days orders orders_30d orders_90d orders_180d orders_365d orders_season
    spend spend_365d spend_season mean_amount gap_days lateness orders_per_year orders_trend rhythm_share messages_90d
    touches_90d activity_recency_days activity_30d activity_90d"""
FEATURES = tuple(_FEATURES.split())
_TIMES = {"messages": "sent_at", "touches": "sent_at", "activity": "occurred_at"}
_MOST_DAYS = 731
# So many customers, drawn by lot, teach a month's model and judge it; so many examples teach one at most.
_TAUGHT_BY, _MOST_EXAMPLES = 20_000, 20_000
_JUDGED = 4
_BLOCK = 2_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Daily:
    """A market's history as a job at the close of every day would have seen it; with a `reason` all else is empty.

    `customers` are those of the market, of whom the rows are all or some drawn by lot; `days` are the columns. Arrays
    are [rows, days]. `risk` (float32): the probability of no order within the horizon; NaN before the first order.
    `orders` and `events`: whether the customer ordered on that day, or ordered, wrote, was touched or was active.
    `left`: no order came within the horizon from the next day on. `worth` (float32): last year's spend, by the days of
    the horizon. `cheap` (float32): the silence over the own rhythm (`lateness`), which needs no model.

    `refits` are the places of the days that are the first to go by a new model. `quality` has cutoff, auc, low, high
    (95 %, DeLong, 1988) and n of the latest models, each at the close of the day that it was fitted on, at most four
    whose outcomes do not overlap. `ageing` is what `churn.ageing` tells of models in later months.
    """

    customers: int
    days: pd.DatetimeIndex
    horizon_days: int
    risk: NDArray[np.float32]
    orders: NDArray[np.bool_]
    events: NDArray[np.bool_]
    left: NDArray[np.bool_]
    worth: NDArray[np.float32]
    cheap: NDArray[np.float32]
    refits: NDArray[np.int64]
    quality: pd.DataFrame
    ageing: pd.DataFrame
    reason: str

    @property
    def seen(self) -> dict[str, Any]:
        """What a replay of policies takes: the arrays, the days with a new model, the market's customers."""
        names = ("risk", "orders", "events", "left", "worth", "cheap", "refits", "customers", "horizon_days")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False, kw_only=True)
class Events:
    """Days with events by customer, as the kernels take them: (start, day, count), days counted from `origin`."""

    customers: int
    origin: pd.Timestamp
    span: int  # days from the origin to the end of what is known
    first: int  # the day of the first order
    orders: tuple[np.ndarray, np.ndarray, np.ndarray]
    cents: np.ndarray
    others: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]


def daily(
    tables: Mapping[str, ibis.Table],
    *,
    horizon_days: int,
    days: int | None = None,
    most_customers: int | None = None,
    seed: int = 0,
) -> Daily:
    """Score every customer at the close of every day whose outcome is known, at most `days` (731) of the latest.

    The model is the logistic regression of `churn`, on the features of orders and of counts of other events; it is
    fitted anew on the first of each month on the cut-offs of the year before whose horizon was over by then. It is not
    calibrated. With `most_customers` the arrays are of so many, drawn by lot; models learn and are judged alike.

    >>> bought = pd.date_range("2024-01-01", periods=400, freq="2D")
    >>> orders = ibis.memtable({"customer_id": ["a"] * 400, "ordered_at": bought, "amount": [5.0] * 400})
    >>> daily({"orders": orders}, horizon_days=30).reason
    'not enough data: nowhere have 30 customers left and 30 stayed whose horizon was over a horizon before the end.'
    """
    if "orders" not in tables:
        return _nothing(horizon_days, "not applicable: a replay by days goes by orders, and this market has none.")
    events = events_of(tables)
    if events is None:
        return _nothing(horizon_days, "not enough data: no order with an amount above 0.")
    random = np.random.default_rng(seed)
    known = monthly_examples(events, _drawn(events.customers, _TAUGHT_BY, random), horizon_days)
    fitted = _fit_monthly(known, horizon_days, seed)
    if not fitted:
        return _nothing(horizon_days, _TOO_SHORT.format(FEWEST))
    aged = ageing(known, fitted, FEATURES)
    stop = events.span - horizon_days
    start = max(_day(events, min(fitted)) - 1, stop - (days or _MOST_DAYS))
    whose = _drawn(events.customers, most_customers or events.customers, random)
    places = np.array([max(_day(events, at) - 1 - start, 0) for at in fitted])
    last_of_each = np.append(places[1:] > places[:-1], True)
    used = [model for model, keep in zip(fitted.values(), last_of_each, strict=True) if keep]
    when = pd.date_range(events.origin + pd.Timedelta(days=start), periods=stop - start)
    arrays = _foresee(events, whose, used, places[last_of_each], start, len(when), horizon_days)
    return Daily(
        customers=events.customers,
        days=when,
        horizon_days=horizon_days,
        **arrays,
        refits=places[last_of_each],
        quality=_judged(aged, horizon_days),
        ageing=aged,
        reason="",
    )


_TOO_SHORT = (
    "not enough data: nowhere have {0} customers left and {0} stayed whose horizon was over a horizon before the end."
)


def events_of(tables: Mapping[str, ibis.Table]) -> Events | None:
    """Return the days on which customers ordered, wrote, were touched and were active; None: nobody has ordered."""
    cents = nearest(_.amount * 100)
    bought = tables["orders"].mutate(cents=cents).filter(_.cents > 0, _.customer_id.notnull())
    orders = _by_day(bought, "ordered_at", cents=_.cents.sum())
    if orders.empty:
        return None
    there = {name: _by_day(tables[name], time) for name, time in _TIMES.items() if name in tables}
    first, last = orders["day"].min(), orders["day"].max()
    # What lies more than a year before the first order no feature looks at, but the silence after activity.
    origin = min([first, *(frame["day"].min() for frame in there.values() if len(frame))])
    origin = max(origin, first - pd.Timedelta(days=366))
    ids = pd.Index(orders["customer_id"].unique())
    streams = {name: _stream(frame[frame["day"] <= last], ids, origin) for name, frame in there.items()}
    none = (np.zeros(len(ids) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    return Events(
        customers=len(ids),
        origin=origin,
        span=(last - origin).days + 1,
        first=(first - origin).days,
        orders=_stream(orders, ids, origin),
        cents=orders["cents"].to_numpy(float),
        others=tuple(streams.get(name, none) for name in _TIMES),
    )


def _by_day(events: ibis.Table, time: str, **sums: Any) -> pd.DataFrame:
    """Return customer_id, day, count and sums, by customer and then by day."""
    known = events.filter(events.customer_id.notnull(), events[time].notnull())
    grouped = known.group_by("customer_id", day=known[time].date()).aggregate(count=_.count(), **sums)
    found: pd.DataFrame = grouped.to_pyarrow().to_pandas().astype({"day": "datetime64[s]"})
    return found.sort_values(["customer_id", "day"], ignore_index=True)


def _stream(events: pd.DataFrame, ids: pd.Index, origin: pd.Timestamp) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    code = ids.get_indexer(pd.Index(events["customer_id"]))
    day = ((events["day"] - origin) // pd.Timedelta(days=1)).to_numpy(np.int64)
    own = (code >= 0) & (day >= 0)
    start = np.concatenate([[0], np.cumsum(np.bincount(code[own], minlength=len(ids)))])
    order = np.argsort(code[own], kind="stable")
    return start, day[own][order], events["count"].to_numpy(float)[own][order]


def _drawn(customers: int, most: int, random: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(random.permutation(customers)[:most])


def _day(events: Events, at: pd.Timestamp) -> int:
    return int((at - events.origin).days)


def monthly_examples(events: Events, whose: NDArray[np.int64], horizon_days: int) -> pd.DataFrame:
    """Return customers at the first of every month, after half a horizon of history and with a horizon to come."""
    from workbench.churn import daily_kernels

    ends = events.first + horizon_days / 2, events.span - horizon_days
    begin, end = (events.origin + pd.Timedelta(days=days) for days in ends)
    firsts = pd.date_range(begin, end, freq="MS", normalize=True)
    nows = np.array([_day(events, at) for at in firsts], np.int64)
    found, left = daily_kernels.describe(
        events.orders, events.cents, events.others, whose, nows, horizon_days, events.span
    )
    there = ~np.isnan(found[:, :, 0])
    frame = pd.DataFrame(found[there], columns=list(FEATURES))
    customer, month = np.nonzero(there)
    frame.insert(0, "customer_id", customer)
    frame.insert(1, "cutoff", firsts[month])
    return frame.assign(churned=left[there].astype(int)).sort_values("cutoff", kind="stable", ignore_index=True)


def _fit_monthly(known: pd.DataFrame, horizon_days: int, seed: int) -> dict[pd.Timestamp, Slopes]:
    """Return the models, by the day from which they could have been used; none where they had too little to learn."""
    found = {}
    for at in sorted(known["cutoff"].unique()):
        past = known_at(known, at, horizon_days=horizon_days)
        customers = past.groupby("churned")["customer_id"].nunique()
        if len(customers) == 2 and customers.min() >= FEWEST:
            past = past.sample(min(len(past), _MOST_EXAMPLES), random_state=seed)
            found[at] = slopes(models.fit(past, model="logistic", seed=seed), FEATURES)
    return found


def _foresee(
    events: Events,
    whose: NDArray[np.int64],
    used: list[Slopes],
    refits: np.ndarray,
    start: int,
    days: int,
    horizon_days: int,
) -> dict[str, Any]:
    from workbench.churn import daily_kernels

    def empty(kind: Any, value: Any = 0) -> np.ndarray:
        return np.full((len(whose), days), value, kind)

    intercepts = np.array([model.intercept for model in used])
    slope, missing = np.array([model.slope for model in used]), np.array([model.missing for model in used])
    which = np.searchsorted(refits, np.arange(days), side="right") - 1
    arrays = {"risk": empty(np.float32, np.nan), **{name: empty(bool) for name in ("orders", "events", "left")}}
    arrays |= {"worth": empty(np.float32), "cheap": empty(np.float32, np.nan)}

    def block(first: int) -> None:
        part = {name: array[first : first + _BLOCK] for name, array in arrays.items()}
        daily_kernels.foresee(
            events.orders,
            events.cents,
            events.others,
            whose[first : first + _BLOCK],
            start,
            (which, intercepts, slope, missing),
            horizon_days,
            events.span,
            part["risk"],
            (part["orders"], part["events"], part["left"]),
            (part["worth"], part["cheap"]),
        )

    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(block, range(0, len(whose), _BLOCK)))
    return arrays


def _judged(aged: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """Return the AUC of the latest models whose outcomes do not overlap, each on the day it was fitted on."""
    fresh = aged[aged["month"] == aged["trained"]].sort_values("month", ascending=False)
    kept: list[pd.Timestamp] = []
    for at in fresh["month"]:
        if len(kept) < _JUDGED and (not kept or at + pd.Timedelta(days=horizon_days) <= kept[-1]):
            kept.append(at)
    found = fresh[fresh["month"].isin(kept)].sort_values("month", ignore_index=True)
    margin = Z * found["auc_error"]
    ends = {"low": (found["auc"] - margin).clip(lower=0), "high": (found["auc"] + margin).clip(upper=1)}
    return found.rename(columns={"month": "cutoff"}).assign(**ends)[["cutoff", "auc", "low", "high", "n"]]


def _nothing(horizon_days: int, reason: str) -> Daily:
    none, day = np.zeros((0, 0), bool), pd.DatetimeIndex([])
    numbers: dict[str, Any] = dict.fromkeys(("risk", "worth", "cheap"), none.astype(np.float32))
    frame = pd.DataFrame()
    return Daily(
        customers=0,
        days=day,
        horizon_days=horizon_days,
        **numbers,
        **dict.fromkeys(("orders", "events", "left"), none),
        refits=np.zeros(0, np.int64),
        quality=frame,
        ageing=frame,
        reason=reason,
    )
