"""Which pairs of rows share something that hardly two people share, and have nearly the same name?

In: rows of customers with their keys and names.   Out: pairs, with the likeness of the names.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import regex

LARGEST_BLOCK = 200
_SLIPS, _LETTERS_A_SLIP = 2, 4
_ACCENTS = regex.compile(r"[\u0300-\u036f]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
# A letter typed twice makes no other name; "Hannah" and "Hanna" differ by the h alone.
_REPEATED = regex.compile(r"(\p{L})\1+")


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairs:
    """Pairs of rows by position: `left`, `right`, and the `likeness` of their names, 0 to 1.

    `skipped` has the positions of rows in blocks that are too large to be compared pair by pair.
    """

    left: np.ndarray
    right: np.ndarray
    likeness: np.ndarray
    skipped: np.ndarray


def pairs(rows: pd.DataFrame, key: str, *, agree: Sequence[str] = ()) -> Pairs:
    """Return the pairs that share a key and nearly a name, and contradict each other in none of the columns `agree`.

    `rows` has the key, these columns (what is missing contradicts nothing) and `name` as `plain_name` gives it; an
    empty one agrees with all. Names are nearly the same with at most two letters added, dropped, changed or swapped
    with the next, in whatever order the words stand; one in a word of at least four letters, two in one of eight.
    Blocks of more than 200 rows are split by initials, those that are still larger are skipped. Memory grows with the
    rows, not with the pairs: each row is compared with the next of its block, then with the one after that, and so on.

    >>> rows = pd.DataFrame({"email": ["x", "x", "x"], "name": ["ana berg", "berg ana", "tim berg"]})
    >>> found = pairs(rows, "email")
    >>> found.left.tolist(), found.right.tolist()
    ([0], [1])
    """
    blocks, sizes = _blocks(rows, key)
    at = np.flatnonzero((sizes > 1) & (sizes <= LARGEST_BLOCK))
    at = at[np.argsort(blocks[at], kind="stable")]
    facts = [pd.factorize(rows[column])[0][at] for column in agree]
    names = _Names(rows["name"].iloc[at])
    found = [_alike(names, *pair) for pair in _neighbours(blocks[at], facts, names)]
    none = (np.empty(0, int), np.empty(0, int), np.empty(0))
    left, right, likeness = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    return Pairs(left=at[left], right=at[right], likeness=likeness, skipped=np.flatnonzero(sizes > LARGEST_BLOCK))


@lru_cache(maxsize=500_000)
def plain_name(name: str) -> str:
    """Return a name as it is compared: small, without accents, each run of one letter once, each word once.

    >>> plain_name("Anna-Élise  MÜLLER Müller")
    'ana elise muler'
    """
    plain = name.casefold()
    if not plain.isascii():
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).casefold()
        plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)))
    return " ".join(dict.fromkeys(_WORD.findall(_REPEATED.sub(r"\1", plain))))


def _blocks(rows: pd.DataFrame, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the block of each row and its size, 0 without a key; large blocks are split by initials."""
    blocks = pd.factorize(rows[key])[0]
    sizes = _sizes(blocks)
    if (large := sizes > LARGEST_BLOCK).any():
        initials = rows.loc[large, "name"].map(lambda name: "".join(sorted(word[0] for word in name.split())))
        split = pd.MultiIndex.from_arrays([blocks[large], initials]).factorize()[0]
        blocks[large] = split + blocks.max() + 1
        sizes = _sizes(blocks)
    return blocks, sizes


def _sizes(blocks: np.ndarray) -> np.ndarray:
    return np.asarray(np.bincount(blocks + 1, minlength=1)[blocks + 1] * (blocks >= 0))


def _neighbours(
    blocks: np.ndarray, facts: list[np.ndarray], names: "_Names"
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of rows that may match, one distance in a block after the other; rows stand in order of their blocks.

    Comparing sets of letters rules most pairs out at no cost: a slip takes at most one letter from a set and adds one.
    """
    for distance in range(1, LARGEST_BLOCK):
        ahead, behind = slice(distance, None), slice(None, -distance)
        may = blocks[behind] == blocks[ahead]
        if not may.any():
            return
        for fact in facts:
            may &= (fact[behind] == fact[ahead]) | (fact[behind] < 0) | (fact[ahead] < 0)
        different = np.bitwise_count(names.letters[behind] ^ names.letters[ahead])
        may &= (different <= 2 * _SLIPS) | (names.letters[behind] == 0) | (names.letters[ahead] == 0)
        left = np.flatnonzero(may)
        if len(left):
            yield left, left + distance


class _Names:
    """Names as words, without spaces, without spaces and with the words in order, and the set of their letters."""

    def __init__(self, names: pd.Series) -> None:
        codes, known = pd.factorize(names)
        self.words = np.array(known, dtype=object)[codes]
        self.closed = np.array([name.replace(" ", "") for name in known], dtype=object)[codes]
        self.ordered = np.array(["".join(sorted(name.split())) for name in known], dtype=object)[codes]
        self.letters = np.array([_letters(name) for name in known], dtype=np.uint64)[codes]


def _letters(name: str) -> int:
    return sum(1 << place for place in {ord(letter) % 64 for letter in name if letter != " "})


def _alike(names: _Names, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keep the pairs with nearly the same name, in whatever order its words stand."""
    slips = np.minimum(*(_slips(way[left], way[right]) for way in (names.closed, names.ordered)))
    unnamed = (names.letters[left] == 0) | (names.letters[right] == 0)
    near = np.flatnonzero((slips <= _SLIPS) | unnamed)
    words = zip(names.words[left[near]], names.words[right[near]], strict=True)
    same = np.array([_same_words(first.split(), second.split()) for first, second in words], dtype=bool)
    kept = near[same | (slips[near] == 0) | unnamed[near]]
    longest = [max(map(len, pair)) for pair in zip(names.closed[left[kept]], names.closed[right[kept]], strict=True)]
    likeness = np.where(unnamed[kept], 1.0, 1 - slips[kept] / np.maximum(longest, 1))
    return left[kept], right[kept], likeness


def _slips(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the letters to add, drop, change or swap with the next; three stands for more than two."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    return cpdist(first, second, scorer=OSA.distance, score_cutoff=_SLIPS, dtype=np.uint8, workers=-1)


def _same_words(first: list[str], second: list[str]) -> bool:
    """Say whether each word has its own nearest one with no more slips than its length allows."""
    from rapidfuzz.distance import OSA

    if len(first) != len(second):
        return False
    left = list(second)
    for word in first:
        nearest = min(left, key=lambda other: OSA.distance(word, other))
        left.remove(nearest)
        if OSA.distance(word, nearest) > min(len(word), len(nearest)) // _LETTERS_A_SLIP:
            return False
    return True
