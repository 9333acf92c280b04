"""CSV files as they come: comma, semicolon or tab, UTF-8 or latin-1, decimal point or comma, found out per file.

In: a DuckDB connection and a path.   Out: a `Raw` table, all columns text, and what its numbers look like.
"""

import codecs
import csv
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend

from workbench.crm.conform import Raw
from workbench.crm.contract import Kind
from workbench.errors import InputError

_SAMPLE_ROWS = 100_000
# '1,234' and '1.234' say nothing: thousands in one country, decimals in the next. '01067' is a postcode, not a number.
_PATTERNS = {
    "comma": r"^\s*[-+]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})\s*$",
    "point": r"^\s*[-+]?\d+\.(\d{1,2}|\d{4,})\s*$",
    "comma_number": r"^\s*[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?\s*$",
    "point_number": r"^\s*[-+]?(0|[1-9]\d*)(\.\d+)?\s*$",
    "whole": r"^\s*[-+]?(0|[1-9]\d{0,17})\s*$",
}


def read(con: Backend, path: Path) -> Raw:
    """Read a CSV file as text and find out what its separators mean."""
    encoding = "utf-8" if is_utf8(path) else "latin-1"
    header = _header(path, encoding)
    separator = max(",;\t|", key=header.count)
    names = next(csv.reader([header], delimiter=separator))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path}: column '{twice[0]}' is there twice")
    # DuckDB would guess, and take a broken file for one with another header.
    table = con.read_csv(
        path,
        columns=dict.fromkeys(names, "VARCHAR"),
        auto_detect=False,
        header=True,
        delim=separator,
        quote='"',
        escape='"',
        encoding=encoding,
    )
    return from_text(table)


def from_text(table: ibis.Table) -> Raw:
    """Look at the first rows: which columns hold numbers only, and in which is the decimal sign a comma?

    A column that does not say itself follows the others of its file.
    """
    counts = _matches(table)
    comma = {name for name, count in counts.items() if count["comma"] and not count["point"]}
    if not any(count["point"] for count in counts.values()):
        comma |= {name for name in counts if comma}
    kind = {name: "comma_number" if name in comma else "point_number" for name in counts}
    numeric: dict[str, Kind] = {
        name: "integer" if count["whole"] == count["filled"] else "number"
        for name, count in counts.items()
        if count["filled"] and count[kind[name]] == count["filled"]
    }
    return Raw(table=table, from_text=True, decimal_comma=frozenset(comma), numeric=numeric)


def _matches(table: ibis.Table) -> dict[str, dict[str, int]]:
    head = table.limit(_SAMPLE_ROWS)
    names = enumerate(table.columns)
    asked = {
        f"{place}.{key}": head.count(where=head[name].re_search(pattern))
        for place, name in names
        for key, pattern in _PATTERNS.items()
    }
    asked |= {f"{place}.filled": head.count(where=head[name].strip() != "") for place, name in enumerate(table.columns)}
    row = head.aggregate(**asked).to_pyarrow().to_pylist()[0]
    keys = (*_PATTERNS, "filled")
    return {name: {key: row[f"{place}.{key}"] for key in keys} for place, name in enumerate(table.columns)}


def _header(path: Path, encoding: str) -> str:
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as file:
        header = file.readline().rstrip("\n")
    if not header.strip():
        raise InputError(f"{path}: is empty; the first line must name the columns")
    return header


def is_utf8(path: Path) -> bool:
    """Say whether a file is UTF-8 throughout."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
