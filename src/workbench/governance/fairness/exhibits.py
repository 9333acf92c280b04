"""What a page shows of fairness, most important first: at most eight figures, tables and sentences.

In: a `Fairness`.   Out: axes, frames and sentences by caption.
"""

import pandas as pd

from workbench.charts import Exhibits
from workbench.governance.fairness.findings import worst_first
from workbench.governance.fairness.gaps import ODDS, TARGETED
from workbench.governance.fairness.language import LanguageGap
from workbench.governance.fairness.measures import SHARE
from workbench.governance.fairness.mitigation import CAUTION
from workbench.governance.fairness.plots import plot_gaps, plot_rates
from workbench.governance.fairness.result import Fairness
from workbench.intervals import FEWEST

# Equalized odds says again what its two rates say, and calibration has no target.
_DRAWN = [name for name in TARGETED if name != ODDS]
_TOP, _BLOCKS, _PAIRS, _ROWS = 12, 3, 12, 12
_SHARES = "detectable is what these numbers would have shown in four of five cases"
_GAPS = [
    "model",
    "attribute",
    "metric",
    "verdict",
    "highest",
    "lowest",
    "difference",
    "interval",
    "ratio",
    "p_adjusted",
]
_GAPS += ["detectable", "customers", "kind", "note"]
_DECIDED = ["model", "action", "attribute", "verdict", "highest", "lowest", "difference", "interval", "at_equal_score"]
_DECIDED += ["its_interval", "p_adjusted", "detectable", "customers", "note"]

_LANGUAGES = ["language", "accuracy_share", "than", "other_accuracy_share", "difference", "interval", "p", "detectable"]
_OTHERWISE = ["model", "attribute", "what", "thresholds", "metric", "gap_before", "gap_after", "interval"]
_OTHERWISE += ["balanced_accuracy_before", "balanced_accuracy_after", "selected_share_before", "selected_share_after"]
_OTHERWISE += ["changed_share", "customers"]


def of_fairness(fairness: Fairness) -> Exhibits:
    """Show what was judged, the gaps and where groups lie, decisions, what-ifs, languages, and every group last."""
    found: Exhibits = {"as of": fairness.said}
    gaps = worst_first(fairness.gaps)
    drawn = _urgent(fairness)
    if len(drawn):
        caption = (
            f"Gaps between groups, the {len(drawn)} most urgent; 95 % intervals hold for all pairs of groups at once"
        )
        found[caption] = plot_gaps(drawn, target_gap=fairness.target_gap)
        found |= _rates(fairness, drawn[drawn["shown"].astype(bool)].head(_BLOCKS))
    if len(gaps):
        some = f"{min(len(gaps), _ROWS)} of {len(gaps)}, the table governance.gaps has all"
        found[f"Gaps by what calls for action, {some}; {_SHARES}"] = _gaps(gaps.head(_ROWS))
    found |= _decisions(fairness)
    found |= {"what if": fairness.no_what_if} if fairness.what_if.empty else {CAUTION: _what_if(fairness.what_if)}
    found |= _of_language(fairness.language)
    return found | _not_judged(fairness) | _groups(fairness)


def _urgent(fairness: Fairness) -> pd.DataFrame:
    """Return the gaps of models and of decisions that are worth drawing."""
    every = pd.concat([part for part in (fairness.decisions, fairness.gaps) if len(part)] or [fairness.gaps])
    every = worst_first(every.reset_index(drop=True))
    return every[(every["unit"] == SHARE) & every["metric"].isin(_DRAWN) & every["difference"].notna()].head(_TOP)


def _rates(fairness: Fairness, shown: pd.DataFrame) -> Exhibits:
    key = ["model", "attribute", "metric"]
    rows = shown[key].merge(fairness.groups, on=key)
    return {"Where the groups lie, for the gaps that are shown": plot_rates(rows)} if len(rows) else {}


def _gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    of = gaps["stands_for"].where(gaps["stands_for"] != "", gaps["kind"])
    written = _spelt(gaps, ["difference", "detectable"]).assign(kind=of, interval=_interval(gaps, "low", "high"))
    return written[_GAPS].rename(columns={"p_adjusted": "p"})


def _decisions(fairness: Fairness) -> Exhibits:
    if fairness.decisions.empty:
        return {"decisions": f"What was decided: {fairness.no_decisions}"}
    rows = worst_first(fairness.decisions)
    ends = {"interval": _interval(rows, "low", "high"), "its_interval": _interval(rows, "equal_low", "equal_high")}
    written = _spelt(rows, ["difference", "detectable", "at_equal_score"]).assign(**ends)
    caption = "What was really decided: how often each action was taken, and the difference at an equal score"
    return {caption: written[_DECIDED].rename(columns={"p_adjusted": "p"})}


def _of_language(gap: LanguageGap | None) -> Exhibits:
    if gap is None:
        return {}
    if gap.pairs.empty:
        return {"languages": f"Languages on the same content: {gap.said}"}
    accuracy = gap.languages.set_index("language")["accuracy_share"]
    rows = gap.pairs.head(_PAIRS).assign(unit=SHARE)
    written = _spelt(rows, ["difference", "detectable"]).assign(
        accuracy_share=rows["language"].map(accuracy),
        other_accuracy_share=rows["than"].map(accuracy),
        interval=_interval(rows, "low", "high"),
    )
    return {f"Accuracy of languages on the same content: {gap.said}": written[_LANGUAGES]}


def _groups(fairness: Fairness) -> Exhibits:
    if fairness.groups.empty:
        return {}
    rows = fairness.groups
    ends = _interval(rows, "low", "high")
    values = [_figure(*pair) for pair in zip(rows["value"], rows["unit"], strict=True)]
    cells = (pd.Series(values, rows.index) + " (" + ends + ")").where(rows["value"].notna(), rows["note"])
    key = ["model", "attribute", "group", "customers"]
    metrics = list(rows["metric"].unique())
    wide = rows.assign(cell=cells).pivot(index=key, columns="metric", values="cell")[metrics]
    in_order = pd.MultiIndex.from_frame(rows[key].drop_duplicates())
    shown = wide.reindex(in_order).reset_index().rename_axis(columns=None).fillna("–")
    return {"Every group of 30 customers and more": shown}


def _not_judged(fairness: Fairness) -> Exhibits:
    """Show what could not be compared, and by what groups are too small to be shown, not how many are in them."""
    rows = fairness.suppressed.assign(verdict="–", why=f"groups of fewer than {FEWEST} customers are left out")
    found = pd.concat([part for part in (fairness.absent, rows) if len(part)] or [fairness.absent])
    return {"What could not be judged, and why": found} if len(found) else {}


def _what_if(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(unit=SHARE)
    names = ["gap_before", "gap_after", "balanced_accuracy_before", "balanced_accuracy_after"]
    return _spelt(rows, names).assign(interval=_interval(rows, "after_low", "after_high"))[_OTHERWISE]


def _spelt(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Write numbers with their unit, as one column holds shares and amounts."""
    texts = {name: [_figure(*pair) for pair in zip(frame[name], frame["unit"], strict=True)] for name in columns}
    named = {name: frame[name].where(frame[name] != "", "–") for name in ("highest", "lowest") if name in frame}
    if "p_adjusted" in frame:
        named |= {name: frame[name].map(_decimals).mask(frame[name].isna(), "–") for name in ("p_adjusted", "ratio")}
    return frame.assign(**{n: pd.Series(t, index=frame.index, dtype="str") for n, t in texts.items()}, **named)


def _figure(value: float, unit: str) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.1%}" if unit == SHARE else f"{value:,.2f}" if unit == "ratio" else f"{value:,.2f} {unit}"


def _decimals(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 or value == 0 else "under 0.001"


def _interval(frame: pd.DataFrame, low: str, high: str) -> pd.Series:
    ends = zip(frame[low], frame[high], frame["unit"], strict=True)
    texts = [f"{_figure(a, unit)} to {_figure(b, unit)}" if pd.notna(a) else "–" for a, b, unit in ends]
    return pd.Series(texts, index=frame.index, dtype="str")
