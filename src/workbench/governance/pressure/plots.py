"""How much are people sent, when, what follows from it, and what would a cap cost?

In: frames of `Pressure`.   Out: figures.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

from workbench import charts

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY = charts.PALETTE
_WORDS = {"unsubscribed": ("unsubscribed", _RED, "o"), "converted": ("converted", _BLUE, "s")}
_LONGEST = 40
_LOST, _AVOIDED, _LEAST = "conversions_lost_share", "unsubscribes_avoided_share", 0.01
_TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)


def plot_peaks(peaks: pd.DataFrame, *, cap: int | None, ax: Axes | None = None) -> Axes:
    """Draw how many persons had which most in 30 days (peak, persons), and the cap; the tail is pooled."""
    ax = charts.axes(ax)
    last = max(_LONGEST, 2 * (cap or 0))
    persons = peaks["persons"].groupby(peaks["peak"].clip(upper=last)).sum()
    over = persons.index > (cap or np.inf)
    for those, colour, label in ((~over, _BLUE, None), (over, _RED, "over the cap")):
        ax.bar(persons.index[those], persons[those], color=colour, label=label if those.any() else None)
    if cap is not None:
        ax.axvline(cap + 0.5, color="black", linewidth=1, linestyle="--", label=f"cap: {cap} in 30 days")
        ax.legend(loc="upper right")
    pooled = f"; {last} stands for {last} and more" if len(peaks) and peaks["peak"].max() > last else ""
    ax.set(xlabel=f"most touches of a person within 30 days{pooled}", ylabel="persons")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    return ax


def plot_hours(by_hour: pd.DataFrame, *, quiet: tuple[int, int], ax: Axes | None = None) -> Axes:
    """Draw the touches by hour of the person's day (channel, hour, touches), stacked by channel, quiet hours shaded."""
    ax = charts.axes(ax)
    hours = np.arange(24)
    sizes = by_hour.pivot_table(index="hour", columns="channel", values="touches", aggfunc="sum", fill_value=0)
    sizes = sizes.reindex(index=hours, fill_value=0)
    sizes, start = _largest(sizes), np.zeros(24)
    for colour, (channel, size) in zip(charts.PALETTE, sizes.items(), strict=False):
        ax.bar(hours + 0.5, size, bottom=start, width=0.9, color=colour, label=_short(channel))
        start = start + size.to_numpy()
    for place, (begin, end) in enumerate(_stretches(*quiet)):
        ax.axvspan(begin, end, color="#808080", alpha=0.25, linewidth=0, label="quiet hours" if not place else None)
    ax.set(xlabel="hour on the person's clock", ylabel="touches", xlim=(0, 24))
    ax.set_xticks(range(0, 25, 3))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    _legend(ax)
    return ax


def plot_response(by_pressure: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of touches after which people unsubscribed or bought, by how many came in the 30 days before.

    `by_pressure` has outcome, received_before, share, low and high (95 %); what rests on too few persons is not drawn.
    """
    ax = charts.axes(ax)
    names = list(dict.fromkeys(by_pressure["received_before"]))
    names.sort(key=lambda name: int(name.rstrip("+").partition("-")[0]))
    for shift, (outcome, rows) in zip((-0.08, 0.08), by_pressure.dropna().groupby("outcome", sort=False), strict=False):
        label, colour, marker = _WORDS[str(outcome)]
        places = np.array([names.index(name) for name in rows["received_before"]]) + shift
        arms = np.clip([rows["share"] - rows["low"], rows["high"] - rows["share"]], 0, None)
        ax.errorbar(places, rows["share"], yerr=arms, fmt=f"{marker}-", color=colour, markersize=5, label=label)
    ax.set_xticks(range(len(names)), names)
    ax.set(xlabel="touches received in the 30 days before", ylabel="share of touches", ylim=(0, None))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    _legend(ax)
    return ax


def plot_caps(caps: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what each cap would at most have avoided (unsubscribes) and lost (conversions), as shares of all.

    `caps` is of `what_caps_cost`; each point is a cap and bears its number, open where priority decides; those of the
    house are ringed, and all of them together are a star. Caps that would have avoided and lost less than one in a
    hundred are left out. Both axes go by the square root.
    """
    ax = charts.axes(ax)
    known = caps[caps[[_LOST, _AVOIDED]].notna().all(axis=1) & (caps[[_LOST, _AVOIDED]].max(axis=1) >= _LEAST)]
    _draw_alone(known[known["cap"].notna()], ax=ax)
    _mark_house(known[known["house"]], ax=ax)
    top = 1.08 * max([_LEAST, *known[[_LOST, _AVOIDED]].to_numpy().ravel()])
    ax.plot([0, top], [0, top], color="black", linewidth=0.8, linestyle=":", label="as much as is lost")
    ax.set(xlabel="conversions lost, at most (both axes by the square root)", ylabel="unsubscribes avoided, at most")
    # By the square root, caps that take little lie apart, and nothing lost still has a place.
    root = (lambda share: np.sqrt(np.clip(share, 0, None)), np.square)
    ax.set(xlim=(0, top), ylim=(0, top))
    ax.set_xscale("function", functions=root)
    ax.set_yscale("function", functions=root)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([tick for tick in _TICKS if tick <= top]))
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    _legend(ax, columns=2)
    return ax


def _draw_alone(caps: pd.DataFrame, *, ax: Axes) -> None:
    """Draw a line for each window, with numbers on the side where the other windows are not."""
    windows = list(dict.fromkeys(caps["window"]))
    sums = caps.groupby("window")[[_AVOIDED, _LOST]].sum()
    top = (sums[_AVOIDED] / sums[_LOST]).idxmax() if windows else ""
    for (window, by_priority), rows in caps.groupby(["window", "by_priority"], sort=False):
        colour = charts.PALETTE[windows.index(window)]
        face, how = ("none", "by priority") if by_priority else (colour, "by time")
        label = f"cap per {window}, {how}"
        ax.plot(rows[_LOST], rows[_AVOIDED], "o-", color=colour, markerfacecolor=face, linewidth=1, label=label)
        beside, align = ((-7, 5), "right") if window == top else ((7, -11), "left")
        for cap, *at in [] if by_priority else zip(rows["cap"], rows[_LOST], rows[_AVOIDED], strict=True):
            ax.annotate(f"{cap}", (at[0], at[1]), beside, textcoords="offset points", color=colour, ha=align)


def _mark_house(caps: pd.DataFrame, *, ax: Axes) -> None:
    """Ring the caps of the house, in order of time, and draw all of them together as a star, open by priority."""
    together, ranked = caps["cap"].isna(), caps["by_priority"]
    for rows, marker, face, label in (
        (caps[~together & ~ranked], "o", "none", "cap of the house"),
        (caps[together & ~ranked], "*", "black", "all caps of the house together, by time"),
        (caps[together & ranked], "*", "none", "all caps of the house together, by priority"),
    ):
        if len(rows):
            ax.plot(rows[_LOST], rows[_AVOIDED], f"k{marker}", markersize=12, markerfacecolor=face, label=label)


def _largest(sizes: pd.DataFrame) -> pd.DataFrame:
    """Keep a column for each colour: the smallest channels together are 'others'."""
    ordered = sizes[sizes.sum().sort_values(ascending=False).index]
    if ordered.shape[1] <= len(charts.PALETTE):
        return ordered
    kept = ordered.iloc[:, : len(charts.PALETTE) - 1]
    return kept.assign(others=ordered.iloc[:, len(charts.PALETTE) - 1 :].sum(axis=1))


def _stretches(start: int, end: int) -> list[tuple[int, int]]:
    if start == end:
        return []
    return [(start, end)] if start < end else [(start, 24), (0, end)]


def _short(name: object) -> str:
    text = str(name) or "no channel"
    return text if len(text) < 25 else f"{text[:24]}…"


def _legend(ax: Axes, *, columns: int = 3) -> None:
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize="small")
