"""Where personal data stands in texts, and what is shown in its place.

In: texts, the market's countries, the names that its CRM knows.   Out: spans with their kind; masked texts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.errors import InputError
from workbench.personal.addresses import addresses
from workbench.personal.folding import fold
from workbench.personal.letters import addressed_names
from workbench.personal.names import Names, index, known_names, written_small
from workbench.personal.numbers import Span, numbers

# Every kind with the word that is shown instead, the more telling kind first.
KINDS = {
    "link": "[link]",
    "email": "[e-mail]",
    "ip": "[ip]",
    "iban": "[account]",
    "card": "[card]",
    "date": "[date]",
    "phone": "[phone]",
    "id": "[id]",
    "number": "[number]",
    "handle": "[handle]",
    "name": "[name]",
}
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_SHOWN = re.compile("|".join(map(re.escape, KINDS.values())))
# No pattern knows this sign: what has been masked is left alone.
_TAKEN = "\ue000"


@dataclass(frozen=True, eq=False, kw_only=True)
class _Known:
    countries: tuple[str, ...]
    names: Names


def find(texts: Iterable[str], *, countries: Sequence[str] = (), names: Iterable[str] = ()) -> pd.DataFrame:
    """Return every span that may be personal: row (the text's place in `texts`), kind (one of `KINDS`), start, end.

    `countries` (ISO 3166, two letters) are those whose phone numbers are recognised without +; numbers of seven or more
    digits are found without. `names` are what the CRM knows, full or in part: parts of three letters count by
    themselves, whatever their case; where the texts use one as an ordinary word (Will, Grace: at least 5 texts and four
    fifths of them write it small), only as names are written. Beside them names are found by title, greeting, farewell.
    Spans of one text do not overlap. An InputError says which country is not known.

    >>> find(["Dear Mr Ashmeadow,", "call (212) 555-0142"], countries=["US"])
       row   kind  start  end
    0    0   name      8   17
    1    1  phone      5   19
    """
    texts = [text if isinstance(text, str) else "" for text in texts]
    known = _known(texts, countries=countries, names=names)
    rows = [(row, kind, start, end) for row, text in enumerate(texts) for start, end, kind in _spans(text, known)]
    return pd.DataFrame(rows, columns=["row", "kind", "start", "end"]).astype({"row": int, "start": int, "end": int})


def mask(texts: pd.Series, *, countries: Sequence[str] = (), names: Iterable[str] = ()) -> pd.Series:
    """Return the texts with a word in brackets in place of whatever may be personal (see `find`); missing stay so.

    Masking again changes nothing: each text is looked at until nothing more is found.

    >>> mask(pd.Series(["Anna here, card 4000 0000 0000 8625", "Fine"]), names=["Anna Lindhain"]).tolist()
    ['[name] here, card [card]', 'Fine']
    """
    different = texts.dropna().unique()
    known = _known(different, countries=countries, names=names)
    return texts.map({text: _masked(text, known) for text in different}).astype("str")


def _known(texts: Iterable[str], *, countries: Sequence[str], names: Iterable[str]) -> _Known:
    looked_up = index(name for name in names if isinstance(name, str))
    if looked_up.parts:
        looked_up = written_small(looked_up, map(_prepared, texts))
    return _Known(countries=checked(countries), names=looked_up)


def checked(countries: Sequence[str]) -> tuple[str, ...]:
    """Return the countries in capitals; an InputError names one that is none."""
    import phonenumbers

    if unknown := [country for country in countries if country.upper() not in phonenumbers.SUPPORTED_REGIONS]:
        raise InputError(f"countries: {unknown[0]!r} is none; allowed are the two letters of ISO 3166, such as 'DE'")
    return tuple(country.upper() for country in countries)


def _prepared(text: str) -> str:
    return fold(_SHOWN.sub(lambda shown: _TAKEN * len(shown[0]), text))


def _spans(text: str, known: _Known) -> list[Span]:
    """Return the spans of a text by place; of those that overlap, the whole with the kind of the longest."""
    plain = _prepared(text)
    found = [*addresses(plain), *numbers(plain, countries=known.countries), *addressed_names(plain)]
    found += known_names(plain, known.names)
    merged: list[Span] = []
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1], _RANK[span[2]])):
        if merged and start < merged[-1][1]:
            first, last, before = merged[-1]
            merged[-1] = first, max(last, end), before if last - first >= end - start else kind
        else:
            merged.append((start, end, kind))
    return merged


def _masked(text: str, known: _Known) -> str:
    while spans := _spans(text, known):
        for start, end, kind in reversed(spans):
            text = text[:start] + KINDS[kind] + text[end:]
    return text
