"""Cards and accounts: is a number one that a bank gives out?

In: the text of a number.   Out: yes or no.
"""

import re

# Who issues cards by their first digits (ISO/IEC 7812), and how long theirs are: Visa, Mastercard, American Express,
# Diners, Discover and RuPay, JCB (and what else begins with 35), UnionPay, Mir, Maestro.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11}(?:\d\d)?|(?:6011|64[4-9]\d|65\d\d|60\d\d|81\d\d|82\d\d|508\d)\d{12}|(?:2131|1800)\d{11}"
    r"|35\d{14}|62\d{14,17}|220[0-4]\d{12}|(?:5018|5020|5038|5[6-8]\d\d|6304|6390|67\d\d)(?:\d{8,12}|\d{14,15})"
)
_CARD = re.compile(r"\d{12,19}|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{1,7}|\1\d{4}\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}")


def is_card(number: str) -> bool:
    """Say whether a text is a card number: grouped as on cards, known first digits, the check digit of ISO/IEC 7812.

    Twelve to fourteen digits that are an article number as well (GS1) are not.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112"), is_card("9111111111111119")
    (True, False, False)
    """
    from stdnum import ean, luhn

    digits = re.sub(r"[ -]", "", number)
    if not (_CARD.fullmatch(number) and _ISSUED.fullmatch(digits) and luhn.is_valid(digits)):
        return False
    return not (len(digits) <= 14 and ean.is_valid(digits))


def is_account(number: str) -> bool:
    """Say whether a text is an IBAN: check digits of ISO 13616, and the length and signs of its country's accounts.

    >>> is_account("GB82 WEST 1234 5698 7654 32"), is_account("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    from stdnum import iban

    return bool(iban.is_valid("".join(filter(str.isalnum, number)), check_country=False))
