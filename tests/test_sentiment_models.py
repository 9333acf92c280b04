import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment.labels import LABELS
from workbench.sentiment.models import LONGEST_CHARACTERS, fit, score
from workbench.sentiment.ngrams import Recipe

RECIPE = Recipe(word_bits=11, character_bits=13)
ROWS = pd.DataFrame(
    {
        "message_id": [f"m{n}" for n in range(240)],
        "sent_at": pd.Timestamp("2026-05-01", tz="UTC"),
        "channel": "review",
        "text": [f"{word} {n}" for n in range(80) for word in ("bad", "so so", "good")],
        "label": list(LABELS) * 80,
        "language": "en",
    }
)
MODEL = fit(ROWS, recipe=RECIPE)


def test_scores_are_probabilities_with_the_likeliest_label_and_what_the_message_held():
    found = score(MODEL, ROWS).messages
    kept = ["message_id", "sent_at", "channel", "label", "language", "text_hash", *LABELS]
    assert list(found) == [*kept, "sentiment", "confidence", "language_known", "model_fingerprint"]
    np.testing.assert_allclose(found[list(LABELS)].sum(axis=1), 1, atol=1e-5)
    assert (found["sentiment"] == found["label"]).mean() > 0.95
    np.testing.assert_array_equal(found["confidence"], found[list(LABELS)].max(axis=1))
    assert (found["language_known"].all(), set(found["model_fingerprint"])) == (True, {MODEL.fingerprint})


def test_twins_are_scored_once():
    found = score(MODEL, pd.DataFrame({"text": ["good", "GOOD ", "bad", "good"]}))
    assert (found.scored, found.twins, found.reused) == (2, 2, 0)
    assert found.messages["message_id"].tolist() == ["1", "2", "3", "4"]
    assert found.messages["sentiment"].tolist() == ["positive", "positive", "negative", "positive"]


def test_what_was_scored_earlier_by_this_very_model_is_not_scored_again():
    earlier = score(MODEL, ROWS[:200])
    again = score(MODEL, ROWS, earlier=earlier.messages)
    assert (again.scored, again.reused, again.twins) == (40, 200, 0)
    pd.testing.assert_frame_equal(again.messages, score(MODEL, ROWS).messages)
    other = fit(ROWS[30:], recipe=RECIPE)
    assert score(other, ROWS, earlier=earlier.messages).reused == 0
    assert score(MODEL, ROWS, earlier=earlier.messages[:0]).scored == 240


def test_everything_scored_earlier_leaves_nothing_to_score():
    again = score(MODEL, ROWS, earlier=score(MODEL, ROWS).messages)
    assert (again.scored, again.reused) == (0, 240)


def test_languages_that_the_model_does_not_know_are_said():
    found = score(MODEL, ROWS[:3].assign(language=["en", "pt", None])).messages
    assert found["language_known"].tolist() == [True, False, False]
    assert not score(MODEL, ROWS[["text"]]).messages["language_known"].any()


def test_a_very_long_message_is_cut_and_counted():
    texts = ["good " * 200_000, "bad"]
    found = score(MODEL, pd.DataFrame({"text": texts}))
    assert (found.truncated, found.scored) == (1, 2)
    start = score(MODEL, pd.DataFrame({"text": [texts[0][:LONGEST_CHARACTERS]]}))
    assert found.messages[list(LABELS)].iloc[0].tolist() == start.messages[list(LABELS)].iloc[0].tolist()


def test_no_messages_have_no_scores():
    found = score(MODEL, ROWS[:0])
    assert (len(found.messages), found.scored, found.truncated) == (0, 0, 0)
    assert list(found.messages) == list(score(MODEL, ROWS).messages)


def test_progress_ends_with_all_texts():
    seen = []
    score(MODEL, ROWS, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (240, 240)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": "liner"}, "did you mean 'linear'"),
        ({"model": "distilled"}, "'distilled' needs a teacher"),
        ({"model": "linear", "teacher": "a/b"}, "'distilled' needs a teacher.*no other one"),
        ({"model": "./no/such/folder"}, "no such folder"),
    ],
)
def test_models_that_are_none_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        fit(ROWS, **options)


@pytest.mark.parametrize(
    ("messages", "says"),
    [(ROWS[["message_id"]], "column 'text' is missing"), (ROWS.assign(text=None), "240 of 240 texts are missing")],
)
def test_messages_without_texts_are_refused(messages, says):
    with pytest.raises(InputError, match=says):
        score(MODEL, messages)


def test_earlier_scores_of_another_kind_are_refused():
    with pytest.raises(InputError, match="earlier scores: columns missing: model_fingerprint"):
        score(MODEL, ROWS, earlier=score(MODEL, ROWS).messages.drop(columns="model_fingerprint"))
