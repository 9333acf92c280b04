"""What customers are sent: campaigns and touches, opens, clicks and conversions, and unsubscribing under pressure.

Campaigns are sent in the order of the calendar; each touch counts how many the customer received in the 30 days before
it, and the odds of unsubscribing from the channel rise with each of them by a known factor.

In: people with their states, orders.   Out: campaigns; touches in time order, days not yet turned into times.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import DAYS, START, Facts, Flags, Floats, Ints, SampleMarket, generator, read_data

CHANNELS = ("email", "push", "sms")
_EVERY_DAYS = {"email": 7, "push": 14, "sms": 28}
_FIRST_DAY = {"email": 3, "push": 5, "sms": 9}
_HIGH_SEASON = (11, 12)


def draw_campaigns(market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return the campaigns by day: regular ones for each channel, and further e-mails before the holidays."""
    rng = generator(seed, market, "campaigns")
    first, every = _FIRST_DAY, _EVERY_DAYS
    days = [(day, channel) for channel in CHANNELS for day in range(first[channel], DAYS - 1, every[channel])]
    days += [(day, "email") for day in range(6, DAYS - 1, 7) if _month(day) in _HIGH_SEASON]
    campaigns = pd.DataFrame(days, columns=["day", "channel"]).sort_values(["day", "channel"], ignore_index=True)
    names = campaigns["channel"] + (START + pd.to_timedelta(campaigns["day"], unit="D")).dt.strftime(" %Y-%m-%d")
    ids = [f"{market.prefix}-C{number:03d}" for number in range(1, len(names) + 1)]
    cost = campaigns["channel"].map({"email": 2.0, "push": 1.0, "sms": 6.0}) * market.order_value
    return campaigns.assign(
        campaign_id=ids,
        name=names,
        priority=rng.integers(1, 4, len(ids)),
        cost=(cost * rng.uniform(0.8, 1.2, len(ids))).round(market.decimals),
    )


def draw_touches(
    people: pd.DataFrame, orders: pd.DataFrame, campaigns: pd.DataFrame, market: SampleMarket, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the touches (who, campaign, channel, day, … as days) and people with `_subscribed_<channel>`."""
    facts = read_data("process.yaml")["touches"]
    people = _subscribe(people, facts["subscribed_share"], generator(seed, market, "subscribing"))
    sent = _send(people, campaigns, facts, generator(seed, market, "sending"))
    touches = _respond(sent, people, facts, generator(seed, market, "responding"))
    return _attribute(touches, orders, facts, generator(seed, market, "attributing")), people


def _subscribe(people: pd.DataFrame, shares: dict[str, float], rng: np.random.Generator) -> pd.DataFrame:
    dormant = people["_role"] == "dormant"
    chosen = {
        channel: people["_contacted"] & (rng.random(len(people)) < shares[channel]) & ~(dormant & (channel != "email"))
        for channel in CHANNELS
    }
    people = people.assign(**{f"_subscribed_{channel}": flags for channel, flags in chosen.items()})
    return people.assign(_contact_level=rng.beta(2, 2, len(people)))


def _send(people: pd.DataFrame, campaigns: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    """Send one campaign after the other; who has unsubscribed and how many touches each has had is carried along."""
    signup, fades, level = (people[column].to_numpy() for column in ("_signup_day", "_fades_day", "_contact_level"))
    silent = (people["_role"] == "dormant").to_numpy()
    subscribed = {channel: people[f"_subscribed_{channel}"].to_numpy(copy=True) for channel in CHANNELS}
    received = np.zeros((len(campaigns) + 1, len(people)), dtype=np.int16)  # touches before each campaign
    windows = np.searchsorted(campaigns["day"], campaigns["day"] - facts["pressure_days"])
    sent = []
    for number, (channel, day) in enumerate(zip(campaigns["channel"], campaigns["day"], strict=True)):
        reached = rng.random(len(people)) < 2 * facts["breadth"][channel] * level
        who = np.flatnonzero(subscribed[channel] & (signup < day) & reached)
        pressure = received[number, who] - received[windows[number], who]
        leaves = rng.random(len(who)) < _unsubscribing(pressure, day > fades[who], facts)
        leaves &= ~silent[who]
        subscribed[channel][who[leaves]] = False
        received[number + 1] = received[number]
        received[number + 1, who] += 1
        sent.append((who, np.full(len(who), number), pressure, leaves, day + rng.uniform(0.1, 0.75, len(who))))
    names = ("who", "campaign", "pressure", "leaves", "day")
    touches = pd.DataFrame({name: np.concatenate([part[at] for part in sent]) for at, name in enumerate(names)})
    return touches.assign(channel=campaigns["channel"].to_numpy()[touches["campaign"]])


def _unsubscribing(pressure: Ints, fading: Flags, facts: Facts) -> Floats:
    base = facts["unsubscribe_base"]
    log_odds = np.log(base / (1 - base)) + facts["unsubscribe_log_odds_per_touch"] * pressure
    odds: Floats = np.exp(log_odds + facts["unsubscribe_log_odds_fading"] * fading)
    return odds / (1 + odds)


def _respond(sent: pd.DataFrame, people: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    who, day = sent["who"].to_numpy(), sent["day"].to_numpy()
    fading, lost = (day > people[column].to_numpy()[who] for column in ("_fades_day", "_lost_day"))
    engaged = facts["engagement"]
    willing = np.select([lost, fading], [engaged["lost"], engaged["fading"]], engaged["engaged"])
    is_sms = sent["channel"] == "sms"
    opens = rng.random(len(sent)) < sent["channel"].map(facts["open_share"]) * willing
    clicks = (opens | is_sms) & ~lost & (rng.random(len(sent)) < sent["channel"].map(facts["click_share"]))
    opens |= sent["leaves"] & ~is_sms
    opened = np.where(opens, day + rng.exponential(0.05, len(sent)), np.nan)
    after = np.where(is_sms, day, opened)
    return sent.assign(
        opened=opened,
        clicked=np.where(clicks, after + rng.exponential(0.01, len(sent)), np.nan),
        unsubscribed=np.where(sent["leaves"], after + rng.uniform(0.001, 0.01, len(sent)), np.nan),
        converted=np.nan,
    )


def _attribute(touches: pd.DataFrame, orders: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    """Credit part of the orders to the last touch before them; a touch does not cause an order in this sample."""
    touches = touches.sort_values("day", kind="stable", ignore_index=True)
    bought = orders.loc[~orders["is_return"] & (rng.random(len(orders)) < facts["attributed_share"]), ["who", "day"]]
    sent = touches[["who", "day"]].assign(touch=touches.index, sent_day=touches["day"])
    bought = bought.rename_axis("order").reset_index()
    credit = pd.merge_asof(bought, sent, on="day", by="who", allow_exact_matches=False).dropna(subset="touch")
    credit = credit[credit["day"] - credit["sent_day"] < facts["attribution_days"]].astype({"touch": int})
    credit = credit.drop_duplicates("touch").set_index("touch")
    credit = credit[~touches["leaves"].to_numpy()[credit.index]]
    wait = credit["day"] - credit["sent_day"]
    reopened = credit["sent_day"] + 0.3 * wait
    mailed = touches.loc[credit.index, "channel"] != "sms"
    touches.loc[credit.index[mailed], "opened"] = reopened[mailed]
    touches.loc[credit.index, "clicked"] = reopened + 0.3 * wait
    touches.loc[credit.index, "converted"] = credit["day"]
    touches["order"] = pd.Series(credit["order"], dtype="Int64").reindex(touches.index)
    return touches


def _month(day: int) -> int:
    return int((START + pd.Timedelta(days=day)).month)
