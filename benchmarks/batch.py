"""The batch beside stock Papermill, as it grows with markets, and churn's features of a hundred million orders.

In: `python benchmarks/batch.py [--only SECTION]… [--customers N] [--notebooks NAME]… [--peers PEER]… [--sizes N]…
[--orders N]… [--spark-limit SECONDS]`, nothing but this machine.   Out: one JSON object; tables for people.

    six      six sample markets x the notebooks: `workbench run`, and the same runs by stock Papermill
    again    the same batch once more: nothing changed, then the data of one market
    markets  6, 12, 24, 48 markets x the cheapest notebooks: seconds a market, memory of the parent and of the nursery
    orders   churn's features of 10 and 100 million orders on DuckDB, and on Spark with two cores

The sample is written anew. Peers write to folders of their own, one after another: `loop` is a shell's loop of
`papermill` commands, `two` the same with two markets side by side, `process` one process of Python that calls
`papermill.execute_notebook`; `cold` is ours without warm kernels. Ours counts its pages, its index and its search for
personal data, which they have not. What is compiled once on a machine (numba) is compiled in our batch, the first.
All of it takes two to three hours; nothing else may run meanwhile.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from parts import batches, warehouses
from parts.batches import ROOT, Setting
from parts.tables import CONSOLE, finish, show, target
from parts.watched import Watched, rss, watch

from workbench.processor import cores, memory_bytes
from workbench.report import fingerprint

PEERS = {"loop": batches.loop, "two": batches.two_at_once, "process": batches.in_process}
TITLES = {
    "ours": "workbench run",
    "cold": "workbench run --cold",
    "loop": "papermill, one after another",
    "two": "papermill, two at once",
    "process": "execute_notebook in one process",
}
MARKET_COLUMNS = {
    "markets": "markets",
    "seconds": "seconds",
    "start_seconds": "start",
    "seconds_a_market": "a market",
    "seconds_a_market_after_start": "after start",
    "run_seconds_median": "run, median",
    "run_seconds_10_to_90_percent": "10 to 90 %",
    "overhead_seconds_a_run": "overhead",
    "parent_mb": "parent MB",
    "nursery_mb": "nursery MB",
    "held_mb": "all MB",
    "failed": "failed",
}
NAN = float("nan")


def main() -> None:
    """Run the sections and print what was found."""
    options = read_arguments()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.work) as folder:
        here = Path(folder)
        sections: dict[str, Callable[[], dict[str, Any]]] = {
            "six": partial(six, here, options),
            "again": partial(again, here, options),
            "markets": partial(markets, here, options),
            "orders": partial(orders, here, options),
        }
        code = fingerprint.code()
        found = {name: sections[name]() for name in options.only or sections}
        fingerprint.code.cache_clear()
        if fingerprint.code() != code:
            CONSOLE.print("the code of the workbench changed meanwhile: what ran again may have run for that")
        finish(found)


def read_arguments() -> argparse.Namespace:
    """Read what to run, and how large."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    place = arguments.add_argument
    place("--only", action="append", choices=["six", "again", "markets", "orders"])
    place("--customers", type=int, default=2_000, help="customers a market of the sample")
    place("--notebooks", nargs="+", default=[], help="names of notebooks; default: all")
    place("--peers", nargs="*", choices=["loop", "two", "process", "cold"], default=["loop", "two", "process"])
    place("--sizes", type=int, nargs="+", default=[6, 12, 24, 48], help="how many markets a batch has")
    place("--market-customers", type=int, default=300, help="customers a market where there are many markets")
    place("--market-notebooks", nargs="+", default=["sentiment"], help="notebooks where there are many markets")
    place("--orders", type=int, nargs="+", default=[10_000_000, 100_000_000], help="customers are a tenth")
    place("--sides", nargs="+", choices=warehouses.SIDES, default=[*warehouses.SIDES])
    place("--spark-limit", type=float, default=900.0, metavar="SECONDS", help="Spark is stopped after it")
    place("--spark-memory", default="8g", help="of Spark's driver")
    place("--work", type=Path, help="where temporary files go; 100 million orders take some gigabytes")
    return arguments.parse_args()


def six(here: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run every notebook for every sample market, ours and stock."""
    setting = _six_markets(here, options)
    rows = [_ours("ours", setting, here)]
    rows += [
        _ours("cold", setting, here, "--cold") if name == "cold" else _stock(name, setting, here)
        for name in options.peers
    ]
    shown = ["seconds", "cpu_seconds", "cells_seconds", "overhead_seconds_a_run", "joules", "joules_codecarbon"]
    shown += ["held_mb", "failed"]
    table = pd.DataFrame(rows)
    show(f"{setting.runs} runs, {options.customers:,} customers a market", table[["what", *shown]])
    ratios = [_ratios(rows[0], one) for one in rows[1:]]
    if ratios:
        show("Ours over theirs", pd.DataFrame(ratios))
    return {
        "runs": setting.runs,
        "customers": options.customers,
        "cores": cores(),
        "sides": rows,
        "ours_over_theirs": ratios,
        "targets": _targets_of_six(rows[0], rows[1:], ratios),
    }


def _targets_of_six(
    first: dict[str, Any], others: Sequence[dict[str, Any]], ratios: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    beyond, with_start = _or_nan(first["overhead_seconds_a_run"]), _or_nan(first["overhead_with_start"])
    seconds = {one["peer"]: one["seconds"] for one in ratios}
    # Below it no scheduler comes: the notebooks' own work as it was here, on all cores.
    least = {one["side"]: first["cells_seconds"] / cores() / one["seconds"] for one in others}
    return [
        target("six markets: ours over a loop of papermill, wall", seconds.get("loop", NAN), at_most=0.35),
        target("the same, CPU", {one["peer"]: one["cpu_seconds"] for one in ratios}.get("loop", NAN)),
        target("the same if only our notebooks' own cells took time", least.get("loop", NAN)),
        target("ours over papermill two at once, wall", seconds.get("two", NAN)),
        target("ours over execute_notebook in one process, wall", seconds.get("process", NAN)),
        target("overhead beyond the notebooks' own work, s a run", beyond, at_most=0.5),
        target("the same with the start of the batch, s a run", with_start),
        target("the same, all cores by the clock less the cells, s a run", first["overhead_by_the_clock"]),
        target("the loop's own, by the clock less the cells, s a run", _of("loop", "overhead_seconds_a_run", others)),
        target("runs of ours that failed", first["failed"], at_most=0),
        target("runs of theirs that failed", sum(one["failed"] for one in others), at_most=0),
    ]


def _of(side: str, what: str, sides: Sequence[dict[str, Any]]) -> float:
    return next((float(one[what]) for one in sides if one["side"] == side), NAN)


def _ours(name: str, setting: Setting, here: Path, *flags: str) -> dict[str, Any]:
    reports = here / name
    began = datetime.now(UTC)
    taken = _watched(name, batches.ours(setting, reports, *flags), here)
    found = batches.of_ours(reports)
    work = batches.first_work(reports)
    start = (work - began).total_seconds() if work else None
    beyond = found["overhead_seconds_a_run"]
    with_start = None if beyond is None or start is None else beyond + start / setting.runs
    at_once = min(cores(), setting.runs)
    return {
        "side": name,
        "what": TITLES[name],
        **asdict(taken),
        **found,
        "start_seconds": start,
        "overhead_with_start": with_start,
        "overhead_by_the_clock": (at_once * taken.seconds - found["cells_seconds"]) / setting.runs,
    }


def _stock(name: str, setting: Setting, here: Path) -> dict[str, Any]:
    to = here / name
    taken = _watched(name, PEERS[name](setting, to), here)
    found = batches.of_stock(to, setting)
    busy = taken.seconds * (2 if name == "two" else 1)
    beyond = {"overhead_seconds_a_run": (busy - found["cells_seconds"]) / max(found["runs"], 1)}
    return {"side": name, "what": TITLES[name], **asdict(taken), **found, **beyond}


def _ratios(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    names = ("seconds", "cpu_seconds", "joules", "joules_codecarbon", "held_mb")
    return {"peer": other["side"]} | {
        name: own[name] / other[name] if own[name] and other[name] else None for name in names
    }


def again(here: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run the batch once more with nothing changed, then with one market's data changed."""
    setting = _six_markets(here, options)
    if not (here / "ours").exists():
        _ours("ours", setting, here)
    reports, chosen = here / "ours", "japan"
    before = batches.started(reports)
    idle = [_watched("unchanged", batches.ours(setting, reports), here) for _ in range(3)]
    still = batches.started(reports) == before
    batches.change(setting, chosen)
    changed = _watched("changed", batches.ours(setting, reports), here)
    after = batches.started(reports)
    anew = sorted(key for key in after if after[key] != before.get(key))
    others = sum(market != chosen for market, _ in anew)
    seconds = statistics.median(one.seconds for one in idle)
    rows = [{"what": "nothing changed, median of 3", "seconds": seconds, "runs": 0 if still else "some"}]
    rows.append({"what": f"the data of {chosen} changed", "seconds": changed.seconds, "runs": len(anew)})
    show("The same batch again", pd.DataFrame(rows))
    return {
        "unchanged": [asdict(one) for one in idle],
        "changed": asdict(changed),
        "anew": [" ".join(key) for key in anew],
        "targets": [
            target("nothing changed: seconds", seconds, at_most=2),
            target("runs although nothing changed", 0 if still else 1, at_most=0),
            target(f"{chosen} changed: its notebooks that ran", len(anew) - others, at_least=len(setting.notebooks)),
            target(f"{chosen} changed: other markets' notebooks that ran", others, at_most=0),
        ],
    }


def markets(here: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run the cheapest notebooks for more and more markets."""
    folder = here / "many"
    folder.mkdir()
    rows = []
    for size in options.sizes:
        asked = {"customers": options.market_customers, "notebooks": options.market_notebooks, "markets": size}
        setting = batches.prepare(folder, **asked, shared=True)
        rows.append(_of_size(size, _ours("ours", setting, _fresh(folder / f"run_{size}"))))
    table = pd.DataFrame(rows)
    title = f"More markets: {', '.join(options.market_notebooks)}, {options.market_customers} customers"
    show(title, table[[*MARKET_COLUMNS]].rename(columns=MARKET_COLUMNS))
    whole, inner = table["seconds_a_market"], table["seconds_a_market_after_start"]
    most, apart = float(whole.max() / whole.iloc[0]), float(inner.max() / inner.min())
    grows = {name: float(table[name].iloc[-1] / table[name].iloc[0]) for name in ("parent_mb", "nursery_mb")}
    slope, fixed = np.polyfit(table["markets"], table["seconds"], 1) if len(table) > 1 else (NAN, NAN)
    off = float((table["seconds"] / (fixed + slope * table["markets"]) - 1).abs().max())
    return {
        "sizes": rows,
        "line": {"seconds_a_market": slope, "fixed_seconds": fixed, "off_the_line_most": off},
        "targets": [
            target("seconds a market: the most over those of the fewest", most, at_most=1.1),
            target("without the start of the batch: the most over the least", apart, at_most=1.1),
            target("off a straight line, at most", off),
            target("memory of the parent: the last over the first", grows["parent_mb"], at_most=1.1),
            target("memory of the nursery: the last over the first", grows["nursery_mb"], at_most=1.1),
            target("runs that failed", int(table["failed"].sum()), at_most=0),
        ],
    }


def _of_size(size: int, found: dict[str, Any]) -> dict[str, Any]:
    each = pd.Series(found["run_seconds"])
    return {
        "markets": size,
        "seconds": found["seconds"],
        "start_seconds": found["start_seconds"],
        "seconds_a_market": found["seconds"] / size,
        "seconds_a_market_after_start": (found["seconds"] - _or_nan(found["start_seconds"])) / size,
        "run_seconds_median": each.median(),
        "run_seconds_10_to_90_percent": f"{each.quantile(0.1):.3g} to {each.quantile(0.9):.3g}",
        "overhead_seconds_a_run": found["overhead_seconds_a_run"],
        "parent_mb": _or_nan(found["own_mb"]),
        "nursery_mb": _or_nan(found["child_mb"]),
        "held_mb": found["held_mb"],
        "failed": found["failed"],
    }


def orders(here: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Compute churn's features of many orders on each engine, and compare what they say."""
    rows, compared = [], []
    for count in options.orders:
        folder = _fresh(here / "orders")
        file = folder / "crm" / "orders.parquet"
        file.parent.mkdir()
        CONSOLE.print(f"writing {count:,} orders of {count // 10:,} customers")
        warehouses.write_orders(file, orders=count, customers=count // 10)
        sides = [side for side in options.sides if side != "spark" or shutil.which("java")]
        rows += [{"orders": count, "file_mb": file.stat().st_size / 1e6, **_side(s, file, options)} for s in sides]
        done = [side for side in sides if (folder / f"{side}.json").exists()]
        features = {side: folder / side for side in done}
        compared += [
            {"orders": count, "other": side, **warehouses.differences(features[done[0]], features[side])}
            for side in done[1:]
        ]
        shutil.rmtree(folder)
    table = pd.DataFrame(rows)
    shown = ["orders", "side", "seconds", "cpu_seconds", "peak_mb", "spilled_mb", "swapped_mb", "free_mb", "said"]
    show("Churn's features", table[shown])
    if compared:
        show("Do they say the same, to the last bit?", pd.DataFrame(compared).astype(str))
    return {
        "memory_mb": memory_bytes() / 1e6,
        "swap_mb": psutil.swap_memory().total / 1e6,
        "sides": rows,
        "compared": compared,
        "targets": _targets_of_orders(table, compared),
    }


def _side(side: str, file: Path, options: argparse.Namespace) -> dict[str, Any]:
    folder = file.parents[1]
    command = [sys.executable, warehouses.__file__, side, file, folder / side, options.spark_memory]
    limit = options.spark_limit if side == "spark" else None
    taken = _watched(side, command, folder, weigh=rss, limit_seconds=limit)
    report = folder / f"{side}.json"
    told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    why = "" if told else f"stopped after {limit:g} s" if taken.code is None else f"ended with {taken.code}"
    shutil.rmtree(folder / "scratch" / side, ignore_errors=True)
    return {"side": side, **asdict(taken), "process_seconds": taken.seconds, "seconds": None, **told} | {
        "peak_mb": max(taken.held_mb or 0.0, taken.largest_mb),
        "said": why or told["engine"],
        "last_words": [] if told else _last_words(folder / f"{side}.log"),
    }


def _targets_of_orders(table: pd.DataFrame, compared: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for row in table.to_dict("records"):
        name = f"{row['orders']:,} orders, {row['side']}"
        found.append(target(f"{name}: seconds", _or_nan(row["seconds"])))
        found.append(target(f"{name}: MB at its peak", row["peak_mb"]))
    ours = table[table["side"] != "spark"]
    differ = sum(len(one["columns_that_differ"]) for one in compared) if compared else NAN
    return [
        *found,
        target("MB swapped while DuckDB worked", float(ours["swapped_mb"].sum()), at_most=0),
        target("columns in which engines differ", differ, at_most=0),
    ]


def _watched(name: str, command: Sequence[object], here: Path, **options: Any) -> Watched:
    CONSOLE.print(f"{datetime.now():%H:%M:%S} {name}")
    scratch = here / "scratch" / name
    log = here / f"{name}.log"
    taken = watch(command, scratch=scratch, cwd=ROOT, log=log, **options)
    if taken.code != 0:
        CONSOLE.print(f"{name}: exit code {taken.code}", *_last_words(log), sep="\n", markup=False)
    return taken


def _last_words(log: Path) -> list[str]:
    return [line[-300:] for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]]


def _six_markets(here: Path, options: argparse.Namespace) -> Setting:
    return batches.prepare(_fresh(here / "markets"), customers=options.customers, notebooks=options.notebooks)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _or_nan(value: float | None) -> float:
    return NAN if value is None else value


if __name__ == "__main__":
    main()
