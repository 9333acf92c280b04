"""A live table in a terminal, plain lines elsewhere."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from workbench.report.progress import Progress
from workbench.report.record import Failure, Run

RUN = Run(
    market="germany",
    market_title="Germany",
    notebook="churn",
    title="Churn",
    outcome="interrupted",
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
)
FRANCE = replace(RUN, market="france")
FAILED = replace(RUN, outcome="failed", seconds=4.2, failure=Failure(message="[no orders]", cell=3, heading="Data"))


def show(*, terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    with Progress(console, [RUN, FRANCE, replace(RUN, market="spain")]) as progress:
        progress.starts(RUN)
        progress.starts(FRANCE)
        progress.reaches(RUN, cell=3, cells=9, heading="Data")
        progress.tick()
        progress.ends(FAILED)
    return console.file.getvalue()


def test_plain_lines_outside_a_terminal():
    assert show(terminal=False).splitlines() == [
        "germany churn: started",
        "france churn: started",
        "germany churn: failed in cell 3 (Data): [no orders] (4.2 s)",
    ]


def test_a_table_in_a_terminal():
    shown = show(terminal=True)
    assert "cell 3 of 9: Data" in shown
    last = shown[shown.rindex("market") :]
    assert re.search(r"germany +churn +failed in cell 3 \(Data\): \[no orders\] +4\.2 s", last)
    assert re.search(r"france +churn +interrupted", last)
    assert re.search(r"spain +churn +waiting", last)
