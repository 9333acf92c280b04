"""Where the results of a market go, and how the next notebook reads them.

In: key figures and tables of one notebook.   Out: files below `reports/<market>/`, whole or not at all.
Below: what writes a file or a folder so, for everybody.
"""

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import InputError

# How a cell says what its data is: an output of this type, {"first": "2025-01-01", "last": …, "synthetic": true}.
DATA_TYPE = "application/vnd.workbench.data+json"

Verdict = Literal["met", "missed", "not measured", "no target"]
Value = float | int | str | None


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One named figure of a report, with its interval and, where there is one, its target and verdict."""

    name: str
    value: Value
    low: float | None
    high: float | None
    unit: str
    target: str | None
    verdict: Verdict
    note: str


def key_figure(
    name: str,
    value: Value,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    at_least: float | None = None,
    at_most: float | None = None,
    note: str = "",
) -> KeyFigure:
    """Judge a figure against its target; a value that is missing or not finite is 'not measured', never dropped.

    >>> key_figure("auc", 0.81, low=0.79, high=0.83, at_least=0.80).verdict
    'met'
    >>> key_figure("auc", None, at_least=0.80, note="12 customers").verdict
    'not measured'
    >>> key_figure("calibration_error", 0.05, at_most=0.03).target
    '<= 0.03'
    """
    found = _as_json(value)
    bounds = [f"{sign} {bound:g}" for sign, bound in ((">=", at_least), ("<=", at_most)) if bound is not None]
    verdict: Verdict = "not measured" if found is None else "no target"
    if bounds and isinstance(found, int | float):
        meets = (at_least is None or found >= at_least) and (at_most is None or found <= at_most)
        verdict = "met" if meets else "missed"
    return KeyFigure(
        name=name,
        value=found,
        low=_as_json(low),
        high=_as_json(high),
        unit=unit,
        target=" and ".join(bounds) or None,
        verdict=verdict,
        note=note,
    )


def _as_json(value: Any) -> Any:
    """Return a value as JSON can hold it: numpy's numbers as Python's, None for what is missing or not finite."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if pd.isna(plain) or plain in (math.inf, -math.inf) else plain


@dataclass(frozen=True)
class MarketOutputs:
    """The output folder of one market: `results/`, `tables/`, `documents/`, `models/` and the ledger of energy."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """The ledger of energy that `emissions.track` appends to."""
        return self.folder / "footprint.csv"

    def save_results(self, notebook: str, figures: Iterable[KeyFigure]) -> Path:
        """Write the key figures of a notebook as JSON."""
        text = json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False)
        return write_whole(self.folder / "results" / f"{notebook}.json", text + "\n")

    def results(self, notebook: str) -> list[KeyFigure]:
        """Read the key figures of a notebook; an empty list where it has left none."""
        path = self.folder / "results" / f"{notebook}.json"
        try:
            return [KeyFigure(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: holds no key figures; run the notebook '{notebook}' again") from error

    def save_table(self, notebook: str, name: str, frame: pd.DataFrame) -> Path:
        """Write a table that later notebooks may read as `tables/<notebook>.<name>.parquet`."""
        return write_whole(self._table(notebook, name), frame.to_parquet())

    def save_list(self, notebook: str, name: str, csv: str) -> Path:
        """Write a list for another system to import as `tables/<notebook>.<name>.csv`."""
        return write_whole(self.folder / "tables" / f"{notebook}.{name}.csv", csv)

    def save_document(self, notebook: str, name: str, markdown: str) -> Path:
        """Write a document for people as `documents/<notebook>.<name>.md`; its first line is its title.

        The runner makes a page of it, and an index of all of them.
        """
        return write_whole(self.folder / "documents" / f"{notebook}.{name}.md", markdown)

    def table(self, notebook: str, name: str) -> pd.DataFrame:
        """Read a table that an earlier notebook left; an InputError says which notebook to run, first or again."""
        path = self._table(notebook, name)
        if not path.exists():
            raise InputError(f"{path}: not there; run the notebook '{notebook}' of this market first")
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:  # ValueError: pyarrow's, of a file that is torn or no table
            raise InputError(f"{path}: cannot be read as a table; delete it, or run '{notebook}' again") from error

    def holds(self, notebook: str, name: str) -> bool:
        """Say whether a table is there to be read."""
        return self._table(notebook, name).exists()

    def save_model(self, notebook: str, name: str, data: bytes) -> Path:
        """Write a model that later runs may use again as `models/<notebook>.<name>.npz`; it outlives the run."""
        return write_whole(self._model(notebook, name), data)

    def model(self, notebook: str, name: str) -> bytes | None:
        """Read a model that an earlier run of a notebook left; None where it has left none.

        >>> open("germany", reports="/tmp/no/reports").model("sentiment", "linear") is None
        True
        """
        path = self._model(notebook, name)
        return path.read_bytes() if path.exists() else None

    def _table(self, notebook: str, name: str) -> Path:
        return self.folder / "tables" / f"{notebook}.{name}.parquet"

    def _model(self, notebook: str, name: str) -> Path:
        return self.folder / "models" / f"{notebook}.{name}.npz"


def open(market: str, *, reports: str | Path = "reports") -> MarketOutputs:
    """Return the output folder of a market; a relative `reports` lies below the project's root.

    >>> open("germany", reports="/tmp/reports").ledger.as_posix()
    '/tmp/reports/germany/footprint.csv'
    >>> open("../germany")
    Traceback (most recent call last):
    workbench.errors.InputError: market '../germany': must be a plain name, such as 'germany'
    """
    if market in ("", ".", "..") or Path(market).name != market:
        raise InputError(f"market '{market}': must be a plain name, such as 'germany'")
    return MarketOutputs(project_root() / reports / market)


def project_root() -> Path:
    """Return the nearest folder, from the working folder upwards, that holds `params/`; else the working folder.

    Notebooks run from the root by Papermill and from `notebooks/` in JupyterLab; both mean the same files.
    """
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "params").is_dir()), here)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that it appears whole or not at all: beside its place first, then renamed into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return path


@contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` that takes its place when all went well, and vanishes when not.

    An InputError says that the folder cannot be written; what was there before stays.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        (beside / "new").mkdir()
        yield beside / "new"
        _swap(folder, beside)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _swap(folder: Path, beside: Path) -> None:
    had_one = folder.exists()
    if had_one:
        folder.rename(beside / "old")
    try:
        (beside / "new").rename(folder)
    except OSError:
        if had_one:
            (beside / "old").rename(folder)
        raise
