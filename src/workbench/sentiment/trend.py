"""How does sentiment change, and where does it differ?

In: scored messages.   Out: tidy frames of shares with 95 % intervals, and marked changes in words.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.errors import InputError, did_you_mean
from workbench.intervals import FEWEST, holm, wilson
from workbench.sentiment.labels import LABELS
from workbench.sentiment.quality import column

PERIODS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
_BEFORE = 3
# Of many messages even a change that nobody would act on is significant.
_LEAST_CHANGE = 0.03
_SURE = 0.05
_Interval = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class Trend:
    """Sentiment by period, and the periods in which it changed markedly.

    `periods`: group, period (its first day), measure (negative, neutral, positive, net), value, low, high, messages.
    `changes`: group, period, measure, value, before, p (Holm) and what, a sentence; in the order of time.
    """

    periods: pd.DataFrame
    changes: pd.DataFrame


def over_time(scored: pd.DataFrame, *, freq: str = "month", by: str | None = None) -> Trend:
    """Return shares of sentiment per day, week, month, quarter or year, and the periods that differ from those before.

    `net` is the share of positive less that of negative messages. Shares have Wilson's interval, net the one that
    follows from two of these (Newcombe, 1998). A change is marked where the share of negative or positive messages
    differs from that of the three periods before by at least three points and by more than chance (two-proportion test,
    Holm's p below 0.05 over all that were tested); 30 messages are needed in the period and in those before. What the
    model takes wrongly is in all of these shares, mostly alike in every period. An InputError names a wrong `freq`.
    """
    if freq not in PERIODS:
        raise InputError(f"freq: {freq!r} is no period; allowed: {', '.join(PERIODS)}{did_you_mean(freq, PERIODS)}")
    rows = scored[column(scored, "sentiment").notna() & column(scored, "sent_at").notna()]
    names = "all" if by is None else column(rows, by).astype("str").fillna("not known")
    when = pd.to_datetime(rows["sent_at"], utc=True).dt.tz_localize(None).dt.to_period(PERIODS[freq])
    counts = pd.crosstab([pd.Series(names, index=rows.index), when], rows["sentiment"])
    counts = counts.reindex(columns=list(LABELS), fill_value=0).rename_axis(["group", "period"])
    changes = _changes(counts.astype(float), freq)
    periods = _tidy(counts.reset_index(), ["group", "period"])
    return Trend(periods=periods.assign(period=periods["period"].dt.to_timestamp()), changes=changes)


def by_group(scored: pd.DataFrame, by: str, *, most: int = 20) -> pd.DataFrame:
    """Return group, measure (as in `over_time`), value, low, high and messages for the values of a column.

    The largest groups come first, at most so many; those of fewer than 30 messages, and the rest, are pooled as 'others
    (12 groups)'. An InputError names a column that is not there.

    >>> scored = pd.DataFrame({"channel": ["email"] * 40 + ["chat", "social"], "sentiment": "positive"})
    >>> by_group(scored, "channel").query("measure == 'positive'")["group"].tolist()
    ['email', 'others (2 groups)']
    """
    rows = scored[column(scored, "sentiment").notna()]
    names = column(rows, by).astype("str").fillna("not known")
    sizes = names.value_counts()
    small = sizes.index[(sizes < FEWEST) | (np.arange(len(sizes)) >= most)]
    others = f"others ({len(small)} group{'s' * (len(small) > 1)})"
    counts = pd.crosstab(names.mask(names.isin(small), others).rename("group"), rows["sentiment"])
    counts = counts.reindex(columns=list(LABELS), fill_value=0)
    order = [name for name in sizes.index if name not in small] + [others] * bool(len(small))
    return _tidy(counts.reindex(order).reset_index(), ["group"])


def _tidy(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Turn counts of labels into measure, value, low, high and messages, four rows for one."""
    found, messages = counts[list(LABELS)].to_numpy(float), counts[list(LABELS)].sum(axis=1).to_numpy()
    shares = {label: wilson(found[:, place], messages) for place, label in enumerate(LABELS)}
    shares["net"] = _net(shares["positive"], shares["negative"])
    parts = [
        counts[keys].assign(measure=name, value=value, low=low, high=high, messages=messages)
        for name, (value, low, high) in shares.items()
    ]
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def _net(positive: _Interval, negative: _Interval) -> _Interval:
    """Return the difference of two shares of the same messages, with low and high (Newcombe, 1998, method 10)."""
    (p, p_low, p_high), (q, q_low, q_high) = positive, negative
    spread = np.sqrt(p * (1 - p) * q * (1 - q))
    correlation = np.divide(-p * q, spread, out=np.zeros_like(p), where=spread > 0)
    down, up = ((p - p_low, q_high - q), (p_high - p, q - q_low))
    below, above = (np.sqrt(a**2 + b**2 - 2 * correlation * a * b) for a, b in (down, up))
    return p - q, np.maximum(p - q - below, -1), np.minimum(p - q + above, 1)


def _changes(counts: pd.DataFrame, freq: str) -> pd.DataFrame:
    tests = [row for name, own in counts.groupby(level="group") for row in _tested(str(name), own.droplevel("group"))]
    columns = ["group", "period", "measure", "value", "before", "p"]
    rows = pd.DataFrame(tests, columns=columns).astype({"value": float, "before": float, "p": float})
    rows["p"] = holm(rows["p"].to_numpy())
    rows = rows[(rows["p"] < _SURE) & ((rows["value"] - rows["before"]).abs() >= _LEAST_CHANGE)]
    rows = rows.sort_values(["period", "group"], kind="stable").reset_index(drop=True)
    rows["what"] = [_sentence(row, freq) for row in rows.itertuples()]
    return rows.assign(period=pd.PeriodIndex(rows["period"], freq=PERIODS[freq]).to_timestamp())


def _tested(name: str, counts: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return group, period, measure, share, share before and p of every period that can be compared."""
    every = counts.reindex(pd.period_range(counts.index.min(), counts.index.max()), fill_value=0.0)
    earlier = every.rolling(_BEFORE).sum().shift()
    after, before = every.sum(axis=1), earlier.sum(axis=1)
    enough = (after >= FEWEST) & (before >= FEWEST) & earlier.notna().all(axis=1)
    found: list[tuple[Any, ...]] = []
    for measure in ("negative", "positive"):
        now, then = every[measure] / after.where(enough), earlier[measure] / before.where(enough)
        pooled = (every[measure] + earlier[measure]) / (after + before)
        error = np.sqrt(pooled * (1 - pooled) * (1 / after + 1 / before))
        p = 2 * norm.sf(((now - then).abs() / error.where(error > 0))[enough].fillna(0))
        found += zip(
            [name] * len(p), every.index[enough], [measure] * len(p), now[enough], then[enough], p, strict=True
        )
    return found


def _sentence(row: Any, freq: str) -> str:
    first = row.period.start_time
    day = f"{first.day} {first:%B %Y}"
    written = {"quarter": f"Q{first.quarter} {first.year}", "month": f"{first:%B %Y}", "year": f"{first:%Y}"}
    where = "" if row.group == "all" else f"{row.group}, "
    way = "more" if row.value > row.before else "fewer"
    change = f"{row.value:.0%} {row.measure}, {way} than the {row.before:.0%} of the {_BEFORE} {freq}s before"
    return f"{where}{written.get(freq, day if freq == 'day' else f'week of {day}')}: {change}"
