"""The ledger: one line per step, appended by many processes at once, and read back.

In: a `Footprint`.   Out: a tidy frame of steps; a `Total` that counts every run once.
"""

import csv
import fcntl
import io
import math
import os
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pandas as pd

from workbench.errors import InputError


@dataclass(kw_only=True)
class Footprint:
    """What one step took, a line of the ledger; a figure of None is not measured.

    `depth` 0 is the outermost step of a run, and holds those below it. `gco2e` follows the first meter, codecarbon.
    `kwh_low` and `kwh_high` span both meters, the second by all watts that the processor may draw; `kwh_idle` is what
    the cores that waited took meanwhile. A run that was not needed, as nothing had changed, is a line of outcome
    'unchanged' without figures. `note` says what to mind.
    """

    run_id: str = field(default_factory=lambda: uuid4().hex[:12])
    depth: int = 0
    started_at: str
    notebook: str
    step: str
    outcome: str = ""
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    kwh_codecarbon: float | None = None
    kwh_codecarbon_processor: float | None = None
    kwh_codecarbon_memory: float | None = None
    kwh_cpu: float | None = None
    watts_per_core: float | None = None
    country: str
    gco2e_per_kwh: float | None = None
    gco2e: float | None = None
    gco2e_cpu: float | None = None
    intensity_source: str = ""
    method: str = ""
    codecarbon_version: str = ""
    kwh_low: float | None = None
    kwh_high: float | None = None
    kwh_idle: float | None = None
    kwh_gpu: float | None = None
    processor: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Total:
    """What several runs took together.

    `kwh` and `gco2e` follow codecarbon, and the second meter where codecarbon is missing; `low` and `high` are those of
    the lines, or the span of the two meters. None where no step was measured; `not_measured` counts the steps missing
    from the sums, which are too low by those.
    """

    kwh: float | None
    low: float | None
    high: float | None
    gco2e: float | None
    seconds: float
    steps: int
    not_measured: int


COLUMNS = [column.name for column in fields(Footprint)]
UNCHANGED = "unchanged"
# Ledgers of earlier versions have fewer columns, the first of today's: every header, and how many it names.
_FEWEST_COLUMNS = COLUMNS.index("codecarbon_version") + 1
_HEADERS = {",".join(COLUMNS[:n]).encode(): n for n in range(_FEWEST_COLUMNS, len(COLUMNS) + 1)}
# Longer than any line but one of a monstrous name; reading only the end keeps a step's cost apart from a ledger's size.
_TAIL = 8192
FIGURES = [column.name for column in fields(Footprint) if column.type == float | None]


def append(ledger: Path, footprint: Footprint) -> None:
    """Append one line, in one write, with the header before it where the last line is none of today's; OSError."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(ledger, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        _lock(handle)
        size = os.fstat(handle).st_size
        last = os.pread(handle, _TAIL, max(size - _TAIL, 0))
        torn = size > 0 and not last.endswith(b"\n")
        before = b"\n" * torn + (b"" if _is_todays(last) else _line(COLUMNS))
        os.write(handle, before + _line([_cell(value) for value in asdict(footprint).values()]))
    finally:
        os.close(handle)


def _is_todays(end: bytes) -> bool:
    """Say whether what a ledger ends with was written under today's header; where in doubt the header is repeated."""
    *_, last, after = b"", *end.split(b"\n")
    return not after and (last + b"\n" == _line(COLUMNS) or _parse(last, COLUMNS) is not None)


def read(ledger: Path) -> pd.DataFrame:
    """Read the steps of a ledger, one row each, oldest line first; an empty frame where there is no ledger.

    Columns are those of `Footprint`: `started_at` naive UTC, figures as numbers with NaN where not measured. Lines of
    an earlier version lack some. Lines that are torn or foreign are left out, and `frame.attrs["skipped"]` counts them.
    InputError where the file is unreadable.
    """
    try:
        lines = ledger.read_bytes().split(b"\n") if ledger.exists() else []
    except OSError as error:
        raise InputError(f"{ledger}: cannot be read as a ledger: {error.strerror}") from error
    columns, rows, skipped = COLUMNS, [], 0
    for line in filter(None, lines):
        if line in _HEADERS:
            columns = COLUMNS[: _HEADERS[line]]
        elif (row := _parse(line, columns)) is not None:
            rows.append(row)
        else:
            skipped += 1
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(FIGURES, "float64") | {"depth": "int64"})
    texts = [name for name in COLUMNS if name not in (*FIGURES, "depth", "started_at")]
    frame = (
        frame.astype(dict.fromkeys(texts, object)).fillna(dict.fromkeys(texts, "")).astype(dict.fromkeys(texts, "str"))
    )
    frame["started_at"] = pd.to_datetime(frame["started_at"]).astype("datetime64[ms]")
    frame.attrs["skipped"] = skipped
    return frame


def steps(ledger: Path, *, notebook: str) -> pd.DataFrame:
    """Return the steps of a notebook's latest run: step, seconds, cpu_seconds, and watt-hours by either meter.

    A step that comes several times is one row, missing what was not measured every time.
    """
    written = read(ledger)
    rows = written[(written["notebook"] == notebook) & (written["outcome"] != UNCHANGED)]
    rows = rows[rows["run_id"] == rows["run_id"].iloc[-1]] if len(rows) else rows
    watt_hours = {f"wh_{meter}": 1000 * rows[f"kwh_{meter}"] for meter in ("codecarbon", "cpu")}
    shown = rows[["step", "wall_seconds", "cpu_seconds"]].assign(**watt_hours)
    return shown.groupby("step", sort=False).sum(min_count=1, skipna=False).reset_index()


def total(ledger: Path, *, notebook: str | None = None, since: datetime | None = None) -> Total:
    """Sum a ledger, of one notebook and from a moment on where given (UTC, if it names no timezone).

    Steps lie within others: of each run only the outermost lines count. Where a run was killed before it could write
    its own line, the steps that it had finished count instead.

    >>> total(Path("none.csv")).kwh is None
    True
    """
    lines = outermost(read(ledger))
    if notebook is not None:
        lines = lines[lines["notebook"] == notebook]
    if since is not None:
        lines = lines[lines["started_at"] >= _naive_utc(since)]
    return sum_up(lines)


def outermost(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of a ledger that hold all others of their run, without those of runs that were not needed."""
    ran = lines[lines["outcome"] != UNCHANGED]
    return ran[ran["depth"] == ran.groupby(["run_id", "notebook"])["depth"].transform("min")]


def sum_up(lines: pd.DataFrame) -> Total:
    """Sum lines none of which holds another; the ends of the sum are sums of ends, as meters err alike every time."""
    meters = lines[["kwh_codecarbon", "kwh_cpu"]]
    kwh = meters["kwh_codecarbon"].fillna(meters["kwh_cpu"])
    gco2e = lines["gco2e"].fillna(lines["gco2e_cpu"])
    return Total(
        kwh=_sum(kwh),
        low=_sum(lines["kwh_low"].fillna(meters.min(axis=1))),
        high=_sum(lines["kwh_high"].fillna(meters.max(axis=1))),
        gco2e=_sum(gco2e),
        seconds=float(lines["wall_seconds"].sum()),
        steps=len(lines),
        not_measured=int((kwh.isna() | gco2e.isna()).sum()),
    )


def _sum(values: "pd.Series[float]") -> float | None:
    return float(values.sum()) if values.notna().any() else None


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _lock(handle: int) -> None:
    """Wait for the others for at most 50 ms; without the lock a line still goes out in one write."""
    for _ in range(50):
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.001)


# A line of the ledger is a line of the file, whatever a step is called, so that a torn one cannot swallow the next.
_ESCAPES: dict[str, str | int | None] = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return value.translate(str.maketrans(_ESCAPES))
    return "" if value is None else f"{value:.9g}"


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _parse(line: bytes, columns: list[str]) -> dict[str, object] | None:
    """Return the values of a line under its header, or None where it is torn or foreign."""
    try:
        cells = next(csv.reader([line.decode("utf-8", "surrogatepass")], strict=True))
        texts = {name: text for name, text in zip(columns, cells, strict=True) if name in COLUMNS}
        figures = {name: _figure(texts[name]) for name in FIGURES if name in texts}
        started_at = _naive_utc(datetime.fromisoformat(texts["started_at"]))
        depth = int(_figure(texts["depth"]))
    except (ValueError, KeyError, OverflowError, csv.Error):
        return None
    words = {name: re.sub(r"\\[\\nr]", lambda found: _UNESCAPES[found[0]], text) for name, text in texts.items()}
    return words | figures | {"started_at": started_at, "depth": depth}


def _figure(text: str) -> float:
    figure = float(text or "nan")
    if math.isinf(figure) or figure < 0:
        raise ValueError(text)
    return figure
