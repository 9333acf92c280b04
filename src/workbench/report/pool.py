"""Processes: so many at a time, each with its share of the cores, none of which outlives the batch.

In: tasks.   Out: finished runs, each remembered in `run.json` when it starts, as interrupted, and when it ends.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from workbench import outputs
from workbench.processor import cores
from workbench.report import history, record
from workbench.report.plan import Task, follows
from workbench.report.progress import Progress
from workbench.report.record import Failure, Run

# What numeric libraries read how many threads they may use from; ours too.
THREAD_VARIABLES = (
    "WORKBENCH_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)

# Rendering comes after the time limit of the notebook; a process that takes longer than this for it hangs.
_GRACE_SECONDS = 120
_TICK_SECONDS = 0.25


@dataclass
class _Worker:
    task: Task
    process: subprocess.Popen[bytes]
    log: Path
    deadline: float
    unread: bytes = b""
    kernel_group: int | None = None
    cell: int | None = None
    heading: str = ""
    finished: Run | None = None


def run_all(tasks: Sequence[Task], *, jobs: int, progress: Progress) -> Generator[Run]:
    """Run the tasks, `jobs` at a time, and yield each run as it ends; whatever ends the iterator ends the others.

    A task that reads the tables of another one given before it waits for its end, and lets those behind it go first.
    """
    waiting, working = list(tasks), list[_Worker]()
    threads = max(1, cores() // max(1, min(jobs, len(tasks))))
    scratch = mkdtemp(prefix="workbench-")
    try:
        while waiting or working:
            while len(working) < jobs and (task := _next(waiting, working)):
                waiting.remove(task)
                working.append(_start(task, scratch, threads=threads, progress=progress))
            _listen(working, progress)
            for worker in [one for one in working if one.process.poll() is not None or time.monotonic() > one.deadline]:
                working.remove(worker)
                run = _finish(worker, progress)
                progress.ends(run)
                yield run
    finally:
        _stop(working)
        shutil.rmtree(scratch, ignore_errors=True)


def _next(waiting: Sequence[Task], working: Sequence[_Worker]) -> Task | None:
    unfinished = [*waiting, *(worker.task for worker in working)]
    return next((task for task in waiting if not follows(task, unfinished)), None)


def _start(task: Task, scratch: str, *, threads: int, progress: Progress) -> _Worker:
    task = task.as_of_now()
    task = replace(task, run=replace(task.run, started_at=datetime.now(UTC)))
    log = task.reports / task.run.market / f"{task.run.notebook}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    record.remember(task.reports, task.run)
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.report.worker", scratch],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            cwd=outputs.project_root(),
            env={**dict.fromkeys(THREAD_VARIABLES, str(threads)), **os.environ},
            start_new_session=True,
        )
    assert process.stdin
    with suppress(BrokenPipeError):
        process.stdin.write(task.to_json().encode() + b"\n")
        process.stdin.flush()
    progress.starts(task.run)
    return _Worker(task, process, log, time.monotonic() + task.time_limit_seconds + _GRACE_SECONDS)


def _listen(working: Sequence[_Worker], progress: Progress) -> None:
    """Wait for events, for a tick at most."""
    by_handle = {worker.process.stdout.fileno(): worker for worker in working if worker.process.stdout}
    ready, _, _ = select.select(by_handle, [], [], _TICK_SECONDS)
    for handle in ready:
        _hear(by_handle[handle], os.read(handle, 1 << 16), progress)
    progress.tick()


def _hear(worker: _Worker, said: bytes, progress: Progress) -> None:
    if not said:
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(_TICK_SECONDS)
    *lines, worker.unread = (worker.unread + said).split(b"\n")
    for event in map(json.loads, lines):
        worker.kernel_group = event.get("kernel", worker.kernel_group)
        worker.finished = record.from_json(event["run"]) if "run" in event else worker.finished
        if "cell" in event:
            worker.cell, worker.heading = event["cell"], event["heading"]
            progress.reaches(worker.task.run, **event)


def _finish(worker: _Worker, progress: Progress) -> Run:
    late = worker.process.poll() is None
    with worker.process:
        _kill(worker)
        assert worker.process.stdout
        _hear(worker, worker.process.stdout.read(), progress)
    run = worker.finished or _ended_without_a_word(worker, late=late)
    if run.outcome == "succeeded" or not worker.log.stat().st_size:
        worker.log.unlink(missing_ok=True)
    record.remember(worker.task.reports, run)
    if run.outcome == "succeeded":
        figures = outputs.open(run.market, reports=worker.task.reports).results(run.notebook)
        history.remember(worker.task.reports, run, figures)
    return run


def _ended_without_a_word(worker: _Worker, *, late: bool) -> Run:
    # Brings nbconvert, which a batch needs only in this rare case.
    from workbench.report import publish

    code = worker.process.returncode
    ending = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    message = f"stopped, long after its time limit of {worker.task.time_limit_seconds} seconds" if late else ""
    message = message or f"the process that ran it was ended {ending}"
    message += f"; {worker.log.name} holds its last words" if worker.log.stat().st_size else ""
    run = replace(
        worker.task.run,
        outcome="timed out" if late else "failed",
        seconds=round((datetime.now(UTC) - worker.task.run.started_at).total_seconds(), 1),
        failure=Failure(message=message, cell=worker.cell, heading=worker.heading),
    )
    return publish.failed(run, None, reports=worker.task.reports)


def _stop(working: Sequence[_Worker]) -> None:
    """End the processes: ended input tells each to take its kernel with it; who does not listen is killed."""
    for worker in working:
        assert worker.process.stdin
        worker.process.stdin.close()
    for worker in working:
        if worker.kernel_group is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(5)
        with worker.process:
            _kill(worker)


def _kill(worker: _Worker) -> None:
    for group in (worker.process.pid, worker.kernel_group):
        if group is not None:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    worker.process.wait()
