"""Where personal data stands in texts, and what is shown in its place.

In: texts, the market's countries, the names that its CRM knows.   Out: spans with their kind; masked texts.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

KINDS = {
    "link": "[link]",
    "email": "[e-mail]",
    "ip": "[ip]",
    "iban": "[account]",
    "card": "[card]",
    "phone": "[phone]",
    "id": "[id]",
    "date": "[date]",
    "number": "[number]",
    "handle": "[handle]",
    "name": "[name]",
}


def find(texts: Iterable[str], *, countries: Sequence[str] = (), names: Iterable[str] = ()) -> pd.DataFrame:
    """Return every span that may be personal: row (place in `texts`), kind (of `KINDS`), start, end."""
    raise NotImplementedError


def mask(texts: pd.Series, *, countries: Sequence[str] = (), names: Iterable[str] = ()) -> pd.Series:
    """Return the texts with a word in brackets in place of whatever may be personal."""
    raise NotImplementedError
