"""Reading what lies at a location: a folder of Parquet and CSV files, a DuckDB file, or a database behind a URL.

In: a folder, a file or a URL.   Out: `Found`: the tables of the contract that are there, as `Raw`, and what else is.
"""

import os
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import duckdb
import ibis
import pandas as pd
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import IbisError
from python_calamine import CalamineError

from workbench.crm import csvfiles
from workbench.crm.conform import Raw, settle
from workbench.crm.contract import TABLES
from workbench.crm.sample.files import manifest
from workbench.errors import InputError

# What installs the driver of a URL, by its scheme; for others Ibis knows the name.
_EXTRAS = {
    "postgres": "crm-workbench[postgres]",
    "postgresql": "crm-workbench[postgres]",
    "pyspark": "crm-workbench[spark]",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """The tables at a location; `unreadable` says why for those that could not be read, `others` names the rest."""

    place: str
    tables: dict[str, Raw]
    unreadable: dict[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    synthetic: bool = False


def read_folder(folder: Path, *, only: Collection[str] = ()) -> Found:
    """Read the files named after tables of the contract; `only` these, where some are named."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in {".parquet", ".csv"}]
    con = connect()
    tables: dict[str, Raw] = {}
    unreadable: dict[str, str] = {}
    for path in paths:
        if path.stem not in (only or TABLES):
            continue
        if path.stem in tables or path.stem in unreadable:
            unreadable[path.stem] = f"is there as {path.name} and in another format; keep one"
            continue
        try:
            tables[path.stem] = settle(read_file(con, path), TABLES[path.stem])
        except (duckdb.Error, OSError, InputError) as error:
            unreadable[path.stem] = f"{path.name} cannot be read: {first_line(error)}"
    others = tuple(path.stem for path in paths if path.stem not in TABLES)
    return Found(
        place=str(folder), tables=tables, unreadable=unreadable, others=others, synthetic=manifest(folder) is not None
    )


def read_duckdb(path: Path, *, only: Collection[str] = ()) -> Found:
    """Read the tables of a DuckDB file, which is opened for reading only."""
    try:
        con = connect(path, read_only=True)
    except duckdb.Error as error:
        raise InputError(f"{path}: cannot be opened as a DuckDB file: {first_line(error)}") from error
    return _read_database(con, place=str(path), only=only)


def read_url(url: str, *, place: str, only: Collection[str] = ()) -> Found:
    """Read the tables of any database that Ibis opens; what its driver says is repeated in the error."""
    scheme = _scheme(url, place)
    try:
        return _read_database(ibis.connect(url), place=place, only=only)
    except InputError:
        raise
    except ImportError as error:
        needed = _EXTRAS.get(scheme, f"ibis-framework[{scheme}]")
        raise InputError(f"{place}: its driver is not installed: pip install '{needed}'") from error
    except Exception as error:  # each driver has errors of its own, which may repeat the URL
        raise InputError(f"{place}: cannot be opened: {first_line(error).replace(url, place)}") from None


def _scheme(url: str, place: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its own words would repeat what it takes for a port, as a part of a password
        form = "scheme://user:password@host:5432/database/schema"
        raise InputError(f"{place}: must be as {form}, with %2F for / and %40 for @ in a password") from None
    return parts.scheme


def read_file(con: Backend, path: Path) -> Raw:
    """Read one Parquet or CSV file; a folder named like a Parquet file holds its parts, as Spark writes it."""
    if path.suffix == ".csv":
        return csvfiles.read(con, path)
    return Raw(table=con.read_parquet(path / "**" / "*.parquet" if path.is_dir() else path))


def read_files(con: Backend, paths: Sequence[Path]) -> dict[str, Raw]:
    """Read the files of a source, by file name; a workbook with several sheets as 'name.xlsx#sheet' each."""
    tables: dict[str, Raw] = {}
    for path in paths:
        if path.suffix not in {".csv", ".parquet", ".xlsx"}:
            raise InputError(f"{path}: cannot be read; a source's files are .csv, .parquet or .xlsx")
        try:
            tables |= _sheets(con, path) if path.suffix == ".xlsx" else {path.name: read_file(con, path)}
        except InputError:
            raise
        except (duckdb.Error, OSError, ValueError, CalamineError) as error:
            raise InputError(f"{path}: cannot be read: {first_line(error)}") from error
    return tables


def _sheets(con: Backend, path: Path) -> dict[str, Raw]:
    sheets = pd.read_excel(path, sheet_name=None, dtype=str, engine="calamine")  # six times as fast as openpyxl
    names = [path.name] if len(sheets) == 1 else [f"{path.name}#{sheet}" for sheet in sheets]
    frames = zip(names, sheets.values(), strict=True)
    return {name: csvfiles.from_text(con.create_table(name, frame)) for name, frame in frames}


def connect(path: Path | None = None, **settings: Any) -> Backend:
    """Open DuckDB, in memory or on a file: no network, times in UTC, cores as the runner shares them out."""
    if cores := os.environ.get("WORKBENCH_THREADS"):
        settings["threads"] = int(cores)
    return ibis.duckdb.connect(
        path or ":memory:",
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
        temp_directory=str(Path(tempfile.gettempdir()) / f"workbench-duckdb-{uuid4().hex}"),  # never shared
        **settings,
    )


def engine_errors() -> tuple[type[Exception], ...]:
    """Return what the engines raise that are in use, for where a table may be at fault."""
    own = {"psycopg": "Error", "pyspark.errors": "PySparkException"}
    return (duckdb.Error, IbisError, *(getattr(sys.modules[name], own[name]) for name in own if name in sys.modules))


def first_line(error: Exception) -> str:
    """Return what an error of a library says first."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _read_database(con: Any, *, place: str, only: Collection[str]) -> Found:
    if getattr(con, "current_database", "") is None:
        there = ", ".join(name for name in con.list_databases() if not name.startswith(("pg_", "information_schema")))
        raise InputError(f"{place}: its schema is not there, or is not for this user to read; there is: {there}")
    names = con.list_tables()
    asked = [name for name in TABLES if name in names and name in (only or TABLES)]
    tables = {name: settle(Raw(table=con.table(name)), TABLES[name]) for name in asked}
    return Found(place=place, tables=tables, others=tuple(name for name in names if name not in TABLES))
