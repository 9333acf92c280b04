import io
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.sentiment import ngrams
from workbench.sentiment.linear import probabilities, train
from workbench.sentiment.store import from_bytes, quantised, to_bytes

RECIPE = ngrams.Recipe(word_bits=11, character_bits=13)
TEXTS = [f"{word} {thing} {n}" for n in range(60) for word in ("good", "bad") for thing in ("box", "shop")]
ROWS = pd.DataFrame({"text": TEXTS, "label": ["positive", "positive", "negative", "negative"] * 60})
MODEL = train(ROWS.assign(language="en", sent_at=pd.Timestamp("2026-05-01", tz="UTC")), recipe=RECIPE)
STORED = to_bytes(MODEL)


def replaced(part: str, value: np.ndarray) -> bytes:
    """Return the stored model with one of its arrays replaced."""
    with np.load(io.BytesIO(STORED)) as file:
        arrays = {name: file[name] for name in file.files}
    changed = io.BytesIO()
    np.savez_compressed(changed, **arrays | {part: value})
    return changed.getvalue()


@pytest.mark.parametrize("recipe", [RECIPE, ngrams.Recipe(word_bits=11, character_bits=13, weighting="tf-idf")])
@pytest.mark.parametrize("small", [quantised, lambda model: model])
def test_a_model_is_the_same_after_the_journey(recipe, small):
    model = small(train(ROWS, recipe=recipe))
    again = from_bytes(to_bytes(model), place="here")
    assert again.fingerprint == model.fingerprint
    for field in ("name", "recipe", "classes", "languages", "trained_on", "trained_to", "settings"):
        assert getattr(again, field) == getattr(model, field)
    np.testing.assert_array_equal(probabilities(again, TEXTS), probabilities(model, TEXTS))


def test_time_and_languages_travel_along():
    again = from_bytes(STORED, place="here")
    assert again.trained_to == pd.Timestamp("2026-05-01", tz="UTC")
    assert again.languages == ("en",)
    assert to_bytes(again) == STORED


def test_eight_bits_change_next_to_nothing_and_are_smaller():
    small = quantised(MODEL)
    assert np.abs(probabilities(small, TEXTS) - probabilities(MODEL, TEXTS)).max() < 0.01
    assert len(to_bytes(small)) < 0.6 * len(STORED)
    assert len(np.unique(small.weights)) <= 255


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        STORED[:-200],
        STORED[: len(STORED) // 2],
        pickle.dumps({"weights": [1.0]}),
        replaced("intercept", np.array([0.0, 1.0, 2.0])),
        replaced("weights", np.array([{"a": 1}], dtype=object)),
        replaced("header", np.frombuffer(b"[1, 2]", np.uint8)),
        replaced("header", np.frombuffer(b"no json", np.uint8)),
        replaced("checksum", np.zeros(32, np.uint8)),
    ],
    ids=["empty", "start", "end cut", "half", "pickle", "another array", "pickled array", "list", "text", "checksum"],
)
def test_anything_else_is_refused_with_its_place(data):
    with pytest.raises(InputError, match=r"^models/x\.npz: this is no linear model of sentiment.*train anew$"):
        from_bytes(data, place="models/x.npz")


def test_another_version_is_named(monkeypatch):
    monkeypatch.setattr("workbench.sentiment.store._VERSION", 2)
    later = to_bytes(MODEL)
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"^x\.npz: version 2 of a stored model; version 1 is read"):
        from_bytes(later, place="x.npz")


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(STORED) - 1), byte=st.integers(0, 255))
def test_a_byte_that_changed_is_seen_or_does_not_matter(at, byte):
    try:
        again = from_bytes(STORED[:at] + bytes([byte]) + STORED[at + 1 :], place="x.npz")
    except InputError:
        return
    assert again.fingerprint == MODEL.fingerprint


def test_the_file_holds_arrays_only():
    assert all(name.endswith(".npy") for name in zipfile.ZipFile(io.BytesIO(STORED)).namelist())
