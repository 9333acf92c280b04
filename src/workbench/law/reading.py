"""The law of a regime on a day, read from its file.

In: `regimes/<name>.yaml`, a day.   Out: `Law`, with one `Rule` for each check that the regime knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from workbench.errors import InputError, did_you_mean
from workbench.law.terms import Calendar
from workbench.law.vocabulary import faults


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One duty in one version: where it stands, since when, and the numbers by which it is checked (`terms`).

    `checked` says whether the row was compared with the text of the law. `in_force` is False for a version that holds
    only from a later day than the one asked for; where no version holds yet or any more, it is the nearest.
    """

    code: str
    article: str
    source: str
    checked: bool
    valid_from: date | None
    valid_to: date | None = None
    in_force: bool = True
    terms: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Law:
    """What a regime asks for on a day. A check that is not among its `rules` is one it does not know."""

    regime: str
    title: str
    as_of: date
    rules: Mapping[str, Rule]
    calendar: Calendar


def names() -> list[str]:
    """Return the regimes that are known, by name.

    >>> "gdpr" in names()
    True
    """
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml"))


def law(regime: str, *, as_of: date) -> Law:
    """Return the law of a regime on a day; an InputError names the nearest regime to one that is not known.

    >>> law("gdpr", as_of=date(2026, 1, 1)).rules["request_overdue"].article
    'Art. 12(3)'
    """
    known = _read(regime)
    rules = {code: _in_force(code, versions(regime, code), as_of) for code in known["checks"]}
    return Law(regime=regime, title=known["title"], as_of=as_of, rules=rules, calendar=Calendar(**known["calendar"]))


def versions(regime: str, subject: str) -> list[dict[str, Any]]:
    """Return all versions of one subject of a regime's file, a check or `explanation`, oldest first.

    Each has the source and the valid_from of the file where it names none of its own. An InputError names the nearest
    subject to one that the regime does not have.

    >>> [version["valid_from"].year for version in versions("uk_gdpr", "explanation")]
    [2021, 2026]
    """
    known = _read(regime)
    subjects: dict[str, list[dict[str, Any]]] = {**known["checks"], "explanation": known["explanation"]}
    if subject not in subjects:
        raise InputError(f"regime '{regime}' has nothing on '{subject}'{did_you_mean(subject, subjects)}")
    return [{"source": known["source"], "valid_from": known["valid_from"], **version} for version in subjects[subject]]


def parse(text: str, *, place: str) -> dict[str, Any]:
    """Return the values of a regime's file; every fault of it in one InputError, each with its place.

    >>> parse("title: A law", place="hipaa.yaml")
    Traceback (most recent call last):
    workbench.errors.InputError: hipaa.yaml: key 'source' is missing...
    """
    try:
        values = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:  # ValueError: a day such as 2026-02-30
        raise InputError(f"{place}: cannot be read as YAML: {error}") from error
    if found := faults(values):
        raise InputError("\n".join(f"{place}: {fault}" for fault in found))
    known: dict[str, Any] = values
    return known


def _in_force(code: str, found: list[dict[str, Any]], as_of: date) -> Rule:
    rules = [Rule(code=code, **version) for version in found]
    held = [rule for rule in rules if _holds(rule, as_of)]
    if held:
        return held[-1]
    later = [rule for rule in rules if rule.valid_from and rule.valid_from > as_of]
    nearest = later[0] if later else rules[-1]
    return Rule(**{**vars(nearest), "in_force": False})


def _holds(rule: Rule, day: date) -> bool:
    return (rule.valid_from is None or rule.valid_from <= day) and (rule.valid_to is None or day <= rule.valid_to)


@cache
def _read(regime: str) -> dict[str, Any]:
    if regime not in names():
        raise InputError(f"regime '{regime}' must be one of {', '.join(names())}{did_you_mean(regime, names())}")
    return parse(_folder().joinpath(f"{regime}.yaml").read_text(encoding="utf-8"), place=f"{regime}.yaml")


def _folder() -> Traversable:
    return resources.files("workbench.law").joinpath("regimes")
