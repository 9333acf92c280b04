"""Second accounts of one person: who is accused, who is not, and what cannot be said."""

import json

import ibis
import pandas as pd
import pytest

from governance_case import case
from workbench import crm
from workbench.governance.duplicates import customer_duplicated, find_duplicates, precision

ANNA = {"name": "Anna Lindhain", "postcode": "01067", "birth_year": 1980, "gender": "female"}


def accounts(*rows):
    """Return customers 1, 2, 3, in order of signing up, all like Anna but for what a row says."""
    days = pd.date_range("2024-01-01", periods=len(rows)).astype("datetime64[us]")
    ids = [str(number) for number in range(1, len(rows) + 1)]
    return pd.DataFrame([ANNA | row for row in rows]).assign(customer_id=ids, signup_at=days)


def found(*rows, **asked):
    return find_duplicates(accounts(*rows), **asked)[["customer_id", "duplicate_of"]].values.tolist()


SAME = {"name": "Anna Lindhian"}


def test_the_later_account_is_the_duplicate():
    assert found({}, SAME) == [["2", "1"]]
    table = accounts({}, SAME).assign(signup_at=pd.to_datetime(["2024-05-01", "2024-01-01"]))
    assert find_duplicates(ibis.memtable(table))["customer_id"].tolist() == ["1"]
    assert find_duplicates(table.assign(signup_at=[pd.NaT, pd.Timestamp("2024-01-01")]))["customer_id"].tolist() == [
        "1"
    ]
    assert find_duplicates(table.drop(columns="signup_at"))["customer_id"].tolist() == ["2"]


@pytest.mark.parametrize(
    "other",
    [{"name": "Bernd Lindhain"}, {"birth_year": 1981}, {"gender": "male"}, {"postcode": "01069"}, {"birth_year": None}],
)
def test_a_household_is_no_duplicate(other):
    assert found({}, other) == []


def test_the_same_postcode_of_another_country_is_another():
    assert found({"country": "DE"}, {"country": "FR"}) == []


def test_an_address_or_a_phone_joins_what_has_moved():
    moved = {"postcode": "99999"}
    assert found({"email": "Anna@mail.org"}, {"email": " anna@MAIL.org", **moved}) == [["2", "1"]]
    numbers = {"phone": "+49 (171) 39-20-012"}, {"phone": "0171 3920012", **moved}
    assert found(*numbers, countries=["DE"]) == [["2", "1"]]
    assert found(*numbers) == []
    assert found({"phone": "0049 171 3920012"}, {"phone": "+491713920012", **moved}) == [["2", "1"]]
    assert found({"phone": "12345"}, {"phone": "12345", **moved}) == []


def test_a_shared_mailbox_is_no_duplicate_but_one_without_names_is():
    shared = {"email": "home@mail.org"}
    assert found(shared, shared | {"name": "Bernd Lindhain", "gender": "male"}) == []
    people = accounts(shared, shared)[["customer_id", "email"]]
    assert find_duplicates(people)["why"].tolist() == ["same e-mail, same name"]


def test_of_three_all_point_at_the_first():
    assert found({}, SAME, {"name": "ANNA LINDHAIN"}) == [["2", "1"], ["3", "1"]]


def test_nobody_is_joined_to_a_contradiction_through_a_third():
    mail = {"email": "a@mail.org"}
    rows = [mail | {"birth_year": year} for year in (1980, None, 1950)]
    assert found(*rows) == [["2", "1"]]


def test_blanks_are_no_keys():
    assert found({"email": " ", "postcode": None}, {"email": "", "postcode": None}) == []


def test_names_in_two_columns_are_one_name():
    whole = accounts({}, {}).drop(columns="name")
    parts = whole.assign(first_name=["Anna", "Lindhain"], last_name=["Lindhain", "Anna"])
    assert find_duplicates(parts)["score"].tolist() == [1.0]


def test_columns_that_say_nothing_find_nothing():
    table = pd.DataFrame({"customer_id": ["1", "2"], "name": "Anna Berg"})
    assert find_duplicates(table).empty
    assert customer_duplicated(case({}, customers=ibis.memtable(table))).verdict == "not evidenced"
    assert customer_duplicated(case({})).note == "no table customers"


def test_nobody_to_compare_is_not_applicable():
    assert customer_duplicated(case({}, customers=[])).verdict == "not applicable"


def test_the_check_counts_whom_it_cannot_compare():
    table = accounts({}, {"postcode": "99999"}, {"postcode": None})
    outcome = customer_duplicated(case({}, customers=ibis.memtable(table)))
    assert (outcome.verdict, outcome.unproven, outcome.looked_at) == ("not evidenced", 1, 3)
    assert customer_duplicated(case({}, customers=ibis.memtable(table.head(2)))).verdict == "met"


def test_what_is_too_many_to_compare_is_not_called_met():
    many = accounts(*[{}] * 201)
    outcome = customer_duplicated(case({}, customers=ibis.memtable(many)))
    assert (outcome.verdict, outcome.unproven) == ("not evidenced", 201)
    assert "Anna" not in outcome.note


def test_precision_counts_pairs_whichever_way_they_point():
    ours = pd.DataFrame({"customer_id": ["2", "9"], "duplicate_of": ["1", "8"]})
    theirs = pd.DataFrame({"customer_id": ["1", "4", "6"], "duplicate_of": ["2", "3", "5"]})
    figures = precision(ours, theirs).set_index("measure")
    assert figures[["count", "of"]].values.tolist() == [[1, 2], [1, 3]]
    assert figures.loc["precision", ["value", "low", "high"]].tolist() == pytest.approx([0.5, 0.0945, 0.9055], abs=1e-4)
    assert precision(ours.head(0), theirs)["value"].isna().tolist() == [True, False]


@pytest.mark.parametrize("country", ["DE", "FR", "BR", "JP", "US", "IN"])
def test_every_planted_pair_of_the_sample_is_found_and_no_other(country, sample_folder):
    planted = pd.DataFrame(
        [
            row
            for entry in json.loads((sample_folder / "planted.json").read_text())
            if entry["code"] == "customer_duplicated"
            for row in entry["rows"]
            if row["customer_id"].startswith(country)
        ]
    )
    customers = crm.open(sample_folder, only=["customers"]).cut([country]).table("customers")
    assert precision(find_duplicates(customers), planted)["value"].tolist() == [1, 1]
