"""Contributions of trees are LightGBM's own, to the last digits, whatever is missing and however deep the trees."""

from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.explain import trees
from workbench.explain.trees import read_trees, tree_contributions, tree_scores

ROWS = 1_100  # more than two runs of the compiled loops, and two threads


def rows_of(columns: int, *, missing: float = 0.2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, columns)).round(1)
    x[rng.random(x.shape) < missing] = np.nan
    return x


def booster_of(x: np.ndarray, *, leaves: int = 8, rounds: int = 15, categories: Any = "auto", **more: Any) -> Any:
    noise = np.random.default_rng(1).normal(size=len(x))
    known = np.nan_to_num(x)
    label = known[:, 0] * (1 + known[:, -1]) + np.isnan(x[:, 0]) + 2 * (known[:, -1].round() == 1) + noise > 1
    params = {"objective": "binary", "num_leaves": leaves, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    weight = np.linspace(0.5, 1, len(x))
    data = lightgbm.Dataset(x, label, weight=weight, categorical_feature=categories)
    return lightgbm.train(params | more, data, num_boost_round=rounds)


def assert_as_lightgbm(booster: lightgbm.Booster, x: np.ndarray) -> None:
    theirs, read = booster.predict(x, pred_contrib=True), read_trees(booster)
    ours, base = tree_contributions(read, x)
    np.testing.assert_allclose(ours, theirs[:, :-1], rtol=0, atol=1e-9)
    assert base == pytest.approx(theirs[0, -1], abs=1e-9)
    np.testing.assert_allclose(tree_scores(read, x), booster.predict(x, raw_score=True), rtol=0, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(
    columns=st.integers(2, 16),
    leaves=st.sampled_from([2, 4, 8, 12, 31, 60]),
    missing=st.sampled_from([0.0, 0.3]),
    zero_as_missing=st.booleans(),
    seed=st.integers(0, 99),
)
def test_contributions_and_scores_are_lightgbms_own(columns, leaves, missing, zero_as_missing, seed):
    booster = booster_of(rows_of(columns, missing=missing, seed=seed), leaves=leaves, zero_as_missing=zero_as_missing)
    asked = rows_of(columns, missing=0.4, seed=seed + 1)
    asked[::7, 0], asked[1::7, 0], asked[2::7, 0] = np.inf, -np.inf, 0
    assert read_trees(booster).booster is None
    assert_as_lightgbm(booster, asked)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_base_and_contributions_sum_to_the_score_on_any_number_of_threads(threads):
    x = rows_of(6)
    read = read_trees(booster_of(x, leaves=31))
    found, base = tree_contributions(read, x, threads=threads)
    np.testing.assert_allclose(base + found.sum(axis=1), tree_scores(read, x, threads=threads), rtol=0, atol=1e-6)


def test_a_split_shares_out_by_hand():
    """Half of the rows, half of them each way: leaf values -1 and 3 give base 1 and contributions of -2 and 2."""
    x = np.repeat([[0.0], [1.0]], 50, axis=0)
    params = {"objective": "regression", "num_leaves": 2, "learning_rate": 1.0, "verbose": -1, "lambda_l2": 0}
    booster = lightgbm.train(params, lightgbm.Dataset(x, np.where(x[:, 0] > 0, 3.0, -1.0)), num_boost_round=1)
    found, base = tree_contributions(read_trees(booster), np.array([[0.0], [1.0], [np.nan]]))
    assert base == pytest.approx(1)
    assert found[:, 0].tolist() == pytest.approx([-2, 2, -2])


def test_trees_of_a_single_leaf_contribute_nothing():
    x = rows_of(3)
    booster = booster_of(x, min_data_in_leaf=ROWS, rounds=4)
    found, base = tree_contributions(read_trees(booster), x)
    assert (found == 0).all()
    assert base == pytest.approx(booster.predict(x[:1], raw_score=True)[0])


def test_no_row_has_no_contributions():
    for booster in (
        booster_of(rows_of(3)),
        booster_of(rows_of(3), boosting="rf", bagging_freq=1, bagging_fraction=0.5),
    ):
        found, base = tree_contributions(read_trees(booster), np.empty((0, 3)))
        assert (found.shape, np.isfinite(base)) == ((0, 3), True)
        assert tree_scores(read_trees(booster), np.empty((0, 3))).shape == (0,)


def test_random_forests_and_categories_stay_with_lightgbms_own_loops():
    x = rows_of(4)
    x[:, 3] = np.random.default_rng(0).integers(0, 5, ROWS)
    forest = booster_of(x, boosting="rf", bagging_freq=1, bagging_fraction=0.5)
    categories = booster_of(x, categories=[3])
    for booster in (forest, categories):
        assert read_trees(booster).booster is booster
        assert_as_lightgbm(booster, x)


def test_what_would_need_too_large_tables_stays_with_lightgbms_own_loops(monkeypatch):
    booster = booster_of(rows_of(9), leaves=31)
    for limit in ("_MOST_FEATURES", "_MOST_CELLS"):
        with monkeypatch.context() as patch:
            patch.setattr(trees, limit, 3)
            assert read_trees(booster).booster is booster
    assert read_trees(booster).booster is None


def test_rows_of_another_width_several_classes_and_linear_leaves_are_refused():
    x = rows_of(3)
    with pytest.raises(InputError, match=r"encoded: shape \(1100, 2\); the trees know 3 features a row"):
        tree_contributions(read_trees(booster_of(x)), x[:, :2])
    data = lightgbm.Dataset(x, np.arange(ROWS) % 3)
    several = lightgbm.train({"objective": "multiclass", "num_class": 3, "verbose": -1}, data, num_boost_round=1)
    with pytest.raises(InputError, match="booster: 3 scores a row; one is allowed"):
        read_trees(several)
    with pytest.raises(InputError, match="booster: its leaves are linear; constant leaves are allowed"):
        read_trees(booster_of(x, linear_tree=True))
