"""Of the numbers in a text only whole ones count: no pieces of longer rows, links, DOIs or hashes."""

import pytest

from workbench.personal.digits import is_machine, personal_numbers
from workbench.personal.numbers import numbers


def found(text: str, *countries: str) -> list[tuple[str, str]]:
    spans = personal_numbers(text, list(numbers(text, countries=())), countries=countries, links=[])
    return [(text[start:end], kind) for start, end, kind in spans]


@pytest.mark.parametrize(
    "text",
    [
        "2, 4111 1111 1111 1111",
        "2025-01-01 4111 1111 1111 1111",
        "4111 1111 1111 1111; 12",
        "4111 1111 1111 1111 / 07",
        "1\t4111 1111 1111 1111",
    ],
)
def test_a_number_is_found_beside_others(text):
    assert found(text) == [("4111 1111 1111 1111", "card")]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111 1111 1111",
        "10.1234/4111111111111111",
        "a4111111111111111",
        "4111111111111111b",
        "4111111111111111.0",
    ],
)
def test_a_piece_of_something_longer_is_none(text):
    assert found(text) == []


def test_spanish_letters_may_stand_apart():
    spanish = {("12345678-Z", "dni"), ("12.345.678-Z", "dni"), ("X-1234567-L", "nie")}
    assert set(found("DNI 12345678-Z, 12.345.678-Z y X-1234567-L", "ES")) == spanish


def test_a_row_of_pairs_is_a_phone_not_a_date():
    assert found("01.12.10.61.18", "FR") == [("01.12.10.61.18", "phone")]
    assert found("01.12.2025", "FR", "DE") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7", True),
        ("2001:db8::17", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("0.10.9.9", False),
        ("aa:bb:cc:dd:ee:ff", False),
    ],
)
def test_machines_in_a_net_have_addresses(text, expected):
    assert is_machine(text, 0, len(text)) is expected
