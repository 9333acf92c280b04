"""How far are groups apart, and where does each lie?

In: gaps and groups of a `Fairness`.   Out: figures.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from workbench import charts
from workbench.governance.fairness.measures import SHARE

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY = charts.PALETTE
_LONGEST = 40


def plot_gaps(gaps: pd.DataFrame, *, target_gap: float, ax: Axes | None = None) -> Axes:
    """Draw differences of shares with bounds for all pairs at once, those that are shown filled, and the target.

    A short line marks what each could have shown in four of five cases. TPR and FPR are the true and the false positive
    rate.
    """
    ax = charts.axes(ax)
    rows = gaps[(gaps["unit"] == SHARE) & gaps["difference"].notna()].iloc[::-1]
    place = np.arange(len(rows))
    arms = np.clip([rows["difference"] - rows["low"], rows["high"] - rows["difference"]], 0, None)
    ax.errorbar(rows["difference"], place, xerr=arms, fmt="none", ecolor=_BLUE, linewidth=1.2)
    shown = rows["shown"].to_numpy(dtype=bool)
    for which, face, label in ((shown, _BLUE, "shown"), (~shown, "white", "not shown")):
        ax.plot(rows["difference"][which], place[which], "o", color=_BLUE, mfc=face, markersize=6, label=label)
    ax.plot(rows["detectable"], place, "|", color=_ORANGE, markersize=11, mew=2, label="detectable")
    ax.axvline(target_gap, color=_RED, linewidth=1, linestyle="--", label="allowed")
    ax.set_yticks(place, [_short(_name(row)) for row in rows.to_dict("records")])
    ax.set_xlabel("difference of the highest and the lowest group", loc="right")
    ax.set_xlim(0, None)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4)
    _grow(ax, len(rows))
    return ax


def plot_rates(groups: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw shares of groups with their intervals, one block for each model, attribute and metric."""
    ax = charts.axes(ax)
    rows = groups[(groups["unit"] == SHARE) & groups["value"].notna()]
    ticks: list[float] = []
    names: list[str] = []
    place = 0.0
    for key, block in rows.groupby(["model", "attribute", "metric"], sort=False):
        model, attribute, metric = (str(part) for part in key)
        head = _short(f"{model}, {attribute}: {metric.replace('_', ' ')}", most=2 * _LONGEST)
        beside: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "in_layout": False}
        ax.text(0.01, -place, head, va="center", weight="bold", fontsize="small", **beside)
        at = -(place + 1 + np.arange(len(block)))
        arms = np.clip([block["value"] - block["low"], block["high"] - block["value"]], 0, None)
        ax.errorbar(block["value"], at, xerr=arms, fmt="o", color=_BLUE, markersize=4, linewidth=1.2)
        ticks += at.tolist()
        names += [_short(f"{row.group} ({row.customers:,})") for row in block.itertuples()]
        place += len(block) + 1.5
    ax.set_yticks(ticks, names)
    ax.set_xlabel("share, with 95 % interval; customers in brackets", loc="right")
    ax.set_ylim(0.8 - place, 0.8)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.margins(x=0.1)
    _grow(ax, len(ticks) + 2)
    return ax


def _name(row: dict[object, object]) -> str:
    what = str(row["metric"]).replace("true_positive_rate", "TPR").replace("false_positive_rate", "FPR")
    return f"{row['model']}, {row['attribute']}: {what.replace('_', ' ')}"


def _short(text: str, *, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _grow(ax: Axes, rows: int) -> None:
    """Give every row of text the room that it needs."""
    drawing = ax.get_figure(root=True)
    if drawing is not None:
        width, height = drawing.get_size_inches()
        drawing.set_size_inches(width, max(height, 1.2 + 0.26 * rows))
