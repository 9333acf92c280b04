"""How a benchmark says what it found: tables for people on stderr, one JSON object on stdout.

In: frames, figures with their targets, the results of all sections.   Out: text.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

CONSOLE = Console(stderr=True, width=140)
NOT_MEASURED = "not measured"


def target(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> dict[str, Any]:
    """Judge a figure against its target; NaN was not measured."""
    sides = [f">= {at_least:g}" if at_least is not None else "", f"<= {at_most:g}" if at_most is not None else ""]
    met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    asked = ", ".join(side for side in sides if side)
    return {
        "figure": name,
        "value": value,
        "target": asked or "none",
        "verdict": "" if not asked else NOT_MEASURED if pd.isna(value) else ("missed", "met")[bool(met)],
    }


def show(title: str, frame: pd.DataFrame) -> None:
    """Print a frame for people."""
    table = Table(title=title, title_justify="left", min_width=len(title))
    for column in frame:
        table.add_column(str(column))
    for row in frame.itertuples(index=False):
        table.add_row(*(_write(value) for value in row))
    CONSOLE.print(table)


def finish(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the targets of all sections, then what they found as one JSON object."""
    show("Targets", pd.DataFrame([one for section in found.values() for one in section["targets"]]))
    print(json.dumps(found, default=str))


def _write(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return NOT_MEASURED
    return f"{value:.4g}" if isinstance(value, float) else str(value)
