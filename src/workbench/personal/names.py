"""Names of people that the CRM knows, in any script and however they are written.

In: a folded text, names.   Out: spans.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import regex

from workbench.personal.folding import UNSEEN, fold
from workbench.personal.letters import said
from workbench.personal.numbers import Span

_WORD = regex.compile(rf"\p{{L}}[\p{{L}}\p{{M}}{UNSEEN}]*")
_CLOSED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}ー"
_UNSPACED = regex.compile(rf"[{_CLOSED}][{_CLOSED}\p{{M}}]+")
_ACCENTS = regex.compile(rf"[\u0300-\u036f{UNSEEN}]")
_HAN = regex.compile(r"\p{Han}+")
_SHORTEST = 3  # letters of a part that counts by itself; two in Chinese characters
# A part is an ordinary word as well where so many texts have it, mostly written small.
_ORDINARY_TEXTS, _ORDINARY_SHARE = 5, 0.8


@dataclass(frozen=True, eq=False, kw_only=True)
class Names:
    """Names to look for: `whole` by their first word, single `parts`, `unspaced` ones with their lengths.

    `ordinary` are the parts that are words of the language too, such as Will: they count only as names are written.
    """

    whole: dict[str, set[tuple[str, ...]]]
    parts: frozenset[str]
    unspaced: frozenset[str]
    lengths: tuple[int, ...]
    ordinary: frozenset[str] = frozenset()


def index(names: Iterable[str]) -> Names:
    """Prepare names for looking up: full ones in either order, and their parts of at least three letters.

    >>> sorted(index(["Anna von Lindhain", "山田 花子"]).parts), sorted(index(["山田 花子"]).unspaced)
    (['anna', 'lindhain'], ['山田', '山田花子', '花子'])
    """
    whole: dict[str, set[tuple[str, ...]]] = {}
    parts, unspaced = set(), set()
    for name in set(names):
        found = [_key(word[0]) for word in _WORD.finditer(fold(name))]
        for order in (tuple(found), tuple(found[::-1])):
            if len(order) > 1:
                whole.setdefault(order[0], set()).add(order)
        closed = [part for part in found if _UNSPACED.match(part) or _HAN.match(part)]
        unspaced |= {part for part in ("".join(closed), *closed) if len(part) >= _SHORTEST - bool(_HAN.fullmatch(part))}
        parts |= {part for part in found if len(part) >= _SHORTEST and part not in said()["particles"]}
    lengths = tuple(sorted({len(name) for name in unspaced}, reverse=True))
    return Names(whole=whole, parts=frozenset(parts), unspaced=frozenset(unspaced), lengths=lengths)


def written_small(names: Names, texts: Iterable[str]) -> Names:
    """Return the names with the `ordinary` words among their parts, as these (folded) texts write them."""
    small: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for text in texts:
        found = [word[0] for word in _WORD.finditer(text) if _key(word[0]) in names.parts]
        seen.update({_key(word) for word in found})
        small.update({_key(word) for word in found if word.islower()})
    often = {part for part, count in small.items() if count >= max(_ORDINARY_TEXTS, _ORDINARY_SHARE * seen[part])}
    return replace(names, ordinary=frozenset(often))


def known_names(text: str, names: Names) -> Iterator[Span]:
    """Yield the start, end and kind of the known names in a folded text, in whatever case they are written.

    >>> list(known_names("Thank you, ANNA from Lindhain", index(["Anna Lindhain"])))
    [(11, 15, 'name'), (21, 29, 'name')]
    """
    found = list(_WORD.finditer(text))
    keys = [_key(word[0]) for word in found]
    for place, (word, key) in enumerate(zip(found, keys, strict=True)):
        hidden = UNSEEN in word[0] and any(_key(piece) in names.parts for piece in word[0].split(UNSEEN))
        if hidden or (key in names.parts and (key not in names.ordinary or _is_written_as_a_name(text, word.start()))):
            yield *word.span(), "name"
        for whole in names.whole.get(key, ()):
            last = place + len(whole) - 1
            if tuple(keys[place : last + 1]) == whole and found[last].end() - word.start() < _longest(whole):
                yield word.start(), found[last].end(), "name"
    if names.unspaced:
        for run in _UNSPACED.finditer(text):
            yield from _within(run[0], run.start(), names)


def _longest(whole: tuple[str, ...]) -> int:
    """How long a full name may be with the spaces, commas and dots between its words."""
    return sum(map(len, whole)) + 3 * len(whole)


def _is_written_as_a_name(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“”„«»¿¡([")
    return text[start].isupper() and bool(before) and before[-1] not in ".!?:;\n…。！？"


def _within(run: str, offset: int, names: Names) -> Iterator[Span]:
    """Yield the names within a run of letters of a script without spaces between words, the longest first."""
    for start in range(len(run)):
        for length in names.lengths:
            if run[start : start + length] in names.unspaced:
                yield offset + start, offset + start + length, "name"
                break


@lru_cache(maxsize=100_000)
def _key(word: str) -> str:
    """A word without case and accents: as people write names in a hurry."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold())))
