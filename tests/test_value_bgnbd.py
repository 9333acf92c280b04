"""BG/NBD against its closed forms, published figures, its own differences and its own draws, out to the tails."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, gammaln, hyp2f1

from workbench.value import bgnbd
from workbench.value.histories import Collapsed, collapse

PUBLISHED = np.array([0.243, 4.414, 0.793, 2.426])
LOGS = st.lists(st.floats(-3, 4), min_size=4, max_size=4).map(np.array)
ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1500), st.floats(0, 1)), min_size=1, max_size=12)
EXTREMES = [(0, 0, 0), (0, 0, 1), (1, 1, 1), (5000, 20_000, 20_000), (5000, 1, 20_000), (5000, 700, 700)]


def known(rows: list[tuple[int, int, int]]) -> Collapsed:
    return collapse(pd.DataFrame(rows, columns=["repeats", "active_days", "tenure_days"]))


def shared(rows: list[tuple[int, int, float]]) -> Collapsed:
    return known([(x, round(share * days) if x else 0, days) for x, days, share in rows])


def literal(parameters: np.ndarray, x: int, last: float, until: float) -> float:
    """Equation (6) of the paper, taken word by word."""
    r, alpha, a, b = parameters
    level = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = np.exp(betaln(a, b + x) - betaln(a, b)) / (alpha + until) ** (r + x)
    leaves = np.exp(betaln(a + 1, b + x - 1) - betaln(a, b)) / (alpha + last) ** (r + x) if x else 0.0
    return float(level + np.log(stays + leaves))


def slopes(loss, at: np.ndarray, alike: Collapsed, step: float = 1e-5) -> np.ndarray:
    return np.array([loss(at + e, alike)[0] - loss(at - e, alike)[0] for e in step * np.eye(len(at))]) / (2 * step)


@pytest.mark.parametrize("row", [(0, 0, 273), (2, 213, 272), (26, 216, 217), (7, 7, 700)])
def test_the_likelihood_is_that_of_the_paper(row: tuple[int, int, int]) -> None:
    x, last, until = row
    found = bgnbd.log_likelihoods(PUBLISHED, known([row]))
    assert found == pytest.approx([literal(PUBLISHED, x, last / 7, until / 7)], abs=1e-9)
    assert bgnbd.loss(np.log(PUBLISHED), known([row]))[0] == pytest.approx(-found[0], abs=1e-12)


@given(LOGS, ROWS)
@settings(max_examples=60, deadline=None)
def test_gradients_are_those_of_differences(logs: np.ndarray, rows: list[tuple[int, int, float]]) -> None:
    alike = shared(rows)
    assert bgnbd.loss(logs, alike)[1] == pytest.approx(slopes(bgnbd.loss, logs, alike), rel=1e-4, abs=1e-5)
    never = slopes(bgnbd.nobody_leaves, logs[:2], alike)
    assert bgnbd.nobody_leaves(logs[:2], alike)[1] == pytest.approx(never, rel=1e-4, abs=1e-5)


@given(LOGS, ROWS)
@settings(max_examples=30, deadline=None)
def test_alike_customers_may_be_put_together(logs: np.ndarray, rows: list[tuple[int, int, float]]) -> None:
    alike = shared(rows * 3)
    each = bgnbd.log_likelihoods(np.exp(logs), alike)[alike.place]
    assert bgnbd.loss(logs, alike)[0] == pytest.approx(-each.mean(), rel=1e-9)


def test_where_nobody_leaves_it_is_nbd() -> None:
    alike = known([(0, 0, 90), (3, 60, 80), (1, 30, 210), (12, 100, 365)])
    logs = np.log([0.7, 6.0, 1e-14, 2.0])
    assert bgnbd.loss(logs, alike)[0] == pytest.approx(bgnbd.nobody_leaves(logs[:2], alike)[0], abs=1e-7)


@pytest.mark.parametrize(
    "parameters", [PUBLISHED, [1.0, 1e-6, 0.1, 3.0], [0.01, 900.0, 8e-7, 8e-7], [50.0, 1e6, 1e6, 1e-6]]
)
def test_extreme_histories_are_safe(parameters: list[float]) -> None:
    alike, values = known(EXTREMES), np.asarray(parameters)
    value, gradient = bgnbd.loss(np.log(values), alike)
    assert np.isfinite([value, *gradient]).all()
    alive = bgnbd.probability_alive(values, alike)
    expected = bgnbd.expected_orders(values, alike.repeats, alike.tenure_days, np.array([1.0, 520.0]))
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.all(np.isfinite(expected) & (expected >= 0))


@pytest.mark.parametrize(
    ("row", "weeks", "alive", "orders"), [((2, 213, 272), 39, 0.7266, 1.226), ((26, 216, 217), 52, 0.9688, 25.76)]
)
def test_published_customers(row: tuple[int, int, int], weeks: float, alive: float, orders: float) -> None:
    alike = known([row])
    chance = bgnbd.probability_alive(PUBLISHED, alike)
    found = chance * bgnbd.expected_orders(PUBLISHED, alike.repeats, alike.tenure_days, np.array([weeks]))[:, 0]
    assert chance == pytest.approx([alive], abs=1e-4)
    assert found == pytest.approx([orders], abs=5e-3)


@pytest.mark.parametrize("x", [0, 1, 7, 26, 148, 151])
@pytest.mark.parametrize("weeks", [1.0, 13.0, 52.0])
def test_expected_orders_are_those_of_the_closed_form(x: int, weeks: float) -> None:
    r, alpha, a, b = PUBLISHED
    until = 272 / 7
    shrunk = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + until + weeks))
    closed = (a + b + x - 1) / (a - 1) * (1 - ((alpha + until) / (alpha + until + weeks)) ** (r + x) * shrunk)
    found = bgnbd.expected_orders(PUBLISHED, np.array([x]), np.array([272]), np.array([weeks]))
    assert found[0, 0] == pytest.approx(closed, rel=1e-8)


@given(LOGS, st.integers(0, 300), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_more_weeks_bring_more_orders_at_no_more_than_the_rate(logs: np.ndarray, x: int, days: int) -> None:
    weeks = np.array([0.0, 1.0, 4.0, 52.0, 520.0])
    r, alpha = np.exp(logs[:2])
    found = bgnbd.expected_orders(np.exp(logs), np.array([x]), np.array([days]), weeks)[0]
    assert found[0] == 0
    assert np.all(np.diff(found) >= -1e-14 * found[-1])  # by no more than rounding, where nobody is left to order
    assert found[1] > 0
    assert np.all(found <= (r + x) * weeks / (alpha + days / 7) * (1 + 1e-9))


@given(LOGS, st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_silence_makes_leaving_likelier(logs: np.ndarray, x: int) -> None:
    alike = known([(x, 100, until) for until in (100, 110, 200, 2000)])
    alive = bgnbd.probability_alive(np.exp(logs), alike)[alike.place]
    assert np.all(np.diff(alive) <= 0)
    assert 0 <= alive[-1] <= alive[0] < 1


@pytest.mark.parametrize(("x", "days"), [(0, 273), (3, 100), (26, 217), (160, 272)])
def test_draws_are_as_expected(x: int, days: int) -> None:
    rng, where = np.random.default_rng(1), (np.array([x]), np.array([days]))
    drawn = bgnbd.draw_orders(PUBLISHED, *where, weeks=39.0, draws=40_000, rng=rng)[0]
    expected = bgnbd.expected_orders(PUBLISHED, *where, np.array([39.0]))[0, 0]
    assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / 200)
