"""Repetition is found where it is real, and nowhere else."""

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.governance.redundancy import determined


def found(frame, *candidates):
    distinct = frame.replace(r"^\s*$", None, regex=True).nunique(dropna=False).to_dict()
    return determined(
        ibis.memtable(frame), sample=frame, candidates=candidates or list(frame), distinct=distinct, rows=len(frame)
    )


def frame(**columns):
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def test_a_column_in_other_words_is_found():
    assert found(frame(code="ABC" * 20, name=["Anna", "Bob", "Cleo"] * 20), "name") == {"name": "code"}


def test_of_two_that_repeat_each_other_one_stays():
    assert found(frame(code="AB" * 30, name=["Anna", "Bob"] * 30), "name", "code") == {"name": "code"}


def test_the_coarser_column_is_the_one_that_repeats():
    assert found(frame(city="ABCD" * 30, region="XXYY" * 30)) == {"region": "city"}


def test_one_row_that_says_something_else_is_enough():
    assert found(frame(code="AB" * 30, name=["Anna", "Bob"] * 29 + ["Anna", "Cleo"]), "name") == {}


def test_missing_is_a_value():
    half = [None, "Bob"] * 30
    assert found(frame(code="AB" * 30, name=half), "name") == {"name": "code"}
    assert found(frame(code="AB" * 30, name=[*half[:-1], None]), "name") == {}
    assert found(frame(code="AB" * 30, name=[" ", "Bob", None, "Bob"] * 15), "name") == {"name": "code"}


@pytest.mark.parametrize(("rows", "says"), [(19, {}), (20, {"name": "code"})])
def test_a_value_must_repeat_twenty_times(rows, says):
    assert found(frame(code="AB" * rows, name=["Anna", "Bob"] * rows), "name") == says


def test_keys_and_constants_determine_nothing():
    assert found(frame(key=range(60), one="A" * 60, name=["Anna", "Bob"] * 30), "name") == {}


def test_a_constant_is_no_repetition_and_a_nearly_constant_one_may_be_chance():
    assert found(frame(code="AB" * 30, one="x" * 60), "one") == {}
    # One customer from abroad: with 59 of 60 rows alike, six in ten columns would fit by chance.
    assert found(frame(code="A" * 59 + "B", name="x" * 59 + "y"), "name") == {}


def test_what_only_looks_so_in_the_sample_is_asked_of_the_whole_table():
    whole = frame(code="AB" * 40, name=["Anna", "Bob"] * 30 + ["Cleo", "Dan"] * 10)
    says = determined(
        ibis.memtable(whole), sample=whole.head(60), candidates=["name"], distinct={"code": 2, "name": 4}, rows=80
    )
    assert says == {}


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_independent_columns_are_never_redundant(seed):
    rng = pd.Series(range(120)).sample(frac=1, random_state=seed).to_numpy()
    assert found(frame(code=(rng % 3).astype(str), flag=[place % 2 == 0 for place in range(120)]), "flag") == {}
