"""The figures of a sentiment report, each drawn from a plain tidy frame.

In: frames as `quality`, `choose`, `learning_curve`, `over_time` and `terms` return them.   Out: matplotlib axes, for
`charts.figure`.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from workbench import charts
from workbench.sentiment.curve import Curve
from workbench.sentiment.labels import LABELS
from workbench.sentiment.trend import Trend

_BLUE, _ORANGE, _GREEN, _RED, _, _SKY = charts.PALETTE
_INK = "black"
_PERCENT = PercentFormatter(1)
# label: colour and marker, so that neither has to be told apart alone; blue and red would be told apart worse in grey
_LOOKS = {"negative": (_RED, "v"), "neutral": (_SKY, "s"), "positive": (_BLUE, "^"), "net": (_INK, "o")}


def plot_confusion(counts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which share of each truth was taken for what; each field has its share and number of messages."""
    ax = charts.axes(ax)
    cells = counts.set_index(["truth", "predicted"])
    # As patches rather than an image: the page may be light or dark, and so the fields have to be see-through.
    for row, truth in enumerate(LABELS):
        for place, predicted in enumerate(LABELS):
            share, messages = cells.loc[(truth, predicted), ["share", "messages"]].to_numpy(float)
            colour, strength = _BLUE if row == place else _ORANGE, 0.0 if np.isnan(share) else 0.6 * share
            ax.add_patch(Rectangle((place - 0.5, row - 0.5), 1, 1, color=colour, alpha=strength, linewidth=0))
            text = "none" if np.isnan(share) else f"{share:.0%}\n({messages:,.0f})"
            ax.text(place, row, text, ha="center", va="center")
    ax.set(xlim=(-0.5, 2.5), ylim=(2.5, -0.5), xlabel="sentiment by the model", ylabel="truth")
    ax.set_xticks(range(len(LABELS)), LABELS)
    ax.set_yticks(range(len(LABELS)), LABELS)
    return ax


def plot_quality(
    figures: pd.DataFrame,
    *,
    metric: str = "accuracy",
    target: float | None = None,
    top: int = 15,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric of the largest groups with 95 % intervals, largest on top; groups of too few messages say so."""
    ax = charts.axes(ax)
    rows = figures[figures["metric"] == metric].head(top).reset_index(drop=True)
    ax.errorbar(rows["value"], rows.index, xerr=_error(rows, "value"), fmt="o", color=_BLUE, linewidth=1.5)
    _name_groups(ax, rows, few=rows["value"].isna())
    _aim(ax, target)
    if metric.startswith(("accuracy", "recall")):
        ax.xaxis.set_major_formatter(_PERCENT)
    ax.set_xlabel(metric.replace("_", " ").replace("f1", "F1"))
    return ax


def plot_reliability(bins: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how often messages are right against how sure the model was of them; the dashed line is as it should be."""
    ax = charts.axes(ax)
    ax.axline((0, 0), slope=1, color=_INK, linewidth=1, linestyle="--", alpha=0.6)
    ax.errorbar(bins["confidence"], bins["accuracy"], yerr=_error(bins, "accuracy"), fmt="o-", color=_BLUE)
    ax.set(xlim=(0.3, 1.01), ylim=(0, 1.02), xlabel="confidence of the model", ylabel="messages that are right")
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.yaxis.set_major_formatter(_PERCENT)
    return ax


def plot_coverage(rows: pd.DataFrame, *, target: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the accuracy of the messages that are kept against their share, as the least confident ones are left out."""
    ax = charts.axes(ax)
    ax.fill_between(rows["share"], rows["low"], rows["high"], color=_SKY, alpha=0.4, linewidth=0)
    ax.plot(rows["share"], rows["accuracy"], "o-", color=_BLUE, markersize=4, label="accuracy, 95 % interval")
    if target is not None:
        ax.axhline(target, color=_INK, linestyle="--", linewidth=1, alpha=0.6, label=f"target {target:.0%}")
    ax.set(xlim=(1.01, 0), xlabel="share of messages kept, the surest", ylabel="right among those kept")
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.yaxis.set_major_formatter(_PERCENT)
    _legend(ax)
    return ax


def plot_curve(curve: Curve, *, ax: Axes | None = None) -> Axes:
    """Draw accuracy against the number of labelled messages to learn from, and the fitted curve beyond."""
    ax = charts.axes(ax)
    line, points = curve.line, curve.points
    ax.fill_between(line["messages"], line["low"], line["high"], color=_SKY, alpha=0.4, linewidth=0)
    ax.plot(line["messages"], line["accuracy"], color=_SKY, label="fitted curve")
    arms = _error(points, "accuracy")
    ax.errorbar(points["messages"], points["accuracy"], yerr=arms, fmt="o", color=_BLUE, label="measured")
    ax.axhline(curve.target, color=_INK, linestyle="--", linewidth=1, alpha=0.6, label=f"target {curve.target:.0%}")
    ax.set(xlabel="labelled messages to learn from", ylabel="accuracy on later messages")
    if len(points):
        ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter("")
    ax.yaxis.set_major_formatter(_PERCENT)
    _legend(ax)
    return ax


def plot_over_time(trend: Trend, *, group: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw shares of sentiment over time with 95 % intervals; a ring marks periods that differ from the three before.

    `group` is one of the trend's; by default its first.
    """
    ax = charts.axes(ax)
    name = trend.periods["group"].iloc[0] if group is None and len(trend.periods) else group
    rows, changes = (frame[frame["group"] == name] for frame in (trend.periods, trend.changes))
    for measure in LABELS:
        own, (colour, marker) = rows[rows["measure"] == measure], _LOOKS[measure]
        ax.fill_between(own["period"], own["low"], own["high"], color=colour, alpha=0.2, linewidth=0)
        ax.plot(own["period"], own["value"], f"{marker}-", color=colour, markersize=4, label=measure)
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": _INK, "s": 120, "zorder": 3}
    if len(changes):
        ax.scatter(changes["period"], changes["value"], label="marked change", **ring)
    ax.set_ylabel("share of messages")
    ax.set_xlabel("sent")
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    _legend(ax)
    return ax


def plot_candidates(table: pd.DataFrame, *, target: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the accuracy of every model with 95 % intervals against its energy per 1,000 messages; the chosen is filled.

    Where the energy of a model was not measured, models stand side by side instead.
    """
    ax = charts.axes(ax)
    # A logarithmic axis needs a point to stand on.
    measured = bool((table["joules_per_1000"] > 0).all() and table["accuracy"].notna().any())
    across = table["joules_per_1000"] if measured else pd.Series(range(len(table)), index=table.index)
    arms = _error(table, "accuracy")
    for place, (x, y) in enumerate(zip(across.to_numpy(float), table["accuracy"].to_numpy(float), strict=True)):
        name, chosen = table["model"].iloc[place], bool(table["chosen"].iloc[place])
        fill = _BLUE if chosen else "none"
        ax.errorbar(x, y, yerr=arms[:, [place]], fmt="o", color=_BLUE, markerfacecolor=fill, markersize=8)
        note = f"{name} (chosen)" if chosen else str(name)
        ax.annotate(note, (x, y), xytext=(8, 5), textcoords="offset points", fontsize="small")
    if target is not None:
        ax.axhline(target, color=_INK, linestyle="--", linewidth=1, alpha=0.6, label=f"target {target:.0%}")
        _legend(ax)
    ax.margins(x=0.3)
    if measured:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("")
    else:
        ax.set_xticks([])
    ax.set_xlabel("J per 1,000 messages" if measured else "energy not measured for every model")
    ax.set_ylabel("accuracy on held-out messages")
    ax.yaxis.set_major_formatter(_PERCENT)
    return ax


def plot_by_group(
    rows: pd.DataFrame, *, measure: str = "net", target: float | None = None, top: int = 15, ax: Axes | None = None
) -> Axes:
    """Draw one measure of `by_group` for the first groups with 95 % intervals, in the order of the frame."""
    ax = charts.axes(ax)
    rows = rows[rows["measure"] == measure].head(top).reset_index(drop=True)
    colour, marker = _LOOKS[measure]
    ax.errorbar(rows["value"], rows.index, xerr=_error(rows, "value"), fmt=marker, color=colour, linewidth=1.5)
    _name_groups(ax, rows, few=rows["value"].isna())
    _aim(ax, target)
    if measure == "net":
        ax.axvline(0, color=_INK, linewidth=0.8, alpha=0.5)
    ax.set_xlabel("positive less negative messages" if measure == "net" else f"share of {measure} messages")
    ax.xaxis.set_major_formatter(_PERCENT)
    return ax


def plot_agreement(rows: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what sentiment the model sees in the messages of every rating, as shares that add up to one."""
    ax = charts.axes(ax)
    shares = rows.pivot(index="rating", columns="sentiment", values="share").reindex(columns=list(LABELS))
    messages = rows.groupby("rating")["messages"].sum()
    places, left = list(range(len(shares))), np.zeros(len(shares))
    for label in LABELS:
        ax.barh(places, shares[label], left=left, color=_LOOKS[label][0], height=0.7, label=label)
        for place, share, start in zip(places, shares[label], left, strict=True):
            if share >= 0.08:
                ink = _INK if label == "neutral" else "white"
                ax.text(start + share / 2, place, f"{share:.0%}", ha="center", va="center", color=ink, fontsize="small")
        left = left + shares[label].to_numpy()
    ax.set_yticks(places, [f"{rating:g} ({size:,})" for rating, size in messages.items()])
    ax.set(xlim=(0, 1), xlabel="share of the messages with that rating", ylabel="rating (messages)")
    ax.xaxis.set_major_formatter(_PERCENT)
    _legend(ax)
    return ax


def plot_terms(rows: pd.DataFrame, *, top: int = 10, ax: Axes | None = None) -> Axes:
    """Draw the strongest terms for and against, each beside its bar; `rows` has term, direction and contribution.

    A term stands across the zero line from its bar, where any script has room: letters that the drawing's own font
    lacks are wider in the reader's than they are measured here.
    """
    ax = charts.axes(ax)
    size = rows["contribution"].abs()
    parts = [rows.loc[size[rows["direction"] == way].nlargest(top).index] for way in ("positive", "negative")]
    shown = pd.concat([parts[0], parts[1][::-1]]).reset_index(drop=True)
    for label, own in shown.groupby("direction", sort=False):
        ax.barh(own.index, own["contribution"], color=_LOOKS[str(label)][0], height=0.7, label=f"speaks for {label}")
    for place, (term, value) in enumerate(zip(shown["term"], shown["contribution"], strict=True)):
        side, shift = ("right", -4) if value > 0 else ("left", 4)
        ax.annotate(term, (0, place), xytext=(shift, 0), textcoords="offset points", ha=side, va="center")
    widest = shown["contribution"].abs().max() * 1.1 if len(shown) else 1
    ax.axvline(0, color=_INK, linewidth=0.8)
    ax.set(xlim=(-widest, widest), ylim=(max(len(shown), 1) - 0.5, -0.5), xlabel="contribution (log-odds)")
    ax.set_yticks([])
    _legend(ax)
    return ax


def _error(rows: pd.DataFrame, value: str) -> np.ndarray:
    """Return the arms of the intervals low to high as matplotlib wants them; never negative."""
    return np.clip([rows[value] - rows["low"], rows["high"] - rows[value]], 0, None)


def _name_groups(ax: Axes, rows: pd.DataFrame, *, few: "pd.Series[bool]") -> None:
    names = zip(rows["group"], rows["messages"], few, strict=True)
    ax.set_yticks(rows.index, [f"{name} ({n:,}{', not enough' if lacks else ''})" for name, n, lacks in names])
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _aim(ax: Axes, target: float | None) -> None:
    if target is not None:
        ax.axvline(target, color=_INK, linestyle="--", linewidth=1, alpha=0.6, label=f"target {target:.0%}")
        _legend(ax)


def _legend(ax: Axes) -> None:
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
