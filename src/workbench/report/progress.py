"""How far the batch is: a live table in a terminal, plain lines elsewhere; never a word from the data.

In: what happens to each run.   Out: what a person sees.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workbench.report import words
from workbench.report.record import Run

_STYLES = {"succeeded": "green", "failed": "red", "timed out": "red", "interrupted": "yellow"}


@dataclass
class _Row:
    state: str = "waiting"
    style: str = "dim"
    began: float | None = None
    seconds: float | None = None


class Progress:
    """A row for each run; use it as a context."""

    def __init__(self, console: Console, runs: Sequence[Run]) -> None:
        self._console = console
        self._rows = {(run.market, run.notebook): _Row() for run in runs}
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal and runs else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for row in self._rows.values():
            if row.seconds is None and row.state != "waiting":
                row.state, row.style = "interrupted", "yellow"
        self.tick()
        if self._live:
            self._live.stop()

    def starts(self, run: Run) -> None:
        """Say that a run has started."""
        row = self._row(run)
        row.state, row.style, row.began = "starting", "cyan", time.monotonic()
        self._line(run, "started")

    def reaches(self, run: Run, *, cell: int, cells: int, heading: str) -> None:
        """Say which cell a run has reached."""
        self._row(run).state = f"cell {cell} of {cells}" + (f": {heading}" if heading else "")

    def ends(self, run: Run) -> None:
        """Say how a run has ended."""
        row = self._row(run)
        row.state, row.style, row.seconds = outcome(run), _STYLES[run.outcome], run.seconds
        self._line(run, f"{row.state} ({words.duration(run.seconds)})", style=row.style)

    def tick(self) -> None:
        """Draw the table again."""
        if self._live:
            self._live.update(self._table(), refresh=True)

    def _row(self, run: Run) -> _Row:
        return self._rows[run.market, run.notebook]

    def _line(self, run: Run, what: str, *, style: str = "") -> None:
        if not self._live:
            line = f"{run.market} {run.notebook}: {what}"
            self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table("market", "notebook", "state", "time", box=None)
        for (market, notebook), row in self._rows.items():
            seconds = row.seconds
            if seconds is None and row.began is not None:
                seconds = time.monotonic() - row.began
            elapsed = "" if seconds is None else words.duration(seconds)
            table.add_row(market, notebook, Text(row.state, style=row.style), elapsed)
        return table


def outcome(run: Run) -> str:
    """Say how a run ended, and where and why where it failed.

    >>> from datetime import datetime
    >>> from workbench.report.record import Failure
    >>> outcome(Run(market="france", market_title="France", notebook="churn", title="Churn", outcome="failed",
    ...             started_at=datetime(2026, 3, 1), failure=Failure(message="no orders", cell=3, heading="Data")))
    'failed in cell 3 (Data): no orders'
    """
    if run.failure is None:
        return run.outcome
    cell = f" in cell {run.failure.cell}" if run.failure.cell else ""
    heading = f" ({run.failure.heading})" if run.failure.heading else ""
    return f"{run.outcome}{cell}{heading}: {run.failure.message}"
