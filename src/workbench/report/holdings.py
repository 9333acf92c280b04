"""Whether a file of a market's folder holds personal data, and how many rows of it.

In: a table, page, document, log, notebook or model.   Out: a `Holding`, or None. Of Parquet only the footer is read.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat.v4
import numpy as np
from pyarrow import parquet

from workbench import personal
from workbench.report import rows

_ONE_BY_ONE = "customers, one by one"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Holding:
    """What personal data a file holds, such as the columns that name customers; `rows` is None where not known."""

    what: str
    rows: int | None


def look_into(path: Path) -> Holding | None:
    """Say what personal data a file holds; what cannot be read may hold some.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "churn.scores.csv"
    >>> _ = path.write_text("customer_id,probability\\nDE-1,0.8\\nDE-2,0.4\\n")
    >>> look_into(path)
    Holding(what='customer_id', rows=2)
    """
    try:
        return _READERS[path.suffix](path) if path.suffix in _READERS else _unknown("torn")
    except Exception:  # five libraries read files, each with errors of its own for what is torn or foreign
        return _unknown("cannot be read")


def _unknown(why: str) -> Holding:
    return Holding(f"not known: {why}", None)


def _of_parquet(path: Path | io.BytesIO) -> Holding | None:
    found = parquet.read_metadata(path)
    return _of_columns(found.schema.to_arrow_schema().names, found.num_rows)


def _of_csv(path: Path) -> Holding | None:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        return _of_columns(next(lines, []), sum(1 for _ in lines))


def _of_columns(columns: Iterable[str], count: int) -> Holding | None:
    """Judge a table by the names of its columns; one without rows holds nothing."""
    named = [name for name in columns if name in rows.naming_customers() or personal.personal_by_name(name)]
    return Holding(", ".join(named), count) if named and count else None


def _of_text(path: Path) -> Holding | None:
    text = path.read_text(encoding="utf-8")
    return _one_by_one(rows.in_html(text) if path.suffix == ".html" else rows.in_text(text))


def _of_notebook(path: Path) -> Holding | None:
    return _one_by_one(rows.in_notebook(nbformat.v4.reads(path.read_text(encoding="utf-8"))))


def _one_by_one(count: int) -> Holding | None:
    return Holding(_ONE_BY_ONE, count) if count else None


def _of_model(path: Path) -> Holding:
    """Judge a model by the tables within; weights alone may hold what they learnt from, such as words of messages."""
    with np.load(path, allow_pickle=False) as parts:
        tables = [data for name in parts if (data := parts[name].tobytes()).startswith(_PARQUET)]
    held = [one for data in tables if (one := _of_parquet(io.BytesIO(data)))]
    named = dict.fromkeys(name for one in held for name in one.what.split(", "))
    learnt = "what it learnt from customers"
    return Holding(", ".join([learnt, *named]), sum(one.rows or 0 for one in held) if held else None)


def _of_figures(_: Path) -> None:
    """Key figures are of nobody."""


_READERS: dict[str, Callable[[Path], Holding | None]] = {
    ".parquet": _of_parquet,
    ".csv": _of_csv,
    ".html": _of_text,
    ".md": _of_text,
    ".log": _of_text,
    ".ipynb": _of_notebook,
    ".npz": _of_model,
    ".json": _of_figures,
}
