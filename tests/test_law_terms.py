"""Terms end on the day that the law says, by calendars whose holidays are known by hand."""

import calendar as months
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.law import Calendar, due_days, law

GDPR = Calendar(rolls=True)
CALENDARS = st.builds(
    Calendar, country=st.sampled_from([None, "DE", "US", "CN", "SG", "AE", "BA"]), rolls=st.booleans()
)
TERMS = st.one_of(
    *(
        st.integers(0, most).map(lambda size, unit=unit: {unit: size})
        for unit, most in (("days", 400), ("months", 13), ("business_days", 60))
    )
)


def due(day, term, calendar, country=None):
    (found,) = due_days(day, day, term=term, calendar=calendar, country=country)["due"].dt.date
    return found


@pytest.mark.parametrize(
    ("day", "country", "last"),
    [
        (date(2026, 3, 3), "DE", date(2026, 4, 7)),  # Good Friday, a weekend, Easter Monday
        (date(2026, 3, 3), "US", date(2026, 4, 3)),  # no holiday there
        (date(2025, 9, 3), "DE", date(2025, 10, 6)),  # German Unity Day, a Friday
        (date(2026, 1, 31), "DE", date(2026, 3, 2)),  # 28 February is a Saturday
        (date(2024, 1, 31), "DE", date(2024, 2, 29)),
        (date(2025, 11, 25), "DE", date(2025, 12, 29)),  # both days of Christmas, then a weekend
        (date(2026, 3, 31), "FR", date(2026, 4, 30)),  # no day of that number
    ],
)
def test_a_month_ends_on_the_next_working_day(day, country, last):
    assert due(day, {"months": 1}, GDPR, country) == last


def test_a_month_that_does_not_roll_ends_on_its_day():
    assert due(date(2026, 1, 31), {"months": 1}, Calendar(), "DE") == date(2026, 2, 28)
    assert due(date(2025, 12, 31), {"months": 2}, Calendar(), "DE") == date(2026, 2, 28)


def test_ten_business_days_over_thanksgiving():
    ccpa = law("ccpa", as_of=date(2026, 1, 1)).calendar
    # California is off on Thursday 27 November and the Friday after.
    assert due(date(2025, 11, 17), {"business_days": 10}, ccpa) == date(2025, 12, 3)
    assert due(date(2025, 11, 17), {"business_days": 10}, Calendar(country="US")) == date(2025, 12, 2)
    assert due(date(2025, 11, 15), {"business_days": 1}, ccpa) == date(2025, 11, 17)


def test_ten_business_days_over_the_lunar_new_year():
    pdpa = law("pdpa", as_of=date(2026, 1, 1))
    # 17 and 18 February 2026, Tuesday and Wednesday, are holidays.
    assert due(date(2026, 2, 10), pdpa.rules["withdrawal_ignored"].terms["grace"], pdpa.calendar) == date(2026, 2, 26)


def test_a_working_weekend_counts():
    # On Sunday 26 January 2025 China worked; the holiday began on the 28th.
    assert due(date(2025, 1, 24), {"business_days": 2}, Calendar(country="CN")) == date(2025, 1, 27)


def test_the_calendar_goes_before_the_market():
    assert due(date(2026, 3, 3), {"months": 1}, Calendar(country="DE", rolls=True), "US") == date(2026, 4, 7)


@pytest.mark.parametrize("country", [None, "AC"])
def test_without_a_calendar_only_weekends_are_off(country):
    assert due(date(2025, 12, 24), {"business_days": 3}, Calendar(country=country)) == date(2025, 12, 29)


@given(day=st.dates(date(1990, 1, 1), date(2035, 12, 31)), unit=st.sampled_from(["days", "months", "business_days"]))
def test_a_term_of_nothing_ends_on_its_own_day(day, unit):
    assert due(day, {unit: 0}, GDPR, "DE") == day


@given(first=st.dates(date(1990, 1, 1), date(2035, 12, 31)), more=st.integers(0, 40), term=TERMS, calendar=CALENDARS)
def test_due_is_never_early_and_grows_with_the_day(first, more, term, calendar):
    found = due_days(first, first + timedelta(days=more), term=term, calendar=calendar)
    ((unit, size),) = term.items()
    assert (found["day"].diff().dropna() == pd.Timedelta(days=1)).all()
    assert len(found) == more + 1
    assert found["due"].is_monotonic_increasing
    assert (found["due"] >= found["day"].map(lambda day: nominal(day.date(), unit, size))).all()


def nominal(day, unit, size):
    if unit != "months":
        return pd.Timestamp(day + timedelta(days=size))
    year, month = divmod(day.year * 12 + day.month - 1 + size, 12)
    return pd.Timestamp(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


@given(day=st.dates(date(2000, 1, 1), date(2030, 12, 31)), size=st.integers(1, 30))
def test_business_days_are_the_working_days_passed(day, size):
    reached = due(day, {"business_days": size}, Calendar(country="SG"))
    passed = due_days(day + timedelta(days=1), reached, term={"days": 1}, calendar=Calendar())["day"].dt.date
    assert sum(works(one) for one in passed) == size
    assert works(reached)


def works(day):
    import holidays

    return day.weekday() < 5 and day not in holidays.country_holidays("SG")


def test_years_of_days_are_whole_and_an_empty_range_is_empty():
    found = due_days(date(2016, 1, 1), date(2025, 12, 31), term={"months": 1}, calendar=GDPR, country="DE")
    assert len(found) == 3653
    assert found.dtypes.map(lambda kind: kind.kind).tolist() == ["M", "M"]
    none = due_days(date(2026, 1, 2), date(2026, 1, 1), term={"months": 1}, calendar=GDPR, country="DE")
    assert none.shape == (0, 2)


@pytest.mark.parametrize(
    "term", [{}, {"weeks": 1}, {"days": -1}, {"days": 1.0}, {"days": True}, {"days": 1, "months": 1}, "1 month", None]
)
def test_what_is_no_term_is_refused(term):
    with pytest.raises(InputError, match=r"term must be one of \{days: n\}, \{months: n\}, \{business_days: n\}"):
        due(date(2026, 1, 1), term, GDPR)


def test_an_unknown_place_is_refused():
    with pytest.raises(InputError, match="country 'de' must be a code of ISO 3166 such as DE; did you mean 'DE'"):
        due(date(2026, 1, 1), {"days": 0}, GDPR, "de")
    with pytest.raises(InputError, match="subdivision 'XX' of US has no calendar"):
        due(date(2026, 1, 1), {"days": 1}, Calendar(country="US", subdivision="XX", rolls=True))
