"""The sample's markets and its calendar: what differs between markets, and how simulated days become UTC times.

In: `markets.yaml`, days as numbers (0.0 is the start of 2023-01-01 in the market).   Out: `SampleMarket`; UTC times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Facts = dict[str, Any]

START = pd.Timestamp("2023-01-01")
END = pd.Timestamp("2026-01-01")
DAYS = (END - START).days

# Shops sleep at night: the share of a day that has passed is spread over the hours from 7 to 23, most towards evening.
_SHARE_OF_DAY = np.array([0.00, 0.08, 0.33, 0.62, 0.95, 1.00])
_LOCAL_HOUR = np.array([7.0, 9.0, 12.5, 17.5, 22.0, 23.0])


@dataclass(frozen=True, kw_only=True)
class SampleMarket:
    """What is particular to one market of the sample; `size` is its share of the customers asked for."""

    name: str
    prefix: str
    country: str
    country_name: str
    languages: Mapping[str, float]
    regime: str
    timezone: str
    currency: str
    decimals: int
    size: float
    rate_per_day: float
    fade_days: float
    order_value: float
    trouble_share: float
    transfers: Mapping[str, str | None]
    season: list[float]

    @cached_property
    def horizon(self) -> float:
        """The day on which the data ends: 2025-12-31 24:00 UTC, which west of Greenwich is an evening."""
        local = END.tz_localize("UTC").tz_convert(self.timezone).tz_localize(None)
        offset_hours = (local - END) / pd.Timedelta(hours=1)
        return DAYS - 1 + float(np.interp(24 + min(offset_hours, 0), _LOCAL_HOUR, _SHARE_OF_DAY))

    def utc(self, day: Floats) -> pd.Series:
        """Turn simulated days into naive UTC times, to the second; NaN and days past the horizon become NaT."""
        known = np.where(day < self.horizon, day, np.nan)
        whole = np.floor(known)
        hours = np.interp(known - whole, _SHARE_OF_DAY, _LOCAL_HOUR)
        seconds = pd.Series(np.floor(whole * 86400 + hours * 3600))
        local = START.as_unit("s") + pd.to_timedelta(seconds, unit="s")
        return local.dt.tz_localize(self.timezone).dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")

    def season_on(self, day: Floats) -> Floats:
        """Return the factor on the order rate for each day."""
        months = (START + pd.to_timedelta(np.arange(DAYS + 1), unit="D")).month.to_numpy()
        factors: Floats = np.array(self.season)[months - 1][np.clip(day, 0, DAYS).astype(int)]
        return factors


def read_markets() -> list[SampleMarket]:
    """Read the six markets that ship with the package.

    >>> [market.name for market in read_markets()]
    ['germany', 'france', 'brazil', 'japan', 'united_states', 'india']
    """
    return [SampleMarket(name=name, **values) for name, values in read_data("markets.yaml").items()]


@cache
def read_data(name: str) -> Facts:
    """Read a data file that ships beside this module."""
    text = resources.files("workbench.crm.sample").joinpath(name).read_text(encoding="utf-8")
    values: Facts = yaml.safe_load(text)
    return values


def generator(seed: int, market: SampleMarket, topic: str) -> np.random.Generator:
    """Return a stream of random numbers of its own, so that no topic moves when another draws more."""
    return np.random.default_rng([seed, *market.name.encode(), *topic.encode()])
