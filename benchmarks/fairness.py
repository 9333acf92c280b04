"""Fairness, contact pressure and documents beside what is known: planted gaps, no gaps, fairlearn, real experiments.

In: `python benchmarks/fairness.py [--only SECTION]… [--data FOLDER] [--reports FOLDER] [--touches N] [--nulls N]`,
public data sets that lie in `../shared/data` or where the arguments say.   Out: one JSON object; tables for people.

    planted    five samples of 2,000 customers a market: the gap of .12 between men and women in who gets an offer
    null       a hundred data sets whose groups were dealt out by lot: how often a gap is shown all the same
    agreement  intervals of ours and of fairlearn's MetricFrame on the same 20,000 rows, and their times, in one run
    nusax      the linear model and the shipped one on the same content in twelve and in two languages: no target
    pressure   20 million touches of a million customers, in a process of its own
    hillstrom  what e-mail brought in Hillstrom's experiment, beside its published means
    bank       what caps would have held back in the calls of a Portuguese bank, replayed and summed directly
    documents  whether `reports/` holds a card and a draft of an assessment for every market and model, nothing blank
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from parts import nulls, papers
from parts.calls import agreed_by_calls, expanded
from parts.large import write_responded
from parts.resampling import ROWS, THEIR_RESAMPLES, ends, fairlearn_ends, rows_in_groups
from parts.tables import NOT_MEASURED, finish, show, target

from workbench import crm, market, sentiment
from workbench.crm import sample
from workbench.governance.fairness import assess_fairness, language_gap
from workbench.governance.fairness.counts import RATES
from workbench.governance.pressure import effect_of_contact, log_of, what_caps_cost
from workbench.intervals import wilson
from workbench.sentiment.linear import train

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
SEEDS = (1, 2, 3, 4, 5)
MODELS = ("churn", "value", "sentiment")
# Hillstrom's arms as published, in per cent and rounded: visits, conversions.
PUBLISHED = {"Mens E-Mail": (0.1828, 0.0125), "Womens E-Mail": (0.1514, 0.0088), "No E-Mail": (0.1062, 0.0057)}
# Longer than any client of the bank was called on, at a call a day: what went out never leaves the window.
WINDOW_DAYS = 60
SHORT = ["arm", "outcome", "people", "mean", "low", "high", "brought", "at_least", "at_most", "ratio"]
_T = TypeVar("_T")


def main() -> None:
    """Run the sections and print what was found."""
    options = read_arguments()
    sections = sections_of(options)
    finish({name: sections[name]() for name in options.only or sections})


def sections_of(options: argparse.Namespace) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what each section runs."""
    return {
        "planted": planted,
        "null": lambda: null(options.nulls),
        "agreement": agreement,
        "nusax": lambda: nusax(options.data / "sentiment" / "reviews.parquet"),
        "pressure": lambda: pressure(options.touches),
        "hillstrom": lambda: hillstrom(options.data / "hillstrom" / "hillstrom.parquet"),
        "bank": lambda: bank(options.data / "bank_marketing" / "bank_additional_full.parquet"),
        "documents": lambda: documents(options.reports),
    }


def read_arguments() -> argparse.Namespace:
    """Read where the data is and which sections to run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    place = arguments.add_argument
    place("--only", action="append", choices=list(sections_of(argparse.Namespace())), help="this section; repeatable")
    place("--data", type=Path, default=DATA, help="the folder of the public data sets")
    place("--reports", type=Path, default=ROOT / "reports", help="where `workbench run` left its documents")
    place("--touches", type=int, default=20_000_000, help="how many touches; customers are a twentieth")
    place("--nulls", type=int, default=100, help="how many data sets without a gap")
    return arguments.parse_args()


def planted() -> dict[str, Any]:
    """Look for the planted gap in five samples, over all markets at once and in each."""
    table = pd.concat([gaps_of_sample(seed) for seed in SEEDS], ignore_index=True)
    pooled, single = table[table["market"] == "all"], table[table["market"] != "all"]
    show(f"The planted gap of men and women, {len(SEEDS)} samples of 2,000 customers a market", pooled)
    by_market = single.groupby("market")[["holds", "shown"]].sum().reset_index()
    show("Each market alone: in how many samples the interval holds it, and a gap is shown", by_market)
    return {
        "gaps": table.to_dict("records"),
        "targets": [
            target("Planted gap: samples whose interval holds it", int(pooled["holds"].sum()), at_least=len(SEEDS)),
            target("Planted gap: samples in which it is shown", int(pooled["shown"].sum()), at_least=len(SEEDS)),
            target("Planted gap: single markets whose interval holds it, share", float(single["holds"].mean())),
            target("Planted gap: samples that hold it at an equal score", int(pooled["equal_holds"].sum())),
        ],
    }


def gaps_of_sample(seed: int) -> pd.DataFrame:
    """Return the gap in decisions of one sample: all markets together, then each."""
    with tempfile.TemporaryDirectory() as name:
        folder = sample.write(Path(name) / "crm", customers=2_000, seed=seed)
        known, everyone = json.loads((folder / "sample.json").read_text(encoding="utf-8")), crm.open(folder)
        rows = [gap_in("all", everyone, known)]
        rows += [gap_in(one.market, everyone.cut(one.countries), known) for one in sample_markets()]
    return pd.DataFrame(rows).assign(seed=seed)


def sample_markets() -> list[market.Market]:
    """Return the markets whose data is the sample."""
    return [one for one in market.read_folder(ROOT / "params") if one.data == "sample"]


def gap_in(name: str, held: crm.Crm, known: dict[str, Any]) -> dict[str, Any]:
    """Return the gap that the audit finds, and whether its intervals hold the planted one."""
    seen_at, gap = pd.Timestamp(known["last_day"]), known["gap"]
    found = assess_fairness(held.tables, {}, seen_at=seen_at, target_gap=0.05).decisions
    row = found[(found["attribute"] == gap["attribute"]) & (found["action"] == gap["outcome"])].iloc[0]
    told = ["customers", "difference", "low", "high", "at_equal_score", "equal_low", "equal_high", "shown"]
    facing = row["highest"] == gap["favoured"]
    return {
        "market": name,
        **row[told].to_dict(),
        "holds": bool(facing and row["low"] <= gap["size"] <= row["high"]),
        "equal_holds": bool(facing and row["equal_low"] <= gap["size"] <= row["equal_high"]),
    }


def null(times: int) -> dict[str, Any]:
    """Count in how many data sets without a gap one is shown, by model."""
    with tempfile.TemporaryDirectory() as name:
        folder = sample.write(Path(name) / "crm", customers=600, seed=SEEDS[0])
        decided = nulls.of_decisions(folder, times=times)
    found = pd.concat([decided, nulls.of_models(customers=2_500, times=times)], ignore_index=True)
    found = found[found["p"].notna()]
    smallest = found.groupby(["model", "data_set"])["p_adjusted"].min().reset_index()
    alarms = smallest.assign(alarm=smallest["p_adjusted"] < 0.05).groupby("model")["alarm"].sum()
    share, low, high = wilson(alarms.to_numpy(), times)
    by_model = pd.DataFrame(
        {"model": alarms.index, "alarms": alarms.to_numpy(), "share": share, "low": low, "high": high}
    )
    by_model["tests"] = (found.groupby("model").size() / times).to_numpy()
    by_metric = found.assign(below=found["p"] < 0.05).groupby(["model", "metric"])["below"].mean().reset_index()
    show(f"A gap is shown in so many of {times} data sets without any", by_model)
    show("Single tests below .05, before they are adjusted: share", by_metric)
    return {
        "by_model": by_model.to_dict("records"),
        "single_tests": by_metric.to_dict("records"),
        "targets": [
            target(f"No gap: data sets with a false alarm, {model}", float(share), at_most=0.05)
            for model, share in by_model.set_index("model")["share"].items()
        ],
    }


def agreement() -> dict[str, Any]:
    """Compare intervals of the largest difference between groups, and their times, with fairlearn's."""
    group, actual, selected = rows_in_groups()
    theirs, their_seconds = timed(lambda: fairlearn_ends(group, actual, selected))
    ours, seconds = timed(lambda: ends(group, actual, selected, resamples=2_000, seed=0), times=7)
    again = np.stack([ends(group, actual, selected, resamples=THEIR_RESAMPLES, seed=seed) for seed in range(1, 301)])
    # Theirs and ours both have the error of so many resamples; ours of 2,000 adds a tenth of its variance.
    error = again.std(axis=0, ddof=1) * np.sqrt(1 + THEIR_RESAMPLES / 2_000)
    apart = np.abs(ours - theirs) / error
    frame = pd.DataFrame({"metric": RATES, "low": ours[0], "fairlearn_low": theirs[0], "high": ours[1]})
    frame = frame.assign(fairlearn_high=theirs[1], low_errors_apart=apart[0], high_errors_apart=apart[1])
    show(f"Largest difference of four groups, {ROWS:,} rows: 95 % intervals", frame)
    times = {"seconds": seconds, "fairlearn_seconds": their_seconds, "ratio": their_seconds / seconds}
    times["ratio_of_a_resample"] = times["ratio"] * 2_000 / THEIR_RESAMPLES
    show("Seconds for all four intervals: ours of 2,000 resamples, fairlearn's of 200", pd.DataFrame([times]))
    return {
        "intervals": frame.to_dict("records"),
        **times,
        "targets": [
            target("Agreement: ends of intervals, in errors of the bootstrap", float(apart.max()), at_most=3),
            target("Agreement: seconds of 2,000 resamples", seconds, at_most=0.05),
            target("Agreement: times as fast as fairlearn, an interval", times["ratio"], at_least=1_000),
            target("Agreement: times as fast as fairlearn, a resample", times["ratio_of_a_resample"]),
        ],
    }


def timed(run: Callable[[], _T], *, times: int = 1) -> tuple[_T, float]:
    """Run it so many times; return what it gave and the seconds of the fastest."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        found = run()
        spent.append(time.perf_counter() - started)
    return found, min(spent)


def nusax(file: Path) -> dict[str, Any]:
    """Judge models of sentiment on texts that say the same in twelve languages."""
    rows = read_nusax(file)
    learn, judge = rows[rows["split"] != "test"], rows[rows["split"] == "test"].reset_index(drop=True)
    shipped = sentiment.fit(rows, model="shipped")
    judged: dict[str, tuple[Any, pd.DataFrame]] = {"linear": (train(learn), judge)}
    if {"en", "id"} <= set(shipped.languages):
        judged["shipped"] = (shipped, judge[judge["language"].isin(["en", "id"])].reset_index(drop=True))
    found = {name: same_content(name, *pair) for name, pair in judged.items()}
    return {
        "models": found,
        "targets": [
            target(f"NusaX: {figure}, {name} model", one[figure])
            for name, one in found.items()
            for figure in ("best accuracy", "largest gap", "gaps to the best that are shown")
        ],
    }


def read_nusax(file: Path) -> pd.DataFrame:
    """Return the texts with content: row k of a split is the same in every language."""
    rows = pd.read_parquet(file, columns=["source", "lang", "text", "label", "split"])
    rows = rows[rows["source"] == "nusax"].astype(str).rename(columns={"lang": "language"})
    number = rows.groupby(["language", "split"]).cumcount()
    return rows.assign(content=rows["split"] + number.astype(str))


def same_content(name: str, model: Any, judge: pd.DataFrame) -> dict[str, Any]:
    """Return the accuracy of every language, and the gap of each to the best."""
    said = sentiment.score(model, judge).messages["sentiment"].to_numpy(object)
    gap = language_gap(judge.assign(right=(said == judge["label"]).astype(int)))
    best = gap.languages["language"].iloc[0]
    to_best = gap.pairs[gap.pairs["than"] == best]
    show(f"NusaX, the {name} model: accuracy on the same content ({gap.said})", gap.languages)
    show(f"NusaX, the {name} model: gap of each language to the best, {best}", to_best)
    return {
        "languages": gap.languages.to_dict("records"),
        "to_best": to_best.to_dict("records"),
        "best accuracy": float(gap.languages["accuracy_share"].max()),
        "largest gap": float(gap.pairs["difference"].max()),
        "gaps to the best that are shown": int(to_best["shown"].sum()),
    }


def pressure(touches: int) -> dict[str, Any]:
    """Assess the pressure of so many touches in a process of its own, and read its time and memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "crm"
        write_responded(folder, touches=touches)
        script = Path(__file__).parent / "parts" / "pressed.py"
        done = subprocess.run([sys.executable, script, folder], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    show(f"{found['touches']:,} touches to {found['persons']:,} persons", pd.DataFrame(found["findings"]))
    return found | {
        "targets": [
            target(f"Pressure: seconds for {touches:,} touches", found["seconds"], at_most=30),
            target("Pressure: seconds of processors, all together", found["cpu_seconds"]),
            target("Pressure: peak memory, GB", found["gigabytes"], at_most=4),
        ],
    }


def hillstrom(file: Path) -> dict[str, Any]:
    """Reproduce the published means of an experiment, and say what e-mail brought."""
    people = pd.read_parquet(file, columns=["segment", "visit", "conversion", "spend"])
    outcomes = ["visit", "conversion", "spend"]
    found = effect_of_contact(people, arm="segment", outcomes=outcomes, control="No E-Mail")
    told = [
        "arm",
        "outcome",
        "people",
        "mean",
        "low",
        "high",
        "difference",
        "difference_low",
        "difference_high",
        "ratio",
    ]
    show("Hillstrom's e-mails: what they brought", found[told].set_axis(SHORT, axis=1))
    means = found.set_index(["arm", "outcome"])["mean"]
    same = [
        round(float(means[arm, outcome]), 4) == known
        for arm, both in PUBLISHED.items()
        for outcome, known in zip(outcomes[:2], both, strict=True)
    ]
    name = f"Hillstrom: published means reproduced, of {len(same)}"
    return {"effects": found.to_dict("records"), "targets": [target(name, sum(same), at_least=len(same))]}


def bank(file: Path) -> dict[str, Any]:
    """Replay caps on a bank's calls, and compare what they save and lose with the direct sums."""
    clients = pd.read_parquet(file, columns=["campaign", "y"])
    calls, agreed = clients["campaign"], clients["y"] == "yes"
    by_calls = agreed_by_calls(calls, agreed)
    show("Bank: clients who agreed, by how often they were called, and at that call", by_calls)
    log = log_of(expanded(calls, agreed))
    found = what_caps_cost(log, choices=[(cap, WINDOW_DAYS) for cap in range(1, 7)])
    table = found[["cap", "touches_held_back", "held_back_share", "conversions_lost", "conversions_lost_share"]]
    table = table.assign(
        calls_beyond=[int((calls - cap).clip(lower=0).sum()) for cap in table["cap"]],
        agreed_beyond=[int((agreed & (calls > cap)).sum()) for cap in table["cap"]],
    )
    show("Bank: what a cap would have saved and lost, replayed and summed directly", table)
    off = (table["touches_held_back"] != table["calls_beyond"]) | (table["conversions_lost"] != table["agreed_beyond"])
    return {
        "by_calls": by_calls.to_dict("records"),
        "caps": table.to_dict("records"),
        "targets": [target(f"Bank: caps of {len(off)} whose replay differs from the sum", int(off.sum()), at_most=0)],
    }


def documents(reports: Path) -> dict[str, Any]:
    """Count the documents that are there and whole."""
    found = papers.check(reports, markets=[one.market for one in sample_markets()], models=MODELS)
    by_market = found.groupby("market").agg(
        complete=("complete", "sum"), of=("complete", "size"), fault=("fault", "max")
    )
    show(f"Cards and impact assessments in {reports}, with one fault", by_market.reset_index())
    measured = ~found["fault"].str.startswith(NOT_MEASURED)
    kinds = [(kind, rows, measured[rows.index].any()) for kind, rows in found.groupby("kind")]
    return {
        "documents": found.to_dict("records"),
        "targets": [
            target(f"Documents: complete {kind}s", int(rows["complete"].sum()) if ran else np.nan, at_least=len(rows))
            for kind, rows, ran in kinds
        ],
    }


if __name__ == "__main__":
    main()
