"""Messages: cleaned, counted, labelled and split by time, whatever customers write."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.sentiment.messages import clean, gather, split, text_hash

GOOD, BAD = "The parcel came quickly and everything works", "The parcel never came and nobody answers"


def told(texts, **columns):
    days = pd.date_range("2026-01-01", periods=len(texts), freq="D")
    frame = {"message_id": [str(n) for n in range(len(texts))], "sent_at": days, "channel": "email", "text": texts}
    return pd.DataFrame({**frame, **columns})


def count(found, what):
    return found.counts.set_index("what")["messages"][what]


def test_a_lazy_table_and_a_frame_say_the_same():
    frame = told([GOOD, BAD, ""], language=["en", None, "en"], rating=[5.0, 1.0, 3.0])
    lazy, eager = gather(ibis.memtable(frame), languages=["en"]), gather(frame, languages=["en"])
    pd.testing.assert_frame_equal(lazy.rows, eager.rows, check_dtype=False)
    pd.testing.assert_frame_equal(lazy.counts, eager.counts)


def test_a_label_goes_before_a_rating():
    found = gather(told([GOOD, BAD, "Fine so far"], rating=[1, 1, None], label=["positive", None, " "])).rows
    assert found["label"].tolist() == ["positive", "negative", np.nan]


def test_an_unknown_label_is_refused_without_showing_it():
    with pytest.raises(InputError, match=r"messages\.label: unknown value in 1 rows; allowed: negative, neutral, pos"):
        gather(told([GOOD], label=["secret"]))


@pytest.mark.parametrize(
    ("frame", "said"), [(told([]), "none in this market"), (told([GOOD]).drop(columns="text"), "text")]
)
def test_nothing_to_score_is_said(frame, said):
    with pytest.raises(InputError, match=f"messages: .*{said}"):
        gather(frame)


def test_every_kind_is_counted():
    texts = [GOOD, GOOD.upper(), "", " \n", "ok", "x " * 3000, "Great 👍 really great", "<p>Hello there friend</p>"]
    texts += ["وصلت الشحنة متأخرة أسبوعين", "null\x00byte in this text", "Very good बहुत अच्छा लगा मुझे", None]
    found = gather(told(texts, customer_id=[None, *"abcdefghijk"]), languages=["en", "hi"])
    assert (len(found.rows), count(found, "all"), count(found, "empty")) == (9, 12, 3)
    assert found.counts.set_index("what").loc["all", "share"] == 1
    once = ["very long", "with emoji", "with HTML", "right to left", "with control characters"]
    once += ["in two languages or scripts", "with the text of an earlier one", "without customer", "very short"]
    assert [count(found, what) for what in once] == [1] * len(once)


def test_what_cannot_be_counted_is_missing():
    found = gather(told([GOOD]))
    assert pd.isna(count(found, "rated"))
    assert pd.isna(count(found, "without customer"))


def test_languages_are_stated_corrected_or_not_known():
    found = gather(
        told([GOOD, BAD, "42", "So schnell wie nie und sehr gut verpackt"], language=["EN-gb", "fr", None, "de"])
    )
    assert found.rows["language"].tolist() == ["en", "en", np.nan, "de"]
    assert found.rows["language_source"].tolist() == ["stated", "corrected", "not known", "stated"]
    assert pd.isna(count(found, "in a language outside the market's"))
    assert count(gather(told([GOOD]), languages=["de"]), "in a language outside the market's") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<style>p {color: red}</style><p>Good</p>", "Good"),
        ("Good<br>bad<br/>ugly", "Good bad ugly"),
        ("I <3 you & <b>her</b> a<b and c>d", "I <3 you & her a<b and c>d"),
        ("&lt;b&gt; &eacute;t&#233; &nope", "<b> été &nope"),
        ("<!-- hidden <b>too</b> -->seen", "seen"),
        ("a\x00b\x07c\ud800d\u200be\u202ef", "abcdef"),
        ("نمی\u200cخواهم 👨\u200d👩\u200d👧", "نمی\u200cخواهم 👨\u200d👩\u200d👧"),
        ("first\nsecond\tthird", "first\nsecond\tthird"),
    ],
)
def test_texts_are_cleaned(text, shown):
    assert " ".join(clean([text])[0].split(" ")).split() == shown.split()


@pytest.mark.parametrize("unit", ["<", "<b", "<script>", "&", "&#", "<!--", "</style", "a ", "\x00", "é\u0301"])
def test_a_megabyte_of_anything_is_read(unit):
    found = gather(told([unit * (1_000_000 // len(unit)), GOOD]))
    assert count(found, "all") == 2


def test_the_newest_are_held_out_without_twins():
    rows = gather(told([GOOD, BAD, "Fine so far, thanks", GOOD.upper()] * 2, rating=[5, 1, 3, 5] * 2)).rows
    train, held_out = split(rows, share=0.5)
    assert train["message_id"].tolist() == ["0", "1", "2", "3"]
    assert held_out.empty
    other = rows.assign(text_hash=range(len(rows)))
    assert split(other, share=0.25)[1]["message_id"].tolist() == ["6", "7"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(0, 3))
def test_a_split_is_stable_and_in_time(number, seed):
    rows = pd.DataFrame({"message_id": [str(n) for n in range(number)], "text_hash": np.arange(number, dtype="uint64")})
    rows["sent_at"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(number) // 3, "D")
    rows["label"] = pd.Series(["positive", None][:number] * number, dtype="str")[:number]
    train, held_out = split(rows)
    again = split(rows.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(train, again[0])
    pd.testing.assert_frame_equal(held_out, again[1])
    assert len(train) + len(held_out) == rows["label"].notna().sum()
    assert not len(held_out) or train["sent_at"].max() <= held_out["sent_at"].min()


@given(st.text())
def test_cleaning_twice_is_cleaning_once_for_plain_text(text):
    plain = text.replace("<", "").replace("&", "")
    assert clean(clean([plain])) == clean([plain])
    assert len(text_hash(clean([text]))) == 1
