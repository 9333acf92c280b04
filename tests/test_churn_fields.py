"""Which fields features read is proven by emptying them; what fields are worth, on data where it is known."""

from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from ibis import _

from workbench import churn, crm
from workbench.churn.features import READS, SIZED, features
from workbench.churn.subscriptions import READS as OF_SUBSCRIPTIONS
from workbench.churn.subscriptions import subscription_examples
from workbench.errors import InputError

CUTOFF = pd.Timestamp("2025-07-01")
MONTHS = pd.date_range("2023-01-01", "2024-03-01", freq="MS")
Tables = dict[str, ibis.Table]


@pytest.fixture(scope="module")
def tables(sample_folder: Path) -> Tables:
    held = crm.open(sample_folder).cut(["DE"])
    return {name: held.table(name) for name in ("orders", "customers", "messages", "touches", "activity")}


def described(tables: Tables) -> pd.DataFrame:
    """Return the features of all customers, with a made-up sentiment that hangs on the text."""
    length = _.text.length() % 3
    felt = {name: (length == place).cast("float64") for place, name in enumerate(["negative", "neutral", "positive"])}
    events = {name: tables[name] for name in ("messages", "touches", "activity")}
    events["sentiment"] = tables["messages"].mutate(**felt)
    everybody = tables["everybody"]
    found = features(tables["orders"], cutoff=CUTOFF, customers=everybody, **events).to_pyarrow().to_pandas()
    # As `examples` adds it.
    where = tables["customers"].select("customer_id", "country").to_pyarrow().to_pandas()
    return found.merge(where, on="customer_id", how="left").set_index("customer_id").sort_index()


def emptied(tables: Tables, field: str) -> Tables:
    name, column = field.split(".")
    return {**tables, name: tables[name].mutate(**{column: ibis.null(tables[name][column].type())})}


def changed(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    return {name for name in before if not before[name].equals(after.reindex(before.index)[name])}


@pytest.fixture(scope="module")
def everybody(tables: Tables) -> Tables:
    return {**tables, "everybody": tables["customers"].select("customer_id").cache()}


@pytest.fixture(scope="module")
def before(everybody: Tables) -> pd.DataFrame:
    return described(everybody)


@pytest.mark.parametrize("field", churn.features_reading({name: [*read] for name, read in READS.items()}))
def test_emptying_a_field_changes_exactly_the_features_that_read_it(
    field: str, everybody: Tables, before: pd.DataFrame
) -> None:
    reading = churn.features_reading(churn.fields_read(before))
    assert changed(before, described(emptied(everybody, field))) == set(reading[field])


def test_the_size_of_an_amount_changes_only_what_hangs_on_it(everybody: Tables, before: pd.DataFrame) -> None:
    signs = {**everybody, "orders": everybody["orders"].mutate(amount=_.amount.sign().cast("float64"))}
    assert changed(before, described(signs)) == set(SIZED)


def test_every_feature_is_declared_and_every_declared_one_is_there(before: pd.DataFrame) -> None:
    assert set(READS) == set(before)


def test_examples_read_as_features_do(tables: Tables) -> None:
    found = churn.examples(tables["orders"], cutoffs=[CUTOFF], horizon_days=90)
    assert set(churn.fields_read(found)) == set(found) - {"customer_id", "cutoff", "season_ratio", "churned"}
    with pytest.raises(InputError, match=r"no field of the CRM is declared for opend_90d; did you mean 'opened_90d'"):
        churn.fields_read(found.assign(opend_90d=1))


SUBSCRIPTIONS = pd.DataFrame(
    [
        ("a", "2024-01-01", "2024-03-01", "S", 5.0),
        ("a", "2024-04-01", None, "L", 9.0),
        ("b", "2024-01-15", None, "M", 7.0),
        ("b", "2024-02-15", "2024-05-01", "S", 5.0),
    ],
    columns=["customer_id", "started_at", "ended_at", "plan", "price"],
).astype({"started_at": "datetime64[us]", "ended_at": "datetime64[us]"})


def of_subscriptions(frame: pd.DataFrame) -> pd.DataFrame:
    customers = pd.DataFrame({"customer_id": ["a", "b"], "birth_year": [1970, 1980], "segment": ["x", "y"]})
    when = {"cutoffs": [pd.Timestamp("2024-06-01")], "horizon_days": 30}
    found = subscription_examples(customers, ibis.memtable(frame), **when)
    return found.set_index("customer_id").drop(columns=["cutoff", "churned"])


@pytest.mark.parametrize("column", ["ended_at", "plan", "price"])
def test_features_of_subscriptions_read_what_is_declared(column: str) -> None:
    whole = of_subscriptions(SUBSCRIPTIONS)
    empty = SUBSCRIPTIONS.assign(**{column: pd.Series(None, SUBSCRIPTIONS.index, SUBSCRIPTIONS[column].dtype)})
    expected = {name for name, read in OF_SUBSCRIPTIONS.items() if f"subscriptions.{column}" in read}
    assert expected <= set(whole)
    assert changed(whole, of_subscriptions(empty)) == expected


def test_attributes_are_read_as_they_stand() -> None:
    read = churn.fields_read(of_subscriptions(SUBSCRIPTIONS), kind="subscriptions")
    assert (read["segment"], read["age_years"]) == (["customers.segment"], ["customers.birth_year"])
    assert read["tenure_days"] == ["subscriptions.customer_id", "subscriptions.started_at"]


def gathered(*, kind: str = "orders", customers: int = 300) -> churn.Gathered:
    """Return examples whose churn hangs on recency and on a rating; e-mails opened and spend say nothing."""
    rng = np.random.default_rng(3)
    size = len(MONTHS) * customers
    recency, rating, opened, spend = rng.normal(size=(4, size))
    past = pd.DataFrame(
        {
            "customer_id": np.tile([str(number) for number in range(customers)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, customers),
            "recency_days": recency,
            "spend": spend,
            "rating": rating,
            "touches_90d": 1,
            "opened_90d": opened,
            "churned": (rng.normal(size=size) + recency + 1.5 * rating > 0).astype(int),
        }
    )
    return churn.Gathered(kind=kind, definition="", past=past, today=past.head(0))  # type: ignore[arg-type]


Measured = tuple[churn.Backtest, churn.Gathered, pd.DataFrame]


@pytest.fixture(scope="module")
def measured() -> Measured:
    found = gathered()
    tested = churn.backtest(found.past, horizon_days=90)
    return tested, found, churn.worth_of_fields(tested, found, horizon_days=90).set_index("field")


def test_a_decisive_field_is_worth_much_and_a_useless_one_nothing(measured: Measured) -> None:
    worths = measured[2]
    assert worths.loc["messages.rating", "low"] > 0.05
    for useless in ("touches.opened_at", "orders.amount"):
        assert worths.loc[useless, "low"] < 0 < worths.loc[useless, "high"] < 0.01
    assert worths["model"].unique().tolist() == ["logistic"]


def test_a_field_is_worth_what_its_features_are(measured: Measured) -> None:
    tested, found, worths = measured
    gain = churn.worth(tested, found, columns=["rating"], name="rating", horizon_days=90)
    assert worths.loc["messages.rating", ["value", "low", "high"]].tolist() == [gain.value, gain.low, gain.high]


def test_fields_that_share_their_features_share_their_worth_and_say_so(measured: Measured) -> None:
    worths = measured[2]
    three = worths.loc[["messages.customer_id", "messages.sent_at", "messages.rating"]]
    assert three["value"].nunique() == 1
    assert (
        three["note"]
        .str.endswith(
            "measured together, as the same features read them: messages.customer_id, messages.sent_at, messages.rating"
        )
        .all()
    )
    assert worths.loc["orders.amount", "note"].endswith("its sign, which tells an order from a return, stays")


def test_what_defines_churn_has_no_number_and_keeps_all_else(measured: Measured) -> None:
    needed = measured[2].loc[["orders.customer_id", "orders.ordered_at"]]
    assert needed["note"].unique().tolist() == ["needed: churn is defined by it"]
    assert needed[["value", "low", "high", "earlier"]].isna().all(axis=None)


def test_what_does_not_vary_is_not_used(measured: Measured) -> None:
    tested, found, _worths = measured
    flat = replace(found, past=found.past.assign(opened_90d=0))
    row = churn.worth_of_fields(tested, flat, horizon_days=90).set_index("field").loc["touches.opened_at"]
    assert np.isnan(row["value"])
    assert row["note"] == "not used: it tells no customer from another before any cut-off"


def test_what_is_known_without_the_latest_fold_does_not_look_at_it(measured: Measured) -> None:
    tested, found, worths = measured
    latest = found.past["cutoff"] == MONTHS[-1]
    turned = found.past["churned"].where(~latest, 1 - found.past["churned"])
    other = churn.worth_of_fields(tested, replace(found, past=found.past.assign(churned=turned)), horizon_days=90)
    assert other["earlier"].tolist() == pytest.approx(worths["earlier"].tolist(), nan_ok=True)
    assert not np.allclose(other["value"], worths["value"], equal_nan=True)


def test_trees_are_measured_on_the_latest_two_folds(measured: Measured) -> None:
    tested, found, _worths = measured
    row = churn.worth_of_fields(replace(tested, model="trees"), found, horizon_days=90).set_index("field")
    assert "on the same customers at 2023-12-01, 2024-03-01" in row.loc["messages.rating", "note"]
    assert row.loc["messages.rating", "low"] > 0.05


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"model": None, "reason": "not enough data: 2"}, "not measured: not enough data: 2"),
        ({"model": "recency"}, "not measured: the chosen model is a rule of one number"),
        ({"scope": "pooled"}, "not measured: the chosen model learns from other markets, too"),
    ],
)
def test_what_cannot_be_measured_says_why(measured: Measured, change: dict[str, str], note: str) -> None:
    tested, found, _worths = measured
    worths = churn.worth_of_fields(replace(tested, **change), found, horizon_days=90)  # type: ignore[arg-type]
    assert worths["note"].unique().tolist() == [note]
    assert worths["value"].isna().all()


def test_attributes_of_labelled_customers_are_named_but_not_measured(measured: Measured) -> None:
    labelled = gathered(kind="label")
    worths = churn.worth_of_fields(measured[0], labelled, horizon_days=90)
    assert "customers.rating" in set(worths["field"])
    assert worths["note"].unique().tolist() == ["not measured: only churn by orders leaves its fields out one by one"]
