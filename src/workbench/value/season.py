"""Which months are busy? A factor for each month from the history, and a clock that runs as fast as the season.

In: orders.   Out: `Season`: a factor a month, mean 1, with what is not known said.

The latest twelve months give each month's share of the year. From two years on it is the mean ratio of each month to
the centred moving average of twelve (classical decomposition), so that growth is not taken for season. All customers
count, new ones too: those who are new in the first months of a history are mostly not, and would pass for a season.
"""

from dataclasses import dataclass
from functools import cached_property

import ibis
import numpy as np
import pandas as pd
from ibis import _

from workbench.intervals import Z

_YEAR = 12
# Orders that stand behind each factor besides those observed: a month of few orders is drawn towards an even year.
_PRIOR = 30
# A start on the second day of a month still lets that month count as a whole one.
_TOLERANCE = pd.Timedelta(days=2)


@dataclass(frozen=True, eq=False, kw_only=True)
class Season:
    """How much is bought in each month, as a multiple of the average month.

    `months` has month (1 to 12), factor, low and high (95 %, from the counts) and orders; `known` is False, and all
    factors are 1, where the history is shorter than a year; `note` says what the factors rest on.
    """

    months: pd.DataFrame
    known: bool
    note: str

    @cached_property
    def factors(self) -> np.ndarray:
        """The factors of January to December."""
        return self.months["factor"].to_numpy(float)

    def days_back(self, cutoff: pd.Timestamp, days: int) -> np.ndarray:
        """Return the seasonal days between 0, 1, … `days` days before the cut-off and the cut-off."""
        passed = cutoff.normalize() - pd.to_timedelta(np.arange(1, days + 1), unit="D")
        return np.concatenate([[0.0], np.cumsum(self.factors[passed.month - 1])])

    def days_ahead(self, cutoff: pd.Timestamp, days: int) -> np.ndarray:
        """Return the seasonal days from the cut-off to 0, 1, … `days` days after it.

        >>> even_season("").days_ahead(pd.Timestamp("2024-01-01"), 3).tolist()
        [0.0, 1.0, 2.0, 3.0]
        """
        ahead = cutoff.normalize() + pd.to_timedelta(np.arange(days), unit="D")
        return np.concatenate([[0.0], np.cumsum(self.factors[ahead.month - 1])])


def daily_volume(orders: ibis.Table) -> pd.Series:
    """Return how many customers ordered on each day (orders of one customer and day are one), by day."""
    bought = orders.filter(orders.amount > 0).select("customer_id", day=orders.ordered_at.date()).distinct()
    counts = bought.group_by("day").aggregate(orders=_.count()).to_pyarrow().to_pandas()
    return pd.Series(counts["orders"].to_numpy(float), index=pd.DatetimeIndex(counts["day"])).sort_index()


def season(volume: pd.Series, *, as_of: pd.Timestamp) -> Season:
    """Return the season as it could be known on the day `as_of`, from the daily volume before it.

    Only whole months count. Fewer than twelve: every factor is 1 and the note says so.

    >>> days = pd.date_range("2023-01-01", "2023-12-31")
    >>> volume = pd.Series(np.where(days.month == 12, 200.0, 100.0), index=days)
    >>> found = season(volume, as_of=pd.Timestamp("2024-01-01"))
    >>> found.months["factor"].round(2).tolist()[-2:]
    [0.92, 1.84]
    """
    known = volume[volume.index < as_of]
    months = _whole_months(known, as_of)
    if len(months) < _YEAR:
        count = f"{len(months)} whole months"
        return even_season(f"no season: {count} of history, a year is needed; every month counts alike")
    if not months["orders"].iloc[-_YEAR:].sum() > 0:
        return even_season("no season: no orders within the latest twelve months; every month counts alike")
    detrended = len(months) >= 2 * _YEAR
    rates = _against_trend(months["rate"]) if detrended else months["rate"].iloc[-_YEAR:]
    raw = (rates / rates.mean()).groupby(pd.PeriodIndex(rates.index).month).mean().fillna(1.0)
    orders = months["orders"].groupby(pd.PeriodIndex(months.index).month).sum()
    factor = (raw * orders + _PRIOR) / (orders + _PRIOR)
    factor = factor / factor.mean()
    margin = Z * factor / np.sqrt(orders + _PRIOR)
    frame = pd.DataFrame(
        {"factor": factor, "low": (factor - margin).clip(lower=0), "high": factor + margin, "orders": orders}
    )
    way = "growth taken out" if detrended else "by the latest twelve: growth within the year is part of it"
    note = f"from {len(months)} whole months of history, {way}"
    return Season(months=frame.rename_axis("month").reset_index(), known=True, note=note)


def even_season(note: str) -> Season:
    """Return the season of a year in which every month counts alike."""
    nothing = np.full(_YEAR, np.nan)
    months = {"month": np.arange(1, _YEAR + 1), "factor": 1.0, "low": nothing, "high": nothing, "orders": nothing}
    return Season(months=pd.DataFrame(months), known=False, note=note)


def _whole_months(volume: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return orders and orders a day (`rate`) of each month that the history holds from its start to its end."""
    if volume.empty:
        return pd.DataFrame({"orders": [], "rate": []}, index=pd.PeriodIndex([], freq="M"))
    first = (volume.index[0] - _TOLERANCE).to_period("M") + 1
    last = as_of.to_period("M") - 1
    periods = pd.period_range(first, last, freq="M")
    orders = volume.groupby(pd.DatetimeIndex(volume.index).to_period("M")).sum().reindex(periods, fill_value=0.0)
    return pd.DataFrame({"orders": orders, "rate": orders / periods.days_in_month})


def _against_trend(rate: pd.Series) -> pd.Series:
    """Return the ratio of each month to the average of the year around it, for all but the first and last six."""
    weights = np.full(_YEAR + 1, 1 / _YEAR)
    weights[[0, -1]] /= 2
    trend = np.convolve(rate.to_numpy(float), weights, mode="valid")
    half = _YEAR // 2
    return rate.iloc[half:-half] / np.where(trend > 0, trend, np.nan)
