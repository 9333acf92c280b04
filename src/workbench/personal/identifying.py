"""What in a text certainly points at somebody: evidence for an audit, where `find` masks whatever may be personal.

In: texts, the market's countries, known names and ids.   Out: spans with their kind.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import regex

from workbench.personal.addresses import addresses
from workbench.personal.births import births
from workbench.personal.digits import is_machine, personal_numbers
from workbench.personal.evidence import evidence
from workbench.personal.finding import checked
from workbench.personal.folding import UNSEEN, fold
from workbench.personal.names import Names, index, known_names
from workbench.personal.numbers import Span, numbers
from workbench.personal.tokens import has_secret

# Every kind with the words for people, the surest first: of spans that overlap, the earliest kind counts.
IDENTIFIED = {
    "link_with_token": "links with a token or address",
    "email": "e-mail addresses",
    "iban": "bank accounts (IBAN)",
    "nir": "French social security numbers (NIR)",
    "cnpj": "Brazilian company numbers (CNPJ)",
    "cpf": "Brazilian taxpayer numbers (CPF)",
    "steuer_id": "German tax numbers (Steuer-ID)",
    "card": "payment cards",
    "dni": "Spanish identity numbers (DNI)",
    "nie": "Spanish foreigners' numbers (NIE)",
    "aadhaar": "Indian identity numbers (Aadhaar)",
    "my_number": "Japanese individual numbers (My Number)",
    "nhs": "British health service numbers (NHS)",
    "ssn": "US social security numbers (SSN)",
    "date_of_birth": "dates of birth",
    "ip": "IP addresses",
    "phone": "phone numbers",
    "customer_id": "ids of customers",
    "name": "names of customers",
}
_RANK = {kind: rank for rank, kind in enumerate(IDENTIFIED)}

_MAILBOX = regex.compile(
    r"[A-Za-z0-9._%+'-]+(?:@| ?[(\[]at[)\]] ?)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}", regex.I
)
_TOKEN = regex.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[._:/-][A-Za-z0-9]+)*")
_SHORTEST_ID, _SHORTEST_FIGURE, _SHORTEST_WORD = 4, 8, 2
_DIGIT = r"[\p{Nd}\p{No}〇零一二三四五六七八九]"


@dataclass(frozen=True, eq=False, kw_only=True)
class _Known:
    countries: tuple[str, ...]
    names: Names
    ids: frozenset[str]


def identify(
    texts: Iterable[str], *, countries: Sequence[str] = (), names: Iterable[str] = (), ids: Iterable[str] = ()
) -> pd.DataFrame:
    """Return every span that certainly points at somebody: row (place in `texts`), kind (of `IDENTIFIED`), start, end.

    Phones without + and national numbers are those of `countries` (ISO 3166, two letters): by python-stdnum's check
    digits and in their usual grouping, or beside a word that says what they are; no part of a decimal, DOI, link or
    hash is one. Of `names` count whole ones of at least two words, written as names are; of `ids` those with a letter
    and a figure, or of at least eight digits. Spans do not overlap. An InputError says which country is not known.

    >>> identify(["Mr Doe, born 2 May 1985, DOI 10.1000/4111111111111111", "card 4111 1111 1111 1111"])
       row           kind  start  end
    0    0  date_of_birth     13   23
    1    1           card      5   24
    """
    listed = [text if isinstance(text, str) else "" for text in texts]
    known = _Known(countries=checked(countries), names=_full(names), ids=frozenset(filter(_is_telling, ids)))
    looked_at = range(len(listed)) if known.ids or known.names.whole or known.names.unspaced else _candidates(listed)
    rows = [(row, kind, start, end) for row in looked_at for start, end, kind in _spans(listed[row], known)]
    return pd.DataFrame(rows, columns=["row", "kind", "start", "end"]).astype({"row": int, "start": int, "end": int})


@cache
def may_identify() -> str:
    """Return a pattern without which a text holds nothing that `identify` finds, names and ids apart.

    It is written in what RE2 (DuckDB, Arrow), Java and Python's regex share, to be asked where the texts are.
    """
    before, after = (
        "|".join(word.replace(".", r"\.") for word in evidence()[side]["birth"]) for side in ("before", "after")
    )
    return "|".join(
        [
            r"[@＠]|[(\[](?i:at)[)\]]|[?&#;][^=&#;?\s]{1,60}=|eyJ",
            rf"(?s:(?:{_DIGIT}.*?){{7}})",
            rf"{_DIGIT}+\.{_DIGIT}+\.{_DIGIT}+\.{_DIGIT}|[0-9A-Fa-f]:[0-9A-Fa-f]*:",
            rf"(?i:{before})(?s:.{{0,60}}?){_DIGIT}|{_DIGIT}(?s:.{{0,6}}?)(?i:{after})",
        ]
    )


def _candidates(texts: Sequence[str]) -> list[int]:
    found = pc.match_substring_regex(pa.array(texts, pa.large_string()), may_identify())
    return [int(row) for row in found.to_numpy(zero_copy_only=False).nonzero()[0]]


def _spans(text: str, known: _Known) -> list[Span]:
    """Return the spans of a text by place; of those that overlap, the one with the surest check."""
    plain = fold(text)
    free: list[Span] = []
    for span in sorted(_found(plain, known), key=lambda span: (_RANK[span[2]], span[0] - span[1])):
        if all(span[1] <= start or end <= span[0] for start, end, _ in free):
            free.append(span)
    return sorted(free)


def _found(text: str, known: _Known) -> Iterator[Span]:
    on_net = list(addresses(text))
    figures = list(numbers(text, countries=()))
    links = [(start, end) for start, end, kind in on_net if kind == "link"]
    for start, end, kind in on_net:
        written = text[start:end].replace(UNSEEN, "")
        if kind == "email" and _MAILBOX.fullmatch(written):
            yield start, end, "email"
        elif kind == "link" and has_secret(written):
            yield start, end, "link_with_token"
        elif kind == "ip" and is_machine(text, start, end):
            yield start, end, "ip"
    yield from personal_numbers(text, figures, countries=known.countries, links=links)
    for start, end in births(text, [(start, end) for start, end, kind in figures if kind == "date"]):
        yield start, end, "date_of_birth"
    yield from _known_people(text, known)


def _known_people(text: str, known: _Known) -> Iterator[Span]:
    if known.names.whole or known.names.unspaced:
        for start, end, kind in known_names(text, known.names):
            if _is_whole(text[start:end], known.names):
                yield start, end, kind
    if known.ids:
        for found in _TOKEN.finditer(text):
            if found[0] in known.ids:
                yield *found.span(), "customer_id"


def _full(names: Iterable[str]) -> Names:
    """Prepare the names of at least two words; a part of a name by itself counts for nothing."""
    full = [name for name in names if isinstance(name, str) and _is_full(name)]
    closed = frozenset(name.replace(" ", "") for name in map(fold, full))
    known = index(full)
    return replace(known, parts=frozenset(), unspaced=known.unspaced & closed)


def _is_full(name: str) -> bool:
    return sum(len(word.strip(".")) >= _SHORTEST_WORD for word in name.split()) > 1


def _is_whole(written: str, names: Names) -> bool:
    words = written.split()
    return written in names.unspaced or not (words[0][0].islower() or words[-1][0].islower())


def _is_telling(name: object) -> bool:
    """Say whether an id can be no plain figure and no plain word."""
    text = str(name)
    has_digit, has_letter = any(map(str.isdigit, text)), any(map(str.isalpha, text))
    return has_digit and (len(text) >= _SHORTEST_ID if has_letter else len(text) >= _SHORTEST_FIGURE)
