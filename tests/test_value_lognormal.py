"""Log-normal spend against scipy's distributions, planted parameters, its own differences and its own draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import lognorm

from workbench.errors import InputError
from workbench.value import lognormal

PLANTED = np.array([50.0, 0.8, 0.5])
LOGS = st.tuples(st.floats(-5, 10), st.floats(-3, 2), st.floats(-3, 2)).map(np.array)
ROWS = st.lists(st.tuples(st.floats(-5, 12), st.integers(1, 60)), min_size=1, max_size=12)


def planted(customers: int) -> tuple[np.ndarray, np.ndarray]:
    rng, days = np.random.default_rng(5), np.tile([1, 2, 8], customers // 3)
    own = np.log(50) + 0.8 * rng.standard_normal(len(days))
    return np.exp(own + 0.5 * rng.standard_normal(len(days)) / np.sqrt(days) - 0.125 / days), days


def test_planted_parameters_are_found_within_their_errors() -> None:
    fitted = lognormal.fit(*planted(6000))
    assert np.all(np.abs(fitted.parameters - PLANTED) < 3 * fitted.standard_errors)
    assert np.all(fitted.standard_errors < 0.1 * PLANTED)
    assert fitted.converged


def test_the_likelihood_is_that_of_a_log_normal() -> None:
    z, n = planted(300)
    median, between, within = (fitted := lognormal.fit(z, n)).parameters
    spread, middle = np.sqrt(between**2 + within**2 / n), median * np.exp(-(within**2) / n / 2)
    assert fitted.log_likelihood == pytest.approx(lognorm(s=spread, scale=middle).logpdf(z).sum(), abs=1e-6)


@given(LOGS, ROWS)
@settings(max_examples=60, deadline=None)
def test_gradients_are_those_of_differences(logs: np.ndarray, rows: list[tuple[float, int]]) -> None:
    log_spend, days = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    def value(at: np.ndarray) -> float:
        return lognormal.loss(at, log_spend, days)[0]

    slopes = [(value(logs + e) - value(logs - e)) / 2e-5 for e in 1e-5 * np.eye(3)]
    assert lognormal.loss(logs, log_spend, days)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("times", [1e-4, 150.0, 1e7])
def test_every_currency_is_fitted_alike(times: float) -> None:
    z, n = planted(600)
    one, other = lognormal.fit(z, n), lognormal.fit(z * times, n)
    assert other.parameters == pytest.approx(one.parameters * [times, 1, 1], rel=1e-5)
    assert other.standard_errors == pytest.approx(one.standard_errors * [times, 1, 1], rel=1e-3)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - len(z) * np.log(times))


def test_the_own_mean_is_drawn_towards_that_of_all() -> None:
    found = lognormal.expected_spend(PLANTED, np.full(4, 400.0), np.array([1, 5, 50, 50_000]))
    assert 50 * np.exp(0.32) < found[0] < found[1] < found[2] < found[3]
    assert found[3] == pytest.approx(400, rel=1e-3)


@pytest.mark.parametrize(("spend", "days"), [(22.35, 2), (180.0, 1), (15.0, 20)])
def test_draws_are_as_expected(spend: float, days: int) -> None:
    where, orders = (np.array([spend]), np.array([days])), np.tile([0, 1, 4], 30_000)[None, :]
    drawn = lognormal.draw_spend(PLANTED, *where, orders=orders, rng=np.random.default_rng(1))
    expected = lognormal.expected_spend(PLANTED, *where)
    assert np.all(drawn[orders == 0] == 0)
    for count in (1, 4):
        some = drawn[orders == count]
        assert some.mean() == pytest.approx(count * expected[0], abs=4 * some.std() / np.sqrt(len(some)))


def test_one_customer_and_equal_amounts_have_an_answer() -> None:
    for spend in ([20.0], [20.0, 20.0, 20.0]):
        fitted = lognormal.fit(np.array(spend), np.ones(len(spend), dtype=int))
        expected = lognormal.expected_spend(fitted.parameters, np.array([20.0]), np.array([1]))
        assert expected == pytest.approx([20], rel=0.1)


@pytest.mark.parametrize(("spend", "days"), [([], []), ([5.0, 0.0], [1, 1]), ([5.0, -2.0], [1, 1]), ([5.0], [0])])
def test_amounts_and_numbers_are_above_nought(spend: list[float], days: list[int]) -> None:
    with pytest.raises(InputError, match="must be above 0 for each of at least one customer"):
        lognormal.fit(np.array(spend), np.array(days))
