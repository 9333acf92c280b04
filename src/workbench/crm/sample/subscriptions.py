"""Plans that some customers hold, and the leads that customers came from.

A plan ends by a hazard for each month, whose drivers and sizes are known.

In: people with their states, orders.   Out: subscriptions; leads; days not yet turned into times.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import Facts, Floats, Ints, SampleMarket, generator, read_data

_MONTH_DAYS = 365.25 / 12


def draw_subscriptions(people: pd.DataFrame, orders: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return the plans (who, started, ended as days, plan, price); the end is NaN where the data ends first."""
    facts = read_data("process.yaml")["subscriptions"]
    rng = generator(seed, market, "subscriptions")
    holds = (people["_role"] != "dormant") & (rng.random(len(people)) < facts["holder_share"])
    who = people.index[holds].to_numpy()
    started = people["_signup_day"].to_numpy()[who] + rng.uniform(0.1, 60, len(who))
    who, started = who[started < market.horizon - 1], started[started < market.horizon - 1]
    plan = pd.Series(rng.choice(list(facts["plan_share"]), len(who), p=list(facts["plan_share"].values())), dtype="str")
    ended = np.full(len(who), np.nan)
    for month in range(int((market.horizon - started.min()) / _MONTH_DAYS) + 1):
        start = started + month * _MONTH_DAYS
        hazard = np.exp(_log_hazard(month, start, who, plan, people, orders, facts))
        leaves = np.isnan(ended) & (rng.random(len(who)) < 1 - np.exp(-hazard))
        ended[leaves] = start[leaves] + rng.uniform(0, _MONTH_DAYS, leaves.sum())
    price = (plan.map(facts["price"]) * market.order_value).round(market.decimals)
    return pd.DataFrame({"who": who, "started": started, "ended": ended, "plan": plan, "price": price})


def _log_hazard(
    month: int, start: Floats, who: Ints, plan: pd.Series, people: pd.DataFrame, orders: pd.DataFrame, facts: Facts
) -> Floats:
    size = facts["log_hazard"]
    fading, lost = (start > people[name].to_numpy()[who] for name in ("_fades_day", "_lost_day"))
    trouble = orders[orders["trouble"]]
    begins = pd.Series(start, index=who).reindex(trouble["who"]).to_numpy()
    recent = ((trouble["day"] > begins - 90) & (trouble["day"] <= begins)).to_numpy()
    troubled = np.isin(who, trouble["who"][recent])
    log_hazard: Floats = (
        facts["first_log_hazard"]
        + plan.map({**size, "basic": 0.0}).to_numpy(dtype=np.float64)
        + size["after_first_year"] * (month >= 12)
        + np.select([lost, fading], [size["lost"], size["fading"]], 0.0)
        + size["trouble_in_90_days"] * troubled
    )
    return log_hazard


def draw_leads(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return leads (who or none, created, converted as days, source, cost) in time order."""
    facts, channels = read_data("process.yaml")["leads"], read_data("process.yaml")["customers"]
    rng = generator(seed, market, "leads")
    came = (people["_role"] != "dormant") & (rng.random(len(people)) < facts["converted_share"])
    converted = people["_signup_day"][came].to_numpy()
    others = round(len(converted) * facts["unconverted_per_converted"])
    source = rng.choice(list(channels["channel_share"]), others, p=list(channels["channel_share"].values()))
    leads = pd.DataFrame(
        {
            "who": pd.array([*people.index[came], *[None] * others], dtype="Int64"),
            "created": np.concatenate([converted - rng.exponential(6, len(converted)), rng.uniform(1, 1090, others)]),
            "converted": np.concatenate([converted, np.full(others, np.nan)]),
            "source": np.concatenate([people["acquisition_channel"][came].to_numpy(dtype=object), source]),
        }
    )
    cost = leads["source"].map(channels["channel_cost"]) * market.order_value * 0.4 * rng.uniform(0.7, 1.3, len(leads))
    return leads.assign(cost=cost.round(market.decimals)).sort_values("created", kind="stable", ignore_index=True)
