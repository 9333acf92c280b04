"""How much are people sent, when, what follows from it, and what would a cap cost?

In: frames of `Pressure`.   Out: figures.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from workbench import charts

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY = charts.PALETTE
_WORDS = {"unsubscribed": ("unsubscribed", _RED, "o"), "converted": ("converted", _BLUE, "s")}
_LONGEST = 40
_LEAST = 0.01


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

    `caps` is of `what_caps_cost`; each point is a cap and bears its number, open where priority decides. Caps that
    would have avoided and lost less than one in a hundred are left out.
    """
    ax = charts.axes(ax)
    shares = caps[["conversions_lost_share", "unsubscribes_avoided_share"]]
    known = caps[shares.notna().all(axis=1) & (shares.max(axis=1) >= _LEAST)]
    windows = list(dict.fromkeys(known["window"]))
    for (window, by_priority), rows in known.groupby(["window", "by_priority"], sort=False):
        colour, below = charts.PALETTE[windows.index(window)], windows.index(window) % 2 == 0
        x, y = rows["conversions_lost_share"], rows["unsubscribes_avoided_share"]
        face, how = ("none", "by priority") if by_priority else (colour, "by time")
        ax.plot(x, y, "o-", color=colour, markerfacecolor=face, linewidth=1, label=f"cap per {window}, {how}")
        for cap, *at in [] if by_priority else zip(rows["cap"], x, y, strict=True):
            beside, align = ((6, -11), "left") if below else ((-6, 4), "right")
            ax.annotate(f"{cap}", (at[0], at[1]), beside, textcoords="offset points", color=colour, ha=align)
    top = 1.08 * max([_LEAST, *shares.loc[known.index].to_numpy().ravel()])
    ax.plot([0, top], [0, top], color="black", linewidth=0.8, linestyle=":", label="as much as is lost")
    ax.set(xlabel="conversions lost, at most", ylabel="unsubscribes avoided, at most", xlim=(0, top), ylim=(0, top))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    _legend(ax, columns=2)
    return ax


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
