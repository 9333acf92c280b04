"""The audit: every check on the tables of a market, by the facts that are known and the law of a day.

In: the tables of a CRM, a regime, a day.   Out: `Audit`: a finding for every check, open requests, every field.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from importlib import resources
from zoneinfo import available_timezones

import pandas as pd
import yaml

from workbench.errors import InputError, did_you_mean
from workbench.governance import consent, duplicates, optout, people, register, requests, retention, spilled, transfers
from workbench.governance.case import Case, Tables, known_at, last_seen
from workbench.governance.days import beginnings, day_of
from workbench.governance.fields import Fields, audit_fields, field_outcomes
from workbench.governance.finding import Finding, Outcome, as_frame, not_applicable, not_evidenced
from workbench.law import Law, Rule, law

Check = Callable[[Case], Outcome]
Tell = Callable[[str], None]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        consent.basis_missing,
        consent.basis_unknown,
        consent.consent_unproven,
        consent.consent_contradictory,
        optout.withdrawal_ignored,
        optout.optout_ignored,
        requests.request_overdue,
        requests.request_unacknowledged,
        retention.retention_exceeded,
        retention.events_overdue,
        people.minor_profiled,
        people.decision_unexplained,
        transfers.transfer_unprotected,
        register.register_incomplete,
        register.assessment_missing,
        spilled.personal_data_in_text,
        spilled.personal_data_in_column,
        duplicates.customer_duplicated,
    )
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Audit:
    """The findings on one market: facts as they stood at `seen_at` (naive UTC; NaT without a time), by a day's `law`.

    `open_requests` has request_id, kind, received_on, due_on and days_left; `fields` is the audit of every field;
    `said` tells in a sentence what was judged by what; `law` has the rules, for the plan that follows from them;
    `known` are the tables as they stood then, for whatever else is to be judged by the same facts.
    """

    law: Law
    seen_at: pd.Timestamp
    findings: tuple[Finding, ...]
    open_requests: pd.DataFrame
    fields: Fields
    said: str
    known: Tables

    @property
    def table(self) -> pd.DataFrame:
        """The findings, one a row: code, title, verdict, rows, share, days_overdue, article, source, remedy, more."""
        return as_frame(self.findings)

    @property
    def breached(self) -> bool:
        """Whether any check found a row at fault."""
        return any(finding.verdict == "breached" for finding in self.findings)

    @property
    def articles(self) -> dict[str, str]:
        """The articles on which a lifecycle plan's erasures and merges rest, by its actions."""
        rests_on = {"erase": "request_overdue", "merge": "customer_duplicated"}
        return {action: self.law.rules[code].article for action, code in rests_on.items() if code in self.law.rules}

    @property
    def accused(self) -> dict[str, pd.DataFrame]:
        """The keys of the rows at fault, by code."""
        return {finding.code: finding.accused for finding in self.findings if finding.accused is not None}


def audit(
    tables: Tables,
    *,
    regime: str,
    as_of: date | str | None = None,
    countries: Sequence[str] = (),
    timezone: str = "UTC",
    everyone: Tables | None = None,
    features: Mapping[str, Collection[str]] | None = None,
    tell: Tell | None = None,
) -> Audit:
    """Make every check that there is, under the law of a regime as of a day; without a day that of the data's last.

    Facts are judged as they stood at the end of that day (in `timezone`), or at the last moment that the data knows of
    where the day lies ahead. `everyone` are the tables of all markets, for what the register has for all at once;
    `features` name the fields that models read (see `audit_fields`); `tell` is called with the title of each check
    before it is made. InputError: an unknown regime, timezone or country, an `as_of` that is no day.

    >>> import ibis
    >>> sent = ibis.memtable({"touch_id": ["t"], "customer_id": ["c"], "channel": ["email"],
    ...                       "sent_at": pd.to_datetime(["2025-03-01"])})
    >>> granted = ibis.memtable({"customer_id": ["c"], "purpose": ["marketing"], "lawful_basis": ["consent"],
    ...                          "granted_at": pd.to_datetime(["2025-03-02"])})
    >>> found = audit({"touches": sent, "consents": granted}, regime="gdpr").table.set_index("code")
    >>> found.loc["basis_missing", ["verdict", "article"]].tolist()
    ['breached', 'Art. 6, 7(1), 9']
    """
    if timezone not in available_timezones():
        raise InputError(f"timezone '{timezone}' is none of IANA's{did_you_mean(timezone, available_timezones())}")
    last = last_seen(tables)
    day = _day(as_of) or (day_of(last.to_pydatetime(), timezone) if pd.notna(last) else date.today())
    held = law(regime, as_of=day)
    seen_at = _earlier(last, day, timezone)
    known = tables if seen_at is last else known_at(tables, seen_at)
    whole = known if everyone is None else everyone if seen_at is last else known_at(everyone, seen_at)
    case = partial(
        Case,
        tables=known,
        seen_at=seen_at,
        timezone=timezone,
        countries=tuple(countries),
        calendar=held.calendar,
    )
    fields = audit_fields(whole, seen_at=seen_at, features=features, **_months(held))
    outcomes = field_outcomes(fields)
    findings = tuple(_find(case, held, code, outcomes.get(code), tell) for code in _said())
    waiting = requests.open_requests(case(rule=held.rules["request_overdue"]))
    return Audit(
        law=held,
        seen_at=seen_at,
        findings=findings,
        open_requests=waiting,
        fields=fields,
        said=_sentence(held, last, seen_at),
        known=known,
    )


def compliance(audit: Audit) -> tuple[float | None, str]:
    """Return the share of applicable checks that are met, and in words what it rests on; None where none applies.

    What is not evidenced counts as applicable and never as met.
    """
    verdicts = [finding.verdict for finding in audit.findings]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    applicable = len(verdicts) - counts.get("not applicable", 0)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    if not applicable:
        return None, f"no check applies: {told}"
    return counts.get("met", 0) / applicable, f"of {applicable} applicable checks: {told}"


def _day(as_of: date | str | None) -> date | None:
    try:
        return None if as_of is None else date.fromisoformat(str(as_of))
    except ValueError as error:
        raise InputError(f"as of '{as_of}': must be a day such as 2026-12-31") from error


def _find(case: Callable[..., Case], held: Law, code: str, known: Outcome | None, tell: Tell | None) -> Finding:
    """Make one check, where the law asks for it, and say what it found."""
    said, rule = _said()[code], held.rules.get(code)
    if tell:
        tell(said["title"])
    outcome = _judge(case, held, rule, known)
    notes = [outcome.note, rule.note if rule else "", "" if rule is None or rule.checked else _UNCHECKED]
    return Finding(
        code=code,
        title=said["title"],
        verdict=outcome.verdict,
        rows=outcome.rows,
        share=outcome.rows / outcome.looked_at if outcome.looked_at else None,
        days_overdue=outcome.days_overdue,
        article=rule.article if rule else "none",
        source=rule.source if rule else held.title,
        remedy=said["remedy"],
        table=said["table"],
        note=" ".join(map(_as_sentence, filter(None, notes))),
        looked_at=outcome.looked_at,
        accused=outcome.accused,
    )


def _as_sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:].removesuffix('.')}."


def not_checked(case: Case) -> Outcome:
    """Say of a duty that a law file has and no check can judge, as it may be in one that was added, that it is open."""
    return not_evidenced(f"No check judges {case.rule.code} yet.")


_UNCHECKED = "This row of the law was not compared with the statute."


def _judge(case: Callable[..., Case], held: Law, rule: Rule | None, known: Outcome | None) -> Outcome:
    if rule is None:
        return not_applicable("This law has no such duty.")
    if "not_required" in rule.terms:
        return not_applicable(str(rule.terms["not_required"]))
    check = register.attested if "attested" in rule.terms else CHECKS.get(rule.code, not_checked)
    outcome = known or check(case(rule=rule))
    if rule.in_force:
        return outcome
    since = f"In force from {rule.valid_from}" if rule.valid_from and rule.valid_from > held.as_of else "Not in force"
    then = f": then {outcome.rows:,} of {outcome.looked_at:,} rows would be at fault." if outcome.looked_at else "."
    return not_applicable(since + then)


def _months(held: Law) -> dict[str, int]:
    rule = held.rules.get("field_abandoned")
    return {"months": rule.terms["months"]} if rule and "months" in rule.terms else {}


def _earlier(last: pd.Timestamp, day: date, timezone: str) -> pd.Timestamp:
    """Return the end of the day, or the last moment that is known where that is earlier."""
    morrow = pd.Series([pd.Timestamp(day) + pd.Timedelta(days=1)])
    end = beginnings(morrow, timezone).iloc[0] - pd.Timedelta(microseconds=1)
    return end if pd.isna(last) or end < last else last


def _sentence(held: Law, last: pd.Timestamp, seen_at: pd.Timestamp) -> str:
    known = (
        "no time is in the data" if pd.isna(last) else f"facts as the data knew them at {seen_at:%Y-%m-%d %H:%M} UTC"
    )
    return (
        f"Judged by {held.title} as of {held.as_of}; {known}. Times without a timezone are taken as UTC. "
        "Rows from before that law was in force are judged by it, too. Engineering notes, not legal advice."
    )


@cache
def _said() -> dict[str, dict[str, str]]:
    """Return title, table and remedy of every check, in the order of the page."""
    text = resources.files("workbench.governance").joinpath("checks.yaml").read_text(encoding="utf-8")
    said: dict[str, dict[str, str]] = yaml.safe_load(text)
    return said
