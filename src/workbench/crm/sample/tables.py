"""The tables as a CRM would show them: simulated positions become ids, simulated days become UTC times.

In: the drawn frames of one market.   Out: frames with exactly the columns of `COLUMNS`.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.crm.sample.markets import DAYS, SampleMarket, generator

_TEXT, _TIME, _NUMBER, _WHOLE, _FLAG = pa.string(), pa.timestamp("us"), pa.float64(), pa.int64(), pa.bool_()

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "customers": {
        "customer_id": _TEXT, "name": _TEXT, "email": _TEXT, "postcode": _TEXT, "signup_at": _TIME, "country": _TEXT,
        "country_name": _TEXT, "language": _TEXT, "birth_year": _WHOLE, "gender": _TEXT, "segment": _TEXT,
        "acquisition_channel": _TEXT, "acquisition_cost": _NUMBER, "last_login_at": _TIME, "preferred_store": _TEXT,
        "fax": _TEXT,
    },
    "orders": {
        "order_id": _TEXT, "customer_id": _TEXT, "ordered_at": _TIME, "amount": _NUMBER, "currency": _TEXT,
        "campaign_id": _TEXT,
    },
    "order_lines": {"order_id": _TEXT, "product_id": _TEXT, "quantity": _WHOLE, "unit_price": _NUMBER},
    "products": {"product_id": _TEXT, "name": _TEXT, "category": _TEXT, "price": _NUMBER},
    "messages": {
        "message_id": _TEXT, "sent_at": _TIME, "channel": _TEXT, "text": _TEXT, "customer_id": _TEXT, "language": _TEXT,
        "rating": _WHOLE, "product_id": _TEXT, "campaign_id": _TEXT,
    },
    "touches": {
        "touch_id": _TEXT, "customer_id": _TEXT, "channel": _TEXT, "sent_at": _TIME, "campaign_id": _TEXT,
        "opened_at": _TIME, "clicked_at": _TIME, "converted_at": _TIME, "unsubscribed_at": _TIME,
    },
    "campaigns": {
        "campaign_id": _TEXT, "name": _TEXT, "channel": _TEXT, "starts_at": _TIME, "ends_at": _TIME, "cost": _NUMBER,
        "priority": _WHOLE,
    },
    "activity": {"customer_id": _TEXT, "occurred_at": _TIME, "kind": _TEXT},
}  # fmt: skip


def customers_table(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """The customers, with a field nobody ever filled (`fax`) and one given up in the first half year."""
    rng = generator(seed, market, "stores")
    stores = np.array([f"{market.prefix}-S{number}" for number in range(1, 6)])
    early = people["_signup_day"].between(0, DAYS / 6)
    return people.assign(
        signup_at=market.utc(people["_signup_day"].to_numpy()),
        last_login_at=market.utc(people["_last_login_day"].to_numpy()),
        preferred_store=pd.Series(rng.choice(stores, len(people)), dtype="str").where(early),
        fax=pd.Series(index=people.index, dtype="str"),
    )[list(COLUMNS["customers"])]


def orders_table(
    orders: pd.DataFrame, touches: pd.DataFrame, campaigns: pd.DataFrame, people: pd.DataFrame, market: SampleMarket
) -> pd.DataFrame:
    """The orders; those credited to a touch name its campaign."""
    credited = touches.dropna(subset="order").set_index("order")["campaign"]
    return pd.DataFrame(
        {
            "order_id": order_ids(len(orders), market),
            "customer_id": customer_ids(people, orders["who"]),
            "ordered_at": market.utc(orders["day"].to_numpy()),
            "amount": orders["amount"],
            "currency": market.currency,
            "campaign_id": credited.map(campaigns["campaign_id"]).reindex(orders.index),
        }
    )


def order_lines_table(lines: pd.DataFrame, products: pd.DataFrame, orders: int, market: SampleMarket) -> pd.DataFrame:
    """The lines of all orders; those of returns have a negative quantity."""
    ids = pd.Series(order_ids(orders, market)).take(lines["order"]).to_numpy()
    product = products["product_id"].take(lines["product"]).to_numpy()
    return lines.assign(order_id=ids, product_id=product)[list(COLUMNS["order_lines"])]


def messages_table(
    messages: pd.DataFrame, products: pd.DataFrame, people: pd.DataFrame, market: SampleMarket
) -> pd.DataFrame:
    """The messages; the sender of some is not known."""
    product = products["product_id"].reindex(messages["product"].astype("Int64")).to_numpy()
    return messages.assign(
        message_id=[f"{market.prefix}-M{number:07d}" for number in range(1, len(messages) + 1)],
        sent_at=market.utc(messages["day"].to_numpy()),
        customer_id=pd.Series(customer_ids(people, messages["who"])).mask(messages["anonymous"]),
        product_id=product,
    ).reindex(columns=list(COLUMNS["messages"]))


def touches_table(
    touches: pd.DataFrame, campaigns: pd.DataFrame, people: pd.DataFrame, market: SampleMarket
) -> pd.DataFrame:
    """The touches, with what became of each."""
    events = ["opened", "clicked", "converted", "unsubscribed"]
    times = {f"{event}_at": market.utc(touches[event].to_numpy()) for event in events}
    return pd.DataFrame(
        {
            "touch_id": [f"{market.prefix}-T{number:08d}" for number in range(1, len(touches) + 1)],
            "customer_id": customer_ids(people, touches["who"]),
            "channel": touches["channel"],
            "sent_at": market.utc(touches["day"].to_numpy()),
            "campaign_id": campaigns["campaign_id"].take(touches["campaign"]).to_numpy(),
            **times,
        }
    )


def campaigns_table(campaigns: pd.DataFrame, market: SampleMarket) -> pd.DataFrame:
    """The campaigns; each is open for a week."""
    day = campaigns["day"].to_numpy(dtype=float)
    return campaigns.assign(starts_at=market.utc(day), ends_at=market.utc(day + 0.9)).reindex(
        columns=list(COLUMNS["campaigns"])
    )


def activity_table(activity: pd.DataFrame, people: pd.DataFrame, market: SampleMarket) -> pd.DataFrame:
    """The visits."""
    return pd.DataFrame(
        {
            "customer_id": customer_ids(people, activity["who"]),
            "occurred_at": market.utc(activity["day"].to_numpy()),
            "kind": activity["kind"],
        }
    )


def customer_ids(people: pd.DataFrame, who: pd.Series) -> pd.Series:
    """Return the ids of customers by their position, index kept."""
    return people["customer_id"].take(who).set_axis(who.index)


def order_ids(count: int, market: SampleMarket) -> list[str]:
    """Return the ids of so many orders."""
    return [f"{market.prefix}-O{number:07d}" for number in range(1, count + 1)]
