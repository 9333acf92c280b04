"""Whom to contact first: the customers with whom most spend is expected to leave, and why.

In: scores and features of one cut-off.   Out: a `RetentionList`: ids for the campaign, none for reports.
"""

import secrets
from dataclasses import dataclass, replace

import pandas as pd

from workbench.churn.models import Scores
from workbench.personal import pseudonyms

_DAYS_A_YEAR = 365.25
# What a month of a subscription costs, in the contract and in the Telco file.
_MONTHLY = ("price", "monthly_charges")
_NO_VALUE = "not a lifetime value"


@dataclass(frozen=True, eq=False, kw_only=True)
class RetentionList:
    """Whom to contact first, best first.

    `customers` has rank, customer (a pseudonym), customer_id, probability of churn, expected_spend over the horizon and
    expected_loss (their product). It is the hand-over to the campaign and may hold ids; a report shows `masked`, the
    same without customer_id. `caption` says how the list was made, and how long its pseudonyms last.
    """

    customers: pd.DataFrame
    caption: str

    @property
    def masked(self) -> pd.DataFrame:
        """The list for a report: pseudonyms only."""
        return self.customers.drop(columns="customer_id")

    def with_reasons(self, reasons: pd.DataFrame, *, none: str = "no single reason stands out") -> "RetentionList":
        """Add the column reasons from sentences (customer_id, reason); `none` where there is none."""
        said = reasons.groupby("customer_id")["reason"].agg("; ".join)
        told = self.customers["customer_id"].map(said).fillna(none)
        return replace(self, customers=self.customers.assign(reasons=told))


def retention_list(
    scores: Scores,
    features: pd.DataFrame,
    *,
    horizon_days: int,
    threshold: float = 0.0,
    key: bytes | None = None,
    head: int = 20,
) -> RetentionList:
    """Return the `head` customers with the largest expected loss: probability of churn x expected spend.

    Only those with a probability of at least `threshold` are listed.

    Expected spend goes on at the rate of the last 365 days (`spend_365d`), less the share that the customer has sent
    back so far (`returned_amount` of `spend`), or for subscriptions at the monthly `price`, until the horizon ends: a
    simple estimate of what is at stake, not a lifetime value. Where the features hold neither, the list is by
    probability and the caption says so. Without a `key` the pseudonyms last for this run only.
    """
    rows = scores.customers[["customer_id", "probability"]].copy()
    spend, estimate = _expected_spend(features, horizon_days=horizon_days)
    rows["expected_spend"] = rows["customer_id"].map(pd.Series(spend.to_numpy(), index=features["customer_id"]))
    rows["expected_loss"] = rows["probability"] * rows["expected_spend"]
    order = ["expected_loss", "probability", "customer_id"]
    rows = rows[rows["probability"] >= threshold].sort_values(order, ascending=[False, False, True])
    rows = rows.head(head).reset_index(drop=True)
    rows.insert(0, "customer", pseudonyms(rows["customer_id"], key=key or secrets.token_bytes(32)))
    rows.insert(0, "rank", rows.index + 1)
    lasting = "the same in every run with this key" if key else "fresh in every run, because no key was given"
    least = f", of those who leave with at least {threshold:.0%}" if threshold else ""
    caption = f"Whom to contact first, {estimate}{least}. Customers are pseudonyms, {lasting}."
    return RetentionList(customers=rows, caption=caption)


def _expected_spend(features: pd.DataFrame, *, horizon_days: int) -> tuple[pd.Series, str]:
    ahead = f"in the next {horizon_days} days"
    by_loss = "by expected loss: probability of churn x expected spend"
    if "spend_365d" in features:
        kept = 1 - (features["returned_amount"] / features["spend"]).clip(0, 1) if "returned_amount" in features else 1
        spend = features["spend_365d"].clip(lower=0) * kept * horizon_days / _DAYS_A_YEAR
        return spend, f"{by_loss} {ahead} at the rate of the last 365 days, less their share of returns; {_NO_VALUE}"
    if prices := [column for column in _MONTHLY if column in features]:
        spend = features[prices[0]].clip(lower=0) * 12 * horizon_days / _DAYS_A_YEAR
        return spend, f"{by_loss} {ahead} at the monthly price; {_NO_VALUE}"
    unknown = pd.Series(float("nan"), index=features.index)
    return unknown, "by probability of churn alone, because no spend or price is known"
