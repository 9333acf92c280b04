from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.sentiment import learning, ngrams
from workbench.sentiment.learning import Examples, learn, softmax

RECIPE = ngrams.Recipe(word_bits=9, character_bits=11)


def make(rows: int, *, seed: int, sure: float = 0.8) -> Examples:
    """Return examples whose one telling word is right about their class with the probability `sure`."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(3, rows, p=[0.5, 0.2, 0.3])
    said = np.where(rng.random(rows) < sure, classes, rng.choice(3, rows))
    texts = [f"{('bad', 'plain', 'good')[k]} thing {rng.integers(50)}" for k in said]
    row, distinct = pd.factorize(np.array(texts, dtype=object))
    return Examples(
        counts=ngrams.count(list(distinct), RECIPE),
        rows=row.astype(np.int64),
        classes=classes.astype(np.int64),
        weights=np.ones(rows),
        own=np.ones(rows, bool),
        recipe=RECIPE,
    )


@pytest.mark.parametrize("sure", [0.2, 0.6, 0.9])
def test_accuracy_in_cross_validation_is_what_can_be_had(sure):
    learnt = learn(make(2_000, seed=1, sure=sure), seed=0)
    assert learnt.accuracy == pytest.approx(max(0.5, sure + (1 - sure) / 3), abs=0.04)
    assert learnt.cost in learning.COSTS


def test_twins_stand_in_one_part_only():
    examples = make(600, seed=1)
    random = np.random.default_rng(1).integers(0, 3, 600)
    copies = replace(examples, rows=np.arange(600) % examples.counts.shape[0], classes=random)
    assert learn(copies, seed=0).accuracy < 0.45


def test_logits_on_another_scale_are_calibrated():
    examples = make(3_000, seed=2)
    true = np.eye(3)[examples.classes] + np.random.default_rng(0).normal(size=(3_000, 3))
    shares, scale, shift = learning._calibrated(7 * true - [1, 2, 3], examples)
    np.testing.assert_allclose(shares.mean(axis=0), np.bincount(examples.classes) / 3_000, atol=0.01)
    # What is added to all logits of a text alike changes nothing.
    np.testing.assert_allclose(scale - scale.mean(axis=1, keepdims=True), (np.eye(3) - 1 / 3) / 7, atol=0.02)
    np.testing.assert_allclose(softmax((7 * true - [1, 2, 3]) @ scale + shift), shares)


def test_what_an_n_gram_is_scaled_by_is_worked_out_by_hand():
    recipe = ngrams.Recipe(word_bits=1, character_bits=1)
    scales = learning._scales(np.array([[3.0, 0, 1], [1, 1, 1]]), np.array([0, 1]), recipe)
    assert scales[0, 0] == pytest.approx(np.hypot(1, np.log((4 / 6) / (2 / 5))))
    assert scales[1, 1] == pytest.approx(np.hypot(1, np.log((2 / 3) / (3 / 8))))


def test_related_messages_that_mislead_are_left_out_and_never_judged_on():
    examples = make(2_000, seed=3)
    own = np.arange(2_000) < 400
    misled = replace(examples, own=own, classes=np.where(own, examples.classes, (examples.classes + 1) % 3))
    learnt, alone = learn(misled, seed=0), learn(examples.some(own), seed=0)
    assert learnt.share == 0
    assert learnt.accuracy == pytest.approx(alone.accuracy, abs=0.02)


def test_classes_weigh_the_same_against_the_rest():
    classes, weights = np.array([0, 0, 0, 2]), np.array([1.0, 1, 1, 2])
    errors = learning._balanced(classes, weights)
    assert errors[:3, 0].sum() == pytest.approx(errors[3:, 0].sum())
    assert np.isfinite(errors).all()


def test_n_grams_of_one_message_are_left_out_those_of_twins_are_not():
    counts = ngrams.count(["only", "twin"], RECIPE)
    idf = learning._idf(counts, np.array([1, 2]), RECIPE)
    assert not idf[np.setdiff1d(counts[0].indices, counts[1].indices)].any()
    assert idf[counts[1].indices].all()
