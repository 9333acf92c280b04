"""What a column holds, by what it is called and by what stands in it: names, contacts, what is sensitive?

In: names of columns, their values, the customers of a CRM.   Out: kinds; the names, for `find` and `mask` to know.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from workbench.personal.addresses import addresses
from workbench.personal.certain import value_kinds
from workbench.personal.folding import fold

_NAMES = re.compile(
    r"(?:(?:full|first|given|middle|last|family|sur|sir|maiden|birth|nick|display|contact|customer|person)[_ ]?name"
    r"|(?:vor|nach|familien)name|prenom|prénom|nom(?:_de_famille)?|nombres?|apellidos?|nome|sobrenome|name|氏名|姓|名)",
    re.IGNORECASE,
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATOR = re.compile(r"[\s_.:/-]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_CLOSED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# A column is of a kind where nearly all of its values are; a few of thousands are typing errors or 'none'.
_MOST_VALUES, _FEWEST_VALUES, _SHARE = 1_000, 3, 0.9


def names_in(customers: pd.DataFrame | None) -> list[str]:
    """Return the values of columns such as `name`, `first_name` or `apellido`, each once; none where there is no table.

    >>> names_in(pd.DataFrame({"customer_id": ["1", "2"], "Surname": ["Curie", None], "plan_name": ["gold", "gold"]}))
    ['Curie']
    """
    if customers is None:
        return []
    columns = [customers[name] for name in customers if _NAMES.fullmatch(str(name))]
    return sorted({str(value) for column in columns for value in column.dropna()})


def sensitive_by_name(column: str) -> str | None:
    """Return the sensitive kind that a column's name says, such as health or religion; None where it says none.

    >>> sensitive_by_name("Religionszugehörigkeit"), sensitive_by_name("health_score")
    ('religion', None)
    """
    return _said("sensitive", column)


def personal_by_name(column: str, *, table: str | None = None) -> str | None:
    """Return the kind of personal data that a column's name says, such as email or date_of_birth; None without.

    In the `table` customers a mere `name` is a customer's; elsewhere a product or a campaign has one too.

    >>> personal_by_name("GeburtsDatum"), personal_by_name("email_opened_at"), personal_by_name("name")
    ('date_of_birth', None, None)
    >>> personal_by_name("name", table="customers")
    'name'
    """
    if table == "customers" and _plain(column) in _words()["name_of_customer"]:
        return "name"
    return None if set(_plain(column).split()) & set(_words()["about"]) else _said("personal", column)


def looks_personal(values: pd.Series, *, countries: Sequence[str] = ()) -> str | None:
    """Return the kind (one of `IDENTIFIED`) of which nearly all values are, by themselves; None where there is none.

    At least three different values must be there and nine in ten be of the kind, of the first 1,000 that differ.
    """
    different = values.dropna().astype("str").drop_duplicates().head(_MOST_VALUES)
    if len(different) < _FEWEST_VALUES:
        return None
    found = [kind for value in different for kind in _kinds(value, [country.upper() for country in countries])]
    shares = pd.Series(found, dtype="str").value_counts() / len(different)
    return str(shares.index[0]) if len(shares) and shares.iloc[0] >= _SHARE else None


def _kinds(value: str, countries: Sequence[str]) -> list[str]:
    plain = fold(value).strip()
    whole = [kind for start, end, kind in addresses(plain) if (start, end) == (0, len(plain))]
    return [kind for kind in whole if kind in {"email", "ip"}] or value_kinds(value, countries=countries)


def _said(group: str, column: str) -> str | None:
    """Return the kind of the longest entry that the name has; of two as long, the first in columns.yaml."""
    plain = _plain(column)
    found = [(-len(match[0]), kind) for kind, pattern in _patterns(group).items() for match in pattern.finditer(plain)]
    longest = min(found, key=lambda one: one[0], default=(0, None))
    other = _pattern(_words()["other"]).search(plain)
    return None if other and len(other[0]) >= -longest[0] else longest[1]


def _plain(column: str) -> str:
    """Return the words of a name, small, one space between them: PhoneNumber and phone_number are the same."""
    apart = _SEPARATOR.sub(" ", _HUMP.sub(" ", fold(str(column)))).strip()
    return _ACCENTS.sub("", unicodedata.normalize("NFD", apart.lower().translate(_UMLAUTS)))


def _pattern(entries: Iterable[str]) -> re.Pattern[str]:
    """Compile entries; the longest of those that fit stands for all, * is any end of a word."""
    plain = sorted({_plain(entry.removesuffix("*")) + "*" * entry.endswith("*") for entry in entries}, key=len)
    return re.compile("|".join(_entry(entry) for entry in reversed(plain)))


def _entry(entry: str) -> str:
    word = re.escape(entry.removesuffix("*"))
    if _CLOSED.search(entry):
        return word
    return rf"(?<![^\s]){word}" + (r"[^\s]*" if entry.endswith("*") else r"(?![^\s])")


@cache
def _patterns(group: str) -> Mapping[str, re.Pattern[str]]:
    return {kind: _pattern(entries) for kind, entries in _words()[group].items()}


@cache
def _words() -> dict[str, Any]:
    file = resources.files("workbench.personal").joinpath("columns.yaml")
    words: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return words
