"""A ledger without anything counted twice: each run as its steps and the rest of its page, and what became of it.

In: the frame of a ledger.   Out: parts, which add up to all that was metered; their sums.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.ledger import FIGURES, UNCHANGED
from workbench.words import counted

PAGE = "page"
REST = "rest of the page"
EXCESS = "steps exceed their page by"

# What became of a run: the latest success, one that a later success replaced, one that raised, one whose last line is
# missing and after which the notebook ran again, and one whose last line is still missing.
LATEST, REPEATED, FAILED, KILLED, OPEN = "latest", "repeated", "failed", "killed", "not ended"

_RUN = ["run_id", "notebook"]
_FACTORS = ("watts_per_core", "gco2e_per_kwh")
_AMOUNTS = [name for name in FIGURES if name not in _FACTORS]
_ENDS = ["kwh_low", "kwh_high"]
# A ledger has nine digits: a smaller share of a page than this is none.
_ROUNDING = 1e-6
_METERS = ["kwh_codecarbon", "kwh_cpu"]
_SUMS = ["runs", "seconds", "kwh", "low", "high", "gco2e", "not_measured"]


def split(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of all runs in the order of the ledger: its columns, `status`, and `place`, its line there.

    A page holds its steps: it becomes the steps right below it, and what they leave of it as the step
    'rest of the page'. Where steps ran side by side, what they took beyond their page is twice in them: it is taken off
    again as the step 'steps exceed their page by', whose figures are below nothing and whose ends correct theirs, so
    that parts add up to `ledger.total`. A run without its page was killed, or has not ended yet, and is the steps that
    it finished. Later is what stands further down, whatever the clock said.

    >>> from dataclasses import asdict
    >>> from workbench.ledger import Footprint
    >>> given = {"run_id": "a", "started_at": pd.Timestamp("2026-03-01"), "notebook": "churn", "country": "DE"}
    >>> lines = [Footprint(**given, depth=1, step="score", kwh_cpu=2.0, outcome="succeeded"),
    ...          Footprint(**given, step="page", kwh_cpu=5.0, outcome="succeeded")]
    >>> split(pd.DataFrame(map(asdict, lines)))[["step", "kwh_cpu", "status"]].values.tolist()
    [['score', 2.0, 'latest'], ['rest of the page', 3.0, 'latest']]
    """
    ran = _with_ends(ledger.assign(place=np.arange(len(ledger))))
    ran = ran[ran["outcome"] != UNCHANGED]
    top = ran["depth"] - ran.groupby(_RUN)["depth"].transform("min")
    is_page = (top == 0) & (ran["step"] == PAGE)
    paged = is_page.groupby([ran[name] for name in _RUN]).transform("any").astype(bool)
    steps = ran[(top == 0) & ~is_page | (top == 1) & paged]
    found = pd.concat([steps, _rest(ran[is_page], steps)]).sort_values("place")
    return found.merge(_status(ran[top == 0]), on=_RUN, how="left").reset_index(drop=True)


def sums(parts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sum parts by columns: these, runs, seconds, kwh, low, high, gco2e, and not_measured, how many lack a figure.

    Energy and carbon follow codecarbon, and the second meter where that is missing, as in `ledger.total`; missing is
    what nobody measured.
    """
    kwh, gco2e = parts["kwh_codecarbon"].fillna(parts["kwh_cpu"]), parts["gco2e"].fillna(parts["gco2e_cpu"])
    amounts = {"seconds": parts["wall_seconds"], "kwh": kwh, "low": parts["kwh_low"], "high": parts["kwh_high"]}
    lacking = (kwh.isna() | gco2e.isna()).astype("int64")
    whose = parts["run_id"] + " " + parts["notebook"]
    priced = parts[by].assign(**amounts, gco2e=gco2e, not_measured=lacking, run=whose)
    groups = priced.groupby(by, sort=False, dropna=False)
    found = groups[[*amounts, "gco2e"]].sum(min_count=1)
    return found.assign(runs=groups["run"].nunique(), not_measured=groups["not_measured"].sum()).reset_index()[
        [*by, *_SUMS]
    ]


def runs(parts: pd.DataFrame) -> pd.DataFrame:
    """Return one row a run: run_id, notebook, status, `sums`, and place, that of its last line."""
    found = sums(parts, [*_RUN, "status"])
    return found.merge(parts.groupby(_RUN)["place"].max().reset_index(), on=_RUN).sort_values("place")


def noted(parts: pd.DataFrame) -> Iterator[str]:
    """Say what the meter noted, each in a sentence, with how many of the parts it is about, and what is taken off."""
    taken_off = parts["step"] == EXCESS
    if twice := parts.loc[taken_off, _RUN].drop_duplicates().shape[0]:
        yield f"In {counted(twice, 'run')} steps ran side by side: what they took beyond their page is taken off again."
    own = parts[~taken_off]
    notes = own["note"].str.split("; ").explode()
    for note, count in notes[notes.fillna("") != ""].value_counts(sort=False).items():
        yield f"{counted(count, 'step')} of {len(own):,}: {note}."


def _with_ends(ledger: pd.DataFrame) -> pd.DataFrame:
    """Fill the ends of lines of earlier versions, which have none, with the span of the two meters."""
    meters = ledger[_METERS].astype(float)
    ends = {"kwh_low": meters.min(axis=1), "kwh_high": meters.max(axis=1)}
    amounts = ledger.astype(dict.fromkeys(FIGURES, "float64"))
    return amounts.assign(**{name: amounts[name].fillna(end) for name, end in ends.items()})


def _rest(pages: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return what the steps of each run leave of its page, and what they exceed it by, in the place of the page."""
    held = pages.groupby(_RUN)[_AMOUNTS].sum(min_count=1)
    inside = steps.groupby(_RUN)[_AMOUNTS].sum().reindex(held.index).fillna(0.0)
    left = held - inside
    left = left.mask(left.abs() <= _ROUNDING * held, 0.0)
    beyond = left["kwh_codecarbon"].fillna(left["kwh_cpu"]) < 0
    # The lower meter need not be the same for a page and its steps: ends of a rest below nothing are no excess.
    some = left[~beyond & (left.drop(columns=_ENDS) < 0).any(axis=1)]
    some = some.where(some < 0, 0.0).assign(**dict.fromkeys(_ENDS, 0.0))
    about = pages.drop(columns=_AMOUNTS).groupby(_RUN).tail(1)
    found = {REST: _ordered(left[~beyond]), EXCESS: pd.concat([left[beyond], some])}
    rows = [about.merge(left.reset_index(), on=_RUN).assign(step=step) for step, left in found.items()]
    return pd.concat(rows)[pages.columns]


def _ordered(rest: pd.DataFrame) -> pd.DataFrame:
    """Widen the ends of what is left so that they hold it; what is below nothing is missing."""
    rest = rest.assign(**{name: rest[name].clip(lower=0.0) for name in _ENDS})
    rest = rest.where(rest >= 0)
    kwh = rest["kwh_codecarbon"].fillna(rest["kwh_cpu"])
    around = rest[_ENDS].assign(kwh=kwh)
    ends = {"kwh_low": around.min(axis=1), "kwh_high": around.max(axis=1)}
    return rest.assign(**{name: end.where(kwh.notna()) for name, end in ends.items()})


def _status(tops: pd.DataFrame) -> pd.DataFrame:
    """Say of each run, from its outermost lines, what became of it."""
    seen = tops.assign(
        failed=tops["outcome"] != "succeeded", ended=(tops["step"] == PAGE) | (tops["depth"] == 0), what=tops["step"]
    )
    found = seen.groupby(_RUN, sort=False).agg(
        failed=("failed", "any"), ended=("ended", "any"), what=("what", "last"), last=("place", "max")
    )
    found = found.reset_index()
    followed = found["last"] < found.groupby("notebook")["last"].transform("max")
    good = found[found["ended"] & ~found["failed"]]
    has_page = good["what"].eq(PAGE).groupby(good["notebook"]).transform("any")
    current = good[good["what"].eq(PAGE) | ~has_page].sort_values("last").groupby(["notebook", "what"]).tail(1).index
    status = np.select(
        [~found["ended"] & followed, ~found["ended"], found["failed"], found.index.isin(current)],
        [KILLED, OPEN, FAILED, LATEST],
        default=REPEATED,
    )
    return found[_RUN].assign(status=pd.Series(status, index=found.index, dtype="str"))
