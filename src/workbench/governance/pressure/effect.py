"""What does contact bring, where who is contacted was drawn by lot?

In: people with the arm they were drawn for and what they did; tables of a CRM whose customers have `hold_out`.
Out: frames of outcomes by arm with differences or ratios to the control, intervals, and what the sample could show.
"""

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr, stdtrit

from workbench.governance.case import Tables
from workbench.intervals import FEWEST, Z_POWER, Z, holm, wilson

# What must lie between nothing and the true effect, in standard errors, to be found in four of five samples.
_POWER = Z + Z_POWER
_SECONDS_A_YEAR = 365.25 * 86_400
EFFECT = (
    "arm", "outcome", "people", "mean", "low", "high", "difference", "difference_low", "difference_high",
    "ratio", "p", "p_adjusted", "detectable",
)  # fmt: skip
CONTACT = (
    "outcome", "contacted", "held_out", "contacted_per_year", "held_out_per_year", "ratio", "low", "high", "detectable",
    "note",
)  # fmt: skip
NO_HOLD_OUT = (
    "not applicable: no column hold_out in customers; keep a tenth of customers out of campaigns by lot, and this page "
    "says what contact brings"
)


def effect_of_contact(people: pd.DataFrame, *, arm: str, outcomes: Sequence[str], control: Any) -> pd.DataFrame:
    """Return each arm's mean of each outcome with a 95 % interval, and its difference to the control's.

    `people` has one row a person; arms were drawn by lot. Shares (outcomes of 0 and 1) have Wilson's interval (1927),
    and differences of them Newcombe's hybrid score interval (1998, method 10); other means Student's, and differences
    of them Welch's (1947). `p` is of the score test, or Welch's; `p_adjusted` after Holm (1979) over all rows.
    `detectable` is the difference that a sample of this size shows in four of five cases. NaN under 30 people.

    >>> bought = [1] * 30 + [0] * 70 + [1] * 15 + [0] * 85
    >>> people = pd.DataFrame({"arm": ["sent"] * 100 + ["kept"] * 100, "bought": bought})
    >>> found = effect_of_contact(people, arm="arm", outcomes=["bought"], control="kept").set_index("arm")
    >>> found.loc["sent", ["difference", "difference_low", "difference_high"]].astype(float).round(3).tolist()
    [0.15, 0.034, 0.261]
    """
    rows = []
    for outcome in outcomes:
        values = people[outcome].astype(float)
        base = values[people[arm] == control].dropna().to_numpy()
        for name, own in values.groupby(people[arm], sort=True):
            rows.append((name, outcome, *_compare(own.dropna().to_numpy(), base, is_control=name == control)))
    found = pd.DataFrame(rows, columns=[name for name in EFFECT if name != "p_adjusted"])
    return found.assign(p_adjusted=holm(found["p"].to_numpy(float)))[list(EFFECT)]


def _compare(own: np.ndarray, base: np.ndarray, *, is_control: bool) -> tuple[float, ...]:
    """Return people, mean, low, high, difference, its low and high, ratio, p and what could be detected."""
    nothing = (np.nan,) * 6
    if len(own) < FEWEST:
        return (len(own), *(np.nan,) * 3, *nothing)
    share = bool(np.isin(own, (0, 1)).all() and np.isin(base, (0, 1)).all())
    mean = _share(own) if share else _mean(own)
    if is_control or len(base) < FEWEST:
        return (len(own), *mean, *nothing)
    difference = _newcombe(own, base) if share else _welch(own, base)
    ratio = own.mean() / base.mean() if base.mean() else np.nan
    spread = base.std() * np.sqrt(1 / len(own) + 1 / len(base))
    return (len(own), *mean, *difference[:3], float(ratio), difference[3], float(_POWER * spread))


def _share(values: np.ndarray) -> tuple[float, float, float]:
    value, low, high = (float(end) for end in wilson(float(values.sum()), float(len(values))))
    return value, low, high


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    margin = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(values.mean() - margin), float(values.mean() + margin)


def _newcombe(own: np.ndarray, base: np.ndarray) -> tuple[float, float, float, float]:
    (p, low, high), (q, base_low, base_high) = _share(own), _share(base)
    pooled = (own.sum() + base.sum()) / (len(own) + len(base))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(own) + 1 / len(base)))
    chance = 2 * ndtr(-abs(p - q) / error) if error else 1.0
    below, above = np.hypot(p - low, base_high - q), np.hypot(high - p, q - base_low)
    return p - q, float(p - q - below), float(p - q + above), float(chance)


def _welch(own: np.ndarray, base: np.ndarray) -> tuple[float, float, float, float]:
    parts = np.array([own.var(ddof=1) / len(own), base.var(ddof=1) / len(base)])
    difference, error = float(own.mean() - base.mean()), float(np.sqrt(parts.sum()))
    if not error:
        return difference, difference, difference, float(difference == 0)
    freedom = parts.sum() ** 2 / (parts**2 / (np.array([len(own), len(base)]) - 1)).sum()
    margin = stdtrit(freedom, 0.975) * error
    return difference, difference - margin, difference + margin, float(2 * stdtr(freedom, -abs(difference) / error))


def contact_effect(tables: Tables) -> pd.DataFrame | str:
    """Return orders and spend per customer and year, of who may be contacted and of who is held out by lot.

    In `tables`: customers with `hold_out` (and `signup_at`), orders, touches. Each customer counts from the first touch
    in the log, or from signing up where that is later, until the last order or touch, as drawn (by intention to treat):
    who was never reached counts as contacted, and who was touched although held out as held out. Orders are those of
    more than 0; spend is net of returns. `ratio` is that of the rates, with a 95 % interval whose errors are those of
    customers, not of orders; `detectable` the ratio that this sample shows in four of five cases. A sentence instead
    where any of it is missing.
    """
    people = _exposed(tables)
    if isinstance(people, str):
        return people
    held = people["hold_out"].to_numpy(bool)
    if min(held.sum(), (~held).sum()) < FEWEST:
        return (
            f"not enough data: {held.sum():,} customers held out and {(~held).sum():,} not; at least {FEWEST} of each"
        )
    rows = [(outcome, (~held).sum(), held.sum(), *_rates(people, outcome, held)) for outcome in ("orders", "spend")]
    return pd.DataFrame(rows, columns=[name for name in CONTACT if name != "note"]).assign(note=_contaminated(people))


def _rates(people: pd.DataFrame, outcome: str, held: np.ndarray) -> tuple[float, ...]:
    """Return both rates, their ratio with an interval from linearised variances by customer, and what it could show."""
    done, years = people[outcome].to_numpy(float), people["years"].to_numpy(float)
    rates, errors = [], []
    for arm in (~held, held):
        total, size = done[arm].sum(), int(arm.sum())
        rate = total / years[arm].sum()
        rates.append(float(rate))
        errors.append(((done - rate * years)[arm] ** 2).sum() / total**2 * size / (size - 1) if total > 0 else np.nan)
    error = float(np.sqrt(sum(errors)))
    ratio = rates[0] / rates[1] if rates[1] > 0 else np.nan
    return (*rates, ratio, ratio * np.exp(-Z * error), ratio * np.exp(Z * error), float(np.exp(_POWER * error)))


def _contaminated(people: pd.DataFrame) -> str:
    touched = int((people["hold_out"] & people["touched"]).sum())
    return f"{touched:,} of the customers held out had touches all the same, and count as held out" if touched else ""


def _exposed(tables: Tables) -> pd.DataFrame | str:
    """Return hold_out, touched, years, orders and spend of each customer who was there, or why that cannot be."""
    absent = [name for name in ("customers", "orders", "touches") if name not in tables]
    if absent:
        return f"not applicable: no table {', '.join(absent)}"
    customers, orders, touches = (tables[name] for name in ("customers", "orders", "touches"))
    if "hold_out" not in customers.columns:
        return NO_HOLD_OUT
    times = {"first": touches.sent_at.min(), "last": touches.sent_at.max()}
    log = touches.aggregate(**times).to_pyarrow().to_pylist()[0]
    ordered = orders.aggregate(last=orders.ordered_at.max()).to_pyarrow().to_pylist()[0]["last"]
    if log["first"] is None or ordered is None:
        return f"not applicable: no row in {'touches' if log['first'] is None else 'orders'}"
    first, last = pd.Timestamp(log["first"]), pd.Timestamp(max(log["last"], ordered))
    found = _since(customers, orders, touches, first)
    begins = found["begins_at"].where(found["begins_at"] > first, first)
    years = (last - begins).dt.total_seconds() / _SECONDS_A_YEAR
    there: pd.DataFrame = found.assign(years=years, hold_out=found["hold_out"].astype(bool))[years > 0]
    return there


def _since(customers: ibis.Table, orders: ibis.Table, touches: ibis.Table, first: pd.Timestamp) -> pd.DataFrame:
    """Return what each customer did from the first touch in the log, or from signing up where that is later."""
    began = customers["signup_at"] if "signup_at" in customers.columns else ibis.null("timestamp")
    known = customers.filter(customers.hold_out.notnull())
    known = known.select("customer_id", "hold_out", begins_at=began)
    since = orders.filter(orders.ordered_at >= first.to_pydatetime(), orders.customer_id.notnull())
    since = since.select("customer_id", "amount", bought=ibis.ifelse(since.amount > 0, 1, 0).cast("int64"))
    done = since.group_by("customer_id").aggregate(orders=since.bought.sum(), spend=since.amount.sum())
    sent = touches.select("customer_id").distinct().mutate(touched=True)
    people: pd.DataFrame = known.to_pyarrow().to_pandas()
    for part in (done, sent):
        people = people.merge(part.to_pyarrow().to_pandas(), on="customer_id", how="left")
    people = people.astype({"orders": "float64", "spend": "float64"}).fillna({"orders": 0.0, "spend": 0.0})
    return people.assign(touched=people["touched"].notna())
