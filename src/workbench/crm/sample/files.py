"""How the sample gets to disk: one Parquet file per table, market after market, whole or not at all.

In: frames by table.   Out: a folder.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import InputError

MANIFEST = "sample.json"


Append = Callable[[str, pd.DataFrame], None]


@contextmanager
def table_files(folder: Path, columns: Mapping[str, Mapping[str, pa.DataType]]) -> Iterator[Append]:
    """Open one Parquet file per table; yield `append(table, frame)`, with which each market adds its rows."""
    schemas = {name: pa.schema(list(types.items())) for name, types in columns.items()}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd"))
            for name, schema in schemas.items()
        }

        def append(name: str, frame: pd.DataFrame) -> None:
            writers[name].write_table(pa.Table.from_pandas(frame, schemas[name], preserve_index=False))

        yield append


@contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder` that takes its place when all went well, and vanishes when not."""
    _refuse_foreign(folder)
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


def manifest(folder: Path) -> dict[str, Any] | None:
    """Return what `sample.json` says, or None where the folder is not a sample."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("synthetic") is True else None


def _refuse_foreign(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: is not a folder; give a new folder, or one that holds a sample")
    if folder.exists() and any(folder.iterdir()) and manifest(folder) is None:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:3])
        raise InputError(f"{folder}: holds other files ({found}), not a sample; they are left alone")
