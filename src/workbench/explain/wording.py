"""Features, values and reasons in the words of a market's language; each language is one file in `languages/`.

In: names of features, values, rows of codes and of what-ifs.   Out: names, values and sentences.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib import resources
from math import exp, inf
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from workbench.errors import InputError, did_you_mean

Subject = Literal["risk", "value"]
Row = Mapping[Any, Any] | pd.Series

_FILES = resources.files("workbench.explain").joinpath("languages")
LANGUAGES = tuple(sorted(file.name[:-5] for file in _FILES.iterdir() if file.name.endswith(".yaml")))
# What says nearly the same. A model splits an effect among such columns as it likes, even with opposite signs; only
# their sum can be read.
FAMILIES = {
    "rhythm": r"recency_days|lateness|rhythm_share|gap_days|order_days|orders|orders_\d+d|orders_per_year|orders_trend",
    "season": r"(orders|spend)_season",
    "spend": r"spend|spend_\d+d|largest_amount|mean_amount",
    "returns": r"returns|returns_\d+d|returned_amount",
    "messages": r"messages_\d+d",
    "sentiment": r"sentiment_.*|negative_\d+d",
    "marketing": r"(touches|opened|clicked|converted|unsubscribed)_\d+d",
    "activity": r"activity_.*",
}
# The factor on the odds, or on the expected money, from which an effect is called so: below a fifth more or less it
# hardly moves a customer's place, and doubling is what people call strong.
_SIZES = (("slightly", 1.2), ("clearly", 2.0), ("strongly", inf))
_SHARE = re.compile(r".*_(share|rate)|probability.*")
_MONEY = re.compile(r".*(spend|amount|price|cost|charges|revenue).*|value")
# From here on the small change of an amount tells nothing.
_WHOLE_UNITS = 100
# No figure of a customer is as large, and Babel cannot write one that is.
_LARGEST = 1e15
# Nobody has been silent for so many of any unit; such a value is a slip, and no calendar reaches it.
_LONG_AGO = 1e5
_DAYS = {"days": 1.0, "months": 30.4375, "years": 365.25}


def family(column: str) -> str:
    """Return the family of a feature; one that is not known is a family of its own.

    >>> family("recency_days") == family("orders_90d"), family("plan")
    (True, 'plan')
    """
    return next((name for name, pattern in FAMILIES.items() if re.fullmatch(pattern, column)), column)


def readable(column: str) -> str:
    """Return the English name of a feature; one that is not known is spelt out.

    >>> readable("recency_days"), readable("PaymentMethod"), readable("last_campaign")
    ('days since the last order', 'payment method', 'last campaign')
    """
    return wording("en").name(column)


def language_of(languages: Sequence[str]) -> tuple[str, str]:
    """Return the first of a market's languages that has words, else English, and a note where it is not the first.

    >>> language_of(["hi", "en"]), language_of(["nl"])
    (('hi', ''), ('en', 'no explanations in Dutch; they are in English'))
    """
    found = next((language for language in languages if language in LANGUAGES), "en")
    missing = [language for language in languages[:1] if language != found]
    names = Locale("en").languages
    told = [f"no explanations in {names.get(one, one)}; they are in {names[found]}" for one in missing]
    return found, "".join(told)


def speak(languages: Sequence[str], *, countries: Sequence[str] = (), currency: str = "") -> tuple["Wording", str]:
    """Return the words of a market: of the first of its languages that has any, in the form of its first country.

    With a note that says where another language had to do.

    >>> words, note = speak(["pt"], countries=["BR"], currency="BRL")
    >>> words.money(1234.0), note
    ('R$\\xa01.234', '')
    """
    language, note = language_of(languages)
    return wording(language, country=countries[0] if countries else "", currency=currency), note


def wording(language: str, *, country: str = "", currency: str = "") -> "Wording":
    """Return the words of a language; numbers and dates as in the country, amounts in the currency (ISO 4217).

    A country that Babel does not know with this language leaves the language's own form. An InputError names the
    languages that there are.

    >>> wording("de", country="DE", currency="EUR").value(1234.5, "spend_365d").replace("\\xa0", " ")
    '1.234 €'
    >>> wording("xx")
    Traceback (most recent call last):
    workbench.errors.InputError: language 'xx' must be one of de, en, es, fr, hi, ja, pt
    """
    if language not in LANGUAGES:
        hint = did_you_mean(language, LANGUAGES)
        raise InputError(f"language '{language}' must be one of {', '.join(LANGUAGES)}{hint}")
    try:
        locale = Locale.parse(f"{language}_{country}" if country else language)
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(language)
    return Wording(language=language, locale=locale, currency=currency, words=_read(language))


@dataclass(frozen=True, eq=False, kw_only=True)
class Wording:
    """The words of one language in the form of one country, made by `wording`.

    `words` is the language's file: names, sayings, families, categories, effects, levers, models, laws, objections,
    headings and texts.
    """

    language: str
    locale: Locale
    currency: str
    words: Mapping[str, Any] = field(repr=False)

    def name(self, column: str) -> str:
        """Return the name of a feature for people; one that is not known is spelt out.

        >>> wording("fr").name("orders_90d"), wording("fr").name("Online Backup")
        ('commandes des 90 derniers jours', 'online backup')
        """
        for pattern, words in self.words["names"].items():
            if found := re.fullmatch(pattern, column):
                return str(words.format(*found.groups()))
        return _spelt_out(column)

    def word(self, kind: str, key: str) -> str:
        """Return the word of a kind, such as 'families' or 'levers'; one that is not known is named as a column is.

        >>> wording("es").word("families", "rhythm"), wording("es").word("families", "plan")
        ('ritmo de los pedidos', 'tarifa')
        """
        return str(self.words[kind].get(key) or self.name(key))

    def text(self, key: str, **values: str) -> str:
        """Return a text with its places filled; an InputError names the nearest key to one that is not there.

        >>> wording("en").text("change", name="orders", after="2", before="1")
        'orders: 2 instead of 1'
        """
        texts = self.words["texts"]
        if key not in texts:
            raise InputError(f"text '{key}': not in languages/{self.language}.yaml{did_you_mean(key, texts)}")
        return str(texts[key].format(**values))

    def value(self, value: Any, column: str) -> str:
        """Write a value of a feature with the unit that its name tells; what is missing or endless is not known.

        >>> words = wording("en", country="GB", currency="GBP")
        >>> [words.value(212.4, "recency_days"), words.value(1234.5, "spend_365d"), words.value(True, "paperless")]
        ['212 days', '£1,234', 'yes']
        >>> [words.value(None, "rating"), words.value(0.25, "returned_share"), words.value("DE", "country")]
        ['not known', '25%', 'Germany']
        """
        if isinstance(value, str):
            return self._category(value, column)
        if pd.isna(value):
            return self.text("unknown")
        if isinstance(value, bool | np.bool_):
            return self.text("is_true" if value else "is_false")
        if isinstance(value, date | np.datetime64):  # a Timestamp is a date, too
            return self.date(pd.Timestamp(value))
        return self._quantity(float(value), column) if abs(value) < _LARGEST else self.text("unknown")

    def date(self, day: date) -> str:
        """Write a day in the country's long form.

        >>> wording("pt", country="BR").date(date(2026, 3, 14))
        '14 de março de 2026'
        """
        said = str(format_date(day, format="long", locale=self.locale))
        # Babel does not know that some languages number the first of a month as an ordinal.
        return re.sub(r"^1(?= )", self.text("first_day"), said)

    def listed(self, items: Sequence[str]) -> str:
        """Join words into one enumeration.

        >>> wording("de").listed(["Alter", "Land", "Sprache"])
        'Alter, Land und Sprache'
        """
        return str(format_list(list(items), locale=self.locale))

    def number(self, value: float) -> str:
        """Write a number with the digits that are worth reading: whole from 10 up, else two of them.

        >>> [wording("fr").number(value) for value in (2.345, 0.0123, 9.97, 57.6)]
        ['2,3', '0,012', '10', '58']
        """
        return str(format_decimal(_rounded(value), locale=self.locale, decimal_quantization=False))

    def money(self, value: float) -> str:
        """Write an amount in the currency; a plain number where there is none.

        >>> wording("ja", country="JP", currency="JPY").money(1234.5), wording("ja").money(1234.5)
        ('￥1,234', '1,234')
        """
        if not self.currency:
            return self.number(value)
        if 0 < abs(value) < _WHOLE_UNITS:
            return str(format_currency(value, self.currency, locale=self.locale))
        pattern = re.sub(r"\.0+", "", self.locale.currency_formats["standard"].pattern)
        return str(format_currency(value, self.currency, format=pattern, locale=self.locale, currency_digits=False))

    def reason(self, code: Row, *, subject: Subject = "risk") -> str:
        """Say one row of codes: the value, what is typical, which way it pulls and how strongly.

        `contribution` is on the scale of log-odds (risk) or of the logarithm of money (value).

        >>> code = {"column": "recency_days", "value": 212, "typical": 40, "contribution": 0.9, "direction": "raises"}
        >>> wording("en").reason(code)
        'last order 212 days ago (typical: 40 days) – raises the risk strongly'
        """
        column, value = str(code["column"]), code["value"]
        has, usual = self.value(value, column), self.value(code["typical"], column)
        beside = self.text("as_typical") if usual == has else self.text("typical", value=usual)
        factor = exp(min(abs(float(code["contribution"])), 700.0))
        size = next(word for word, below in _SIZES if factor < below)
        effect = self.words["effects"][subject][code["direction"]][size]
        return self.text("reason", said=self._said(value, column), beside=beside, effect=effect)

    def reasons(self, codes: pd.DataFrame, *, subject: Subject = "risk") -> pd.DataFrame:
        """Return customer_id, rank, reason (a sentence) and contribution, one row for each row of codes.

        >>> codes = pd.DataFrame([{"customer_id": "a", "rank": 1, "column": "orders", "value": 2, "typical": 2,
        ...                        "contribution": -0.1, "direction": "lowers"}])
        >>> wording("es").reasons(codes)["reason"].tolist()
        ['pedidos hasta ahora: 2 (lo habitual) – reduce ligeramente el riesgo']
        """
        said = [self.reason(code, subject=subject) for code in codes.to_dict("records")]
        reason = pd.Series(said, index=codes.index, dtype="str")
        return codes.assign(reason=reason)[["customer_id", "rank", "reason", "contribution"]]

    def change(self, step: Row) -> str:
        """Say one step of a what-if.

        >>> step = {"lever": "fewer_contacts", "column": "touches_30d", "before": 9, "after": 4}
        >>> wording("en").change(step)
        'fewer marketing contacts (marketing contacts in the last 30 days: 4 instead of 9)'
        """
        column = str(step["column"])
        before, after = (self.value(step[name], column) for name in ("before", "after"))
        change = self.text("change", name=self.name(column), before=before, after=after)
        return self.text("lever", lever=self.word("levers", str(step["lever"])), change=change)

    def _said(self, value: Any, column: str) -> str:
        has, saying = self.value(value, column), self.words["sayings"].get(column, "")
        number = not isinstance(value, str) and has != self.text("unknown")
        if number and "{ago}" in saying and 1 <= value < _LONG_AGO:
            return str(saying.format(ago=self._ago(float(value), column)))
        if number and saying and "{ago}" not in saying:
            return str(saying.format(value=has))
        return self.text("plain", name=self.name(column), value=has)

    def _ago(self, value: float, column: str) -> str:
        """Write a length of time as passed: many languages inflect the unit there ('vor 3 Tagen', but '3 Tage')."""
        passed = -timedelta(days=value * _DAYS.get(column.rsplit("_", 1)[-1], 1.0))
        return str(format_timedelta(passed, "day", threshold=inf, add_direction=True, locale=self.locale))

    def _category(self, value: str, column: str) -> str:
        plain = " ".join(value.split())
        names = {"country": self.locale.territories, "language": self.locale.languages}
        known = names.get(column) or self.words["categories"].get(column, {})
        return str(known.get(plain, plain))

    def _quantity(self, value: float, column: str) -> str:
        if _SHARE.fullmatch(column):
            return self._share(value)
        unit = column.rsplit("_", 1)[-1]
        if unit in _DAYS:
            return self._time(_rounded(value), unit[:-1])
        return self.money(value) if _MONEY.fullmatch(column) else self.number(value)

    def _share(self, value: float) -> str:
        bounds = {"under": 0.01, "over": 0.99}
        beyond = "under" if 0 < value < bounds["under"] else "over" if bounds["over"] < value < 1 else ""
        said = str(format_percent(bounds.get(beyond, value), locale=self.locale))
        return self.text(beyond, share=said) if beyond else said

    def _time(self, value: float, unit: str) -> str:
        # Babel leaves out the long form where it is the same as the short one, and then writes the unit's code.
        forms = (format_unit(value, f"duration-{unit}", length=form, locale=self.locale) for form in ("long", "short"))
        return next(str(form) for form in forms if "duration-" not in form)


@cache
def _read(language: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml.safe_load(_FILES.joinpath(f"{language}.yaml").read_text(encoding="utf-8"))
    return words


def _spelt_out(column: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", column)
    return " ".join(word if word.isupper() else word.lower() for word in apart.split())


def _rounded(value: float) -> float:
    return float(f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}")
