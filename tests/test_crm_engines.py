"""The same CRM through DuckDB and through Spark: the same tables, the same faults, to the last value."""

from pathlib import Path

import pandas as pd
import pytest

from workbench import crm
from workbench.churn.features import features

DAYS = pd.to_datetime(
    ["2024-01-01 00:00:00", "2024-06-30 23:59:59.123456", "2024-07-01 12:00:00", "2025-01-01"], format="ISO8601"
)
CUSTOMERS = pd.DataFrame(
    {"customer_id": [1, 2, 3, 4], "country": ["DE", "FR", "DE", None], "signup_at": DAYS.tz_localize("Europe/Berlin")}
)
ORDERS = pd.DataFrame(
    {"order_id": list("abcd"), "customer_id": [1, 2, 3, 3], "ordered_at": DAYS, "amount": [1.5, 2.0, -0.25, 1e6]}
)
BROKEN = ORDERS.assign(order_id=list("aabc"), customer_id=[1, 9, 9, 9], amount=[None, 1e12, float("inf"), 3.0])


@pytest.fixture
def both(spark, crm_folder):
    """Return a function that gives the locations of the same tables on both engines."""

    def places(folder: Path | None = None, **tables: pd.DataFrame) -> tuple[Path, str]:
        for view in spark.catalog.listTables():
            spark.catalog.dropTempView(view.name)
        folder = folder or crm_folder(**tables)
        for path in folder.glob("*.parquet"):
            spark.read.parquet(str(path)).createOrReplaceTempView(path.stem)
        return folder, "pyspark://"

    return places


def test_both_engines_open_the_same_tables(both):
    duckdb, spark = (crm.open(place) for place in both(customers=CUSTOMERS, orders=ORDERS))
    assert duckdb.period() == spark.period()
    for name, key in {"customers": "customer_id", "orders": "order_id"}.items():
        frames = [data.frame(name).sort_values(key, ignore_index=True) for data in (duckdb, spark)]
        pd.testing.assert_frame_equal(*frames)


def test_both_engines_cut_countries_and_days_alike(both):
    cut = {"countries": ["DE"], "first_day": DAYS[1].date(), "last_day": DAYS[2].date()}
    found = [crm.open(place, **cut).frame("orders") for place in both(customers=CUSTOMERS, orders=ORDERS)]
    assert found[0].values.tolist() == found[1].values.tolist() == [["c", "3", DAYS[2], -0.25]]


def test_both_engines_find_the_same_faults(both):
    duckdb, spark = (crm.inspect(place) for place in both(customers=CUSTOMERS, orders=BROKEN))
    assert [str(fault) for fault in duckdb.faults] == [str(fault) for fault in spark.faults]
    assert [fault.rows for fault in duckdb.faults] == [1, 2, 1, 3]
    pd.testing.assert_frame_equal(duckdb.tables, spark.tables)


def _as_if_scored(messages):
    positive = messages.rating.cast("float64") / 5
    return messages.select("customer_id", "sent_at", negative=1 - positive, neutral=positive * 0, positive=positive)


def test_both_engines_compute_the_same_features(both, tmp_path):
    found = []
    for place in both(crm.sample.write(tmp_path / "sample", customers=50)):
        data = crm.open(place, countries=["DE", "IN"])
        events = {name: data.table(name) for name in ("messages", "touches", "activity")}
        events["sentiment"] = _as_if_scored(events["messages"])
        known = features(data.table("orders"), cutoff=pd.Timestamp("2025-07-01"), **events).to_pyarrow().to_pandas()
        found.append(known.sort_values("customer_id", ignore_index=True))
    assert len(found[0]) > 50
    pd.testing.assert_frame_equal(*found, check_exact=True)
