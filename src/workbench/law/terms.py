"""When a term ends: calendar days, months and business days, as a law counts them.

In: the days on which terms start, a term, a calendar.   Out: the last day of each term.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean

UNITS = ("days", "months", "business_days")
# More than the holidays of a year and any run of days off together.
_LONGEST_BREAK_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Whose holidays count: of a country (None: the market's own), of a part of it; `rolls` where a term that would
    end on a day off ends on the next working day.
    """

    country: str | None = None
    subdivision: str | None = None
    rolls: bool = False


def due_days(
    first: date, last: date, *, term: Mapping[str, int], calendar: Calendar, country: str | None = None
) -> pd.DataFrame:
    """Return day and due, the last day of a term that starts on it, for every day from first to last.

    `term` is one of {"days": n}, {"months": n}, {"business_days": n}; `country` is the market's, where the calendar
    names none. The day of the event itself is not counted, a month ends on the day of the same number or the last one
    that there is, and a term of nothing ends on its own day, whatever day that is. Where the `holidays` library knows
    no calendar of the country, or there is no country, only Saturdays and Sundays are off; working weekends count as
    that library knows them. InputError: a term that is none of these, an unknown country or part of one.
    Source of the counting: Regulation (EEC, Euratom) No 1182/71, Art. 3, which other laws follow closely enough.

    >>> easter = due_days(date(2026, 3, 3), date(2026, 3, 3), term={"months": 1}, calendar=Calendar(rolls=True),
    ...                   country="DE")
    >>> easter.due.dt.date.tolist() # one month is Good Friday
    [datetime.date(2026, 4, 7)]
    """
    unit, size = _unit(term)
    place = _known(calendar.country or country)
    days = pd.date_range(first, last, freq="D")
    due = days + (pd.DateOffset(months=size) if unit == "months" else pd.DateOffset(days=size))
    if len(days) and size and (calendar.rolls or unit == "business_days"):
        reach = pd.date_range(first, due[-1] + pd.Timedelta(days=size + _LONGEST_BREAK_DAYS), freq="D")
        working = _working(reach, place, calendar.subdivision)
        counted, at = np.cumsum(working), reach.get_indexer(days if unit == "business_days" else due)
        due = reach[np.searchsorted(counted, counted[at] + (size if unit == "business_days" else ~working[at]))]
    return pd.DataFrame({"day": days, "due": due})


def check_term(term: object) -> str | None:
    """Return what is wrong with a term, or None.

    >>> check_term({"months": 1}), check_term({"weeks": 1})
    (None, "must be one of {days: n}, {months: n}, {business_days: n} with a whole n from 0, found {'weeks': 1}")
    """
    if isinstance(term, Mapping) and len(term) == 1:
        ((unit, size),) = term.items()
        if unit in UNITS and type(size) is int and size >= 0:
            return None
    said = ", ".join(f"{{{unit}: n}}" for unit in UNITS)
    return f"must be one of {said} with a whole n from 0, found {term!r}"


def _unit(term: Mapping[str, int]) -> tuple[str, int]:
    if fault := check_term(term):
        raise InputError(f"term {fault}")
    ((unit, size),) = term.items()
    return unit, size


def _working(days: pd.DatetimeIndex, country: str | None, subdivision: str | None) -> np.ndarray:
    from holidays import country_holidays, list_supported_countries

    if country not in list_supported_countries():
        return np.asarray(days.day_of_week < 5)
    try:
        off = country_holidays(str(country), subdiv=subdivision)
    except NotImplementedError as error:
        raise InputError(f"subdivision '{subdivision}' of {country} has no calendar of holidays") from error
    return np.array([off.is_working_day(day) for day in days.date])


def _known(country: str | None) -> str | None:
    if country is not None and country not in countries():
        hint = did_you_mean(country, countries())
        raise InputError(f"country '{country}' must be a code of ISO 3166 such as DE{hint}")
    return country


@cache
def countries() -> frozenset[str]:
    """Return the two letters of every territory that lists of locales know, those of ISO 3166 and some beside them.

    >>> "DE" in countries(), "de" in countries()
    (True, False)
    """
    from babel import Locale

    return frozenset(code for code in Locale("en").territories if len(code) == 2 and code.isalpha())
