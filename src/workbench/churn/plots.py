"""The figures of a churn report, each drawn from a plain tidy frame.

In: frames as `quality` and `backtest` return them.   Out: matplotlib axes, for `charts.figure`.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from workbench import charts
from workbench.churn.backtest import Backtest
from workbench.explain.wording import readable

_BLUE, _, _GREEN, _, _, _SKY = charts.PALETTE
_INK = "black"
_MARKERS = "osD^vP"
_PERCENT = PercentFormatter(1, decimals=0)


def plot_calibration(bins: pd.DataFrame, *, probability: pd.Series, ax: Axes | None = None) -> Axes:
    """Draw predicted against observed churn rate by bin (predicted, observed, low, high), and all scores above."""
    ax = charts.axes(ax)
    ax.axline((0, 0), slope=1, color=_INK, linewidth=1, linestyle="--", alpha=0.6)
    ax.errorbar(
        bins["predicted"], bins["observed"], yerr=_error(bins, "observed"), fmt="o-", color=_BLUE, linewidth=1.2
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability of churn", ylabel="observed churn rate")
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.yaxis.set_major_formatter(_PERCENT)
    scores = ax.inset_axes((0, 1.03, 1, 0.18), sharex=ax)
    scores.hist(probability, bins=40, range=(0, 1), color=_SKY)
    scores.set_axis_off()
    scores.set_title("how many customers have each probability", loc="left", fontsize="small")
    return ax


def plot_capture(deciles: pd.DataFrame, *, churn_rate: float, ax: Axes | None = None) -> Axes:
    """Draw the share of churners reached by contacting the riskiest first, against random order and perfect foresight.

    `deciles` has decile (1 is the riskiest), capture (cumulative, 0 to 1), low and high.
    """
    ax = charts.axes(ax)
    contacted = np.concatenate([[0], deciles["decile"] / 10])
    reached, low, high = (np.concatenate([[0], deciles[c]]) for c in ("capture", "low", "high"))
    ax.plot([0, churn_rate, 1], [0, 1, 1], color=_GREEN, linestyle=":", linewidth=1.8, label="perfect foresight")
    ax.fill_between(contacted, low, high, color=_SKY, alpha=0.4, linewidth=0)
    ax.plot(contacted, reached, "o-", color=_BLUE, markersize=4, label="this model, 95 % interval")
    ax.plot([0, 1], [0, 1], color=_INK, linestyle="--", linewidth=1, alpha=0.6, label="random order")
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="customers contacted, riskiest first", ylabel="churners reached")
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.legend(loc="lower right")
    return ax


def plot_quality(result: Backtest, *, metric: str = "auc", target: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw a metric of every candidate with 95 % intervals, the chosen one in front: by cut-off, or over all folds."""
    ax = charts.axes(ax)
    by_cutoff = bool(result.folds["cutoff"].notna().any())
    rows = result.folds if by_cutoff else result.summary
    rows = rows[rows["metric"] == metric]
    scopes = ", " + rows["scope"] if rows["scope"].nunique() > 1 else ""
    rows = rows.assign(candidate=rows["model"].map(readable) + scopes)
    chosen = (rows["model"] == result.model) & (rows["scope"] == result.scope)
    names = list(dict.fromkeys([*rows.loc[chosen, "candidate"], *rows["candidate"]]))
    (_draw_by_cutoff if by_cutoff else _draw_candidates)(rows, names, ax)
    along, across = (ax.set_ylabel, ax.axhline) if by_cutoff else (ax.set_xlabel, ax.axvline)
    along(readable(metric))
    if target is not None:
        across(target, color=_INK, linestyle="--", linewidth=1, alpha=0.6, label=f"target {target:g}")
    ax.legend(*_target_last(ax), loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def _error(rows: pd.DataFrame, value: str) -> np.ndarray:
    """Return the arms of the intervals low to high as matplotlib wants them; never negative."""
    return np.clip([rows[value] - rows["low"], rows["high"] - rows[value]], 0, None)


def _draw_by_cutoff(rows: pd.DataFrame, names: list[str], ax: Axes) -> None:
    cutoffs = sorted(rows["cutoff"].unique())
    for place, name in enumerate(names):
        own = rows[rows["candidate"] == name].sort_values("cutoff")
        # Side by side within a cut-off, or the intervals would hide each other.
        x = own["cutoff"].map(cutoffs.index) + 0.1 * (place - (len(names) - 1) / 2)
        ax.errorbar(x, own["value"], yerr=_error(own, "value"), label=name, **_candidate(place))
    ax.set_xticks(range(len(cutoffs)), [f"{when:%d %b %Y}" for when in cutoffs])
    ax.set_xlabel("cut-off")


def _draw_candidates(rows: pd.DataFrame, names: list[str], ax: Axes) -> None:
    for place, name in enumerate(names):
        own = rows[rows["candidate"] == name]
        ax.errorbar(own["value"], [place], xerr=_error(own, "value"), **_candidate(place))
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()


def _candidate(place: int) -> dict[str, Any]:
    """Return the look of a candidate; the first is the chosen one."""
    size: dict[str, Any] = (
        {"linewidth": 1, "markersize": 4} if place else {"linewidth": 2, "markersize": 7, "zorder": 3}
    )
    return {"fmt": f"{_MARKERS[place % len(_MARKERS)]}-", "color": charts.PALETTE[place % len(charts.PALETTE)], **size}


def _target_last(ax: Axes) -> tuple[list[Artist], list[str]]:
    handles, labels = ax.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: labels[place].startswith("target"))
    return [handles[place] for place in order], [labels[place] for place in order]
