"""Two campaigns collide where they reach the same person on the same day of that person's clock."""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.governance.pressure.collisions import collisions
from workbench.governance.pressure.log import log_of

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.sampled_from(["x", "y", "z", ""])))


def log(rows, **more):
    frame = pd.DataFrame(rows, columns=["customer_id", "hour", "campaign"]).assign(channel="sms")
    at = pd.Timestamp("2025-06-01") + pd.to_timedelta(frame["hour"].astype(float), unit="h")
    return log_of(frame.assign(at=at), **more)


def test_pairs_worked_by_hand():
    rows = [
        ("a", 9, "x"),
        ("a", 12, "y"),
        ("a", 13, "y"),
        ("a", 30, "x"),
        ("a", 31, "y"),
        ("b", 9, "y"),
        ("b", 40, "x"),
    ]
    rows += [("c", 9, "y"), ("c", 10, "z"), ("c", 11, "x"), ("d", 9, "x"), ("d", 10, "")]
    found = collisions(log(rows))
    assert found.pairs[["first", "second", "persons", "person_days"]].to_numpy().tolist() == [
        ["x", "y", 2, 3],
        ["x", "z", 1, 1],
        ["y", "z", 1, 1],
    ]
    assert found.pairs["audience_share"].tolist() == [2 / 3, 1.0, 1.0]  # x reached four, y three, z one
    assert (found.pairs_total, found.persons, found.person_days) == (3, 2, 3)
    assert found.note == "1 of 12 touches have no campaign and collide with nothing."


def test_the_day_is_that_of_the_person():
    rows = [("a", 1, "x"), ("a", 20, "y")]
    assert collisions(log(rows)).person_days == 1
    assert collisions(log(rows, timezone="America/New_York")).person_days == 0  # May 31st, and June 1st


def test_names_stand_for_ids_where_they_tell_campaigns_apart():
    named = pd.DataFrame({"campaign_id": list("vwxy"), "name": ["News", "<b>Sale</b>", "Sale", "Sale"]})
    found = collisions(log([("a", 9, campaign) for campaign in "vwxyz"], campaigns=named))
    assert {*found.pairs["first"], *found.pairs["second"]} == {"News", "<b>Sale</b>", "Sale (x)", "Sale (y)", "z"}


def test_channels_are_those_of_both_campaigns():
    rows = {
        "customer_id": "a",
        "at": pd.Timestamp("2025-06-01 10:00"),
        "channel": ["sms", "email"],
        "campaign": ["x", "y"],
    }
    assert collisions(log_of(pd.DataFrame(rows))).pairs["channels"].tolist() == ["email, sms"]


def test_twenty_are_kept_and_all_are_counted():
    rows = [(f"p{i}", 9, f"c{j}") for i in range(3) for j in range(10)] + [("p0", 40, "c8"), ("p0", 41, "c9")]
    found = collisions(log(rows))
    assert (len(found.pairs), found.pairs_total) == (20, 45)
    assert found.pairs.loc[0, ["first", "second", "person_days"]].tolist() == ["c8", "c9", 4]


def test_of_very_many_campaigns_the_most_used_are_paired():
    rows = [(f"p{i}", 9, f"c{i:04}") for i in range(2_001)] + [("q", 9, "c0001"), ("q", 9, "c2000"), ("q", 9, "c0001")]
    found = collisions(log(rows))
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [["c0001", "c2000"]]
    assert found.note == "Of 2,001 campaigns, only the 2,000 with the most touches were paired."


def test_nothing_collides_without_campaigns():
    found = collisions(log([("a", 9, ""), ("a", 10, "")]))
    assert (len(found.pairs), found.pairs_total, found.persons) == (0, 0, 0)
    assert list(found.pairs) == ["first", "second", "channels", "persons", "person_days", "audience_share"]
    assert collisions(log([])).note == ""


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_pairs_are_those_of_a_count_by_sets(rows):
    met, on = Counter(), {}
    for who, hour, campaign in rows:
        on.setdefault((who, hour // 24), set()).update({campaign} - {""})
    met.update(pair for campaigns in on.values() for pair in combinations(sorted(campaigns), 2))
    found = collisions(log(rows))
    days = found.pairs.set_index(["first", "second"])["person_days"].to_dict()
    persons = {pair: len({who for (who, _), c in on.items() if {*pair} <= c}) for pair in met}
    assert days == met
    assert found.pairs.set_index(["first", "second"])["persons"].to_dict() == persons
    assert (found.person_days, found.pairs_total) == (np.sum([len(c) > 1 for c in on.values()]), len(met))
