"""A small shop whose truth is known: customers buy and leave as BG/NBD says, and what they were to spend is on record.

What several test files of value and of explanations share, made once a session; nobody changes it.
"""

from dataclasses import dataclass, replace
from functools import cache

import ibis
import numpy as np
import pandas as pd

from workbench import churn, value

START, END = pd.Timestamp("2022-01-01"), pd.Timestamp("2024-07-01")
CUTOFFS = pd.to_datetime(["2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01", "2024-04-01"])
HORIZON_DAYS = 90
_FIRST_PLAN, _LAST_PLAN = pd.Timestamp("2022-01-15"), pd.Timestamp("2025-01-14 09:30")


@dataclass(frozen=True, eq=False, kw_only=True)
class Shop:
    """The log of orders, and of each customer the true orders a day, day of leaving, and mean spend."""

    orders: pd.DataFrame
    truth: pd.DataFrame

    def expected(self, cutoff: pd.Timestamp, *, days: int) -> pd.Series:
        """Return what each customer was to spend in the days from a cut-off, by rate and day of leaving."""
        stays = ((self.truth["leaves_at"] - cutoff) / pd.Timedelta(days=1)).clip(0, days)
        return self.truth["rate"] * stays * self.truth["mean_spend"]


@cache
def shop(*, customers: int = 320, start: pd.Timestamp = START, seed: int = 3) -> Shop:
    """Draw a shop from `start` to `END`: customers come within two thirds of the time, each with a rate."""
    rng = np.random.default_rng(seed)
    span = (END - start).days
    first = rng.uniform(0, span * 2 / 3, customers)
    rate, leaves = rng.gamma(1.2, 1 / 50, customers), rng.beta(1, 5, customers)
    spend = rng.lognormal(3, 0.5, customers)
    rows, gone = [], np.empty(customers)
    for n in range(customers):
        at, repeats, gone[n] = first[n], 0, np.inf
        while at < span:
            rows.append((f"id-{n:04}", at, spend[n] * rng.lognormal(-0.02, 0.2)))
            # Nobody leaves after the first order: that is BG/NBD's way.
            if repeats and rng.random() < leaves[n]:
                gone[n] = at
                break
            at, repeats = at + rng.exponential(1 / rate[n]), repeats + 1
    log = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    log["ordered_at"] = (start + pd.to_timedelta(log.pop("day"), unit="D")).astype("datetime64[us]")
    log.insert(0, "order_id", [str(n) for n in range(len(log))])
    leaves_at = start + pd.to_timedelta(np.minimum(gone, span), unit="D")
    ids = pd.Index([f"id-{n:04}" for n in range(customers)], name="customer_id")
    return Shop(orders=log, truth=pd.DataFrame({"rate": rate, "leaves_at": leaves_at, "mean_spend": spend}, index=ids))


def features(orders: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Return churn's features at a cut-off, in the order of customers."""
    table = churn.features(ibis.memtable(orders), cutoff=cutoff, horizon_days=HORIZON_DAYS)
    found: pd.DataFrame = table.to_pyarrow().to_pandas()
    return found.sort_values("customer_id", ignore_index=True).assign(cutoff=cutoff)


@cache
def known(*, start: pd.Timestamp = START) -> value.Gathered:
    """Return the shop's examples at past cut-offs, its customers of today and its volume."""
    orders = shop(start=start).orders
    past = pd.concat([features(orders, cutoff) for cutoff in CUTOFFS if cutoff > start], ignore_index=True)
    return value.gather(past, features(orders, END), ibis.memtable(orders), horizon_days=HORIZON_DAYS)


def evenly(found: value.Gathered, start: pd.Timestamp = START) -> value.Gathered:
    """Return the same with a volume that knows no season; a shop that grows in its first year seems to have one."""
    days = pd.date_range(start, END - pd.Timedelta(days=1))
    return replace(found, volume=pd.Series(10.0, index=days))


def unjudged() -> value.Tested:
    """Return what a backtest of no examples says."""
    return value.backtest(known().past.head(0), known().volume, horizon_days=HORIZON_DAYS)


@cache
def tested() -> value.Tested:
    """Return the backtest of the shop."""
    return value.backtest(known().past, known().volume, horizon_days=HORIZON_DAYS)


@cache
def worth() -> value.Appraisal:
    """Return what the shop's customers are worth over a year."""
    return value.appraise(tested(), known(), months=12, margin=0.5, annual_discount_rate=0.1)


def plans(size: int = 800, *, hazard: float = 0.06) -> pd.DataFrame:
    """Return plans of 10 a month that end at an even rate; the latest end lies at the end of the record."""
    rng = np.random.default_rng(5)
    started = _FIRST_PLAN + pd.to_timedelta(rng.uniform(0, 1000, size), unit="D")
    ended = pd.Series(started + pd.to_timedelta(rng.exponential(30.44 / hazard, size), unit="D"))
    frame = pd.DataFrame({"customer_id": [f"id-{n:04}" for n in range(size)], "started_at": started, "price": 10.0})
    frame = frame.assign(ended_at=ended.where(ended < _LAST_PLAN), plan=rng.choice(["M", "L"], size))
    frame.loc[0, ["started_at", "ended_at"]] = _FIRST_PLAN, _LAST_PLAN
    return frame
