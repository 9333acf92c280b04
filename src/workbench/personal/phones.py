"""Phone numbers that can be nothing else: by their country's plan, how they are grouped, or a word beside them.

In: the text of a number, countries.   Out: yes or no.
"""

import re
from collections.abc import Sequence

# How figures, years and laws are written as well, or a postcode before the number of a house: of these only a word
# makes a phone number.
_FIGURE = re.compile(r"[1-9]\d{0,2}(?:[ .,']\d{3})+|\d+(?:[.,]\d+)?|[1-9][\d.]* ?[-/ ] ?\d+")
_COUNT, _LONGEST_COUNT = re.compile(r"[1-9]\d{0,2}(?:[ .,']\d{3})+|[1-9]\d*"), 9
_LONGEST = 40  # signs, with those between the digits and an extension
_DECIMAL = re.compile(r"(?:0|[1-9]\d*)[.,]\d+")
_FIGURE_ABROAD, _SHORT_ABROAD = re.compile(r"\+\d{1,3}(?: \d{3})+"), re.compile(r"\+\d{1,9}|\+\d+[.,]\d+")


def is_phone(number: str, *, countries: Sequence[str], is_said: bool = False) -> bool:
    """Say whether a text is a phone number: with + one of any country, else one of these countries.

    By itself it must be valid there and grouped as phone numbers are there; where a word says so (`is_said`) its length
    need only be possible, and a figure of fewer than nine digits is none: `phone: 1 234 567` may count customers.
    Behind a + a possible length is enough, too, unless it looks like a figure.

    >>> is_phone("0171 3920029", countries=["DE"]), is_phone("1 234 567", countries=["DE"])
    (True, False)
    >>> is_phone("01713920029", countries=["DE"]), is_phone("01713920029", countries=["DE"], is_said=True)
    (False, True)
    """
    if len(number) > _LONGEST:
        return False
    if number.startswith("+"):
        if not is_said and (_SHORT_ABROAD.fullmatch(number) or _FIGURE_ABROAD.fullmatch(number)):
            return _FIGURE_ABROAD.fullmatch(number) is not None and _is_valid(number)
        return _is_possible(number, None)
    if _DECIMAL.fullmatch(number):
        return False
    if is_said and not (_COUNT.fullmatch(number) and sum(map(str.isdigit, number)) < _LONGEST_COUNT):
        return any(_is_possible(number, country) for country in countries)
    return not _FIGURE.fullmatch(number) and any(_is_grouped(number, country) for country in countries)


def is_phone_value(number: str, *, countries: Sequence[str]) -> bool:
    """Say whether a whole value of a column is a valid phone number, however it is grouped.

    >>> is_phone_value("01713920029", countries=["DE"]), is_phone_value("12345678", countries=["DE"])
    (True, False)
    """
    from phonenumbers import Leniency

    if number.startswith("+"):
        return _is_valid(number)
    return any(_matches(number, country, Leniency.VALID) for country in countries)


def _is_possible(number: str, country: str | None) -> bool:
    from phonenumbers import ValidationResult, is_possible_number_with_reason, parse, phonenumberutil

    try:
        return is_possible_number_with_reason(parse(number, country)) == ValidationResult.IS_POSSIBLE
    except phonenumberutil.NumberParseException:
        return False


def _is_valid(number: str) -> bool:
    from phonenumbers import is_valid_number, parse, phonenumberutil

    try:
        return is_valid_number(parse(number, None))
    except phonenumberutil.NumberParseException:
        return False


def _is_grouped(number: str, country: str) -> bool:
    """Say whether the digits are grouped in a way that phonenumbers knows for this country."""
    from phonenumbers import Leniency

    return _matches(number, country, Leniency.STRICT_GROUPING)


def _matches(number: str, country: str, leniency: int) -> bool:
    from phonenumbers import PhoneNumberMatcher

    found = PhoneNumberMatcher(number, country, leniency=leniency)
    return any(match.end - match.start >= len(number) - 1 for match in found)
