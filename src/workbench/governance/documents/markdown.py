"""Markdown that says what the data says, and never does what the data says.

In: texts, numbers, rows.   Out: headings, paragraphs, lists and tables, in which what comes from data is text.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from workbench.words import number

NOT_KNOWN = "not known"
# Longer than this nothing is worth reading in a table, and a text of the data may be a book.
_MOST_CHARACTERS = 1_000

# Backslashes where every reader of Markdown knows them; references where some would still see a tag, a formula, a cell.
_ESCAPES = {ord(sign): f"\\{sign}" for sign in "*_[]#~"}
_ESCAPES |= {ord(sign): f"&#{ord(sign)};" for sign in "&<>|`$\\@^"}
_LINKS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
_STARTS = re.compile(r"^(\d{1,9})?([-+=:.)])(?=\s|$|[-=])")
_HIDDEN = ("Cc", "Cf", "Cs", "Co")
_JOINERS = "\u200c\u200d"  # Indian scripts and emoji need them


def text(value: Any) -> str:
    r"""Write a value so that Markdown shows it as it stands: one line, no tag, link, formula or mark of its own.

    What is missing or blank is 'not known'; texts over 1,000 characters are cut, and say so.

    >>> text("<b>_x_</b> | [a](http://b)"), text(None), text(" \n")
    ('&#60;b&#62;\\_x\\_&#60;/b&#62; &#124; \\[a\\](http&#58;//b)', 'not known', 'not known')
    """
    plain = " ".join("".join(map(_visible, written(value))).split())
    if not plain:
        return NOT_KNOWN
    if len(plain) > _MOST_CHARACTERS:
        plain = f"{plain[:_MOST_CHARACTERS]} (cut here, {len(plain):,} characters in all)"
    escaped = _LINKS.sub(lambda found: f"&#{ord(found[0])};", plain.translate(_ESCAPES))
    return _STARTS.sub(lambda found: f"{found[1] or ''}&#{ord(found[2])};", escaped)


def written(value: Any, *, unit: str = "") -> str:
    """Write a value for people, not yet for Markdown: numbers with their unit, days without midnight, yes and no.

    >>> written(0.12345, unit="share"), written(20_000), written(pd.Timestamp("2025-01-02")), written(float("nan"))
    ('12.3%', '20,000', '2025-01-02', 'not known')
    """
    match value:
        case None:
            return NOT_KNOWN
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case pd.Timestamp() if not pd.isna(value):
            return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
        case date() if not pd.isna(value):
            return f"{value:%Y-%m-%d}"
    if pd.isna(value):
        return NOT_KNOWN
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return written(plain)
    return number(plain, unit=unit) if isinstance(plain, int | float) else str(plain)


def interval(low: Any, high: Any, *, unit: str = "") -> str:
    """Write the ends of an interval, or that there is none.

    >>> interval(0.1, 0.25, unit="share"), interval(None, None)
    ('10.0% to 25.0%', 'not measured')
    """
    if pd.isna(low) or pd.isna(high):
        return "not measured"
    return f"{written(low, unit=unit)} to {written(high, unit=unit)}"


def heading(said: str, *, level: int = 2) -> str:
    """Write a heading."""
    return f"{'#' * level} {text(said)}"


def paragraph(said: str) -> str:
    """Write a paragraph."""
    return text(said)


def notice(said: str) -> str:
    """Write a paragraph that is set apart."""
    return f"> {text(said)}"


def listing(items: Iterable[str], *, none: str) -> str:
    """Write a list with a dash before each item; without items the sentence that says why there are none."""
    return "\n".join(f"- {text(item)}" for item in items) or paragraph(none)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, none: str) -> str:
    r"""Write rows as a table; without rows the sentence that says why there are none.

    >>> print(table(["Field", "Held"], [("fax|home", True)], none="Nothing is held."))
    | Field | Held |
    | --- | --- |
    | fax&#124;home | yes |
    """
    cells = [f"| {' | '.join(map(text, row))} |" for row in rows]
    if not cells:
        return paragraph(none)
    return "\n".join([f"| {' | '.join(map(text, columns))} |", f"|{' --- |' * len(columns)}", *cells])


def facts(known: Mapping[str, Any], *, none: str = "Nothing is known of this.") -> str:
    """Write names and values as a table of two columns."""
    return table(["What", "Said"], known.items(), none=none)


def whole(parts: Iterable[str]) -> str:
    """Join parts into a document, a blank line between them."""
    return "\n\n".join(parts) + "\n"


def _visible(sign: str) -> str:
    """Return a character; a blank for what breaks lines, nothing for what hides or turns the text around it."""
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign) in _HIDDEN and sign not in _JOINERS else sign
