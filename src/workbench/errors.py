"""What the user gave cannot be used: one kind of error, the nearest name for a misspelt one, and no password in it."""

import re
from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """The user's input cannot be used; the message names the place, what was found and what is allowed."""


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return a hint with the nearest allowed name, or an empty string where nothing is near.

    >>> did_you_mean("langage", ["market", "language"])
    "; did you mean 'language'?"
    >>> did_you_mean("xyz", ["market", "language"])
    ''
    """
    folded = {a.casefold(): a for a in allowed}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f"; did you mean '{folded[near[0]]}'?" if near else ""


def without_password(text: str) -> str:
    """Return a text in which no URL names a password.

    >>> without_password("data: postgres://crm:p@ss@host/db")
    'data: postgres://crm:***@host/db'
    >>> without_password("postgres://crm@host/db?password=pass&sslmode=require")
    'postgres://crm@host/db?password=***&sslmode=require'
    """
    # A password may hold a slash that nobody has escaped; what follows a port is none.
    hidden = re.sub(r"(://[^\s/:@]*):(?:[^\s/@]+|(?!\d+/)[^\s\"'\\]*)@([^\s/@\"'\\]*@)*", r"\1:***@", text)
    return re.sub(r"([?&;]\w*(?:password|passwd|pwd|secret|token)=)[^\s&;\"'\\]+", r"\1***", hidden, flags=re.I)
