"""The ledger of planted breaches: for each market and kind the exact rows, by their keys.

In: a `World` and its tables.   Out: entries of `planted.json`.
"""

import pandas as pd

from workbench.crm.sample.draw import World
from workbench.crm.sample.markets import read_data

_GLOBAL = {"field_unused": "fax", "field_abandoned": "preferred_store", "field_redundant": "country_name"}


def of_market(world: World, tables: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Return the entries of one market."""
    people, transfers = world.people, tables["transfers"]
    keys = {
        "touches": ["touch_id"],
        "requests": ["request_id"],
        "decisions": ["customer_id", "model", "decided_at"],
        "customers": ["customer_id"],
    }
    flagged = {"touches": world.touches, "requests": world.requests, "decisions": world.decisions}
    rows = {
        code: tables[table].loc[frame["breach"] == code, keys[table]]
        for table, frame in flagged.items()
        for code in frame["breach"].unique()
        if code
    }
    roles = {"retention_exceeded": "dormant", "minor_profiled": "minor"}
    rows |= {code: people.loc[people["_role"] == role, keys["customers"]] for code, role in roles.items()}
    copies = people[people["_role"] == "duplicate"].rename(columns={"_duplicate_of": "duplicate_of"})
    texts, leads = world.messages["personal"], world.leads["personal"]
    rows |= {
        "customer_duplicated": copies[["customer_id", "duplicate_of"]],
        "personal_data_in_text": tables["messages"].loc[texts != "", ["message_id"]].assign(kind=texts),
        "personal_data_in_column": tables["leads"].loc[leads != "", ["lead_id"]].assign(column="source", kind=leads),
        "transfer_unprotected": transfers.loc[transfers["mechanism"].isna(), ["table", "country"]],
    }
    return [_entry(code, world.market.name, found) for code, found in rows.items() if len(found)]


def of_all_markets() -> list[dict[str, object]]:
    """Return the entries that no market has to itself: fields of the register."""
    return [
        _entry(code, None, pd.DataFrame([{"table": "customers", "column": column}])) for code, column in _GLOBAL.items()
    ]


def _entry(code: str, market: str | None, rows: pd.DataFrame) -> dict[str, object]:
    said = read_data("breaches.yaml")[code]
    records = rows.astype(str).to_dict("records")
    return {"code": code, "market": market, "table": said["table"], "rule": said["rule"], "rows": records}
