"""Which of the numbers that `numbers` finds in a text certainly belong to somebody?

In: a folded text, its candidate spans, countries.   Out: spans with their kind.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence

from workbench.personal.certain import number_kinds
from workbench.personal.evidence import is_beside
from workbench.personal.folding import UNSEEN
from workbench.personal.national import kinds_of, national_kinds
from workbench.personal.numbers import Span
from workbench.personal.payment import is_account

_DOI = re.compile(r"(?<![0-9])10\.[0-9]{4,9}/\S+")
# What stands between two numbers, and what may stand between or within.
_APART, _MAYBE_APART = re.compile(r"[,;\n\t_·・’']| -(?=[0-9])| {2,}|\.(?= )| (?=\+)"), re.compile(r"/| - | (?=\()")
_NUMBER = re.compile(r"[0-9+(].*[0-9]", re.DOTALL)
_LETTER_AFTER, _LETTER_BEFORE = re.compile(r"[ -]?[A-Z](?![A-Za-z0-9])"), re.compile(r"(?<![A-Za-z0-9])[XYZ][ -]?\Z")
_RELEASE = re.compile(r"(?i)(?:version|release|build|section|chapter|update|v|§|[=<>~!]=)[ .:]*\Z")


def personal_numbers(
    text: str, candidates: Sequence[Span], *, countries: Sequence[str], links: Sequence[tuple[int, int]]
) -> Iterator[Span]:
    """Yield those of the candidates, or of their pieces, that pass a check, with their kinds; they may overlap."""
    closed = [*links, *(found.span() for found in _DOI.finditer(text))]
    dates = [(start, end) for start, end, kind in candidates if kind == "date" and _is_alone(text, start, end)]
    for start, end, kind in candidates:
        if any(first < end and start < last for first, last in closed) or kind == "date":
            continue
        if kind == "iban":
            if is_account(text[start:end].replace(UNSEEN, "")):
                yield start, end, kind
        elif kind == "id":
            yield from _lettered(text, start, end, countries)
        else:
            yield from _plain(text, start, end, dates, countries)


def is_machine(text: str, start: int, end: int) -> bool:
    """Say whether a span is the address of a machine in a net: no version, no section, not this machine itself.

    >>> is_machine("from 203.0.113.7", 5, 16), is_machine("version 10.2.0.17", 8, 17), is_machine("see 1.2.3.4", 4, 11)
    (True, False, False)
    """
    try:
        address = ipaddress.ip_address(text[start:end])
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        return False
    return not re.match(r"0\.|(?:[0-9]\.){3}[0-9]\Z", text[start:end]) and not _RELEASE.search(
        text[max(0, start - 12) : start]
    )


def _plain(
    text: str, start: int, end: int, dates: Iterable[tuple[int, int]], countries: Sequence[str]
) -> Iterator[Span]:
    """Yield what the numbers in a run of digits are, whole or in pieces."""
    cuts = [*dates, *(found.span() for found in _APART.finditer(text, start, end))]
    for first, last in _without(text, start, end, cuts):
        found = list(_checked(text, first, last, countries))
        if not found:
            maybe = [one.span() for one in _MAYBE_APART.finditer(text, first, last)]
            pieces = _without(text, first, last, maybe) if maybe else ()
            found = [span for head, tail in pieces for span in _checked(text, head, tail, countries)]
        yield from found


def _checked(text: str, start: int, end: int, countries: Sequence[str]) -> Iterator[Span]:
    for kind in _kinds(text, start, end, countries):
        yield start, end, kind
    if "ES" in countries:
        yield from _lettered(text, start, end, countries)


def _kinds(text: str, start: int, end: int, countries: Sequence[str]) -> list[str]:
    said = [kind for kind in [*kinds_of(countries), "phone"] if is_beside(text, start, end, kind)]
    return number_kinds(text[start:end].replace(UNSEEN, ""), countries=countries, said=said)


def _lettered(text: str, start: int, end: int, countries: Sequence[str]) -> Iterator[Span]:
    """Yield a number with letters, such as a Spanish one, whose letters may stand apart from the digits."""
    before, after = _LETTER_BEFORE.search(text[max(0, start - 3) : start]), _LETTER_AFTER.match(text, end)
    start, end = start - len(before[0]) if before else start, after.end() if after else end
    for kind in national_kinds(text[start:end].replace(UNSEEN, ""), countries=countries):
        yield start, end, kind


def _without(text: str, start: int, end: int, cuts: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the numbers that are left of a span when others are cut out of it."""
    for first, last in [*sorted(cuts), (end, end)]:
        if start <= first:
            if number := _NUMBER.search(text, start, first):
                yield number.span()
            start = max(last, start)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Say whether a date is no part of a longer row of figures, as 01.02.03 is of 01.02.03.04.05."""
    return not (
        re.match(r"[./-][0-9]", text[end : end + 2]) or re.match(r"[0-9][./-]", text[max(0, start - 2) : start])
    )
