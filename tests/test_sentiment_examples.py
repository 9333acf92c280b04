"""A page shows a few messages, short and masked; what may still be personal is not shown at all."""

import numpy as np
import pandas as pd
import pytest
import regex

from workbench.errors import InputError
from workbench.sentiment.examples import examples

KINDS = ["most negative", "most positive", "least sure", "unlike its rating"]


def scored(texts: list[str], sentiment: str = "negative", **columns: object) -> tuple[pd.DataFrame, pd.Series]:
    rows = pd.DataFrame({"sentiment": sentiment, "confidence": 0.9, "text_hash": np.arange(len(texts))})
    return rows.assign(**columns), pd.Series(texts, dtype="str")


def shown(texts: list[str], **options: object) -> list[str]:
    return sorted(examples(*scored(texts), per_kind=50, **options)["text"])


def test_each_kind_has_its_messages_and_no_message_stands_twice() -> None:
    sentiment = np.repeat(["negative", "positive"], 100)
    rating = pd.array([5] * 10 + [1] * 180 + [None] * 10, dtype="Int64")
    rows, texts = scored([f"message that is number {i} here" for i in range(200)], rating=rating)
    rows = rows.assign(sentiment=sentiment, confidence=np.tile(np.linspace(0.4, 0.99, 100), 2), channel="chat")
    found = examples(rows, texts)
    assert found["shown_as"].tolist() == [kind for kind in KINDS for _ in range(3)]
    assert found["text"].is_unique
    assert found.groupby("shown_as")["sentiment"].first()[KINDS[:2]].tolist() == ["negative", "positive"]
    assert found[found["shown_as"] == "least sure"]["confidence"].max() < 0.6
    assert found[found["shown_as"] == "most negative"]["confidence"].min() > 0.6
    pd.testing.assert_frame_equal(found, examples(rows, texts))
    assert not found.equals(examples(rows, texts, seed=1))


def test_what_is_personal_is_masked() -> None:
    texts = ["Anna never called me back", "write to a@example.com please do", "my CPF is 529.982.247-25 thanks"]
    found = shown(texts, countries=["BR"], names=["Anna Lindhain"])
    assert found == ["[name] never called me back", "my CPF is [number] thanks", "write to [e-mail] please do"]


@pytest.mark.parametrize(
    "text",
    [
        "I live in Hauptstraße 12 near you",
        "send it to 10115 Berlin next time",
        "mail john at example dot com please",
        "too short",
        "Anna 12 #12345",
        "短いな",
    ],
)
def test_what_may_be_personal_even_so_or_says_too_little_is_left_out(text: str) -> None:
    assert shown([text], names=["Anna Lindhain"]) == []


def test_texts_are_cut_between_words_and_never_within_a_character() -> None:
    family, accent = "👨‍👩‍👧‍👦", "e\u0301"
    for text in [
        "a few words " * 50,
        f"{accent}{family} " * 300,
        "とても良いです" * 60,
        "مرحبا بكم جدا " * 60,
        "क्षत्रिय " * 90,
    ]:
        (cut,) = shown([text])
        assert cut.endswith(" …")
        body = cut.removesuffix(" …")
        assert regex.findall(r"\X", text)[: len(regex.findall(r"\X", body))] == regex.findall(r"\X", body)
        assert 100 <= len(regex.findall(r"\X", body)) <= 200


def test_twins_stand_once_and_signs_that_turn_a_page_around_are_taken_out() -> None:
    rows, texts = scored(["never so \u202ebad a thing\u0000\n again"] * 3, text_hash=1)
    assert examples(rows, texts)["text"].tolist() == ["never so bad a thing again"]


def test_a_message_of_a_megabyte_is_shown_cut() -> None:
    found = shown(["a word or two " * 80_000, "e" + "\u0301" * 100_000 + " and three words"])
    assert [len(text) <= 202 for text in found] == [True, True]


def test_nothing_scored_has_no_examples() -> None:
    found = examples(*scored([]))
    assert found.empty
    assert found.columns.tolist() == ["shown_as", "sentiment", "confidence", "channel", "language", "text"]


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match="2 scored messages and 1 texts"):
        examples(scored(["a", "b"])[0], pd.Series(["a"]))
    with pytest.raises(InputError, match="no column 'confidence'"):
        examples(scored(["a"])[0].drop(columns="confidence"), pd.Series(["a"]))
