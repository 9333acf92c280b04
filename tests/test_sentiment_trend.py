"""Shares, their intervals and marked changes, on messages whose trend is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.sentiment.trend import by_group, over_time


def months(*counts: tuple[int, int, int], first: str = "2026-01") -> pd.DataFrame:
    """Return messages of successive months with so many negative, neutral and positive ones."""
    labels = ("negative", "neutral", "positive")
    parts = [
        pd.DataFrame({"sent_at": month.start_time, "sentiment": np.repeat(labels, found)})
        for month, found in zip(pd.period_range(first, periods=len(counts), freq="M"), counts, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def values(frame: pd.DataFrame, measure: str) -> list[float]:
    return frame.loc[frame["measure"] == measure, "value"].tolist()


def test_shares_and_net_of_every_month():
    found = over_time(months((10, 20, 70), (30, 30, 40))).periods
    assert values(found, "positive") == [0.7, 0.4]
    assert values(found, "net") == pytest.approx([0.6, 0.1])
    assert found["period"].unique().tolist() == list(pd.to_datetime(["2026-01-01", "2026-02-01"]))
    # Wilson's interval for 70 of 100
    assert found.loc[2, ["low", "high"]].tolist() == pytest.approx([0.6042, 0.7811], abs=1e-4)


def test_a_change_is_marked_once_and_said_in_words():
    steady = [(100, 100, 300)] * 6
    found = over_time(months(*steady, (200, 100, 200), *steady)).changes
    assert found["what"].tolist()[:2] == [
        "July 2026: 40% negative, more than the 20% of the 3 months before",
        "July 2026: 40% positive, fewer than the 60% of the 3 months before",
    ]
    assert found["period"].min() == pd.Timestamp("2026-07-01")


def test_noise_is_seldom_marked():
    rng = np.random.default_rng(0)
    chances = [0.2, 0.2, 0.6]
    trends = [over_time(months(*rng.multinomial(80, chances, 24))) for _ in range(60)]
    assert sum(len(trend.changes) > 0 for trend in trends) <= 8


def test_a_significant_change_that_nobody_would_act_on_is_not_marked():
    steady = (20_000, 20_000, 60_000)
    assert over_time(months(steady, steady, steady, (22_000, 20_000, 58_000))).changes.empty


def test_months_of_few_messages_and_gaps_are_never_marked():
    gap = [(0, 0, 0)] * 4
    assert over_time(months((10, 10, 80), *gap, (80, 10, 10))).changes.empty
    assert over_time(months(*[(2, 2, 25)] * 3, (25, 2, 2))).changes.empty


@pytest.mark.parametrize(
    ("freq", "said"),
    [("day", "31 January 2026:"), ("week", "week of 26 January 2026:"), ("quarter", "Q1 2026:"), ("year", "2026:")],
)
def test_every_kind_of_period_has_its_name(freq: str, said: str):
    kind = {"day": "D", "week": "W", "quarter": "Q", "year": "Y"}[freq]
    times = pd.period_range(end=pd.Period("2026-01-31", kind), periods=4).start_time
    rows = pd.DataFrame({"sent_at": np.repeat(times, 100), "sentiment": ["positive"] * 300 + ["negative"] * 100})
    assert over_time(rows, freq=freq).changes["what"].str.startswith(said).all()


def test_groups_are_told_apart():
    rows = months(*[(20, 20, 60)] * 3, (20, 20, 60))
    worse = rows.assign(sentiment=rows["sentiment"].mask(rows["sent_at"] >= pd.Timestamp("2026-04-01"), "negative"))
    both = pd.concat([rows.assign(channel="email"), worse.assign(channel="chat")])
    found = over_time(both, by="channel")
    assert found.changes["group"].unique().tolist() == ["chat"]
    assert found.changes["what"].iloc[0].startswith("chat, April 2026: 100% negative")
    assert len(found.periods) == 2 * 4 * 4


def test_small_groups_and_those_beyond_the_most_are_pooled():
    names = ["a"] * 50 + ["b"] * 40 + ["c"] * 30 + ["d"] * 5 + [None] * 35
    rows = pd.DataFrame({"product_id": pd.Series(names, dtype="str"), "sentiment": "positive"})
    found = by_group(rows, "product_id").drop_duplicates("group").set_index("group")["messages"]
    assert found.to_dict() == {"a": 50, "b": 40, "not known": 35, "c": 30, "others (1 group)": 5}
    few = by_group(rows, "product_id", most=2).drop_duplicates("group").set_index("group")["messages"]
    assert few.to_dict() == {"a": 50, "b": 40, "others (3 groups)": 70}


@given(st.tuples(*[st.integers(0, 300)] * 3).filter(any))
def test_values_lie_within_their_intervals_and_shares_add_up(counts: tuple[int, int, int]):
    found = over_time(months(counts)).periods
    assert (found["low"] <= found["value"] + 1e-12).all()
    assert (found["value"] <= found["high"] + 1e-12).all()
    assert found.loc[found["measure"] != "net", "value"].sum() == pytest.approx(1)


def test_nothing_and_wrong_input():
    assert over_time(months((1, 1, 1))[:0]).periods.empty
    assert by_group(pd.DataFrame({"channel": [], "sentiment": []}, dtype="str"), "channel").empty
    with pytest.raises(InputError, match="freq: 'monthly' is no period; allowed: day, week, month, quarter, year"):
        over_time(months((1, 1, 1)), freq="monthly")
    with pytest.raises(InputError, match="no column 'chanel'"):
        by_group(months((1, 1, 1)), "chanel")
