"""What customers do between orders: visits that thin out when interest fades and all but end when a customer is lost.

In: people with their states, orders.   Out: activity by day.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import SampleMarket, generator, read_data


def draw_activity(people: pd.DataFrame, orders: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return visits (who, day, kind) in time order; each order is preceded by a login and a filled cart."""
    process = read_data("process.yaml")
    facts, states = process["activity"], process["customers"]
    rng = generator(seed, market, "activity")
    rate = people["_rate_per_day"] * facts["visits_per_order"] + facts["visits_base_per_day"]
    known_days = (market.horizon - people["_signup_day"]).where(people["_role"] != "dormant", 0.0).to_numpy()
    who = np.repeat(people.index, rng.poisson(rate * known_days))
    day = people["_signup_day"].to_numpy()[who] + rng.random(len(who)) * known_days[who]
    fading, lost = (day > people[column].to_numpy()[who] for column in ("_fades_day", "_lost_day"))
    still = np.select([lost, fading], [states["lost_activity_factor"], states["fading_activity_factor"]], 1.0)
    kept = rng.random(len(who)) < still
    kind = rng.choice(list(facts["kind_share"]), len(who), p=list(facts["kind_share"].values()))
    visits: pd.DataFrame = pd.DataFrame({"who": who, "day": day, "kind": kind}).loc[kept]
    bought = orders.loc[~orders["is_return"], ["who", "day"]]
    before = [bought.assign(day=bought["day"] - lead, kind=name) for name, lead in (("login", 2e-3), ("cart", 1e-3))]
    return pd.concat([visits, *before], ignore_index=True).sort_values("day", kind="stable", ignore_index=True)


def last_logins(people: pd.DataFrame, activity: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Add `_last_login_day`: as of the end of the data, for the dormant soon after signing up."""
    latest = activity[activity["kind"] == "login"].groupby("who")["day"].max().reindex(people.index)
    long_ago = people["_signup_day"] + generator(seed, market, "logins").uniform(1, 60, len(people))
    return people.assign(_last_login_day=latest.where(people["_role"] != "dormant", long_ago))
