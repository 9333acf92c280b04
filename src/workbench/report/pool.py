"""Processes: so many at a time, each with its share of the cores, none of which outlives the batch.

In: tasks.   Out: finished runs, each remembered in `run.json` when it starts, as interrupted, and when it ends.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from workbench import outputs
from workbench.processor import free_bytes
from workbench.report import history, record, schedule
from workbench.report.plan import Task
from workbench.report.processes import Handles, Nursery, Process, cannot_fork, start
from workbench.report.progress import Progress
from workbench.report.record import Failure, Run
from workbench.report.schedule import Room

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
# What every worker and kernel needs beside the imports of its notebook.
_NEEDED = ("workbench.report.worker", "ipykernel.kernelapp", "ipykernel.zmqshell", "ipykernel.debugger")
# A socket's path may have 107 characters on Linux and 103 on macOS; the kernel adds up to 50 to the folder's.
_LONGEST_FOLDER = 40


@dataclass
class _Worker:
    task: Task
    threads: int
    process: Process
    stdin: int
    stdout: int
    log: Path
    began: float
    unread: bytes = b""
    kernel_group: int | None = None
    cell: int | None = None
    heading: str = ""
    finished: Run | None = None
    loads: tuple[str, ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether it takes far longer than its notebook may."""
        return time.monotonic() > self.began + self.task.time_limit_seconds + _GRACE_SECONDS


def run_all(
    tasks: Sequence[Task], *, jobs: int, cores: int, cold: bool, progress: Progress, say: Callable[[str], None]
) -> Generator[Run]:
    """Run the tasks, `jobs` at a time, and yield each run as it ends; whatever ends the iterator ends the others.

    A task that reads the tables of another one given before it waits for its end, and lets those behind it go first.
    Kernels are forked from a process that has all loaded, unless `cold`, or where that is not safe, which is said.
    """
    scratch = tempfile.mkdtemp(prefix="workbench-", dir=_short_folder())
    working: list[_Worker] = []
    nursery: Nursery | None = None
    try:
        nursery = None if cold else _nursery(tasks, scratch, say)
        safe = True
        waiting, room = schedule.order(tasks), Room(jobs=jobs, cores=cores, memory_bytes=free_bytes())
        while waiting or working:
            while found := schedule.choose(waiting, [(one.task, one.threads) for one in working], room):
                waiting.remove(found[0])
                working.append(_start(*found, scratch=scratch, nursery=nursery, progress=progress))
            _listen(working, progress)
            for worker in [one for one in working if one.process.poll() is not None or one.is_late]:
                working.remove(worker)
                if nursery:
                    nursery.load(worker.loads)
                run = _finish(worker, progress)
                progress.ends(run)
                yield run
            if nursery and nursery.unsafe and safe:
                safe = False
                say(f"kernels start afresh from here on: {nursery.unsafe}")
    finally:
        _stop(working)
        if nursery:
            nursery.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _short_folder() -> str | None:
    """Return where a folder's path is short enough for the sockets in it; None: where temporary files usually go."""
    return None if len(tempfile.gettempdir()) < _LONGEST_FOLDER else "/tmp"


def _nursery(tasks: Sequence[Task], scratch: str, say: Callable[[str], None]) -> Nursery | None:
    why = cannot_fork()
    if not why:
        names = dict.fromkeys(name for task in tasks for name in (*task.imports, *task.run.loads))
        nursery = Nursery([*_NEEDED, *names], scratch=scratch)
        why = nursery.unsafe
        if not why:
            return nursery
        nursery.close()
    say(f"kernels start afresh, each with its own imports: {why}")
    return None


def _start(task: Task, threads: int, *, scratch: str, nursery: Nursery | None, progress: Progress) -> _Worker:
    task = task.as_of_now()
    task = replace(task, run=replace(task.run, started_at=datetime.now(UTC)))
    log = task.reports / task.run.market / f"{task.run.notebook}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    record.remember(task.reports, task.run)
    reads, stdin = os.pipe()
    stdout, writes = os.pipe()
    environment = {name: os.environ.get(name, str(threads)) for name in THREAD_VARIABLES}
    with log.open("wb") as written:
        handles: Handles = (reads, writes, written.fileno())
        forked = nursery.start(handles, environment) if nursery else None
        process = forked or start(handles, environment, scratch=scratch)
    os.close(reads)
    os.close(writes)
    with suppress(BrokenPipeError):
        os.write(stdin, task.to_json().encode() + b"\n")
    progress.starts(task.run)
    return _Worker(task, threads, process, stdin, stdout, log, time.monotonic())


def _listen(working: Sequence[_Worker], progress: Progress) -> None:
    """Wait for events, for a tick at most."""
    by_handle = {worker.stdout: worker for worker in working}
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
        worker.loads = tuple(event.get("loads", worker.loads))
        if "cell" in event:
            worker.cell, worker.heading = event["cell"], event["heading"]
            progress.reaches(worker.task.run, **event)


def _finish(worker: _Worker, progress: Progress) -> Run:
    late = worker.process.poll() is None
    _kill(worker)
    while said := os.read(worker.stdout, 1 << 16):
        _hear(worker, said, progress)
    _close(worker)
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

    code = worker.process.returncode or 0
    ending = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    message = f"stopped, long after its time limit of {worker.task.time_limit_seconds} seconds" if late else ""
    message = message or f"the process that ran it was ended {ending}"
    message += f"; {worker.log.name} holds its last words" if worker.log.stat().st_size else ""
    run = replace(
        worker.task.run,
        outcome="timed out" if late else "failed",
        seconds=round(time.monotonic() - worker.began, 2),
        failure=Failure(message=message, cell=worker.cell, heading=worker.heading),
    )
    return publish.failed(run, None, reports=worker.task.reports)


def _stop(working: Sequence[_Worker]) -> None:
    """End the processes: ended input tells each to take its kernel with it; who does not listen is killed."""
    for worker in working:
        os.close(worker.stdin)
        worker.stdin = -1
    for worker in working:
        if worker.kernel_group is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(5)
        _kill(worker)
        _close(worker)


def _close(worker: _Worker) -> None:
    for handle in (worker.stdin, worker.stdout):
        if handle >= 0:
            os.close(handle)


def _kill(worker: _Worker) -> None:
    for group in (worker.process.pid, worker.kernel_group):
        if group is not None:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    worker.process.wait()
