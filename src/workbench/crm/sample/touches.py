"""What customers are sent: campaigns and touches, opens, clicks and conversions, and unsubscribing under pressure.

Campaigns are sent in the order of the calendar; each touch counts how many the customer received in the 30 days before
it, and the odds of unsubscribing from the channel rise with each of them by a known factor.

In: people with their states, orders.   Out: campaigns; touches in time order, days not yet turned into times.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import DAYS, START, Facts, Flags, Floats, SampleMarket, generator, read_data

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
    names = [f"{c.channel} {START + pd.Timedelta(days=c.day):%Y-%m-%d}" for c in campaigns.itertuples()]
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
    rounds = _Rounds.start(people, campaigns, market, facts, generator(seed, market, "sending"))
    sent = pd.concat([rounds.send(number) for number in range(len(campaigns))], ignore_index=True)
    touches = _respond(sent, people, facts, generator(seed, market, "responding"))
    return _attribute(touches, orders, facts, generator(seed, market, "attributing")), people


def _subscribe(people: pd.DataFrame, shares: dict[str, float], rng: np.random.Generator) -> pd.DataFrame:
    reachable = people["_contacted"] & (people["_role"] != "dormant")
    chosen = {channel: reachable & (rng.random(len(people)) < shares[channel]) for channel in CHANNELS}
    people = people.assign(**{f"_subscribed_{channel}": flags for channel, flags in chosen.items()})
    return people.assign(_contact_level=rng.beta(2, 2, len(people)))


@dataclass(kw_only=True)
class _Rounds:
    """Sends one campaign after the other; who has unsubscribed and how many touches each has had is carried along."""

    campaigns: pd.DataFrame
    market: SampleMarket
    facts: Facts
    breadth: dict[str, float]
    rng: np.random.Generator
    signup: Floats
    fades: Floats
    level: Floats
    subscribed: dict[str, Flags]
    received: np.ndarray  # campaigns + 1 x people: touches before each campaign

    @classmethod
    def start(
        cls, people: pd.DataFrame, campaigns: pd.DataFrame, market: SampleMarket, facts: Facts, rng: np.random.Generator
    ) -> "_Rounds":
        return cls(
            campaigns=campaigns,
            market=market,
            facts=facts,
            breadth=facts["breadth"],
            rng=rng,
            signup=people["_signup_day"].to_numpy(),
            fades=people["_fades_day"].to_numpy(),
            level=people["_contact_level"].to_numpy(),
            subscribed={channel: people[f"_subscribed_{channel}"].to_numpy(copy=True) for channel in CHANNELS},
            received=np.zeros((len(campaigns) + 1, len(people)), dtype=np.int16),
        )

    def send(self, number: int) -> pd.DataFrame:
        channel, day = self.campaigns["channel"].iloc[number], int(self.campaigns["day"].iloc[number])
        reached = self.rng.random(len(self.signup)) < 2 * self.breadth[channel] * self.level
        who = np.flatnonzero(self.subscribed[channel] & (self.signup < day) & reached)
        window = np.searchsorted(self.campaigns["day"], day - self.facts["pressure_days"])
        pressure = self.received[number, who] - self.received[window, who]
        self.received[number + 1] = self.received[number]
        self.received[number + 1, who] += 1
        leaves = self.rng.random(len(who)) < self._unsubscribing(pressure, day > self.fades[who])
        self.subscribed[channel][who[leaves]] = False
        sent = day + self.rng.uniform(0.1, 0.75, len(who))
        return pd.DataFrame(
            {"who": who, "campaign": number, "channel": channel, "day": sent, "pressure": pressure, "leaves": leaves}
        )

    def _unsubscribing(self, pressure: np.ndarray, fading: Flags) -> Floats:
        base = self.facts["unsubscribe_base"]
        per_touch, by_fading = self.facts["unsubscribe_log_odds_per_touch"], self.facts["unsubscribe_log_odds_fading"]
        log_odds = np.log(base / (1 - base)) + per_touch * pressure + by_fading * fading
        return 1 / (1 + np.exp(-log_odds))


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
    credit = pd.merge_asof(bought.rename_axis("order").reset_index(), sent, on="day", by="who",
                           tolerance=float(facts["attribution_days"]), allow_exact_matches=False)  # fmt: skip
    credit = credit.dropna(subset="touch").drop_duplicates("touch").astype({"touch": int}).set_index("touch")
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
