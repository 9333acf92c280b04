"""Nothing is sent to those who have said no: from the day after, by the law's grace, until they say yes again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance_case import case, keys, table
from workbench.governance.optout import optout_ignored, withdrawal_ignored
from workbench.law import Calendar

WITHDRAWAL = {"purpose": "marketing", "grace": {"days": 0}, "unsubscribed": True}
OPTOUT = {"kinds": ["objection", "opt_out"], "grace": {"days": 0}, "unsubscribed": False}


def consent(withdrawn=None, granted="2024-01-01", channel="email", customer="a", purpose="marketing"):
    said = {"customer_id": customer, "purpose": purpose, "lawful_basis": "consent", "channel": channel}
    return said | {"granted_at": granted, "withdrawn_at": withdrawn}


def touch(sent, channel="email", name="t", customer="a", **more):
    return {"touch_id": name, "customer_id": customer, "channel": channel, "sent_at": sent} | more


def request(received, kind="objection", customer="a"):
    return {"request_id": "r", "customer_id": customer, "kind": kind, "received_at": received}


def late(terms, check=withdrawal_ignored, **given):
    found = check(case(terms, **given))
    return dict(keys(found, "touch_id", "days_overdue"))


@pytest.mark.parametrize(
    ("sent", "days"),
    [
        ("2025-06-01 08:00", None),  # before it
        ("2025-06-01 23:59:59", None),  # on the day
        ("2025-06-02 00:00", 1),
        ("2025-06-11 12:00", 10),
    ],
)
def test_a_withdrawal_counts_from_the_day_after(sent, days):
    found = late(WITHDRAWAL, touches=[touch(sent)], consents=[consent("2025-06-01 09:00")])
    assert found == ({} if days is None else {"t": days})


@pytest.mark.parametrize(
    ("timezone", "sent", "days"),
    [
        ("Europe/Berlin", "2025-06-02 21:59:59", None),  # the local day of the withdrawal is June 2nd
        ("Europe/Berlin", "2025-06-02 22:00", 1),
        ("America/New_York", "2025-06-02 03:59:59", None),  # and June 1st
        ("America/New_York", "2025-06-02 04:00", 1),
    ],
)
def test_days_are_those_of_the_market(timezone, sent, days):
    consents = [consent("2025-06-01 22:30")]
    found = late(WITHDRAWAL, touches=[touch(sent)], consents=consents, timezone=timezone)
    assert found == ({} if days is None else {"t": days})


def test_a_day_on_which_the_clocks_change_ends_at_its_own_midnight():
    consents = [consent("2025-10-25 20:00")]  # Berlin, the evening before the day of 25 hours
    touches = [touch("2025-10-25 22:00", name="u"), touch("2025-10-26 22:59", name="v"), touch("2025-10-26 23:00")]
    found = late({**WITHDRAWAL, "grace": {"days": 1}}, touches=touches, consents=consents, timezone="Europe/Berlin")
    assert found == {"t": 1}


def test_grace_is_counted_by_the_calendar_of_the_law():
    terms, consents = {**WITHDRAWAL, "grace": {"business_days": 10}}, [consent("2025-12-19 10:00")]  # a Friday
    touches = [touch("2026-01-02 23:00", name="u"), touch("2026-01-05 00:00")]
    assert late(terms, touches=touches, consents=consents, countries=(), seen="2026-02-01") == {"t": 3}
    # Christmas and New Year are no business days in Singapore.
    touches = [touch("2026-01-06 23:00", name="u"), touch("2026-01-07 00:00")]
    given = {"calendar": Calendar(country="SG"), "seen": "2026-02-01"}
    assert late(terms, touches=touches, consents=consents, **given) == {"t": 1}


@pytest.mark.parametrize(
    ("rows", "email", "sms"),
    [
        ([consent("2025-06-01")], True, False),
        ([consent("2025-06-01", channel=None)], True, True),
        ([consent("2025-06-01", channel=None), consent(granted="2025-07-01")], False, True),  # agreed anew, to e-mail
        ([consent("2025-06-01"), consent(granted="2025-07-01", channel=None)], False, False),  # to all
        ([consent("2025-06-01"), consent(granted="2025-06-01")], True, False),  # no later than it
        ([consent("2025-06-01"), consent()], True, False),  # it ends every earlier grant
        ([consent("2025-06-01"), consent("2025-07-20", granted="2025-07-01")], True, False),  # and was withdrawn again
        ([consent("2025-06-01"), consent(granted="2025-08-02")], True, False),  # agreed after the touch
        ([consent("2025-06-01"), consent(granted="2025-07-01", customer="b")], True, False),
        ([consent("2025-06-01", purpose="service")], False, False),
        ([consent()], False, False),
    ],
)
def test_the_latest_event_wins(rows, email, sms):
    touches = [touch("2025-08-01", name="email"), touch("2025-08-01", "sms", name="sms")]
    assert sorted(late(WITHDRAWAL, touches=touches, consents=rows)) == ["email"] * email + ["sms"] * sms


def test_unsubscribing_ends_the_channel_where_the_law_takes_it_so():
    touches = [
        touch("2025-06-01", name="first", unsubscribed_at="2025-06-01 10:00"),
        touch("2025-06-02", name="second"),
        touch("2025-06-02", "sms", name="other"),
        touch("2025-07-02", name="after"),
    ]
    given = {"touches": touches, "consents": [consent(), consent(granted="2025-07-01")]}
    assert late(WITHDRAWAL, **given) == {"second": 1}
    assert late({**WITHDRAWAL, "unsubscribed": False}, **given) == {}


def test_of_two_refusals_the_first_counts_and_a_touch_is_accused_once():
    touches = [touch("2025-06-01", name="first", unsubscribed_at="2025-06-01 10:00"), touch("2025-06-11", name="late")]
    assert late(WITHDRAWAL, touches=touches, consents=[consent("2025-06-05"), consent("2025-06-06")]) == {"late": 10}


def test_an_objection_ends_all_channels_until_a_later_yes():
    touches = [
        touch("2025-06-02", name="email"),
        touch("2025-06-02", "sms", name="sms"),
        touch("2025-06-02", name="other", customer="b"),
        touch("2025-07-02", name="again"),
        touch("2025-07-02", "sms", name="not again"),
    ]
    rows = [consent(), consent(granted="2025-07-01")]
    given = {"touches": touches, "requests": [request("2025-06-01"), request("2025-01-01", "access", "b")]}
    assert set(late(OPTOUT, optout_ignored, consents=rows, **given)) == {"email", "sms", "not again"}
    assert set(late(OPTOUT, optout_ignored, **given)) == {"email", "sms", "again", "not again"}


def test_channels_may_have_a_grace_of_their_own():
    terms = {**OPTOUT, "grace": {"business_days": 15}, "channels": {"email": {"business_days": 10}}}
    touches = [touch(f"2025-06-{day}", channel, name=f"{channel} {day}") for day in (16, 17, 23, 24)
               for channel in ("email", "sms")]  # fmt: skip
    found = late(terms, optout_ignored, touches=touches, requests=[request("2025-06-02")], countries=())
    assert found == {"email 17": 1, "email 23": 7, "email 24": 8, "sms 24": 1}


def test_what_is_missing_is_not_evidenced():
    touches = [touch("2025-06-01", unsubscribed_at="2025-06-01 10:00")]
    assert withdrawal_ignored(case(WITHDRAWAL, consents=[consent("2025-06-01")])).verdict == "not evidenced"
    assert withdrawal_ignored(case(WITHDRAWAL, touches=touches)).verdict == "not evidenced"
    assert optout_ignored(case(OPTOUT, touches=touches, consents=[])).verdict == "not evidenced"
    breached = withdrawal_ignored(case(WITHDRAWAL, touches=[*touches, touch("2025-06-03", name="u")]))
    assert (breached.verdict, breached.note) == ("breached", "no table consents")


def test_where_nobody_said_no_there_is_no_duty_and_where_nothing_followed_it_is_met():
    touches = [touch("2025-06-01")]
    assert withdrawal_ignored(case(WITHDRAWAL, touches=touches, consents=[consent()])).verdict == "not applicable"
    assert withdrawal_ignored(case(WITHDRAWAL, touches=touches, consents=[])).verdict == "not applicable"
    assert optout_ignored(case(OPTOUT, touches=touches, consents=[], requests=[])).verdict == "not applicable"
    found = withdrawal_ignored(case(WITHDRAWAL, touches=touches, consents=[consent("2025-06-01 09:00")]))
    assert (found.verdict, found.looked_at) == ("met", 1)


def test_columns_that_may_be_missing_may_be_missing():
    consents = table("consents", [consent()], without=["channel", "withdrawn_at"])
    touches = table("touches", [touch("2025-06-01")], without=["unsubscribed_at"])
    assert withdrawal_ignored(case(WITHDRAWAL, touches=touches, consents=consents)).verdict == "not evidenced"


def test_a_withdrawal_counts_on_its_channel_however_that_is_written():
    given = {"consents": [consent("2025-03-01", channel="email")], "touches": [touch("2025-06-01", "Email")]}
    assert withdrawal_ignored(case(WITHDRAWAL, **given)).verdict == "breached"


START = datetime(2025, 1, 1)
MOMENTS = st.integers(0, 200).map(lambda hours: str(START + timedelta(hours=7 * hours)))
CHANNELS = st.sampled_from(["email", "sms"])
TOUCHES = st.lists(st.tuples(MOMENTS, CHANNELS), min_size=1, max_size=8)
CONSENTS = st.lists(st.tuples(MOMENTS, st.none() | MOMENTS, st.none() | CHANNELS), max_size=6)


def drawn(touches, consents):
    return {
        "touches": [touch(sent, channel, name=str(place)) for place, (sent, channel) in enumerate(touches)],
        "consents": [consent(withdrawn, granted, channel) for granted, withdrawn, channel in consents],
        "timezone": "America/New_York",
    }


def by_hand(touches, consents):
    """Say the rule again in plain Python: the last event before the touch decides, once its day is over."""
    found = set()
    for row in touches:
        known = [c for c in consents if c["channel"] in (None, row["channel"])]
        for ended in (c["withdrawn_at"] for c in known if c["withdrawn_at"]):
            again = any(ended < c["granted_at"] <= row["sent_at"] for c in known)
            if local(row["sent_at"]) > local(ended) and not again:
                found.add(row["touch_id"])
    return found


def local(time):
    return (datetime.fromisoformat(time) - timedelta(hours=5)).date()  # New York in winter, as all drawn times are


@settings(max_examples=30, deadline=None)
@given(touches=TOUCHES, consents=CONSENTS)
def test_withdrawals_are_found_as_by_hand_whatever_the_order_of_rows(touches, consents):
    given = drawn(touches, consents)
    found = late(WITHDRAWAL, **given)
    assert set(found) == by_hand(given["touches"], given["consents"])
    turned = {**given, "touches": given["touches"][::-1], "consents": given["consents"][::-1]}
    assert late(WITHDRAWAL, **turned) == found


@settings(max_examples=20, deadline=None)
@given(touches=TOUCHES, consents=CONSENTS, ended=MOMENTS, channel=st.none() | CHANNELS)
def test_a_further_withdrawal_never_lowers_the_accused(touches, consents, ended, channel):
    given = drawn(touches, consents)
    more = {**given, "consents": [*given["consents"], consent(ended, "2024-01-01", channel)]}
    assert late(WITHDRAWAL, **given).keys() <= late(WITHDRAWAL, **more).keys()
