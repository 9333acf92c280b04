"""A cap, replayed on the log: never more than the cap in any window, and what holding back would have cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import crm
from workbench.errors import InputError
from workbench.governance.pressure.log import log_of, read_log
from workbench.governance.pressure.replay import replay, what_caps_cost

CAMPAIGNS = pd.DataFrame({"campaign_id": ["one", "two", "none"], "priority": [1, 2, np.nan]})
ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 24 * 12), st.sampled_from(["one", "two", "none", ""])), max_size=40
)


def log(rows, **more):
    frame = pd.DataFrame(rows, columns=["customer_id", "hour", "campaign"]).assign(channel="sms")
    at = pd.Timestamp("2025-10-20") + pd.to_timedelta(frame["hour"].astype(float), unit="h")
    return log_of(frame.assign(at=at), campaigns=CAMPAIGNS, **more)


def held(rows, *, cap=1, days=7, by_priority=False, **more):
    return replay(log(rows, **more), [(cap, days)], by_priority=by_priority).tolist()


def test_what_was_held_back_does_not_count_later():
    daily = [("a", 24 * day, "one") for day in range(15)]
    assert [day for day, back in enumerate(held(daily)) if not back] == [0, 7, 14]
    assert [day for day, back in enumerate(held(daily, cap=2)) if not back] == [0, 1, 7, 8, 14]


@pytest.mark.parametrize(
    ("campaigns", "sent"),
    [
        (["two", "one"], "one"),
        (["none", "two"], "two"),
        (["", "two"], "two"),
        (["none", ""], "none"),  # neither is known: in order of time
        (["one", "one"], "one"),
    ],
)
def test_within_a_day_the_lower_number_goes_first(campaigns, sent):
    rows = [("a", hour, campaign) for hour, campaign in enumerate(campaigns, 9)]
    kept = [campaign for campaign, back in zip(campaigns, held(rows, by_priority=True), strict=True) if not back]
    assert kept == [sent]
    assert held(rows) == [False, True]


def test_what_one_cap_holds_back_leaves_room_in_the_window_of_another():
    # The second of the first day is held back by the day's cap and does not count for the week's.
    given = log([("a", 9, "one"), ("a", 10, "one"), ("a", 33 + 9, "one"), ("a", 57 + 9, "one")])
    assert replay(given, [(1, 1), (2, 7)], by_priority=False).tolist() == [False, True, False, True]
    assert replay(given, [], by_priority=False).tolist() == [False] * 4


def test_priority_does_not_reach_over_days():
    rows = [("a", 9, "two"), ("a", 33, "one")]
    assert held(rows, by_priority=True) == [False, True]
    # 01:00 UTC is the evening before in New York, so that both are of one day there.
    assert held([("a", 20, "two"), ("a", 25, "one")], by_priority=True, timezone="America/New_York") == [True, False]


def test_a_touch_of_the_morning_counts_in_the_window_of_the_evening():
    # With two a week sent before, the evening's first campaign fits as the window has moved on, the morning's does not.
    rows = [
        ("a", 12, "one"),
        ("a", 13, "one"),
        ("a", 24 * 7 + 9, "two"),
        ("a", 24 * 7 + 20, "one"),
        ("a", 24 * 7 + 21, "one"),
    ]
    assert held(rows, cap=2, by_priority=True) == [False, False, True, False, False]


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 4), st.sampled_from([1, 2, 7]), st.booleans())
def test_no_window_of_what_is_sent_holds_more_than_the_cap(rows, cap, days, by_priority):
    given = log(rows, timezone="Europe/Berlin")
    back = replay(given, [(cap, days)], by_priority=by_priority)
    at = pd.to_datetime(given.at[~back], unit="us")
    sent = pd.Series(1, index=at).groupby(given.customer[~back])
    assert back.all() if cap == 0 else (sent.rolling(f"{days}D").sum() <= cap).all()
    # Nothing is held back without need: one more would have broken the cap in some window.
    for place in np.flatnonzero(back) if cap else ():
        mine = np.sort(np.append(given.at[~back & (given.customer == given.customer[place])], given.at[place]))
        most = max(((mine > end - days * 86_400_000_000) & (mine <= end)).sum() for end in mine)
        assert most > cap


@settings(max_examples=30, deadline=None)
@given(ROWS, st.dictionaries(st.sampled_from([1, 2, 7]), st.integers(0, 4)), st.booleans())
def test_of_several_caps_together_none_is_broken_and_none_holds_back_in_vain(rows, caps, by_priority):
    given = log(rows, timezone="Europe/Berlin")
    together = [(cap, days) for days, cap in caps.items()]
    back = replay(given, together, by_priority=by_priority)

    def broken(at):
        at = np.sort(at)
        return any(
            ((at > end - days * 86_400_000_000) & (at <= end)).sum() > cap for cap, days in together for end in at
        )

    for who in np.unique(given.customer):
        assert not broken(given.at[~back & (given.customer == who)])
    for place in np.flatnonzero(back):
        assert broken(np.append(given.at[~back & (given.customer == given.customer[place])], given.at[place]))
    assert replay(given, together[::-1], by_priority=by_priority).tolist() == back.tolist()


@settings(max_examples=20, deadline=None)
@given(ROWS, st.booleans())
def test_a_cap_without_end_holds_back_nothing(rows, by_priority):
    assert not any(held(rows, cap=10**18, days=30, by_priority=by_priority))


def test_the_cost_worked_by_hand():
    frame = pd.DataFrame({"customer_id": list("aaab"), "channel": ["sms", "push", "sms", "sms"]})
    frame = frame.assign(
        at=pd.to_datetime(["2025-06-01 09:00", "2025-06-01 10:00", "2025-06-03 10:00", "2025-06-01 10:00"])
    )
    frame = frame.assign(campaign=["two", "one", "none", "one"], opened=[True, True, False, True])
    frame = frame.assign(unsubscribed=[False, False, True, False])
    found = what_caps_cost(log_of(frame, campaigns=CAMPAIGNS), choices=[(1, 7)], wh_per_touch={"sms": 0.5})
    assert found[["cap", "window", "by_priority"]].to_numpy().tolist() == [[1, "7 days", False], [1, "7 days", True]]
    assert found["touches_held_back"].tolist() == [2, 2]
    assert found["held_back_share"].tolist() == [0.5, 0.5]
    assert found["persons_spared"].tolist() == [1, 1]
    assert found["opens_lost"].tolist() == [1, 1]
    assert found["opens_lost_share"].tolist() == pytest.approx([1 / 3] * 2)
    assert found["unsubscribes_avoided_share"].tolist() == [1.0, 1.0]
    assert found["held_back_top_priority_share"].tolist() == [0.5, 0.0]
    assert found["wh_saved"].tolist() == [0.5, 1.0]
    assert found[["clicks_lost", "clicks_lost_share", "conversions_lost"]].isna().all(axis=None)


def test_the_caps_of_the_house_are_each_there_once_and_once_all_together():
    given = log([("a", hour, "one") for hour in (9, 10, 42, 66)])
    found = what_caps_cost(given, house=[(8, 30), (1, 1), (2, 7)]).query("not by_priority")
    own = found[found["house"]]
    assert own["cap"].tolist() == [1, 2, 8, pd.NA]
    assert own["window"].tolist() == ["1 day", "7 days", "30 days", "1 in 1 day, 2 in 7 days, 8 in 30 days"]
    assert own["touches_held_back"].tolist() == [1, 2, 0, 2]
    assert (len(found), found.duplicated(["cap", "window"]).any()) == (8 + 2, False)
    assert what_caps_cost(given, house=[(3, 7)])["house"].sum() == 2  # one cap alone, by time and by priority


def test_without_priorities_there_is_nothing_to_go_by():
    frame = pd.DataFrame({"customer_id": "a", "at": pd.to_datetime(["2025-06-01"]), "channel": "sms"})
    found = what_caps_cost(log_of(frame))
    assert (len(found), found["by_priority"].any()) == (8, False)
    assert found[["held_back_top_priority_share", "wh_saved", "opens_lost"]].isna().all(axis=None)
    empty = what_caps_cost(log_of(frame.head(0)))
    assert (empty["touches_held_back"].sum(), empty["held_back_share"].isna().all()) == (0, True)


@pytest.mark.parametrize(("cap", "days"), [(-1, 7), (1, 0)])
def test_a_cap_that_is_none_is_refused(cap, days):
    with pytest.raises(InputError, match=f"cap: {cap} in {days} days; a cap is 0 or more, in 1 day or more"):
        held([("a", 1, "one")], cap=cap, days=days)


def test_in_the_sample_a_stricter_cap_holds_back_more_and_spares_more(sample_folder):
    given = read_log(crm.open(sample_folder).cut(["DE"]).tables, timezone="Europe/Berlin")
    found = what_caps_cost(given, house=[(1, 1), (3, 7), (8, 30)])
    assert (len(found), found["by_priority"].sum()) == (20, 10)
    together = found[found["cap"].isna()]
    assert (together["touches_held_back"] >= found.loc[found["house"], "touches_held_back"].max()).all()
    for _, part in found.groupby(["window", "by_priority"]):
        for column in ("touches_held_back", "persons_spared"):
            assert part.sort_values("cap")[column].is_monotonic_decreasing
    top = found.pivot(index=["window", "cap"], columns="by_priority", values="held_back_top_priority_share")
    assert not (top[True] > top[False]).any()


def test_a_cap_on_the_calls_of_a_bank(shared_data):
    # Moro, Cortez and Rita (2014): 41,188 clients and how often each was called in the campaign, here once a day.
    clients = pd.read_parquet(
        shared_data / "bank_marketing" / "bank_additional_full.parquet", columns=["campaign", "y"]
    )
    calls = clients["campaign"].to_numpy()
    day = np.concatenate([np.arange(n) for n in calls])
    frame = pd.DataFrame({"customer_id": np.repeat(np.arange(len(calls)), calls), "channel": "call"})
    last = np.zeros(len(day), dtype=bool)
    last[np.cumsum(calls) - 1] = clients["y"] == "yes"
    found = what_caps_cost(
        log_of(frame.assign(at=pd.Timestamp("2008-05-05 10:00") + pd.to_timedelta(day, unit="D"), converted=last)),
        choices=[(3, 30)],
    )
    sent = 3 * (calls // 30) + np.minimum(calls % 30, 3)
    assert (len(day), found.loc[0, "touches_held_back"]) == (105_754, (calls - sent).sum())
    reached = (calls - 1) % 30 < 3
    assert found.loc[0, "conversions_lost"] == (~reached & (clients["y"] == "yes")).sum()
