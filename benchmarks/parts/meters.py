"""How far the meters can be trusted: repeats of the same job, what metering costs, the two meters on ten kinds of work.

In: nothing but this machine.   Out: plain dicts.
"""

import hashlib
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from workbench import emissions
from workbench.emissions import watts
from workbench.emissions.measure import Meter, measure, ratio
from workbench.emissions.meter import JOULES_PER_KWH
from workbench.processor import cores

# Cores; below it the processor's part of either meter says nothing.
_BUSY = 0.1
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


def agreement(*, repeats: int = 20) -> dict[str, Any]:
    """Measure the same job twice, so many times, without what the watts leave open, which both runs share.

    `value_within`: the second run's figure lies in the interval of the first. `ratio_within`: the interval of their
    ratio, which also spans both meters, holds 1.
    """
    told = watts.this_processor()
    if told is None:
        raise ValueError(f"{watts.WATTS_VARIABLE} is no number of watts")
    before = os.environ.get(watts.WATTS_VARIABLE)
    os.environ[watts.WATTS_VARIABLE] = str(told.busy_watts)
    try:
        with tempfile.TemporaryDirectory() as folder:
            job = partial(measure, "job", partial(work, 4), meter=_meter(Path(folder)))
            pairs = [(job()[1], job()[1]) for _ in range(repeats)]
    finally:
        os.environ.pop(watts.WATTS_VARIABLE)
        if before is not None:
            os.environ[watts.WATTS_VARIABLE] = before
    low, one, high, margin = np.array([[m.low, m.joules, m.high, m.margin] for m, _ in pairs], dtype=float).T
    other = np.array([second.joules for _, second in pairs], dtype=float)
    apart = np.abs(np.log(other / one))
    return {
        "repeats": repeats,
        "job_cpu_seconds": round(float(np.median(one)) / told.busy_watts, 3),
        "value_within": int(((low <= other) & (other <= high)).sum()),
        "ratio_within": sum(low <= 1 <= high for _, low, high in (ratio(*pair) for pair in pairs)),
        "apart_median_percent": round(100 * float(np.median(apart)), 2),
        "apart_most_percent": round(100 * float(apart.max()), 2),
        "margin_median_percent": round(100 * float(np.median(margin)), 1),
        "apart_by_at_most_three_percent": int((apart <= 0.03).sum()),
    }


def overhead_of_a_job(*, seconds: float = 60.0, pairs: int = 1) -> dict[str, Any]:
    """Say what metering costs: a process's first step, a later one, a job that sleeps, one that works.

    Asleep, all CPU seconds are the meter's, which no noise can blur. The job does the same work with and without the
    meter, in turns, and the fastest of each counts; half of it holds Python's lock, where a meter hurts most.
    """
    with tempfile.TemporaryDirectory() as folder:
        meter = _meter(Path(folder))
        return {
            "bare_process": fresh_process(Path(folder), "bare"),
            "notebook_process": fresh_process(Path(folder), "notebook"),
            "step_ms": round(statistics.median(step_ms(meter) for _ in range(50)), 2),
            "asleep": asleep(meter, seconds=seconds),
            "job": job(meter, seconds=seconds, pairs=pairs),
        }


def fresh_process(folder: Path, kind: str) -> dict[str, float]:
    """Import the meter and meter a first, empty step, in processes with and without a notebook's libraries."""
    runs = []
    for _ in range(5):
        command = [sys.executable, "-W", "ignore", "-c", FRESH_PROCESS, str(folder / "footprint.csv"), kind]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        runs.append([float(value) for value in output.split()])
    names = ("import_ms", "first_step_ms", "first_step_cpu_ms")
    columns = zip(names, zip(*runs, strict=True), strict=True)
    return {name: round(1e3 * statistics.median(column), 1) for name, column in columns}


def step_ms(meter: Meter) -> float:
    """Return what a later, empty step costs."""
    began = time.perf_counter()
    with meter("step"):
        pass
    return 1e3 * (time.perf_counter() - began)


def asleep(meter: Meter, *, seconds: float) -> dict[str, float]:
    """Return what metering costs while the step itself does nothing."""
    _, cpu = timed(partial(time.sleep, seconds), meter("asleep"))
    return {"seconds": seconds, "meter_cpu_ms": round(1e3 * cpu, 1), "overhead_percent": round(100 * cpu / seconds, 2)}


def job(meter: Meter, *, seconds: float, pairs: int) -> dict[str, float]:
    """Do the same work with and without the meter."""
    work(1)
    rounds = max(1, round(seconds / timed(partial(work, 10), nullcontext())[0] * 10))
    runs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for metered in [False, True] * pairs:
        runs[metered].append(timed(partial(work, rounds), meter("job") if metered else nullcontext()))
    (wall, cpu), (metered_wall, metered_cpu) = (np.array(runs[metered]).min(axis=0) for metered in (False, True))
    return {
        "seconds": round(float(wall), 3),
        "seconds_metered": round(float(metered_wall), 3),
        "overhead_percent": round(float(100 * (metered_wall / wall - 1)), 2),
        "cpu_overhead_percent": round(float(100 * (metered_cpu / cpu - 1)), 2),
    }


def timed(task: Callable[[], object], around: Any) -> tuple[float, float]:
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


def kinds_of_work(*, seconds: float = 4.0) -> list[dict[str, Any]]:
    """Meter ten kinds of work by both meters, and say from what codecarbon saw why they differ."""
    with tempfile.TemporaryDirectory() as folder:
        meter = _meter(Path(folder))
        rows = [_kind(name, call, meter=meter, seconds=seconds) for name, call in _kinds(Path(folder)).items()]
    # What codecarbon takes for a core in most kinds is what it takes for one where nothing goes wrong.
    usual = statistics.median(row["codecarbon_watts_a_core"] for row in rows if row["cores_busy"] > _BUSY)
    return [row | {"why": _why(row, watts_a_core=usual)} for row in rows]


def _kinds(folder: Path) -> dict[str, Callable[[], object]]:
    drawn = np.random.default_rng(0)
    square, long = drawn.random((800, 800)), drawn.random(20_000_000)
    copy, text = np.empty_like(long), drawn.integers(0, 64, 4_000_000).astype("uint8").tobytes()
    return {
        "plain Python": partial(sum, range(3_000_000)),
        "matrices, one thread": partial(_multiply, square, 1),
        "matrices, all threads": partial(_multiply, square, cores()),
        "copying memory": partial(np.copyto, copy, long),
        "sorting": partial(np.sort, long[:2_000_000]),
        "compressing": partial(zlib.compress, text),
        "hashing in several processes": partial(_in_processes, text),
        "many short processes": partial(subprocess.run, [sys.executable, "-S", "-c", "sum(range(10**6))"], check=True),
        "waiting": partial(time.sleep, 0.5),
        "writing to disk": partial(_write, folder / "written", text),
    }


def _multiply(square: np.ndarray, threads: int) -> None:
    with threadpool_limits(threads):
        square @ square


def _hash(text: bytes) -> str:
    return [hashlib.sha256(text).hexdigest() for _ in range(150)][-1]


def _in_processes(text: bytes) -> None:
    with ProcessPoolExecutor(cores(), mp_context=get_context("fork")) as pool:
        list(pool.map(_hash, [text] * cores()))


def _write(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _kind(name: str, call: Callable[[], object], *, meter: Meter, seconds: float) -> dict[str, Any]:
    call()
    with meter(name) as line:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            call()
    wall, cpu = line.wall_seconds or math.nan, line.cpu_seconds or math.nan
    kwh = {
        "codecarbon": line.kwh_codecarbon,
        "codecarbon_processor": line.kwh_codecarbon_processor,
        "codecarbon_memory": line.kwh_codecarbon_memory,
        "cpu_seconds": line.kwh_cpu,
    }
    joules = {part: math.nan if found is None else found * JOULES_PER_KWH for part, found in kwh.items()}
    figures = {f"joules_{part}": joules[part] for part in ("codecarbon", "cpu_seconds")}
    figures |= {f"watts_{part}": found / wall for part, found in joules.items()}
    figures["ratio"] = joules["codecarbon"] / joules["cpu_seconds"]
    figures["codecarbon_watts_a_core"] = joules["codecarbon_processor"] / cpu
    found = {"kind": name, "seconds": wall, "cores_busy": cpu / wall, "method": line.method, "note": line.note}
    return {key: round(value, 2) if isinstance(value, float) else value for key, value in (found | figures).items()}


def _why(row: dict[str, Any], *, watts_a_core: float) -> str:
    """Say where a difference comes from, in figures of the row itself and what codecarbon's source does (3.3.2)."""
    memory = row["watts_codecarbon_memory"]
    share = memory / row["watts_codecarbon"]
    of_memory = f"memory, {memory:.0f} W by its size whatever the work does, is {share:.0%} of codecarbon's figure"
    if row["method"] == "measured":
        return f"codecarbon reads a counter of the whole processor, idle cores and neighbours too; {of_memory}"
    if row["cores_busy"] <= _BUSY:
        return f"{of_memory}; the processor did next to nothing"
    seen = row["codecarbon_watts_a_core"] / watts_a_core
    if seen < 0.8:
        lost = "a process that starts or ends between two samples, a second apart, takes its own with it"
        return f"{of_memory}; it saw {seen:.0%} of the CPU seconds: {lost}"
    if seen > 1.2:
        late = "it reads the clock before it looks through all processes, which a holder of Python's lock delays"
        return f"{of_memory}; it saw {seen:.0%} of the CPU seconds: {late}"
    drawn = row["watts_cpu_seconds"] / row["cores_busy"]
    return f"{of_memory}; a busy core is {watts_a_core:.1f} W to it and {drawn:.1f} W to the other meter"


def _meter(folder: Path) -> Meter:
    return partial(emissions.track, notebook="benchmark", ledger=folder / "footprint.csv", country="DE")
