"""Concentration: known shares, what may not change it, and what cannot be said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.value.concentration import concentration

AMOUNTS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)


def test_equal_customers_are_not_concentrated() -> None:
    found = concentration(pd.Series([5.0] * 40))
    assert found.gini == pytest.approx(0)
    assert found.top_decile_share == pytest.approx(0.1)
    assert found.figures["high"].tolist() == pytest.approx([0, 0.1])


def test_one_customer_may_hold_everything() -> None:
    found = concentration(pd.Series([0.0] * 99 + [7.0]))
    assert found.gini == pytest.approx(0.99)
    assert found.top_decile_share == pytest.approx(1)


def test_exponential_values_have_the_published_gini_and_top_share() -> None:
    quantiles = -np.log(1 - (np.arange(50_000) + 0.5) / 50_000)
    found = concentration(pd.Series(quantiles))
    assert found.gini == pytest.approx(0.5, abs=1e-3)
    assert found.top_decile_share == pytest.approx(0.1 * (1 - np.log(0.1)), abs=1e-3)


def test_the_curve_rises_from_nothing_to_everything_below_the_diagonal() -> None:
    curve = concentration(pd.Series(range(1000))).curve
    assert curve.iloc[[0, -1]].values.tolist() == [[0, 0], [1, 1]]
    assert (curve["value"] <= curve["customers"] + 1e-12).all()
    assert len(curve) <= 201


@pytest.mark.parametrize("size", [400, 8_000])
def test_intervals_are_as_wide_as_theory_says(size: int) -> None:
    figures = concentration(pd.Series(np.random.default_rng(3).exponential(size=size))).figures
    # The standard error of an exponential's Gini is sqrt(1 / 12 / n).
    width = (figures["high"] - figures["low"])[0]
    assert width == pytest.approx(2 * 1.96 * np.sqrt(1 / 12 / size), rel=0.15)
    assert figures["low"][0] < figures["value"][0] < figures["high"][0]


@given(AMOUNTS, st.floats(0.1, 100))
def test_the_unit_of_money_and_the_order_of_rows_make_no_difference(values: list[float], unit: float) -> None:
    plain, other = concentration(pd.Series(values)), concentration(pd.Series(values[::-1]) * unit)
    assert other.figures["value"].tolist() == pytest.approx(plain.figures["value"].tolist(), abs=1e-9)
    assert -1e-9 <= plain.gini < 1
    assert plain.top_decile_share >= 0.1 - 1e-9


def test_unknown_values_are_left_out_and_counted() -> None:
    found = concentration(pd.Series([1.0, None, 3.0]))
    assert (found.customers, found.left_out) == (2, 1)
    assert found.note.startswith("1 customers without a known value are left out.")
    assert found.figures["low"].isna().all()


@pytest.mark.parametrize(("values", "why"), [([], "no customer"), ([0.0, 0.0], "every customer's value is 0")])
def test_without_value_there_is_no_share_but_a_reason(values: list[float], why: str) -> None:
    found = concentration(pd.Series(values, dtype=float))
    assert np.isnan([found.gini, found.top_decile_share]).all()
    assert why in found.note
    assert found.curve.empty


@pytest.mark.parametrize("odd", [-1.0, np.inf])
def test_a_value_below_nothing_or_beyond_everything_is_refused(odd: float) -> None:
    with pytest.raises(InputError, match=r"values: found .* finite numbers of 0 or more are allowed"):
        concentration(pd.Series([1.0, odd]))


def test_words_are_refused() -> None:
    with pytest.raises(InputError, match="numbers of 0 or more"):
        concentration(pd.Series(["much", "little"]))
