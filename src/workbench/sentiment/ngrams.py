"""Word and character n-grams of texts in any script, hashed: what does a text look like to a linear model?

In: texts, a `Recipe`.   Out: a sparse matrix of n-gram counts, or the texts as the n-grams see them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, kw_only=True)
class Family:
    """Which n-grams are taken from the texts of one family of scripts: shortest and longest; (0, 0) takes none.

    Character n-grams stay within what stands between two spaces, or run `across` the whole text.
    """

    words: tuple[int, int]
    characters: tuple[int, int]
    across: bool


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a text is turned into: n-grams by family of script, and how many bins words and characters are hashed to."""

    spaced: Family = Family(words=(1, 2), characters=(2, 5), across=False)
    unspaced: Family = Family(words=(0, 0), characters=(1, 4), across=True)
    word_bits: int = 18
    character_bits: int = 20

    @property
    def features(self) -> int:
        """The number of bins: words first, then characters."""
        return int(2**self.word_bits + 2**self.character_bits)


def normalise(texts: Sequence[str]) -> list[str]:
    """Return texts as the n-grams see them."""
    raise NotImplementedError


def count(texts: Sequence[str], recipe: Recipe) -> "csr_matrix":
    """Return how often each n-gram stands in each text, (texts, recipe.features) float32."""
    raise NotImplementedError
