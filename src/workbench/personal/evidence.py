"""The words beside a number that say whose it is: `Tel.`, `CPF`, `née le`.

In: a folded text, a span in it.   Out: whether such a word stands beside it.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import regex
import yaml

_WINDOW = 60  # signs that are looked at on either side


@cache
def evidence() -> dict[str, Any]:
    """Return the words that stand beside personal data: `evidence.yaml`."""
    file = resources.files("workbench.personal").joinpath("evidence.yaml")
    words: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return words


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for whole words; * at the end of one stands for any end of it.

    >>> bool(regex.search(any_of(["phone*"]), "my phonecall")), bool(regex.search(any_of(["tel"]), "a hotel, tell me"))
    (True, False)
    """
    listed = sorted(set(words), key=len, reverse=True)
    pattern = "|".join(regex.escape(word.removesuffix("*")) + r"\w*" * word.endswith("*") for word in listed)
    return rf"(?:{_edge(pattern)})"


def is_beside(text: str, start: int, end: int, kind: str) -> bool:
    """Say whether a word of a kind (`before` and `after` in evidence.yaml) stands beside a span of a folded text.

    >>> is_beside("Telefon: 4711 0815", 9, 18, "phone"), is_beside("Telefon 3, Haus 4711 0815", 16, 25, "phone")
    (True, False)
    """
    before, after = _patterns(kind)
    return bool(before.search(text[max(0, start - _WINDOW) : start])) or bool(
        after and after.match(text[end : end + _WINDOW])
    )


def _edge(pattern: str) -> str:
    # Scripts without spaces have no edges of words: there a word may stand right beside another.
    return rf"(?<![\p{{Latin}}\p{{M}}\d])(?:{pattern})(?![\p{{Latin}}\p{{M}}])"


@cache
def _patterns(kind: str) -> tuple["regex.Pattern[str]", "regex.Pattern[str] | None"]:
    said = evidence()
    between = rf"(?:[\s:=(),.\"'#-]|{any_of(said['between'])}){{0,9}}+"
    before = regex.compile(rf"(?i){any_of(said['before'][kind])}{between}$")
    after = said["after"].get(kind)
    return before, regex.compile(rf"(?i)[\s(,-]{{0,3}}{any_of(after)}") if after else None
