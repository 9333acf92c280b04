"""A compact transformer that learns here, from messages alone."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment import compact, models, transformer
from workbench.sentiment.labels import LABELS, from_ratings

TOLD = pd.DataFrame(
    {
        "text": [f"{word} {n}" for n in range(30) for word in ("bad", "so so", "良い")],
        "label": list(LABELS) * 30,
        "language": ["en", "en", "ja"] * 30,
    }
)


@pytest.fixture(scope="module")
def messages(sample_folder):
    rows = pd.read_parquet(sample_folder / "messages.parquet").dropna(subset=["text", "rating"])
    english = rows[rows["language"] == "en"].sort_values("sent_at", ignore_index=True)
    return english.assign(label=from_ratings(english["rating"]))


@pytest.fixture(scope="module")
def model(messages):
    return compact.train(messages[:400])


@pytest.fixture(scope="module")
def small():
    return compact.train(TOLD)


def test_it_learns_more_than_which_label_is_frequent(model, messages):
    newest = messages[400:]
    said = models.score(model, newest).messages
    right = float((said["sentiment"] == said["label"]).mean())
    assert right > newest["label"].value_counts(normalize=True).max() + 0.1
    assert (model.name, model.languages, model.max_tokens, model.device) == ("compact", ("en",), 96, "cpu")


def test_what_is_said_of_a_text_does_not_depend_on_its_neighbours(model, messages):
    texts = ["", "ok", "long " * 200, *messages["text"][:20]]
    together = transformer.probabilities(model, texts)
    alone = np.vstack([transformer.probabilities(model, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)


def test_equal_messages_and_seed_give_an_equal_model(small):
    assert models.fit(TOLD, model="compact").fingerprint == small.fingerprint
    assert models.fit(TOLD, model="compact", seed=1).fingerprint != small.fingerprint


def test_nothing_is_printed_and_torch_is_left_as_it_was(capfd):
    import torch

    def state():
        return torch.get_num_threads(), torch.random.get_rng_state().tolist()

    before = state()
    compact.train(TOLD, most=60)
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_no_character_of_any_script_is_unknown(small):
    texts = ["良", "悪", "अच्छा", "бад", "👍", "👎"]
    ids = [tuple(small.tokenizer(text)["input_ids"]) for text in texts]
    assert len(set(ids)) == len(texts)
    assert np.isfinite(transformer.probabilities(small, [*texts, "", "\x00", "\ud83d"])).all()


def test_a_label_that_was_never_seen_is_never_said():
    polar = compact.train(TOLD[TOLD["label"] != "neutral"])
    told = transformer.probabilities(polar, ["bad 3", "良い 7"])
    assert told[:, 1].tolist() == [0, 0]
    assert told.argmax(axis=1).tolist() == [0, 2]


def test_strange_texts_can_be_learnt_from():
    strange = pd.DataFrame({"text": ["", "\x00", "\u200b", "x" * 100_000], "label": "negative", "language": None})
    found = compact.train(pd.concat([TOLD, strange]), most=94)
    assert found.languages == ("en", "ja")
    assert np.isfinite(transformer.probabilities(found, strange["text"])).all()


@pytest.mark.parametrize("rows", [TOLD[:20], TOLD.assign(label="positive"), TOLD.assign(text="good"), TOLD[:0]])
def test_too_few_messages_are_refused_as_the_linear_model_refuses_them(rows):
    with pytest.raises(InputError, match=r"not enough messages to learn sentiment from.*model: shipped"):
        compact.train(rows)


def test_an_eighth_of_the_different_texts_is_kept_to_choose_the_epoch():
    texts = [str(number % 40) for number in range(200)]
    held = compact._checked(texts, seed=0)
    assert len({text for text, kept in zip(texts, held, strict=True) if kept}) == 5
    assert held.sum() == 25
