"""Pipelines take what features hold: numbers, flags, categories, gaps; and each contribution can be told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightgbm import LGBMRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from workbench.explain.contributions import attribute
from workbench.explain.encoders import log_odds
from workbench.explain.pipelines import linear_pipeline, tree_pipeline

PLANS = ["M", "L", "XL"]


@dataclass
class Model:
    estimator: Pipeline
    columns: tuple[str, ...]


def known(size: int = 300) -> pd.DataFrame:
    """Return numbers, a share, a flag and a category, each with gaps."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"orders": rng.integers(0, 9, size).astype(float), "open_share": rng.random(size)})
    frame["active"] = pd.array(rng.random(size) < 0.5, dtype="boolean")
    frame["plan"] = rng.choice(PLANS, size)
    for column in frame:
        frame.loc[rng.random(size) < 0.1, column] = None
    return frame


def outcome(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(frame["orders"].fillna(4) + 3 * (frame["plan"] == "L") + frame["open_share"].fillna(0))


def trees(**more: object) -> LGBMRegressor:
    return LGBMRegressor(n_estimators=30, min_child_samples=10, verbose=-1, n_jobs=1, deterministic=True, **more)


FITTED = {"linear": (linear_pipeline, Ridge()), "trees": (tree_pipeline, trees())}


def fitted(kind: str) -> Pipeline:
    assemble, model = FITTED[kind]
    frame = known()
    return assemble(model).fit(frame, outcome(frame))


@pytest.mark.parametrize("kind", FITTED)
def test_contributions_add_up_to_what_the_pipeline_says(kind: str) -> None:
    frame, pipeline = known(), fitted(kind)
    found = attribute(Model(pipeline, tuple(frame)), frame.assign(customer_id=[f"c{n}" for n in range(len(frame))]))
    assert list(found.contributions) == list(frame)
    said = found.base + found.contributions.sum(axis=1)
    assert said.to_numpy() == pytest.approx(pipeline.predict(frame), abs=1e-6)


@pytest.mark.parametrize("kind", FITTED)
def test_both_learn_what_there_is_to_learn_through_gaps(kind: str) -> None:
    frame, pipeline = known(), fitted(kind)
    found = np.corrcoef(pipeline.predict(frame), outcome(frame))[0, 1]
    assert found > 0.9


@pytest.mark.parametrize("kind", FITTED)
def test_a_row_of_gaps_and_a_category_never_seen_are_answered(kind: str) -> None:
    pipeline, frame = fitted(kind), known().head(2).copy()
    frame.loc[0, :] = None
    frame.loc[1, "plan"] = "never seen"
    assert np.isfinite(pipeline.predict(frame)).all()


@pytest.mark.parametrize("kind", FITTED)
def test_a_column_of_gaps_only_is_answered_where_it_was_known_before(kind: str) -> None:
    frame = known(40).assign(plan=None)
    assert np.isfinite(fitted(kind).predict(frame.assign(orders=np.nan))).all()


@pytest.mark.parametrize("kind", FITTED)
def test_every_column_is_encoded_by_itself(kind: str) -> None:
    places = fitted(kind).named_steps["encode"].output_indices_
    spans = [range(place.start, place.stop) for name, place in places.items() if name != "remainder"]
    assert list(places)[:4] == list(known())
    assert sorted(one for span in spans for one in span) == list(range(max(span.stop for span in spans)))


def test_numbers_are_straightened_and_standardised() -> None:
    frame = pd.DataFrame({"spend": [-np.expm1(1.0), 0.0, np.expm1(1.0)], "open_share": [0.2, 0.5, 0.8]})
    pipeline = linear_pipeline(LinearRegression()).fit(frame, [0, 1, 2])
    encoded = pipeline[:-1].transform(frame)
    # A logarithm of either sign, and log-odds: both are -1, 0, 1 before they get a standard deviation of 1.
    expected = np.array([-1, 0, 1]) * np.sqrt(1.5)
    assert encoded[:, 0] == pytest.approx(expected)
    assert encoded[:, 1] == pytest.approx(expected)


def test_a_gap_is_the_median_with_a_flag() -> None:
    frame = pd.DataFrame({"orders": [1.0, 3.0, 3.0, 9.0, np.nan]})
    encoded = linear_pipeline(LinearRegression()).fit(frame, range(5))[:-1].transform(frame)
    assert encoded[4, 0] == pytest.approx(encoded[1, 0])
    assert len(set(encoded[:4, 1])) == 1
    assert encoded[4, 1] > encoded[0, 1]


def test_rare_categories_share_a_column_and_unseen_ones_join_them() -> None:
    frame = pd.DataFrame({"plan": ["M"] * 40 + ["L"] * 40 + ["rare"] * 5 + ["rarer"] * 4})
    pipeline = linear_pipeline(Ridge()).fit(frame, np.arange(len(frame)))
    encoded = pipeline[:-1].transform(pd.DataFrame({"plan": ["M", "L", "rare", "rarer", "never seen"]}))
    assert encoded.shape == (5, 3)
    assert encoded[2].tolist() == encoded[3].tolist() == encoded[4].tolist()


def test_trees_see_numbers_as_they_are_and_unseen_categories_as_one_of_their_own() -> None:
    frame = pd.DataFrame({"orders": [1.0, np.nan, 5.0], "plan": ["L", "M", "L"]})
    pipeline = tree_pipeline(LinearRegression())
    encoded = Pipeline(pipeline.steps[:-1]).fit(frame).transform(frame.assign(plan=["L", "M", "never seen"]))
    assert np.array_equal(encoded, [[1, 0], [np.nan, 1], [5, -1]], equal_nan=True)


def test_a_classifier_ends_a_pipeline_as_well() -> None:
    frame = known()
    pipeline = linear_pipeline(LogisticRegression()).fit(frame, outcome(frame) > 6)
    found = attribute(Model(pipeline, tuple(frame)), frame.assign(customer_id=np.arange(len(frame)).astype(str)))
    said = found.base + found.contributions.sum(axis=1)
    assert said.to_numpy() == pytest.approx(pipeline.decision_function(frame), abs=1e-6)


def test_the_frame_that_is_learnt_from_is_left_as_it_was() -> None:
    frame = known()
    linear_pipeline(Ridge()).fit(frame, outcome(frame))
    pd.testing.assert_frame_equal(frame, known())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_log_odds_are_finite_in_order_and_even(shares: list[float]) -> None:
    shares = sorted(shares)
    found = log_odds(np.array(shares))
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
    assert log_odds(1 - np.array(shares)) == pytest.approx(-found, abs=1e-6)
