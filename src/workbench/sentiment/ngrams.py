"""Word and character n-grams of texts in any script, hashed: what does a text look like to a linear model?

In: texts, a `Recipe`.   Out: a sparse matrix of n-gram counts, or the texts as the n-grams see them.
"""

import html
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from workbench.processor import threads

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Part of every model's fingerprint: raise it where texts are folded or hashed in another way.
VERSION = 1
# What a thread takes at once: small enough for its cache.
_CHUNK_CHARACTERS = 50_000
_SEPARATOR = "\n"
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--.{0,200}?-->", re.DOTALL)
_LINK = re.compile(r"https?://\S+|www\.\S+")
_USER = re.compile(r"(?<![\w.+-])[\w.+-]*+@\w[\w.-]*")
# Han, kana, Thai, Lao, Tibetan, Burmese, Khmer: scripts that put no space between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0e3a\u0e40-\u0e4e\u0e80-\u0ecf\u0edc-\u0edf\u0f40-\u0fbc\u1000-\u103f\u1050-\u108f\u1780-\u17d3"
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af]"
)
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Family:
    """Which n-grams are taken from the texts of one family of scripts: shortest and longest; (0, 0) takes none.

    Character n-grams stay within what stands between two spaces, or run `across` the whole text; both have a space
    added at either side.
    """

    words: tuple[int, int]
    characters: tuple[int, int]
    across: bool


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a text is turned into: n-grams by family of scripts, and how many bins words and characters are hashed to.

    A text is unspaced where most of its letters are of scripts that put no space between words. N-grams that stand in
    fewer than `rarest` of the messages a model learns from are left out. What stays weighs the same by `presence`, or
    (1 + log count) x idf by `tf-idf`; words and characters then have length 1 each. With `ratios` a model learns the
    more readily from an n-gram, the larger its log-count ratio of naive Bayes (NB-SVM, Wang & Manning 2012).
    """

    spaced: Family = Family(words=(1, 2), characters=(2, 5), across=True)
    unspaced: Family = Family(words=(0, 0), characters=(1, 6), across=True)
    word_bits: int = 18
    character_bits: int = 20
    rarest: int = 2
    weighting: Literal["presence", "tf-idf"] = "tf-idf"
    ratios: bool = True

    @property
    def features(self) -> int:
        """The number of bins: words first, then characters."""
        return int(2**self.word_bits + 2**self.character_bits)

    def spec(self) -> np.ndarray:
        """Return the recipe as the numbers that the compiled loops read."""
        families = [[*f.words, *f.characters, int(f.across)] for f in (self.spaced, self.unspaced)]
        others = [self.word_bits, self.character_bits, int(self.weighting == "tf-idf")]
        return np.array([*families[0], *families[1], *others], np.int64)


def normalise(texts: Sequence[str]) -> list[str]:
    """Return texts as the n-grams see them.

    NFKC, lower case, no tags, links as http, addresses of people as @user, numbers of three digits or more as 00,
    single spaces, nothing more than twice in a row.

    >>> normalise(["Sooooo  GOOD!!!!! 👍🏽 https://x.org/1?a=b @anna", "<b>1999</b> &amp; 10/10"])
    ['soo good!! 👍 http @user', '00 & 10/10']
    """
    codes, offsets = folded(texts)
    joined = codes.tobytes().decode("utf-32-le", "surrogatepass")
    return [joined[start:end] for start, end in pairwise(offsets)]


def count(texts: Sequence[str], recipe: Recipe) -> "csr_matrix":
    """Return how often each n-gram stands in each text, (texts, recipe.features) float32.

    Hashed as by Weinberger et al. (2009), without signs: the same in every process and on every machine.

    >>> count(["good", "very good"], Recipe(spaced=Family(words=(1, 2), characters=(0, 0), across=False))).sum(axis=1)
    matrix([[1.],
            [3.]], dtype=float32)
    """
    from scipy.sparse import csr_matrix

    from workbench.sentiment import kernels

    parts = list(over_chunks(texts, lambda some: kernels.count(*folded(some), kinds(), recipe.spec())))
    starts = np.cumsum([0] + [len(indices) for _, indices, _ in parts])
    indptr = [np.zeros(1, np.int64)] + [part[0][1:] + start for part, start in zip(parts, starts, strict=False)]
    indices = np.concatenate([np.empty(0, np.int32)] + [part[1] for part in parts])
    data = np.concatenate([np.empty(0, np.float32)] + [part[2] for part in parts])
    return csr_matrix((data, indices, np.concatenate(indptr)), shape=(len(texts), recipe.features))


def over_chunks(texts: Sequence[str], compute: Callable[[Sequence[str]], _T]) -> Iterator[_T]:
    """Yield what `compute` returns for one run of texts after another, computed on all cores."""
    ends = np.cumsum([len(text) for text in texts]) // _CHUNK_CHARACTERS
    edges = [0, *(np.flatnonzero(np.diff(ends)) + 1), len(texts)]
    with ThreadPoolExecutor(threads()) as pool:
        yield from pool.map(lambda edge: compute(texts[edge[0] : edge[1]]), pairwise(edges))


def folded(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of all normalised texts, uint32, and where each of them starts and the last one ends."""
    from workbench.sentiment import kernels

    joined = _SEPARATOR.join(map(_plain, texts)) + _SEPARATOR
    lines = unicodedata.normalize("NFKC", joined).lower().split(_SEPARATOR)
    codes = np.frombuffer(_SEPARATOR.join(map(_masked, lines)).encode("utf-32-le", "surrogatepass"), np.uint32)
    return kernels.fold(codes, kinds(), len(texts))


@cache
def kinds() -> np.ndarray:
    """Return what the loops take every code point for, uint8, by its Unicode category."""
    from workbench.sentiment import kernels

    named = {"Nd": kernels.DIGIT, "Cc": kernels.SPACE, "Cf": kernels.DROPPED}
    of_letter = {"L": kernels.LETTER, "N": kernels.LETTER, "M": kernels.MARK, "Z": kernels.SPACE}
    every = list(map(chr, range(sys.maxunicode + 1)))
    categories = map(unicodedata.category, every)
    table = np.array([named.get(c, of_letter.get(c[0], kernels.SYMBOL)) for c in categories], np.uint8)
    unspaced = [match.start() for match in _UNSPACED.finditer("".join(every))]
    table[unspaced] = np.where(table[unspaced] == kernels.LETTER, kernels.UNSPACED, table[unspaced])
    table[[0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)]] = kernels.DROPPED
    table[[0x200D, ord(_SEPARATOR)]] = kernels.JOINER, kernels.END
    return table


def _plain(text: str) -> str:
    """Return a text without tags and entities, on one line."""
    text = html.unescape(text) if "&" in text else text
    return (_TAG.sub(" ", text) if "<" in text else text).replace(_SEPARATOR, " ")


def _masked(line: str) -> str:
    """Fold links and people's addresses."""
    line = _LINK.sub("http", line) if "http" in line or "www." in line else line
    return _USER.sub("@user", line) if "@" in line else line
