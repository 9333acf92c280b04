"""A run on record from before it starts until after it has ended, wherever it runs.

In: a task that is about to start; a run that has ended.   Out: `run.json`, and what its figures were.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from workbench import outputs
from workbench.report import history, outdated, record
from workbench.report.plan import Task
from workbench.report.record import Run


def begin(task: Task) -> Task:
    """Mark what is about to get old, and remember a run as one that never ended, should it never end.

    Return its task as of this moment.
    """
    task = task.as_of_now()
    task = replace(task, run=replace(task.run, started_at=datetime.now(UTC)))
    (task.reports / task.run.market).mkdir(parents=True, exist_ok=True)
    outdated.announce(task.run, reports=task.reports)
    record.remember(task.reports, task.run)
    return task


def end(run: Run, *, reports: Path) -> Run:
    """Remember how a run has ended and, where it succeeded, what its figures were."""
    record.remember(reports, run)
    if run.outcome == "succeeded":
        history.remember(reports, run, outputs.open(run.market, reports=reports).results(run.notebook))
    return run
