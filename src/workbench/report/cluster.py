"""The runs of a batch on a Dask cluster: handed over as it has threads for them, and put in their places.

In: tasks, the address of a scheduler.   Out: finished runs, each remembered in `run.json` when it is handed over, as
interrupted, and when it ends.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Thread
from typing import Any

from workbench import outputs
from workbench.errors import InputError
from workbench.report import documents, errand, publish, remembered, schedule
from workbench.report.errand import Brought, Footing, Order
from workbench.report.plan import Task, follows
from workbench.report.progress import Progress
from workbench.report.record import Failure, Run

_CONNECT_SECONDS = 10
_TICK_SECONDS = 0.25
# How often the cluster is asked how large it is; for how long it may have no worker, as one that grows on demand has.
_LOOK_SECONDS, _PATIENCE_SECONDS = 2, 300
# What a run that is no longer wanted takes to end.
_STOP_SECONDS = 8

_PROBE = ".workbench-"

Key = tuple[str, ...]


class _LostError(Exception):
    """The cluster is gone; the message says how."""


@dataclass
class _Sent:
    """A task that the cluster has, with the host that runs it, once one does."""

    task: Task
    future: Any
    host: str = ""


@dataclass
class Cluster:
    """A cluster that we are connected to: its workers' threads by address, and whether all of them see the reports."""

    address: str
    client: Any
    ours: Footing
    topic: str
    probe: Path
    inbox: "SimpleQueue[dict[str, Any]]"
    shared: bool
    nthreads: dict[str, int]
    sent: dict[Key, _Sent] = field(default_factory=dict)
    looked: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    most_threads: int = field(init=False)

    def __post_init__(self) -> None:
        self.most_threads = sum(self.nthreads.values())

    def at_once(self, jobs: int | None) -> int:
        """Return how many runs there were at once at most, of those that there might be."""
        return min(jobs or self.most_threads, self.most_threads)

    def look(self) -> None:
        """Ask how large it is, now and then; _LostError where it has had no worker for too long."""
        if time.monotonic() < self.looked + _LOOK_SECONDS:
            return
        with suppress(OSError):  # a lost connection is told by what was sent
            self.nthreads = self.client.nthreads()
        self.most_threads = max(self.most_threads, sum(self.nthreads.values()))
        self.looked = time.monotonic()
        if self.nthreads:
            self.seen = self.looked
        elif self.looked > self.seen + _PATIENCE_SECONDS:
            raise _LostError(f"no Dask worker has been there for {_PATIENCE_SECONDS} seconds")


def run_all(
    tasks: Sequence[Task], cluster: Cluster, *, jobs: int | None, progress: Progress, say: Callable[[str], None]
) -> Generator[Run]:
    """Run the tasks on a cluster and yield each run as it ends; whatever ends the iterator ends the others.

    At most `jobs` at once, by default as many as the cluster has threads, the longest first, and those after others
    whose tables they read. A run whose worker dies is run again on another one, as often as Dask allows it.
    """
    say(_in_words(cluster))
    waiting = schedule.order(tasks)
    try:
        while waiting or cluster.sent:
            cluster.look()
            for task in _next(cluster, waiting, jobs):
                _hand_over(cluster, task)
            for one in _ended(cluster, progress, say):
                run = _finish(one)
                progress.ends(run)
                yield run
    except _LostError as lost:
        say(f"{cluster.address}: {lost}; the next run makes up for what is missing")
    finally:
        _stop(cluster)


@contextmanager
def join(address: str, *, reports: Path) -> Iterator[Cluster]:
    """Connect to a cluster that is to write to a folder of reports, and leave it at the end.

    InputError: nobody answers at the address, or the workers there would not run what this machine runs.
    """
    client, topic = _connect(address), token_hex(12)
    probe, inbox = reports / f"{_PROBE}{topic}", SimpleQueue[dict[str, Any]]()
    try:
        for left in reports.glob(f"{_PROBE}*"):
            left.unlink(missing_ok=True)
        outputs.write_whole(probe, topic)
        ours = errand.stand(str(probe), topic)
        theirs = client.run(errand.stand, str(probe), topic, on_error="return")
        _refuse_others(address, theirs, ours)
        see = [one.sees_reports for one in theirs.values() if isinstance(one, Footing)]
        client.subscribe_topic(topic, lambda event: inbox.put(event[1]))
        shared = bool(see) and all(see)
        yield Cluster(address, client, ours, topic, probe, inbox, shared=shared, nthreads=client.nthreads())
    finally:
        probe.unlink(missing_ok=True)
        client.close()


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(f"--scheduler {address}: needs Dask: pip install crm-workbench[dask]") from error
    answers: SimpleQueue[Any] = SimpleQueue()

    def connect() -> None:
        try:
            answers.put(Client(address, timeout=_CONNECT_SECONDS, set_as_default=False))
        except Exception as error:
            answers.put(error)

    # By a thread of its own, as what is no scheduler, its web page for one, may keep a client waiting for ever.
    Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=1.5 * _CONNECT_SECONDS)
    except Empty:
        answer = None
    if isinstance(answer, Client):
        return answer
    found = answer if isinstance(answer, OSError | ValueError) else "what answers there is something else"
    raise InputError(
        f"--scheduler {address}: no Dask scheduler answers there ({found}); allowed: the address of one, such as "
        "tcp://host:8786, as `dask scheduler` names it when it starts; without --scheduler, this machine does the work"
    )


def _refuse_others(address: str, theirs: dict[str, Footing | Exception], ours: Footing) -> None:
    """Refuse workers that would not run what this machine runs; one that has just gone is no matter."""
    faults = []
    for place, one in theirs.items():
        if isinstance(one, Footing):
            fault, place = errand.differ(one, ours), one.host
        else:
            fault = "" if isinstance(one, OSError) else f"no workbench that answers: {type(one).__name__}: {one}"
        faults += [f"{place}: {fault}"] * bool(fault)
    if faults:
        told = "\n".join(dict.fromkeys(faults))
        raise InputError(f"--scheduler {address}: its workers must have what this machine has, and do not:\n{told}")


def _in_words(cluster: Cluster) -> str:
    if not cluster.nthreads:
        return f"{cluster.address}: no Dask worker is there yet; waiting for one"
    where = "written by them" if cluster.shared else "brought back from them"
    threads, workers = sum(cluster.nthreads.values()), len(cluster.nthreads)
    return f"{cluster.address}: Dask workers: {workers}, with threads: {threads}; reports are {where}"


def _next(cluster: Cluster, waiting: list[Task], jobs: int | None) -> Iterator[Task]:
    """Take from those that wait what may run now: one more than can, for a cluster that grows with what waits in it."""
    most = min(sum(cluster.nthreads.values()) + 1, jobs or math.inf)
    while len(cluster.sent) < most:
        unfinished = [*waiting, *(one.task for one in cluster.sent.values())]
        ready = next((task for task in waiting if not follows(task, unfinished)), None)
        if ready is None:
            return
        waiting.remove(ready)
        yield ready


def _hand_over(cluster: Cluster, task: Task) -> None:
    import dask

    task = remembered.begin(task)
    publish.announce(task.run, reports=task.reports)
    key = (f"workbench-{task.run.notebook}", task.run.market, cluster.topic)
    order = Order(
        topic=cluster.topic,
        key=key,
        footing=cluster.ours,
        root=str(outputs.project_root()),
        probe=str(cluster.probe),
        task=task.to_json(),
        notebook=task.notebook.read_bytes(),
        files=None if cluster.shared else _to_read(task),
    )
    # What a run reads goes with it, and so is there whenever it is run again.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        future = cluster.client.submit(errand.run, order, key=key, pure=False)
    future.add_done_callback(lambda _: cluster.inbox.put({"key": key, "done": True}))
    cluster.sent[key] = _Sent(task, future)


def _to_read(task: Task) -> dict[str, bytes]:
    """Return what a run may read, mark or replace below its market's folder: what it and those it follows have left."""
    folder, own = task.reports / task.run.market, task.run.notebook
    patterns = [errand.LEDGER, *(f"{own}{ending}" for ending in (".html", ".previous.html", ".log")), f"*/{own}.*"]
    for name in task.after:
        patterns += [f"results/{name}.json", f"tables/{name}.*.parquet"]
    paths = [path for pattern in patterns for path in folder.glob(pattern) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _ended(cluster: Cluster, progress: Progress, say: Callable[[str], None]) -> Iterator[_Sent]:
    """Wait for what the workers say, for a tick at most; yield what has come to its end."""
    with suppress(Empty):
        said = cluster.inbox.get(timeout=_TICK_SECONDS)
        while True:
            key = tuple(said.pop("key"))
            if one := cluster.sent.get(key):
                if "done" in said:
                    yield cluster.sent.pop(key)
                else:
                    _show(one, said, progress, say)
            said = cluster.inbox.get_nowait()
    progress.tick()


def _show(one: _Sent, said: dict[str, Any], progress: Progress, say: Callable[[str], None]) -> None:
    run = one.task.run
    if "cell" in said:
        progress.reaches(run, cell=said["cell"], cells=said["cells"], heading=said["heading"])
    elif "began" in said:
        if one.host:
            say(f"{run.market} {run.notebook}: the Dask worker on {one.host} has gone; once more from the start")
        one.host = said["began"]
        progress.starts(run)
    else:
        one.host = ""


def _finish(one: _Sent) -> Run:
    """Put in its place what a run has left, and remember it; one that never came back has failed."""
    reports = one.task.reports
    brought = _fetch(one.future)
    if brought.run:
        _place(brought, brought.run, reports)
        return remembered.end(brought.run, reports=reports)
    run = replace(one.task.run, outcome="failed", failure=Failure(message=brought.why))
    return remembered.end(publish.failed(run, None, reports=reports), reports=reports)


def _fetch(future: Any) -> Brought:
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise _LostError("the connection to the Dask scheduler was lost, or it was restarted")
    try:
        found: Brought = future.result()
        return found
    except KilledWorker as error:
        return Brought(why=f"the Dask workers that ran it were ended, {error.allowed_failures + 1} of them")
    except Exception as error:
        return Brought(why=f"the Dask worker could not run it: {type(error).__name__}; the worker's log says more")


def _place(brought: Brought, run: Run, reports: Path) -> None:
    """Write what was brought back, each file whole, its page last: until then the older one says what it is."""
    folder = reports / run.market
    pages = {name for name in brought.files if name.endswith(".html")}
    for name in sorted({*brought.files} - pages):
        outputs.write_whole(folder / name, brought.files[name])
    for name in brought.gone:
        (folder / name).unlink(missing_ok=True)
    if brought.ledger:
        with (folder / errand.LEDGER).open("ab", buffering=0) as ledger:
            ledger.write(brought.ledger)
    if run.outcome == "succeeded" and any(Path(name).suffix == ".md" for name in (*brought.files, *brought.gone)):
        documents.publish_documents(run, folder)
    for name in sorted(pages, key=lambda name: "/" not in name):
        outputs.write_whole(folder / name, brought.files[name])


def _stop(cluster: Cluster) -> None:
    """Call back what the cluster still has, and wait until none of it is at work any more."""
    if not cluster.sent:
        return
    with suppress(Exception):
        cluster.client.cancel([one.future for one in cluster.sent.values()])
    working = {key for key, one in cluster.sent.items() if one.host}
    until = time.monotonic() + _STOP_SECONDS
    while working and time.monotonic() < until and cluster.client.status == "running":
        with suppress(Empty):
            said = cluster.inbox.get(timeout=_TICK_SECONDS)
            if "over" in said:
                working.discard(tuple(said["key"]))
