"""Sentences say the value with its unit, what is typical and which way it pulls."""

import numpy as np
import pandas as pd
import pytest

from workbench.churn.explain import Drivers
from workbench.churn.reasons import in_units, readable, reasons

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
        "rating: not known (typical: 4.5): raises the risk",
    ]


def test_money_comes_with_its_currency_and_switches_with_yes_or_no() -> None:
    found = drivers(spend_365d=[-1.0, 0, 0], paperless=[0.5, 0, 0])
    first, second = sentences(found, currency="EUR")
    assert "1,234 EUR (typical: 70 EUR): lowers" in first
    assert second == "paperless: yes (typical: no): raises the risk"


def test_what_moves_nothing_is_no_reason() -> None:
    assert sentences(drivers(recency_days=[0.0, 1, 1], plan=[0.0, 1, 1])) == []


def test_each_customer_asked_for_has_ranked_reasons() -> None:
    found = reasons(drivers(plan=[1.0, 2, 3], rating=[2.0, -1, 1]), FEATURES, customers=["a", "c"], top=2)
    assert found[["customer_id", "rank"]].values.tolist() == [["a", 1], ["a", 2], ["c", 1], ["c", 2]]
    assert found["contribution"].tolist() == [2.0, 1.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("tenure_days", 1.2, "1.2 days"),
        ("tenure_days", 1.0, "1 day"),
        ("age_years", np.int64(44), "44 years"),
        ("orders", np.int64(12_000), "12,000"),
        ("lateness", 0.123, "0.12"),
        ("returned_share", 0.255, "26%"),
        ("price", -0.004, "-0.004 GBP"),
        ("churned_before", np.bool_(False), "no"),
        ("plan", None, "not known"),
        ("plan", pd.NA, "not known"),
    ],
)
def test_values_are_written_for_people(column: str, value: object, text: str) -> None:
    assert in_units(value, column, currency="GBP") == text


@pytest.mark.parametrize(
    ("column", "name"),
    [("MultipleLines", "multiple lines"), ("Monthly Charges", "monthly charges"), ("CLTV", "CLTV"), ("x__y_", "x y")],
)
def test_an_unknown_column_falls_back_to_its_name_spelt_out(column: str, name: str) -> None:
    assert readable(column) == name
