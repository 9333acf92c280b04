"""The figures of what follows from value, each drawn from what its module returns.

In: concentration, grid, plan, channels, survival curves.   Out: matplotlib axes, for `charts.figure`.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from workbench import charts
from workbench.value.concentration import Concentration
from workbench.value.risk import RetentionPlan
from workbench.value.segments import RISKS, THIRDS

_BLUE, _ORANGE, _GREEN, _RED, _, _SKY = charts.PALETTE
_INK = "black"
_PERCENT = PercentFormatter(1, decimals=0)
_ORDERS = {"value saved": (_BLUE, "-"), "probability alone": (_ORANGE, "--"), "at random": (_INK, ":")}


def plot_lorenz(found: Concentration, *, ax: Axes | None = None) -> Axes:
    """Draw the share of value that the least valuable customers hold, against a world where all are worth the same."""
    ax = charts.axes(ax)
    curve = found.curve
    ax.plot([0, 1], [0, 1], color=_INK, linestyle="--", linewidth=1, alpha=0.6, label="all worth the same")
    ax.fill_between(curve["customers"], curve["value"], curve["customers"], color=_SKY, alpha=0.3, linewidth=0)
    ax.plot(curve["customers"], curve["value"], color=_BLUE, label=f"customers, Gini {found.gini:.2f}")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="customers, least valuable first", ylabel="share of value")
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.legend(loc="upper left")
    return ax


def plot_value_by_risk(grid: pd.DataFrame, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Draw the nine cells of `value_by_risk`: the darker, the more value; each with customers, value and what to do."""
    ax = charts.axes(ax)
    cells = grid.set_index(["value_third", "risk"])
    shares = cells["share_of_value"].unstack().loc[list(THIRDS), list(RISKS)].fillna(0).to_numpy()
    # Half transparent at most, so that letters in the page's colour stay readable in light and dark.
    tint = np.clip(shares / max(shares.max(), 1e-12), 0, 1) * 0.5
    for down, third in enumerate(THIRDS):
        for along, risk in enumerate(RISKS):
            ax.fill_between(
                [along - 0.5, along + 0.5], down - 0.5, down + 0.5, color=_BLUE, alpha=tint[down, along], linewidth=0
            )
            customers, value = (cells[name].astype(float)[third, risk] for name in ("customers", "value"))
            worth = f"{value:,.0f} {currency}".strip()
            said = f"{cells['action'][third, risk]}\n{customers:,.0f} customers\n{worth}"
            ax.text(along, down, said, ha="center", va="center", fontsize="small")
    ax.set_xticks(range(len(RISKS)), RISKS)
    ax.set_yticks(range(len(THIRDS)), THIRDS)
    ax.tick_params(length=0)
    ax.set(
        xlim=(-0.5, 2.5), ylim=(-0.5, 2.5), xlabel="risk of churn, against the thresholds", ylabel="value, by thirds"
    )
    return ax


def plot_survival(curve: pd.DataFrame, *, observed: pd.DataFrame | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mean chance to be still there (`mean_survival`), with its band, beside Kaplan-Meier.

    `observed`, as `survival_check` returns it, adds the share that stayed a year ago, with intervals.
    """
    ax = charts.axes(ax)
    month, survival, low, high, km = (
        np.concatenate([[start], curve[name]])
        for name, start in (("month", 0), ("survival", 1), ("low", 1), ("high", 1), ("kaplan_meier", 1))
    )
    ax.fill_between(month, low, high, color=_SKY, alpha=0.4, linewidth=0)
    ax.plot(month, survival, color=_BLUE, label="this model, 95 % interval")
    ax.plot(month, km, color=_ORANGE, linestyle="--", label="Kaplan-Meier")
    if observed is not None:
        arms = np.clip([observed["observed"] - observed["low"], observed["high"] - observed["observed"]], 0, None)
        label = "stayed, of those a year ago"
        ax.errorbar(observed["month"], observed["observed"], yerr=arms, fmt="o", color=_GREEN, label=label)
    ax.set(ylim=(0, 1.02), xlabel="months from now", ylabel="still holding a subscription")
    ax.set_xlim(0, 1.02 * month.max())
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.legend(loc="lower left")
    return ax


def plot_acquisition(channels: pd.DataFrame, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Draw CAC and CLTV of every channel (`acquisition`) with 95 % intervals; a cost that is not known has no mark."""
    ax = charts.axes(ax)
    looks = {
        "cac": ("cost to win a customer", _RED, "s", 0.12),
        "cltv": ("value of a customer", _BLUE, "o", -0.12),
    }
    places = np.arange(len(channels))
    for name, (label, colour, shape, shift) in looks.items():
        value, low, high = (channels[f"{name}{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
        arms = np.nan_to_num(np.clip([value - low, high - value], 0, None))
        ax.errorbar(value, places + shift, xerr=arms, fmt=shape, color=colour, label=label)
    ax.set_yticks(places, channels["channel"])
    ax.invert_yaxis()
    ax.set_xlabel(f"a customer, {currency}" if currency else "a customer, in the market's currency")
    ax.axvline(0, color=_INK, linewidth=0.8, alpha=0.5)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def plot_plan(plan: RetentionPlan, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Draw the value saved against what the contacts cost, in three orders; the upright line is the budget."""
    ax = charts.axes(ax)
    for name, own in plan.curves.groupby("order", sort=False):
        colour, line = _ORDERS[str(name)]
        ax.plot(own["cost"], own["value_saved"], color=colour, linestyle=line, label=str(name))
    ax.axhline(0, color=_INK, linewidth=0.8, alpha=0.5)
    if 0 < plan.budget <= plan.curves["cost"].max():
        ax.axvline(plan.budget, color=_GREEN, linewidth=1, label="budget")
    unit = f", {currency}" if currency else ""
    ax.set(xlabel=f"spent on contacts{unit}", ylabel=f"value saved, less cost{unit}")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax
