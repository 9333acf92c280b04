"""What certainly points at somebody is found with its kind; what is written in reports is not."""

import itertools
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.personal import IDENTIFIED, find, identify, may_identify

COUNTRIES = ["DE", "FR", "BR", "JP", "US", "IN", "GB", "ES"]
PUBLISHED = {
    "anna@example.org": "email",
    "DE89 3704 0044 0532 0130 00": "iban",
    "4111 1111 1111 1111": "card",
    "+44 20 7946 0958": "phone",
    "(212) 555-0142": "phone",
    "0171 3920029": "phone",
    "390.533.447-05": "cpf",
    "11.222.333/0001-81": "cnpj",
    "12345678Z": "dni",
    "X1234567L": "nie",
    "86 095 742 719": "steuer_id",
    "2 55 08 14 168 025 38": "nir",
    "2341 2341 2346": "aadhaar",
    "1234 5678 9018": "my_number",
    "943 476 5919": "nhs",
    "536-90-4399": "ssn",
    "203.0.113.7": "ip",
    "2001:db8::17": "ip",
    "https://example.com/reset?token=8f3kq02ld9": "link_with_token",
}


def kinds(text: str, countries: list[str] = COUNTRIES) -> dict[str, str]:
    found = identify([text], countries=countries).itertuples()
    return {text[span.start : span.end]: span.kind for span in found}


@pytest.mark.parametrize(("written", "kind"), PUBLISHED.items())
@pytest.mark.parametrize("frame", ["{}", "It is {}.", "(see {})", "これは{}です", "यह {} है", "a, {}; b\n"])
def test_published_examples_are_found_as_what_they_are(written: str, kind: str, frame: str) -> None:
    found = kinds(frame.format(written))
    assert list(found.values()) == [kind]
    assert written in next(iter(found)) if kind == "link_with_token" else written in found


@pytest.mark.parametrize("written", [text for text in PUBLISHED if re.search(r"\d", text) and "token" not in text])
def test_full_width_digits_are_digits(written: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in written)
    assert list(kinds(f"x {wide} x").values()) == [PUBLISHED[written]]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CPF: 39053344705", "cpf"),
        ("Meu CPF é 390 533 447 05", "cpf"),
        ("マイナンバーは123456789018です", "my_number"),
        ("आधार 234123412346", "aadhaar"),
        ("Steuer-ID 86095742719", "steuer_id"),
        ("NHS number 9434765919", "nhs"),
        ("my social security number is 536904399", "ssn"),
        ("Handy 01713920029", "phone"),
        ("call me at 2125550142", "phone"),
    ],
)
def test_a_word_beside_it_makes_a_plain_figure_personal(text: str, kind: str) -> None:
    assert list(kinds(text).values()) == [kind]
    assert kinds(re.sub(r"^[^\d]*", "", text)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "0.4111111111111111 and 4.111111111111111, -4111111111111111.0",
        "doi:10.1214/aos/1013203451, https://doi.org/10.1000/4111111111111111",
        "2025-01-01 to 2025-12-31, 01.01.2025 – 31.12.2025, 2023-2025, 2025-11-28 01:07:00.123456",
        "1 234 567 of 12 345 678 customers, 1.234.567,89 €, R$ 1.234.567,89, ₹12,34,567, ¥123,456,789, 1 234 567,00",
        "phone: 1 234 567 touches (12 %), sms 1234567, call 12.345.678",
        "Martin et al. (2011), J. Stat. Softw. 45(3), 1-67. ISBN 978-0-387-84857-0, arXiv 1706.03762v5",
        "d41d8cd98f00b204e9800998ecf8427e, 550e8400-e29b-41d4-a716-446655440000, sha256:4111111111111111aa",
        "Regulation (EU) 2016/679, Lei 13.709/2018, Regulation 1182/71, 45 CFR 164.514",
        "version 10.2.0.17, py4j==0.10.9.9, section 1.2.3.4, 127.0.0.1, 999.1.1.1, 12:30:45, std::vector, a::b2",
        "birth year 1950 to 2005; data from 2023-01-01. Birthday campaign sent 2025-03-01",
        "weights @ above.astype(float32), @decorator, user@host, 3 @ 4.50",
        "https://example.com/list?sort=price&page=2, https://example.com/?key=colour&session=morning",
        "EAN 4006381333931, order #4711081, invoice 2025-000123, 43 73313, 17151 2450 Crown Street, ZIP 75534-0301",
        "[0.7592, 0.1686] (683900 of 6694152), +62757153 -837924.43, +1 234 567, ± 90997.064",
        "4.1111e15 | 12 345 | 67 890 | 1 234, 411 1111, 5 000 000 000",
    ],
)
def test_what_reports_say_is_nothing(text: str) -> None:
    assert kinds(text) == {}


def test_without_countries_only_what_is_valid_everywhere_is_found() -> None:
    found = {kind for text in PUBLISHED for kind in kinds(text, []).values()}
    assert found == {"email", "iban", "card", "phone", "ip", "link_with_token"}
    assert kinds("0171 3920029", []) == {}


def test_the_surest_check_wins_where_spans_overlap() -> None:
    assert list(kinds("FR76 0000 0000 0000 0000 0013 677", ["FR", "JP", "IN"]).values()) == ["iban"]
    assert list(kinds("https://example.com/?mail=anna@example.org").values()) == ["link_with_token"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Regards, Anna Lindhain", ["Anna Lindhain"]),
        ("LINDHAIN, Anna wrote", ["LINDHAIN, Anna"]),
        ("山田花子です", ["山田花子"]),
        ("Anna et al., Lindhain (2011), anna lindhain, J. Smith", []),
    ],
)
def test_only_full_names_count(text: str, said: list[str]) -> None:
    found = identify([text], names=["Anna Lindhain", "山田 花子", "Curie", "J. Smith", None])
    assert [text[span.start : span.end] for span in found.itertuples()] == said
    assert set(found["kind"]) <= {"name"}


def test_only_ids_that_can_be_nothing_else_count() -> None:
    ids = ["DE-000081", "17850", "1234567", "12345678", "Q4", "gold"]
    text = "DE-000081, 17850, 1234567, 12345678, 0.12345678, XDE-000081, DE-000081-2, Q4 2025, gold"
    found = identify([text], ids=ids)
    assert [text[span.start : span.end] for span in found.itertuples()] == ["DE-000081", "12345678"]
    assert set(found["kind"]) == {"customer_id"}


def test_the_frame_is_whole_also_of_nothing() -> None:
    found = identify(["nothing", None, "a@example.org b@example.org"])  # type: ignore[list-item]
    assert found.to_dict("list") == {"row": [2, 2], "kind": ["email"] * 2, "start": [0, 14], "end": [13, 27]}
    assert identify([]).to_dict("list") == {"row": [], "kind": [], "start": [], "end": []}
    with pytest.raises(InputError, match="countries: 'Germany' is none"):
        identify(["x"], countries=["Germany"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PUBLISHED, "and", "so", "12", "3.5"]), max_size=4), st.sampled_from(["Well: ", "é "]))
def test_a_neutral_start_shifts_the_spans(pieces: list[str], start: str) -> None:
    text = " and ".join(pieces)
    shifted = identify([text], countries=COUNTRIES)
    shifted[["start", "end"]] += len(start)
    pd.testing.assert_frame_equal(identify([start + text], countries=COUNTRIES), shifted)


@pytest.mark.parametrize("written", [*list(PUBLISHED)[1:3], "12345678Z", "86 095 742 719", "2341 2341 2346"])
def test_no_single_wrong_figure_passes_a_check_digit(written: str) -> None:
    places = [place for place, sign in enumerate(written) if sign.isdigit()]
    wrong = [
        written[:place] + figure + written[place + 1 :]
        for place, figure in itertools.product(places, "0123456789")
        if figure != written[place]
    ]
    found = identify(wrong, countries=["ES", "DE", "IN"])
    assert PUBLISHED[written] not in set(found["kind"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"0123456789１٣ .-/@:+", "né ", "born ", "a.org", *PUBLISHED]), max_size=14))
def test_nothing_is_found_in_what_the_first_look_rules_out_nor_beside_what_is_masked(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = identify([f"{text} DE-000081"], countries=COUNTRIES, ids=["DE-000081"])
    if not pc.match_substring_regex(pa.array([text]), may_identify())[0].as_py():
        assert set(found["kind"]) <= {"customer_id"}
    masked = find([f"{text} DE-000081"], countries=COUNTRIES)
    for span in found[~found["kind"].isin(["customer_id", "date_of_birth"])].itertuples():
        assert ((masked["start"] < span.end) & (span.start < masked["end"])).any(), span


def test_every_kind_has_words_for_people() -> None:
    assert all(words.strip() and words != kind for kind, words in IDENTIFIED.items())


def test_reports_of_the_notebooks_prose_are_clean() -> None:
    root = Path(__file__).parents[1]
    texts = [line for path in sorted(root.glob("notebooks/*.ipynb")) for line in path.read_text("utf-8").splitlines()]
    texts += [line for path in sorted(root.glob("docs/**/*.md")) for line in path.read_text("utf-8").splitlines()]
    found = identify(texts, countries=COUNTRIES)
    assert len(texts) > 1000
    assert [texts[row] for row in found["row"]] == []


def test_a_very_long_message_is_read_in_time() -> None:
    long = "a-b.c" * 20_000 + " 1" * 20_000 + "@" * 1000 + "A12345678" * 2_000 + "\u200b" * 20_000 + "born " * 5_000
    assert identify([f"{long}; card 4111 1111 1111 1111"], countries=COUNTRIES)["kind"].tolist()[-1] == "card"
