"""What the meter costs: a step, the first step of a process, a job of ten seconds; and its two meters side by side.

In: `python benchmarks/emissions_meter.py [--seconds 10] [--pairs 3]`.   Out: one JSON object, and a table for people.

Times are of one machine in one run. `asleep`: while a metered step sleeps, all CPU seconds are the meter's, which no
noise can blur. `job`: the same work with and without the meter, in turns, and the fastest of each counts; half of it
holds Python's lock, which is where a meter in the same process hurts most. A busy machine blurs it by more than 1 %.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from workbench import emissions

FRESH_PROCESS = """
import sys, time
if sys.argv[2] == "notebook":
    import ibis, lightgbm, pandas, sklearn.linear_model, shap
began = time.perf_counter()
from workbench import emissions
imported, cpu = time.perf_counter(), time.process_time()
with emissions.track("first", notebook="benchmark", ledger=sys.argv[1], country="DE"):
    pass
print(imported - began, time.perf_counter() - imported, time.process_time() - cpu)
"""


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0, help="length of the job")
    arguments.add_argument("--pairs", type=int, default=3, help="times with and without")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "footprint.csv"
        found = {
            "bare_process": fresh_process(ledger, "bare"),
            "notebook_process": fresh_process(ledger, "notebook"),
            "step_ms": round(statistics.median(step_ms(ledger) for _ in range(50)), 2),
            "asleep": asleep(ledger, seconds=options.seconds),
            "job": job(ledger, seconds=options.seconds, pairs=options.pairs),
            "meters": meters(ledger),
        }
    for name, value in found.items():
        print(f"{name:17} {value}", file=sys.stderr)
    print(json.dumps(found))


def fresh_process(ledger: Path, kind: str) -> dict[str, float]:
    """Import the meter and meter a first, empty step, in processes with and without a notebook's libraries."""
    runs = []
    for _ in range(5):
        command = [sys.executable, "-W", "ignore", "-c", FRESH_PROCESS, str(ledger), kind]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        runs.append([float(value) for value in output.split()])
    names = ("import_ms", "first_step_ms", "first_step_cpu_ms")
    return {
        name: round(1e3 * statistics.median(column), 1)
        for name, column in zip(names, zip(*runs, strict=True), strict=True)
    }


def step_ms(ledger: Path) -> float:
    """Return what a later, empty step costs."""
    began = time.perf_counter()
    with metered(ledger):
        pass
    return 1e3 * (time.perf_counter() - began)


def metered(ledger: Path) -> Any:
    """Return the meter as the job uses it."""
    return emissions.track("job", notebook="benchmark", ledger=ledger, country="DE")


def asleep(ledger: Path, *, seconds: float) -> dict[str, float]:
    """Return what metering costs while the step itself does nothing."""
    _, cpu = timed(lambda: time.sleep(seconds), metered(ledger))
    return {"seconds": seconds, "meter_cpu_ms": round(1e3 * cpu, 1), "overhead_percent": round(100 * cpu / seconds, 2)}


def job(ledger: Path, *, seconds: float, pairs: int) -> dict[str, float]:
    """Do the same work with and without the meter."""
    work(1)
    began = time.perf_counter()
    work(3)
    rounds = max(1, round(3 * seconds / (time.perf_counter() - began)))
    without, with_meter = [], []
    for _ in range(pairs):
        without.append(timed(lambda: work(rounds), nullcontext()))
        with_meter.append(timed(lambda: work(rounds), metered(ledger)))
    wall, cpu = (min(column) for column in zip(*without, strict=True))
    metered_wall, metered_cpu = (min(column) for column in zip(*with_meter, strict=True))
    return {
        "seconds": round(wall, 3),
        "seconds_metered": round(metered_wall, 3),
        "overhead_percent": round(100 * (metered_wall / wall - 1), 2),
        "cpu_overhead_percent": round(100 * (metered_cpu / cpu - 1), 2),
    }


def timed(task: Callable[[], None], around: Any) -> tuple[float, float]:
    """Return the wall and CPU seconds of a task and of what stands around it."""
    wall, cpu = time.perf_counter(), time.process_time()
    with around:
        task()
    return time.perf_counter() - wall, time.process_time() - cpu


def work(rounds: int) -> None:
    """Half plain Python, half compression, which lets Python's lock go; on one core, a tenth of a second a round."""
    noise = random.Random(0).randbytes(2_000_000)
    for _ in range(rounds):
        sum(number * number for number in range(1_000_000))
        zlib.compress(noise)


def meters(ledger: Path) -> dict[str, float]:
    """Return what both meters say of the jobs in the ledger, in watts while the job ran."""
    steps = emissions.read(ledger)
    jobs = steps[(steps["step"] == "job") & (steps["cpu_seconds"] > 1)]
    hours = jobs["wall_seconds"].sum() / 3600
    columns = ["kwh_codecarbon", "kwh_codecarbon_processor", "kwh_codecarbon_memory", "kwh_cpu"]
    watts = {f"watts_{name.removeprefix('kwh_')}": round(float(1e3 * jobs[name].sum() / hours), 2) for name in columns}
    return watts | {"ratio": round(float(jobs["kwh_codecarbon"].sum() / jobs["kwh_cpu"].sum()), 2)}


if __name__ == "__main__":
    main()
