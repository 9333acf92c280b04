"""Types of the contract: ids become strings, times naive UTC, and nothing is cast that does not fit."""

from datetime import UTC, datetime, timedelta, timezone

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from workbench.crm.conform import Raw, conform, settle, typed_columns, utc
from workbench.crm.contract import TABLES

ORDERS = TABLES["orders"]
NOON = datetime(2024, 7, 1, 12)


def typed(name, values, *, from_text=False):
    raw = Raw(table=ibis.memtable(pa.table({name: values})), from_text=from_text)
    columns = typed_columns(raw, ORDERS)
    return raw.table.select(x=columns[name]).to_pyarrow()["x"].to_pylist() if columns else "does not fit"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("order_id", pa.array([7, 12345678901234567]), ["7", "12345678901234567"]),
        ("order_id", pa.array(["007"]), ["007"]),
        ("order_id", pa.array([7.0]), "does not fit"),
        ("order_id", pa.array([True]), "does not fit"),
        ("ordered_at", pa.array([NOON]), [NOON]),
        ("ordered_at", pa.array([NOON.replace(tzinfo=UTC)]), [NOON]),
        ("ordered_at", pa.array([NOON.replace(tzinfo=timezone(timedelta(hours=2)))]), [NOON - timedelta(hours=2)]),
        ("ordered_at", pa.array([NOON], pa.timestamp("ns")), [NOON]),
        ("ordered_at", pa.array([NOON.date()]), [datetime(2024, 7, 1)]),
        ("ordered_at", pa.array([20240701]), "does not fit"),
        ("ordered_at", pa.array(["2024-07-01"]), "does not fit"),
        ("amount", pa.array([5]), [5.0]),
        ("amount", pa.array([1.5, float("nan")]), [1.5, None]),
        ("amount", pa.array(["1.5"]), "does not fit"),
        ("currency", pa.array([978]), ["978"]),
        ("currency", pa.array([9.5]), "does not fit"),
    ],
)
def test_columns_of_a_typed_file(name, given, expected):
    assert typed(name, given) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("order_id", "007", "007"),
        ("ordered_at", "2024-07-01T14:00:00+02:00", NOON),
        ("ordered_at", "2024-07-01 12:00", NOON),
        ("ordered_at", "01.07.2024", None),
        ("amount", "-12.5", -12.5),
        ("amount", "twelve", None),
        ("amount", "nan", None),
    ],
)
def test_columns_of_a_csv_file(name, text, expected):
    assert typed(name, pa.array([text]), from_text=True) == [expected]


def test_unknown_columns_are_kept_as_they_are():
    raw = Raw(table=ibis.memtable({"customer_id": [1], "churn_score": [86], "city": ["Bonn"]}))
    found = conform(raw, TABLES["customers"]).to_pyarrow().to_pylist()
    assert found == [{"customer_id": "1", "churn_score": 86, "city": "Bonn"}]


def test_whole_numbers_with_gaps_and_columns_without_a_value_take_the_contracts_type():
    """As pandas writes them: floats for whole numbers with gaps, and no type for a column of None."""
    frame = pd.DataFrame({"customer_id": ["a", "b"], "birth_year": [1980, None], "signup_at": [None, None]})
    raw = Raw(table=ibis.memtable(frame.astype({"signup_at": "float64"})))
    found = conform(settle(raw, TABLES["customers"]), TABLES["customers"])
    assert found.to_pyarrow().to_pylist()[0] == {"customer_id": "a", "birth_year": 1980, "signup_at": None}
    assert str(found.signup_at.type()) == "timestamp"


def test_a_clock_in_london_is_an_hour_ahead_of_utc_in_summer_only():
    times = ibis.memtable({"at": [datetime(2011, 7, 1, 12), datetime(2011, 12, 1, 12)]})
    found = times.select(at=utc(times.at, "Europe/London")).to_pyarrow()["at"].to_pylist()
    assert found == [datetime(2011, 7, 1, 11), datetime(2011, 12, 1, 12)]


def test_a_frame_keeps_its_values_through_the_contract():
    frame = pd.DataFrame({"customer_id": ["a", "b"], "birth_year": [1980, 1990], "churned": [True, False]})
    assert conform(Raw(table=ibis.memtable(frame)), TABLES["customers"]).to_pyarrow().to_pandas().equals(frame)
