"""What a regime's file may say, so that who adds one is told what is wrong before any audit rests on it.

In: the values of `regimes/<name>.yaml`; `vocabulary.yaml`, which names the terms of every check.   Out: the faults.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache, partial
from importlib import resources
from itertools import pairwise
from typing import Any

import yaml

from workbench.errors import did_you_mean
from workbench.law.terms import check_term

_FILE = ("title", "source", "valid_from", "calendar", "checks", "explanation")
_CALENDAR = {"country": "country", "subdivision?": "text", "rolls": "flag"}
_VERSION = ("article", "checked", "source?", "valid_from?", "valid_to?", "terms?", "note?")
_COUNTRY = re.compile(r"[A-Z]{2}")


def faults(values: object) -> list[str]:
    """Return what is wrong with the values of a regime's file, each with its place; an empty list where nothing is.

    >>> faults({"title": "A law"})[0]
    "key 'source' is missing"
    """
    found = list(_keys(values, _FILE, ""))
    if found or not isinstance(values, dict):
        return found
    found += [*_kind("text", values["title"], "title"), *_kind("text", values["source"], "source")]
    found += [*_kind("day", values["valid_from"], "valid_from"), *_mapping(values["calendar"], _CALENDAR, "calendar")]
    found += _versions(values["explanation"], "explanation", values["valid_from"], _dated)
    if not isinstance(values["checks"], dict):
        return [*found, f"checks: must hold checks by code, found {values['checks']!r}"]
    for code, versions in values["checks"].items():
        if code in vocabulary():
            found += _versions(versions, f"checks.{code}", values["valid_from"], partial(_check, code))
        else:
            found.append(f"checks: unknown code '{code}'{did_you_mean(str(code), vocabulary())}")
    return found


@cache
def vocabulary() -> dict[str, dict[str, Any]]:
    """Return the terms of every check by its code: their names ('?' at the end: may be left out), their kinds.

    >>> vocabulary()["request_overdue"]
    {'within': 'term', 'extended?': 'term', 'kinds?': 'answers'}
    """
    text = resources.files("workbench.law").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    known: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return known


def _versions(versions: object, place: str, since: Any, check: Callable[[Any, str], Iterator[str]]) -> Iterator[str]:
    """Say what is wrong with each version, and else with their order; `since` is the day of one that names none."""
    if not isinstance(versions, list) or not versions:
        yield f"{place}: must be a list of versions, oldest first, found {versions!r}"
        return
    found = [fault for number, version in enumerate(versions, 1) for fault in check(version, f"{place}[{number}]")]
    yield from found
    if found or type(since) is not date:
        return
    begins = [version.get("valid_from", since) for version in versions]
    ends = [version.get("valid_to") for version in versions]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True), 1):
        if end and end < begin:
            yield f"{place}[{number}]: valid_to {end} lies before valid_from {begin}"
    # A version without an end ends where the next one begins.
    for number, ((begin, later), end) in enumerate(zip(pairwise(begins), ends, strict=False), 2):
        if later <= (end or begin):
            yield f"{place}[{number}]: valid_from {later} must lie after {end or begin} of the version before"


def _check(code: str, version: Any, place: str) -> Iterator[str]:
    yield from _keys(version, _VERSION, place)
    if not isinstance(version, dict):
        return
    yield from _dated(version, place)
    for name in ("article", "source", "note"):
        if name in version:
            yield from _kind("text", version[name], f"{place}.{name}")
    terms, spec = version.get("terms", {}), vocabulary()[code]
    if isinstance(terms, dict) and "not_required" in terms:
        spec = {"not_required": "text"}
    yield from _mapping(terms, spec, f"{place}.terms")


def _dated(version: Any, place: str) -> Iterator[str]:
    if not isinstance(version, dict):
        yield f"{place}: must hold 'key: value' lines, found {version!r}"
        return
    yield from _kind("flag", version.get("checked"), f"{place}.checked")
    for name in ("valid_from", "valid_to"):
        if name in version:
            yield from _kind("day", version[name], f"{place}.{name}")


def _mapping(values: Any, spec: Mapping[str, Any], place: str) -> Iterator[str]:
    yield from _keys(values, tuple(spec), place)
    kinds = {name.removesuffix("?"): kind for name, kind in spec.items()}
    for name, value in values.items() if isinstance(values, dict) else ():
        if name in kinds:
            yield from _kind(kinds[name], value, f"{place}.{name}")


def _keys(values: object, names: tuple[str, ...], place: str) -> Iterator[str]:
    before = f"{place}: " if place else ""
    if not isinstance(values, dict):
        yield f"{before}must hold 'key: value' lines, found {values!r}"
        return
    known = [name.removesuffix("?") for name in names]
    yield from (f"{before}key '{name}' is missing" for name in names if not name.endswith("?") and name not in values)
    yield from (f"{before}unknown key '{k}'{did_you_mean(str(k), known)}" for k in values if k not in known)


def _kind(kind: Any, value: Any, place: str) -> Iterator[str]:
    """Say what is wrong with a value of a kind; the kinds are those of `vocabulary.yaml`."""
    if isinstance(kind, list):
        if value not in kind:
            yield f"{place}: must be one of {', '.join(kind)}, found {value!r}"
    elif kind == "term":
        yield from (f"{place}: {fault}" for fault in [check_term(value)] if fault)
    elif kind == "answers" and isinstance(value, dict):
        for name, answer in value.items():
            yield from _mapping(answer, {"within": "term", "extended?": "term"}, f"{place}.{name}")
    elif kind in _BY_NAME and isinstance(value, dict):
        for name, one in value.items():
            if kind != "terms" and not _COUNTRY.fullmatch(str(name)):
                yield f"{place}: {name!r} is no country (ISO 3166; 'NO' needs quotes)"
            yield from _kind(_BY_NAME[kind], one, f"{place}.{name}")
    elif kind not in _SIMPLE or not _SIMPLE[kind](value):
        yield f"{place}: must be {_SAID[kind]}, found {value!r}"


_BY_NAME = {"numbers": "number", "days": "day", "terms": "term"}
_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "texts": lambda value: (
        isinstance(value, list) and bool(value) and all(map(_SIMPLE["text"], value)) and len(set(value)) == len(value)
    ),
    "country": lambda value: value is None or (isinstance(value, str) and bool(_COUNTRY.fullmatch(value))),
    "countries": lambda value: _SIMPLE["texts"](value) and all(map(_SIMPLE["country"], value)),
    "flag": lambda value: isinstance(value, bool),
    "number": lambda value: type(value) is int and value > 0,
    "day": lambda value: type(value) is date,
}
_SAID = {
    "text": "text",
    "texts": "a list of text, none twice",
    "country": "a country (ISO 3166), or null for the market's own",
    "countries": "a list of countries (ISO 3166; 'NO' needs quotes)",
    "flag": "yes or no",
    "number": "a whole number from 1",
    "day": "a day such as 2026-12-31",
    "numbers": "whole numbers by country",
    "days": "days by country",
    "terms": "terms by name",
    "answers": "terms by kind of request",
}
