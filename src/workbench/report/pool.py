"""Processes: so many at a time, each with its share of the cores, none of which outlives the batch.

In: tasks.   Out: finished runs, each remembered in `run.json` when it starts, as interrupted, and when it ends.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Sequence

from workbench.processor import free_bytes
from workbench.report import remembered, schedule, watch
from workbench.report.offspring import end_marked
from workbench.report.plan import Task
from workbench.report.processes import Handles, Nursery, Process, cannot_fork, start
from workbench.report.progress import Progress
from workbench.report.record import Run
from workbench.report.schedule import Room
from workbench.report.watch import THREAD_VARIABLES, Watched

# What every worker and kernel needs beside the imports of its notebook.
_NEEDED = (
    "workbench.report.worker",
    "workbench.report.printed",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
)
# A socket's path may have 107 characters on Linux and 103 on macOS; the kernel adds up to 50 to the folder's.
_LONGEST_FOLDER = 40


def run_all(
    tasks: Sequence[Task], *, jobs: int, cores: int, cold: bool, progress: Progress, say: Callable[[str], None]
) -> Generator[Run]:
    """Run the tasks, `jobs` at a time, and yield each run as it ends; whatever ends the iterator ends the others.

    A task that reads the tables of another one given before it waits for its end, and lets those behind it go first.
    Kernels are forked from a process that has all loaded, unless `cold`, or where that is not safe, which is said.
    """
    scratch = tempfile.mkdtemp(prefix="workbench-", dir=short_folder())
    working: list[Watched] = []
    nursery: Nursery | None = None
    try:
        nursery = None if cold else _nursery(tasks, scratch, say)
        safe = True
        waiting, room = schedule.order(tasks), Room(jobs=jobs, cores=cores, memory_bytes=free_bytes())
        while waiting or working:
            while found := schedule.choose(waiting, [(one.task, one.threads) for one in working], room):
                waiting.remove(found[0])
                working.append(_start(*found, scratch=scratch, nursery=nursery, progress=progress, say=say))
            watch.listen(working, progress.reaches)
            progress.tick()
            for worker in [one for one in working if one.is_over]:
                working.remove(worker)
                if nursery:
                    nursery.load(worker.loads)
                run = remembered.end(watch.finish(worker, progress.reaches), reports=worker.task.reports)
                progress.ends(run)
                yield run
            if nursery and nursery.unsafe and safe:
                safe = False
                say(f"kernels start afresh from here on: {nursery.unsafe}")
    finally:
        watch.stop(working)
        if nursery:
            nursery.close()
        end_marked(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


def short_folder() -> str | None:
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


def _start(
    task: Task,
    threads: int,
    *,
    scratch: str,
    nursery: Nursery | None,
    progress: Progress,
    say: Callable[[str], None],
) -> Watched:
    environment = _threads(threads)

    def launch(handles: Handles) -> Process:
        forked = None
        try:
            forked = nursery.start(handles, environment) if nursery else None
        except OSError as error:
            say(f"{task.run.market} {task.run.notebook} starts afresh, as it could not be forked: {error.strerror}")
        return forked or start(handles, environment, scratch=scratch)

    worker = watch.start(remembered.begin(task), threads, launch)
    progress.starts(worker.task.run)
    return worker


def _threads(share: int) -> dict[str, str]:
    """Return for each library its number of threads: the share, or less where the user has set less."""
    wanted = {name: os.environ.get(name, "") for name in THREAD_VARIABLES}
    return {name: str(min(share, int(text) if text.isdecimal() else share) or share) for name, text in wanted.items()}
