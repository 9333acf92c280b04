"""Folder of Parquet, DuckDB file, PostgreSQL and Spark: the same computations give the same frames, to the last bit."""

import gc
import re
import sys
from datetime import date
from functools import partial
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines_case import AS_WRITTEN, PASSWORD, as_duckdb, as_postgres, as_spark, postgres_server
from workbench import crm, governance, sentiment, value
from workbench.churn.daily import events_of
from workbench.churn.examples import cutoffs, examples
from workbench.churn.features import features
from workbench.churn.gather import EVENTS, scores_of
from workbench.churn.history import curve_of_history
from workbench.churn.subscriptions import subscription_examples
from workbench.crm.conform import nearest
from workbench.errors import InputError
from workbench.governance.audit import CHECKS
from workbench.governance.case import Case
from workbench.governance.spilled import _first_look
from workbench.law import Calendar, law

GERMANY = {"countries": ("DE",), "timezone": "Europe/Berlin"}
CAPS = {"caps": {"1 day": 1, "7 days": 3, "30 days": 8}, "quiet_from": 21, "quiet_until": 8}
CUTOFF = pd.Timestamp("2025-07-01")
NOBODY = {"records": {}, "fairness": None, "pressure": None, "drift": None, "curves": {}, "energy": {}}
# A connection lives as long as the tables that are read through it; psycopg would have it closed by hand.
pytestmark = pytest.mark.filterwarnings("ignore:.* was deleted while still open:ResourceWarning")


@pytest.fixture(autouse=True)
def _what_was_opened_ends_with_its_test():
    yield
    gc.collect()


@pytest.fixture(scope="module")
def postgres():
    """Return the URL of a PostgreSQL server of our own."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install crm-workbench[postgres]")
    with postgres_server() as url:
        if not url:
            pytest.skip("PostgreSQL's server (initdb, pg_ctl) is not installed, or there is no user to run it")
        yield url


@pytest.fixture(scope="module")
def on_postgres(postgres, sample_folder):
    """Return the sample on PostgreSQL, cut to Germany."""
    return crm.open(as_postgres(sample_folder, postgres, "market"), countries=["DE"])


@pytest.fixture(scope="module")
def on_folder(sample_folder):
    """Return the sample as Parquet, cut to Germany."""
    return crm.open(sample_folder, countries=["DE"])


@pytest.fixture
def on_spark(spark, sample_folder):
    """Return some of the sample on Spark, cut to Germany."""
    return crm.open(as_spark(sample_folder, spark), countries=["DE"], only=SPARKS)


# Spark takes a second for what others do in a hundredth: features, faults and cuts come last, of tables with few rows.
SPARKS = ("customers", "orders", "messages", "activity", "consents")


def by_key(frame):
    """Return a frame without the order of rows, which no engine promises."""
    return frame.sort_values([*frame.columns], ignore_index=True)


def same(one, other):
    """Hold two nests of frames and plain values against each other."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            same(one[name], other[name])
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(by_key(one), by_key(other), check_exact=True)
    else:
        np.testing.assert_array_equal(one, other)


def everything(data):
    return {name: data.frame(name) for name in data.tables} | {"about": data.summary(), "period": data.period()}


def described(data):
    scores = data.frame("messages").dropna(subset="rating").assign(positive=lambda rows: rows["rating"] / 5)
    scores = scores_of(scores.assign(negative=1 - scores["positive"], neutral=0.0))
    events = {name: data.table(name) for name in EVENTS if name in data} | {"sentiment": scores}
    find = partial(features, data.table("orders"), cutoff=CUTOFF, **events)
    asked = {"buyers": find(), "all": find(customers=data.table("customers"))}
    return {name: table.to_pyarrow().to_pandas() for name, table in asked.items()}


def by_orders(data):
    orders, days = data.table("orders"), [CUTOFF - pd.Timedelta(days=184), CUTOFF]
    past = examples(orders, cutoffs=days, horizon_days=90, customers=data.frame("customers"))
    spent = value.gather(past, past[past["cutoff"] == CUTOFF], orders, horizon_days=90)
    return {"cutoffs": cutoffs(orders, horizon_days=90), "past": spent.past, "volume": spent.volume.reset_index()}


def by_subscriptions(data):
    days = [CUTOFF - pd.Timedelta(days=184), CUTOFF]
    return subscription_examples(data.frame("customers"), data.table("subscriptions"), cutoffs=days, horizon_days=90)


def looking_back(data):
    return curve_of_history(data.tables, model="logistic", horizon_days=180, months=(6,))


def replayed(data):
    found = events_of(data.tables)
    return {name: np.asarray(array) for name, array in enumerate([found.cents, *found.orders, *sum(found.others, ())])}


def read(data):
    found = sentiment.gather(data.table("messages"), languages=("de",))
    return {"rows": found.rows, "counts": found.counts, "context": sentiment.in_context(found.rows, data.tables)}


def audited(data):
    found = governance.audit(data.tables, regime="gdpr", as_of="2025-10-01", **GERMANY)
    facts = {"rule": found.law.rules["retention_exceeded"], "seen_at": found.seen_at, **GERMANY}
    plan = governance.lifecycle(found.known, open_requests=found.open_requests, **facts)
    documents = governance.write_documents(
        market="germany", audit=found, fields=found.fields, tables=found.known, **NOBODY
    )
    told = {"findings": found.table, "open": found.open_requests, "fields": found.fields.table, "plan": plan.customers}
    return told | found.accused | {document.name: document.markdown for document in documents}


def watched(data):
    found = governance.audit({"fields": data.table("fields")}, regime="gdpr", as_of="2026-01-01")
    pressed = governance.assess_pressure(data.tables, timezone="Europe/Berlin", **CAPS)
    fair = governance.assess_fairness(data.tables, {}, seen_at=pd.Timestamp("2026-01-01"), target_gap=0.05)
    state = governance.take_state(data.tables, {}, found, fairness_gaps=fair.gaps, further=(), before=None)
    names = ("load", "peaks", "hours", "by_hour", "by_pressure", "slopes", "caps", "energy", "effect")
    told = {name: getattr(pressed, name) for name in names}
    return told | {"decisions": fair.decisions, "absent": fair.absent, "state": state}


ALL = (everything, described, by_orders, by_subscriptions, looking_back, replayed, read, audited, watched)


@pytest.mark.parametrize("compute", ALL, ids=lambda one: one.__name__)
def test_postgresql_tells_the_same_as_a_folder(compute, on_folder, on_postgres):
    same(compute(on_folder), compute(on_postgres))


def test_a_duckdb_file_tells_the_same_as_a_folder(on_folder, sample_folder, tmp_path):
    data = crm.open(as_duckdb(sample_folder, tmp_path / "crm.duckdb"), countries=["DE"])
    for compute in (everything, described):
        same(compute(on_folder), compute(data))


def test_spark_tells_the_same_as_a_folder(on_spark, sample_folder):
    data = crm.open(sample_folder, countries=["DE"], only=SPARKS)
    for compute in (replayed, read, checked):
        same(compute(data), compute(on_spark))


def checked(data):
    rules = law("gdpr", as_of=date(2026, 1, 1)).rules
    facts = {"tables": data.tables, "seen_at": pd.Timestamp("2026-01-01"), "calendar": Calendar(), **GERMANY}
    codes = ("consent_unproven", "personal_data_in_text")
    return {code: CHECKS[code](Case(rule=rules[code], **facts)).accused for code in codes}


TOLD = [
    "NÉ LE 3.4.80",
    "née en 80",
    "जन्म १२",
    "D.O.B 1.2.80",
    "me(AT)home",
    "1 2 3 4 5 6 ７",
    "a::1",
    "?a=b",
    "geboren\n9",
]


def test_the_first_look_for_personal_data_misses_nothing_on_any_engine(on_postgres):
    texts = ibis.memtable({"text": [*TOLD, "12 3456", "born", "80 %", "ÉTÉ"]})
    look = texts.filter(lambda row: row.text.re_search(_first_look("postgres")))
    assert set(on_postgres.table("orders").get_backend().to_pyarrow(look)["text"].to_pylist()) == set(TOLD)
    other = texts.filter(lambda row: row.text.re_search(_first_look("duckdb")))
    assert set(other.to_pyarrow()["text"].to_pylist()) == set(TOLD)


AMOUNTS = st.floats(-1e9, 1e9, allow_subnormal=False) | st.integers(-2000, 2000).map(lambda eighths: eighths / 8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.floats(-1e9, 1e9, allow_subnormal=False) | st.integers(-2000, 2000).map(lambda n: n / 8),
        min_size=1,
        max_size=40,
    )
)
def test_cents_are_the_same_on_every_engine(on_postgres, amounts):
    rows = ibis.memtable({"place": range(len(amounts)), "amount": amounts})
    asked = rows.select("place", cents=nearest(rows.amount * 100)).order_by("place")
    server = on_postgres.table("orders").get_backend()
    found = [engine.to_pyarrow(asked)["cents"].to_pylist() for engine in (ibis.duckdb.connect(), server)]
    assert found[0] == found[1] == [float(np.sign(a) * np.floor(abs(a * 100) + 0.5)) for a in amounts]


@pytest.fixture(scope="module")
def own_types(postgres):
    """Return the server's URL after two schemas of a company's own were made: one that can be read, and an odd one."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(OWN_TYPES)
    return postgres


def test_a_companys_own_types_are_brought_to_the_contract(own_types):
    data = crm.open(own_types.replace("?", "/own?"))
    assert data.frame("orders").values.tolist() == [
        ["00000000-0000-0000-0000-000000000001", "7", pd.Timestamp("2024-12-31 22:30"), 12.35]
    ]
    assert data.frame("customers").values.tolist() == [["7", "DE", pd.Timestamp("2024-02-29"), 1980]]


def test_what_postgresql_refuses_is_a_fault_of_its_table(own_types):
    found = [str(fault) for fault in crm.inspect(own_types.replace("?", "/odd?")).faults]
    assert [fault.split(":")[0] for fault in found] == ["orders", "messages"]
    assert all(": cannot be read: " in fault for fault in found)


OWN_TYPES = """
    CREATE SCHEMA own;
    CREATE TABLE own.customers AS SELECT 7::bigint AS customer_id, 'DE'::char(2) AS country,
        '2024-02-29'::date AS signup_at, 1980::smallint AS birth_year;
    CREATE VIEW own.orders AS SELECT '00000000-0000-0000-0000-000000000001'::uuid AS order_id, 7 AS customer_id,
        '2025-01-01 00:30+02'::timestamptz AS ordered_at, 12.35::numeric(12, 2) AS amount;
    CREATE SCHEMA odd;
    CREATE TYPE odd.channel AS ENUM ('email', 'chat');
    CREATE TABLE odd.messages (message_id int, sent_at timestamp, channel odd.channel, text text);
    CREATE TABLE odd.orders (order_id int, customer_id int, ordered_at timestamp, amount money);
"""


WRONG = {
    "is down": ("@/", "@127.0.0.1:9/", r"cannot be opened: connection .*port 9 failed: Connection refused"),
    "another password": (AS_WRITTEN, "guessed", r"cannot be opened: .*password authentication failed for user \"crm\""),
    "no such database": ("/postgres?", "/nowhere?", r"cannot be opened: .*database \"nowhere\" does not exist"),
    "no such schema": ("/postgres?", "/postgres/nowhere?", "its schema is not there, or is .*there is: .*public"),
    "nothing in it": ("/postgres?", "/postgres/public?", "no table of the contract"),
    "a bare slash": (AS_WRITTEN, PASSWORD.replace("@", "%40"), "with %2F for / and %40 for @ in a password"),
}


@pytest.mark.parametrize(("was", "becomes", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_url_is_said_in_one_line_without_the_password(postgres, was, becomes, said):
    url = postgres.replace(was, becomes)
    url = url.split("?")[0] if "127.0.0.1" in url else url
    with pytest.raises(InputError, match=said) as caught:
        crm.open(url)
    message = str(caught.value)
    assert "\n" not in message
    assert not {"guessed", "cret", AS_WRITTEN, PASSWORD} & set(re.split(r"[:@/ ]", message))
    assert "crm:***@" in message


def test_user_and_password_may_come_from_the_environment(own_types, monkeypatch):
    url = own_types.replace(f"crm:{AS_WRITTEN}@", "").replace("?", "/own?")
    monkeypatch.setenv("PGUSER", "crm")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert len(crm.open(url, only=["orders"]).frame("orders")) == 1
    monkeypatch.delenv("PGPASSWORD")
    with pytest.raises(InputError, match=r"cannot be opened: .*no password supplied"):
        crm.open(url)


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ibis.backends.mysql", None)
    with pytest.raises(InputError, match=r"its driver is not installed: pip install 'ibis-framework\[mysql\]'"):
        crm.open("mysql://crm@host/db")


def test_the_yaml_of_the_page_on_scaling_can_be_read():
    page = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")
    parts = [list(yaml.safe_load_all(block)) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    kinds = [part["kind"] for block in parts for part in block if "kind" in part]
    assert "CronJob" in kinds
    assert len(parts) >= 2


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
    """Return a function that gives the locations of the same tables in a folder and on Spark.

    One Spark serves all tests in one file: to start it takes longer than all that it is asked.
    """

    def places(**tables):
        folder = crm_folder(**tables)
        return folder, as_spark(folder, spark)

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


def test_both_engines_compute_the_same_features(spark, tmp_path):
    found = []
    folder = crm.sample.write(tmp_path / "sample", customers=50)
    for place in (folder, as_spark(folder, spark)):
        data = crm.open(place, countries=["DE", "IN"])
        events = {name: data.table(name) for name in ("messages", "touches", "activity")}
        events["sentiment"] = _as_if_scored(events["messages"])
        known = features(data.table("orders"), cutoff=pd.Timestamp("2025-07-01"), **events).to_pyarrow().to_pandas()
        found.append(known.sort_values("customer_id", ignore_index=True))
    assert len(found[0]) > 50
    pd.testing.assert_frame_equal(*found, check_exact=True)
