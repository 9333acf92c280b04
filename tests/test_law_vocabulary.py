"""Who adds a regime is told what is wrong with the file, and where."""

import copy
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbench import governance, law
from workbench.errors import InputError
from workbench.law.reading import parse
from workbench.law.vocabulary import faults, vocabulary

REGIMES = Path(law.__file__).parent / "regimes"
LAW = {
    "title": "Health Insurance Portability and Accountability Act",
    "source": "HIPAA",
    "valid_from": date(1996, 8, 21),
    "calendar": {"country": "US", "rolls": False},
    "checks": {
        "request_overdue": [
            {"article": "45 CFR 164.524", "checked": True, "terms": {"within": {"days": 30}}},
            {
                "article": "a bill",
                "checked": False,
                "valid_from": date(2027, 1, 1),
                "terms": {
                    "within": {"days": 15},
                    "extended": {"days": 30},
                    "kinds": {"access": {"within": {"days": 9}}},
                },
            },
        ],
        "assessment_missing": [{"article": "none", "checked": True, "terms": {"not_required": "no such duty"}}],
    },
    "explanation": [{"articles": "", "checked": True, "form": "short", "when": "on_request"}],
}


def changed(place, value):
    """Return the law with one value put in; a place is written as faults write it."""
    values = copy.deepcopy(LAW)
    *way, last = [
        int(step) - 1 if step.isdigit() else step for step in place.replace("[", ".").replace("]", "").split(".")
    ]
    found = values
    for step in way:
        found = found[step]
    found[last] = value
    return values


def test_a_good_file_has_no_faults():
    assert faults(LAW) == []
    assert faults(changed("checks.request_overdue[2].valid_to", date(2027, 1, 1))) == []


@pytest.mark.parametrize("name", law.names())
def test_every_file_is_good(name):
    assert faults(yaml.safe_load((REGIMES / f"{name}.yaml").read_text(encoding="utf-8"))) == []


REQUEST = "checks.request_overdue[2]"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("title", " ", "title: must be text, found ' '"),
        ("valid_from", "1996", "valid_from: must be a day such as 2026-12-31, found '1996'"),
        ("calendar.roll", True, "calendar: unknown key 'roll'; did you mean 'rolls'?"),
        (
            "calendar.country",
            "usa",
            "calendar.country: must be a country (ISO 3166), or null for the market's own, found",
        ),
        ("checks.request_overdu", [], "checks: unknown code 'request_overdu'; did you mean 'request_overdue'?"),
        ("checks.request_overdue", {}, "checks.request_overdue: must be a list of versions, oldest first, found {}"),
        (f"{REQUEST}.chekced", True, f"{REQUEST}: unknown key 'chekced'; did you mean 'checked'?"),
        (f"{REQUEST}.checked", "no", f"{REQUEST}.checked: must be yes or no, found 'no'"),
        (f"{REQUEST}.terms", {}, f"{REQUEST}.terms: key 'within' is missing"),
        (f"{REQUEST}.terms.until", 1, f"{REQUEST}.terms: unknown key 'until'"),
        (f"{REQUEST}.terms.within", {"weeks": 2}, f"{REQUEST}.terms.within: must be one of {{days: n}}, "),
        (f"{REQUEST}.terms.kinds.access.within", 9, f"{REQUEST}.terms.kinds.access.within: must be one of {{days: n}}"),
        (f"{REQUEST}.terms.kinds.access", {}, f"{REQUEST}.terms.kinds.access: key 'within' is missing"),
        (f"{REQUEST}.terms.kinds", [], f"{REQUEST}.terms.kinds: must be terms by kind of request, found []"),
        (f"{REQUEST}.valid_to", date(2026, 1, 1), f"{REQUEST}: valid_to 2026-01-01 lies before valid_from 2027-01-01"),
        (
            f"{REQUEST}.valid_from",
            date(1996, 8, 21),
            f"{REQUEST}: valid_from 1996-08-21 must lie after 1996-08-21 of the version before",
        ),
        (
            "checks.request_overdue[1].valid_to",
            date(2027, 1, 1),
            f"{REQUEST}: valid_from 2027-01-01 must lie after 2027-01-01 of the version before",
        ),
        (
            "checks.assessment_missing[1].terms.kinds",
            ["dpia"],
            "checks.assessment_missing[1].terms: unknown key 'kinds'",
        ),
        ("explanation[1].valid_from", None, "explanation[1].valid_from: must be a day such as 2026-12-31, found None"),
    ],
)
def test_a_fault_names_its_place(place, value, said):
    (fault,) = faults(changed(place, value))
    assert fault.startswith(said)


@pytest.mark.parametrize(
    ("code", "name", "value", "said"),
    [
        ("transfer_unprotected", "inside", [False], "must be a list of countries (ISO 3166; 'NO' needs quotes), found"),
        ("transfer_unprotected", "inside", ["DE", "DE"], "must be a list of countries"),
        (
            "transfer_unprotected",
            "adequate",
            {False: date(2020, 1, 1)},
            "False is no country (ISO 3166; 'NO' needs quotes)",
        ),
        ("transfer_unprotected", "adequate", ["JP"], "must be days by country, found ['JP']"),
        ("minor_profiled", "age", 0, "must be a whole number from 1, found 0"),
        ("minor_profiled", "by_country", {"DE": "16"}, "must be a whole number from 1, found '16'"),
        ("decision_unexplained", "when", "never", "must be one of always, on_request, significant_decisions, found"),
        ("consent_unproven", "needs", [], "must be a list of text, none twice, found []"),
        ("optout_ignored", "channels", {"email": 10}, "must be one of {days: n}"),
    ],
)
def test_terms_are_of_their_kind(code, name, value, said):
    rows = law.versions("gdpr", code)
    terms = {**rows[0]["terms"], name: value}
    found = faults({**LAW, "checks": {code: [{**rows[0], "terms": terms}]}})
    assert [fault.split(": ", 1)[1].startswith(said) for fault in found] == [True]


def test_all_faults_of_a_file_come_in_one_message():
    with pytest.raises(InputError) as caught:
        parse(yaml.safe_dump(LAW | {"title": 1, "calendar": {}}), place="hipaa.yaml")
    assert str(caught.value).splitlines() == [
        "hipaa.yaml: title: must be text, found 1",
        "hipaa.yaml: calendar: key 'country' is missing",
        "hipaa.yaml: calendar: key 'rolls' is missing",
    ]


@pytest.mark.parametrize("text", ["title: [", "valid_from: 2026-02-30", "- a", ""])
def test_what_is_no_regime_at_all_is_said(text):
    with pytest.raises(InputError, match=r"^hipaa\.yaml: "):
        parse(text, place="hipaa.yaml")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
    lambda some: st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=5), some, max_size=2),
)
PLACES = [
    "title",
    "valid_from",
    "calendar",
    "checks",
    "explanation",
    "checks.request_overdue",
    REQUEST,
    f"{REQUEST}.terms",
]


@given(place=st.sampled_from(PLACES), value=ANYTHING)
def test_whatever_stands_at_a_place_is_a_list_of_faults(place, value):
    assert all(isinstance(fault, str) for fault in faults(changed(place, value)))


def test_every_check_has_words_and_all_words_have_a_check():
    text = (Path(governance.__file__).parent / "checks.yaml").read_text(encoding="utf-8")
    known = yaml.safe_load(text)
    assert list(known) == list(vocabulary())
    assert {name for words in known.values() for name in words} == {"title", "table", "remedy"}


def test_every_check_is_known_to_some_regime():
    assert {code for name in law.names() for code in law.law(name, as_of=date(2026, 1, 1)).rules} == set(vocabulary())
