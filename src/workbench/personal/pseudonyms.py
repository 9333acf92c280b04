"""Names for customers that only the holder of a key can trace back.

In: customer ids, the market's key.   Out: pseudonyms.
"""

import hashlib
import hmac
import os
from pathlib import Path

import pandas as pd

from workbench.errors import InputError

_SHORTEST_KEY = 16
_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")


def pseudonyms(customer_ids: pd.Series, *, key: bytes) -> pd.Series:
    """Return a name for each id that only the holder of the key can trace back: HMAC-SHA256 as 12 letters.

    A hash without a key would hide nothing: ids are few and regular enough to be tried one by one. Digits would now and
    then make the number of a payment card, which no page may show.

    >>> pseudonyms(pd.Series(["17850"]), key=b"a secret of the market").tolist()
    ['ejcdmjbhqkrd']
    """
    return customer_ids.map(lambda name: _signed(str(name), key))


def _signed(name: str, key: bytes) -> str:
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:12].translate(_LETTERS)


def pseudonym_key() -> bytes | None:
    """Return the key in the environment's WORKBENCH_KEY or in the file that WORKBENCH_KEY_FILE names; None without.

    An InputError says that the file cannot be read or that a key is shorter than 16 bytes.
    """
    place, key = "WORKBENCH_KEY", os.environ.get("WORKBENCH_KEY", "").encode()
    if not key and (file := os.environ.get("WORKBENCH_KEY_FILE")):
        place = f"WORKBENCH_KEY_FILE={file}"
        try:
            key = Path(file).read_bytes().strip()
        except OSError as error:
            raise InputError(f"{place}: cannot be read: {error.strerror}") from error
    if 0 < len(key) < _SHORTEST_KEY:
        raise InputError(f"{place}: the key has {len(key)} bytes, at least {_SHORTEST_KEY} are needed")
    return key or None
