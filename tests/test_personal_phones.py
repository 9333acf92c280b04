"""A phone number is one by its country's plan and grouping, by a +, or by a word; figures are none."""

import pytest

from workbench.personal.phones import is_phone, is_phone_value


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("0171 3920029", "DE"),
        ("01 99 00 00 48", "FR"),
        ("(212) 555-0142", "US"),
        ("212-555-0142", "US"),
        ("020 7946 0958", "GB"),
        ("+44 20 7946 0958", "DE"),
        ("+442079460958", "DE"),
    ],
)
def test_numbers_grouped_as_in_their_country_are_phones(number, country):
    assert is_phone(number, countries=[country])


@pytest.mark.parametrize(
    "number", ["1 234 567", "12 345 678", "2023-2025", "13.709/2018", "43 73313", "2125550142", "0171392", "+1 234 567"]
)
def test_figures_years_laws_and_addresses_are_none(number):
    assert not is_phone(number, countries=["DE", "US", "EE", "DK", "IN"])


def test_a_word_makes_nine_digits_a_phone_not_eight():
    said = [is_phone(number, countries=["DK", "FR", "DE"], is_said=True) for number in ("712345678", "71234567")]
    assert said == [True, False]
    assert not is_phone("0.1234567890", countries=["US"], is_said=True)


def test_values_of_a_column_must_be_valid_whatever_their_grouping():
    assert is_phone_value("0171/3920029", countries=["DE"])
    assert not is_phone_value("+1 984 182 0190", countries=["US"])
    assert not is_phone_value("12345678", countries=["DE", "FR"])
