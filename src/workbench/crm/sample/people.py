"""Who the customers are, and what nobody in a company could know of them: the known truth of the sample.

In: a market and how many customers.   Out: one row per customer: what the CRM shows, and the process behind.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import SampleMarket, generator, read_data
from workbench.crm.sample.planted import applies, planted_count

_YOUNGEST_ADULT, _OLDEST, _CHILD = 2003, 1945, 2014
_FIRST_DAY = 10.0  # nobody but the dormant has been silent for three years when the data ends
_HOUSEHOLDS = 8  # customers to a postcode


def draw(market: SampleMarket, *, customers: int, seed: int) -> pd.DataFrame:
    """Draw the customers of one market, in order of signing up.

    Columns starting with `_` are the truth behind (`truth.parquet`), the others the table `customers`. `_role` says
    which customers are planted: `dormant` (signed up years ago, silent since), `minor`, `duplicate` (of
    `_duplicate_of`).
    """
    count = max(min(customers, 40), round(customers * market.size))
    people = _identity(market, count=count, seed=seed).join(_process(market, count=count, seed=seed))
    people = _plant_roles(people, market, seed=seed)
    people = people.sort_values("_signup_day", kind="stable", ignore_index=True)
    people.insert(0, "customer_id", [f"{market.prefix}-{number:06d}" for number in range(1, count + 1)])
    return _share_identity(people, market, seed=seed)


def _identity(market: SampleMarket, *, count: int, seed: int) -> pd.DataFrame:
    rng = generator(seed, market, "identity")
    gender = rng.choice(["female", "male", "diverse", ""], count, p=[0.50, 0.465, 0.01, 0.025])
    names = read_data("names.yaml")[market.prefix]
    first_female = np.where(gender == "", rng.random(count) < 0.5, gender == "female")
    given = np.where(first_female, rng.choice(names["female"], count), rng.choice(names["male"], count))
    place = rng.permutation(count)  # no two customers of one postcode share a family name, but for the planted ones
    family = np.array(names["family"])[(place // _HOUSEHOLDS + place % _HOUSEHOLDS) % len(names["family"])]
    postcodes = rng.choice(np.arange(1000, 99_999), -(-count // _HOUSEHOLDS), replace=False)
    languages = list(market.languages)
    return pd.DataFrame(
        {
            "name": np.char.add(np.char.add(given, " "), family),
            "postcode": np.char.zfill(postcodes[place // _HOUSEHOLDS].astype(str), 5),
            "country": market.country,
            "country_name": market.country_name,
            "language": rng.choice(languages, count, p=list(market.languages.values())),
            "birth_year": rng.triangular(_OLDEST, 1985, _YOUNGEST_ADULT, count).astype(int),
            "gender": pd.Series(gender, dtype="str").where(gender != ""),
        }
    )


def _process(market: SampleMarket, *, count: int, seed: int) -> pd.DataFrame:
    rng = generator(seed, market, "process")
    facts, orders = read_data("process.yaml")["customers"], read_data("process.yaml")["orders"]
    segment = _pick(rng, facts["segment_share"], count)
    channel = _pick(rng, facts["channel_share"], count)
    contacted = rng.random(count) < facts["contacted_share"]
    rate = rng.gamma(facts["rate_shape"], market.rate_per_day / facts["rate_shape"], count)
    rate *= segment.map(facts["segment_rate"]).to_numpy() * np.where(contacted, facts["contact_effect"], 1.0)
    hazard = rng.gamma(facts["fade_shape"], 1 / (market.fade_days * facts["fade_shape"]), count)
    hazard *= channel.map(facts["channel_hazard"]).to_numpy()
    early = rng.random(count) < 0.25  # part of the customers come with the launch, the others evenly
    signup_day = np.where(
        early, rng.uniform(_FIRST_DAY, 90, count), rng.uniform(_FIRST_DAY, market.horizon - 20, count)
    )
    spend = market.order_value * (orders["spend_shape"] - 1) / rng.gamma(orders["spend_shape"], 1.0, count)
    cost = market.order_value * channel.map(facts["channel_cost"]).to_numpy() * rng.uniform(0.7, 1.3, count)
    return pd.DataFrame(
        {
            "segment": segment,
            "acquisition_channel": channel,
            "acquisition_cost": cost.round(market.decimals),
            "_signup_day": signup_day,
            "_rate_per_day": rate,
            "_fade_hazard_per_day": hazard,
            "_spend_mean": spend,
            "_contacted": contacted,
        }
    )


def _plant_roles(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    rng = generator(seed, market, "roles")
    planted = planted_count(len(people))
    chosen = rng.choice(len(people), 3 * planted, replace=False)
    dormant, minor, duplicate = np.split(chosen, 3)
    people["_role"] = "regular"
    people.loc[dormant, "_role"] = "dormant"
    people.loc[dormant, "_signup_day"] = rng.uniform(-1400, -1200, planted)
    people.loc[duplicate, "_role"] = "duplicate"
    if applies("minor_profiled", market):
        people.loc[minor, "_role"] = "minor"
        people.loc[minor, "birth_year"] = _CHILD
        people.loc[minor, "_signup_day"] = rng.uniform(_FIRST_DAY, market.horizon - 200, planted)
    return people


def _share_identity(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Give two accounts one postcode, birth year, gender and name, slightly misspelt in the later: the duplicate."""
    rng = generator(seed, market, "duplicates")
    copies = people.index[people["_role"] == "duplicate"]
    originals = rng.choice(people.index[people["_role"] == "regular"], len(copies), replace=False)
    first, second = np.minimum(copies, originals), np.maximum(copies, originals)
    shared = ["name", "postcode", "birth_year", "gender", "language"]
    people.loc[copies, shared] = people.loc[originals, shared].to_numpy()
    people.loc[second, "name"] = [_misspelt(name) for name in people.loc[first, "name"]]
    people.loc[first, "_role"], people.loc[second, "_role"] = "regular", "duplicate"
    people["_duplicate_of"] = pd.Series(people.loc[first, "customer_id"].to_numpy(), index=second, dtype="str")
    people.insert(2, "email", people["customer_id"].str.lower() + "@example.com")
    return people


def _misspelt(name: str) -> str:
    middle = len(name) // 2
    return name[:middle] + name[middle - 1] + name[middle:]


def _pick(rng: np.random.Generator, shares: dict[str, float], count: int) -> pd.Series:
    return pd.Series(rng.choice(list(shares), count, p=list(shares.values())), dtype="str")
