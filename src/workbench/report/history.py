"""What the key figures of a market were after each run that succeeded.

In: a run and its figures.   Out: `reports/<market>/history.jsonl`, one line a figure and run, whole at any moment.
"""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from workbench import outputs
from workbench.outputs import KeyFigure
from workbench.report import record
from workbench.report.record import Run

# Of each figure: enough to see where it goes, few enough to be read with every index.
_MOST = 50


@dataclass(frozen=True, kw_only=True)
class Past:
    """What one key figure, a number, was after a run of its notebook that began `at` this moment."""

    notebook: str
    name: str
    at: datetime
    value: float
    low: float | None
    high: float | None


def read(folder: Path) -> list[Past]:
    """Read what the figures of a market were, of each as its runs came; torn and foreign lines count for nothing.

    >>> read(Path("/no/reports/germany"))
    []
    """
    try:
        lines = (folder / "history.jsonl").read_bytes().splitlines()
    except OSError:
        return []
    return [past for line in lines if (past := _parse(line)) is not None]


def remember(reports: Path, run: Run, figures: Sequence[KeyFigure]) -> None:
    """Add the numbers among a run's figures, and forget all but the latest of each; raises OSError."""
    at = run.started_at.replace(microsecond=0)
    new = [
        Past(notebook=run.notebook, name=one.name, at=at, value=float(one.value), low=one.low, high=one.high)
        for one in figures
        if isinstance(one.value, int | float)
    ]
    folder = reports / run.market
    with record.alone(reports):
        known = sorted([*read(folder), *new], key=_figure)
        kept = [past for _, of_one in groupby(known, key=_figure) for past in list(of_one)[-_MOST:]]
        lines = [json.dumps(asdict(past) | {"at": past.at.isoformat()}, ensure_ascii=False) for past in kept]
        outputs.write_whole(folder / "history.jsonl", "".join(line + "\n" for line in lines))


def _figure(past: Past) -> tuple[str, str]:
    return past.notebook, past.name


def _parse(line: bytes) -> Past | None:
    with suppress(ValueError, TypeError, KeyError):
        found = json.loads(line)
        ends = {end: None if found[end] is None else _number(found[end]) for end in ("low", "high")}
        at = datetime.fromisoformat(found["at"])
        if at.tzinfo and isinstance(found["notebook"], str) and isinstance(found["name"], str):
            return Past(**found | ends | {"at": at, "value": _number(found["value"])})
    return None


def _number(found: Any) -> float:
    number = float(found)
    if not math.isfinite(number):
        raise ValueError(found)
    return number
