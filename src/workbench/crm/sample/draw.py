"""One market drawn from beginning to end, topic by topic.

In: a market, how many customers, a seed.   Out: `Drawn`: its tables, the truth behind them, the planted breaches.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.crm.sample import activity as visits
from workbench.crm.sample import messages as words
from workbench.crm.sample import orders as purchases
from workbench.crm.sample import people as persons
from workbench.crm.sample import tables
from workbench.crm.sample import touches as contacts
from workbench.crm.sample.markets import SampleMarket


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """One market of the sample."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame


def draw_market(market: SampleMarket, *, customers: int, seed: int) -> Drawn:
    """Draw one market."""
    people = persons.draw(market, customers=customers, seed=seed)
    orders, people = purchases.draw_orders(people, market, seed=seed)
    products = purchases.draw_products(market, seed=seed)
    orders, lines = purchases.fill_baskets(orders, products, market, seed=seed)
    orders, lines = purchases.add_returns(orders, lines, people, market, seed=seed)
    campaigns = contacts.draw_campaigns(market, seed=seed)
    touches, people = contacts.draw_touches(people, orders, campaigns, market, seed=seed)
    activity = visits.draw_activity(people, orders, market, seed=seed)
    people = visits.last_logins(people, activity, market, seed=seed)
    messages = words.draw_messages(people, orders, lines, products, market, seed=seed)
    return Drawn(
        tables={
            "customers": tables.customers_table(people, market, seed=seed),
            "orders": tables.orders_table(orders, touches, campaigns, people, market),
            "order_lines": tables.order_lines_table(lines, products, len(orders), market),
            "products": products,
            "messages": tables.messages_table(messages, products, people, market),
            "touches": tables.touches_table(touches, campaigns, people, market),
            "campaigns": tables.campaigns_table(campaigns, market),
            "activity": tables.activity_table(activity, people, market),
        },
        truth=truth_table(people, market),
    )


def truth_table(people: pd.DataFrame, market: SampleMarket) -> pd.DataFrame:
    """What the process knows of each customer; times after the end of the data are not known to anybody yet."""
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "market": market.name,
            "rate_per_day": people["_rate_per_day"],
            "fade_hazard_per_day": people["_fade_hazard_per_day"],
            "spend_mean": people["_spend_mean"],
            "contacted": people["_contacted"],
            "signup_at": market.utc(people["_signup_day"].to_numpy()),
            "fades_at": market.utc(people["_fades_day"].to_numpy(dtype=np.float64)),
            "lost_at": market.utc(people["_lost_day"].to_numpy(dtype=np.float64)),
            "role": people["_role"],
        }
    )
