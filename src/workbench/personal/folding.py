"""One way to write each sign, so that a pattern sees through full-width digits, Arabic numerals and invisible signs.

In: a text.   Out: a text of the same length: what is found in the one stands in the same place in the other.
"""

import unicodedata

UNSEEN = "\u200b"
_KANJI = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))


def fold(text: str) -> str:
    """Return the text with digits, spaces, dashes and letters of other widths as ASCII has them.

    Signs that nobody sees (zero-width ones, variation selectors, control characters) become `UNSEEN`.

    >>> fold("０１７１－٣٩٢ 0５６")
    '0171-392 056'
    """
    return text.translate(_SIGNS)


class _Signs(dict[int, str]):
    """What each sign becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _plain(chr(code))
        return self[code]


def _plain(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign in "\t\n\r" or category in {"Zl", "Zp"}:
        return "\n" if category != "Cc" else sign
    if category in {"Cc", "Cf", "Me"} or unicodedata.name(sign, "").startswith("VARIATION SELECTOR"):
        return UNSEEN
    if category in {"Zs", "Pd"} or sign == "\u2212":
        return " " if category == "Zs" else "-"
    digit = unicodedata.digit(sign, None)
    same = unicodedata.normalize("NFKC", sign)
    return str(digit) if digit is not None else _KANJI.get(sign, same if same.isascii() and len(same) == 1 else sign)


_SIGNS = _Signs()
