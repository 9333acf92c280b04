"""The list is in the order of expected loss, says how it was made, and shows no id in a report."""

import pandas as pd
import pytest

from workbench.churn.models import Scores
from workbench.churn.retention import RetentionList, retention_list

IDS = ["17850", "13047", "12583"]
KEY = b"a secret of the market"


def listed(*, key: bytes | None = KEY, head: int = 20, **features: list[float]) -> RetentionList:
    scores = Scores(customers=pd.DataFrame({"customer_id": IDS, "probability": [0.9, 0.5, 0.1]}))
    frame = pd.DataFrame({"customer_id": IDS, "recency_days": [300.0, 90.0, 5.0], **features})
    return retention_list(scores, frame, key=key, head=head, horizon_days=73)


def test_the_largest_expected_loss_comes_first() -> None:
    found = listed(spend_365d=[100.0, 1000.0, 3652.5]).customers
    assert found["customer_id"].tolist() == ["13047", "12583", "17850"]
    assert found["expected_loss"].tolist() == pytest.approx([99.9316, 73.0, 17.9877], rel=1e-4)
    assert found["rank"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("column", ["price", "monthly_charges"])
def test_subscriptions_lose_their_price_and_refunds_are_no_gain(column: str) -> None:
    found = listed(**{column: [36.525, 10.0, -5.0]})
    assert found.customers["expected_spend"].tolist() == pytest.approx([87.6, 23.9836, 0.0], rel=1e-4)
    assert "monthly price" in found.caption


def test_what_a_customer_sends_back_is_not_at_stake() -> None:
    found = listed(
        spend_365d=[100.0, 1000.0, 3652.5], spend=[100.0, 1000.0, 5000.0], returned_amount=[0.0, 1000.0, 1000.0]
    )
    kept = found.customers.set_index("customer_id")["expected_spend"]
    assert kept[IDS].tolist() == pytest.approx([19.9863, 0.0, 584.0], rel=1e-4)


def test_without_money_the_list_is_by_probability_and_says_so() -> None:
    found = listed(head=2)
    assert found.customers["customer_id"].tolist() == ["17850", "13047"]
    assert found.caption.startswith("Whom to contact first, by probability of churn alone")
    assert found.customers["expected_loss"].isna().all()


def test_reasons_stand_beside_their_customers_and_some_have_none() -> None:
    why = pd.DataFrame({"customer_id": ["17850", "17850"], "reason": ["long silence", "few visits"]})
    found = listed(spend_365d=[100.0, 1000.0, 3652.5]).with_reasons(why).customers.set_index("customer_id")
    assert found.loc["17850", "reasons"] == "long silence; few visits"
    assert found.loc["13047", "reasons"] == "no single reason stands out"


def test_what_a_report_shows_holds_no_id() -> None:
    found = listed(spend_365d=[100.0, 1000.0, 3652.5])
    shown = found.masked.to_csv() + found.caption
    assert not any(name in shown for name in IDS)
    assert found.masked["customer"].tolist() == found.customers["customer"].tolist()


def test_a_key_makes_pseudonyms_last_and_no_key_makes_them_fresh() -> None:
    assert listed().customers["customer"].tolist() == listed().customers["customer"].tolist()
    first, second = listed(key=None), listed(key=None)
    assert not set(first.customers["customer"]) & set(second.customers["customer"])
    assert "fresh in every run" in first.caption
    assert "fresh" not in listed().caption


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.0, IDS), (0.1, IDS), (0.5, IDS[:2]), (0.51, IDS[:1]), (0.95, [])]
)
def test_only_those_at_least_as_likely_to_leave_as_the_threshold_are_listed(
    threshold: float, expected: list[str]
) -> None:
    scores = Scores(customers=pd.DataFrame({"customer_id": IDS, "probability": [0.9, 0.5, 0.1]}))
    features = pd.DataFrame({"customer_id": IDS, "spend_365d": [10.0, 100.0, 9999.0]})
    found = retention_list(scores, features, horizon_days=90, threshold=threshold, key=KEY)
    assert sorted(found.customers["customer_id"]) == sorted(expected)
    assert found.customers["rank"].tolist() == list(range(1, len(expected) + 1))
    said = f"of those who leave with at least {threshold:.0%}"
    assert (said in found.caption) == (threshold > 0)


def test_who_is_below_the_threshold_takes_no_place_on_a_short_list() -> None:
    scores = Scores(customers=pd.DataFrame({"customer_id": IDS, "probability": [0.9, 0.5, 0.1]}))
    features = pd.DataFrame({"customer_id": IDS, "spend_365d": [10.0, 100.0, 9999.0]})
    found = retention_list(scores, features, horizon_days=90, threshold=0.5, head=2)
    assert found.customers["customer_id"].tolist() == ["13047", "17850"]
