"""Each doubt is named where it is due, and only there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.value.cautions import chance_of, of_buying, of_spend
from workbench.value.likelihood import Fit

MANY = pd.DataFrame({"repeats": [0, 1] * 40})


def fit(log_likelihood: float, *, converged: bool = True) -> Fit:
    nothing = np.full(1, np.nan)
    return Fit(
        parameters=nothing,
        standard_errors=nothing,
        covariance=nothing[:, None],
        log_likelihood=log_likelihood,
        converged=converged,
        at_bound=np.zeros(1, dtype=bool),
    )


@pytest.mark.parametrize(
    ("known", "gain", "leaves", "converged", "names"),
    [
        (MANY, 10.0, 0.2, True, []),
        (MANY, 0.5, 0.2, True, ["nobody_leaves"]),
        (MANY, 10.0, 0.0009, True, ["nobody_leaves"]),
        (MANY, 10.0, 0.2, False, ["not_converged"]),
        (MANY.head(58), 10.0, 0.2, True, ["few_repeats"]),
        (MANY.head(60), 10.0, 0.2, True, []),
    ],
)
def test_a_fit_of_buying_is_doubted_for_a_reason(
    known: pd.DataFrame, gain: float, leaves: float, converged: bool, names: list[str]
) -> None:
    found = of_buying(known, fit(-100 + gain / 2, converged=converged), never=fit(-100.0), leaves=leaves)
    assert [caution.name for caution in found] == names


def test_few_repeats_say_how_few() -> None:
    (found,) = of_buying(MANY.head(6), fit(-1.0), never=fit(-9.0), leaves=0.2)
    assert found.text.startswith("not enough data: 3 customers ordered on more than one day, 30 are needed")


@pytest.mark.parametrize(("gain", "chance"), [(-3.0, 0.5), (0.0, 0.5), (2.705543, 0.05), (5.411894, 0.01)])
def test_a_likelihood_ratio_at_the_end_of_the_range_is_half_chi_squared(gain: float, chance: float) -> None:
    assert chance_of(gain) == pytest.approx(chance, abs=1e-6)


def test_spend_that_follows_frequency_is_told_with_its_direction() -> None:
    (found,) = of_spend(np.arange(100.0, 0, -1), np.arange(1, 101))
    assert found.name == "spend_follows_frequency"
    assert "(rank correlation -1.00)" in found.text


def test_one_customer_who_decides_all_is_told() -> None:
    spend = np.append(np.tile([9.0, 11.0], 200), 1000.0)
    (found,) = of_spend(spend, np.full(401, 2))
    assert (found.name, "91 times the median" in found.text) == ("huge_outliers", True)


def test_ordinary_spend_is_not_doubted() -> None:
    rng = np.random.default_rng(2)
    assert of_spend(rng.lognormal(3, 0.8, 800), rng.poisson(3, 800) + 1) == ()
    assert of_spend(np.array([5.0]), np.array([1])) == ()


def test_leaving_that_differs_between_no_customers_is_told_with_its_chance() -> None:
    found = of_buying(
        MANY, replace(fit(-90.0), parameters=np.array([1.0, 10.0, 7e4, 1.1e6])), never=fit(-100.0), leaves=0.06
    )
    assert [caution.name for caution in found] == ["leaving_alike"]
    assert "(6.0% after an order or a week)" in found[0].text
