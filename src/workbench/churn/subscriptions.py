"""Contractual churn: whose subscription ends within the horizon, of those who hold one at the cut-off?

In: customers, and their subscriptions as an Ibis table or a label that came with them.   Out: examples.
"""

from collections.abc import Iterable

import ibis
import numpy as np
import pandas as pd
from ibis import _

from workbench.errors import InputError, did_you_mean

# The features of subscriptions by the columns that they are computed from; all others are attributes of customers.
_RUNNING = ("subscriptions.customer_id", "subscriptions.started_at", "subscriptions.ended_at")
READS = {
    "tenure_days": _RUNNING[:2],
    **dict.fromkeys(["plan_days", "running_subscriptions", "ended_subscriptions", "paused_days"], _RUNNING),
    **dict.fromkeys(["plan", "plan_before"], (*_RUNNING, "subscriptions.plan")),
    **dict.fromkeys(["price", "price_change"], (*_RUNNING, "subscriptions.price")),
}
_DAY_SECONDS = 86_400
# A last login is as of the export: whoever logged in after the cut-off has none before it, which gives them away.
_LOOKS_AHEAD = ("last_login_at", "churned")
# A text with fewer rows a value than this, on average, names customers or streets: much to memorise, nothing to learn.
_ROWS_A_VALUE = 30
_FEW_VALUES = 20


def subscription_examples(
    customers: pd.DataFrame,
    subscriptions: ibis.Table,
    *,
    cutoffs: Iterable[pd.Timestamp],
    horizon_days: int,
    known_to: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Return an example for every customer with a running subscription, at every cut-off.

    A subscription runs at a time when it started before it and did not end before it. `churned` is 1 where none runs
    at the end of the horizon: who changes plan, or comes back within the horizon, has not left. It is missing where the
    horizon ends after `known_to`: the last start or end on record, unless the caller knows better, as where ends are
    planned ahead.

    Features are what was known before the cut-off: tenure_days since the first start, plan_days since the latest,
    running_subscriptions, ended_subscriptions, paused_days before the latest start; where the table has them plan and
    price (of all that run, per month), plan_before and price_change; and the customers' attributes. An end at or after
    the cut-off is unknown.

    >>> table = ibis.memtable({"customer_id": ["a", "b"], "started_at": pd.to_datetime(["2024-01-01"] * 2),
    ...                        "ended_at": pd.to_datetime(["2024-03-30", None]), "plan": ["M", "L"]})
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"], "segment": ["home", "office"]})
    >>> when = [pd.Timestamp("2024-03-01")]
    >>> examples = subscription_examples(customers, table, cutoffs=when, horizon_days=30)
    >>> examples[["customer_id", "tenure_days", "plan", "segment", "churned"]].values.tolist()
    [['a', 60.0, 'M', 'home', 1], ['b', 60.0, 'L', 'office', 0]]
    """
    table = _with_ends(subscriptions)
    last = known_to if known_to is not None else _last_event(table)
    parts = []
    for cutoff in cutoffs:
        end = cutoff + pd.Timedelta(days=horizon_days)
        known = _at(table, cutoff, end)
        known.insert(1, "cutoff", cutoff)
        known["churned"] = known["churned"] if end <= last else np.nan
        parts.append(known.merge(_attributes(customers, cutoff), on="customer_id", how="left"))
    if not parts:
        raise InputError("cutoffs: none given; at least one is needed")
    examples = pd.concat(parts, ignore_index=True)
    return examples.assign(churned=examples.pop("churned"))


def labelled_examples(customers: pd.DataFrame, *, label: str = "churned") -> pd.DataFrame:
    """Return the customers as examples without a cut-off, with their attributes as features; `churned` may be missing.

    For data without a history, such as the Telco file. Times and texts that name customers are left out. Nothing here
    can tell whether an attribute is older than the label: `leakage.find_leaks` has the next word. An InputError says
    that the label is missing, or is none.

    >>> customers = pd.DataFrame({"customer_id": list("abc"), "plan": list("MML"), "churned": [True, False, None]})
    >>> labelled_examples(customers).values.tolist()
    [['a', 'M', 1], ['b', 'M', 0], ['c', 'L', <NA>]]
    """
    if label not in customers:
        raise InputError(f"customers: no label column '{label}'{did_you_mean(label, map(str, customers))}")
    odd = customers[customers[label].notna() & ~customers[label].isin([0, 1])]
    if len(odd):
        seen = ", ".join(repr(value) for value in odd[label].unique()[:3].tolist())
        raise InputError(f"customers: label '{label}' must be true or false, found {seen} in {len(odd):,} rows")
    features = customers.drop(columns=[label, *_no_features(customers)])
    return features.assign(churned=customers[label].astype("Int64"))


def _last_event(subscriptions: ibis.Table) -> pd.Timestamp:
    ends = subscriptions.aggregate(started=_.started_at.max(), ended=_.ended_at.max()).to_pandas()
    # A day is over once something has happened on it.
    return pd.Timestamp(ends.max(axis=1).iloc[0]).normalize() + pd.Timedelta(days=1)


def _at(subscriptions: ibis.Table, cutoff: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return what was known of each customer with a running subscription at the cut-off, and whether they left."""
    state = ibis.cases(
        (_.started_at >= cutoff, "later"),
        (_.ended_at.isnull() | (_.ended_at >= cutoff), "running"),
        else_="ended",
    )
    order = [_.started_at.desc(), *([_.plan] if "plan" in subscriptions.columns else [])]
    ranked = (
        subscriptions.filter(_.started_at < end)
        .mutate(state=state, stays=_.ended_at.isnull() | (_.ended_at >= end))
        .mutate(rank=ibis.row_number().over(group_by=[_.customer_id, _.state], order_by=order))
    )
    running, ended = _.state == "running", _.state == "ended"
    latest, before = running & (_.rank == 0), ended & (_.rank == 0)
    terms = {"plan": {"plan": _.plan.max(where=latest), "plan_before": _.plan.max(where=before)}}
    terms["price"] = {"price": _.price.sum(where=running), "price_before": _.price.max(where=before)}
    found = (
        ranked.group_by("customer_id")
        .aggregate(
            first_at=_.started_at.min(),
            latest_at=_.started_at.max(where=running),
            before_at=_.ended_at.max(where=ended),
            running_subscriptions=running.sum(),
            ended_subscriptions=ended.sum(),
            stays=_.stays.any(),
            **{
                name: term
                for column in terms
                if column in subscriptions.columns
                for name, term in terms[column].items()
            },
        )
        .filter(_.running_subscriptions > 0)
        .order_by("customer_id")
        .to_pandas()
    )
    return _in_days(found, cutoff)


def _with_ends(subscriptions: ibis.Table) -> ibis.Table:
    missing = ibis.null("timestamp")
    return subscriptions if "ended_at" in subscriptions.columns else subscriptions.mutate(ended_at=missing)


def _in_days(found: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    spans = {
        "tenure_days": cutoff - found.pop("first_at"),
        "plan_days": cutoff - found["latest_at"],
        "paused_days": found.pop("latest_at") - found.pop("before_at"),
    }
    if "price_before" in found:
        found["price_change"] = found["price"] - found.pop("price_before")
    days = {name: span.dt.total_seconds().clip(lower=0) / _DAY_SECONDS for name, span in spans.items()}
    return found.assign(**days, churned=1 - found.pop("stays").astype(int))


def _attributes(customers: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Return the customers' attributes as features, ages as of the cut-off; times that may lie ahead are left out."""
    ahead = [c for c in _LOOKS_AHEAD if c in customers]
    known = customers.drop(columns={*ahead, *_no_features(customers)})
    if "birth_year" in known:
        known = known.assign(age_years=cutoff.year - known.pop("birth_year"))
    return known


def _no_features(customers: pd.DataFrame) -> list[str]:
    """Name the columns that cannot be features: times, which may lie ahead, texts that name customers, a lot drawn."""
    others = ((str(name), values) for name, values in customers.items() if name != "customer_id")
    return [name for name, values in others if name == "hold_out" or _is_none(values)]


def _is_none(values: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(values):
        return False
    many = values.nunique() > max(_FEW_VALUES, values.count() / _ROWS_A_VALUE)
    return many or pd.api.types.is_datetime64_any_dtype(values)
