"""Dates of birth: a day, in figures or with the month's name, beside a word for birth.

In: a folded text, the spans of dates in figures.   Out: spans.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

import regex

from workbench.personal.evidence import any_of, evidence, is_beside

_FIGURES = regex.compile(r"\d+")
_ERA = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def births(text: str, dates: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of every day that a word calls a birth's, such as `born on 2 May 1985`.

    >>> list(births("Geboren am 2. Mai 1985; bestellt am 3. Mai 2025", []))
    [(11, 22)]
    """
    if not _named().search(text):
        return
    for start, end in [*dates, *(found.span() for found in _written().finditer(text))]:
        if is_beside(text, start, end, "birth") and _is_day(text[start:end]):
            yield start, end


def _is_day(written: str) -> bool:
    """Say whether figures and a month's name make a day that is in the calendar, in any order."""
    numbers = [int(figures) for figures in _FIGURES.findall(written)][:3]
    months = [number for name, number in _months().items() if regex.search(any_of([name]), written.casefold())]
    if months and len(numbers) == 2:
        numbers.insert(1, months[0])
    if len(numbers) != 3:
        return False
    first, middle, last = numbers
    if began := next((began for era, began in _ERA.items() if era in written), None):
        return _exists(began + first, middle, last)
    if first > 31:
        return _exists(first, middle, last)
    year = last if last > 99 else 1900 + last
    return _exists(year, middle, first) or _exists(year, first, middle)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        return _FIRST_YEAR <= date(year, month, day).year <= _LAST_YEAR
    except ValueError:
        return False


@cache
def _named() -> "regex.Pattern[str]":
    said = evidence()
    return regex.compile(rf"(?i){any_of([*said['before']['birth'], *said['after']['birth']])}")


@cache
def _months() -> dict[str, int]:
    named = {name: number for number, names in evidence()["months"].items() for name in names}
    return named | {_bare(name): number for name, number in named.items()}


def _bare(name: str) -> str:
    return unicodedata.normalize("NFC", regex.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", name)))


@cache
def _written() -> "regex.Pattern[str]":
    month, day, year = rf"{any_of(_months())}\.?", r"(?<!\d)[0-3]?\d", r"(?:19|20)\d\d(?!\d)"
    of = r"[ .,-]{1,2}(?:(?:of|de|do|del)[ ])?"
    first = rf"{day}(?:st|nd|rd|th|er|º)?{of}{month}{of}{year}"
    return regex.compile(
        rf"(?i){first}|{month}[ ]{day}(?:st|nd|rd|th)?,?[ ]{year}"
        rf"|(?:{'|'.join(_ERA)})[ ]?\d{{1,2}}[ ]?年[ ]?\d{{1,2}}[ ]?月[ ]?\d{{1,2}}[ ]?日"
    )
