"""The log of touches: every touch once, by person and time, each on the clock of whom it reached."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance_case import table
from workbench import crm
from workbench.errors import InputError
from workbench.governance.pressure.clock import on_clock
from workbench.governance.pressure.log import Log, log_of, read_log


def touch(customer, sent, channel="email", **more):
    return {"touch_id": "t", "customer_id": customer, "channel": channel, "sent_at": sent} | more


def read(*touches, timezone="UTC", without=(), **tables):
    given = {name: table(name, rows) for name, rows in tables.items()}
    return read_log(given | {"touches": table("touches", touches, without=without)}, timezone=timezone)


def local(log):
    return [str(np.datetime64(int(at), "us"))[:16] for at in log.local_at]


def test_touches_lie_by_person_and_time_with_what_followed():
    log = read(
        touch("b", "2025-06-02 10:00", "SMS ", campaign_id="k2", clicked_at="2025-06-02 11:00"),
        touch("a", "2025-06-03 10:00", campaign_id="k1", opened_at="2025-06-04 10:00"),
        touch("a", "2025-06-01 10:00", "sms", campaign_id=" "),
        campaigns=[{"campaign_id": "k1", "name": "News", "priority": 2}, {"campaign_id": "k0", "name": "Unsent"}],
        without=["converted_at"],
    )
    assert (log.customer.tolist(), log.customers, log.channels) == ([0, 0, 1], 2, ("email", "sms"))
    assert (log.channel.tolist(), log.campaign.tolist()) == ([1, 0, 1], [-1, 0, 1])
    assert (log.opened.tolist(), log.clicked.tolist(), log.converted) == (
        [False, True, False],
        [False, False, True],
        None,
    )
    assert log.campaigns["campaign_id"].tolist() == ["k1", "k2"]
    assert log.campaigns["priority"].tolist()[0] == 2
    assert log.campaigns.loc[1, ["name", "priority"]].isna().all()


def test_each_person_has_their_own_clock_also_when_the_clocks_change():
    people = [{"customer_id": "a", "timezone": "America/New_York"}, {"customer_id": "b", "timezone": " "}]
    touches = [touch(who, at) for who in "abc" for at in ("2025-03-09 06:59", "2025-03-09 07:00", "2025-03-30 01:00")]
    log = read(*touches, timezone="Europe/Berlin", customers=people)
    assert local(log)[:3] == ["2025-03-09T01:59", "2025-03-09T03:00", "2025-03-29T21:00"]
    assert local(log)[3:6] == local(log)[6:] == ["2025-03-09T07:59", "2025-03-09T08:00", "2025-03-30T03:00"]
    assert (
        log.note
        == "Hours and days are those of each customer's timezone. 1 customer has none: taken to be Europe/Berlin."
    )


def test_a_timezone_that_does_not_exist_is_counted_and_shown_short():
    people = [
        {"customer_id": c, "timezone": z} for c, z in zip("abc", ["Mars/\n" + "x" * 90, "..", "Europe"], strict=True)
    ]
    log = read(touch("a", "2025-06-01 10:00"), timezone="Asia/Tokyo", customers=people)
    assert local(log) == ["2025-06-01T19:00"]
    assert "3 customers have one that does not exist, such as '..': taken to be Asia/Tokyo." in log.note
    with pytest.raises(InputError, match="timezone: 'Mars' is no IANA name"):
        read(touch("a", "2025-06-01 10:00"), timezone="Mars")


def test_nothing_sent_is_no_log_and_touches_of_nobody_are_left_out():
    assert read_log({}, timezone="UTC") is None
    assert read() is None
    assert read(touch(None, "2025-06-01 10:00")) is None
    log = read(touch(" ", "2025-06-01"), touch("a", "2025-06-01"), without=["campaign_id"])
    assert (log.customer.tolist(), log.campaign.tolist(), len(log.campaigns)) == ([0], [-1], 0)
    assert log.note.endswith(
        "1 touch without customer or time left out. No touch has a time of day: hours are not known."
    )


def test_a_channel_that_is_not_said_has_a_name_and_beyond_a_hundred_they_are_one():
    touches = [touch("a", "2025-06-01 10:00", f"c{i:03}") for i in range(150)]
    log = read(*touches, touch("a", "2025-06-01 10:00", None))
    assert (len(log.channels), "other channels" in log.channels) == (101, True)
    assert (log.channel == log.channels.index("other channels")).sum() == 51
    assert "no channel given" in read(touch("a", "2025-06-01 10:00", None)).channels


def test_the_log_of_a_crm_holds_the_rows_of_its_table(sample_folder):
    tables = crm.open(sample_folder).cut(["US"]).tables
    log, held = read_log(tables, timezone="America/New_York"), tables["touches"].to_pyarrow().to_pandas()
    order = held.sort_values(["customer_id", "sent_at"], ignore_index=True)
    assert log.at.tolist() == order["sent_at"].astype("datetime64[us]").astype("int64").tolist()
    assert log.customers == held["customer_id"].nunique()
    assert log.unsubscribed.sum() == held["unsubscribed_at"].notna().sum()
    names = log.campaigns["campaign_id"].to_numpy()[log.campaign]
    assert sorted(names) == sorted(held["campaign_id"])
    zone = order["sent_at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert log.local_at.tolist() == zone.astype("datetime64[us]").astype("int64").tolist()


ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu", "America/Sao_Paulo"]
MOMENTS = st.datetimes(pd.Timestamp("2005-01-01").to_pydatetime(), pd.Timestamp("2026-01-01").to_pydatetime())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(MOMENTS, st.integers(0, len(ZONES) - 1)), min_size=1, max_size=20))
def test_clocks_are_those_of_pandas(rows):
    at, zone = pd.DatetimeIndex([moment for moment, _ in rows]).as_unit("us"), np.array([zone for _, zone in rows])
    found = on_clock(at.asi8, zone, ZONES, at.min().date(), at.max().date())
    expected = [t.tz_localize("UTC").tz_convert(ZONES[z]).tz_localize(None) for t, z in zip(at, zone, strict=True)]
    assert pd.to_datetime(found, unit="us").tolist() == expected


def test_a_small_frame_makes_the_same_log_as_a_table():
    sent = pd.DataFrame(
        {"customer_id": ["b", "a", "a"], "at": pd.to_datetime(["2025-06-02", "2025-06-03", "2025-06-01"])}
    )
    sent = sent.assign(channel=["sms", "email", "sms"], campaign=["k2", "k1", " "], opened=[True, False, True])
    campaigns = pd.DataFrame({"campaign_id": ["k1"], "name": ["News"], "priority": [2.0]})
    log = log_of(sent, campaigns=campaigns)
    rows = [
        touch(r.customer_id, str(r.at), r.channel, campaign_id=r.campaign, opened_at=str(r.at) if r.opened else None)
        for r in sent.itertuples()
    ]
    other = read(*rows, campaigns=campaigns.to_dict("records"))
    for name in ("customer", "at", "local_at", "channel", "campaign", "opened"):
        assert getattr(log, name).tolist() == getattr(other, name).tolist()
        assert getattr(log, name).dtype == getattr(other, name).dtype
    pd.testing.assert_frame_equal(log.campaigns, other.campaigns)
    assert isinstance(log_of(sent.head(0)), Log)


def test_days_never_fall_within_a_person():
    # St John's went back from 0:01 to 23:01 on 2010-11-07.
    at = pd.to_datetime(["2010-11-07 02:30:00", "2010-11-07 02:30:30", "2010-11-07 02:32:00", "2010-11-07 04:00:00"])
    log = log_of(pd.DataFrame({"customer_id": "a", "at": at, "channel": "sms"}), timezone="America/St_Johns")
    assert [time[8:] for time in local(log)] == ["07T00:00", "07T00:00", "06T23:02", "07T00:30"]
    assert np.diff(log.local_day).tolist() == [0, 0, 0]
