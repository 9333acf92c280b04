import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.processor import threads
from workbench.sentiment import kernels
from workbench.sentiment.ngrams import Family, Recipe, count, folded, kinds, normalise

ALL_BITS = 2**64 - 1
RECIPES = [
    Recipe(),
    Recipe(
        spaced=Family(words=(2, 3), characters=(1, 3), across=False),
        unspaced=Family(words=(1, 2), characters=(0, 0), across=True),
        word_bits=9,
        character_bits=11,
    ),
]
SCRIPTS = st.text(
    st.sampled_from("ab'é Zß\n\0 12३ .!,مرحبًا हिन्दी नमस्ते 好不错的。ไทยดีมาก日本語カナ한국어😀👨‍👩‍👧👍🏽❤️‍\ud800"),
    max_size=40,
)


def step(state: int, code: int) -> int:
    state = ((state ^ code) * 0x9E3779B97F4A7C15) & ALL_BITS
    return state ^ (state >> 32)


def hashed(start: int, codes: list[int], bits: int) -> int:
    for code in codes:
        start = step(start, code)
    return (start * 0xBF58476D1CE4E5B9 & ALL_BITS) >> (64 - bits)


def tokens(text: str) -> list[str]:
    return [text[start:end] for start, end in kernels.tokens(np.array(list(map(ord, text)), np.uint32), kinds())]


def reference(text: str, recipe: Recipe) -> Counter:
    """Count n-grams as the docstrings say, one after another."""
    kind = [kinds()[ord(c)] for c in text]
    unspaced = kind.count(kernels.UNSPACED) > kind.count(kernels.LETTER)
    family = recipe.unspaced if unspaced else recipe.spaced
    found = Counter()
    words = []
    for token in tokens(text):
        state = 0x51
        for c in token:
            state = step(state, ord(c))
        words.append(state)
    for n in range(max(family.words[0], 1), family.words[1] + 1):
        found.update(hashed(0x52, words[i : i + n], recipe.word_bits) for i in range(len(words) - n + 1))
    for part in [text] if family.across and text else text.split(" ") if text else []:
        padded = f" {part} "
        for n in range(max(family.characters[0], 1), family.characters[1] + 1):
            runs = (padded[i : i + n] for i in range(len(padded) - n + 1))
            codes = [[ord(c) for c in run] for run in runs if run != " "]
            found.update(2**recipe.word_bits + hashed(0x53, run, recipe.character_bits) for run in codes)
    return found


@pytest.mark.parametrize("recipe", RECIPES)
@settings(max_examples=150, deadline=None)
@given(texts=st.lists(SCRIPTS | st.text(max_size=20), max_size=4))
@example(texts=["", "\0", " ", "\n\n", "a\nb"])
def test_n_grams_are_those_of_a_plain_loop(recipe, texts):
    matrix = count(texts, recipe)
    assert matrix.shape == (len(texts), recipe.features)
    assert matrix.dtype == np.float32
    for row, text in enumerate(normalise(texts)):
        one = matrix[row]
        assert dict(zip(one.indices.tolist(), one.data.tolist(), strict=True)) == reference(text, recipe)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(SCRIPTS, max_size=5))
def test_a_text_is_folded_alone_as_among_others_and_once(texts):
    together = normalise(texts)
    assert together == [normalise([text])[0] for text in texts]
    assert all(not text.startswith(" ") and not text.endswith(" ") and "  " not in text for text in together)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ＧＯＯＤ　ﬁne", "good fine"),
        ("Loooove   it\t!!!!", "loove it !!"),
        ("call 0170 12, 1234567", "call 00 12, 00"),
        ("ask @Anna_B or a.b+c@mail.example.org", "ask @user or @user"),
        ("see HTTPS://shop.example/x?y=1 now", "see http now"),
        ("<p class='x'>fine</p> a < b &lt;3", "fine a < b <3"),
        ("👍🏽👍🏿 ❤️", "👍👍 ❤"),
        ("null\0byte soft\u00adhyphen", "null byte softhyphen"),
        ("नमस्ते مُرَبَّى", "नमस्ते مُرَبَّى"),
    ],
)
def test_what_means_the_same_looks_the_same(text, seen):
    assert normalise([text]) == [seen]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("don't stop!!", ["don't", "stop", "!!"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("👨‍👩‍👧😀", ["👨‍👩‍👧", "😀"]),
        ("不好 iphone15", ["不", "好", "iphone15"]),
        ("ดีมาก", ["ดี", "ม", "า", "ก"]),
        ("좋아요:)", ["좋아요", ":", ")"]),
    ],
)
def test_tokens_are_words_letters_without_spaces_and_signs(text, parts):
    assert tokens(text) == parts


def test_a_message_of_a_megabyte_is_counted():
    matrix = count(["very good " * 100_000, "x" * 1_000_000, "好" * 1_000_000], Recipe())
    assert matrix.shape[0] == 3
    assert matrix[0].sum() > 1_000_000


def test_no_texts_make_no_rows():
    assert count([], Recipe()).shape == (0, Recipe().features)
    assert normalise([]) == []


def test_features_are_the_same_in_every_process_and_on_any_number_of_threads(monkeypatch):
    texts = ["sehr gut", "不好", "مرحبا"] * 20_000
    monkeypatch.setenv("WORKBENCH_THREADS", "1")
    assert threads() == 1
    alone = count(texts, Recipe())
    monkeypatch.setenv("WORKBENCH_THREADS", "3")
    assert (alone != count(texts, Recipe())).nnz == 0
    code = (
        "from workbench.sentiment.ngrams import *; m = count(['sehr gut', '不好', 'مرحبا'], Recipe())\n"
        "print(int((m.indices.astype(int) * m.data).sum()))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    first = alone[:3]
    assert int(run.stdout) == int((first.indices.astype(int) * first.data).sum())


def test_folding_keeps_the_place_of_every_text():
    codes, offsets = folded(["ab", "", "c"])
    assert (codes.tolist(), offsets.tolist()) == ([97, 98, 99], [0, 2, 2, 3])
