"""What has changed, for people: sentences first, then how far fields have shifted, then the tables.

In: a `Drift`.   Out: axes, frames and sentences by caption.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.charts import Exhibits
from workbench.governance.drift.compare import Drift
from workbench.governance.drift.shift import LARGE, SOME
from workbench.governance.drift.words import written
from workbench.governance.exhibits import MARKS
from workbench.intervals import FEWEST
from workbench.words import number

_BLUE, _ORANGE, *_ = charts.PALETTE
_TOP = 12
# What moved by less is not shown: nobody would see it.
_STILL, _LEAST_P = 0.01, 0.001
_COMPARED = "{} fields and forecasts were compared; {} of them shifted by a PSI of {} or more, be it by chance."
_RUNS = ("before", "now")
_SAID = ("none", "came", "went", "measured now", "no longer measured")


def of_drift(drift: Drift) -> Exhibits:
    """Show the changes in words, how far fields and forecasts have shifted, and what moved in numbers."""
    found: Exhibits = {f"change {place}": sentence for place, sentence in enumerate(drift.changes, start=1)}
    found |= {"note": drift.note} if drift.note else {}
    found |= _of_shifts(drift)
    # What came or went stands in a sentence: a first run of a model would fill pages.
    figures = drift.figures[~drift.figures["change"].isin(_SAID)]
    if len(figures):
        found["Figures that are not what they were, with 95 % intervals"] = _figures(figures)
    findings = drift.findings[~drift.findings["change"].isin(_SAID)].drop(columns="code")
    if len(findings):
        marks = {f"verdict_{run}": findings[f"verdict_{run}"].map(MARKS).fillna("not checked") for run in _RUNS}
        found["Checks with another verdict, or other rows at fault"] = findings.assign(**marks)
    return found


def plot_shifts(shifts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the population stability index of the twelve that shifted most, and where some and large begin.

    `shifts` has of, psi and shifted.
    """
    ax = charts.axes(ax)
    top = shifts.dropna(subset="psi").nlargest(_TOP, "psi", keep="first").iloc[::-1]
    for shifted, colour, label in ((True, _ORANGE, "shifted"), (False, _BLUE, "little, or chance could do it")):
        places = [place for place, is_so in enumerate(top["shifted"]) if is_so == shifted]
        if places:
            ax.barh(places, top["psi"].iloc[places], color=colour, label=label)
    for line, style in ((SOME, ":"), (LARGE, "--")):
        ax.axvline(line, color="black", linewidth=0.8, linestyle=style)
    ax.set_yticks(range(len(top)), [name if len(name) < 40 else f"{name[:38]}…" for name in top["of"]])
    ax.set(xlabel=f"PSI; dotted {SOME}: some shift, dashed {LARGE}: large", xlim=(0, None))
    if len(top):
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def _of_shifts(drift: Drift) -> Exhibits:
    forecasts = drift.scores.assign(of="forecasts of " + drift.scores["of"])
    both = pd.concat([frame for frame in (forecasts, drift.data) if len(frame)] or [drift.data])
    measured = both.dropna(subset="psi").sort_values("psi", ascending=False, kind="stable", ignore_index=True)
    moved, found = measured[measured["psi"] >= _STILL], Exhibits()
    if len(measured):
        found["compared"] = _COMPARED.format(len(measured), len(moved), _STILL)
    if len(both) > len(measured):
        found["too few"] = f"Not enough data for {len(both) - len(measured)} more: under {FEWEST} rows in either run."
    if len(moved):
        top = moved.head(_TOP).rename(columns={"of": "field"}).drop(columns=["counted_as", "p"])
        found["How far fields and forecasts have shifted: population stability index (PSI)"] = plot_shifts(moved)
        found["Those that shifted most; p allows for all that were tested"] = top.assign(p=_p(moved["p"].head(_TOP)))
    return found


def _p(values: pd.Series) -> pd.Series:
    written = [f"{p:.3f}" if p >= _LEAST_P else f"under {_LEAST_P}" for p in values]
    return pd.Series(written, index=values.index, dtype="str").where(values.notna(), "–")


def _figures(figures: pd.DataFrame) -> pd.DataFrame:
    texts = {run: [_figure(row, run) for row in figures.to_dict("records")] for run in _RUNS}
    verdicts = {f"verdict_{run}": figures[f"verdict_{run}"].fillna("–") for run in _RUNS}
    names = figures["name"].str.replace("_", " ")
    changes = {"change": figures["change"], "p": _p(figures["p"])}
    return pd.DataFrame({"figure": names, "of": figures["of"], **texts, **changes, **verdicts})


def _figure(row: Mapping[Any, Any], run: str) -> str:
    low, high, unit = (row[f"{what}_{run}"] for what in ("low", "high", "unit"))
    bare = "share" if unit == "share" else ""
    ends = "" if pd.isna(low) or pd.isna(high) else f" ({number(low, unit=bare)} to {number(high, unit=bare)})"
    return f"{written(row, run)}{ends}"
