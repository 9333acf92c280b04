"""Run the notebooks for the markets and render the reports.

In: params, notebooks, a folder for reports.   Out: reports, `run.json`, `index.html`, and an exit code.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from workbench import outputs
from workbench.errors import InputError
from workbench.ledger import UNCHANGED, Footprint, append
from workbench.processor import cores, memory_bytes
from workbench.report import lock, plan, pool, record, took, words
from workbench.report.plan import Plan
from workbench.report.progress import Progress
from workbench.report.record import Run

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
    _refuse_unwritable(reports)
    with lock.hold(reports):
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
        jobs = (jobs or len(planned.tasks)) if scheduler else min(jobs or cores(), cores())
        finished = _run_all(planned, reports=reports, jobs=jobs, cold=cold, scheduler=scheduler, console=console)
        counts = Counter(one.outcome for one in finished) | Counter(unchanged=len(planned.unchanged))
        counts["interrupted"] += len(planned.tasks) - len(finished)
        outcomes = {outcome: count for outcome, count in counts.items() if count}
        with suppress(OSError):
            if planned.tasks:
                record.remember_batch(reports, took.sum_up(start, finished, outcomes=outcomes, jobs=jobs))
            _write_index(planned, reports=reports)
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    _say(console, f"{told} in {words.duration(time.monotonic() - start.seconds)}: {reports / 'index.html'}")
    return 0 if counts["succeeded"] == len(planned.tasks) else 1


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
    planned: Plan, *, reports: Path, jobs: int, cold: bool, scheduler: str | None, console: Console
) -> list[Run]:
    finished: list[Run] = []
    if not planned.tasks:
        return finished
    say = partial(_say, console)
    try:
        with (
            Progress(console, [task.run for task in planned.tasks]) as progress,
            closing(_start_all(planned, progress, say, jobs=jobs, cold=cold, scheduler=scheduler)) as ended,
        ):
            finished.extend(ended)
    except KeyboardInterrupt:
        _say(console, "interrupted; the next run makes up for what is missing")
    except OSError as error:
        _say(console, f"{reports}: cannot be written any more: {error.strerror}")
    return finished


def _start_all(
    planned: Plan, progress: Progress, say: Callable[[str], None], *, jobs: int, cold: bool, scheduler: str | None
) -> Generator[Run]:
    if scheduler is None:
        return pool.run_all(planned.tasks, jobs=jobs, cores=cores(), cold=cold, progress=progress, say=say)
    # Brings nbconvert at once, and Dask, which only those need who have a cluster.
    from workbench.report import cluster

    return cluster.run_all(planned.tasks, scheduler=scheduler, jobs=jobs, progress=progress, say=say)


def _write_index(planned: Plan, *, reports: Path) -> None:
    if planned.tasks or not (reports / "index.html").exists():
        # Brings nbconvert, which a batch with nothing to do can do without.
        from workbench.report import publish

        publish.index(planned.markets, planned.notebooks, reports=reports)


def _refuse_unwritable(reports: Path) -> None:
    probe = reports / ".probe"
    try:
        outputs.write_whole(probe, bytes(_PROBE_BYTES))
        probe.unlink()
    except OSError as error:
        raise InputError(f"{reports}: reports cannot be written there: {error.strerror}; nothing was run") from error


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
