import numpy as np
import pytest

from workbench.errors import InputError
from workbench.sentiment.labels import LABELS
from workbench.sentiment.mapping import map_labels


def meanings(own, **given):
    return [LABELS[place] for place in map_labels(own, **given).argmax(axis=1)]


@pytest.mark.parametrize(
    "own",
    [
        ["negative", "neutral", "positive"],
        ["NEG", "NEU", "POS"],
        ["Negatif", "Netral", "Positif"],
        ["negativo", "neutro", "positivo"],
        ["负面", "中性", "正面"],
        ["Negative Sentiment", "neutral_sentiment", "LABEL-positive"],
    ],
)
def test_names_are_read_as_models_write_them(own):
    assert meanings(own) == list(LABELS)
    assert meanings(own[::-1]) == list(LABELS[::-1])


@pytest.mark.parametrize(
    "own",
    [
        ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
        ["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"],
    ],
)
def test_five_steps_become_three(own):
    mapped = np.full((1, 5), 0.2, dtype=np.float32) @ map_labels(own)
    np.testing.assert_allclose(mapped, [[0.4, 0.2, 0.4]], rtol=1e-6)


def test_a_model_without_neutral_gives_it_nothing():
    np.testing.assert_array_equal(np.array([[0.3, 0.7]]) @ map_labels(["NEGATIVE", "POSITIVE"]), [[0.3, 0, 0.7]])


@pytest.mark.parametrize(
    "own",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["joy", "anger", "fear"],
        ["negative", "neutral", "positive", "mixed"],
        ["neutral", "positive"],
        ["1 star", "2 stars", "3 stars"],
        ["not negative", "negative"],
        ["1", "2", "3", "4", "5"],
    ],
)
def test_what_cannot_be_told_is_refused_with_the_labels_found(own):
    with pytest.raises(InputError, match="cannot be told") as refusal:
        map_labels(own, place="transformer 'a/b'")
    assert str(refusal.value).startswith("transformer 'a/b'")
    assert ", ".join(own) in str(refusal.value)
    assert "labels={" in str(refusal.value)


def test_what_the_user_says_goes_before():
    assert meanings(["negative", "other", "positive"], labels={"other": "neutral"}) == list(LABELS)
    assert meanings(["negative", "positive"], labels={"negative": "positive", "positive": "negative"}) == [
        "positive",
        "negative",
    ]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ({"LABEL_9": "negative"}, "it has no label 'LABEL_9'"),
        ({"label_0": "negative"}, "did you mean 'LABEL_0'"),
        ({"LABEL_0": "negativ"}, "did you mean 'negative'"),
        ({"LABEL_0": "negative"}, "cannot be told"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, fault):
    with pytest.raises(InputError, match=fault):
        map_labels(["LABEL_0", "LABEL_1"], labels=labels)
