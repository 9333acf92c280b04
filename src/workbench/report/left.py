"""What runs have left below a folder of reports: by market, notebook and run, with the moment it was made.

In: a folder of reports, with those of other params folders below it.   Out: `Left`, one for each run.

Only what the workbench writes is found: files of the names that it gives, of notebooks that it knows, in folders of
markets that it knows. A link is none of them, and nothing behind one is.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from workbench.report import history, record
from workbench.report.record import Run

By = Literal["latest run", "earlier run", "earlier model", "not on record"]

_LEDGER, _RECORD, _MODELS = "footprint.csv", "run.json", "models"
# Folders of a market, and the endings of what lies there after the notebook's name.
_ENDINGS = {
    "": (".html", ".ipynb", ".previous.html", ".log"),
    "results": (".json",),
    "tables": (".parquet", ".csv"),
    "documents": (".md", ".html"),
    _MODELS: (".npz",),
}
_WHOLE_ENDINGS = ("", "results")
# What only the runner writes; the rest is written by notebooks, by hand too.
_RUNNERS = (".html", ".ipynb", ".log")
# What may lie between a run's last file and its end, with clocks that differ.
_SLACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Left:
    """What one run has left, or several together where they cannot be told apart; its files, pages first.

    `folder` is that of the reports, the market's lies in it. `run` is the latest on record of its notebook and market,
    None without one; `ends_run` says that with these files nothing of that run is there any more. A model, which
    outlives its run, stands by itself.
    """

    folder: Path
    market: str
    notebook: str
    made_at: datetime
    by: By
    files: tuple[Path, ...]
    run: Run | None
    ends_run: bool = False


def find(reports: Path) -> list[Left]:
    """Find what was left, oldest first; in the order of folders where moments are the same.

    >>> find(Path("/no/reports"))
    []
    """
    return sorted((left for folder, market in _markets(reports) for left in _of_market(folder, market)), key=_moment)


def folders(reports: Path) -> list[Path]:
    """Return the folders of reports at and below one, each of which has a record of its own."""
    return sorted({folder for folder, _ in _markets(reports)})


def _moment(left: Left) -> datetime:
    return left.made_at


def _markets(reports: Path) -> list[tuple[Path, str]]:
    """Return the markets that are on record or have a ledger, each with its folder of reports."""
    found = set()
    for place, _, names in os.walk(reports):
        here = Path(place)
        if _RECORD in names:
            found |= {(here, run.market) for run in record.read(here)}
        if _LEDGER in names and here != reports:
            found.add((here.parent, here.name))
    return sorted((folder, market) for folder, market in found if _is_within(folder, market))


def _is_within(folder: Path, market: str) -> bool:
    plain = market not in ("", ".", "..") and Path(market).name == market
    return plain and (folder / market).is_dir() and not (folder / market).is_symlink()


def _of_market(folder: Path, market: str) -> Iterator[Left]:
    runs = {run.notebook: run for run in record.read(folder) if run.market == market}
    place = folder / market
    succeeded: dict[str, set[datetime]] = defaultdict(set)
    for past in history.read(place):
        succeeded[past.notebook].add(past.at)
    files = _files(place, {*runs, *succeeded, *_metered(place / _LEDGER)})
    for notebook in sorted({*runs, *files}):
        run = runs.get(notebook)
        of_one = partial(Left, folder=folder, market=market, notebook=notebook, run=run)
        yield from _parts(of_one, run, files.get(notebook, []), succeeded[notebook])


def _metered(ledger: Path) -> set[str]:
    """Return the notebooks that have a line in a ledger, those run by hand included."""
    with suppress(OSError, ValueError, csv.Error), ledger.open(encoding="utf-8", newline="") as lines:
        return {name for row in csv.DictReader(lines) if (name := row.get("notebook"))}
    return set()


def _files(place: Path, notebooks: Iterable[str]) -> dict[str, list[Path]]:
    """Return the files of each notebook in the folder of a market, pages first."""
    found: dict[str, list[Path]] = defaultdict(list)
    longest = sorted((name for name in notebooks if name), key=len, reverse=True)
    for kind in _ENDINGS:
        if (place / kind).is_symlink() or not (place / kind).is_dir():
            continue
        for path in sorted((place / kind).iterdir()):
            owner = next((name for name in longest if _is_of(path.name, name, kind)), None)
            if owner and path.is_file() and not path.is_symlink():
                found[owner].append(path)
    return {name: sorted(paths, key=lambda path: path.suffix != ".html") for name, paths in found.items()}


def _is_of(name: str, notebook: str, kind: str) -> bool:
    """Say whether the workbench gives this name, or gave it to what a killed run was writing: .churn.html.x1y2z3.

    >>> _is_of("churn.scores.parquet", "churn", "tables"), _is_of(".churn.html.x1y2z3", "churn", "")
    (True, True)
    >>> _is_of("churn.parquet", "churn", "tables"), _is_of("churn.notes.html", "churn", ""), _is_of("a.md", "churn", "")
    (False, False, False)
    """
    whole = name[1:].rpartition(".")[0] if name.startswith(".") else name
    rest = whole.removeprefix(notebook) if whole.startswith(f"{notebook}.") else ""
    return rest in _ENDINGS[kind] if kind in _WHOLE_ENDINGS else rest.endswith(_ENDINGS[kind]) and rest.count(".") > 1


def _parts(left: Callable[..., Left], run: Run | None, files: list[Path], succeeded: set[datetime]) -> Iterator[Left]:
    """Tell apart what the latest run left, what was left before it, each model, and what came after it, by hand.

    A file's own time may be that of a copy, or of a clock that was wrong: what the run wrote is as old as the run.
    """
    by_hand = files if run is None else _later(run, files)
    for some in filter(None, _apart(by_hand)):
        yield left(made_at=max(map(_written, some)), by="not on record", files=tuple(some))
    if run is None:
        return
    rest, *models = _apart([path for path in files if path not in by_hand])
    own = _own(run, rest)
    own += [path for [path] in models if own and _written(path) >= run.started_at]
    yield left(made_at=run.started_at, by="latest run", files=tuple(own), ends_run=True)
    if earlier := [path for path in rest if path not in own]:
        written = max(map(_written, [path for path in earlier if path.suffix != ".html"] or earlier))
        made_at = min(run.started_at, max((at for at in succeeded if at <= written), default=written))
        yield left(made_at=made_at, by="earlier run", files=tuple(earlier), ends_run=not own)
    for model in (path for [path] in models if path not in own):
        yield left(made_at=min(run.started_at, _written(model)), by="earlier model", files=(model,))


def _own(run: Run, files: list[Path]) -> list[Path]:
    """Return what the latest run left: everything; its page that says why it failed, notebook and log; or the log."""
    endings = (".log",) if run.outcome == "interrupted" else _RUNNERS
    names = {f"{run.notebook}{ending}" for ending in endings}
    return [path for path in files if run.outcome == "succeeded" or path.name in names]


def _later(run: Run, files: list[Path]) -> list[Path]:
    """Return what notebooks wrote after the latest run had ended; in a copy the executed one tells when that was."""
    executed = (_written(path) for path in files if path.suffix == ".ipynb")
    ended = max([run.started_at + timedelta(seconds=run.seconds), *executed])
    return [path for path in files if path.suffix not in _RUNNERS and _written(path) > ended + _SLACK]


def _apart(files: list[Path]) -> list[list[Path]]:
    """Return first what is no model, then each model by itself."""
    models = [path for path in files if path.parent.name == _MODELS]
    return [[path for path in files if path not in models], *([model] for model in models)]


def _written(path: Path) -> datetime:
    # A file that a batch has just taken away is no older than now.
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC)
