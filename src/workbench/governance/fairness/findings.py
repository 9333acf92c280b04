"""What follows from gaps, in the form of every finding: one for each model and attribute.

In: gaps of models and decisions, what could not be judged.   Out: `Finding`s.
"""

import re
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.gaps import ODDS, TARGETED
from workbench.governance.fairness.groups import MOST_VALUES, PROXIES, TOO_MANY
from workbench.governance.fairness.measures import SHARE
from workbench.governance.fairness.sides import TOO_FEW
from workbench.governance.finding import GRAVITY, HOUSE_RULE, Finding, Verdict

_SOURCE = "params: target_gap"
_REMEDY = {
    "sensitive": "Find out what makes the groups differ, and whether the purpose needs it; weigh the what-if of other "
    "thresholds, which may itself be unlawful where it uses the attribute, and put on record who decided.",
    "proxy": "Ask what lies behind the gap, and judge it by the attribute itself where that may be held.",
    "intersection": "Look at both attributes at once before anything is changed for one of them.",
    "decision": "Have these decisions reviewed; find out whether the gap comes from the score or from who decides.",
    "absent": "Decide whether the attribute may be held for an audit of fairness; without it nobody can say.",
    "few": "Wait for more data, or pool markets; until then nobody can say.",
    "many": f"Merge its values into at most {MOST_VALUES}, so that each is of enough customers.",
    "alike": "Nothing, as long as there is only one group.",
    "met": "Nothing, as long as it stays so.",
}
# Who is worse off: with these those with more of it, with all others those with less.
_WORSE_WITH_MORE = ("false_positive_rate", "error")


def find(
    gaps: pd.DataFrame,
    decisions: pd.DataFrame,
    absent: pd.DataFrame,
    *,
    sensitive: Collection[str],
    target_gap: float,
) -> tuple[Finding, ...]:
    """Return a finding for each model and attribute, the worst of its gaps, and one for each that is absent.

    No rows are at fault (`rows` 0, `share` None): a gap is one of groups, and its size stands in the note. `looked_at`
    are the customers compared. What is absent has a finding where it is `sensitive`; a proxy, where data is too little.
    """
    missing = _missing(absent, sensitive)
    return (*_found(gaps, "customers", target_gap), *_found(decisions, "decisions", target_gap), *missing)


def worst_first(gaps: pd.DataFrame) -> pd.DataFrame:
    """Order gaps by what calls for action: breaches and what is shown first, sensitive before proxies, then by size."""
    kinds = gaps["kind"].map({"sensitive": 0, "intersection": 1, "proxy": 2})
    order = gaps.assign(_verdict=gaps["verdict"].map(GRAVITY.index), _hidden=~gaps["shown"].astype(bool), _kind=kinds)
    by = ["_hidden", "_verdict", "_kind", "low", "difference"]
    order = order.sort_values(by, ascending=[True, True, True, False, False], kind="stable")
    return gaps.loc[order.index]


def _found(gaps: pd.DataFrame, table: str, target_gap: float) -> Iterator[Finding]:
    # Equalized odds says again what its two rates say.
    rates = [name for name in TARGETED if name != ODDS]
    judged = gaps[gaps["metric"].isin(rates) & (gaps["unit"] == SHARE)] if len(gaps) else gaps
    for key, rows in judged.groupby(["model", "attribute"], sort=False) if len(judged) else []:
        model, attribute = (str(part) for part in key)
        order = rows.assign(order=rows["verdict"].map(GRAVITY.index))
        row = order.sort_values(["order", "low", "difference"], ascending=[True, False, False]).iloc[0].to_dict()
        decided = "decisions of " if table == "decisions" else ""
        yield _finding(
            f"{'decisions_' if decided else ''}{model}_{attribute}",
            f"{decided}{model}: groups by {attribute} differ by no more than {target_gap:.1%}",
            row["verdict"],
            note=_note(row),
            remedy=_REMEDY[_what_to_do(row, "decision" if decided else row["kind"])],
            table=table,
            looked_at=int(row["customers"]),
        )


def _what_to_do(row: dict[Any, Any], shown: str) -> str:
    return "met" if row["verdict"] == "met" else shown if row["shown"] or row["verdict"] == "breached" else "few"


def _missing(absent: pd.DataFrame, sensitive: Collection[str]) -> Iterator[Finding]:
    proxy = absent["attribute"].isin(list(PROXIES)) & ~absent["attribute"].isin(list(sensitive))
    for row in absent[~proxy | absent["why"].str.startswith(TOO_FEW)].to_dict("records"):
        model, attribute, why = row["model"], row["attribute"], row["why"]
        what = "groups" if attribute == "all" else f"groups by {attribute}"
        reasons = {"alike": row["verdict"] == "not applicable", "few": TOO_FEW in why, "many": TOO_MANY in why}
        yield _finding(
            f"{model}_{attribute}",
            f"{model}: {what} are treated alike",
            row["verdict"],
            note=why,
            remedy=_REMEDY[next((name for name, so in reasons.items() if so), "absent")],
            table="customers",
        )


def _finding(
    code: str, title: str, verdict: Verdict, *, note: str, remedy: str, table: str, looked_at: int = 0
) -> Finding:
    return Finding(
        code="fairness_" + re.sub(r"\W+", "_", code.lower()).strip("_"),
        title=title,
        verdict=verdict,
        rows=0,
        share=None,
        days_overdue=None,
        article=HOUSE_RULE,
        source=_SOURCE,
        remedy=remedy,
        table=table,
        note=f"{note[:1].upper()}{note[1:].removesuffix('.')}.",
        looked_at=looked_at,
        accused=None,
    )


def _note(row: dict[Any, Any]) -> str:
    """Say how large the gap is, between whom, and what its verdict rests on."""
    metric = row["metric"].replace("_", " ") + (f" of '{row['action']}'" if "action" in row else "")
    if not np.isfinite(row["difference"]):
        return f"{metric}: {row['note']}"
    size = f"{row['difference']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
    said = f"{metric}: {size} between {row['highest']}, the highest, and {row['lowest']}, the lowest"
    if row["verdict"] == "breached" and "action" not in row:
        worse = row["highest"] if row["metric"] in _WORSE_WITH_MORE else row["lowest"]
        said += f"; {worse} are worse off where this metric counts for them" if worse else ""
    if np.isfinite(row.get("at_equal_score", np.nan)):
        ends = f"{row['equal_low']:.1%} to {row['equal_high']:.1%}"
        said += f"; at an equal score {row['at_equal_score']:.1%} ({ends})"
    return said + (f"; {row['note']}" if row["note"] else "")
