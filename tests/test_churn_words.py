"""Features have names for people, values have units, and what says nearly the same is one family."""

import re

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.churn.features import features
from workbench.churn.words import NAMES, family, in_units, readable


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
    [
        ("orders_90d", "orders in the last 90 days"),
        ("clicked_90d", "marketing contacts clicked, last 90 days"),
        ("spend_season", "spend in the coming season, last year"),
        ("MultipleLines", "multiple lines"),
        ("Monthly Charges", "monthly charges"),
        ("CLTV", "CLTV"),
        ("x__y_", "x y"),
    ],
)
def test_columns_have_names_for_people_and_unknown_ones_are_spelt_out(column: str, name: str) -> None:
    assert readable(column) == name


def test_every_feature_has_a_name_of_its_own() -> None:
    """A new feature wants its words in NAMES; two features of one name could not be told apart."""
    kinds = {"customer_id": "string"}
    kinds |= dict.fromkeys(["amount", "rating", "negative", "neutral", "positive"], "float64")
    times = ["ordered_at", "sent_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "occurred_at"]
    events = ibis.table({**kinds, **dict.fromkeys(times, "timestamp")}, name="events")
    tables = dict.fromkeys(["messages", "touches", "activity", "sentiment"], events)
    known = features(events, cutoff=pd.Timestamp("2024-01-01"), **tables)
    columns = [column for column in known.columns if column != "customer_id"]
    assert [column for column in columns if not any(re.fullmatch(pattern, column) for pattern in NAMES)] == []
    assert len({readable(column) for column in columns}) == len(columns)


def test_families_hold_what_says_nearly_the_same() -> None:
    assert {family(column) for column in ("recency_days", "orders_90d", "lateness")} == {"rhythm"}
    assert family("orders_season") != family("orders_365d")
    assert family("Contract") == "Contract"
