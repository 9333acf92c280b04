"""One market drawn from beginning to end, topic by topic.

In: a market, how many customers, a seed.   Out: a `World`: everything that happened, and what nobody could see of it.
"""

from dataclasses import dataclass

import pandas as pd

from workbench.crm.sample import (
    activity,
    consents,
    decisions,
    messages,
    orders,
    people,
    personal,
    subscriptions,
    touches,
)
from workbench.crm.sample.markets import SampleMarket


@dataclass(frozen=True, eq=False, kw_only=True)
class World:
    """All that happened in one market; rows point to each other by position, times are days since 2023-01-01.

    `who` is a row of `people`, `order` one of `orders`, `product` one of `products`, `campaign` one of `campaigns`;
    `breach` says what is planted in a row, and is empty in the others.
    """

    market: SampleMarket
    seed: int
    people: pd.DataFrame
    products: pd.DataFrame
    orders: pd.DataFrame
    lines: pd.DataFrame
    campaigns: pd.DataFrame
    touches: pd.DataFrame
    activity: pd.DataFrame
    messages: pd.DataFrame
    subscriptions: pd.DataFrame
    leads: pd.DataFrame
    consents: pd.DataFrame
    requests: pd.DataFrame
    decisions: pd.DataFrame


def draw_market(market: SampleMarket, *, customers: int, seed: int) -> World:
    """Draw one market; each topic has a stream of random numbers of its own."""
    who = people.draw(market, customers=customers, seed=seed)
    bought, who = orders.draw_orders(who, market, seed=seed)
    products = orders.draw_products(market, seed=seed)
    bought, lines = orders.fill_baskets(bought, products, market, seed=seed)
    bought, lines = orders.add_returns(bought, lines, who, market, seed=seed)
    campaigns = touches.draw_campaigns(market, seed=seed)
    sent, who = touches.draw_touches(who, bought, campaigns, market, seed=seed)
    contacts = consents.plant_contacts(who, sent, campaigns, market, seed=seed)
    visits = activity.draw_activity(who, bought, market, seed=seed)
    who = activity.last_logins(contacts.people, visits, market, seed=seed)
    written = messages.draw_messages(who, bought, lines, products, market, seed=seed)
    return World(
        market=market,
        seed=seed,
        people=who,
        products=products,
        orders=bought,
        lines=lines,
        campaigns=campaigns,
        touches=contacts.touches,
        activity=visits,
        messages=personal.plant_in_texts(written, market, seed=seed),
        subscriptions=subscriptions.draw_subscriptions(who, bought, market, seed=seed),
        leads=personal.plant_in_leads(subscriptions.draw_leads(who, market, seed=seed), market, seed=seed),
        consents=consents.draw_consents(who, market, seed=seed),
        requests=consents.draw_requests(who, contacts.optouts, market, seed=seed),
        decisions=decisions.draw_decisions(who, bought, market, seed=seed),
    )
