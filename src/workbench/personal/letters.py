"""Names that the form of a letter gives away: after a title or a greeting, before a farewell's end, where one is given.

In: a folded text.   Out: spans.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

import regex
import yaml

from workbench.personal.numbers import Span


def addressed_names(text: str) -> Iterator[Span]:
    """Yield the start, end and kind of the names that stand where letters have them: greeted, signed, titled.

    >>> list(addressed_names("Dear Ms Hollowpine, where is it? Regards, Owen"))
    [(8, 18, 'name'), (42, 46, 'name')]
    """
    for pattern in _patterns():
        for found in pattern.finditer(text):
            yield *found.span(1), "name"


@cache
def said() -> dict[str, list[str]]:
    """Return the words that stand beside names: `words.yaml`."""
    file = resources.files("workbench.personal").joinpath("words.yaml")
    words: dict[str, list[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return words


def _any(listed: Iterable[str]) -> str:
    return "|".join(regex.escape(word) for word in sorted(listed, key=len, reverse=True))


@cache
def _patterns() -> tuple["regex.Pattern[str]", ...]:
    """Return the ways of writing a name, compiled when the first text is read."""
    either = {name: _any(words) for name, words in said().items()}
    nobody = "|".join(either[name] for name in ("nobody", "titles", "greetings", "farewells"))
    capital = rf"(?!(?:{nobody})(?![\p{{L}}\p{{M}}]))\p{{Lu}}(?:\.|[\p{{L}}\p{{M}}'’-]*)"
    person = rf"({capital}(?:[ ](?:(?:{either['particles']})[ ])*+{capital}){{0,3}})"
    east = r"[\p{Han}\p{Katakana}ー]"
    written = (
        rf"(?<!\p{{L}})(?:{either['titles']})\.?[ ]{person}",
        rf"(?<!\p{{L}})(?i:{either['greetings']})[ ]{person}(?=\s*(?:[,!.:;\n–-]|$))",
        rf"(?<!\p{{L}})(?i:{either['farewells']})[ ,.!\n-]{{1,4}}{person}(?=[ .!]*(?:\n|$))",
        rf"(?<!\p{{L}})(?i:{either['introductions']})[ ]{{1,2}}{person}",
        rf"(?<!{east}|\p{{Hiragana}})(?!{either['nobody_ja']})({east}{{1,6}})(?:{either['honorifics']})",
        rf"(?:{either['introductions_closed']})[ ]?({east}{{1,8}}|\p{{Devanagari}}{{2,}})",
        rf"({east}{{1,8}})(?:{either['introductions_after']})",
        rf"(?<!\p{{Devanagari}})(?!(?:{either['nobody_hi']})[ ])(\p{{Devanagari}}{{2,}})[ ]जी(?!\p{{Devanagari}})",
        rf"(?<!\p{{L}})({capital})[ ](?i:ji|san|sama)(?!\p{{L}})",
    )
    return tuple(map(regex.compile, written))
