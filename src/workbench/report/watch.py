"""A worker's process as seen from outside: started, heard, and ended with all that it has started.

In: a task, and what starts a process.   Out: what the process says of itself; in the end the finished run.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.report import record
from workbench.report.plan import Task
from workbench.report.processes import Handles, Process
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
    "NUMBA_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)

# Rendering comes after the time limit of the notebook; a process that takes longer than this for it hangs.
_GRACE_SECONDS = 120
_TICK_SECONDS = 0.25
# What a process takes to end that was told to, or killed.
_END_SECONDS = 5

# Is told of a run the cell that it has reached: `cell`, `cells` and `heading`, as keywords.
Reaches = Callable[..., None]


@dataclass
class Watched:
    """A worker's process and what it has said so far."""

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

    @property
    def is_over(self) -> bool:
        """Whether its process has ended, or has to."""
        return self.process.poll() is not None or self.is_late


def start(task: Task, threads: int, launch: Callable[[Handles], Process]) -> Watched:
    """Start a process and tell it its task; its last words go to the run's log in the folder of its market."""
    log = task.reports / task.run.market / f"{task.run.notebook}.log"
    reads, stdin = os.pipe()
    stdout, writes = os.pipe()
    try:
        with log.open("wb") as written:
            process = launch((reads, writes, written.fileno()))
    except BaseException:
        os.close(stdin)
        os.close(stdout)
        raise
    finally:
        os.close(reads)
        os.close(writes)
    with suppress(BrokenPipeError):
        os.write(stdin, task.to_json().encode() + b"\n")
    return Watched(task, threads, process, stdin, stdout, log, time.monotonic())


def listen(working: Sequence[Watched], reaches: Reaches) -> None:
    """Wait for what they say, for a tick at most."""
    by_handle = {worker.stdout: worker for worker in working}
    ready, _, _ = select.select(by_handle, [], [], _TICK_SECONDS)
    for handle in ready:
        _hear(by_handle[handle], os.read(handle, 1 << 16), reaches)


def finish(worker: Watched, reaches: Reaches) -> Run:
    """End what is left of a process, and return its run; one that ended without a word has failed."""
    late = worker.process.poll() is None
    _kill(worker)
    while said := os.read(worker.stdout, 1 << 16):
        _hear(worker, said, reaches)
    _close(worker)
    run = worker.finished or _ended_without_a_word(worker, late=late)
    if run.outcome == "succeeded" or not worker.log.stat().st_size:
        worker.log.unlink(missing_ok=True)
    return run


def stop(working: Sequence[Watched]) -> None:
    """End the processes: ended input tells each to take its kernel with it; who does not listen is killed."""
    for worker in working:
        os.close(worker.stdin)
        worker.stdin = -1
    for worker in working:
        if worker.kernel_group is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_END_SECONDS)
        _kill(worker)
        _close(worker)


def _hear(worker: Watched, said: bytes, reaches: Reaches) -> None:
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
            reaches(worker.task.run, **event)


def _ended_without_a_word(worker: Watched, *, late: bool) -> Run:
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


def _close(worker: Watched) -> None:
    for handle in (worker.stdin, worker.stdout):
        if handle >= 0:
            os.close(handle)


def _kill(worker: Watched) -> None:
    for group in (worker.process.pid, worker.kernel_group):
        if group is not None:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # who would tell of its end may be stuck
        worker.process.wait(_END_SECONDS)
