"""The figures of an explanation: what drives a model's answer, and how it depends on one feature.

In: `Drivers`, a shape of dependence, what explanations cost.   Out: matplotlib axes, for `charts.figure`.
"""

import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.explain.contributions import Drivers
from workbench.explain.wording import Subject, readable

_BLUE, _ORANGE, _GREEN, _RED, _, _SKY = charts.PALETTE
_INK = "black"
# direction of a driver: colour and shape, so that neither has to be told apart alone
_DIRECTIONS = {
    "more raises": (_RED, "▲"),
    "more lowers": (_BLUE, "▼"),
    "up and down": (_GREEN, "◆"),
    "differs by value": (_ORANGE, "●"),
    "no effect": (_INK, "–"),
}
_UNITS = {"risk": "log-odds", "value": "logarithm of money"}


def plot_drivers(drivers: Drivers, *, top: int = 10, ax: Axes | None = None) -> Axes:
    """Draw how much the strongest features move the answer, with 95 % intervals; colour, shape: the direction."""
    ax = charts.axes(ax)
    rows = drivers.importance.head(top)[::-1].reset_index(drop=True)
    for direction, group in rows[::-1].groupby("direction", sort=False):
        colour, shape = _DIRECTIONS[str(direction)]
        told = f" the {drivers.subject}" if str(direction).startswith("more") else ""
        ax.barh(group.index, group["importance"], color=colour, height=0.65, label=f"{shape} {direction}{told}")
    ax.hlines(rows.index, rows["low"], rows["high"], color=_INK, linewidth=1.5)
    for place, high, others in zip(range(len(rows)), rows["high"], rows["others"], strict=True):
        if others:
            note, here = f"with {others} like it", (high, place)
            ax.annotate(note, here, xytext=(4, 0), textcoords="offset points", va="center", fontsize="small")
    shapes = rows["direction"].map(lambda direction: _DIRECTIONS[direction][1])
    ax.set_yticks(rows.index, rows["column"].map(readable) + " " + shapes)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"mean size of contribution ({_UNITS[drivers.subject]})")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return ax


def plot_dependence(shape: pd.DataFrame, *, column: str, subject: Subject = "risk", ax: Axes | None = None) -> Axes:
    """Draw value against contribution of one feature: customers and their trend, or range by category."""
    ax = charts.axes(ax)
    numeric = pd.api.types.is_numeric_dtype(shape["value"]) and shape["value"].nunique() > 2
    (_draw_trend if numeric else _draw_categories)(shape, ax)
    across, along = (ax.axhline, ax.set_ylabel) if numeric else (ax.axvline, ax.set_xlabel)
    across(0, color=_INK, linewidth=0.8, alpha=0.5)
    along(f"contribution ({_UNITS[subject]})")
    ax.set_title(readable(column), loc="left")
    return ax


def _draw_trend(shape: pd.DataFrame, ax: Axes) -> None:
    # A few extreme customers would squeeze everybody else into a corner.
    low, high = shape["value"].quantile([0.01, 0.99])
    shape = shape[shape["value"].between(low, high)]
    ax.scatter(shape["value"], shape["contribution"], s=10, color=_SKY, alpha=0.6, linewidths=0)
    bins = pd.qcut(shape["value"], min(20, max(len(shape) // 15, 1)), duplicates="drop")
    trend = shape.groupby(bins, observed=True)[["value", "contribution"]].median()
    ax.plot(trend["value"], trend["contribution"], color=_RED, linewidth=2)
    ax.xaxis.set_major_formatter("{x:,g}")


def _draw_categories(shape: pd.DataFrame, ax: Axes, *, most: int = 8) -> None:
    groups = shape["contribution"].groupby(shape["value"].astype(str))
    rows = groups.agg(["size", "median", "min", "max"]).nlargest(most, "size").sort_values("median")
    places = range(len(rows))
    ax.hlines(places, rows["min"], rows["max"], color=_SKY, linewidth=6, alpha=0.6)
    ax.scatter(rows["median"], places, color=_RED, zorder=3)
    ax.set_yticks(places, [f"{name} ({size / len(shape):.0%})" for name, size in rows["size"].items()])
    ax.margins(y=0.15)
