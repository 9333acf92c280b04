"""Always-on against event-driven: the speed of a replay at size, and what it finds on Online Retail II.

In: `python benchmarks/parts/replays.py [FOLDER]`, a CRM, in a process of its own so that memory is its own.
Out: one JSON object.
"""

import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd

from workbench import churn, crm
from workbench.churn.daily import daily
from workbench.emissions.replay import Replay, replay
from workbench.emissions.retraining import retraining
from workbench.emissions.watts import this_processor

HORIZON_DAYS, THRESHOLD = 90, 0.5
_YEARS, _ORDERS_A_YEAR, _GONE_A_YEAR = 3, 4.0, 0.6


def at_size(*, customers: int = 100_000, days: int = 365, seed: int = 0) -> dict[str, Any]:
    """Replay a year of synthetic customers, from their orders to the frugal policy; seconds, CPU seconds, memory."""
    tables = synthetic(customers, seed=seed)
    small = synthetic(500, seed=seed)
    # What numba compiles is kept for the next process and no part of the replay.
    _replayed(small, days=days, joules_per_score=3e-4)
    started, worked = time.perf_counter(), time.process_time()
    seen, found = _replayed(tables, days=days, joules_per_score=3e-4)
    return {
        "customers": seen.customers,
        "days": len(seen.days),
        "orders": int(tables["orders"].count().to_pyarrow().as_py()),
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - worked,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "chosen": found.chosen,
        "reason": found.reason,
    }


def of_crm(folder: Path) -> dict[str, Any]:
    """Replay two years, or all there is, of a CRM of orders, at the joules that a score of churn takes here."""
    tables = crm.open(folder).tables
    joules = joules_of_scoring(tables)
    seen, found = _replayed(tables, days=None, **joules)
    trained = retraining(seen.ageing, horizon_days=HORIZON_DAYS, joules_per_training=joules["joules_per_training"])
    return {
        "customers": seen.customers,
        "days": len(seen.days),
        "joules": joules,
        "auc": seen.quality.to_dict("records"),
        "policies": found.table.to_dict("records"),
        "chosen": found.chosen,
        "reason": found.reason,
        "retraining": trained.table.to_dict("records"),
        "retraining_chosen": trained.chosen,
        "retraining_reason": trained.reason,
    }


def joules_of_scoring(tables: Mapping[str, ibis.Table]) -> dict[str, float]:
    """Return CPU seconds times watts of a nightly job: for each customer scored, and of a training, estimated."""
    gathered = churn.gather(tables, horizon_days=HORIZON_DAYS)
    known, watts = {name: tables[name] for name in ("messages", "touches", "activity") if name in tables}, _watts()
    cutoff = gathered.today["cutoff"].max()
    started = time.process_time()
    model = churn.fit(gathered.past, model="logistic")
    trained = time.process_time()
    features = churn.features(tables["orders"], cutoff=cutoff, horizon_days=HORIZON_DAYS, **known)
    frame = features.to_pyarrow().to_pandas()
    churn.score(model, gathered.today)
    scored = time.process_time()
    return {
        "joules_per_training": (trained - started) * watts,
        "joules_per_score": (scored - trained) * watts / len(frame),
    }


def synthetic(customers: int, *, seed: int) -> dict[str, ibis.Table]:
    """Return three years of orders: each customer at a rate of their own, until they leave."""
    random = np.random.default_rng(seed)
    rate = random.gamma(1.0, _ORDERS_A_YEAR, customers) / 365
    joined = random.integers(0, _YEARS * 365, customers)
    stays = random.exponential(365 / random.gamma(2.0, _GONE_A_YEAR / 2, customers))
    count = random.poisson(rate * np.minimum(stays, _YEARS * 365 - joined)) + 1
    who = np.repeat(np.arange(customers), count)
    share = random.random(len(who)) * (np.arange(len(who)) != np.repeat(np.cumsum(count) - count, count))
    day = joined[who] + share * np.minimum(stays, _YEARS * 365 - joined)[who]
    orders = pd.DataFrame(
        {
            "order_id": np.arange(len(who)).astype(str),
            "customer_id": who.astype(str),
            "ordered_at": pd.Timestamp("2022-01-01") + pd.to_timedelta(day.astype(int), unit="D"),
            "amount": random.gamma(2.0, 20.0, len(who)).round(2) + 1,
        }
    )
    return {"orders": ibis.memtable(orders)}


def _replayed(tables: Mapping[str, ibis.Table], *, days: int | None, **joules: Any) -> tuple[Any, Replay]:
    seen = daily(tables, horizon_days=HORIZON_DAYS, days=days)
    arrays = {name: getattr(seen, name) for name in ("risk", "orders", "events", "left", "worth", "cheap", "refits")}
    return seen, replay(**arrays, threshold=THRESHOLD, horizon_days=HORIZON_DAYS, **joules)


def _watts() -> float:
    found = this_processor()
    assert found is not None, "WORKBENCH_WATTS_PER_CORE is no number of watts"
    return found.busy_watts


def main() -> None:
    """Print what a replay at size takes, or what one of the folder finds."""
    found = of_crm(Path(sys.argv[1])) if len(sys.argv) > 1 else at_size()
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
