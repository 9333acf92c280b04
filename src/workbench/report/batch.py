"""Run the notebooks for the markets and render the reports.

In: params, notebooks, a folder for reports.   Out: reports, `run.json`, `index.html`, and an exit code.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from workbench import outputs
from workbench.errors import InputError
from workbench.ledger import UNCHANGED, Footprint, append
from workbench.processor import cores, memory_bytes
from workbench.report import lock, outdated, plan, pool, record, took, words
from workbench.report.plan import Plan
from workbench.report.progress import Progress
from workbench.report.record import Batch, Run

if TYPE_CHECKING:
    from workbench.report.cluster import Cluster

# A report's greatest size: what must at least fit before anything runs.
_PROBE_BYTES = 1_000_000


def run(
    *,
    params: Path,
    notebooks_folder: Path,
    reports: Path,
    markets: Sequence[str] = (),
    notebooks: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    jobs: int | None = None,
    force: bool = False,
    cold: bool = False,
    time_limit_seconds: int = 1800,
    memory_limit_bytes: int | None = None,
    scheduler: str | None = None,
    console: Console,
) -> int:
    """Run what has changed, side by side; return 0 where all reports are there and 1 where one is not.

    `settings` are texts, read as YAML, in the place of a market's own values; `cold` starts every kernel afresh; a
    kernel that holds more than `memory_limit_bytes`, by default nine tenths of what there is, is ended. `scheduler` is
    the address of a Dask cluster that is to run them. Whatever is wrong with the input is an InputError before anything
    runs, and so is another batch at work on the same reports.
    """
    start = took.Start()
    reports = reports.absolute()
    with _refusing(reports):
        reports.mkdir(parents=True, exist_ok=True)
    with lock.hold(reports):
        with _refusing(reports):
            outputs.write_whole(reports / ".probe", bytes(_PROBE_BYTES)).unlink()
        planned = plan.make(
            params=params,
            notebooks_folder=notebooks_folder,
            reports=reports,
            markets=markets,
            notebooks=notebooks,
            settings=settings or {},
            force=force,
            time_limit_seconds=time_limit_seconds,
            memory_limit_bytes=memory_limit_bytes or (None if scheduler else int(0.9 * memory_bytes())),
        )
        _say(console, *planned.notes)
        for same in planned.unchanged:
            _say(console, f"{same.market} {same.notebook}: unchanged since {words.moment(same.started_at)}")
        _note_unchanged(planned, reports=reports)
        finished, at_once = _run_all(
            planned, reports=reports, jobs=jobs, cold=cold, scheduler=scheduler, console=console
        )
        counts = Counter(one.outcome for one in finished) | Counter(unchanged=len(planned.unchanged))
        counts["interrupted"] += len(planned.tasks) - len(finished)
        outcomes = {outcome: count for outcome, count in counts.items() if count}
        batch = took.sum_up(start, finished, outcomes=outcomes, jobs=at_once) if planned.tasks else None
        is_written = _write_index(planned, batch, reports=reports, console=console)
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    _say(console, f"{told} in {words.duration(time.monotonic() - start.seconds)}: {reports / 'index.html'}")
    return 0 if is_written and counts["succeeded"] == len(planned.tasks) else 1


def _note_unchanged(planned: Plan, *, reports: Path) -> None:
    """Leave a line in its market's ledger for each run that was not needed: the accounts tell what that saved."""
    if not planned.unchanged:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    countries = {one.market: plan.country_of(one) for one in planned.markets}
    for same in planned.unchanged:
        line = Footprint(
            started_at=now, notebook=same.notebook, step="page", outcome=UNCHANGED, country=countries[same.market]
        )
        with suppress(OSError):
            append(outputs.open(same.market, reports=reports).ledger, line)


def _run_all(
    planned: Plan, *, reports: Path, jobs: int | None, cold: bool, scheduler: str | None, console: Console
) -> tuple[list[Run], int]:
    """Return the runs that have come to their end, and how many there were at once at most."""
    finished: list[Run] = []
    cluster: Cluster | None = None
    if not planned.tasks:
        return finished, 0
    say = partial(_say, console)
    if jobs and jobs > cores() and not scheduler:
        say(f"--jobs {jobs}: at most {cores()} at once, as many as there are cores")
    try:
        with Progress(console, [task.run for task in planned.tasks]) as progress, _join(scheduler, reports) as cluster:
            outdated.mark([reports / "index.html"], "a newer batch began and has not come to its end.")
            with closing(_start_all(planned, cluster, progress, say, jobs=jobs, cold=cold)) as ended:
                finished.extend(ended)
    except KeyboardInterrupt:
        say("interrupted; the next run makes up for what is missing")
    except OSError as error:
        say(f"{reports}: cannot be written any more: {error.strerror}")
    return finished, cluster.at_once(jobs) if cluster else _here(jobs)


def _join(scheduler: str | None, reports: Path) -> AbstractContextManager["Cluster | None"]:
    if scheduler is None:
        return nullcontext()
    # Brings nbconvert at once, and Dask, which only those need who have a cluster.
    from workbench.report import cluster

    return cluster.join(scheduler, reports=reports)


def _start_all(
    planned: Plan,
    cluster: "Cluster | None",
    progress: Progress,
    say: Callable[[str], None],
    *,
    jobs: int | None,
    cold: bool,
) -> Generator[Run]:
    if cluster is None:
        return pool.run_all(planned.tasks, jobs=_here(jobs), cores=cores(), cold=cold, progress=progress, say=say)
    from workbench.report.cluster import run_all

    return run_all(planned.tasks, cluster, jobs=jobs, progress=progress, say=say)


def _here(jobs: int | None) -> int:
    return min(jobs or cores(), cores())


def _write_index(planned: Plan, batch: Batch | None, *, reports: Path, console: Console) -> bool:
    """Remember the batch, and write the index where it lacks any of it; return False where that fails, and say so."""
    index = reports / "index.html"
    try:
        if batch:
            record.remember_batch(reports, batch)
        if batch or not index.exists() or outdated.is_marked(index):
            # Brings nbconvert, which a batch with nothing to do can do without.
            from workbench.report import publish

            publish.index(planned.markets, planned.notebooks, reports=reports)
    except OSError as error:
        _say(console, f"{index}: cannot be written: {error.strerror}; the next run makes up for it")
        return False
    return True


@contextmanager
def _refusing(reports: Path) -> Iterator[None]:
    """Refuse the input where what is done meanwhile finds no room, or may not write."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{reports}: reports cannot be written there: {error.strerror}; nothing was run") from error


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
