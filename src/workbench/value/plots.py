"""The figures of a value report, each drawn from a plain tidy frame.

In: a season, a backtest, deciles.   Out: matplotlib axes, for `charts.figure`.
"""

import calendar
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from workbench import charts
from workbench.value.backtest import Tested
from workbench.value.candidates import ORDER, TITLES
from workbench.value.season import Season

_BLUE, _ORANGE, _GREEN, _, _, _SKY = charts.PALETTE
_INK = "black"
_MARKERS = "osD^vPX"


def plot_season(found: Season, *, ax: Axes | None = None) -> Axes:
    """Draw the factor of every month with its 95 % interval; the line at 1 is the average month."""
    ax = charts.axes(ax)
    months = found.months
    names = [calendar.month_abbr[int(month)] for month in months["month"]]
    ax.bar(names, months["factor"], color=_SKY if found.known else "none", edgecolor=_BLUE, width=0.7)
    if found.known:
        arms = [months["factor"] - months["low"], months["high"] - months["factor"]]
        ax.errorbar(names, months["factor"], yerr=arms, fmt="none", ecolor=_INK, elinewidth=1.2)
    ax.axhline(1, color=_INK, linestyle="--", linewidth=1, alpha=0.6)
    ax.set_ylabel("orders, of an average month")
    return ax


def plot_candidates(tested: Tested, *, ax: Axes | None = None) -> Axes:
    """Draw the rank correlation of every forecast with spend, mean and 95 % interval; the chosen one is larger."""
    ax = charts.axes(ax)
    rows = tested.summary[tested.summary["metric"] == "spearman"].set_index("model")
    rows = rows[rows["value"].notna()]
    names = [name for name in ORDER if name in rows.index]
    for place, name in enumerate(names):
        row, own = rows.loc[name], name == tested.model
        arms = [[row["value"] - row["low"]], [row["high"] - row["value"]]]
        look: dict[str, Any] = {
            "markersize": 9 if own else 6,
            "linewidth": 2 if own else 1.2,
            "color": _BLUE if own else _ORANGE,
        }
        ax.errorbar([row["value"]], [place], xerr=arms, fmt="D" if own else "o", **look)
    ax.set_yticks(range(len(names)), [TITLES[name] + (" ◆" if name == tested.model else "") for name in names])
    ax.invert_yaxis()
    ax.set_xlabel(f"rank correlation with spend in the next {tested.horizon_days} days (◆ chosen)")
    return ax


def plot_totals(tested: Tested, *, ax: Axes | None = None) -> Axes:
    """Draw forecast over spent, in total, of every candidate at every cut-off; 1 is right, as is being near it."""
    ax = charts.axes(ax)
    rows = tested.folds[(tested.folds["metric"] == "total_ratio") & (tested.folds["model"] != "nobody")]
    cutoffs = sorted(rows["cutoff"].unique())
    names = [name for name in ORDER if name in set(rows["model"])]
    for place, name in enumerate(names):
        own = rows[rows["model"] == name].sort_values("cutoff")
        x = own["cutoff"].map(cutoffs.index) + 0.09 * (place - (len(names) - 1) / 2)
        arms = np.clip([own["value"] - own["low"], own["high"] - own["value"]], 0, None)
        chosen = name == tested.model
        ax.errorbar(
            x,
            own["value"],
            yerr=arms,
            fmt=_MARKERS[place % len(_MARKERS)],
            color=charts.PALETTE[place % len(charts.PALETTE)],
            markersize=8 if chosen else 4,
            label=TITLES[name],
        )
    ax.axhline(1, color=_INK, linestyle="--", linewidth=1, alpha=0.6)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
    ax.yaxis.set_minor_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
    ax.set_xticks(range(len(cutoffs)), [f"{when:%d %b %Y}" for when in cutoffs])
    ax.set_ylabel("forecast over spent")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize="small")
    return ax


def plot_deciles(deciles: pd.DataFrame, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Draw mean forecast against mean spend of each tenth of the customers, 95 % intervals; the diagonal is right."""
    ax = charts.axes(ax)
    most = float(max(deciles["predicted"].max(), deciles["high"].max(), 1e-9)) * 1.05
    ax.plot([0, most], [0, most], color=_INK, linewidth=1, linestyle="--", alpha=0.6)
    arms = np.clip([deciles["spent"] - deciles["low"], deciles["high"] - deciles["spent"]], 0, None)
    ax.errorbar(deciles["predicted"], deciles["spent"], yerr=arms, fmt="o-", color=_BLUE, linewidth=1.2)
    ax.set(xlim=(0, most), ylim=(0, most))
    unit = f" ({currency})" if currency else ""
    ax.set_xlabel(f"mean forecast of a tenth of the customers{unit}")
    ax.set_ylabel(f"mean spend{unit}")
    return ax
