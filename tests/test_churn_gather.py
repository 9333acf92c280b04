"""Which customers a model learns from and whom it scores, from whichever tables there are."""

from datetime import date

import ibis
import pandas as pd
import pytest

from workbench import churn, crm
from workbench.errors import InputError

HORIZON = {"horizon_days": 90}


@pytest.fixture(scope="module")
def japan(sample_folder):
    return crm.open(sample_folder, countries=["JP"]).tables


@pytest.fixture(scope="module")
def found(japan):
    return churn.gather(japan, **HORIZON)


@pytest.fixture(scope="module")
def lately(sample_folder):
    """Return all markets as of their last fifteen months: fewer cut-offs, which is what takes time."""
    return crm.open(sample_folder, first_day=date(2024, 10, 1))


@pytest.fixture(scope="module")
def japan_lately(lately):
    return lately.cut(["JP"]).tables


def test_today_are_all_who_ever_ordered_on_the_day_after_the_last_order(japan, found):
    bought = japan["orders"].filter(japan["orders"].amount > 0).to_pyarrow().to_pandas()
    assert set(found.today["customer_id"]) == set(bought["customer_id"])
    assert found.today["cutoff"].unique().tolist() == [bought["ordered_at"].max().normalize() + pd.Timedelta(days=1)]
    assert found.today["churned"].isna().all()


def test_no_outcome_of_the_past_reaches_beyond_the_data(found):
    assert found.past["cutoff"].max() + pd.Timedelta(days=90) <= found.today["cutoff"].iloc[0]
    assert set(found.past["churned"]) == {0, 1}


def test_a_small_market_has_a_pool_that_holds_its_own_customers(japan_lately, lately):
    found = churn.gather(japan_lately, everyone=lately.tables, **HORIZON)
    assert set(found.past["customer_id"]) < set(found.pool["customer_id"])
    assert found.pool["country"].nunique() == 6


def test_a_large_market_reads_no_pool():
    ids = [f"c{n}" for n in range(churn.SMALL)]
    first, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-12-01")
    rows = {
        "customer_id": ids * 2,
        "ordered_at": [first] * len(ids) + [last] * len(ids),
        "amount": [5.0] * 2 * len(ids),
    }
    assert churn.gather({"orders": ibis.memtable(pd.DataFrame(rows))}, everyone={}, **HORIZON).pool is None


def test_without_orders_subscriptions_say_who_left(japan):
    found = churn.gather({name: table for name, table in japan.items() if name != "orders"}, **HORIZON)
    assert found.kind == "subscriptions"
    assert "tenure_days" in found.today


def test_a_label_goes_before_subscriptions():
    customers = pd.DataFrame({"customer_id": list("abc"), "plan": list("MML"), "churned": [True, False, False]})
    found = churn.gather({"customers": ibis.memtable(customers)}, **HORIZON)
    assert (found.kind, found.today["customer_id"].tolist()) == ("label", ["b", "c"])


def test_customers_without_a_label_are_those_to_score():
    customers = pd.DataFrame({"customer_id": list("abc"), "plan": list("MML"), "churned": [True, False, None]})
    found = churn.gather({"customers": ibis.memtable(customers)}, **HORIZON)
    assert found.past["customer_id"].tolist() == ["a", "b"]
    assert found.today["customer_id"].tolist() == ["c"]


def test_leaks_leave_market_and_pool_alike():
    past = pd.DataFrame({"left": [1, 0] * 40, "age": range(80), "churned": [1, 0] * 40})
    found = churn.Gathered(kind="label", definition="", past=past, today=past, pool=past)
    rest = found.without(churn.find_leaks(past))
    assert list(rest.past) == list(rest.pool) == ["age", "churned"]


def test_sentiment_is_known_of_the_market_s_own_customers_only(japan_lately, lately):
    messages = japan_lately["messages"].filter(japan_lately["messages"].customer_id.notnull())
    felt = messages.select("customer_id", "sent_at").to_pandas().assign(negative=0.1, neutral=0.2, positive=0.7)
    found = churn.gather(japan_lately, everyone=lately.tables, sentiment=felt, **HORIZON)
    assert {*churn.SENTIMENT} <= {*found.past} & {*found.today}
    assert not {*churn.SENTIMENT} & {*found.pool}
    leak = pd.DataFrame({"column": ["negative_90d"], "reason": "", "evidence": ""})
    assert "negative_90d" not in found.without(leak).past
    with pytest.raises(InputError, match=r"sentiment: no column negative; there is: customer_id, sent_at, neutral"):
        churn.gather(japan_lately, sentiment=felt.drop(columns="negative"), **HORIZON)


@pytest.mark.parametrize("named", [{}, {"customer_id": None}, {"customer_id": float("nan")}])
def test_messages_that_name_no_customer_tell_nothing_of_any(japan_lately, named):
    at = pd.to_datetime(["2025-01-01", "2025-02-01"])
    felt = pd.DataFrame({"sent_at": at, "negative": 0.1, "neutral": 0.2, "positive": 0.7}).assign(**named)
    today = churn.gather(japan_lately, sentiment=felt, **HORIZON).today
    assert today["sentiment_last"].isna().all()
    assert (today["negative_90d"] == 0).all()


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "add one of them"),
        ({"subscriptions": {"customer_id": ["a"], "started_at": [pd.NaT]}}, "subscriptions: none"),
        (
            {"orders": {"customer_id": ["a"], "ordered_at": [pd.Timestamp("2024-01-01")], "amount": [-5.0]}},
            "orders: none",
        ),
    ],
)
def test_nothing_to_learn_from_is_said(tables, said):
    with pytest.raises(InputError, match=said):
        churn.gather({name: ibis.memtable(pd.DataFrame(rows)) for name, rows in tables.items()}, **HORIZON)


def test_customers_of_whom_nothing_is_known_are_nothing_to_learn_from():
    ids = [str(place) for place in range(90)]
    customers = ibis.memtable({"customer_id": ids, "churned": [True, False, False] * 30})
    found = churn.gather({"customers": customers}, **HORIZON)
    with pytest.raises(InputError, match="no column tells one customer from another"):
        found.without(churn.find_leaks(found.past))
