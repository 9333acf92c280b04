"""Pareto/NBD against its closed forms, published figures, its own differences and its own draws, out to the tails."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, hyp2f1

from workbench.value import bgnbd, paretonbd
from workbench.value.histories import Collapsed, collapse

PUBLISHED = np.array([0.5534, 10.5802, 0.6061, 11.6562])
LOGS = st.lists(st.floats(-3, 4), min_size=4, max_size=4).map(np.array)
ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1500), st.floats(0, 1)), min_size=1, max_size=12)
EXTREMES = [(0, 0, 0), (0, 0, 1), (1, 1, 1), (5000, 20_000, 20_000), (5000, 1, 20_000), (5000, 700, 700)]


def known(rows: list[tuple[int, int, int]]) -> Collapsed:
    return collapse(pd.DataFrame(rows, columns=["repeats", "active_days", "tenure_days"]))


def shared(rows: list[tuple[int, int, float]]) -> Collapsed:
    return known([(x, round(share * days) if x else 0, days) for x, days, share in rows])


def literal(parameters: np.ndarray, x: int, last: float, until: float) -> float:
    """The closed form of Fader and Hardie's note of 2005, with the hypergeometric function on either side."""
    r, alpha, s, beta = parameters
    power, high, other = r + s + x, max(alpha, beta), (s + 1 if alpha >= beta else r + x)

    def term(at: float) -> float:
        ratio = abs(alpha - beta) / (high + at)
        return float(hyp2f1(power, other, power + 1, ratio) / (high + at) ** power)

    stays = 1 / ((alpha + until) ** (r + x) * (beta + until) ** s)
    level = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float(level + np.log(stays + s / power * (term(last) - term(until))))


def slopes(at: np.ndarray, alike: Collapsed, step: float = 1e-5) -> np.ndarray:
    loss = paretonbd.loss
    return np.array([loss(at + e, alike)[0] - loss(at - e, alike)[0] for e in step * np.eye(len(at))]) / (2 * step)


@pytest.mark.parametrize("row", [(0, 0, 273), (0, 0, 1500), (2, 213, 272), (26, 216, 217), (7, 7, 700), (40, 300, 900)])
@pytest.mark.parametrize("parameters", [PUBLISHED, PUBLISHED[[0, 3, 2, 1]], np.array([2.0, 5.0, 1.5, 40.0])])
def test_the_likelihood_is_that_of_the_closed_form(row: tuple[int, int, int], parameters: np.ndarray) -> None:
    x, last, until = row
    found = paretonbd.log_likelihoods(parameters, known([row]))
    assert found == pytest.approx([literal(parameters, x, last / 7, until / 7)], abs=1e-9)
    assert paretonbd.loss(np.log(parameters), known([row]))[0] == pytest.approx(-found[0], abs=1e-12)


def test_the_likelihood_holds_where_leaving_is_much_quicker_than_buying() -> None:
    parameters = np.exp([3.0, 4.0, -2.0, -3.0])
    found = paretonbd.log_likelihoods(parameters, known([(15, 0, 969)]))
    assert found == pytest.approx([literal(parameters, 15, 0, 969 / 7)], rel=1e-7)


@given(LOGS, ROWS)
@example(np.array([0.0, 2.0, 0.0, -3.0]), [(15, 21, 0.0)])
@example(np.array([3.0, 4.0, -2.0, -3.0]), [(15, 969, 0.0)])
@settings(max_examples=60, deadline=None)
def test_gradients_are_those_of_differences(logs: np.ndarray, rows: list[tuple[int, int, float]]) -> None:
    alike = shared(rows)
    assert paretonbd.loss(logs, alike)[1] == pytest.approx(slopes(logs, alike), rel=1e-4, abs=1e-5)


@given(LOGS, ROWS)
@settings(max_examples=30, deadline=None)
def test_alike_customers_may_be_put_together(logs: np.ndarray, rows: list[tuple[int, int, float]]) -> None:
    alike = shared(rows * 3)
    each = paretonbd.log_likelihoods(np.exp(logs), alike)[alike.place]
    assert paretonbd.loss(logs, alike)[0] == pytest.approx(-each.mean(), rel=1e-9)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = known([(x, 7 * x, 40 + 9 * x) for x in range(11)])
    whole = (*paretonbd.loss(np.log(PUBLISHED), alike), paretonbd.probability_alive(PUBLISHED, alike))
    monkeypatch.setattr(paretonbd, "_CHUNK", 3)
    parts = (*paretonbd.loss(np.log(PUBLISHED), alike), paretonbd.probability_alive(PUBLISHED, alike))
    assert all(one == pytest.approx(other, rel=1e-12) for one, other in zip(whole, parts, strict=True))


def test_where_nobody_leaves_it_is_nbd() -> None:
    alike = known([(0, 0, 90), (3, 60, 80), (1, 30, 210), (12, 100, 365)])
    logs = np.log([0.7, 6.0, 1e-14, 2.0])
    assert paretonbd.loss(logs, alike)[0] == pytest.approx(bgnbd.nobody_leaves(logs[:2], alike)[0], abs=1e-7)


@pytest.mark.parametrize(
    "parameters", [PUBLISHED, [1.0, 1e-6, 0.1, 3.0], [0.01, 900.0, 8e-7, 8e-7], [50.0, 1e6, 1e6, 1e-6]]
)
def test_extreme_histories_are_safe(parameters: list[float]) -> None:
    alike, values = known(EXTREMES), np.asarray(parameters)
    value, gradient = paretonbd.loss(np.log(values), alike)
    assert np.isfinite([value, *gradient]).all()
    alive = paretonbd.probability_alive(values, alike)
    expected = paretonbd.expected_orders(values, alike.repeats, alike.tenure_days, np.array([1.0, 520.0]))
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.all(np.isfinite(expected) & (expected >= 0))


def test_published_customer() -> None:
    alike = known([(26, 216, 217)])
    chance = paretonbd.probability_alive(PUBLISHED, alike)
    found = chance * paretonbd.expected_orders(PUBLISHED, alike.repeats, alike.tenure_days, np.array([52.0]))[:, 0]
    assert chance == pytest.approx([0.9979], abs=1e-4)
    assert found == pytest.approx([25.456], abs=5e-3)


@pytest.mark.parametrize("s", [1 - 1e-8, 1.0, 1 + 1e-8])
def test_at_a_hazard_of_shape_one_orders_grow_like_a_logarithm(s: float) -> None:
    found = paretonbd.expected_orders(np.array([0.5, 10.0, s, 12.0]), np.array([3]), np.array([140]), np.array([39.0]))
    assert found[0, 0] == pytest.approx(3.5 / 30 * 32 * np.log1p(39 / 32), rel=1e-6)


@given(LOGS, st.integers(0, 300), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_more_weeks_bring_more_orders_at_no_more_than_the_rate(logs: np.ndarray, x: int, days: int) -> None:
    weeks = np.array([0.0, 1.0, 4.0, 52.0, 520.0])
    r, alpha = np.exp(logs[:2])
    found = paretonbd.expected_orders(np.exp(logs), np.array([x]), np.array([days]), weeks)[0]
    assert found[0] == 0
    assert np.all(np.diff(found) >= 0)
    assert found[1] > 0
    assert np.all(found <= (r + x) * weeks / (alpha + days / 7) * (1 + 1e-9))


@given(LOGS, st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_silence_makes_leaving_likelier(logs: np.ndarray, x: int) -> None:
    alike = known([(x, 100, until) for until in (100, 110, 200, 2000)])
    alive = paretonbd.probability_alive(np.exp(logs), alike)[alike.place]
    assert alive[0] == pytest.approx(1)
    assert np.all(np.diff(alive) < 0)
    assert alive[-1] >= 0


@pytest.mark.parametrize(("x", "days"), [(0, 273), (3, 100), (26, 217), (160, 272)])
def test_draws_are_as_expected(x: int, days: int) -> None:
    rng, where = np.random.default_rng(1), (np.array([x]), np.array([days]))
    drawn = paretonbd.draw_orders(PUBLISHED, *where, weeks=39.0, draws=40_000, rng=rng)[0]
    expected = paretonbd.expected_orders(PUBLISHED, *where, np.array([39.0]))[0, 0]
    assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / 200)
