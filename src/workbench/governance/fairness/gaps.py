"""How far apart are groups, is it more than chance, and is it more than the market allows?

In: `Measured` figures of one attribute after the other.   Out: a frame of gaps, one a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.measures import SHARE, Measured
from workbench.governance.fairness.sides import TOO_FEW, Sides
from workbench.governance.finding import Verdict
from workbench.intervals import FEWEST, Z_POWER, holm

ODDS, ODDS_OF = "equalized_odds", ("true_positive_rate", "false_positive_rate")
# Metrics for which a market's target_gap holds.
TARGETED = ("selection_rate", *ODDS_OF, "error", ODDS)
SHOWN_BELOW = 0.05
_UNKNOWN = float("nan")


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """One gap before it is judged: its row of the table, and what the test rests on.

    `chance` are the largest studentised differences of any pair without a gap; `apart` and `errors` the differences of
    all pairs and their standard errors; `error` that of the pair that is farthest apart, without a gap.
    """

    row: Mapping[str, Any]
    chance: np.ndarray | None = None
    apart: np.ndarray | None = None
    errors: np.ndarray | None = None
    error: float = _UNKNOWN

    def critical(self, level: float) -> float:
        """Return by how many standard errors chance alone parts some pair in a share `level` of cases, no more."""
        return _UNKNOWN if self.chance is None else float(np.quantile(self.chance, 1 - level))

    def least(self, level: float) -> float:
        """Return what the largest true difference is not below, but in a share `level` of cases."""
        if self.apart is None or self.errors is None:
            return _UNKNOWN
        return max(float((self.apart - self.critical(level) * self.errors).max()), 0.0)

    def most(self, level: float) -> float:
        """Return what it is not above, but in a share `level` of cases."""
        if self.apart is None or self.errors is None:
            return _UNKNOWN
        return float((self.apart + self.critical(level) * self.errors).max())


def compare(measured: Sequence[Measured], sides: Sides, facts: Mapping[str, Any]) -> list[Compared]:
    """Compare the named groups (not who is in none that is known) by every figure that can be compared.

    Differences and ratios are fairlearn's (between groups: max - min, min / max). Their intervals are no percentiles of
    resamples, of which the largest difference is always above nought: low and high hold for every pair of groups at
    once (95 %), so for the true largest difference, also where there is none; those of a ratio are Fieller's (1954),
    widened alike. The test asks for the largest studentised difference of any pair against that of groups that differ
    by chance alone: shares have one rate for all then, means one mean, with a spread of their own. `facts` stand in
    every row.
    """
    facts = {**facts, "customers": sides.people}
    return [_compare(one, sides, facts) for one in measured if one.null is not None]


def judge_gaps(compared: Sequence[Compared], *, target_gap: float) -> pd.DataFrame:
    """Judge gaps that belong together: p is adjusted over all of them (Holm, 1979), `shown` where below 0.05.

    breached: shown, and larger than `target_gap` by a bound that holds over all of them (Bonferroni); met: `high` is no
    larger; else not evidenced, as always where a proxy's gap would be breached. detectable is the difference of the two
    groups that would have been shown in 80 % of cases. Rates, and errors in shares, have a target; calibration and
    errors in money have none. Equalized odds is the larger gap of its two rates, with what is known of that one; it is
    breached where either is, met where both are, and no test of its own.
    """
    p = holm(np.array([one.row["p"] for one in compared], dtype=float))
    level = SHOWN_BELOW / max(int(np.isfinite(p).sum()), 1)
    rows = []
    for one, adjusted in zip(compared, p, strict=True):
        row = {**one.row, "p_adjusted": adjusted, "shown": bool(adjusted < SHOWN_BELOW)}
        row["detectable"] = (one.critical(level) + Z_POWER) * one.error
        row["verdict"], row["note"] = _verdict(row, one.least(level), target_gap)
        rows.append(row)
    of_each = [list(of) for _, of in groupby(rows, lambda row: (row["model"], row["attribute"], row.get("action")))]
    return pd.DataFrame([row for of in of_each for row in (*of, *_odds(of))])


def _compare(one: Measured, sides: Sides, facts: Mapping[str, Any]) -> Compared:
    value = one.value[: len(sides.names)]
    usable = np.flatnonzero(np.isfinite(value))
    row = {**facts, "metric": one.metric, "unit": one.unit, **_NOTHING}
    if len(usable) < 2 or one.null is None:
        return Compared(row=row | {"note": f"{TOO_FEW}: fewer than two groups in which {FEWEST} customers count"})
    value, draws, null = value[usable], one.draws[:, usable], one.null[:, usable]
    highest, lowest = int(value.argmax()), len(value) - 1 - int(value[::-1].argmin())
    rate = one.metric in TARGETED and one.unit == SHARE
    found, p = _test(value, draws, null)
    high = found.most(SHOWN_BELOW)
    row |= {
        "highest": sides.names[usable[highest]],
        "lowest": sides.names[usable[lowest]],
        "difference": float(value[highest] - value[lowest]),
        "low": found.least(SHOWN_BELOW),
        "high": min(high, 1.0) if rate else high,
        "p": p,
        **(_ratio(value, found.critical(SHOWN_BELOW) * _errors(draws, null)) if rate else {}),
    }
    return replace(found, row=row, error=float(np.hypot(null[:, highest].std(), null[:, lowest].std())))


def _test(value: np.ndarray, draws: np.ndarray, null: np.ndarray) -> tuple[Compared, float]:
    """Test that all groups are one: return what chance does to pairs of them, and p."""
    first, second = np.triu_indices(len(value), 1)
    null_pairs = null[:, first] - null[:, second]
    alike = np.hypot(null.std(axis=0)[first], null.std(axis=0)[second])
    scale = np.where(alike == 0, 1.0, alike)
    chance, apart = (np.abs(null_pairs) / scale).max(axis=1), np.abs(value[first] - value[second])
    errors = np.fmax(np.nanstd(draws[:, first] - draws[:, second], axis=0), alike)
    p = (1 + int((chance >= float((apart / scale).max()) - 1e-9).sum())) / (len(chance) + 1)
    return Compared(row={}, chance=chance, apart=apart, errors=errors), p


def _errors(draws: np.ndarray, null: np.ndarray) -> np.ndarray:
    errors: np.ndarray = np.fmax(np.nanstd(draws, axis=0), null.std(axis=0))
    return errors


def _ratio(value: np.ndarray, margin: np.ndarray) -> dict[str, float]:
    """Return min / max with the ends of Fieller's interval, over all pairs; 0 to 1 where nothing is known."""
    if not value.max() > 0:
        return {}
    square = np.where(value > margin, value**2 - margin**2, np.nan)
    both = np.outer(value, value)
    root = np.sqrt(np.maximum(both**2 - np.outer(value**2 - margin**2, square), 0))
    pairs = ~np.eye(len(value), dtype=bool)
    ends = [np.where(np.isnan(square), none, (both + side * root) / square)[pairs] for side, none in ((-1, 0), (1, 1))]
    low, high = (float(np.clip(end.min(), 0, 1)) for end in ends)
    return {"ratio": float(value.min() / value.max()), "ratio_low": low, "ratio_high": high}


_NUMBERS = ("difference", "low", "high", "ratio", "ratio_low", "ratio_high", "p")
_NOTHING: dict[str, Any] = {"highest": "", "lowest": "", **dict.fromkeys(_NUMBERS, _UNKNOWN), "note": ""}


def _odds(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the gap of equalized odds from the rows of one attribute, as fairlearn has it: the larger of two."""
    parts = [row for row in rows if row["metric"] in ODDS_OF and np.isfinite(row["difference"])]
    if len(parts) < len(ODDS_OF):
        return []
    worse, other = sorted(parts, key=lambda row: -float(row["difference"]))
    verdicts = {row["verdict"] for row in parts}
    verdict = "breached" if "breached" in verdicts else "met" if verdicts == {"met"} else "not evidenced"
    smaller = min(parts, key=lambda row: float(np.nan_to_num(row["ratio"], nan=1.0)))
    ratios = {name: smaller[name] for name in ("ratio", "ratio_low", "ratio_high")}
    said = [f"it is that of the {_words(worse)}", *([worse["note"]] if worse["note"] else [])]
    if other["shown"] and (not worse["shown"] or verdict == "breached" != worse["verdict"]):
        ends = f"{other['difference']:.1%}, {other['low']:.1%} to {other['high']:.1%}"
        said.append(
            f"the gap of the {_words(other)} ({ends}) is {'larger than allowed' * (verdict == 'breached') or 'shown'}"
        )
    untested = {"p": _UNKNOWN, "p_adjusted": _UNKNOWN, "verdict": verdict, "note": "; ".join(said)}
    return [{**worse, **ratios, **untested, "metric": ODDS}]


def _words(row: Mapping[str, Any]) -> str:
    return str(row["metric"]).replace("_", " ")


def _verdict(row: Mapping[str, Any], least: float, target_gap: float) -> tuple[Verdict, str]:
    if row["metric"] not in TARGETED or row["unit"] != SHARE:
        return "not applicable", row["note"] or "no target is set for this"
    if not np.isfinite(row["difference"]):
        return "not evidenced", row["note"]
    if row["high"] <= target_gap:
        return "met", ""
    if row["shown"] and least > target_gap:
        if row["kind"] != "proxy":
            return "breached", ""
        return "not evidenced", f"larger than the target, but by {row['stands_for']}: a question, no proof"
    if row["shown"] and row["low"] > target_gap:
        return "not evidenced", "a gap is shown; that it is larger than the target does not hold over all gaps tested"
    if row["shown"]:
        return "not evidenced", "a gap is shown; whether it is larger than the target, these numbers cannot tell"
    could = f"; {row['detectable']:.1%} would have been shown" if np.isfinite(row["detectable"]) else ""
    return "not evidenced", f"no gap is shown, but one as large as the target is not ruled out{could}"
