"""Sentences say the value with its unit, what is typical and which way it pulls."""

import numpy as np
import pandas as pd
import pytest

from workbench.churn.explain import Drivers
from workbench.churn.reasons import reasons

FEATURES = pd.DataFrame(
    {
        "customer_id": list("abc"),
        "recency_days": [212.4, 40.0, 1.0],
        "spend_365d": [1234.5, 50.0, 70.0],
        "plan": ["month", "year", "year"],
        "paperless": [True, False, False],
        "rating": [np.nan, 4.0, 5.0],
    }
)


def drivers(**contributions: list[float]) -> Drivers:
    frame = pd.DataFrame(contributions, index=pd.Index(list("abc"), name="customer_id"))
    return Drivers(contributions=frame, base=0.0, importance=pd.DataFrame(), seconds=0.0)


def sentences(found: Drivers, **more) -> list[str]:
    return reasons(found, FEATURES, customers=["a"], **more)["reason"].tolist()


def test_the_three_strongest_are_said_with_value_typical_value_and_direction() -> None:
    found = drivers(recency_days=[2.0, 0, 0], plan=[-3.0, 0, 0], paperless=[0.5, 0, 0], rating=[1.0, 0, 0])
    assert sentences(found) == [
        "plan: month (typical: year): lowers the risk",
        "last order 212 days ago (typical: 40 days): raises the risk",
        "average rating given: not known (typical: 4.5): raises the risk",
    ]


def test_money_comes_with_its_currency_and_switches_with_yes_or_no() -> None:
    found = drivers(spend_365d=[-1.0, 0, 0], paperless=[0.5, 0, 0])
    first, second = sentences(found, currency="EUR")
    assert "1,234 EUR (typical: 70 EUR): lowers" in first
    assert second == "paperless: yes (typical: no): raises the risk"


def test_columns_of_one_family_share_a_reason_said_by_the_strongest_that_agrees() -> None:
    """Silence sums to +0.5, so that the falling recency does not speak; the plan, at +0.6, comes first."""
    more = FEATURES.assign(lateness=[2.31, 1.0, 0.5])
    found = drivers(recency_days=[-1.0, 0, 0], lateness=[1.5, 0, 0], plan=[0.6, 0, 0])
    said = reasons(found, more, customers=["a"])
    assert said["reason"].str.split(" (", regex=False).str[0].tolist() == [
        "plan: month",
        "silent for 2.3 times the usual gap",
    ]
    assert said["contribution"].tolist() == pytest.approx([0.6, 0.5])


def test_what_moves_nothing_is_no_reason() -> None:
    assert sentences(drivers(recency_days=[0.0, 1, 1], plan=[0.0, 1, 1])) == []


def test_each_customer_asked_for_has_ranked_reasons() -> None:
    found = reasons(drivers(plan=[1.0, 2, 3], rating=[2.0, -1, 1]), FEATURES, customers=["a", "c"], top=2)
    assert found[["customer_id", "rank"]].values.tolist() == [["a", 1], ["a", 2], ["c", 1], ["c", 2]]
    assert found["contribution"].tolist() == [2.0, 1.0, 3.0, 1.0]
