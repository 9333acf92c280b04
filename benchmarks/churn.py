"""Churn beside its peers: accuracy on Online Retail II and on Telco, and the speed of features of ten million orders.

In: `python benchmarks/churn.py [--only SECTION]… [--online-retail FILE] [--telco FILE] [--telco33 FILE] [--orders N]`,
public data sets that lie in `../shared/data` or where the arguments say.   Out: one JSON object; tables for people.

Peers see the same orders, customers and outcomes as we do: LightGBM on recency, frequency and money by windows, learnt
from the window before (a competent afternoon); BG/NBD (Fader, Hardie and Lee, 2005) by maximum likelihood; recency.
Features are computed in a process of its own for each side, which reads the same file and ends with a frame.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from parts.tables import finish, show, target
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1
from sklearn.metrics import roc_auc_score

from workbench import churn, crm

DATA = Path(__file__).parents[2] / "shared" / "data"
CUTOFFS = list(pd.to_datetime(["2010-12-01", "2011-03-01", "2011-06-01", "2011-09-01"]))
HORIZON_DAYS = 90
LEAKS = {"churn_label", "churn_value", "churn_score", "churn_reason"}
METRICS = ("auc", "average_precision", "brier", "log_loss", "calibration_error", "capture_top_decile")
FEATURES_CUTOFF = pd.Timestamp("2024-01-01")


def main() -> None:
    """Run the sections and print what was found."""
    options = read_arguments()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    sections = {
        "online_retail": lambda: online_retail(options.online_retail),
        "telco": lambda: telco(options.telco, leaks=set(), auc=(0.848, 0.87)),
        "telco33": lambda: telco(options.telco33, leaks=LEAKS, auc=(0.845, 0.87)),
        "features": lambda: features(options.orders),
    }
    found = {name: sections[name]() for name in options.only or sections}
    finish(found)


def read_arguments() -> argparse.Namespace:
    """Read where the data is and which sections to run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", action="append", choices=["online_retail", "telco", "telco33", "features"])
    place = arguments.add_argument
    place("--online-retail", type=Path, default=DATA / "online_retail_ii" / "online_retail_ii.parquet")
    place("--telco", type=Path, default=DATA / "telco_churn" / "telco_customer_churn.parquet")
    place("--telco33", type=Path, default=DATA / "telco_churn" / "telco_customer_churn_33cols.parquet")
    place("--orders", type=int, default=10_000_000, help="how many orders to compute features of")
    place("--measure", nargs=2, metavar=("SIDE", "FILE"), help=argparse.SUPPRESS)
    return arguments.parse_args()


def online_retail(file: Path) -> dict[str, Any]:
    """Backtest at the four cut-offs, beside the peers at the same."""
    with tempfile.TemporaryDirectory() as folder:
        crm.import_source("online_retail", [file], folder=Path(folder) / "crm")
        data = crm.open(Path(folder) / "crm")
        orders, customers = data.table("orders"), data.frame("customers")
        started = time.perf_counter()
        cutoffs = churn.cutoffs(orders, horizon_days=HORIZON_DAYS)
        examples = churn.examples(orders, cutoffs=cutoffs, horizon_days=HORIZON_DAYS, customers=customers)
        result = churn.backtest(examples, horizon_days=HORIZON_DAYS, judged=CUTOFFS)
        seconds = time.perf_counter() - started
        flat = flat_orders(orders, data.table("order_lines"), customers)
    table = pd.DataFrame([peers(flat, cutoff) for cutoff in CUTOFFS]).set_index("cutoff")
    judged = result.scores.groupby("cutoff").size()
    if (judged != table["customers"]).any():
        raise SystemExit("the peers were not judged on the same customers")
    own = chosen(result.folds, result).pivot(index="cutoff", columns="metric", values="value")[list(METRICS)]
    table = table.join(own.add_prefix("our_"))
    wide = table.set_axis([f"{cutoff:%Y-%m-%d}" for cutoff in CUTOFFS]).T.assign(mean=table.mean())
    title = f"Online Retail II, {HORIZON_DAYS} days: {result.model}, calibration {result.calibration}"
    show(title, wide.rename_axis("figure").reset_index())
    show("Candidates, mean AUC", result.candidates)
    behind = float((table[["auc_lightgbm", "auc_bgnbd"]].max(axis=1) - table["our_auc"]).max())
    season = examples.groupby("cutoff")["season_ratio"].first().reindex(CUTOFFS).notna()
    errors = table["our_calibration_error"]
    return {
        "choice": {"model": result.model, "calibration": result.calibration, "reason": result.reason},
        "by_cutoff": table.reset_index().to_dict("records"),
        "candidates": result.candidates.to_dict("records"),
        "mean": table.mean().to_dict(),
        "intervals": chosen(result.summary, result).set_index("metric")[["value", "low", "high"]].T.to_dict(),
        "seconds": seconds,
        "targets": [
            target("Online Retail II: mean AUC", float(table["our_auc"].mean()), at_least=0.805),
            target("Online Retail II: most that any cut-off lies behind the better peer", behind, at_most=0.003),
            target("Online Retail II: calibration error, last year known", float(errors[season].max()), at_most=0.03),
            target("Online Retail II: calibration error, last year unknown", float(errors[~season].max())),
        ],
    }


def telco(file: Path, *, leaks: set[str], auc: tuple[float, float]) -> dict[str, Any]:
    """Name the leaks, leave them out, and cross-validate 5 times 5-fold."""
    with tempfile.TemporaryDirectory() as folder:
        crm.import_source("telco", [file], folder=Path(folder) / "crm")
        examples = churn.labelled_examples(crm.open(Path(folder) / "crm").frame("customers"))
    caught = churn.find_leaks(examples)
    started = time.perf_counter()
    result = churn.backtest(churn.without_leaks(examples, caught), horizon_days=HORIZON_DAYS)
    seconds = time.perf_counter() - started
    summary = chosen(result.summary, result).drop(columns=["model", "scope"])
    show(f"{file.name}: {result.model}, calibration {result.calibration}", summary)
    show("Candidates, mean AUC", result.candidates)
    show("Columns left out", caught)
    value = float(summary.loc[summary["metric"] == "auc", "value"].item())
    wrong = sorted(set(caught["column"]) ^ leaks)
    return {
        "choice": {"model": result.model, "calibration": result.calibration, "reason": result.reason},
        "figures": summary.set_index("metric").T.to_dict(),
        "candidates": result.candidates.to_dict("records"),
        "leaks": caught.to_dict("records"),
        "seconds": seconds,
        "targets": [
            target(f"{file.name}: AUC", value, at_least=auc[0], at_most=auc[1]),
            target(f"{file.name}: leaks missed or honest columns accused", len(wrong), at_most=0),
        ],
    }


def features(orders: int) -> dict[str, Any]:
    """Compute the same features of many orders by Ibis on DuckDB and by pandas."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.parquet"
        write_orders(file, orders)
        rows = []
        for side in ("pandas", "ibis"):
            command = [sys.executable, __file__, "--measure", side, str(file)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
    table = pd.DataFrame(rows)
    show(f"Features of {orders:,} orders", table.drop(columns="sums"))
    plain, own = rows
    differs = {name for name in plain["sums"] if not np.isclose(plain["sums"][name], own["sums"].get(name, np.nan))}
    if differs:
        raise SystemExit(f"the two sides do not agree in {', '.join(sorted(differs))}")
    faster, memory = plain["seconds"] / own["seconds"], own["peak_mb"] / plain["peak_mb"]
    return {
        "sides": table.drop(columns="sums").to_dict("records"),
        "targets": [
            target(f"Features of {orders:,} orders: times faster than pandas", faster, at_least=3),
            target(f"Features of {orders:,} orders: peak memory over that of pandas", memory, at_most=0.5),
        ],
    }


def flat_orders(orders: ibis.Table, lines: ibis.Table, customers: pd.DataFrame) -> pd.DataFrame:
    """Return purchases as the peers take them: customer_id, at, amount, lines (distinct products), home (UK)."""
    products = lines.group_by("order_id").aggregate(lines=lines.product_id.nunique())
    joined = orders.filter(orders.amount > 0).inner_join(products, "order_id")
    bought: pd.DataFrame = joined.to_pyarrow().to_pandas()
    flat = bought.merge(customers[["customer_id", "country"]], on="customer_id").rename(columns={"ordered_at": "at"})
    return flat.assign(home=(flat["country"] == "GB").astype(int))


def peers(orders: pd.DataFrame, cutoff: pd.Timestamp) -> dict[str, Any]:
    """Return the AUC for 'buys again' of the three peers at one cut-off."""
    before = cutoff - pd.Timedelta(days=HORIZON_DAYS)
    learn, judge = rfm(orders, before), rfm(orders, cutoff)
    model = LGBMClassifier(
        n_estimators=300, learning_rate=0.02, num_leaves=8, min_child_samples=40, verbose=-1, random_state=0
    ).fit(learn, buys(orders, before, learn.index))
    truth = buys(orders, cutoff, judge.index)
    return {
        "cutoff": cutoff,
        "customers": len(judge),
        "churn_rate": 1 - truth.mean(),
        "auc_recency": roc_auc_score(truth, -judge["recency"]),
        "auc_lightgbm": roc_auc_score(truth, model.predict_proba(judge)[:, 1]),
        "auc_bgnbd": roc_auc_score(truth, bgnbd(orders, cutoff).reindex(judge.index)),
    }


def rfm(orders: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Return recency, frequency and money per customer, whole and by windows."""
    past = orders[orders["at"] < cutoff]
    by = past.groupby("customer_id")
    found = pd.DataFrame(
        {
            "orders": by.size(),
            "recency": (cutoff - by["at"].max()).dt.days,
            "age": (cutoff - by["at"].min()).dt.days,
            "spend": by["amount"].sum(),
            "mean_amount": by["amount"].mean(),
            "lines": by["lines"].mean(),
            "home": by["home"].last(),
        }
    )
    for days in (30, 60, 90, 180, 365):
        window = past[past["at"] >= cutoff - pd.Timedelta(days=days)].groupby("customer_id")["amount"]
        found[f"orders_{days}"] = window.size().reindex(found.index).fillna(0)
        found[f"spend_{days}"] = window.sum().reindex(found.index).fillna(0)
    found["gap"] = (found["age"] - found["recency"]) / (found["orders"] - 1).clip(lower=1)
    found["late"] = found["recency"] / found["gap"].replace(0, np.nan)
    return found


def buys(orders: pd.DataFrame, cutoff: pd.Timestamp, customers: pd.Index) -> np.ndarray:
    """Return who orders within the horizon."""
    ahead = orders["at"].between(cutoff, cutoff + pd.Timedelta(days=HORIZON_DAYS), inclusive="left")
    return np.asarray(customers.isin(orders.loc[ahead, "customer_id"]))


def bgnbd(orders: pd.DataFrame, cutoff: pd.Timestamp) -> pd.Series:
    """Return the orders that BG/NBD, fitted to these customers, expects of each within the horizon."""
    days = orders.loc[orders["at"] < cutoff, ["customer_id", "at"]]
    by = (
        days.assign(day=days["at"].dt.normalize()).drop_duplicates(["customer_id", "day"]).groupby("customer_id")["day"]
    )
    x = by.size() - 1
    tx, t = (by.max() - by.min()).dt.days / 7, (cutoff.normalize() - by.min()).dt.days / 7

    def loss(logs: np.ndarray) -> float:
        r, alpha, a, b = np.exp(logs)
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
        alive = betaln(a, b + x) - (r + x) * np.log(alpha + t)
        gone = betaln(a + 1, np.maximum(b + x - 1, 1e-9)) - (r + x) * np.log(alpha + tx)
        return -float((common + np.where(x > 0, np.logaddexp(alive, gone), alive)).mean())

    r, alpha, a, b = np.exp(minimize(loss, np.zeros(4), method="L-BFGS-B").x)
    horizon = HORIZON_DAYS / 7
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + t + horizon))
    ahead = (a + b + x - 1) / (a - 1) * (1 - ((alpha + t) / (alpha + t + horizon)) ** (r + x) * series)
    gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + t) / (alpha + tx)) ** (r + x), 0)
    return pd.Series(ahead / (1 + gone), index=x.index)


def write_orders(file: Path, orders: int) -> None:
    """Write orders over 25 months by customers of very different appetite; one in twelve is a return."""
    duckdb.execute("select setseed(0.5)")
    duckdb.execute(
        f"""
        copy (
            select 'O' || i as order_id,
                'C' || lpad(cast(floor(pow(random(), 1.5) * {orders // 12}) as varchar), 8, '0') as customer_id,
                timestamp '2022-01-01' + to_seconds(cast(random() * 86400 * 760 as bigint)) as ordered_at,
                round(exp(3 + random() * 2) * (case when random() < 1 / 12 then -1 else 1 end), 2) as amount
            from range({orders}) numbers(i)
        ) to '{file}' (format parquet)
        """
    )


def measure(side: str, file: str) -> dict[str, Any]:
    """Compute features in this process; return seconds, peak memory and the sum of every column."""
    started = time.perf_counter()
    found = by_ibis(file) if side == "ibis" else by_pandas(file)
    seconds, peak = time.perf_counter() - started, peak_mb()
    sums = {column: float(found[column].sum()) for column in found if column != "customer_id"}
    return {"side": side, "seconds": seconds, "peak_mb": peak, "customers": len(found), "sums": sums}


def peak_mb() -> float:
    """Return the peak memory of this process, without that of the one which started it where Linux tells them apart."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    own = [float(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return (own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def by_ibis(file: str) -> pd.DataFrame:
    """Compute the workbench's features."""
    orders = ibis.duckdb.connect().read_parquet(file)
    frame: pd.DataFrame = churn.features(orders, cutoff=FEATURES_CUTOFF).to_pyarrow().to_pandas()
    return frame


def by_pandas(file: str) -> pd.DataFrame:
    """Compute the same features in the straightforward way."""
    orders = pd.read_parquet(file)
    orders = orders[orders["ordered_at"] < FEATURES_CUTOFF]
    orders["ago"] = (FEATURES_CUTOFF - orders["ordered_at"].dt.normalize()).dt.days
    bought, returned = orders[orders["amount"] > 0], orders[orders["amount"] < 0]
    by = bought.groupby("customer_id")
    found = pd.DataFrame({"recency_days": by["ago"].min(), "tenure_days": by["ago"].max(), "orders": by.size()})
    found["order_days"] = bought.drop_duplicates(["customer_id", "ago"]).groupby("customer_id").size()
    found["spend"], found["mean_amount"] = by["amount"].sum(), by["amount"].mean()
    found["largest_amount"] = by["amount"].max()
    for days in (30, 90, 180, 365):
        found[f"orders_{days}d"] = bought[bought["ago"] <= days].groupby("customer_id").size()
    found["spend_365d"] = bought[bought["ago"] <= 365].groupby("customer_id")["amount"].sum()
    season = bought[bought["ago"].between(366 - HORIZON_DAYS, 365)].groupby("customer_id")
    found["orders_season"], found["spend_season"] = season.size(), season["amount"].sum()
    found["returns"] = returned.groupby("customer_id").size()
    found["returned_amount"] = -returned.groupby("customer_id")["amount"].sum()
    found["returns_90d"] = returned[returned["ago"] <= 90].groupby("customer_id").size()
    found = found.fillna(0)
    repeats, active = found["order_days"] - 1, found["tenure_days"] - found["recency_days"]
    found["gap_days"] = active / repeats.replace(0, np.nan)
    found["lateness"] = found["recency_days"] * found["order_days"] / (active + 60)
    found["orders_per_year"] = found["order_days"] * 365 / (found["tenure_days"] + 30)
    found["orders_trend"] = 2 * found["orders_90d"] - found["orders_180d"]
    since = found["tenure_days"] + 60
    gone = 0.5 / (2 + repeats) * (since / (active + 60)) ** (repeats + 0.5)
    found["rhythm_share"] = (1 - (since / (since + HORIZON_DAYS)) ** (repeats + 0.5)) / (1 + gone)
    return found


def chosen(frame: pd.DataFrame, result: churn.Backtest) -> pd.DataFrame:
    """Return the rows of the chosen model."""
    return frame[(frame["model"] == result.model) & (frame["scope"] == result.scope)]


if __name__ == "__main__":
    main()
