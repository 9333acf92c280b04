"""Batches of the sample's markets, ours and as stock Papermill runs them, and what either left behind.

In: a folder to work in, how many customers, which notebooks.   Out: commands for `watch`; counts and seconds of runs.

Each market reads a folder of its own, so that the data of one can change alone; its files are links to one sample.
"""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

from workbench.crm import sample
from workbench.report import describe, record
from workbench.report.notebooks import in_order

ROOT = Path(__file__).parents[2]
_BIN = Path(sys.executable).parent


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Params of some markets and the notebooks to run for each, which come in the order in which they are read."""

    folder: Path
    params: tuple[Path, ...]
    notebooks: tuple[Path, ...]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.params) * len(self.notebooks)


def prepare(
    folder: Path, *, customers: int, notebooks: Sequence[str], markets: int = 6, shared: bool = False
) -> Setting:
    """Write a sample, params for so many markets, and choose the notebooks; none named: all.

    More than six markets are copies of the six under other names and with other seeds. `shared`: all read one folder.
    """
    source = folder / "sample"
    if not source.exists():
        sample.write(source, customers=customers)
    said = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "params").glob("*.yaml"))]
    to = folder / f"params_{markets}"
    to.mkdir()
    for place in range(markets):
        times, own = divmod(place, len(said))
        name = said[own]["market"] + (f"_{times}" if times else "")
        data = source if shared else _linked(source, folder / "data" / name)
        values = said[own] | {"market": name, "data": str(data), "seed": times}
        (to / f"{name}.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    infos = in_order(describe(ROOT / "notebooks"))
    chosen = tuple(info.path.relative_to(ROOT) for info in infos if not notebooks or info.name in notebooks)
    return Setting(folder=folder, params=tuple(sorted(to.glob("*.yaml"))), notebooks=chosen)


def _linked(source: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for path in source.iterdir():
        os.link(path, folder / path.name)
    return folder


def change(setting: Setting, market: str) -> None:
    """Let a market's orders cost one hundredth more: its data has changed, nobody else's."""
    path = setting.folder / "data" / market / "orders.parquet"
    beside = path.with_suffix(".new")
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * REPLACE (round(amount * 1.01, 2) AS amount) FROM '{path}') TO '{beside}' (FORMAT parquet)"
        )
    beside.replace(path)


def ours(setting: Setting, reports: Path, *options: str) -> list[object]:
    """Return the command of ours."""
    reports.mkdir(parents=True, exist_ok=True)
    names = [word for path in setting.notebooks for word in ("--notebook", path.stem)]
    command = [sys.executable, "-m", "workbench", "run", "--params", setting.params[0].parent, "--reports", reports]
    return [*command, *names, *options]


def loop(setting: Setting, to: Path) -> list[object]:
    """Return a loop of stock commands, one after another, as a user would write it."""
    script = "\n".join(_of_market(setting, params, to) for params in setting.params)
    return ["bash", "-c", script]


def two_at_once(setting: Setting, to: Path) -> list[object]:
    """Return the same with two markets side by side; the notebooks of one read each other's tables, and keep order."""
    lines = [" ".join(_of_market(setting, params, to).split("\n")) for params in setting.params]
    listed = " ".join(shlex.quote(line) for line in lines)
    return ["bash", "-c", f"printf '%s\\0' {listed} | xargs -0 -P 2 -I{{}} bash -c {{}}"]


def _of_market(setting: Setting, params: Path, to: Path) -> str:
    market = params.stem
    (to / market).mkdir(parents=True, exist_ok=True)
    names = " ".join(path.stem for path in setting.notebooks)
    papermill, params_file, folder = (shlex.quote(str(path)) for path in (_BIN / "papermill", params, to))
    executed = f"{folder}/{market}/$notebook.ipynb"
    run = f"{papermill} notebooks/$notebook.ipynb {executed} -f {params_file} -p reports {folder}"
    return f"for notebook in {names}; do\n{run};\ndone"


def in_process(setting: Setting, to: Path) -> list[object]:
    """Return one process of Python that executes each in turn."""
    for params in setting.params:
        (to / params.stem).mkdir(parents=True, exist_ok=True)
    asked = {"params": [*map(str, setting.params)], "notebooks": [*map(str, setting.notebooks)], "to": str(to)}
    script = shlex.join([sys.executable, str(Path(__file__).parent / "stock.py")])
    return ["bash", "-c", f"exec {script} <<< {shlex.quote(json.dumps(asked))}"]


def of_ours(reports: Path) -> dict[str, Any]:
    """Return what is remembered of a batch: its runs, their own work, and what they took beyond it."""
    runs = record.read(reports)
    batch = record.latest(reports)
    cells = [run.cells_seconds for run in runs if run.cells_seconds is not None]
    beyond = [run.seconds - run.cells_seconds for run in runs if run.cells_seconds is not None]
    return {
        "runs": len(runs),
        "failed": sum(run.outcome != "succeeded" for run in runs),
        "cells_seconds": sum(cells),
        "overhead_seconds_a_run": sum(beyond) / len(beyond) if beyond else None,
        "overhead_seconds_most": max(beyond, default=None),
        "kernels": batch.kernels if batch else "",
        "batch_cpu_seconds": batch.cpu_seconds if batch else None,
        "kernel_mb_most": max((run.memory_bytes / 1e6 for run in runs if run.memory_bytes), default=None),
        "run_seconds": {run.market + " " + run.notebook: run.seconds for run in runs},
    }


def of_stock(to: Path, setting: Setting) -> dict[str, Any]:
    """Return the same of what Papermill left: executed notebooks, which say what each cell took."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(to.glob("*/*.ipynb"))]
    told = [book["metadata"]["papermill"] for book in found]
    cells = [cell["metadata"].get("papermill", {}).get("duration") or 0.0 for book in found for cell in book["cells"]]
    good = sum(one["exception"] is None for one in told)
    return {"runs": len(found), "failed": setting.runs - good, "cells_seconds": sum(cells)}


def started(reports: Path) -> dict[tuple[str, str], datetime]:
    """Return when each run began, by market and notebook: another moment says that it was run anew."""
    return {(run.market, run.notebook): run.started_at for run in record.read(reports)}


def first_work(reports: Path) -> datetime | None:
    """Return when the first notebook of a batch began, by the ledgers of its markets."""
    ledgers = [pd.read_csv(path) for path in sorted(reports.glob("*/footprint.csv"))]
    begun = [moment for frame in ledgers for moment in frame.loc[frame["step"] == "page", "started_at"]]
    return datetime.fromisoformat(min(begun)) if begun else None
