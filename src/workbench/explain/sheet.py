"""The sheet that tells a customer, or a regulator, how a decision came about, in the form that the regime asks for.

In: codes, a what-if, the score of a customer and the procedure behind it.   Out: a `Sheet`; Markdown for many.
What each regime asks for, and since when, is data: `explanation` in its file in `workbench/law/regimes`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Any, Literal, get_args

import pandas as pd

from workbench import law
from workbench.errors import InputError
from workbench.explain.wording import FAMILIES, Subject, Wording, family

Form = Literal["full", "short"]
Part = Literal["decision", "procedure", "principles", "reasons", "data", "what_if", "stability", "human", "objection"]

# Attributes that anti-discrimination law protects in one market or another, as CRMs name them.
SENSITIVE = re.compile(
    r"(age|birth)(_.*)?|gender|sex|senior_citizen|nationality|ethnic.*|race|religion|disab.*|health.*|marital.*|partner"
    r"|dependents|country_of_birth|.*origin",
    re.IGNORECASE,
)
# The parts of each form, in order.
_FORMS: dict[Form, tuple[Part, ...]] = {"full": get_args(Part), "short": ("decision", "reasons", "human")}
_Row = Mapping[Any, Any]
_SCORE = {"risk": "probability", "value": "value"}
# What Markdown would read as a mark, and HTML as a tag.
_MARKS = re.compile(r"([\\`*_\[\]<>&#|~])")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What one regime asks for on one day; `checked` says whether the row was compared with the text of the law."""

    regime: str
    articles: str
    source: str
    checked: bool
    valid_from: date | None
    form: Form
    when: Literal["always", "on_request", "significant_decisions"]


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """What was actually done, the same for every customer of one list.

    `model` is a key of the language's models ('logistic', 'trees', 'bgnbd', …); it learnt from `customers` and from
    events before `learnt_to`. A customer whose score is at least `threshold` is on the list. `columns` are the features
    used. `horizon` counts in `horizon_unit`. `calibrated` and `reviewed` (by a person, before use) may be None: it does
    not apply, or is not on record. `principles` are those that were kept, of simple_first, baselines and past_only:
    the sheet claims none that is not named here.
    """

    subject: Subject
    model: str
    customers: int
    learnt_to: date
    threshold: float
    horizon: int
    horizon_unit: Literal["days", "months"] = "days"
    columns: tuple[str, ...] = ()
    calibrated: bool | None = None
    reviewed: bool | None = None
    principles: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a sheet: a heading, the paragraphs below it, a list, and what follows the list."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An explanation for one customer, who is not named in it; `basis` is what the law asks for, in words."""

    language: str
    regime: str
    form: Form
    title: str
    as_of: str
    sections: tuple[Section, ...]
    basis: str

    def markdown(self) -> str:
        """Return the sheet as Markdown; marks in values are shown, not obeyed."""
        lines = [f"# {_plain(self.title)}", _plain(self.as_of)]
        for section in self.sections:
            lines += [f"## {_plain(section.heading)}", *map(_plain, section.paragraphs)]
            lines += ["\n".join(f"- {_plain(item)}" for item in section.items), _plain(section.after)]
        return "\n\n".join(line for line in [*lines, _plain(self.basis)] if line) + "\n"

    def _repr_html_(self) -> str:
        parts = "".join(_section_html(section) for section in self.sections)
        head = f"<h3>{escape(self.title)}</h3><p>{escape(self.as_of)}</p>"
        return f'<section class="sheet" lang="{self.language}">{head}{parts}<p>{escape(self.basis)}</p></section>'


def rule(regime: str, *, as_of: date) -> Rule:
    """Return what a regime asks for on a day; an InputError names the nearest regime to one that is not known.

    >>> rule("uk_gdpr", as_of=date(2026, 2, 4)).articles, rule("uk_gdpr", as_of=date(2026, 2, 5)).articles
    ('Art. 22, 15(1)(h)', 'Art. 22A-22D')
    >>> rule("uk-gdpr", as_of=date(2026, 2, 4))
    Traceback (most recent call last):
    workbench.errors.InputError: regime 'uk-gdpr' must be one of appi, ... uk_gdpr; did you mean 'uk_gdpr'?
    """
    first, *later = (Rule(regime=regime, **version) for version in law.versions(regime, "explanation"))
    in_force = [version for version in later if version.valid_from and version.valid_from <= as_of]
    return (in_force or [first])[-1]


def sheet(
    codes: pd.DataFrame,
    procedure: Procedure,
    *,
    score: float,
    wording: Wording,
    regime: str,
    as_of: date,
    interval: tuple[float, float] | None = None,
    what_if: pd.DataFrame | None = None,
    stable: bool | None = None,
    form: Form | None = None,
) -> Sheet:
    """Return the sheet of one customer, from the customer's rows of codes and of the what-if.

    `as_of` is the day of the decision: the customer's events before it were known, and the law of that day applies.
    `score` is a probability (risk) or money (value), `interval` the ends of its 90 % interval. Without a `what_if`, or
    without knowing whether the first reason is `stable` under resampling, the sheet says that it was not examined. The
    regime sets the form; 'full' gives the full one where a customer asked for it or the decision is significant.

    >>> from workbench.explain.wording import wording
    >>> done = Procedure(subject="risk", model="logistic", customers=900, learnt_to=date(2026, 1, 1), threshold=0.4,
    ...                  horizon=90)
    >>> codes = pd.DataFrame([{"customer_id": "a", "rank": 1, "column": "plan", "value": "M", "typical": "L",
    ...                        "contribution": 0.5, "direction": "raises"}])
    >>> made = sheet(codes, done, score=0.62, wording=wording("en"), regime="appi", as_of=date(2026, 3, 14))
    >>> [section.heading for section in made.sections]
    ['What was decided', 'Why', 'Whom to turn to']
    >>> made.sections[1].items
    ('plan: M (typical: L) – raises the risk clearly',)
    """
    steps = None if what_if is None else _rows(what_if, "place")
    case = _Case(
        codes=_rows(codes, "rank"),
        score=score,
        interval=interval,
        what_if=steps,
        stable=stable,
        rule=rule(regime, as_of=as_of),
        as_of=as_of,
    )
    return _sheet(case, procedure, wording, form)


def sheets(
    codes: pd.DataFrame,
    procedure: Procedure,
    *,
    scored: pd.DataFrame,
    wording: Wording,
    regime: str,
    as_of: date,
    what_if: pd.DataFrame | None = None,
    stability: pd.DataFrame | None = None,
    form: Form | None = None,
) -> pd.DataFrame:
    """Return customer_id, language, regime, form and text (Markdown), one row for each customer in `scored`.

    `scored` has customer_id and probability (risk) or value, with low and high where they are known; `stability` has
    customer_id and certain. The text holds no id; the column is for sending it. An InputError names a missing column.

    >>> from workbench.explain.wording import wording
    >>> done = Procedure(subject="value", model="bgnbd", customers=900, learnt_to=date(2026, 1, 1), threshold=200,
    ...                  horizon=12, horizon_unit="months")
    >>> codes = pd.DataFrame(columns=["customer_id", "rank", "column", "value", "typical", "contribution", "direction"])
    >>> scored = pd.DataFrame({"customer_id": ["a", "b"], "value": [250.0, 90.0]})
    >>> made = sheets(codes, done, scored=scored, wording=wording("en"), regime="lgpd", as_of=date(2026, 1, 1))
    >>> [text.splitlines()[6][:14] for text in made["text"]]
    ['You are among ', 'You are not am']
    """
    column = _SCORE[procedure.subject]
    if missing := [name for name in ("customer_id", column) if name not in scored]:
        raise InputError(f"scored: no column '{missing[0]}'; there is: {', '.join(map(str, scored))}")
    reasons, steps = _by_customer(codes, "rank"), {} if what_if is None else _by_customer(what_if, "place")
    certain = {} if stability is None else stability.set_index("customer_id")["certain"].to_dict()
    asked, rows = rule(regime, as_of=as_of), []
    for row in scored.to_dict("records"):
        customer = row["customer_id"]
        stable = certain.get(customer)
        case = _Case(
            codes=reasons.get(customer, []),
            score=float(row[column]),
            interval=(row["low"], row["high"]) if {"low", "high"} <= row.keys() else None,
            what_if=steps.get(customer),
            stable=None if stable is None or pd.isna(stable) else bool(stable),
            rule=asked,
            as_of=as_of,
        )
        made = _sheet(case, procedure, wording, form)
        rows.append((customer, made.language, regime, made.form, made.markdown()))
    return pd.DataFrame(rows, columns=["customer_id", "language", "regime", "form", "text"])


@dataclass(frozen=True, eq=False, kw_only=True)
class _Case:
    """What is particular to one customer; rows of codes and of the what-if in their order."""

    codes: list[_Row]
    score: float
    interval: tuple[float, float] | None
    what_if: list[_Row] | None
    stable: bool | None
    rule: Rule
    as_of: date


def _sheet(case: _Case, done: Procedure, words: Wording, form: Form | None) -> Sheet:
    if missing := [name for name, value in (("score", case.score), ("threshold", done.threshold)) if pd.isna(value)]:
        raise InputError(f"{missing[0]}: missing; a decision without one cannot be explained")
    asked, chosen = case.rule, form or case.rule.form
    return Sheet(
        language=words.language,
        regime=asked.regime,
        form=chosen,
        title=words.text("title"),
        as_of=words.text("as_of", date=words.date(case.as_of)),
        sections=tuple(
            replace(_PARTS[part](case, done, words), heading=words.words["headings"][part]) for part in _FORMS[chosen]
        ),
        basis=_basis(asked, words, form=chosen),
    )


def _rows(frame: pd.DataFrame, order: str) -> list[_Row]:
    return sorted(frame.to_dict("records"), key=lambda row: row[order])


def _by_customer(frame: pd.DataFrame, order: str) -> dict[Any, list[_Row]]:
    found: dict[Any, list[_Row]] = {}
    for row in _rows(frame, order):
        found.setdefault(row["customer_id"], []).append(row)
    return found


def _decision(case: _Case, done: Procedure, words: Wording) -> Section:
    column = _SCORE[done.subject]
    said = words.text(
        f"{done.subject}_{'chosen' if case.score >= done.threshold else 'spared'}",
        horizon=words.value(done.horizon, f"horizon_{done.horizon_unit}"),
        score=words.value(case.score, column),
        threshold=words.value(done.threshold, column),
    )
    if case.interval is None or pd.isna(case.interval[0]) or pd.isna(case.interval[1]):
        return Section(paragraphs=(said,))
    low, high = (words.value(end, column) for end in case.interval)
    return Section(paragraphs=(said, words.text("interval", low=low, high=high)))


def _procedure(_: _Case, done: Procedure, words: Wording) -> Section:
    learnt = {"customers": words.number(done.customers), "date": words.date(done.learnt_to)}
    reviewed = {True: "reviewed", False: "not_reviewed", None: "review_unknown"}[done.reviewed]
    said = [words.text("procedure", model=words.word("models", done.model), **learnt)]
    if done.calibrated is not None:
        said.append(words.text("calibrated" if done.calibrated else "not_calibrated"))
    return Section(paragraphs=(*said, words.text(reviewed)))


def _principles(_: _Case, done: Procedure, words: Wording) -> Section:
    used = [words.name(column) for column in done.columns if SENSITIVE.fullmatch(column)]
    said = [words.text(principle) for principle in done.principles]
    if done.columns:
        said.append(words.text("sensitive", attributes=words.listed(used)) if used else words.text("not_sensitive"))
    return Section(items=tuple(said)) if said else Section(paragraphs=(words.text("no_principles"),))


def _reasons(case: _Case, done: Procedure, words: Wording) -> Section:
    said = [words.reason(code, subject=done.subject) for code in case.codes]
    if not said:
        return Section(paragraphs=(words.text("no_reasons"),))
    if case.stable is False:
        said[0] = words.text("uncertain", reason=said[0])
    return Section(paragraphs=(words.text("reasons"),), items=tuple(said))


def _data(case: _Case, done: Procedure, words: Wording) -> Section:
    kinds = dict.fromkeys(map(family, done.columns))
    if not kinds:
        return Section(paragraphs=(words.text("no_data"),))
    ordered = [*(kind for kind in FAMILIES if kind in kinds), *(kind for kind in kinds if kind not in FAMILIES)]
    named = dict.fromkeys(words.word("families", kind) for kind in ordered)
    return Section(paragraphs=(words.text("data", date=words.date(case.as_of)),), items=tuple(named))


def _what_if(case: _Case, done: Procedure, words: Wording) -> Section:
    if not case.what_if:
        return Section(paragraphs=(words.text("what_if_unknown"),))
    last, column = case.what_if[-1], _SCORE[done.subject]
    if not last["crossed"] or pd.isna(last["lever"]):
        return Section(paragraphs=(words.text("what_if_across" if last["crossed"] else "what_if_none"),))
    # A lever may move several features at once; the first of them speaks for it.
    levers: dict[str, _Row] = {}
    for step in case.what_if:
        levers.setdefault(step["lever"], step)
    said = [words.change(step) for step in levers.values()]
    scores = {end: words.value(last[f"score_{end}"], column) for end in ("before", "after")}
    told = words.text("what_if_score", **scores, threshold=words.value(done.threshold, column))
    return Section(paragraphs=(words.text("what_if"),), items=tuple(said), after=told)


def _stability(case: _Case, _: Procedure, words: Wording) -> Section:
    key = {True: "stable", False: "unstable", None: "stability_unknown"}[case.stable]
    return Section(paragraphs=(words.text(key),))


def _human(_: _Case, done: Procedure, words: Wording) -> Section:
    contact = " ".join(done.contact.split())
    return Section(paragraphs=(words.text("human", contact=contact) if contact else words.text("no_human"),))


def _objection(case: _Case, _: Procedure, words: Wording) -> Section:
    return Section(paragraphs=(_of_regime(words, "objections", case.rule.regime),))


_PARTS: dict[Part, Callable[[_Case, Procedure, Wording], Section]] = {
    "decision": _decision,
    "procedure": _procedure,
    "principles": _principles,
    "reasons": _reasons,
    "data": _data,
    "what_if": _what_if,
    "stability": _stability,
    "human": _human,
    "objection": _objection,
}


def _basis(asked: Rule, words: Wording, *, form: Form) -> str:
    source = " ".join([_of_regime(words, "laws", asked.regime), asked.articles]).strip()
    key = "owed" if form != asked.form and form == "full" else asked.when
    said = [words.text(key, source=source), *([] if asked.checked else [words.text("unchecked")])]
    return " ".join(said)


def _of_regime(words: Wording, kind: str, regime: str) -> str:
    if regime not in words.words[kind]:
        raise InputError(f"languages/{words.language}.yaml: {kind} says nothing of regime '{regime}'")
    return str(words.words[kind][regime])


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _section_html(section: Section) -> str:
    said = "".join(f"<p>{escape(text)}</p>" for text in section.paragraphs)
    items = "".join(f"<li>{escape(item)}</li>" for item in section.items)
    after = f"<p>{escape(section.after)}</p>" if section.after else ""
    return f"<h4>{escape(section.heading)}</h4>{said}{f'<ul>{items}</ul>' if items else ''}{after}"
