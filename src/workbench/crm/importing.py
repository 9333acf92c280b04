"""Bringing a known source, or anybody's own tables, into the data contract.

In: the name of a source and its files.   Out: a folder of Parquet files that keeps to the contract; what was cleaned.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from workbench import outputs
from workbench.crm import opening
from workbench.crm.conform import conform
from workbench.crm.contract import TABLES
from workbench.crm.feedback import import_feedback
from workbench.crm.reading import Found, first_line
from workbench.crm.sources import Imported, online_retail, tables, telco
from workbench.errors import InputError, did_you_mean

SOURCES: dict[str, Callable[..., Imported]] = {
    "online_retail": online_retail.read,
    "telco": telco.read,
    "tables": tables.read,
}


def import_source(source: str, files: Sequence[Path], *, folder: Path, mapping: Path | None = None) -> pd.DataFrame:
    """Write a source as a CRM folder, whole or not at all; return each cleaning rule with the rows it took.

    The result has the columns rule, rows, what. The folder must be new or empty, or hold nothing but tables of the
    contract from an earlier import, which are replaced; `feedback` joins the messages of a CRM that is there.
    InputError: an unknown source, files that cannot be read, a folder with other files, or data that does not keep to
    the contract.

    >>> import_source("telko", [], folder=Path("crm"))
    Traceback (most recent call last):
    workbench.errors.InputError: 'telko' is no source; did you mean 'telco'?; there is: online_retail, telco, tables,
    feedback
    """
    if source not in (known := (*SOURCES, "feedback")):
        raise InputError(f"'{source}' is no source{did_you_mean(source, known)}; there is: {', '.join(known)}")
    for file in files:
        if not file.is_file():
            raise InputError(f"{file}: no such file")
    if source == "feedback":
        return import_feedback(files, folder=folder, mapping=mapping)
    _refuse_foreign(folder, files)
    imported = SOURCES[source](files, mapping=mapping)
    opening.refuse_faults(Found(place=f"{source} {' '.join(file.name for file in files)}", tables=imported.tables))
    _write(imported, folder)
    return pd.DataFrame([vars(rule) for rule in imported.rules], columns=["rule", "rows", "what"])


def _refuse_foreign(folder: Path, files: Sequence[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; an import needs a folder")
    own = {f"{name}.parquet" for name in TABLES} - {f.name for f in files if f.resolve().parent == folder.resolve()}
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in own) if folder.exists() else []
    if foreign:
        raise InputError(f"{folder}: holds other files ({', '.join(foreign[:3])}); choose a new or empty folder")


def _write(imported: Imported, folder: Path) -> None:
    try:
        with outputs.replaced_whole(folder) as new:
            for name, raw in imported.tables.items():
                conform(raw, TABLES[name]).to_parquet(new / f"{name}.parquet")
    except duckdb.Error as error:
        raise InputError(f"{folder}: cannot be written: {first_line(error)}") from error
