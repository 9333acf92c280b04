"""How far apart are groups, is it more than chance, and is it more than the market allows?

In: `Measured` figures of one attribute after the other.   Out: a frame of gaps, one a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.measures import SHARE, Measured
from workbench.governance.fairness.sides import Sides
from workbench.governance.finding import Verdict
from workbench.intervals import FEWEST, holm

ODDS, ODDS_OF = "equalized_odds", ("true_positive_rate", "false_positive_rate")
# Metrics for which a market's target_gap holds.
TARGETED = ("selection_rate", *ODDS_OF, "error", ODDS)
SHOWN_BELOW = 0.05
_POWER_80 = 0.841621
_UNKNOWN = float("nan")


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """One gap before it is judged: its row of the table, the resampled differences, and what the test rests on.

    `chance` are the largest studentised differences of any pair without a gap; `error` is the standard error of the
    pair that is farthest apart without a gap; `larger` the simultaneous margins of all pairs by their differences.
    """

    row: Mapping[str, Any]
    draws: np.ndarray | None = None
    chance: np.ndarray | None = None
    error: float = _UNKNOWN


def compare(measured: Sequence[Measured], sides: Sides, facts: Mapping[str, Any]) -> list[Compared]:
    """Compare the named groups (not who is in none that is known) by every figure that can be compared.

    Differences and ratios are fairlearn's (between groups: max - min, min / max). Intervals are percentiles of the
    resamples. The test asks for the largest studentised difference of any pair against that of groups that differ by
    chance alone, drawn with one rate for all. `facts` stand in every row.
    """
    facts = {**facts, "customers": sides.people}
    found = [_compare(one, sides, facts) for one in measured if one.null is not None]
    return found + _odds(found, facts)


def judge_gaps(compared: Sequence[Compared], *, target_gap: float) -> pd.DataFrame:
    """Judge gaps that belong together: p is adjusted over all of them (Holm, 1979), `shown` where below 0.05.

    breached: shown, and at least larger than `target_gap`; met: at most as large; else not evidenced, as always where
    a proxy's gap would be breached. at_least and at_most hold for the true difference of any pair (95 %, all at once).
    detectable is the difference of the two groups that would have been shown in 80 % of cases. Rates, and errors in
    shares, have a target; calibration and errors in money have none.
    """
    p = holm(np.array([one.row["p"] for one in compared], dtype=float))
    tests = max(int(np.isfinite(p).sum()), 1)
    rows = []
    for one, adjusted in zip(compared, p, strict=True):
        row = {**one.row, "p_adjusted": adjusted, "shown": bool(adjusted < SHOWN_BELOW), "detectable": _UNKNOWN}
        if one.chance is not None:
            critical = float(np.quantile(one.chance, 1 - SHOWN_BELOW / tests))
            row["detectable"] = (critical + _POWER_80) * one.error
        rows.append(row)
    for row in rows:
        if row["metric"] == ODDS:
            parts = [r for r in rows if r["metric"] in ODDS_OF and _same(r, row)]
            row["shown"] = any(r["shown"] for r in parts)
        row["verdict"], row["note"] = _verdict(row, target_gap)
    return pd.DataFrame(rows)


def _compare(one: Measured, sides: Sides, facts: Mapping[str, Any]) -> Compared:
    value = one.value[: len(sides.names)]
    usable = np.flatnonzero(np.isfinite(value))
    row = {**facts, "metric": one.metric, "unit": one.unit, **_NOTHING}
    if len(usable) < 2 or one.null is None:
        rare = f"not enough data: fewer than two groups in which {FEWEST} customers count"
        return Compared(row=row | {"note": rare})
    value, draws, null = value[usable], one.draws[:, usable], one.null[:, usable]
    highest, lowest = int(value.argmax()), int(value.argmin())
    apart = np.nanmax(draws, axis=1) - np.nanmin(draws, axis=1)
    test = _test(value, draws, null)
    row |= {
        "highest": sides.names[usable[highest]],
        "lowest": sides.names[usable[lowest]],
        "difference": float(value[highest] - value[lowest]),
        "customers_apart": sides.sizes[usable[highest]] + sides.sizes[usable[lowest]],
        **_ends("", apart),
        **(_ratio(value, draws) if one.metric in TARGETED and one.unit == SHARE else {}),
        **{name: test[name] for name in ("p", "at_least", "at_most")},
    }
    return Compared(row=row, draws=apart, chance=test["chance"], error=float(test["error"][highest, lowest]))


def _test(value: np.ndarray, draws: np.ndarray, null: np.ndarray) -> dict[str, Any]:
    """Test that all groups are one, and bound the largest difference of a pair from both sides."""
    spread = null.var(axis=0)
    error = np.sqrt(spread[:, None] + spread[None, :])
    first, second = np.triu_indices(len(value), 1)
    scale = error[first, second]
    still = scale == 0
    scale = np.where(still, 1.0, scale)
    chance = (np.abs(null[:, first] - null[:, second]) / scale).max(axis=1)
    apart = np.abs(value[first] - value[second])
    reached = float((apart / scale).max())
    own = np.nanvar(draws[:, first] - draws[:, second], axis=0)
    margin = float(np.quantile(chance, 0.95)) * np.maximum(np.sqrt(own), error[first, second])
    return {
        "p": (1 + int((chance >= reached - 1e-9).sum())) / (len(chance) + 1),
        "at_least": max(float((apart - margin).max()), 0.0),
        "at_most": float((apart + margin).max()),
        "chance": chance,
        "error": error,
    }


def _ratio(value: np.ndarray, draws: np.ndarray) -> dict[str, float]:
    top = np.nanmax(draws, axis=1)
    drawn = np.divide(np.nanmin(draws, axis=1), top, out=np.full(len(top), np.nan), where=top > 0)
    ratio = float(value.min() / value.max()) if value.max() > 0 else _UNKNOWN
    return {"ratio": ratio, **(_ends("ratio_", drawn) if np.isfinite(drawn).any() else {})}


def _ends(name: str, drawn: np.ndarray) -> dict[str, float]:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {f"{name}low": float(low), f"{name}high": float(high)}


_NUMBERS = ("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p", "at_least", "at_most")
_NOTHING: dict[str, Any] = {
    "highest": "",
    "lowest": "",
    **dict.fromkeys(_NUMBERS, _UNKNOWN),
    "customers_apart": 0,
    "note": "",
}


def _odds(found: Sequence[Compared], facts: Mapping[str, Any]) -> list[Compared]:
    """Return the gap of equalized odds: the larger of two, the smaller of their ratios; it is no test of its own."""
    parts = [one for one in found if one.row["metric"] in ODDS_OF]
    draws = [one.draws for one in parts if one.draws is not None]
    if len(draws) < len(ODDS_OF):
        return []
    worse = max(parts, key=lambda one: one.row["difference"]).row
    ratios = [one.row["ratio"] for one in parts if np.isfinite(one.row["ratio"])]
    drawn = np.fmax(draws[0], draws[1])
    row = {**facts, "metric": ODDS, "unit": SHARE, **_NOTHING, "highest": worse["highest"], "lowest": worse["lowest"]}
    row |= {name: worse[name] for name in ("difference", "customers_apart")}
    row |= {"ratio": min(ratios, default=_UNKNOWN), **_ends("", drawn)}
    row |= {name: max(one.row[name] for one in parts) for name in ("at_least", "at_most")}
    return [Compared(row=row, draws=drawn)]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("model", "attribute", "action"))


def _verdict(row: Mapping[str, Any], target_gap: float) -> tuple[Verdict, str]:
    if row["metric"] not in TARGETED or row["unit"] != SHARE:
        return "not applicable", row["note"] or "no target is set for this"
    if not np.isfinite(row["difference"]):
        return "not evidenced", row["note"]
    if row["at_most"] <= target_gap:
        return "met", ""
    if row["shown"] and row["at_least"] > target_gap:
        if row["kind"] != "proxy":
            return "breached", ""
        return "not evidenced", f"larger than the target, but by {row['stands_for']}: a question, no proof"
    if row["shown"]:
        return "not evidenced", "a gap is shown; whether it is larger than the target, these numbers cannot tell"
    could = f"; {row['detectable']:.1%} would have been shown" if np.isfinite(row["detectable"]) else ""
    return "not evidenced", f"no gap is shown, but one as large as the target is not ruled out{could}"
