"""Have figures and findings changed, and is a change of a figure more than chance?

In: the states of this run and of the one before.   Out: one row a figure, or a finding.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.governance.drift.shift import SURE
from workbench.intervals import Z, holm

_OF = ["kind", "of", "name"]
_NUMBERS, _WORDS = ("value", "low", "high"), ("value", "verdict", "target", "unit", "highest", "lowest")
_FACTS = (*_NUMBERS, "words", "verdict", "target", "unit", "highest", "lowest")
_RUNS = ("before", "now")
_FIGURES = (*_OF, *(f"{fact}_{run}" for fact in _FACTS for run in _RUNS), "p", "change")
_FINDINGS = ("code", "title", "verdict_before", "verdict_now", "rows_before", "rows_now", "change")


def compare_figures(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return key figures and gaps of fairness that either run has, one row each, in the order of this run.

    Columns: kind (figure, gap), of (the model), name; value, low, high, words (where a figure is no number), verdict,
    target, unit and, of a gap, highest and lowest (the groups that it lies between), each `_before` and `_now`; p;
    change: `none`, `more than chance`, `turned` (more than chance, too: the group that was highest is lowest now, and
    the other way round), `within chance`, `no interval` (nobody can say what chance would do), `other words`,
    `measured now`, `no longer measured`, `came` or `went`. p is that of the difference of two normal figures whose
    standard errors their 95 % intervals give, adjusted for all that were compared (Holm, 1979). Both runs are taken as
    independent: where they hold the same customers, p is too large.
    """
    facts = {"now": _facts(now), "before": _facts(before)}
    every = facts["now"].index.append(facts["before"].index.difference(facts["now"].index, sort=False))
    both = pd.concat([frame.reindex(every).add_suffix(f"_{run}") for run, frame in facts.items()], axis=1)
    both["turned"] = _turned(both)
    # A gap that turned has moved by what it was and by what it is.
    moved = (both["value_now"] - both["value_before"].where(~both["turned"], -both["value_before"])).abs().to_numpy()
    ends = ((both[f"high_{run}"] - both[f"low_{run}"]).to_numpy() for run in facts)
    error = np.hypot(*ends) / (2 * Z)
    # An interval without a width is none.
    z = moved / np.where(error > 0, error, np.nan)
    both = both.assign(p=holm(2 * norm.sf(z))).reset_index()
    both["change"] = pd.Series([_change(row) for row in both.to_dict("records")], dtype="str")
    return both[list(_FIGURES)]


def compare_findings(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that either run has, one row each, in the order of this run.

    Columns: code, title, verdict and rows at fault, before and now; change: `none`, `newly breached`, `repaired`,
    `more rows`, `fewer rows`, `other verdict`, `came` or `went`.
    """
    both = _verdicts(now).add_suffix("_now").join(_verdicts(before).add_suffix("_before"), how="outer", sort=False)
    both = both.rename_axis("code").reset_index()
    both["title"] = both["title_now"].fillna(both["title_before"]).fillna(both["code"])
    both["change"] = pd.Series([_repaired(row) for row in both.to_dict("records")], dtype="str")
    return both[list(_FINDINGS)]


def _turned(both: pd.DataFrame) -> "pd.Series[bool]":
    ends = both["highest_before"].eq(both["lowest_now"]) & both["lowest_before"].eq(both["highest_now"])
    return ends.fillna(False).astype(bool)


def _facts(state: pd.DataFrame) -> pd.DataFrame:
    rows = state[state["kind"].isin(["figure", "gap"])]
    numbers, words = (
        rows.pivot(index=_OF, columns="key", values=column).reindex(columns=list(keys))
        for column, keys in (("value", _NUMBERS), ("text", _WORDS))
    )
    facts = numbers.astype("float64").join(words.astype("str").rename(columns={"value": "words"})).assign(known="yes")
    return facts.loc[pd.MultiIndex.from_frame(rows[_OF].drop_duplicates())]


def _change(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["known_before"]) or pd.isna(row["known_now"]):
        return "came" if pd.isna(row["known_before"]) else "went"
    said = [[row[f"{what}_{run}"] for what in ("value", "words") if not pd.isna(row[f"{what}_{run}"])] for run in _RUNS]
    before, now = said
    if not before or not now:
        return "measured now" if now else "no longer measured" if before else "none"
    if isinstance(before[0], str) or isinstance(now[0], str):
        return "none" if before == now else "other words"
    if not row["turned"] and np.isclose(before[0], now[0], rtol=1e-9, atol=0):
        return "none"
    if pd.isna(row["p"]) or row["p"] >= SURE:
        return "no interval" if pd.isna(row["p"]) else "within chance"
    return "turned" if row["turned"] else "more than chance"


def _verdicts(state: pd.DataFrame) -> pd.DataFrame:
    rows = state[state["kind"] == "finding"]
    verdicts = rows[rows["name"] == "verdict"].set_index("of")
    titles = rows[rows["name"] == "title"].set_index("of")["text"]
    known = pd.DataFrame({"verdict": verdicts["text"], "rows": verdicts["value"].round().astype("Int64")})
    return known.join(titles.rename("title"))


def _repaired(row: Mapping[Any, Any]) -> str:
    before, now = row["verdict_before"], row["verdict_now"]
    if pd.isna(before) or pd.isna(now):
        return "came" if pd.isna(before) else "went"
    if now != before:
        repaired = before == "breached" and now == "met"
        return "newly breached" if now == "breached" else "repaired" if repaired else "other verdict"
    moved = row["rows_now"] - row["rows_before"]
    return "none" if pd.isna(moved) or not moved else "more rows" if moved > 0 else "fewer rows"
