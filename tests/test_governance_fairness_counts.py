"""Rates by group and their resamples: known answers, the same as fairlearn's, and fast."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.governance.fairness.counts import RATES, resample_rates
from workbench.governance.fairness.measures import effective_sizes, measure_mean, measure_rates

GROUP = np.array([0, 0, 0, 0, 1, 1, 1, 1])
ACTUAL = np.array([1, 1, 0, 0, 1, 1, 1, 0])
SELECTED = np.array([1, 0, 1, 0, 1, 1, 1, 0])


def drawn(groups: int, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, groups, rows), rng.integers(0, 2, rows), rng.integers(0, 2, rows)


def test_rates_are_those_worked_by_hand() -> None:
    found = resample_rates(GROUP, ACTUAL, SELECTED)
    assert found.value.tolist() == [[0.5, 0.5, 0.5, 0.5], [0.75, 1.0, 0.0, 0.0]]
    assert found.of.tolist() == [[4, 2, 2, 4], [4, 3, 1, 4]]


def test_rates_differences_and_ratios_are_those_of_fairlearn() -> None:
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

    group, actual, selected = drawn(4, 400)
    metrics = {RATES[0]: selection_rate, RATES[1]: true_positive_rate, RATES[2]: false_positive_rate}
    frame = MetricFrame(metrics=metrics, y_true=actual, y_pred=selected, sensitive_features=group)
    found = resample_rates(group, actual, selected).value[:, :3]
    np.testing.assert_allclose(found, frame.by_group.to_numpy(float))
    np.testing.assert_allclose(np.ptp(found, axis=0), frame.difference().to_numpy(float))
    np.testing.assert_allclose(found.min(axis=0) / found.max(axis=0), frame.ratio().to_numpy(float))


def test_resampling_counts_varies_as_resampling_rows_does() -> None:
    group, actual, selected = drawn(2, 300)
    by_counts = resample_rates(group, actual, selected).draws
    rng, rows = np.random.default_rng(1), []
    for _ in range(600):
        of = rng.integers(0, 300, 300)
        rows.append(resample_rates(group[of], actual[of], selected[of], resamples=1).value)
    np.testing.assert_allclose(by_counts.std(axis=0), np.std(rows, axis=0), rtol=0.12)
    np.testing.assert_allclose(by_counts.mean(axis=0), np.mean(rows, axis=0), atol=0.01)


def test_a_customers_rows_are_drawn_together() -> None:
    group, actual, selected = drawn(2, 400)
    alone = resample_rates(group, actual, selected).draws
    twice = [np.repeat(values, 2) for values in (group, actual, selected)]
    together = resample_rates(twice[0], twice[1], twice[2], units=np.repeat(np.arange(400), 2)).draws
    np.testing.assert_allclose(together.std(axis=0), alone.std(axis=0), rtol=0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), *[st.integers(0, 1)] * 2, st.integers(0, 9)), min_size=1, max_size=60))
def test_shares_stay_shares_whoever_owns_the_rows(rows: list[tuple[int, int, int, int]]) -> None:
    group, actual, selected, units = np.array(rows).T
    found = resample_rates(group, actual, selected, units=units, resamples=50)
    for rates in (found.value, found.draws):
        known = rates[np.isfinite(rates)]
        assert ((known >= 0) & (known <= 1)).all()
    assert (np.isfinite(found.value) == (found.of > 0)).all()


def test_what_is_no_bit_is_refused() -> None:
    with pytest.raises(InputError, match="selected: found 2; must be 0 or 1"):
        resample_rates(np.array([0]), np.array([1]), np.array([2]))
    with pytest.raises(InputError, match="have 1, 2 and 2"):
        resample_rates(np.array([0]), np.array([1, 1]), np.array([1, 1]))


def test_only_counts_are_drawn_so_the_order_of_rows_does_not_matter() -> None:
    rows = drawn(8, 20_000)
    order = np.random.default_rng(1).permutation(20_000)
    found, shuffled = resample_rates(*rows), resample_rates(*(values[order] for values in rows))
    assert found.draws.shape == (2000, 8, 4)
    assert np.array_equal(found.draws, shuffled.draws)


def test_rows_that_repeat_a_customer_add_nothing() -> None:
    values = np.random.default_rng(0).integers(0, 2, 200).astype(float)
    once = effective_sizes(values, np.zeros(200, int), np.arange(200), groups=1)
    thrice = effective_sizes(np.repeat(values, 3), np.zeros(600, int), np.repeat(np.arange(200), 3), groups=1)
    assert (once[0], thrice[0]) == (200, pytest.approx(200))


def test_a_rate_of_nought_still_has_an_interval() -> None:
    rows = pd.DataFrame({"group": 0, "unit": range(40), "actual": 0, "selected": 0, "wrong": 0})
    found = measure_rates(rows, metrics=["selection_rate"], seed=0)[0]
    assert (found.value[0], found.low[0]) == (0, 0)
    assert found.high[0] == pytest.approx(0.0876, abs=1e-3)  # Wilson: z²/(n + z²)


def test_a_mean_has_the_error_of_its_customers() -> None:
    values = np.random.default_rng(0).normal(5, 2, 100)
    rows = pd.DataFrame({"group": 0, "unit": np.repeat(np.arange(100), 4)})
    found = measure_mean("error", "EUR", np.repeat(values, 4), rows=rows, seed=0)
    margin = 1.959964 * values.std(ddof=1) / 10
    assert found.high[0] - found.value[0] == pytest.approx(margin)
    assert found.null is not None
    assert found.null.std() == pytest.approx(values.std(ddof=1) / 10, rel=0.05)
