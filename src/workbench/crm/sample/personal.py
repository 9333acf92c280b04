"""Personal data where it should not be: invented addresses, phones and numbers, put into texts and into a column.

Nothing here can belong to anybody: e-mail domains and phone numbers are reserved for examples, account and card numbers
name banks that do not exist, and identity numbers come from ranges that are not given out. Check digits are right.

In: messages, leads.   Out: the same with personal data in some rows; `personal` names the kind.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import SampleMarket, generator, read_data
from workbench.crm.sample.planted import pick, planted_count

_KINDS = {
    "DE": ("email", "phone", "iban"),
    "FR": ("email", "phone", "iban"),
    "BR": ("email", "cpf"),
    "JP": ("email", "my_number"),
    "US": ("email", "phone", "card"),
    "IN": ("email", "aadhaar"),
}


def plant_in_texts(messages: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Add a sentence with personal data to some texts, about as many of each kind that the market knows."""
    rng = generator(seed, market, "personal")
    named = messages[~messages["anonymous"]]  # of the others no market could say that they are its own
    chosen = _choose(named, len(_KINDS[market.prefix]) * planted_count(len(messages) // 2), market, rng)
    texts = messages["text"].copy()
    for row, kind, language in zip(chosen.index, chosen, messages["phrases"][chosen.index], strict=True):
        phrases = read_data(f"texts/{language}.yaml")
        sentence = str(rng.choice(phrases["personal"][kind])).format(value=invent(kind, market, rng))
        texts[row] = phrases["join"].join([texts[row], sentence])
    return messages.assign(text=texts, personal=chosen.reindex(messages.index, fill_value=""))


def plant_in_leads(leads: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Put an e-mail address or a number of the market into the source of some leads."""
    rng = generator(seed, market, "personal leads")
    chosen = _choose(leads, planted_count(len(leads) // 2), market, rng)
    source = leads["source"].copy()
    source[chosen.index] += [f" {invent(kind, market, rng)}" for kind in chosen]
    return leads.assign(source=source, personal=chosen.reindex(leads.index, fill_value=""))


def _choose(frame: pd.DataFrame, count: int, market: SampleMarket, rng: np.random.Generator) -> pd.Series:
    """Return the kind of personal data for rows picked by lot, the kinds in turn."""
    rows = pick(frame.index, count, rng)
    return pd.Series(np.resize(_KINDS[market.prefix], len(rows)), index=rows, dtype="str")


def invent(kind: str, market: SampleMarket, rng: np.random.Generator) -> str:
    """Invent one value of a kind, such as an e-mail address."""
    makers: dict[str, Callable[[int], str]] = {
        "email": lambda n: (
            f"{rng.choice(['mail', 'post', 'me', 'info'])}{n:03d}@example.{rng.choice(['com', 'org', 'net'])}"
        ),
        "phone": lambda n: _PHONES[market.prefix].format(n % 100),
        "iban": lambda n: _iban(n, market.country),
        "card": lambda n: _grouped(_with_luhn(f"400000000000{n:03d}")),
        "cpf": _cpf,
        "my_number": _my_number,
        "aadhaar": lambda n: _grouped(_with_verhoeff(f"99994105{n:03d}")),
    }
    return makers[kind](int(rng.integers(100, 999)))


# Numbers set aside for films and examples by the regulators of Germany, France and North America.
_PHONES = {"DE": "0171 39200{:02d}", "FR": "01 99 00 00 {:02d}", "US": "(212) 555-01{:02d}"}


def _grouped(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _iban(number: int, country: str) -> str:
    """An account at bank 00000000 (Germany) or 00000 (France), which nobody runs; ISO 13616 check digits."""
    account = f"{number:018d}"
    if country == "FR":
        account = f"{number:021d}"
        account += f"{97 - 3 * number % 97:02d}"  # the RIB key: bank and branch are nought
    letters = "".join(str(ord(letter) - 55) for letter in country)
    return _grouped(f"{country}{98 - int(account + letters + '00') % 97:02d}{account}")


def _with_luhn(digits: str) -> str:
    """Append the check digit of payment cards (ISO/IEC 7812).

    >>> _with_luhn("411111111111111")
    '4111111111111111'
    """
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


def _cpf(number: int) -> str:
    """A Brazilian taxpayer number with both check digits.

    >>> _cpf(529_982_247)
    '529.982.247-25'
    """
    digits = [int(digit) for digit in f"{number:09d}"]
    for _ in range(2):
        weighted = sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits.append(-weighted % 11 % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _my_number(number: int) -> str:
    """A Japanese individual number with its check digit.

    >>> _my_number(12_345_678_901)
    '1234 5678 9018'
    """
    digits = f"{number:011d}"
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return _grouped(digits + str(0 if rest <= 1 else 11 - rest))


def _with_verhoeff(digits: str) -> str:
    """Append the check digit of Verhoeff (1969): products in the dihedral group of ten elements.

    >>> _with_verhoeff("236")
    '2363'
    """
    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        check = _dihedral(check, _permuted(int(digit), place))
    return digits + str(check if check > 4 else -check % 5)


def _dihedral(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 + (5 if right > 4 else 0)
    return (left - right) % 5 + (0 if right > 4 else 5)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit
