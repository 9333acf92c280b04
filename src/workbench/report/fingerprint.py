"""Has anything changed that a report depends on? By content, never by time.

In: files of the package, what is installed, a market's data and tables.   Out: hashes; the same hash, the same report.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import workbench
from workbench import outputs

# What is named on a page; everything that is installed goes into the hash.
_NAMED = ("crm-workbench", "pandas", "duckdb", "ibis-framework", "scikit-learn", "lightgbm", "shap")


def combine(*parts: Any) -> str:
    """Return one hash of plain values.

    >>> combine("notebook", {"seed": 0}) == combine("notebook", {"seed": 0})
    True
    >>> combine("ab", "c") == combine("a", "bc")
    False
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def code() -> str:
    """Return the hash of this package's files, of what is installed beside it, and of Python itself."""
    package = Path(workbench.__file__).parent
    files = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    contents = {path.relative_to(package).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return combine(contents, _installed(), sys.version)


def tables(market: Path, notebooks: Iterable[str]) -> dict[str, str]:
    """Return the hashes of the tables that these notebooks left in a market's folder of reports.

    >>> tables(Path("/no/reports/germany"), ["sentiment"])
    {}
    """
    paths = sorted(path for name in notebooks for path in market.glob(f"tables/{name}.*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def content(path: str) -> str | None:
    """Return the hash of a file that a market names, below the project where it is not absolute; None: not there.

    >>> content("no/such/file.csv") is None
    True
    """
    file = outputs.project_root() / path
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


@cache
def versions() -> dict[str, str]:
    """Return the versions that a page names."""
    named = {"Python": ".".join(map(str, sys.version_info[:3]))}
    for name in _NAMED:
        try:
            named[name] = version(name)
        except PackageNotFoundError:
            continue
    return named


def _installed() -> list[str]:
    # Names and versions stand in the folder names: reading the metadata of 300 packages would take half a second.
    folders = {folder.name for place in sys.path if Path(place).is_dir() for folder in Path(place).glob("*.dist-info")}
    return sorted(folders)
