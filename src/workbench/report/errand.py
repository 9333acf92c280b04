"""One run on a Dask worker: in a process of its own, in the batch's own folder of reports where that is within reach.

In: an `Order`, with all that the run may read where it is not.   Out: `Brought`: the run, and there what it has left.
"""

import hmac
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench import outputs
from workbench.personal.pseudonyms import pseudonym_key
from workbench.processor import cores, memory_bytes
from workbench.report import fingerprint, processes, watch
from workbench.report.offspring import end_marked
from workbench.report.plan import Task
from workbench.report.pool import short_folder
from workbench.report.record import Run

LEDGER = "footprint.csv"

# An index of all documents of a market is the batch's to make, who has them all.
_NOT_BROUGHT = (LEDGER, "documents/index.html")
# Where the name of the folder that stood in for the reports may have been written down.
_TEXTS = (".html", ".ipynb", ".log", ".md")
_ENDED = ("closing", "closed", "failed", "stopping", "stopped")


@dataclass(frozen=True, kw_only=True)
class Footing:
    """What a machine would run: hashes of code and of the key to pseudonyms, with versions to tell a difference by.

    `sees_reports` says whether it can write to the batch's own folder of reports.
    """

    code: str
    key: str
    versions: dict[str, str]
    host: str
    sees_reports: bool


@dataclass(frozen=True, kw_only=True)
class Order:
    """A task as a line, its notebook and, by names below its market's folder, the files that it may read.

    `files` are None where the worker is to use the batch's own folder of reports, which `probe`, a file in it, proves
    by holding the `topic`. `root` is the project's.
    """

    topic: str
    key: tuple[str, ...]
    footing: Footing
    root: str
    probe: str
    # Dask writes of what fails what it was given: these may hold a password or a customer's row.
    task: str = field(repr=False)
    notebook: bytes = field(repr=False)
    files: dict[str, bytes] | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A finished run with the files that it wrote and those that it took away; or why there is none."""

    run: Run | None = None
    why: str = ""
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    gone: tuple[str, ...] = ()
    ledger: bytes = field(default=b"", repr=False)


def stand(probe: str, topic: str) -> Footing:
    """Say what this process would run, were it asked to."""
    code, key = fingerprint.code(), pseudonym_key()
    return Footing(
        # What was loaded before the files changed is neither the old code nor the new.
        code=code if code == fingerprint.code.__wrapped__() else "out of date",
        key=hmac.digest(key, topic.encode(), "sha256").hex() if key else "",
        versions=fingerprint.versions(),
        host=socket.gethostname(),
        sees_reports=_holds(Path(probe), topic),
    )


def differ(theirs: Footing, ours: Footing) -> str:
    """Say what keeps a worker from running what the batch would; an empty text where nothing does.

    >>> here = stand("/no/reports/probe", "topic")
    >>> differ(replace(here, code="other", versions=here.versions | {"Python": "3.0.0"}), here)
    'Python 3.0.0 (here 3...)'
    >>> differ(here, here)
    ''
    """
    if theirs.code == ours.code:
        return "" if theirs.key == ours.key else "the environment's WORKBENCH_KEY is not that of this batch"
    if theirs.code == "out of date":
        return "what is installed has changed since its Dask worker was started; restart it"
    names = sorted({*theirs.versions, *ours.versions})
    told = [(name, theirs.versions.get(name, "missing"), ours.versions.get(name, "missing")) for name in names]
    different = [f"{name} {there} (here {here})" for name, there, here in told if there != here]
    return ", ".join(different) or "other files of workbench, or other packages beside it"


def run(order: Order) -> Brought:
    """Run a notebook on the Dask worker that calls, and bring back what the batch cannot see; nothing else is kept.

    The batch is told of what happens by events of its topic. What is no longer wanted, as the batch has ended, the
    connection is lost or the worker is leaving, is ended, and its processes with it.
    """
    from distributed import get_worker

    worker = get_worker()

    def tell(_: Run | None = None, **said: Any) -> None:
        worker.log_event(order.topic, {"key": order.key, **said})

    tell(began=socket.gethostname())
    try:
        if why := differ(stand(order.probe, order.topic), order.footing):
            return Brought(why=f"the Dask worker on {socket.gethostname()} differs: {why}")
        root = _root(order, worker)
        # What all may have at once: how many run beside it is not known, and changes when another worker dies.
        share = max(1, cores() // worker.state.nthreads)
        threads = min(share, int(os.environ.get("WORKBENCH_THREADS") or 1))
        with (
            # Dask sweeps it, should this process be killed, when the next worker starts on this machine.
            TemporaryDirectory(prefix="workbench-", dir=worker.local_directory, ignore_cleanup_errors=True) as home,
            TemporaryDirectory(prefix="workbench-", dir=short_folder(), ignore_cleanup_errors=True) as scratch,
        ):
            task = Task.from_json(order.task)
            if why := _out_of_reach(order, task, root):
                return Brought(why=why)
            here = _unpack(order, task, Path(home))
            launch = partial(processes.start, environment=_threads(threads), scratch=scratch, folder=root)
            try:
                ended = _attend(here, threads, launch, tell, wanted=partial(_is_wanted, worker, order.key))
            finally:
                end_marked(scratch)
            return _pack(order, ended, here.reports, task.reports) if ended else Brought(why="no longer wanted")
    finally:
        tell(over=True)


def _attend(
    task: Task,
    threads: int,
    launch: Callable[[processes.Handles], processes.Process],
    tell: Callable[..., None],
    *,
    wanted: Callable[[], bool],
) -> Run | None:
    """Run a task by a process of its own, and return its run; None where it was ended, as nobody wanted it any more."""
    with ExitStack() as otherwise:
        watched = watch.start(task, threads, launch)
        otherwise.callback(watch.stop, [watched])
        while not watched.is_over:
            if not wanted():
                return None
            watch.listen([watched], tell)
        otherwise.pop_all()
    return watch.finish(watched, tell)


def _holds(probe: Path, topic: str) -> bool:
    try:
        return probe.read_text(encoding="utf-8") == topic and os.access(probe.parent, os.W_OK)
    except OSError:
        return False


def _is_wanted(worker: Any, key: tuple[str, ...]) -> bool:
    known = worker.state.tasks.get(key)
    return known is not None and known.state == "executing" and worker.status.name not in _ENDED


def _threads(number: int) -> Mapping[str, str]:
    # Dask has set some of these for itself, and not for what it starts.
    return dict.fromkeys(watch.THREAD_VARIABLES, str(number))


def _root(order: Order, worker: Any) -> Path:
    """Return the folder that relative paths of a market start from: the batch's project, this machine's, or Dask's."""
    projects = (Path(order.root), outputs.project_root())
    return next((root for root in projects if (root / "params").is_dir()), Path(worker.local_directory))


def _out_of_reach(order: Order, task: Task, root: Path) -> str:
    """Say what the run needs and this machine does not see; an empty text where it sees all of it."""
    where = f"for the Dask worker on {socket.gethostname()}"
    if order.files is None and not _holds(Path(order.probe), order.topic):
        return f"{task.reports}: not there {where}, which came later than the others; run again"
    for location in filter(None, (task.parameters.get(name) for name in ("data", "hourly_profile"))):
        if location == "sample" or "://" in location:
            continue
        place = root / Path(location).expanduser()
        if not place.exists():
            return f"{location}: not there {where}; put it where every worker sees it, or the data behind a URL"
        known = task.run.data_fingerprint if location == task.parameters.get("data") else None
        if known not in (None, _content(place, order.topic)):
            return f"{location}: other data {where} than for this batch; put it where every worker sees the same"
    return ""


@lru_cache(maxsize=64)
def _content(place: Path, topic: str) -> str | None:  # noqa: ARG001  # once a batch
    # Brings Ibis and DuckDB, into a process that runs many errands.
    from workbench import crm

    return crm.fingerprint(place)


def _unpack(order: Order, task: Task, home: Path) -> Task:
    """Lay out what was sent, and return the task as it is to be run here, from now on."""
    notebook = home / task.notebook.name
    notebook.write_bytes(order.notebook)
    reports = task.reports if order.files is None else home / "reports"
    (reports / task.run.market).mkdir(parents=True, exist_ok=True)
    for name, data in (order.files or {}).items():
        path = reports / task.run.market / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    at_most = int(0.9 * memory_bytes())
    return replace(
        task,
        run=replace(task.run, started_at=datetime.now(UTC)),
        notebook=notebook,
        reports=reports,
        parameters=task.parameters | ({"reports": str(reports)} if "reports" in task.parameters else {}),
        memory_limit_bytes=min(task.memory_limit_bytes or at_most, at_most),
    )


def _pack(order: Order, run: Run, here: Path, there: Path) -> Brought:
    """Take along what the run has changed, as if it had been written in the batch's folder of reports."""
    if order.files is None:
        return Brought(run=run)
    folder = here / run.market
    paths = [path for path in folder.rglob("[!.]*") if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    ledger = found.get(LEDGER, b"").removeprefix(order.files.get(LEDGER, b""))
    new = {name: data for name, data in found.items() if order.files.get(name) != data and name not in _NOT_BROUGHT}
    texts = [name for name in new if name.endswith(_TEXTS)]
    new |= {name: new[name].replace(str(here).encode(), str(there).encode()) for name in texts}
    return Brought(run=run, files=new, gone=tuple(sorted({*order.files} - {*found})), ledger=ledger)
