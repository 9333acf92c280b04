"""Value and explanations beside their peers: what is published of CDNOW, PyMC-Marketing, LightGBM, SHAP.

In: `python benchmarks/value.py [--only SECTION]… [--cdnow FILE] [--online-retail FILE] [--pymc-python PYTHON]`, public
data sets that lie in `../shared/data` or where the arguments say.   Out: one JSON object; tables for people.

On Online Retail II peers see the same orders, customers and outcomes as we do, those of `churn.py`: LightGBM (Tweedie)
on recency, frequency and money by windows, learnt from the window before; BG/NBD x mean spend per order. PyMC-Marketing
runs in a process of its own, with an empty cache of compiled code, and fits each model twice: first with compilation,
then without; ours, with nothing to compile, is the median of six. SHAP and we explain the same rows, with all cores.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shap
from churn import CUTOFFS, DATA, HORIZON_DAYS, bgnbd, flat_orders, peak_mb, rfm
from lightgbm import LGBMClassifier, LGBMRegressor
from parts.tables import finish, show, target
from scipy.special import gammaln

from workbench import churn, crm, explain, value
from workbench.churn.models import probability
from workbench.crm.sample.markets import read_markets
from workbench.explain.trees import read_trees, tree_contributions
from workbench.processor import threads
from workbench.value import gammagamma
from workbench.value.bgnbd import log_likelihoods
from workbench.value.buying import ProcessName, expected_if_alive, probability_alive
from workbench.value.histories import collapse
from workbench.value.season import even_season

CALIBRATED_TO, WEEKS = pd.Timestamp("1997-09-30"), 39
# Of CDNOW's sample (Fader, Hardie and Lee, 2005), and half a unit of the last digit; of BG/NBD also the 39 weeks after.
PUBLISHED: dict[ProcessName, tuple[dict[str, float], float]] = {
    "bgnbd": ({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "correlation": 0.626, "rmse": 1.608}, 0.0005),
    "paretonbd": ({"r": 0.55, "alpha": 10.58, "s": 0.61, "beta": 11.67}, 0.005),
}
BUYING, SPENDING = (0.243, 4.414, 0.793, 2.426), (6.25, 3.74, 15.44)
FITTED, MANY, COLUMNS = 20_000, 1_000_000, 30
METRICS = ("spearman", "top_decile_share", "oracle_share", "total_ratio", "rmse", "mae")
KEYS = ["metric", "model", "cutoff"]
NOT_MEASURED = "not measured"
PYMC = """
import json, sys, time
import pandas as pd
import pymc.tuning.starting as starting
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel
minimise, spent = starting.minimize, []
def timed(*args, **kwargs):
    spent[:] = time.perf_counter(), minimise(*args, **kwargs), time.perf_counter()
    return spent[1]
starting.minimize = timed
data, found = pd.read_csv(sys.argv[1]), {}
spending = data[["customer_id", "monetary_value", "orders"]].rename(columns={"orders": "frequency"})
kinds = {"buying": (BetaGeoModel, ["r", "alpha", "a", "b"], data[["customer_id", "frequency", "recency", "T"]]),
         "spending": (GammaGammaModel, ["p", "q", "v"], spending)}
for name, (kind, parameters, rows) in kinds.items():
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        model = kind(data=rows)
        model.fit(method="map", progressbar=False)
        seconds.append(time.perf_counter() - started)
    values = [float(model.fit_result[parameter].squeeze()) for parameter in parameters]
    found[name] = dict(first=seconds[0], again=seconds[1], optimiser=spent[2] - spent[0], parameters=values)
print(json.dumps(found))
"""


def main() -> None:
    """Run the sections and print what was found."""
    sections: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        "cdnow": lambda options: cdnow(options.cdnow),
        "pymc": lambda options: pymc(options.pymc_python),
        "million": lambda _: million(MANY),
        "online_retail": lambda options: online_retail(options.online_retail),
        "sample": lambda _: sample(),
        "reasons": lambda _: reasons(),
    }
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", action="append", choices=list(sections))
    place = arguments.add_argument
    place("--cdnow", type=Path, default=DATA / "cdnow" / "cdnow_sample.parquet")
    place("--online-retail", type=Path, default=DATA / "online_retail_ii" / "online_retail_ii.parquet")
    here = sys.executable if importlib.util.find_spec("pymc_marketing") else None
    place("--pymc-python", default=here, help="the Python that has PyMC-Marketing; else this one, if it has")
    place("--measure", type=int, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    found = {name: sections[name](options) for name in options.only or sections}
    finish(found)


def clocked(do: Callable[[], Any]) -> tuple[Any, float]:
    """Return what something returns, and the seconds it took."""
    started = time.perf_counter()
    found = do()
    return found, time.perf_counter() - started


def cdnow(file: Path) -> dict[str, Any]:
    """Fit both processes to CDNOW's sample; forecast the 39 weeks after, beside two rules."""
    log = pd.read_parquet(file)
    # A few orders cost nothing; they are orders all the same.
    orders = log.rename(columns={"date": "ordered_at"}).assign(amount=log["price"].clip(lower=0.01))
    known = value.histories_of(orders, end=CALIBRATED_TO)
    days = orders[orders["ordered_at"] > CALIBRATED_TO].drop_duplicates(["customer_id", "ordered_at"])
    came = days.groupby("customer_id").size().reindex(known["customer_id"], fill_value=0).to_numpy(float)
    past_rate = (known["repeats"] / known["tenure_days"] * 7 * WEEKS).to_numpy()
    rules, near = {"nobody": np.zeros(len(known)), "past_rate": past_rate}, []
    rows = [{"model": name, **_against(forecast, came)} for name, forecast in rules.items()]
    for name, (published, half) in PUBLISHED.items():
        model, seconds = clocked(partial(value.fit_buying, known, process=name))
        forecast = probability_alive(model, known) * expected_if_alive(model, known, np.array([WEEKS]))[:, 0]
        fitted = {"seconds": seconds, "log_likelihood": model.fit.log_likelihood}
        parameters = dict(zip(model.names, model.fit.parameters.tolist(), strict=True))
        rows.append({"model": name, **_against(forecast, came), **fitted, **parameters})
        near += [(f"{name}, {one}", rows[-1][one], said, half) for one, said in published.items()]
    own = rows[2]
    near += [("bgnbd, log-likelihood", own["log_likelihood"], -9582.4, 0.05), ("bgnbd, total", own["total"], 1653, 0.5)]
    show(f"CDNOW, {WEEKS} weeks held out: {came.sum():,.0f} orders came", pd.DataFrame(rows).iloc[:, :7])
    targets = [target(f"CDNOW, {name}", one, at_least=said - off, at_most=said + off) for name, one, said, off in near]
    return {"models": rows, "came": float(came.sum()), "targets": targets}


def _against(forecast: np.ndarray, came: np.ndarray) -> dict[str, Any]:
    return {
        "correlation": float(np.corrcoef(forecast, came)[0, 1]) if np.ptp(forecast) > 0 else np.nan,
        "mae": float(np.abs(forecast - came).mean()),
        "rmse": float(np.sqrt(((forecast - came) ** 2).mean())),
        "total": float(forecast.sum()),
    }


def pymc(python: str | None) -> dict[str, Any]:
    """Fit BG/NBD and Gamma-Gamma to the same customers here and by PyMC-Marketing (MAP)."""
    known, rows, targets = value.histories(drawn(FITTED)), [], []
    alike, spend, orders = collapse(known), known["mean_spend"].to_numpy(), known["repeats"].to_numpy() + 1
    fits = {"buying": lambda: value.fit_buying(known).fit, "spending": lambda: gammagamma.fit(spend, orders)}
    likelihoods: dict[str, Callable[[np.ndarray], float]] = {
        "buying": lambda p: float(alike.customers @ log_likelihoods(p, alike)),
        "spending": lambda p: gamma_gamma_log_likelihood(p, spend, orders),
    }
    theirs = by_pymc(known, python) if python else {}
    for name, fit in fits.items():
        runs = [clocked(fit) for _ in range(6)]
        seconds, parameters = float(np.median([one for _, one in runs])), runs[0][0].parameters.tolist()
        sides = {"workbench": {"first": seconds, "again": seconds, "parameters": parameters}}
        sides |= {"PyMC-Marketing": theirs[name]} if theirs else {}
        for side, found in sides.items():
            row = {"model": name, "side": side, "log_likelihood": likelihoods[name](np.array(found["parameters"]))}
            rows.append({**row, **found, "parameters": [float(f"{one:.4g}") for one in found["parameters"]]})
        targets += _beside_pymc(f"{FITTED:,} customers, {name}", *rows[-len(sides) :])
    show(f"{FITTED:,} customers: seconds of first and other fits", pd.DataFrame(rows).drop(columns="log_likelihood"))
    return {"fits": rows, "pymc": "measured" if theirs else NOT_MEASURED, "targets": targets}


def _beside_pymc(title: str, own: dict[str, Any], peer: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    if peer is None:
        return [{"figure": f"{title}: beside PyMC-Marketing", "value": NOT_MEASURED, "target": "", "verdict": ""}]
    ahead, times = own["log_likelihood"] - peer["log_likelihood"], f"{title}: times faster than PyMC-Marketing"
    return [
        # Where both reach the maximum, the last digits are a matter of chance.
        target(f"{title}: log-likelihood above PyMC-Marketing's", ahead, at_least=-0.001),
        target(f"{times}, first fit", peer["first"] / own["first"], at_least=100),
        target(f"{times}, another fit, all compiled", peer["again"] / own["again"]),
        target(f"{times}, optimiser alone", peer["optimiser"] / own["again"]),
    ]


def by_pymc(known: pd.DataFrame, python: str) -> dict[str, Any]:
    """Fit by PyMC-Marketing in a process of its own."""
    data = known.rename(columns={"repeats": "frequency", "mean_spend": "monetary_value"})
    data = data.assign(recency=known["active_days"] / 7, T=known["tenure_days"] / 7, orders=known["repeats"] + 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "customers.csv"
        data.to_csv(file, index=False)
        flags = {"PYTENSOR_FLAGS": f"base_compiledir={folder}/compiled"}
        command = [python, "-c", PYMC, str(file)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | flags)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def gamma_gamma_log_likelihood(parameters: np.ndarray, spend: np.ndarray, orders: np.ndarray) -> float:
    """Return the log-likelihood of mean spends over so many orders, by the density of Fader, Hardie and Lee (2005)."""
    p, q, gamma = parameters
    shape = p * orders
    terms = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + shape * np.log(orders)
    return float((terms + (shape - 1) * np.log(spend) - (shape + q) * np.log(gamma + orders * spend)).sum())


def drawn(customers: int, *, seed: int = 0) -> pd.DataFrame:
    """Draw features from BG/NBD and Gamma-Gamma with CDNOW's parameters: first orders over 12 weeks, 39 weeks in all.

    Orders until a customer leaves are geometric; given their number, they fall anywhere within the tenure.
    """
    rng, (r, alpha, a, b), (p, q, gamma) = np.random.default_rng(seed), BUYING, SPENDING
    tenure = rng.integers((WEEKS - 12) * 7, WEEKS * 7 + 1, customers)
    rate, leaving = rng.gamma(r, 1 / alpha, customers), np.clip(rng.beta(a, b, customers), 1e-9, 1)
    offered = rng.poisson(rate * tenure / 7)
    repeats = np.minimum(offered, rng.geometric(leaving))
    last = np.ceil(tenure * rng.beta(np.maximum(repeats, 1), offered - repeats + 1)).astype(int)
    known = pd.DataFrame({"customer_id": [f"C{n:08d}" for n in range(customers)], "order_days": repeats + 1})
    known["tenure_days"], known["recency_days"] = tenure, tenure - np.where(repeats > 0, last, 0)
    return known.assign(spend=rng.gamma(p * (repeats + 1)) / rng.gamma(q, 1 / gamma, customers))


def million(customers: int) -> dict[str, Any]:
    """Fit many customers and value their year ahead, in a process of its own."""
    command = [sys.executable, __file__, "--measure", str(customers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found, title = dict(json.loads(done.stdout.splitlines()[-1])), f"{customers:,} customers"
    show(title, pd.DataFrame([found]))
    seconds, memory = found["fit_seconds"] + found["value_seconds"], found["peak_mb"] / 1024
    in_time = target(f"{title}: seconds to fit, and to value 12 months", seconds, at_most=10)
    return {**found, "targets": [in_time, target(f"{title}: peak memory, GB", memory, at_most=4)]}


def measure(customers: int) -> dict[str, Any]:
    """Fit and value customers in this process; return seconds and peak memory, drawing them included in this."""
    features, season, cutoff = drawn(customers), even_season(""), pd.Timestamp("2024-01-01")
    model, fit = clocked(lambda: value.fit_process(features, cutoff=cutoff, season=season))
    found, seconds = clocked(lambda: value.lifetime_value(model, months=12, margin=0.3, annual_discount_rate=0.1))
    return {"customers": len(found), "fit_seconds": fit, "value_seconds": seconds, "peak_mb": peak_mb()}


def online_retail(file: Path) -> dict[str, Any]:
    """Backtest at the four cut-offs, beside the peers at the same."""
    with tempfile.TemporaryDirectory() as folder:
        crm.import_source("online_retail", [file], folder=Path(folder) / "crm")
        data = crm.open(Path(folder) / "crm")
        orders, customers = data.table("orders"), data.frame("customers")
        cutoffs = churn.cutoffs(orders, horizon_days=HORIZON_DAYS)
        examples = churn.examples(orders, cutoffs=cutoffs, horizon_days=HORIZON_DAYS, customers=customers)
        examples = value.with_spend(examples, orders, horizon_days=HORIZON_DAYS)
        result = value.backtest(examples, value.daily_volume(orders), horizon_days=HORIZON_DAYS, judged=CUTOFFS)
        flat = flat_orders(orders, data.table("order_lines"), customers)
    theirs = [peers(flat, scores) for _, scores in result.scores.groupby("cutoff")]
    figures = pd.concat([result.folds, *theirs], ignore_index=True)
    figures["cutoff"] = figures["cutoff"].dt.strftime("%Y-%m-%d")
    # The oracle is the same for all of them; where nobody buys, there is no order.
    figures["model"] = figures["model"].mask(figures["metric"] == "oracle_share", "oracle")
    figures = figures.query("metric in @METRICS and (model != 'nobody' or metric in ('mae', 'rmse'))")
    figures = figures.drop_duplicates(KEYS)
    wide = figures.pivot(index=KEYS[:2], columns="cutoff", values="value")
    show(f"Online Retail II (ours: {result.model})", wide.assign(mean=wide.mean(axis=1)).reset_index())
    show("90 % intervals on Online Retail II", result.coverage)
    return {
        "choice": {"model": result.model, "reason": result.reason, "level": result.level},
        "figures": figures.to_dict("records"),
        "coverage": result.coverage.to_dict("records"),
        "candidates": result.candidates.to_dict("records"),
        "targets": _retail_targets(wide, str(result.model)),
    }


def _retail_targets(wide: pd.DataFrame, chosen: str) -> list[dict[str, Any]]:
    title, mean = "Online Retail II", wide.mean(axis=1)
    ratios = wide.loc[["total_ratio"]].droplevel(0)
    off = ratios.map(lambda ratio: abs(np.log(ratio)))
    behind = (off.loc[chosen] - off.loc[["lightgbm", "bgnbd"]].min()).to_dict()
    totals = [(f"{title}: total over truth, {day}", ratio) for day, ratio in ratios.T[chosen].to_dict().items()]
    lags = [(f"{title}: |log ratio| less the best peer's, {day}", lag) for day, lag in behind.items()]
    return [
        target(f"{title}: mean Spearman", float(mean["spearman", chosen]), at_least=0.535),
        target(f"{title}: mean top-decile share", float(mean["top_decile_share", chosen]), at_least=0.62),
        *(target(*one, at_most=0) for one in lags[:2]),
        *(target(*one, at_least=0.8, at_most=1.2) for one in totals[2:]),
    ]


def peers(orders: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Return the quality of both peers at one cut-off, on the customers and the spend that ours are judged on."""
    cutoff = judged["cutoff"].iloc[0]
    before = cutoff - pd.Timedelta(days=HORIZON_DAYS)
    learn, judge = rfm(orders, before), rfm(orders, cutoff)
    spent = spend_ahead(orders, cutoff, judge.index)
    if len(judge) != len(judged) or not np.allclose(judged.set_index("customer_id")["spent"][judge.index], spent):
        raise SystemExit("the peers were not judged on the same customers and spend")
    small = {"n_estimators": 300, "learning_rate": 0.02, "num_leaves": 8, "min_child_samples": 40}
    regressor = LGBMRegressor(objective="tweedie", random_state=0, verbose=-1, **small)
    regressor.fit(learn, spend_ahead(orders, before, learn.index))
    orders_ahead = bgnbd(orders, cutoff).reindex(judge.index)
    forecasts = {"lightgbm": regressor.predict(judge), "bgnbd": orders_ahead * judge["mean_amount"]}
    scores = {name: pd.DataFrame({"predicted": found, "spent": spent}) for name, found in forecasts.items()}
    return pd.concat([value.quality(found).assign(model=name, cutoff=cutoff) for name, found in scores.items()])


def spend_ahead(orders: pd.DataFrame, cutoff: pd.Timestamp, customers: pd.Index) -> pd.Series:
    """Return what each customer spends within the horizon."""
    ahead = orders[orders["at"].between(cutoff, cutoff + pd.Timedelta(days=HORIZON_DAYS), inclusive="left")]
    return ahead.groupby("customer_id")["amount"].sum().reindex(customers).fillna(0.0)


def sample() -> dict[str, Any]:
    """Count how often 90 % intervals held in each market of the built-in sample, where earlier outcomes set them."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        place = crm.sample.write(Path(folder) / "sample")
        for market in read_markets():
            tables = crm.open(place).cut([market.country]).tables
            known = churn.gather(tables, horizon_days=HORIZON_DAYS)
            found = value.gather(known.past, known.today, tables["orders"], horizon_days=HORIZON_DAYS)
            result = value.backtest(found.past, found.volume, horizon_days=HORIZON_DAYS)
            held = result.coverage[result.coverage["calibrated"]].drop(columns="calibrated")
            rows += [{"market": market.name, "model": result.model, **row} for row in held.to_dict("records")]
    table = pd.DataFrame(rows)
    sums = table.assign(held=table["coverage"] * table["customers"]).groupby("market")[["held", "customers"]].sum()
    show("90 % intervals on the sample", table)
    figures = [("all markets", sums.sum()), *sums.iterrows()]
    shares = {str(name): float(one["held"] / one["customers"]) for name, one in figures}
    asked = {"all markets": {"at_least": 0.88, "at_most": 0.92}}
    targets = [target(f"Sample: coverage, {name}", share, **asked.get(name, {})) for name, share in shares.items()]
    return {"by_cutoff": rows, "coverage": shares, "targets": targets}


def reasons() -> dict[str, Any]:
    """Check that contributions add up, and time reasons and what-ifs."""
    with tempfile.TemporaryDirectory() as folder:
        tables = crm.open(crm.sample.write(Path(folder) / "sample")).cut(["DE"]).tables
        known = churn.gather(tables, horizon_days=HORIZON_DAYS)
    models = {name: churn.fit(known.past, model=name) for name in ("logistic", "trees")}
    gaps = {name: largest_gap(model, known.today) for name, model in models.items()}
    changes = [what_ifs(model, known.today) for model in models.values()]
    linear, trees = linear_seconds(models["logistic"].columns[:COLUMNS], known.past, known.today), tree_rates()
    show("What-if", pd.DataFrame(changes))
    show(f"Linear reasons of {MANY:,} rows x {COLUMNS} columns: seconds", pd.DataFrame([linear]))
    show(f"Tree reasons, {threads()} cores: rows a second", pd.DataFrame([trees]))
    targets = [
        *(target(f"SHAP additivity, {name}", gap, at_most=1e-6) for name, gap in gaps.items()),
        target(f"Linear reasons of {MANY:,} rows: seconds", linear["attribute"] + linear["codes"], at_most=5),
        target("Tree reasons: times as fast as shap.TreeExplainer", trees["times_as_fast"], at_least=1),
        *(target(f"What-if, {one['model']}: customers/s", one["per_second"], at_least=200) for one in changes),
    ]
    return {"additivity": gaps, "what_if": changes, "linear": linear, "trees": trees, "targets": targets}


def largest_gap(model: churn.Model, features: pd.DataFrame) -> float:
    """Return how far base and contributions lie from the model's own raw score, at most."""
    drivers = explain.attribute(model, features)
    encoded, last = model.estimator[:-1].transform(features[list(model.columns)]), model.estimator[-1]
    raw = last.predict(encoded, raw_score=True) if model.name == "trees" else last.decision_function(encoded)
    return float(np.abs(drivers.base + drivers.contributions.sum(axis=1).to_numpy() - raw).max())


def what_ifs(model: churn.Model, features: pd.DataFrame) -> dict[str, Any]:
    """Search what would bring each customer at or above the median risk below it."""
    risk, levers = partial(probability, model), explain.read_levers(model.columns)
    threshold = float(np.median(risk(features)))
    risky = features[risk(features) >= threshold].reset_index(drop=True)
    search = partial(explain.what_if, risk, risky, threshold=threshold, aim="below", levers=levers)
    found, seconds = clocked(partial(search, derive=partial(churn.consistent, horizon_days=HORIZON_DAYS)))
    crossed = float(found.groupby("customer_id")["crossed"].any().mean())
    return {"model": model.name, "customers": len(risky), "crossed": crossed, "per_second": len(risky) / seconds}


def linear_seconds(columns: tuple[str, ...], past: pd.DataFrame, today: pd.DataFrame) -> dict[str, float]:
    """Explain many customers, drawn from those of today, by a linear model; encoding them is part of attributing."""
    model = churn.fit(past[[*columns, "churned"]], model="logistic")
    many = today[[*columns]].sample(MANY, replace=True, random_state=0, ignore_index=True)
    many.insert(0, "customer_id", [f"C{n:08d}" for n in range(MANY)])
    _, encode = clocked(lambda: model.estimator[:-1].transform(many[[*columns]]))
    drivers, attribute = clocked(lambda: explain.attribute(model, many))
    _, codes = clocked(lambda: explain.reason_codes(drivers.contributions, many, family=explain.family))
    return {"encode": encode, "attribute": attribute, "codes": codes}


def tree_rates(*, columns: int = 45, rows: int = 20_000, rounds: int = 3) -> dict[str, float]:
    """Explain the same rows of 300 trees of 8 leaves by SHAP and by us, in turn; ours includes reading the trees."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns))
    y = rng.random(rows) < 1 / (1 + np.exp(-x[:, :10].sum(axis=1) - x[:, 0] * x[:, 1]))
    model = LGBMClassifier(n_estimators=300, num_leaves=8, learning_rate=0.05, verbose=-1, n_jobs=threads()).fit(x, y)
    booster, seconds = model.booster_, []
    tree_contributions(read_trees(booster), x[:100])  # compiles
    for _ in range(rounds):
        theirs, peer = clocked(lambda: shap.TreeExplainer(booster).shap_values(x))
        (own, _base), mine = clocked(lambda: tree_contributions(read_trees(booster), x))
        seconds.append((peer, mine))
    peer, mine = (float(one) for one in np.median(seconds, axis=0))
    gap = float(np.abs(theirs - own).max())
    return {"shap": rows / peer, "workbench": rows / mine, "times_as_fast": peer / mine, "largest_difference": gap}


if __name__ == "__main__":
    main()
