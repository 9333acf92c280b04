"""Names that are nearly the same, and names that are not, one letter apart."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.governance.matching import pairs, plain_name


def rows(*names, key="k"):
    return pd.DataFrame({"key": key, "name": [plain_name(name) for name in names]})


def matches(*names):
    return len(pairs(rows(*names), "key").left) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Élise Étangbleu", "elise etangbleu"),
        ("Anna Lindhain", "LINDHAIN, Anna"),
        ("Anna Lindhain", "Anna Linndhain"),
        ("Hanna Grünhag", "Hana Grünhag"),
        ("Marie Quellhof", "Maria Quellhof"),
        ("Paula Quellhof", "Raula Quellhof"),
        ("Oskar Kieselgrund", "Oskar Keiselgrudn"),
        ("葵 青葉沢", "葵青葉沢"),
        ("さくら 青葉沢", "さくらら 青葉沢"),
        ("", "Anna Lindhain"),
    ],
)
def test_the_same_person(first, second):
    assert matches(first, second)
    assert matches(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Tim Lindhain", "Tom Lindhain"),
        ("Anna Lindhain", "Jana Lindhain"),
        ("Anna Lindhain", "Bernd Lindhain"),
        ("Lukas Eschweg", "Luise Eschweg"),
        ("Anna Lindhain", "Anna Maria Lindhain"),
        ("Oskar Kieselgrund", "Oskar Keisolgrudn"),
        ("葵 青葉沢", "蓮 青葉沢"),
    ],
)
def test_another_person(first, second):
    assert not matches(first, second)


def test_pairs_stay_within_their_block_and_need_a_key():
    people = pd.DataFrame({"key": ["a", "b", None, None], "name": "ana berg"})
    assert len(pairs(people, "key").left) == 0


def test_all_pairs_of_a_block_are_found():
    found = pairs(rows(*["Anna Berg"] * 4), "key")
    assert sorted(zip(found.left, found.right, strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_what_is_known_of_both_must_agree():
    people = rows(*["Anna Berg"] * 3).assign(birth=["1980", "1981", None])
    found = pairs(people, "key", agree=["birth"])
    assert sorted(zip(found.left, found.right, strict=True)) == [(0, 2), (1, 2)]


@pytest.mark.parametrize(("size", "found", "skipped"), [(200, 200 * 199 // 2, 0), (201, 0, 201)])
def test_a_block_of_two_hundred_is_compared_a_larger_one_is_skipped(size, found, skipped):
    result = pairs(rows(*["Anna Berg"] * size), "key")
    assert (len(result.left), len(result.skipped)) == (found, skipped)


def test_large_blocks_are_split_by_initials():
    result = pairs(rows(*["Anna Berg"] * 150, *["Carl Dorn"] * 149, "Dorn Carl"), "key")
    assert (len(result.left), len(result.skipped)) == (2 * 150 * 149 // 2, 0)


def test_likeness_is_the_share_of_letters_that_agree():
    assert pairs(rows("Marie Berg", "Maria Berg"), "key").likeness.tolist() == [1 - 1 / 9]


@given(st.lists(st.text("abé -", max_size=6), max_size=12), st.randoms())
def test_order_of_rows_makes_no_difference(names, random):
    people = rows(*names)
    order = random.sample(range(len(names)), len(names))
    first = pairs(people, "key")
    second = pairs(people.iloc[order].reset_index(drop=True), "key")
    ours = {frozenset(pair) for pair in zip(first.left, first.right, strict=True)}
    assert {frozenset((order[a], order[b])) for a, b in zip(second.left, second.right, strict=True)} == ours


@given(st.text())
def test_a_plain_name_is_plain(name):
    assert plain_name(plain_name(name)) == plain_name(name)
