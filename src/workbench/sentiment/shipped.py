"""The model that comes with the workbench, for markets with too few ratings to learn from.

In: nothing.   Out: a `LinearModel`, trained by `training/shipped_sentiment.py`, described in
`docs/models/shipped-sentiment.md`.
"""

from functools import cache
from pathlib import Path

from workbench.sentiment.linear import LinearModel
from workbench.sentiment.store import from_bytes

PLACE = Path(__file__).with_name("shipped.npz")


@cache
def load() -> LinearModel:
    """Return the shipped model; its `languages` are those that held-out messages have shown it to know.

    These are short ISO 639 codes; `hi-Latn` is Hindi in Latin letters, the only Hindi that it has seen. An InputError
    says that the file is damaged.

    >>> load().name, "de" in load().languages, "hi" in load().languages
    ('shipped', True, False)
    """
    return from_bytes(PLACE.read_bytes(), place=PLACE.name)
