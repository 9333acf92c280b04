"""What the process knows and no CRM could: the truth about each customer and each message.

In: a `World`.   Out: rows of `truth.parquet` and `truth_messages.parquet`.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.crm.sample.draw import World
from workbench.crm.sample.markets import END, START, Floats, read_data
from workbench.crm.sample.tables import numbered

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "truth": {
        "customer_id": pa.string(), "market": pa.string(), "role": pa.string(), "contacted": pa.bool_(),
        "rate_per_day": pa.float64(), "fade_hazard_per_day": pa.float64(), "spend_mean": pa.float64(),
        "signup_at": pa.timestamp("us"), "fades_at": pa.timestamp("us"), "lost_at": pa.timestamp("us"),
        "no_order_probability": pa.float64(),
    },
    "truth_messages": {
        "message_id": pa.string(), "mood": pa.string(), "tone": pa.string(), "topic": pa.string(),
        "personal": pa.string(), "language": pa.string(),
    },
}  # fmt: skip
HORIZON_DAYS = 90
CUTOFF = END - pd.Timedelta(days=HORIZON_DAYS)


def of(world: World) -> dict[str, pd.DataFrame]:
    """Return both tables of truth; times after the end of the data are not known to anybody yet."""
    return {"truth": _of_customers(world), "truth_messages": _of_messages(world)}


def _of_customers(world: World) -> pd.DataFrame:
    people, utc = world.people, world.market.utc
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "market": world.market.name,
            "role": people["_role"],
            "contacted": people["_contacted"],
            "rate_per_day": people["_rate_per_day"],
            "fade_hazard_per_day": people["_fade_hazard_per_day"],
            "spend_mean": people["_spend_mean"],
            "signup_at": utc(people["_signup_day"].to_numpy()),
            "fades_at": utc(people["_fades_day"].to_numpy()),
            "lost_at": utc(people["_lost_day"].to_numpy()),
            "no_order_probability": _no_order_probability(world),
        }
    )


def _of_messages(world: World) -> pd.DataFrame:
    meant = world.messages[["mood", "tone", "topic", "personal"]]
    return meant.assign(message_id=numbered(world, "M", len(meant)), language=world.messages["phrases"])


def _no_order_probability(world: World) -> Floats:
    """The chance of no order within 90 days after the cut-off, known state and rate given: no model can do better.

    The three states are followed day by day (Kolmogorov's forward equations, of those who have not ordered yet).
    """
    people, facts = world.people, read_data("process.yaml")["customers"]
    start = (CUTOFF - START).days
    rate, fade = people["_rate_per_day"].to_numpy(), people["_fade_hazard_per_day"].to_numpy()
    lost = (people["_lost_day"].to_numpy() < start).astype(float)
    fading = (people["_fades_day"].to_numpy() < start) - lost
    engaged = 1.0 - fading - lost
    for season in world.market.season_on(np.arange(start, start + HORIZON_DAYS, dtype=np.float64)):
        stays, orders = np.exp(-1 / facts["fading_days"]), np.exp(-rate * season)
        orders_fading = np.exp(-rate * season * facts["fading_order_factor"])
        lost = lost + fading * orders_fading * (1 - stays)
        fading = fading * orders_fading * stays + engaged * orders * (1 - np.exp(-fade))
        engaged = engaged * orders * np.exp(-fade)
    probability: Floats = engaged + fading + lost
    return np.where(people["_signup_day"] < start, probability, np.nan)
