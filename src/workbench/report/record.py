"""What is remembered of every run, and what its page shows.

In: a finished run.   Out: `reports/run.json`, one entry for each notebook x market, whole at any moment.
"""

import fcntl
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from workbench import outputs
from workbench.outputs import KeyFigure

Outcome = Literal["succeeded", "failed", "timed out", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why there is no report, in words; `cell` counts code cells as Jupyter does, `heading` is the one above it."""

    message: str
    cell: int | None = None
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One notebook run for one market, as it stands in `run.json`; a figure of None is not measured or not known.

    `fingerprint` covers all that the report depends on, `data_fingerprint` the data alone. `files` are those that the
    run left, relative to the folder of reports. `energy_method` is 'measured' or 'estimated'. `cells_seconds` is what
    the notebook's own cells took of `seconds`, `memory_bytes` the most that its kernel held; what was expected of both
    comes from earlier runs. `loads` are the packages that this and earlier kernels of the same `source`, a hash of
    notebook and code, had to load by themselves; `kernel` is 'warm', forked, or 'stock'.
    """

    market: str
    market_title: str
    notebook: str
    title: str
    outcome: Outcome
    started_at: datetime
    seconds: float = 0.0
    cells_seconds: float | None = None
    memory_bytes: int | None = None
    expected_seconds: float | None = None
    expected_bytes: int | None = None
    cpu_seconds: float | None = None
    energy_wh: float | None = None
    energy_low_wh: float | None = None
    energy_high_wh: float | None = None
    energy_method: str = ""
    gco2e: float | None = None
    period: str | None = None
    synthetic: bool = False
    failure: Failure | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    data_fingerprint: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    source: str = ""
    loads: tuple[str, ...] = ()
    kernel: str = ""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What the latest batch took as a whole, of its own and of its kernels; a figure of None is not measured.

    `overhead_seconds` is what its runs took beyond their notebooks' own work, `outcomes` counts them, `kernels` is
    'warm', 'stock' or 'stock and warm', `jobs` how many ran side by side at most.
    """

    started_at: datetime
    seconds: float
    cpu_seconds: float | None = None
    energy_wh: float | None = None
    energy_low_wh: float | None = None
    energy_high_wh: float | None = None
    energy_method: str = ""
    gco2e: float | None = None
    overhead_seconds: float | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    kernels: str = ""
    jobs: int = 1


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document by its title, what it is for in a sentence, and where its page lies from the market's folder."""

    title: str
    summary: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the page of a run shows around the notebook; `previous` is the file name of an older report beside it."""

    run: Run
    figures: Sequence[KeyFigure] = ()
    previous: str | None = None
    documents: Sequence[Document] = ()


def read(reports: Path) -> list[Run]:
    """Read what is remembered, by notebook and market.

    An entry that cannot be read counts as not run, and so does one of a market whose folder was deleted.
    """
    runs = [run for entry in _entries(reports).get("runs", []) if (run := from_json(entry)) is not None]
    runs = [run for run in runs if (reports / run.market).is_dir()]
    return sorted(runs, key=lambda run: (run.notebook, run.market))


def latest(reports: Path) -> Batch | None:
    """Read what is remembered of the latest batch, if anything."""
    try:
        entry = _entries(reports)["batch"]
        return Batch(**entry | {"started_at": datetime.fromisoformat(entry["started_at"])})
    except (KeyError, TypeError, ValueError):
        return None


def remember(reports: Path, run: Run) -> None:
    """Put a run in the place of the earlier one of its notebook and market."""
    with alone(reports):
        others = [one for one in read(reports) if (one.notebook, one.market) != (run.notebook, run.market)]
        runs = sorted([*others, run], key=lambda one: (one.notebook, one.market))
        _write(reports, _entries(reports) | {"runs": [to_json(one) for one in runs]})


def forget(reports: Path, runs: Collection[tuple[str, str]]) -> None:
    """Take runs, each by its market and notebook, out of what is remembered, and leave the rest as it is."""
    if not runs:
        return
    with alone(reports):
        entries = _entries(reports)
        kept = [one for one in entries.get("runs", []) if not (isinstance(one, dict) and _key(one) in runs)]
        _write(reports, entries | {"runs": kept})


def _key(entry: dict[str, Any]) -> tuple[Any, Any]:
    return entry.get("market"), entry.get("notebook")


def remember_batch(reports: Path, batch: Batch) -> None:
    """Put a batch in the place of the earlier one."""
    with alone(reports):
        entry = asdict(batch) | {"started_at": batch.started_at.isoformat(timespec="seconds")}
        _write(reports, _entries(reports) | {"batch": entry})


def _entries(reports: Path) -> dict[str, Any]:
    try:
        entries = json.loads((reports / "run.json").read_text(encoding="utf-8"))
        return entries if isinstance(entries, dict) and isinstance(entries.get("runs", []), list) else {}
    except (OSError, ValueError):
        return {}


def _write(reports: Path, entries: dict[str, Any]) -> None:
    outputs.write_whole(reports / "run.json", json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


def to_json(run: Run) -> dict[str, Any]:
    """Return a run as plain values."""
    return asdict(run) | {"started_at": run.started_at.isoformat(timespec="seconds")}


def from_json(entry: dict[str, Any]) -> Run | None:
    """Return the run that an entry holds, or None where it holds none.

    >>> run = Run(market="france", market_title="France", notebook="churn", title="Churn", outcome="succeeded",
    ...           started_at=datetime.fromisoformat("2026-03-01T14:02:00+00:00"), failure=Failure(message="late"))
    >>> from_json(to_json(run)) == run
    True
    >>> from_json({"market": "france"}) is None
    True
    """
    try:
        changed: dict[str, Any] = {
            "started_at": datetime.fromisoformat(entry["started_at"]),
            "failure": Failure(**entry["failure"]) if entry["failure"] else None,
            "files": tuple(entry["files"]),
            "loads": tuple(entry.get("loads", ())),
        }
        return Run(**entry | changed)
    except (KeyError, TypeError, ValueError):
        return None


@contextmanager
def alone(reports: Path) -> Iterator[None]:
    """Keep other processes out for as long as it takes to read and write a small file."""
    with (reports / ".run.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
