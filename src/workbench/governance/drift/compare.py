"""What has changed since the run of this market before?

In: the states of both runs.   Out: `Drift`: tables of what moved, and the changes in words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from workbench.governance.drift import words
from workbench.governance.drift.figures import compare_figures, compare_findings
from workbench.governance.drift.shift import shifts
from workbench.governance.drift.state import KEY, read_state, spreads_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Drift:
    """What has changed since the run before: sentences, the most important first, and the tables that they rest on.

    `data` has fields and `scores` models as `shifts` returns them, `figures` key figures and gaps of fairness,
    `findings` checks; all are empty where there was no run before. `note` says what was compared with what, and what
    could not be. `changed` counts the sentences that tell of a change, not those of figures that chance may have moved:
    it is 0 where one says that nothing has changed, and None where there was nothing to compare with: no run before,
    or one that cannot be read.
    """

    data: pd.DataFrame
    scores: pd.DataFrame
    figures: pd.DataFrame
    findings: pd.DataFrame
    changes: tuple[str, ...]
    note: str
    changed: int | None = None


def compare(now: pd.DataFrame, before: pd.DataFrame | None) -> Drift:
    """Compare the state of this run with that of the run before, as far as both have the same.

    What the run before left may be of another version, of another law or no state at all: the note says so, and
    nothing is raised. Without a run before there is nothing to compare with, which is the only change then told.

    >>> compare(pd.DataFrame(), None).changes
    ('This is the first run of this market: nothing to compare with.',)
    """
    (here, _), (there, wrong) = read_state(now), read_state(before)
    known = here.head(0) if there.empty else here
    data, scores = (shifts(spreads_of(known, kind), spreads_of(there, kind)) for kind in ("field", "score"))
    figures, findings = compare_figures(known, there), compare_findings(known, there)
    drift = Drift(data=data, scores=scores, figures=figures, findings=findings, changes=(), note=wrong)
    if there.empty:
        return replace(drift, changes=(_FIRST if before is None else _UNREAD,))
    told = tuple(_told(here, there, drift))
    still = () if told else (_STILL.format("" if _same(here, there) else " beyond what chance would do", _seen(there)),)
    loose = tuple(words.of_loose_ends(figures))
    note = " ".join([_HOW.format(_seen(there)), *_unlike(here, there), *filter(None, [wrong])])
    return replace(drift, changes=(*told, *still, *loose), changed=len(told), note=note)


_FIRST = "This is the first run of this market: nothing to compare with."
_UNREAD = "Nothing is compared: what the run before left cannot be read."
_STILL = "Nothing has changed{} since the run on the facts of {}."
_HOW = (
    "Compared with the run on the facts of {}. Tests take the two runs as independent and allow for their number; many "
    "rows are in both, which makes them slow to call a change real. Times are counted in days before the last fact."
)
_UNLIKE = {
    "version": "The run before was made by version {} of the workbench, this one by {}.",
    "regime": "The run before was judged by another law ({}, now {}): checks are compared by name.",
}


def _told(now: pd.DataFrame, before: pd.DataFrame, drift: Drift) -> Iterator[str]:
    """Say what has changed, the most important first."""
    yield from words.of_compliance(now, before)
    yield from words.of_findings(drift.findings, "newly breached", "came")
    yield from words.of_findings(drift.findings, "repaired", "other verdict")
    yield from words.of_figures(drift.figures)
    yield from words.of_models(now, before)
    yield from words.of_shifts(drift.scores, "The forecasts of ")
    yield from words.of_shifts(drift.data, "")
    yield from words.of_findings(drift.findings, "more rows", "fewer rows")
    yield from words.of_come_and_gone(drift.figures)
    yield from words.of_checks(drift.findings)
    yield from words.of_tables(now, before)


def _same(now: pd.DataFrame, before: pd.DataFrame) -> bool:
    facts = [state[state["kind"] != "run"].sort_values(KEY, ignore_index=True) for state in (now, before)]
    return facts[0].equals(facts[1])


def _unlike(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    """Say what makes both runs hard to compare."""
    here, there = (_facts(state) for state in (now, before))
    for name, said in _UNLIKE.items():
        if here.get(name) != there.get(name):
            yield said.format(*(facts.get(name, "that is not known") for facts in (there, here)))
    if {"seen_at"} <= here.keys() & there.keys() and here["seen_at"] < there["seen_at"]:
        yield "The facts of this run end before those of the run before."


def _facts(state: pd.DataFrame) -> dict[str, str]:
    rows = state[(state["kind"] == "run") & state["text"].notna()]
    return dict(zip(rows["name"], rows["text"], strict=True))


def _seen(state: pd.DataFrame) -> str:
    """Return the moment that the facts of a run were seen at, in words."""
    moment = pd.to_datetime(_facts(state).get("seen_at", ""), errors="coerce")
    return "a day that is not known" if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M} UTC"
