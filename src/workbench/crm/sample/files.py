"""How the sample gets to disk: one Parquet file per table, market after market, beside what says that it is a sample.

In: frames by table.   Out: files in a folder.
"""

import json
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


def manifest(folder: Path) -> dict[str, Any] | None:
    """Return what `sample.json` says, or None where the folder is not a sample."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("synthetic") is True else None


def refuse_foreign(folder: Path) -> None:
    """Raise an InputError where a folder holds anything but a sample."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: is not a folder; give a new folder, or one that holds a sample")
    if folder.exists() and any(folder.iterdir()) and manifest(folder) is None:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:3])
        raise InputError(f"{folder}: holds other files ({found}), not a sample; they are left alone")
