"""The smallest size within one standard error of the best: worked by hand, at its bounds, with too little to go by."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.governance.minimal import smallest_within_one_se


def curve(*values: float, se: float = 0.01) -> pd.DataFrame:
    """Return a curve of these values at 2, 4, 6 … fields; the best has no error."""
    value = np.array(values)
    names = [f"{letter}1, {letter}2" for letter in "abcdefgh"[: len(values)]]
    figures = {"value": value, "low": value - 0.02, "high": value + 0.02, "se": np.where(value == value.max(), 0, se)}
    return pd.DataFrame({"size": 2 * np.arange(1, len(values) + 1), "name": names, **figures})


def test_the_smallest_within_its_error_of_the_best_is_chosen() -> None:
    found = smallest_within_one_se(curve(0.70, 0.785, 0.792, 0.80, 0.799))
    assert (found.size, found.name, found.best_size) == (6, "c1, c2", 8)
    assert found.curve["chosen"].tolist() == [False, False, True, False, False]
    assert found.could_go == ("d1", "d2", "e1", "e2")
    assert found.sentence == (
        "With 6 of 10 fields the AUC is 0.792 (0.772 to 0.812), within one standard error of the best, 0.800 with 8. "
        "For this forecast 4 could go: d1, d2, e1, e2."
    )


def test_the_error_itself_is_within_and_anything_more_is_not() -> None:
    assert smallest_within_one_se(curve(0.5, 0.75, se=0.25)).size == 2
    assert smallest_within_one_se(curve(0.5, 0.75, se=0.2499)).size == 4


def test_sizes_as_good_as_the_best_leave_the_smallest() -> None:
    found = smallest_within_one_se(curve(0.8, 0.8, 0.8))
    assert (found.size, found.best_size) == (2, 2)
    assert found.sentence.startswith("With 2 of 6 fields the AUC is 0.800 (0.780 to 0.820), the best. For this")


def test_where_everything_is_needed_nothing_could_go() -> None:
    found = smallest_within_one_se(curve(0.6, 0.7, 0.8))
    assert (found.size, found.could_go) == (6, ())
    assert found.sentence == (
        "With 6 of 6 fields the AUC is 0.800 (0.780 to 0.820), the best; with 4 it is 0.700, more than one standard "
        "error behind. This forecast needs all fields."
    )


def test_months_are_proposed_as_an_age() -> None:
    history = curve(0.70, 0.795, 0.80).assign(name=["1 month", "3 months", "all history"], size=[1, 3, 30])
    found = smallest_within_one_se(history, unit="months", measure="rank correlation")
    assert found.could_go == ()
    assert found.sentence.startswith("With 3 of 30 months of history the rank correlation is 0.795")
    assert found.sentence.endswith("For this forecast what is older than 3 months could go.")


def test_too_little_is_said_with_its_reason() -> None:
    empty = curve(0.7).head(0)
    empty.attrs["note"] = "not enough data: there is one fold only"
    nothing = smallest_within_one_se(empty)
    assert (nothing.size, nothing.sentence) == (None, "not enough data: there is one fold only.")
    assert smallest_within_one_se(curve(0.7, np.nan)).sentence == "not enough data: 1 sizes to compare."
    assert list(nothing.curve) == ["size", "name", "value", "low", "high", "se", "chosen"]


def test_a_curve_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="no column se"):
        smallest_within_one_se(curve(0.7, 0.8).drop(columns="se"))
    with pytest.raises(InputError, match="size 2 comes twice"):
        smallest_within_one_se(curve(0.7, 0.8).assign(size=2))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.floats(0, 0.5), st.randoms(use_true_random=False))
def test_the_choice_is_within_and_no_smaller_one_is(values: list[float], se: float, random: object) -> None:
    points = curve(*values, se=se)
    shuffled = points.sample(frac=1, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    found = smallest_within_one_se(shuffled)
    behind = points["value"].max() - points["value"]
    assert found.size == points.loc[behind <= points["se"], "size"].min()
    assert found.curve["size"].tolist() == points["size"].tolist()
