"""Satisfaction beyond those who rate: simulated customers whose satisfaction is known."""

import numpy as np
import pandas as pd
import pytest

from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.satisfaction import by_rating, satisfaction

# How often each truth (row) is taken for negative, neutral and positive.
ERRORS = np.array([[0.8, 0.15, 0.05], [0.25, 0.5, 0.25], [0.05, 0.15, 0.8]])


def messages(rows: int, stars: list[float], *, seed: int = 0) -> pd.DataFrame:
    """Return messages with ratings drawn with the chances `stars`, and sentiment with the errors above."""
    rng = np.random.default_rng(seed)
    rating = pd.Series(rng.choice(np.arange(1.0, 6.0), rows, p=stars))
    label = from_ratings(rating)
    truth = label.map(LABELS.index).to_numpy(int)
    told = (rng.random(rows)[:, None] > ERRORS[truth].cumsum(axis=1)[:, :2]).sum(axis=1)
    frame = pd.DataFrame(np.where(np.eye(3)[told], 0.8, 0.1), columns=list(LABELS))
    return frame.assign(sentiment=np.array(LABELS)[told], confidence=0.8, rating=rating, label=label)


def silent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rating=np.nan, label=pd.Series(np.nan, index=frame.index, dtype="str"))


def figures(scored: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    return satisfaction(scored, held_out=held_out).set_index("name")


def test_ratings_are_counted_and_sentiment_agrees_as_often_as_it_does():
    rated = messages(2_000, [0.1, 0.1, 0.2, 0.3, 0.3])
    found = figures(rated, rated)
    assert found.loc["satisfaction", "value"] == rated["rating"].ge(4).mean()
    assert found.loc["satisfaction_estimated", "value"] == pytest.approx(rated["rating"].ge(4).mean())
    assert found.loc["agreement", "value"] == (rated["label"] == rated["sentiment"]).mean()
    assert found.loc["correlation", "low"] > 0.5
    assert found.loc["rating_negative", "high"] < found.loc["rating_positive", "low"]


def test_the_silent_are_estimated_without_the_errors_of_the_model_and_the_interval_holds():
    cross, content = [0.4, 0.3, 0.1, 0.1, 0.1], [0.02, 0.03, 0.05, 0.3, 0.6]
    held, raw = [], []
    for seed in range(25):
        rated, others = messages(400, cross, seed=seed), silent(messages(1_200, content, seed=1_000 + seed))
        found = figures(pd.concat([rated, others], ignore_index=True), rated)
        truth = (400 * 0.2 + 1_200 * 0.9) / 1_600
        for name, hits in (("satisfaction_estimated", held), ("positive", raw)):
            hits.append(found.loc[name, "low"] <= truth <= found.loc[name, "high"])
    assert np.mean(held) >= 0.84
    assert np.mean(raw) < 0.5


def test_who_answers_alone_is_what_satisfaction_says():
    rated, others = messages(500, [0, 0, 0, 0.5, 0.5]), silent(messages(500, [0.5, 0.5, 0, 0, 0]))
    found = figures(pd.concat([rated, others], ignore_index=True), messages(600, [0.2] * 5, seed=9))
    assert found.loc["satisfaction", "value"] == 1
    assert found.loc["satisfaction_estimated", "value"] == pytest.approx(0.5, abs=0.03)
    assert found.loc["satisfaction_estimated", "note"].startswith("50% of the messages have no label")


@pytest.mark.parametrize("rows", [0, 1, 29])
def test_not_enough_says_so(rows: int):
    few = messages(rows, [0.2] * 5)
    found = figures(few, few)
    names = ["satisfaction_estimated", "agreement", "correlation", "rating_neutral"]
    assert found.loc[names, "value"].isna().all()
    assert found.loc[names, "note"].str.startswith(f"not enough data: {rows} ").all()


def test_without_ratings_labels_still_correct():
    labelled = messages(400, [0.3, 0.1, 0.1, 0.1, 0.4]).drop(columns="rating")
    found = figures(labelled, labelled)
    assert np.isnan(found.loc["satisfaction", "value"])
    assert found.loc["satisfaction_estimated", "value"] == pytest.approx((labelled["label"] == "positive").mean())


def test_one_class_and_one_rating_are_no_error():
    one = messages(50, [0, 0, 0, 0, 1.0])
    found = figures(pd.concat([one, silent(one)], ignore_index=True), one)
    assert found.loc["satisfaction_estimated", "value"] == pytest.approx(1)
    assert np.isnan(found.loc["correlation", "value"])


def test_sentiment_of_every_rating_adds_up():
    found = by_rating(messages(300, [0.2] * 5))
    assert found.groupby("rating")["share"].sum().tolist() == pytest.approx([1] * 5)
    assert found["messages"].sum() == 300
