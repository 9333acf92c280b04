"""The tables as a CRM would show them: positions become ids, days become UTC times, what nobody can see is left out.

In: a `World`.   Out: frames with the columns of `schema.COLUMNS`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.crm.sample.decisions import MODEL
from workbench.crm.sample.draw import World
from workbench.crm.sample.markets import generator, read_data
from workbench.crm.sample.schema import COLUMNS

_STORE_GIVEN_UP = 180  # the day on which the field `preferred_store` was last asked for
_TRANSFERRED = ("customers", "touches", "messages")


def show(world: World) -> dict[str, pd.DataFrame]:
    """Return the tables of one market; `fields` and `assessments` are the same for all and not among them."""
    builders = {
        "customers": _customers,
        "orders": _orders,
        "order_lines": _order_lines,
        "products": lambda world: world.products,
        "messages": _messages,
        "touches": _touches,
        "campaigns": _campaigns,
        "activity": lambda world: _events(world, world.activity, occurred_at="day"),
        "subscriptions": lambda world: _events(world, world.subscriptions, started_at="started", ended_at="ended"),
        "leads": _leads,
        "consents": lambda world: _events(world, world.consents, granted_at="granted", withdrawn_at="withdrawn"),
        "requests": _requests,
        "decisions": lambda world: _events(world, world.decisions, decided_at="day", explained_at="explained"),
        "transfers": _transfers,
    }
    return {name: build(world).reindex(columns=list(COLUMNS[name])) for name, build in builders.items()}


def fields_table() -> pd.DataFrame:
    """Return the register of fields: one row per column of the tables that hold customer data."""
    names = ["category", "personal", "sensitive", "purpose", "lawful_basis", "owner", "used_by"]
    register = read_data("fields.yaml")
    rows = [
        {"table": table, "column": column, **dict(zip(names, said.get(column, said["default"]), strict=True))}
        for table, said in register.items()
        for column in COLUMNS[table]
    ]
    return pd.DataFrame(rows).assign(retention_days=float(read_data("process.yaml")["governance"]["retention_days"]))


def assessments_table() -> pd.DataFrame:
    """Return the assessments of the model that decides: one for each kind that a law asks for, before its use."""
    said = dict(read_data("process.yaml")["governance"]["assessments"])
    return pd.DataFrame({"kind": said.pop("kinds")}).assign(
        subject=MODEL,
        assessed_at=pd.Timestamp(said.pop("assessed_on")),
        valid_until=pd.Timestamp(said.pop("valid_until")),
        **said,
    )


def numbered(world: World, letter: str, count: int) -> list[str]:
    """Return ids for so many rows of a table, such as DE-T00000001."""
    return [f"{world.market.prefix}-{letter}{number:08d}" for number in range(1, count + 1)]


def _events(world: World, frame: pd.DataFrame, **times: str) -> pd.DataFrame:
    """Add customer_id and, from columns of days, UTC times."""
    seen = {name: world.market.utc(frame[day].to_numpy(dtype=float)) for name, day in times.items()}
    return frame.assign(customer_id=_of_customer(world, frame["who"]), **seen)


def _of_customer(world: World, who: pd.Series) -> pd.Series:
    known = who.fillna(0).to_numpy(dtype=int)
    return world.people["customer_id"].take(known).set_axis(who.index).mask(who.isna())


def _customers(world: World) -> pd.DataFrame:
    people, utc = world.people, world.market.utc
    rng = generator(world.seed, world.market, "stores")
    stores = pd.Series(rng.choice([f"{world.market.prefix}-S{number}" for number in range(1, 6)], len(people)))
    return people.assign(
        signup_at=utc(people["_signup_day"].to_numpy()),
        last_login_at=utc(people["_last_login_day"].to_numpy()),
        hold_out=~people["_contacted"],
        preferred_store=stores.where(people["_signup_day"].between(0, _STORE_GIVEN_UP)),
    )


def _orders(world: World) -> pd.DataFrame:
    credited = world.touches.dropna(subset="order").set_index("order")["campaign"]
    orders = _events(world, world.orders, ordered_at="day")
    return orders.assign(
        order_id=numbered(world, "O", len(orders)),
        currency=world.market.currency,
        campaign_id=credited.map(world.campaigns["campaign_id"]).reindex(orders.index),
    )


def _order_lines(world: World) -> pd.DataFrame:
    ids = np.array(numbered(world, "O", len(world.orders)), dtype=object)
    product = world.products["product_id"].to_numpy()
    return world.lines.assign(order_id=ids[world.lines["order"]], product_id=product[world.lines["product"]])


def _messages(world: World) -> pd.DataFrame:
    messages = _events(world, world.messages, sent_at="day")
    product = pd.Series(world.products["product_id"]).reindex(messages["product"]).to_numpy()
    return messages.assign(
        message_id=numbered(world, "M", len(messages)),
        customer_id=messages["customer_id"].mask(messages["anonymous"]),
        product_id=product,
    )


def _touches(world: World) -> pd.DataFrame:
    ends = {f"{event}_at": event for event in ("opened", "clicked", "converted", "unsubscribed")}
    touches = _events(world, world.touches, sent_at="day", **ends)
    campaign = world.campaigns["campaign_id"].to_numpy()[touches["campaign"]]
    return touches.assign(touch_id=numbered(world, "T", len(touches)), campaign_id=campaign)


def _campaigns(world: World) -> pd.DataFrame:
    utc, day = world.market.utc, world.campaigns["day"].to_numpy(dtype=float)
    return world.campaigns.assign(starts_at=utc(day), ends_at=utc(day + 0.9))


def _leads(world: World) -> pd.DataFrame:
    leads = _events(world, world.leads, created_at="created", converted_at="converted")
    return leads.assign(lead_id=numbered(world, "L", len(leads)), country=world.market.country)


def _requests(world: World) -> pd.DataFrame:
    utc, requests = world.market.utc, world.requests
    days = {f"{event}_at": utc(requests[event].to_numpy()) for event in ("received", "acknowledged", "closed")}
    return requests.assign(request_id=numbered(world, "R", len(requests)), **days)


def _transfers(world: World) -> pd.DataFrame:
    rows: Sequence[tuple[str, tuple[str, str | None]]] = list(
        zip(_TRANSFERRED, world.market.transfers.items(), strict=True)
    )
    return pd.DataFrame(
        [{"table": table, "country": country, "mechanism": mechanism} for table, (country, mechanism) in rows]
    ).assign(from_country=world.market.country)
