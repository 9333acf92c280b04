import logging
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment import transformer
from workbench.sentiment.labels import LABELS, from_ratings


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("WORKBENCH_THREADS", "1")


@pytest.fixture(scope="module")
def model(tiny_transformer):
    return transformer.open(str(tiny_transformer))


@pytest.fixture(scope="module")
def newest(sample_folder):
    """Return the labelled messages that the tiny model has not learnt from."""
    messages = pd.read_parquet(sample_folder / "messages.parquet").dropna(subset=["text", "rating"])
    rows = messages.sort_values("sent_at").iloc[len(messages) * 3 // 4 :]
    return rows.assign(label=from_ratings(rows["rating"]))


def accuracy(model, messages):
    found = transformer.probabilities(model, messages["text"])
    return float((np.array(LABELS)[found.argmax(axis=1)] == messages["label"]).mean())


def test_it_says_what_it_has_learnt_under_our_labels(model, newest):
    assert accuracy(model, newest) > newest["label"].value_counts(normalize=True).max() + 0.1
    assert (model.languages, model.max_tokens, model.device) == (("de", "no"), 64, "cpu")


def test_probabilities_stand_in_the_order_of_the_texts_and_know_no_neighbours(model, newest):
    texts = ["", "👍", *newest["text"].head(40), "sehr gut " * 40]
    together = transformer.probabilities(model, texts)
    alone = np.vstack([transformer.probabilities(model, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(transformer.probabilities(model, texts[::-1])[::-1], together, atol=1e-4)
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-5)
    assert (together.shape, together.dtype) == ((len(texts), 3), np.float32)


def test_it_says_what_the_stock_pipeline_says(model, newest, tiny_transformer):
    from transformers import pipeline

    texts = newest["text"].head(30).tolist()
    stock = pipeline("text-classification", model=str(tiny_transformer), top_k=None, device="cpu")
    ours = {"negative": "NEG", "neutral": "NEU", "positive": "POS"}
    theirs = [{one["label"]: one["score"] for one in answer} for answer in stock(texts, truncation=True)]
    expected = [[scores[ours[label]] for label in LABELS] for scores in theirs]
    np.testing.assert_allclose(transformer.probabilities(model, texts), expected, atol=1e-4)


def test_what_is_too_long_is_cut_and_counted(model):
    found = transformer.predict(model, ["kurz", "lang " * 500, "x" * 1_000_000])
    assert found.truncated.tolist() == [False, True, True]
    assert found.tokens[1:].tolist() == [64, 64]


def test_a_lower_limit_is_taken_and_a_higher_one_refused(tiny_transformer, model):
    short = transformer.open(str(tiny_transformer), max_tokens=8)
    assert transformer.predict(short, ["wir sind mit der Lieferung sehr zufrieden, gerne wieder"]).tokens.tolist() == [
        8
    ]
    assert short.fingerprint != model.fingerprint
    with pytest.raises(InputError, match="max_tokens is 65; from 8 to 64"):
        transformer.open(str(tiny_transformer), max_tokens=65)


@pytest.mark.parametrize("text", ["\x00\x00", "\ud83d", "<pad></s><pad>", "שלום", "é" * 300, "<b>&amp;</b>", " \n"])
def test_strange_texts_are_scored(model, text):
    assert np.isfinite(transformer.probabilities(model, [text, "gut"])).all()


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, 3])
def test_a_missing_text_is_refused(model, missing):
    with pytest.raises(InputError, match="number 1 is missing"):
        transformer.probabilities(model, ["gut", missing])


def test_no_texts_have_no_probabilities(model):
    found = transformer.predict(model, [])
    assert (found.probabilities.shape, len(found.tokens), len(found.truncated)) == ((0, 3), 0, 0)


def test_progress_is_told_up_to_the_end(model):
    seen = []
    transformer.predict(model, ["gut"] * 100, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (100, 100)


@pytest.mark.parametrize("option", ["int8", "bf16"])
def test_smaller_numbers_say_nearly_the_same(tiny_transformer, model, newest, option):
    smaller = transformer.open(str(tiny_transformer), **{option: True})
    ours, theirs = (transformer.probabilities(one, newest["text"]) for one in (model, smaller))
    assert np.abs(ours - theirs).mean() < 0.02
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() > 0.95
    assert smaller.fingerprint != model.fingerprint


def test_options_that_do_not_go_together_are_refused(tiny_transformer):
    for options in ({"int8": True, "bf16": True}, {"int8": True, "device": "cuda"}, {"device": "toaster"}):
        with pytest.raises(InputError, match=r"transformer '.*tiny': (device|int8)"):
            transformer.open(str(tiny_transformer), **options)


def test_given_labels_turn_the_answer_round(tiny_transformer, model):
    turned = transformer.open(str(tiny_transformer), labels={"POS": "negative", "NEG": "positive"})
    texts = ["Alles bestens", "Das war nichts"]
    np.testing.assert_array_equal(
        transformer.probabilities(turned, texts), transformer.probabilities(model, texts)[:, ::-1]
    )
    assert turned.fingerprint != model.fingerprint


def test_the_fingerprint_follows_the_files_and_not_their_place(tiny_transformer, model, tmp_path):
    twin = shutil.copytree(tiny_transformer, tmp_path / "twin")
    assert transformer.open(str(twin)).fingerprint == model.fingerprint
    weights = (twin / "model.safetensors").read_bytes()
    (twin / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert transformer.open(str(twin)).fingerprint != model.fingerprint


def test_nothing_is_printed_and_everything_is_left_as_it_was(tiny_transformer, capfd):
    import torch
    from huggingface_hub import constants
    from huggingface_hub.utils import are_progress_bars_disabled
    from transformers.utils import logging as transformers_logging

    def state():
        levels = [logging.getLogger(name).level for name in ("", "transformers", "huggingface_hub")]
        bars = transformers_logging.is_progress_bar_enabled(), are_progress_bars_disabled()
        engine = torch.backends.quantized.engine
        return levels, bars, engine, torch.get_num_threads(), constants.HF_HUB_DISABLE_TELEMETRY, dict(os.environ)

    before = state()
    transformer.probabilities(transformer.open(str(tiny_transformer), int8=True), ["gut " * 200])
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_a_tokenizer_that_is_a_model_of_sentencepiece_is_read(tiny_transformer, newest, tmp_path):
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = tmp_path / "older"
    shutil.copytree(tiny_transformer, folder, ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(newest["text"]), model_prefix=str(folder / "sentencepiece.bpe"), vocab_size=700,
        character_coverage=0.98, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    assert transformer.probabilities(transformer.open(str(folder)), ["Danke"]).shape == (1, 3)
