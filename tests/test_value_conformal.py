"""Intervals hold as often as they say, widen with their share, and agree with the scores they are set by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.value.conformal import holds, interval, scores, share_for

# Few different values, so that noughts and ties are frequent.
MONEY = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 2.5, 3.0, 7.0, 50.0])
DRAWS = st.integers(2, 40).flatmap(lambda count: arrays(float, (1, count), elements=MONEY))
SHARES = st.floats(0, 1)


def held(draws: np.ndarray, spent: float, share: float) -> bool:
    return bool(holds(*interval(draws, share), np.array([spent]))[0])


@given(DRAWS, MONEY, SHARES)
@settings(max_examples=400, deadline=None)
def test_an_interval_holds_what_its_share_says(draws: np.ndarray, spent: float, share: float) -> None:
    score = scores(draws, np.array([spent]))[0]
    beyond = spent > draws.max() or spent < draws.min()
    assert 0 <= score <= 1
    assert held(draws, spent, share) == (not beyond and share >= score - 1e-9)


@given(DRAWS, MONEY)
@settings(max_examples=200, deadline=None)
def test_the_share_of_a_score_is_the_smallest_that_holds(draws: np.ndarray, spent: float) -> None:
    score = float(scores(draws, np.array([spent]))[0])
    if score < 1:
        assert held(draws, spent, score)
    if score > 1e-6:
        assert not held(draws, spent, score - 1e-6)


@given(DRAWS, SHARES, SHARES)
@settings(max_examples=400, deadline=None)
def test_a_larger_share_has_an_interval_at_least_as_wide(draws: np.ndarray, one: float, other: float) -> None:
    (low, high), (lower, higher) = interval(draws, min(one, other)), interval(draws, max(one, other))
    assert lower[0] <= low[0] <= high[0] <= higher[0]


def test_all_draws_lie_in_the_interval_of_all() -> None:
    draws = np.array([[0.0, 4.0, 9.0], [3.0, 2.0, 8.0]])
    low, high = interval(draws, 1.0)
    assert (low.tolist(), high.tolist()) == ([0.0, 2.0], [9.0, 8.0])


@pytest.mark.parametrize("nought", [0.0, 0.02, 0.5, 0.8])
def test_outcomes_like_the_draws_are_held_nine_times_in_ten(nought: float) -> None:
    rng = np.random.default_rng(9)
    money = rng.lognormal(3, 1, (20_000, 201)) * (rng.random((20_000, 201)) >= nought)
    draws, spent = money[:, :200], money[:, 200]
    assert holds(*interval(draws, 0.9), spent).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("nought", [0.0, 0.5])
@pytest.mark.parametrize("spread", [0.85, 2.0])
def test_draws_too_narrow_or_too_wide_are_made_honest_by_the_past(nought: float, spread: float) -> None:
    rng = np.random.default_rng(10)
    draws = rng.lognormal(3, spread, (8000, 200)) * (rng.random((8000, 200)) >= nought)
    spent = rng.lognormal(3, 1, 8000) * (rng.random(8000) >= nought)
    share = share_for(scores(draws[:4000], spent[:4000]))
    assert holds(*interval(draws[4000:], share), spent[4000:]).mean() == pytest.approx(0.9, abs=0.02)
    assert abs(share - 0.9) > 0.02


@pytest.mark.parametrize(("count", "share"), [(0, 0.9), (1, 1.0), (8, 1.0), (9, 0.9), (99, 90 / 100)])
def test_few_outcomes_ask_for_all_draws(count: int, share: float) -> None:
    assert share_for(np.arange(1, count + 1) / (count + 1)) == pytest.approx(share)


def test_an_outcome_at_an_end_is_held() -> None:
    ends = np.array([1.0, 2.0])
    assert holds(ends, ends + 1, np.array([1.0, 3.0])).tolist() == [True, True]
    assert holds(ends, ends + 1, np.array([0.99, 3.01])).tolist() == [False, False]
