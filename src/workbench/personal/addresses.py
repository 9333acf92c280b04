"""Addresses on the net: e-mail, links, handles, the numbers of machines.

In: a folded text.   Out: spans with their kind.
"""

import re
from collections.abc import Iterator

from workbench.personal.folding import UNSEEN
from workbench.personal.numbers import Span

_AT = r"(?:@| @ (?=[^\s@]+\.\w)| ?(?:\(at\)|\[at\]) ?)"
_LATIN, _ANY = f"A-Za-z0-9._%+'{UNSEEN}-", rf"\w.%+'{UNSEEN}-"
_DOMAIN = rf"(?:[A-Za-z0-9{UNSEEN}-]+(?:\.[A-Za-z0-9{UNSEEN}-]+)+|[\w{UNSEEN}-]+(?:\.[\w{UNSEEN}-]+)*)"
# In scripts without spaces an address in Latin letters starts where these start, not where the sentence does.
_EMAIL = re.compile(rf"(?:(?<![{_LATIN}])[{_LATIN}]+|(?<![{_ANY}])[{_ANY}]*[^\W\x00-\x7f]){_AT}{_DOMAIN}", re.I)
_HANDLE = re.compile(rf"@{UNSEEN}*(?:[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*|\w+)")
_LINK = re.compile(
    r"(?:https?://|ftp://|(?<!\w)www\.)[^\s<>\"。、」]+"
    r"|(?<![\w.@-])(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}/[^\s<>\"。、」]*",
    re.I,
)
_IP = re.compile(
    r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]?[0-9])|(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])"
    # Noughts left out, as in 2001:db8::1; C++::names have no figure at both ends.
    r"|(?<![\w:])(?=[a-f]*[0-9])(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}(?![\w:])",
    re.I | re.ASCII,
)


def addresses(text: str) -> Iterator[Span]:
    """Yield the start, end and kind of every address on the net in a folded text; they may overlap.

    >>> list(addresses("I am @anna, see https://example.com/me."))
    [(5, 10, 'handle'), (16, 38, 'link')]
    """
    if "@" in text or "at" in text.lower():
        for found in _EMAIL.finditer(text):
            yield *found.span(), "email"
        for found in _HANDLE.finditer(text):
            yield *found.span(), "handle"
    if "." in text or "/" in text:
        for found in _LINK.finditer(text):
            yield found.start(), found.start() + len(found[0].rstrip(".,;:!?)'")), "link"
    for found in _IP.finditer(text):
        yield *found.span(), "ip"
