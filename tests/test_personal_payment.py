"""Cards have a known issuer, a usual grouping and a right check digit; accounts the form of their country."""

import pytest

from workbench.personal.payment import is_account, is_card


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "5555 5555 5555 4444",
        "2223-0031-2200-3222",
        "3782 822463 10005",
        "30569309025904",
        "6011111111111117",
    ],
)
def test_the_test_numbers_of_issuers_are_cards(number):
    assert is_card(number)


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111112",
        "9111111111111119",
        "41 11 11 11 11 11 11 11",
        "4111 1111-1111 1111",
        "4.111111111111111",
        "4111",
    ],
)
def test_wrong_digits_issuers_and_groups_are_none(number):
    assert not is_card(number)


def test_thirteen_digits_that_are_an_article_number_too_are_no_card():
    from stdnum import ean, luhn

    both = next(
        n for n in map(str, range(4_000_000_000_000, 4_000_000_010_000)) if ean.is_valid(n) and luhn.is_valid(n)
    )
    card = next(
        n for n in map(str, range(4_000_000_000_000, 4_000_000_010_000)) if not ean.is_valid(n) and luhn.is_valid(n)
    )
    assert (is_card(both), is_card(card)) == (False, True)


def test_accounts_have_the_length_of_their_country():
    assert is_account("GB82 WEST 1234 5698 7654 32")
    assert is_account("gb82west12345698765432")
    assert not is_account("GB82 WEST 1234 5698 7654 33")
    assert not is_account("XX82 WEST 1234 5698 7654 32")
