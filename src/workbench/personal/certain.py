"""What a number certainly is, by its check digits and how it is written, the surest first.

In: the text of one number, the countries, the kinds that words beside it say.   Out: its kinds.
"""

from collections.abc import Collection, Sequence

from workbench.personal.folding import fold
from workbench.personal.national import kinds_of, national_kinds
from workbench.personal.payment import is_account, is_card
from workbench.personal.phones import is_phone, is_phone_value


def number_kinds(number: str, *, countries: Sequence[str], said: Collection[str] = ()) -> list[str]:
    """Return the kinds of a folded number, the surest first; of kinds that are `said` any way of grouping will do.

    >>> number_kinds("4111 1111 1111 1111", countries=["US"]), number_kinds("4111.111111111111", countries=["US"])
    (['card'], [])
    """
    found = [*national_kinds(number, countries=countries, by_word=list(said)), *["card"] * is_card(number)]
    return [*found, "phone"] if is_phone(number, countries=countries, is_said="phone" in said) else found


def value_kinds(value: str, *, countries: Sequence[str]) -> list[str]:
    """Return the kinds that a whole value of a column may be; that the others are like it says the rest.

    >>> value_kinds("DE89370400440532013000", countries=[]), value_kinds("0171/3920029", countries=["DE"])
    (['iban'], ['phone'])
    """
    plain = fold(value).strip()
    if is_account(plain):
        return ["iban"]
    found = national_kinds(plain, countries=countries, by_word=kinds_of(countries)) + ["card"] * is_card(plain)
    return [*found, "phone"] if is_phone_value(plain, countries=countries) else found
