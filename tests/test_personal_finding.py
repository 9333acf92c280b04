"""Whatever points at a person is found and masked, however it is written; masking again changes nothing."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.personal import KINDS, find, mask
from workbench.personal.folding import fold

COUNTRIES = ["DE", "FR", "BR", "JP", "US", "IN"]
SEVEN_DIGITS = re.compile(r"[0-9](?:[ .\u200b-]{0,3}[0-9]){6}")
LETTERS_AT = re.compile(r"[^\W\d_]@[^\W\d_]")


def masked(text: str, *names: str) -> str:
    return str(mask(pd.Series([text]), countries=COUNTRIES, names=names)[0])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to a.b+c@example.co.uk.", "Write to [e-mail]."),
        ("Meine Bank: DE89 3704 0044 0532 0130 00. Danke", "Meine Bank: [account]. Danke"),
        ("card 4111-1111-1111-1111!", "card [card]!"),
        ("CPF 529.982.247-25", "CPF [number]"),
        ("SSN 219-09-9999", "SSN [number]"),
        ("Rufen Sie 0171 3920056 an", "Rufen Sie [phone] an"),
        ("call +44 20 7946 0958 x12", "call [phone]"),
        ("born 1985-03-12", "born [date]"),
        ("#12345, DE-M00000001", "[id], [id]"),
        ("see www.example.com/me?id=3, @anna or 192.0.2.17", "see [link], [handle] or [ip]"),
        ("メールはmail@example.comです", "メールは[e-mail]です"),
        ("Sehr geehrter Herr Dr. Lindhain,", "Sehr geehrter Herr Dr. [name],"),
        ("山田花子様、お客様の皆様", "[name]様、お客様の皆様"),
        ("मेरा नाम अनन्या है", "मेरा नाम [name] है"),
        ("Met vriendelijke groet,\nJan de Vries", "Met vriendelijke groet,\n[name]"),
    ],
)
def test_what_points_at_a_person_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "written",
    [
        "１２３４　５６７８ ９０１２",
        "٠١٢٣٤٥٦٧٨٩",
        "〇九〇一二三四五六七八",
        "①②③④⑤⑥⑦⑧",
        "1 . 2 . 3 . 4 . 5 . 6 . 7",
        "1\u200b2\u200c3\u200d4\ufeff5 6 7 8 9",
        "1\x002\x003\x004\x005\x006\x007",
        "12–34–56–78",
        "a\u200bb＠example．com",
    ],
)
def test_no_way_of_writing_gets_through(written: str) -> None:
    assert re.fullmatch(r"x \[[a-z-]+\] x", masked(f"x {written} x"))


def test_what_points_at_nobody_is_left_alone() -> None:
    plain = "Hi team, 19,99 € for 2 of 3 in 2026, waited 10-12 days @ home. Thanks. See you at 12:30! 5/5 仕様 お客様"
    assert masked(plain) == plain


def test_known_names_are_found_in_any_case_order_and_script() -> None:
    names = ["Anna von Lindhain", "Élise Hautegarde", "Bo Xu", "青葉沢 葵", "अनन्या जलसागर", "김민수"]
    said = "anna, LINDHAIN Anna; Elise; bo xu and Xu, Bo; 青葉沢さんは葵; अनन्या ने; 김민수입니다; von Bo"
    shown = "[name], [name] [name]; [name]; [name] and [name]; [name]さんは葵; [name] ने; [name]입니다; von Bo"
    assert masked(said, *names) == shown


def test_a_name_that_is_also_a_word_counts_only_as_names_are_written() -> None:
    texts = pd.Series(["I will wait", "it will do", "that will be all", "will it", "who will", "then Will came"])
    assert mask(texts, names=["Will Ashmeadow"]).tolist() == [*texts[:5], "then [name] came"]


def test_spans_say_where_and_of_which_kind() -> None:
    found = find(["nothing", None, "１２ 0171 3920056"], countries=["DE"])  # type: ignore[list-item]
    assert set(found["kind"]) <= set(KINDS)
    assert find([]).to_dict("list") == {"row": [], "kind": [], "start": [], "end": []}
    assert found["row"].tolist() == [2]


def test_a_country_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="countries: 'Germany' is none; allowed are the two letters"):
        mask(pd.Series(["x"]), countries=["Germany"])


def test_missing_texts_stay_missing_and_twins_are_masked_alike() -> None:
    texts = pd.Series(["a@b.com", None, "a@b.com"], index=[3, 1, 2], dtype="str")
    shown = mask(texts)
    assert shown.index.tolist() == [3, 1, 2]
    assert shown.dropna().tolist() == ["[e-mail]"] * 2
    assert mask(pd.Series([None, None], dtype="str")).isna().all()


PIECES = st.sampled_from(
    [*"0123456789٣７一 .-@/#+\u200b\x00\nàñ様", "Anna", "Dear ", "www.", "[name]", "e", "X", ".com"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_nothing_personal_survives_and_masking_again_changes_nothing(text: str) -> None:
    shown = masked(text, "Anna Name", "Bo X")
    assert not SEVEN_DIGITS.search(fold(shown))
    assert not LETTERS_AT.search(fold(shown))
    assert not re.search(r"(?<![^\W\d_])anna(?![^\W\d_])", shown.lower())
    assert masked(shown, "Anna Name", "Bo X") == shown


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_a_very_long_message_is_masked_in_time() -> None:
    long = "a-b.c" * 100_000 + " 1" * 100_000 + "@" * 1000 + "A12345678" * 10_000 + "\u200b" * 100_000
    assert "12345678" not in masked(long)


def test_every_planted_piece_of_the_sample_is_masked(sample_folder: Path) -> None:
    messages = pd.read_parquet(next(sample_folder.rglob("messages.parquet")))
    truth = pd.read_parquet(next(sample_folder.rglob("truth_messages.parquet"))).set_index("message_id")
    planted = messages["message_id"].map(truth["personal"]) != ""
    shown = mask(messages["text"], countries=COUNTRIES)
    kinds = r"\[(?:e-mail|phone|card|account|number|id)\]"
    assert shown[planted].str.contains(kinds).all()
    assert not shown.str.contains(SEVEN_DIGITS).any()
    clean = (shown != messages["text"]) & ~planted & ~messages["text"].str.contains("#")
    assert clean.mean() < 0.005


@pytest.mark.parametrize(
    "entity", ["EMAIL_ADDRESS", "CREDIT_CARD", "PHONE_NUMBER", "IBAN_CODE", "US_SSN", "IP_ADDRESS"]
)
def test_none_of_the_labelled_sentences_shows_its_value(shared_data: Path, entity: str) -> None:
    rows = pd.read_parquet(shared_data / "pii" / "synth_dataset_v2.parquet")
    shown = mask(rows["full_text"], countries=["US", "GB"])
    spans = [(row, span) for row, found in rows["spans"].items() for span in json.loads(found)]
    values = [(row, span["entity_value"]) for row, span in spans if span["entity_type"] == entity]
    assert values
    assert not [value for row, value in values if value in shown[row]]
