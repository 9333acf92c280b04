"""How much electricity does being contacted take, by channel?

In: how many touches each channel had; `energy.yaml`.   Out: a frame with low, middle and high: orders of magnitude.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import yaml

from workbench.governance.pressure.log import RESPONSES, Log
from workbench.governance.rows import folded

_LEVELS = ("low", "middle", "high")
COLUMNS = (
    "channel",
    "touches",
    *(f"wh_per_touch_{level}" for level in _LEVELS),
    *(f"kwh_{level}" for level in _LEVELS),
    "covers",
    "source",
)
_UNKNOWN = "not known: no factor for this channel"


def energy_of(log: Log) -> pd.DataFrame:
    """Return the electricity of all touches of a log by channel, the most frequent first; see `energy_by_channel`.

    With opened, clicked, converted and unsubscribed: how many touches led to it; missing where the CRM does not say.
    """
    counts = np.bincount(log.channel, minlength=len(log.channels))
    found = energy_by_channel(dict(zip(log.channels, counts.tolist(), strict=True)))
    for name in RESPONSES:
        led = getattr(log, name)
        each = np.full(len(counts), np.nan) if led is None else np.bincount(log.channel[led], minlength=len(counts))
        found[name] = found["channel"].map(dict(zip(log.channels, each.astype(float), strict=True))).astype(float)
    return found


def energy_by_channel(touches: Mapping[str, int]) -> pd.DataFrame:
    """Return channel, touches, Wh per touch and kWh in all (low, middle, high), what is covered and the sources.

    A touch takes its kilobytes times the intensity of network and data centre, and the seconds that a device shows it.
    Low and high take every part at its low or high end: the truth is hardly outside, and nobody knows it to better than
    an order of magnitude. NaN for a channel without a factor, such as post or calls.

    >>> found = energy_by_channel({"email": 1000, "post": 10}).set_index("channel")
    >>> found.loc["email", ["wh_per_touch_low", "wh_per_touch_middle", "wh_per_touch_high"]].round(4).tolist()
    [0.0015, 0.0156, 0.3236]
    >>> found.loc["post", "source"]
    'not known: no factor for this channel'
    """
    rows = [_row(channel, count) for channel, count in sorted(touches.items(), key=lambda item: (-item[1], item[0]))]
    numbers = {name: "float64" for name in COLUMNS if name.startswith(("wh_", "kwh_"))}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers | {"touches": "int64"})


def wh_per_touch(channels: Iterable[str]) -> dict[str, float]:
    """Return the watt-hours (middle) of a touch on each channel that has a factor.

    >>> {channel: round(wh, 4) for channel, wh in wh_per_touch(["email", "post", "SMS"]).items()}
    {'email': 0.0156, 'SMS': 0.0009}
    """
    return {channel: _wh(channel)[1] for channel in channels if _factor(channel)}


def _row(channel: str, touches: int) -> tuple[Any, ...]:
    each, factor = _wh(channel), _factor(channel)
    said = (factor["covers"], factor["source"].strip()) if factor else ("nothing", _UNKNOWN)
    return (channel, touches, *each, *(touches * value / 1000 for value in each), *said)


def _wh(channel: str) -> tuple[float, float, float]:
    """Return watt-hours per touch: low, middle, high; NaN where the channel has no factor."""
    factor = _factor(channel)
    if factor is None:
        return (np.nan,) * 3
    parts = {name: np.array(factor[name], dtype=float) for name in ("kilobytes", "seconds", "watts")}
    per_gigabyte = np.array(factor["network"]) + np.array(factor["data_centre"])
    # Kilobytes are a millionth of a gigabyte, and kWh a thousand Wh.
    low, middle, high = parts["kilobytes"] * per_gigabyte / 1000 + parts["seconds"] * parts["watts"] / 3600
    return float(low), float(middle), float(high)


def _factor(channel: str) -> dict[str, Any] | None:
    name = folded(channel)
    return next((row for key, row in _factors().items() if name == key or name in row["also"]), None)


@cache
def _factors() -> dict[str, dict[str, Any]]:
    text = resources.files("workbench.governance.pressure").joinpath("energy.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return found
