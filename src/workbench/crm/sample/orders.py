"""What customers buy: orders from a known process, with season, loss of interest, trouble and returns.

A customer is engaged, then fading, then lost (a Pareto/NBD with a visible middle): engaged customers order by a Poisson
process of their own gamma rate times the season; interest is lost at an exponential time of their own hazard, or at
once after an order with trouble; fading ones order at a share of their rate and are lost after a further exponential
time. Seasons and states are drawn by thinning, so that the truth about everybody stays exactly known.

In: people of one market.   Out: orders, order lines, products; when each customer faded and was lost.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import Flags, Floats, Ints, SampleMarket, generator, read_data


def draw_orders(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the purchases (who, day, trouble, amount) in time order, and people with `_fades_day` and `_lost_day`."""
    facts = read_data("process.yaml")
    rng = generator(seed, market, "orders")
    who, day = _engaged_purchases(people, market, rng)
    trouble = rng.random(len(who)) < market.trouble_share
    breaks = trouble & (rng.random(len(who)) < facts["orders"]["trouble_effect"])
    people = _lose_interest(people, who[breaks], day[breaks], rng, fading_days=facts["customers"]["fading_days"])
    fades, lost = people["_fades_day"].to_numpy()[who], people["_lost_day"].to_numpy()[who]
    still = rng.random(len(who)) < facts["customers"]["fading_order_factor"]
    kept = (day <= fades) | ((day <= lost) & still)
    orders = pd.DataFrame({"who": who, "day": day, "trouble": trouble})[kept]
    orders = orders.sort_values("day", kind="stable", ignore_index=True)
    shape = facts["orders"]["amount_shape"]
    orders["amount"] = rng.gamma(shape, 1 / shape, len(orders)) * people["_spend_mean"].to_numpy()[orders["who"]]
    return orders, people


def _engaged_purchases(people: pd.DataFrame, market: SampleMarket, rng: np.random.Generator) -> tuple[Ints, Floats]:
    buyers = people.index[people["_role"] != "dormant"].to_numpy()
    signup = people["_signup_day"].to_numpy()
    peak = max(market.season)
    expected = people["_rate_per_day"].to_numpy()[buyers] * peak * (market.horizon - signup[buyers])
    who = np.repeat(buyers, rng.poisson(expected))
    day = rng.uniform(signup[who], market.horizon)
    in_season = rng.random(len(who)) < market.season_on(day) / peak
    first_day = np.minimum(signup[buyers] + rng.uniform(0.001, 0.02, len(buyers)), market.horizon - 1e-3)
    return np.concatenate([buyers, who[in_season]]), np.concatenate([first_day, day[in_season]])


def _lose_interest(
    people: pd.DataFrame, who: Ints, day: Floats, rng: np.random.Generator, *, fading_days: float
) -> pd.DataFrame:
    signup, dormant = people["_signup_day"].to_numpy(), people["_role"] == "dormant"
    fades = signup + np.where(dormant, 1.0, 0.02 + rng.exponential(1 / people["_fade_hazard_per_day"]))
    np.minimum.at(fades, who, day)
    fading = np.where(dormant, 1.0, rng.exponential(fading_days, len(people)))
    return people.assign(_fades_day=fades, _lost_day=fades + fading)


def draw_products(market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return the catalogue of a market, by price: product_id, name, category, price in its currency."""
    rng = generator(seed, market, "products")
    items = read_data(f"texts/{next(iter(market.languages))}.yaml")["products"]
    named = pd.DataFrame([(name, category) for category, names in items.items() for name in names])
    named = named.iloc[rng.permutation(len(named))].reset_index(drop=True).set_axis(["name", "category"], axis=1)
    price = market.order_value * np.geomspace(0.06, 3.0, len(named))
    ids = [f"{market.prefix}-P{number:03d}" for number in range(1, len(named) + 1)]
    return named.assign(product_id=ids, price=price.round(market.decimals))


def fill_baskets(
    orders: pd.DataFrame, products: pd.DataFrame, market: SampleMarket, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split each order into lines of products near their list price; an order's amount is the sum of its lines."""
    rng = generator(seed, market, "baskets")
    order = np.repeat(np.arange(len(orders)), 1 + rng.poisson(0.8, len(orders)))
    weight = rng.exponential(1.0, len(order)) + 0.2
    value = orders["amount"].to_numpy()[order] * weight / np.bincount(order, weight)[order]
    quantity = rng.choice([1, 2, 3], len(order), p=[0.75, 0.18, 0.07])
    wanted = value / quantity * rng.uniform(0.85, 1.15, len(order))
    product = np.searchsorted(products["price"].to_numpy(), wanted).clip(0, len(products) - 1)
    key, line = np.unique(order * len(products) + product, return_inverse=True)
    lines = pd.DataFrame({"order": key // len(products), "product": key % len(products)})
    lines["quantity"] = np.bincount(line, quantity).astype(int)
    unit_price = (np.bincount(line, value) / lines["quantity"]).round(market.decimals)
    lines["unit_price"] = unit_price.clip(lower=10.0**-market.decimals)
    amount = np.bincount(lines["order"], lines["quantity"] * lines["unit_price"])
    return orders.assign(amount=amount.round(market.decimals)), lines


def add_returns(
    orders: pd.DataFrame, lines: pd.DataFrame, people: pd.DataFrame, market: SampleMarket, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Append credit notes: orders of negative amount some days later, never after the customer was lost."""
    facts = read_data("process.yaml")["orders"]
    rng = generator(seed, market, "returns")
    share = np.where(orders["trouble"], facts["trouble_return_share"], facts["return_share"])
    day = orders["day"].to_numpy() + rng.uniform(4, 20, len(orders))
    limit = np.minimum(people["_lost_day"].to_numpy()[orders["who"]], market.horizon)
    returned: Flags = (rng.random(len(orders)) < share) & (day < limit)
    position = np.cumsum(returned) - 1 + len(orders)
    credit = orders[returned].assign(day=day[returned], amount=-orders["amount"][returned], trouble=False)
    back = lines[returned[lines["order"]]]
    back = back.assign(order=position[back["order"]], quantity=-back["quantity"])
    flagged = orders.assign(is_return=False), credit.assign(is_return=True)
    return pd.concat(flagged, ignore_index=True), pd.concat([lines, back], ignore_index=True)
