"""How much of what is held is used, how little would do, and what is to be deleted when?

In: `Fields`, curves of minimal data, a `Lifecycle`.   Out: figures.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from workbench import charts
from workbench.governance.fields import VERDICTS, Fields
from workbench.governance.lifecycle import ACTIONS, Lifecycle
from workbench.intervals import Z

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY = charts.PALETTE
_COLOURS: dict[str, str] = dict(zip(VERDICTS, (_BLUE, _RED, _ORANGE, _PINK), strict=True))
_ACTIONS = dict(zip(ACTIONS, (_RED, _BLUE, _ORANGE, _GREEN), strict=True))
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def plot_breaches(findings: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the rows at fault of every check that was breached, on a scale of powers of ten, the most on top."""
    ax = charts.axes(ax)
    rows = findings[findings["rows"] > 0].sort_values("rows")
    sizes = rows["rows"].astype(float)
    ax.barh(rows["code"].str.replace("_", " "), sizes, color=_RED)
    for place, (size, share) in enumerate(zip(sizes, rows["share"], strict=True)):
        ax.text(size, place, f" {size:,.0f} ({share:.2%})", va="center", fontsize="small")
    ax.set(xscale="log", xlabel="rows at fault", xlim=(0.8, None))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.35)
    return ax


def plot_worth(worth: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what is lost without fields: fields, value, low and high (95 %), the dearest on top."""
    ax = charts.axes(ax)
    rows = worth.iloc[::-1]
    arms = np.clip([rows["value"] - rows["low"], rows["high"] - rows["value"]], 0, None)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.errorbar(rows["value"], range(len(rows)), xerr=arms, fmt="o", color=_BLUE, markersize=4, linewidth=1.2)
    ax.set_yticks(range(len(rows)), [name if len(name) < 48 else f"{name[:45]}…" for name in rows["fields"]])
    ax.set(xlabel="lost without it")
    return ax


def plot_bytes(fields: Fields, *, ax: Axes | None = None) -> Axes:
    """Draw the bytes of each table by the verdicts on its fields, the largest table first."""
    ax = charts.axes(ax)
    sizes = fields.table.pivot_table(index="table", columns="verdict", values="bytes", aggfunc="sum", fill_value=0)
    sizes = sizes.reindex(columns=list(VERDICTS), fill_value=0).astype(float)
    sizes = sizes.loc[sizes.sum(axis=1).sort_values(ascending=False).index]
    power = min(int(np.log10(max([1.0, *sizes.sum(axis=1)])) // 3), len(_UNITS) - 1)
    _stack(ax, sizes / 1000**power, _COLOURS)
    ax.set(ylabel=_UNITS[power])
    ax.tick_params("x", rotation=90)
    _legend(ax, columns=len(VERDICTS))
    return ax


def plot_curve(curve: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw quality against how much is used, one standard error below the best, and the smallest size within it.

    `curve` has size (fields, or months), name, value, low and high (95 %), and chosen, true at that smallest size, or
    se, the standard error of the difference to the best, by which it is found (the rule of Breiman et al., 1984).
    Without se the error is that of the best point.
    """
    ax = charts.axes(ax)
    rows = curve.sort_values("size", ignore_index=True)
    if len(rows):
        floor = _floor(rows)
        ax.fill_between(rows["size"], floor, rows["value"].max(), color=_SKY, alpha=0.3, linewidth=0, label=_BAND)
        within = np.flatnonzero(rows["chosen"] if "chosen" in rows else rows["value"] >= floor)[:1]
        arms = np.clip([rows["value"] - rows["low"], rows["high"] - rows["value"]], 0, None)
        ax.errorbar(rows["size"], rows["value"], yerr=arms, fmt="o-", color=_BLUE, markersize=4, linewidth=1.2)
        for _, row in rows.iloc[within].iterrows():
            label = f"the smallest within it: {row['size']:g}"
            ax.plot(row["size"], row["value"], "D", color=_ORANGE, markersize=9, zorder=3, label=label)
        _legend(ax, columns=2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="months of history" if rows["name"].str.contains("month").any() else "fields", ylabel="quality")
    return ax


def plot_lifecycle(plan: Lifecycle, *, ax: Axes | None = None) -> Axes:
    """Draw how many customers are due by month and action; all that is overdue stands in one bar before this month."""
    ax = charts.axes(ax)
    due = plan.customers["due_on"].dt.to_period("M")
    late = plan.customers["days_overdue"] > 0
    months: list[str] = []
    if not pd.isna(plan.seen_on):
        first = plan.seen_on.to_period("M")
        months = [f"{month:%b %Y}" for month in pd.period_range(first, max([first, *due]), freq="M")]
    when = due.dt.strftime("%b %Y").where(~late, "overdue")
    counts = pd.crosstab(when, plan.customers["action"]).reindex(index=["overdue", *months], fill_value=0)
    _stack(ax, counts.reindex(columns=[a for a in ACTIONS if a in counts], fill_value=0), _ACTIONS)
    ax.set(ylabel="customers", xlabel="due")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params("x", rotation=90)
    _legend(ax, columns=len(ACTIONS))
    return ax


_BAND = "within one error of the best"


def _floor(rows: pd.DataFrame) -> pd.Series:
    best = int(rows["value"].argmax())
    own = (rows["high"] - rows["low"]).iloc[best] / (2 * Z)
    error = rows["se"] if "se" in rows else pd.Series(own, index=rows.index)
    return error.rsub(rows["value"].iloc[best])


def _stack(ax: Axes, sizes: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw stacked bars, one row of the frame each, for the columns that hold anything."""
    start = np.zeros(len(sizes))
    for column in (name for name in sizes if sizes[name].any()):
        ax.bar(range(len(sizes)), sizes[column], bottom=start, color=colours[str(column)], label=column)
        start = start + sizes[column].to_numpy()
    ax.set_xticks(range(len(sizes)), list(sizes.index))


def _legend(ax: Axes, *, columns: int) -> None:
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns)
