"""Links that let whoever has them act as somebody, or that name somebody: tokens, signatures, sessions, addresses.

In: the text of a link.   Out: yes or no.
"""

import re
from functools import cache
from urllib.parse import unquote

from workbench.personal.evidence import evidence

_PARAMETER = re.compile(r"[?&#;]([^=&#;?\s]{1,60})=([^&#;\s]*)")
_PASSWORD = re.compile(r"^[a-z]+://[^/\s:@]+:[^/\s@]+@", re.IGNORECASE)
_SIGNED = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}")  # JSON Web Token, RFC 7519
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
# Shorter values, and words without a figure, are settings: ?key=colour, ?session=morning.
_SECRET = re.compile(r"(?=\D*\d)[\w.~%+/-]{6,}|[\w.~%+/-]{20,}")


def has_secret(link: str) -> bool:
    """Say whether a link holds a token, key, signature, session, password or e-mail address.

    >>> has_secret("https://example.com/reset?token=8f3kq02ld9"), has_secret("https://example.com/list?sort=price")
    (True, False)
    """
    if _PASSWORD.match(link) or _SIGNED.search(link):
        return True
    parameters = [(unquote(name).casefold(), unquote(value)) for name, value in _PARAMETER.findall(link)]
    return any(_ADDRESS.search(value) for _, value in parameters) or any(
        name in _names() and _SECRET.fullmatch(value) for name, value in parameters
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(evidence()["secrets"])
