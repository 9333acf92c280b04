"""Whom to contact first: the customers with whom most spend is expected to leave, and why.

In: scores, drivers and features of one cut-off.   Out: a `RetentionList`: ids for the campaign, none for reports.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.churn.explain import Drivers
from workbench.churn.models import Scores
from workbench.churn.reasons import reasons
from workbench.errors import InputError

_DAYS_A_YEAR = 365.25
_SHORTEST_KEY = 16
# What a month of a subscription costs, in the contract and in the Telco file.
_MONTHLY = ("price", "monthly_charges")
_NO_VALUE = "not a lifetime value"


@dataclass(frozen=True, eq=False, kw_only=True)
class RetentionList:
    """Whom to contact first, best first.

    `customers` has rank, customer (a pseudonym), customer_id, probability of churn, expected_spend over the horizon,
    expected_loss (their product) and reasons. It is the hand-over to the campaign and may hold ids; a report shows
    `masked`, the same without customer_id. `caption` says how the list was made, and how long its pseudonyms last.
    """

    customers: pd.DataFrame
    caption: str

    @property
    def masked(self) -> pd.DataFrame:
        """The list for a report: pseudonyms only."""
        return self.customers.drop(columns="customer_id")


def retention_list(
    scores: Scores,
    drivers: Drivers,
    features: pd.DataFrame,
    *,
    horizon_days: int,
    key: bytes | None = None,
    head: int = 20,
    currency: str = "",
) -> RetentionList:
    """Return the `head` customers with the largest expected loss: probability of churn x expected spend.

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
    rows = rows.sort_values(order, ascending=[False, False, True]).head(head).reset_index(drop=True)
    why = reasons(drivers, features, customers=rows["customer_id"].tolist(), currency=currency)
    said = {name: "; ".join(found) for name, found in why.groupby("customer_id")["reason"]}
    rows["reasons"] = [said.get(name, "no single reason stands out") for name in rows["customer_id"]]
    rows.insert(0, "customer", pseudonyms(rows["customer_id"], key=key or secrets.token_bytes(32)))
    rows.insert(0, "rank", rows.index + 1)
    lasting = "the same in every run with this key" if key else "fresh in every run, because no key was given"
    caption = f"Whom to contact first, {estimate}. Customers are pseudonyms, {lasting}."
    return RetentionList(customers=rows, caption=caption)


def pseudonyms(customer_ids: pd.Series, *, key: bytes) -> pd.Series:
    """Return a name for each id that only the holder of the key can trace back: HMAC-SHA256, 12 hexadecimal digits.

    A hash without a key would hide nothing: ids are few and regular enough to be tried one by one.

    >>> pseudonyms(pd.Series(["17850"]), key=b"a secret of the market").tolist()
    ['e2cd42b1738d']
    """
    return customer_ids.map(lambda name: hmac.new(key, str(name).encode(), hashlib.sha256).hexdigest()[:12])


def pseudonym_key() -> bytes | None:
    """Return the key in the environment's WORKBENCH_KEY or in the file that WORKBENCH_KEY_FILE names; None without.

    An InputError says that the file cannot be read or that a key is shorter than 16 bytes.
    """
    place, key = "WORKBENCH_KEY", os.environ.get("WORKBENCH_KEY", "").encode()
    if not key and (file := os.environ.get("WORKBENCH_KEY_FILE")):
        place = f"WORKBENCH_KEY_FILE={file}"
        try:
            key = Path(file).read_bytes().strip()
        except OSError as error:
            raise InputError(f"{place}: cannot be read: {error.strerror}") from error
    if 0 < len(key) < _SHORTEST_KEY:
        raise InputError(f"{place}: the key has {len(key)} bytes, at least {_SHORTEST_KEY} are needed")
    return key or None


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
