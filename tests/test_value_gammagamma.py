"""Gamma-Gamma against published figures, scipy's distributions, its own differences and its own draws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betaprime

from workbench.errors import InputError
from workbench.value import gammagamma

PUBLISHED = np.array([6.25, 3.74, 15.44])
LOGS = st.lists(st.floats(-2, 3), min_size=3, max_size=3).map(np.array)
ROWS = st.lists(st.tuples(st.floats(0.01, 100), st.integers(1, 60)), min_size=1, max_size=12)


def columns(rows: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([spend for spend, _ in rows]), np.array([days for _, days in rows])


@pytest.fixture(scope="module")
def repeats(shared_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Mean and number of the repeat orders of CDNOW's 946 repeaters, as Fader and Hardie's note counts them."""
    orders = pd.read_parquet(shared_data / "cdnow" / "cdnow_sample.parquet")
    days = orders[orders["date"] <= "1997-09-30"].groupby(["customer_id", "date"])["price"].sum()
    later = days[days.groupby("customer_id").cumcount() > 0].groupby("customer_id").agg(["mean", "size"])
    return later["mean"].to_numpy(), later["size"].to_numpy()


def test_published_parameters(repeats: tuple[np.ndarray, np.ndarray]) -> None:
    fitted = gammagamma.fit(*repeats)
    assert len(repeats[0]) == 946
    assert fitted.parameters == pytest.approx(PUBLISHED, abs=0.006)
    assert fitted.converged


def test_the_likelihood_is_that_of_a_beta_prime(repeats: tuple[np.ndarray, np.ndarray]) -> None:
    fitted, (z, n) = gammagamma.fit(*repeats), repeats
    p, q, gamma = fitted.parameters
    expected = betaprime(p * n, q).logpdf(n * z / gamma) + np.log(n / gamma)
    assert fitted.log_likelihood == pytest.approx(expected.sum(), abs=1e-6)


@given(LOGS, ROWS)
@settings(max_examples=60, deadline=None)
def test_gradients_are_those_of_differences(logs: np.ndarray, rows: list[tuple[float, int]]) -> None:
    def value(at: np.ndarray) -> float:
        return gammagamma.loss(at, *columns(rows))[0]

    slopes = [(value(logs + e) - value(logs - e)) / 2e-5 for e in 1e-5 * np.eye(3)]
    assert gammagamma.loss(logs, *columns(rows))[1] == pytest.approx(slopes, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("times", [1e-4, 150.0, 1e7])
def test_every_currency_is_fitted_alike(repeats: tuple[np.ndarray, np.ndarray], times: float) -> None:
    one, other = gammagamma.fit(*repeats), gammagamma.fit(repeats[0] * times, repeats[1])
    assert other.parameters == pytest.approx(one.parameters * [1, 1, times], rel=1e-6)
    assert other.standard_errors == pytest.approx(one.standard_errors * [1, 1, times], rel=1e-4)


def test_the_own_mean_is_drawn_towards_that_of_all() -> None:
    everybody = PUBLISHED[0] * PUBLISHED[2] / (PUBLISHED[1] - 1)
    found = gammagamma.expected_spend(PUBLISHED, np.full(4, 80.0), np.array([1, 5, 50, 50_000]))
    assert everybody < found[0] < found[1] < found[2] < found[3]
    assert found[3] == pytest.approx(80, rel=1e-3)


def test_without_a_mean_there_is_no_expectation() -> None:
    assert np.isnan(gammagamma.expected_spend(np.array([0.1, 0.5, 10.0]), np.array([5.0]), np.array([1])))


@pytest.mark.parametrize(("spend", "days"), [(22.35, 2), (180.0, 1), (15.0, 20)])
def test_draws_are_as_expected(spend: float, days: int) -> None:
    where, orders = (np.array([spend]), np.array([days])), np.tile([0, 1, 4], 30_000)[None, :]
    drawn = gammagamma.draw_spend(PUBLISHED, *where, orders=orders, rng=np.random.default_rng(1))
    expected = gammagamma.expected_spend(PUBLISHED, *where)
    assert np.all(drawn[orders == 0] == 0)
    for count in (1, 4):
        some = drawn[orders == count]
        assert some.mean() == pytest.approx(count * expected[0], abs=4 * some.std() / np.sqrt(len(some)))


@pytest.mark.parametrize(("spend", "days"), [([], []), ([5.0, 0.0], [1, 1]), ([5.0, -2.0], [1, 1]), ([5.0], [0])])
def test_amounts_and_numbers_are_above_nought(spend: list[float], days: list[int]) -> None:
    with pytest.raises(InputError, match="must be above 0 for each of at least one customer"):
        gammagamma.fit(np.array(spend), np.array(days))
