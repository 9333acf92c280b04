"""Numbers that point at somebody: cards, accounts, phones, identity numbers, however their digits are grouped.

In: a folded text.   Out: spans with their kind.
"""

import re
from collections.abc import Iterator, Sequence

from workbench.personal.folding import UNSEEN

Span = tuple[int, int, str]

_MOST_LETTERS = 40  # of a code before and after its digits
_BETWEEN = rf"{UNSEEN}*(?:[ \t\n.,/()_'’·・ー-]{UNSEEN}*){{0,3}}"
# Seven digits are a short phone number; fewer name a day, a price or a postcode.
_DIGITS = re.compile(rf"(?:\+{_BETWEEN})?\(?[0-9](?:{_BETWEEN}[0-9]){{6,}}(?: ?(?:x|ext\.?) ?[0-9]{{1,6}})?")
_IBAN = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}[ {UNSEEN}]?[0-9]{{2}}(?:[ .{UNSEEN}-]{{0,2}}[A-Za-z0-9]){{11,30}}(?![A-Za-z0-9])"
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_DATE = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2}([-./])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-./])[0-9]{1,2}\2(?:[0-9]{4}|[0-9]{2})"
    r"|(?:19|20)[0-9]{2} ?年 ?[0-9]{1,2} ?月 ?[0-9]{1,2} ?日)(?![0-9])(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
)
# As Americans and Brazilians group theirs: no phone is written so.
_IDENTITY = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}|(?:[0-9]{3}\.){2}[0-9]{3}-[0-9]{2}")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?:# ?[0-9]{4,11}(?![0-9])|(?:№ ?|(?i:n[or°º])\.? )[0-9]{4,6}(?![0-9])"
    r"|[A-Za-z]{1,6}[-_]?[0-9]{5,}[A-Za-z0-9]*)"
)
_CODE_BEFORE, _CODE_AFTER = re.compile(r"(?:[A-Za-z][A-Za-z0-9_-]*)?\Z"), re.compile(r"[A-Za-z0-9]*")


def numbers(text: str, *, countries: Sequence[str]) -> Iterator[Span]:
    """Yield the start, end and kind of every number in a folded text that may point at somebody; they may overlap.

    A run of seven or more digits is one, with up to three signs between two digits. It is a card where the check digit
    of ISO/IEC 7812 is right, an account where that of ISO 13616 is, a phone where it is a valid number in one of the
    countries, an id where letters stand with it; days written in full are dates.

    >>> list(numbers("Card 4000 0000 0000 8625, order #12345", countries=["US"]))
    [(32, 38, 'id'), (5, 24, 'card')]
    """
    for found in _DATE.finditer(text):
        yield *found.span(), "date"
    for found in _CODE.finditer(text):
        yield *found.span(), "id"
    for found in _IBAN.finditer(text):
        yield from _account(text, *found.span())
    for found in _DIGITS.finditer(text):
        start, end = _with_letters(text, *found.span())
        yield start, end, _kind(found[0], countries) if (start, end) == found.span() else "id"


def _account(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the longest account number that starts here; words may follow it."""
    for last in sorted((found.end() for found in _WORD.finditer(text, start, end)), reverse=True):
        if _is_iban("".join(filter(str.isalnum, text[start:last]))):
            yield start, last, "iban"
            return


def _with_letters(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a run of digits by the code around it, such as the start of DE-M00000001."""
    before = _CODE_BEFORE.search(text[max(0, start - _MOST_LETTERS) : start])
    after = _CODE_AFTER.match(text, end, end + _MOST_LETTERS)
    return start - len(before[0] if before else ""), after.end() if after else end


def _kind(written: str, countries: Sequence[str]) -> str:
    digits = "".join(filter(str.isdigit, written))
    if 12 <= len(digits) <= 19 and _is_card(digits):
        return "card"
    is_phone = len(digits) <= 20 and "," not in written and not _IDENTITY.fullmatch(written)
    return "phone" if is_phone and _is_phone(written, countries) else "number"


def _is_phone(written: str, countries: Sequence[str]) -> bool:
    import phonenumbers

    plain = written.replace(UNSEEN, "").replace("ー", "-")
    for region in [None] if plain.startswith("+") else countries:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(plain, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _is_card(digits: str) -> bool:
    values = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in values) % 10 == 0


def _is_iban(code: str) -> bool:
    # Words would pass one time in 97; the shortest accounts have eleven digits behind their two check digits.
    return (
        sum(map(str.isdigit, code)) >= 10 and int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1
    )
