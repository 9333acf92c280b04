"""Numbers that a state gives to people, by their check digits, and how each is written.

In: the text of a number, countries.   Out: of which kinds it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType


@dataclass(frozen=True, kw_only=True)
class _Number:
    """A kind of number: whose it is, the module of python-stdnum that checks it, how it is written.

    `written` so it is certain by itself; `loose` it needs a word beside it, or a whole column like it.
    """

    country: str
    module: str
    written: str
    loose: str


_FOURS = r"\d{4}([ -])\d{4}\1\d{4}"
_NIR = r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d{2} ?\d{3} ?\d{3} ?\d{2}"
# Shorter check digits let one in ten or eleven plain figures pass: those must be grouped as their holders know them.
_NUMBERS = {
    "nir": _Number(country="FR", module="fr.nir", written=_NIR, loose=_NIR),
    "cnpj": _Number(country="BR", module="br.cnpj", written=r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", loose=r"\d{14}"),
    "cpf": _Number(
        country="BR", module="br.cpf", written=r"\d{3}\.\d{3}\.\d{3}-\d{2}", loose=r"\d{3} ?\d{3} ?\d{3}[ -]?\d{2}"
    ),
    "steuer_id": _Number(country="DE", module="de.idnr", written=r"\d{2} \d{3} \d{3} \d{3}", loose=r"\d{11}"),
    "dni": _Number(
        country="ES", module="es.dni", written=r"(?:\d{8}|\d{2}\.\d{3}\.\d{3})[ -]?[A-Z]", loose=r"\d{8}[A-Za-z]"
    ),
    "nie": _Number(country="ES", module="es.nie", written=r"[XYZ][ -]?\d{7}[ -]?[A-Z]", loose=r"[XYZxyz]\d{7}[A-Za-z]"),
    "aadhaar": _Number(country="IN", module="in_.aadhaar", written=_FOURS, loose=r"\d{12}"),
    "my_number": _Number(country="JP", module="jp.in_", written=_FOURS, loose=r"\d{12}"),
    "nhs": _Number(country="GB", module="gb.nhs", written=r"\d{3} \d{3} \d{4}", loose=r"\d{3}([ -]?)\d{3}\1\d{4}"),
    "ssn": _Number(country="US", module="us.ssn", written=r"\d{3}-\d{2}-\d{4}", loose=r"\d{3}([ -]?)\d{2}\1\d{4}"),
}


def national_kinds(number: str, *, countries: Sequence[str], by_word: Sequence[str] = ()) -> list[str]:
    """Return the kinds of national number that this text (one number, folded) is, by form and check digit.

    Of the kinds in `by_word` any way of grouping will do: a word, or a column full of them, says what they are.

    >>> national_kinds("529.982.247-25", countries=["BR"]), national_kinds("529.982.247-24", countries=["BR"])
    (['cpf'], [])
    >>> national_kinds("52998224725", countries=["BR"], by_word=["cpf"])
    ['cpf']
    """
    return [
        kind for kind in kinds_of(countries) if _is_written(kind, number, kind in by_word) and _is_valid(kind, number)
    ]


def kinds_of(countries: Sequence[str]) -> list[str]:
    """Return the kinds of national number that these countries give out, the surest check first."""
    return [kind for kind, number in _NUMBERS.items() if number.country in countries]


def _is_written(kind: str, number: str, said: bool) -> bool:
    return bool(re.fullmatch(_NUMBERS[kind].written, number) or (said and re.fullmatch(_NUMBERS[kind].loose, number)))


def _is_valid(kind: str, number: str) -> bool:
    plain = "".join(filter(str.isalnum, number)).upper()
    return bool(_module(_NUMBERS[kind].module).is_valid(plain))


@cache
def _module(name: str) -> ModuleType:
    return import_module(f"stdnum.{name}")
