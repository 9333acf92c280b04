"""How does sentiment change, where does it differ, and how satisfied are those who gave no rating?

In: scored messages.   Out: tidy frames of shares with 95 % intervals, and marked changes in words.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Trend:
    """Sentiment by period, and the periods in which it changed markedly.

    `periods`: group, period (first day), measure (negative, neutral, positive, net), value, low, high, messages.
    `changes`: group, period, measure, value, before, p (Holm), what (a sentence).
    """

    periods: pd.DataFrame
    changes: pd.DataFrame


def over_time(scored: pd.DataFrame, *, freq: str = "month", by: str | None = None) -> Trend:
    """Return shares per day, week, month, quarter or year, and which periods differ from the three before."""
    raise NotImplementedError


def by_group(scored: pd.DataFrame, column: str, *, most: int = 20) -> pd.DataFrame:
    """Return group, measure, value, low, high and messages for the values of a column; small groups are pooled."""
    raise NotImplementedError


def satisfaction(scored: pd.DataFrame, *, held_out: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return name, value, low, high, messages and note: ratings, and sentiment against ratings."""
    raise NotImplementedError


def agreement(scored: pd.DataFrame) -> pd.DataFrame:
    """Return rating, sentiment, messages and their share of that rating, on the messages that have both."""
    raise NotImplementedError
