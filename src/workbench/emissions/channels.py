"""What did a touch on each channel bring for the energy that it took?

In: touches by channel with what they led to and published energy a touch.   Out: a frame; exhibits.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.charts import Exhibits
from workbench.errors import InputError
from workbench.intervals import wilson
from workbench.words import counted, ranged

_NEEDED = ("channel", "touches", "wh_per_touch_low", "wh_per_touch_middle", "wh_per_touch_high", "source")
_RESPONSES = ("clicked", "converted", "unsubscribed")


def channels(touches: pd.DataFrame) -> pd.DataFrame:
    """Return for each channel its energy a touch, what touches led to, and the energy of one conversion.

    `touches` has channel, touches, wh_per_touch_low, _middle and _high, source, and, where the CRM knows them, counts
    of clicked, converted and unsubscribed. `<response>_share` has a 95 % interval (Wilson, 1927);
    wh_per_conversion_low and _high span both energy and share. What has no factor, or led to nothing, is missing. An
    InputError names a column that is missing.

    >>> sent = {"channel": ["email"], "touches": [1000], "converted": [10.0], "source": ["a study"]}
    >>> energy = {"wh_per_touch_low": [0.1], "wh_per_touch_middle": [0.2], "wh_per_touch_high": [0.4]}
    >>> found = channels(pd.DataFrame({**sent, **energy}))
    >>> found[["converted_share", "wh_per_conversion"]].values.tolist()
    [[0.01, 20.0]]
    """
    if missing := [name for name in _NEEDED if name not in touches]:
        raise InputError(f"channels: no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    found = touches[list(_NEEDED)].reset_index(drop=True)
    for name in _RESPONSES:
        count = touches[name].to_numpy(float) if name in touches else np.full(len(found), np.nan)
        ends = ("share", "share_low", "share_high")
        for end, values in zip(ends, wilson(count, found["touches"].to_numpy(float)), strict=True):
            found[f"{name}_{end}"] = values
    shares = {"": "", "_low": "_high", "_high": "_low"}
    for end, opposite in shares.items():
        share = found[f"converted_share{opposite}"].where(found["converted_share"] > 0)
        found[f"wh_per_conversion{end}"] = found[f"wh_per_touch{end or '_middle'}"] / share
    return found


def of_channels(touches: pd.DataFrame | None) -> Exhibits:
    """Show energy a touch and a conversion by channel; None: the notebook governance has not left any."""
    if touches is None or touches.empty:
        return {"channels": "Channels: not applicable, no touches were counted by the notebook governance."}
    found = channels(touches)
    shown = pd.DataFrame(
        {
            "channel": found["channel"],
            "touches": found["touches"],
            "wh_per_touch": _range(found, "wh_per_touch_middle", "wh_per_touch_low", "wh_per_touch_high", ".2g"),
            **{f"{name}_share": _range(found, *_ends(name), ".2%") for name in _RESPONSES},
            "wh_per_conversion": _range(
                found, "wh_per_conversion", "wh_per_conversion_low", "wh_per_conversion_high", ".2g"
            ),
            "source": found["source"],
        }
    )
    caption = "Energy of a touch, to an order of magnitude (low to high, from published figures), and what it led to"
    drawn: Exhibits = {}
    if found["wh_per_conversion"].notna().any():
        drawn = {"Energy of one conversion by channel, low to high, logarithmic": plot_channels(found)}
    return {**drawn, caption: shown, "unknown": _unknown(found)}


def plot_channels(found: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the watt-hours of one conversion by channel with its range, the thriftiest at the top."""
    ax = charts.axes(ax)
    rows = found.dropna(subset="wh_per_conversion").sort_values("wh_per_conversion", ignore_index=True)
    ends = (rows["wh_per_conversion"] - rows["wh_per_conversion_low"], rows["wh_per_conversion_high"])
    ax.errorbar(
        rows["wh_per_conversion"],
        rows.index,
        xerr=np.array([ends[0], ends[1] - rows["wh_per_conversion"]]),
        fmt="o",
        color=charts.PALETTE[0],
        capsize=3,
    )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_yticks(rows.index, rows["channel"])
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_xlabel("watt-hours a conversion")
    return ax


def _ends(name: str) -> tuple[str, str, str]:
    return f"{name}_share", f"{name}_share_low", f"{name}_share_high"


def _range(frame: pd.DataFrame, value: str, low: str, high: str, form: str) -> "pd.Series[str]":
    ends = frame[[value, low, high]].itertuples(index=False, name=None)
    return pd.Series([ranged(*row, form=form) for row in ends], index=frame.index, dtype="str")


def _unknown(found: pd.DataFrame) -> str:
    bare = found[found["wh_per_touch_middle"].isna()]
    lead = "What a touch led to is credited to it alone; what it caused, only a hold-out by lot can say."
    if bare.empty:
        return lead
    sent = counted(int(bare["touches"].sum()), "touch", "touches")
    return f"{lead} Energy is not known of {', '.join(bare['channel'])} ({sent}): no published factor is held."
