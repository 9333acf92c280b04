"""Data sets without any gap: who belongs to which group is drawn by lot, customer by customer.

In: a sample's decisions; rows of models drawn here.   Out: frames of gaps with their p, by data set.
"""

from collections.abc import Mapping
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from workbench import crm
from workbench.governance.fairness import assess_fairness
from workbench.governance.records import Record

SEEN_AT = pd.Timestamp("2026-01-01")
_COLUMNS = ["gender", "birth_year", "language", "country", "signup_at"]


def of_decisions(folder: Path, *, times: int) -> pd.DataFrame:
    """Return the gaps of a sample's decisions, so many times, the rows of `customers` dealt out anew each time."""
    tables = crm.open(folder).tables
    people = tables["customers"].select("customer_id", *_COLUMNS).to_pyarrow().to_pandas()
    decided = ibis.memtable(tables["decisions"].to_pyarrow())
    return pd.concat([_judged({}, _dealt(people, seed), decided) for seed in range(times)], ignore_index=True)


def of_models(*, customers: int, times: int) -> pd.DataFrame:
    """Return the gaps of a model of churn and one of spend, so many times: people, rows and groups drawn anew."""
    return pd.concat([_of_models(customers, seed) for seed in range(times)], ignore_index=True)


def _of_models(customers: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    people = _people(customers, rng)
    return _judged(_records(people["customer_id"].to_numpy(), rng), _dealt(people, seed))


def _dealt(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    ids = np.random.default_rng(seed).permutation(people["customer_id"].to_numpy(object))
    return people.assign(customer_id=ids.astype(str), data_set=seed)


def _judged(records: Mapping[str, Record], people: pd.DataFrame, decided: ibis.Table | None = None) -> pd.DataFrame:
    tables = {"customers": ibis.memtable(people.drop(columns="data_set"))}
    tables |= {} if decided is None else {"decisions": decided}
    found = assess_fairness(tables, records, seen_at=SEEN_AT, target_gap=0.05)
    gaps = pd.concat([found.gaps, found.decisions]) if len(found.gaps) else found.decisions
    return gaps[["model", "attribute", "metric", "p", "p_adjusted", "shown"]].assign(
        data_set=people["data_set"].iloc[0]
    )


def _people(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return customers in groups of many sizes; some of unknown gender."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(count)],
            "gender": rng.choice(np.array(["female", "male", None], object), count, p=[0.55, 0.4, 0.05]),
            "birth_year": rng.integers(1940, 2006, count),
            "language": rng.choice(["de", "fr", "tr", "pl"], count, p=[0.7, 0.15, 0.1, 0.05]),
            "signup_at": SEEN_AT - pd.to_timedelta(rng.integers(10, 1500, count), unit="D"),
        }
    )


def _records(ids: np.ndarray, rng: np.random.Generator) -> dict[str, Record]:
    """Return one to four rows a customer, alike within a customer: chances of leaving, and spend with a long tail."""
    who = np.repeat(np.arange(len(ids)), rng.integers(1, 5, len(ids)))
    leaning = rng.normal(-1.8, 1.2, len(ids))[who] + rng.normal(0, 0.5, len(who))
    predicted = 1 / (1 + np.exp(-leaning))
    left = (rng.random(len(who)) < predicted).astype(int)
    worth = np.exp(rng.normal(4, 0.8, len(ids)))[who]
    spent = worth * rng.gamma(0.7, 1 / 0.7, len(who))
    top = [(one >= np.quantile(one, 0.9)).astype(int) for one in (worth, spent)]
    chosen = (predicted >= 0.4).astype(int)
    churn = {"predicted": predicted, "outcome": left, "actual": left, "selected": chosen, "error": abs(chosen - left)}
    value = {"predicted": worth, "outcome": spent, "actual": top[1], "selected": top[0], "error": abs(worth - spent)}
    units = {"churn": (churn, "probability"), "value": (value, "EUR")}
    return {name: _record(pd.DataFrame({"customer_id": ids[who], **of}), unit) for name, (of, unit) in units.items()}


def _record(judged: pd.DataFrame, unit: str) -> Record:
    about = pd.DataFrame([("purpose", "unit", unit)], columns=["section", "name", "value"])
    return Record(about=about, judged=judged)
