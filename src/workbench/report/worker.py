"""One notebook for one market, in a process of its own: execute, render, put the pages in their places.

In: a `Task`, a line on standard input, which stays open for as long as the batch lives.
Out: events, lines of JSON on standard output: `kernel` (its process group), `cell`, and at last the finished `run`.
"""

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from workbench import emissions, outputs, personal
from workbench.errors import without_password
from workbench.report import kernel, outgoing, publish, record, words
from workbench.report import warm as forked
from workbench.report.notebooks import heading_above
from workbench.report.plan import Task
from workbench.report.publish import Standing
from workbench.report.record import Failure, Run

Say = Callable[[dict[str, Any]], None]

_LONGEST_MESSAGE = 600
_PERSONAL = (
    "nothing was published, because it would show personal data (mask it with workbench.personal.mask, or show "
    "pseudonyms): "
)


def main(scratch: str, *, warm: bool = False) -> None:
    """Do what the task on standard input asks for; `scratch` is a folder that the batch sweeps.

    Where all is loaded already, `warm`, its kernel is forked from here, before anything starts a thread.
    """
    if warm and not forked.fork():
        return
    began = time.monotonic()
    say, lifeline = _channels()
    task = Task.from_json(_first_line(lifeline))
    seen = _Seen(say)
    run = replace(task.run, outcome="succeeded", failure=None)
    try:
        seen.before = publish.announce(task.run, reports=task.reports)
        _execute(task, seen, lifeline, scratch)
    except Exception as error:
        failure = Failure(message=_why(error), cell=seen.cell, heading=seen.heading)
        run = replace(run, outcome="timed out" if isinstance(error, TimeoutError) else "failed", failure=failure)
    loads = tuple(sorted({*task.run.loads, *seen.loaded}))
    say({"loads": loads})
    known = {**seen.measured, **_about_data(task, seen.notebook), "memory_bytes": _most_held_bytes(), "loads": loads}
    known["kernel"] = "warm" if warm else "stock"
    run = replace(run, seconds=round(time.monotonic() - began, 2), cells_seconds=seen.cells_seconds, **known)
    run = _publish(run, seen.notebook, task, seen.before)
    say({"run": record.to_json(replace(run, seconds=round(time.monotonic() - began, 2)))})


def rehearse(reports: Path) -> None:
    """Publish a page that nobody asked for, below a folder that is swept: what that loads, later runs find loaded."""
    run = Run(
        market="rehearsal",
        market_title="Rehearsal",
        notebook="rehearsal",
        title="Rehearsal",
        outcome="succeeded",
        started_at=datetime.now(UTC),
    )
    # Nobody's number, but like one, so that all is made that looks for numbers, as for columns of names below.
    table = nbformat.v4.new_output("display_data", {"text/html": "<table><tr><td>+0 12345678</td></tr></table>"})
    personal.personal_by_name("rehearsal", table="customers")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("show()", outputs=[table])])
    nothing: dict[str, Any] = {"parameters": {}, "country": "ZZ", "time_limit_seconds": 1}
    _publish(run, notebook, Task(run=run, notebook=Path("rehearsal.ipynb"), reports=reports, **nothing), {})


@dataclass
class _Seen:
    """What is known of the notebook while it runs, and after it was stopped; `before` is what stood there."""

    say: Say
    before: Standing = field(default_factory=dict)
    notebook: NotebookNode | None = None
    cell: int | None = None
    heading: str = ""
    began: float | None = None
    cells_seconds: float | None = None
    measured: dict[str, Any] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)

    def notebook_starts(self, notebook: NotebookNode) -> None:
        self.notebook = notebook

    def cell_starts(self, cell_index: int, **_: Any) -> None:
        cells = self.notebook.cells if self.notebook else []
        numbered = [n for n, one in enumerate(cells) if one.cell_type == "code" and one.source.strip()]
        self.cell, self.heading = 1 + numbered.index(cell_index), heading_above(cells, cell_index)
        self.say({"cell": self.cell, "cells": len(numbered), "heading": self.heading})
        self.began = time.monotonic()

    def cell_ends(self, **_: Any) -> None:
        # Papermill's own durations are differences of the day's time, which may be set meanwhile.
        if self.began is not None:
            self.cells_seconds = round((self.cells_seconds or 0.0) + time.monotonic() - self.began, 2)
            self.began = None


def _execute(task: Task, seen: _Seen, lifeline: int, scratch: str) -> None:
    """Run the notebook below the meter; raises whatever went wrong, TimeoutError at the time limit."""
    ledger = outputs.open(task.run.market, reports=task.reports).ledger
    guard: kernel.Guard | None = None
    # The kernel leaves after the meter has read: what its children took can be known only while they are there.
    with ExitStack() as after_metering:
        after_metering.callback(lambda: seen.loaded.extend(guard.loaded if guard else []))
        try:
            with emissions.track("page", notebook=task.run.notebook, ledger=ledger, country=task.country) as footprint:
                guard = after_metering.enter_context(
                    kernel.start(
                        lifeline,
                        limit_seconds=task.time_limit_seconds,
                        limit_bytes=task.memory_limit_bytes,
                        scratch=scratch,
                    )
                )
                seen.say({"kernel": guard.process_group})
                _run_cells(task, seen, guard)
        finally:
            seen.measured = _measured(footprint)


def _measured(footprint: emissions.Footprint) -> dict[str, Any]:
    """Return what is remembered of a footprint; the second meter stands in where the first is missing."""
    first = footprint.kwh_codecarbon is not None
    kwh = footprint.kwh_codecarbon if first else footprint.kwh_cpu
    ends = {"": kwh, "_low": footprint.kwh_low, "_high": footprint.kwh_high}
    return {
        "cpu_seconds": footprint.cpu_seconds,
        **{f"energy{end}_wh": None if amount is None else 1000 * amount for end, amount in ends.items()},
        "energy_method": footprint.method,
        "gco2e": footprint.gco2e if first else footprint.gco2e_cpu,
    }


def _run_cells(task: Task, seen: _Seen, guard: kernel.Guard) -> None:
    try:
        papermill.execute_notebook(
            nbformat.read(task.notebook, as_version=4),
            None,  # what is executed is written once, at its end, not twice a cell
            parameters=task.parameters,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=task.time_limit_seconds,
            iopub_timeout=task.time_limit_seconds,  # what a cell has said may take longer to hear than 4 seconds
            km=guard.manager,
            on_notebook_start=seen.notebook_starts,
            on_cell_execute=seen.cell_starts,
            on_cell_executed=seen.cell_ends,
        )
    except RuntimeError as error:
        if guard.stopped == "time":
            raise TimeoutError(f"stopped at its time limit of {task.time_limit_seconds} seconds") from error
        if guard.stopped == "memory":
            limit = words.size(task.memory_limit_bytes or 0)
            raise MemoryError(f"stopped, for it held more than its limit of memory, {limit}") from error
        raise
    finally:
        seen.cell_ends()


def _publish(run: Run, notebook: NotebookNode | None, task: Task, before: Standing) -> Run:
    """Put the pages in their places; where a report cannot be rendered or written, that is the failure."""
    if notebook is not None and "papermill" in notebook.metadata:
        notebook.metadata.papermill.input_path = task.notebook.name
    try:
        if notebook is not None:
            run = _searched(run, notebook, task, before)
        if run.outcome == "succeeded" and notebook is not None:
            return publish.succeeded(run, notebook, reports=task.reports, before=before)
    except Exception as error:
        failure = Failure(message=f"the report could not be written: {_in_words(type(error).__name__, str(error))}")
        run = replace(run, outcome="failed", failure=failure)
    try:
        return publish.failed(run, notebook, reports=task.reports, before=before)
    except OSError:
        return run


def _searched(run: Run, notebook: NotebookNode, task: Task, before: Standing) -> Run:
    """Search what the run is about to publish; where it would show personal data, or cannot be searched, keep none."""
    said, left = task.parameters, publish.left_by(run, reports=task.reports, before=before)
    countries = said.get("countries") or ()
    try:
        found = outgoing.unmasked(notebook, left, data=said.get("data"), countries=countries, said=said)
    except Exception as error:
        found = [f"it could not be searched: {type(error).__name__}"]
    if found:
        outgoing.withhold(notebook)
        publish.discard(run, reports=task.reports, before=before)
        run = replace(run, outcome="failed", failure=run.failure or Failure(message=_PERSONAL + "; ".join(found)))
    if run.failure and not outgoing.is_masked(run.failure.message, countries=countries, said=said):
        run = replace(run, failure=replace(run.failure, message="its message is withheld: it would show personal data"))
    return run


def _most_held_bytes() -> int:
    """Return the most that the kernel held, or one of the processes that it waited for; Linux counts in KiB."""
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return held if sys.platform == "darwin" else 1024 * held


def _about_data(task: Task, notebook: NotebookNode | None) -> dict[str, Any]:
    cells = notebook.cells if notebook else []
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    data: dict[str, Any] = next((bundle[outputs.DATA_TYPE] for bundle in shown if outputs.DATA_TYPE in bundle), {})
    period = f"{data['first']} to {data['last']}" if {"first", "last"} <= set(data) else None
    return {"period": period, "synthetic": task.run.synthetic or bool(data.get("synthetic"))}


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError | MemoryError) and str(error):
        return str(error)
    if isinstance(error, PapermillExecutionError):
        return _in_words(error.ename, error.evalue)
    if isinstance(error, DeadKernelError):
        return "the kernel died in the middle of the cell, as it does when memory runs out"
    return f"the notebook could not be run: {_in_words(type(error).__name__, str(error))}"


def _in_words(kind: str, text: str) -> str:
    """Say an error in words that may stand in a report, where what an error quotes may be a customer's.

    Plain names, such as those of columns, are shown; an InputError is meant for people and masks its own examples.

    >>> _in_words("ValueError", "could not convert string to float: 'jane@example.org' at 20571234")
    "ValueError: could not convert string to float: '…' at …"
    >>> _in_words("KeyError", "'ordered_at'")
    "KeyError: 'ordered_at'"
    """
    text = without_password(text)[:_LONGEST_MESSAGE]
    if kind == "InputError":
        return text
    masked = re.sub(r"(['\"])(?![A-Za-z_.]*\1).*?\1", r"\1…\1", text)
    masked = re.sub(r"\S+@\S+|\d{4,}", "…", masked)
    return f"{kind}: {masked}" if masked.strip() else kind


def _channels() -> tuple[Say, int]:
    """Keep standard input and output for the batch alone: nothing below, the kernel included, reads or writes there."""
    lifeline, events = os.dup(0), os.fdopen(os.dup(1), "w", buffering=1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)

    def say(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    return say, lifeline


def _first_line(lifeline: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        found = os.read(lifeline, 1)
        if not found:
            sys.exit(1)
        line += found
    return line


if __name__ == "__main__":
    main(sys.argv[1])
