"""The law of a day: what held then, where it stands, and that the page says the same as the files."""

import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import law
from workbench.errors import InputError
from workbench.law.reading import Rule, _in_force
from workbench.law.vocabulary import vocabulary

PAGE = Path(__file__).parents[1] / "docs/regimes.md"
TODAY = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("regime", "code", "day", "article", "in_force"),
    [
        ("gdpr", "request_overdue", date(2026, 1, 1), "Art. 12(3)", True),
        ("gdpr", "request_overdue", date(2018, 5, 24), "Art. 12(3)", False),
        ("gdpr", "ai_undisclosed", date(2026, 8, 1), "AI Act Art. 50", False),
        ("gdpr", "ai_undisclosed", date(2026, 8, 2), "AI Act Art. 50", True),
        ("uk_gdpr", "request_overdue", date(2026, 2, 4), "Art. 12(3)", True),
        ("uk_gdpr", "request_overdue", date(2026, 2, 5), "Art. 12(3), 12A", True),
        ("uk_gdpr", "decision_unexplained", date(2026, 2, 5), "Art. 22A-22D", True),
        ("uk_gdpr", "complaint_unacknowledged", date(2026, 6, 18), "DPA 2018, s.164A", False),
        ("uk_gdpr", "complaint_unacknowledged", date(2026, 6, 19), "DPA 2018, s.164A", True),
        ("ccpa", "request_overdue", date(2025, 12, 31), "1798.130(a)(2)", True),
        ("ccpa", "request_overdue", date(2026, 1, 1), "11 CCR 7021(b)", True),
        ("ccpa", "decision_unexplained", date(2027, 1, 1), "11 CCR 7200 and following", True),
        ("dpdp", "withdrawal_ignored", date(2027, 5, 12), "s.6(4)-(6)", False),
        ("dpdp", "withdrawal_ignored", date(2027, 5, 13), "s.6(4)-(6)", True),
    ],
)
def test_a_rule_holds_from_its_day(regime, code, day, article, in_force):
    rule = law.law(regime, as_of=day).rules[code]
    assert (rule.article, rule.in_force) == (article, in_force)


def test_the_recognised_interests_are_a_basis_in_the_uk_since_2026():
    known = [law.law("uk_gdpr", as_of=day).rules["basis_unknown"].terms["known"] for day in (TODAY, date(2026, 2, 4))]
    assert ["recognised_legitimate_interest" in words for words in known] == [True, False]


@pytest.mark.parametrize(
    ("regime", "absent"),
    [
        ("ccpa", {"basis_missing", "withdrawal_ignored", "register_incomplete"}),
        ("appi", {"withdrawal_ignored", "minor_profiled", "decision_unexplained", "assessment_missing"}),
        ("gdpr", {"request_unacknowledged", "dnc_unchecked"}),
    ],
)
def test_a_duty_that_a_law_does_not_know_is_not_there(regime, absent):
    assert not absent & set(law.law(regime, as_of=TODAY).rules)


def test_a_row_has_source_and_day_of_its_file_where_it_names_none():
    rules = law.law("gdpr", as_of=date(2026, 9, 1)).rules
    found = [(rules[code].source, rules[code].valid_from) for code in ("basis_missing", "ai_undisclosed")]
    assert found == [
        ("Regulation (EU) 2016/679", date(2018, 5, 25)),
        ("Regulation (EU) 2024/1689", date(2026, 8, 2)),
    ]


def test_what_is_unknown_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"regime 'uk-gdpr' must be one of appi, .*; did you mean 'uk_gdpr'\?"):
        law.law("uk-gdpr", as_of=TODAY)
    with pytest.raises(InputError, match="regime 'gdpr' has nothing on 'explanations'; did you mean 'explanation'"):
        law.versions("gdpr", "explanations")


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(begins=st.lists(DAYS, min_size=1, max_size=4, unique=True).map(sorted), day=DAYS, last=st.integers(0, 900))
def test_the_version_of_a_day_is_the_last_that_began_and_has_not_ended(begins, day, last):
    ends = begins[-1] + timedelta(days=last)
    rows = [{"article": str(begin), "source": "", "checked": True, "valid_from": begin} for begin in begins]
    rule = _in_force("request_overdue", [*rows[:-1], rows[-1] | {"valid_to": ends}], day)
    begun = [begin for begin in begins if begin <= day]
    if (day > ends and len(begins) == 1) or not begun:
        assert (rule.article, rule.in_force) == (str(begins[0]), False)
    elif day <= ends:
        assert (rule.article, rule.in_force) == (str(begun[-1]), True)


def test_the_last_day_of_a_version_is_in_force_and_the_next_is_not():
    row = {"article": "", "source": "", "checked": True, "valid_from": date(2026, 1, 1), "valid_to": date(2026, 1, 31)}
    days = (date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
    assert [_in_force("request_overdue", [row], day).in_force for day in days] == [True, True, False]


@pytest.mark.parametrize("regime", law.names())
def test_the_calendar_of_every_law_has_holidays(regime):
    found = law.law(regime, as_of=TODAY).calendar
    business = law.due_days(
        date(2025, 12, 22), date(2026, 1, 2), term={"business_days": 250}, calendar=found, country="DE"
    )
    weekdays = law.due_days(date(2025, 12, 22), date(2026, 1, 2), term={"business_days": 250}, calendar=law.Calendar())
    assert (business["due"] > weekdays["due"]).all()


@pytest.mark.parametrize("regime", law.names())
def test_numbers_that_the_workbench_chose_are_not_called_checked(regime):
    rules = law.law(regime, as_of=date(2030, 1, 1)).rules
    chosen = [rule for rule in rules.values() if "the workbench's" in rule.note and "workbench's way" not in rule.note]
    assert {rule.code for rule in chosen} >= {"retention_exceeded", "field_abandoned"}
    assert [rule.code for rule in chosen if rule.checked] == []


def test_the_face_loads_no_calendars():
    code = "import sys; from datetime import date; from workbench import law; law.law('gdpr', as_of=date.today())"
    code += "; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"holidays", "babel", "torch"} & set(loaded)


def test_the_page_equals_the_files():
    (
        header,
        *_,
    ) = re.findall(r"^\| check \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    regimes = header.split(" | ")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    page = {code: dict(zip(regimes, cells.split(" | "), strict=True)) for code, cells in rows if code in vocabulary()}
    assert page == {code: {name: cell(name, code) for name in law.names()} for code in vocabulary()}


def test_the_page_names_every_regime():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M))
    assert {name: rows.get(name) for name in law.names()} == {name: line(name) for name in law.names()}


def cell(regime, code):
    """Return what the page says: versions in order, each later one with its day; * where it was not checked."""
    rules = law.law(regime, as_of=TODAY).rules
    if code not in rules:
        return "–"
    said = []
    for rule in (Rule(code=code, **version) for version in law.versions(regime, code)):
        since = f"from {rule.valid_from}: " if said or rule.valid_from != begins(regime) else ""
        said.append(
            since
            + rule.article
            + ("" if rule.checked else " *")
            + (" (not asked)" if "not_required" in rule.terms else "")
        )
    return "; ".join(said)


def line(regime):
    found = law.law(regime, as_of=TODAY)
    where = " ".join(filter(None, [found.calendar.country, found.calendar.subdivision])) or "the market's country"
    return f"{found.title} | {begins(regime)} | {where} | {'yes' if found.calendar.rolls else 'no'}"


def begins(regime):
    return min(
        version["valid_from"]
        for code in vocabulary()
        if code in law.law(regime, as_of=TODAY).rules
        for version in law.versions(regime, code)
    )
