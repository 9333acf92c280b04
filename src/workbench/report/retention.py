"""How long reports are kept: which files hold personal data and how old they are; what is older than so many days goes.

In: a folder of reports, a moment.   Out: `Held`, one for each file; `Removed`, one for each run; lines to print.

What goes, goes by run: page, notebook, log, figures, tables and documents together: no page is left whose tables are
gone. The ledger, and what key figures were, hold figures only and stay as evidence. A run stands in `run.json` as
interrupted before its first file goes: what is stopped half-way is made up for by the next run, or ended by the next
cleaning.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import nbformat

from workbench.errors import InputError, did_you_mean
from workbench.market import Market, read_folder
from workbench.report import lock, notebooks, record, words
from workbench.report.holdings import Holding, look_into
from workbench.report.left import By, Left, find, folders
from workbench.report.record import Failure, Run
from workbench.words import counted

_AGE = re.compile(r"([1-9][0-9]{0,4})([dw])")
_DAYS = {"d": 1, "w": 7}
_GOES = Failure(message="the report is older than reports are kept and is being removed; the next run makes it again")


@dataclass(frozen=True, kw_only=True)
class Held:
    """A file that holds personal data, or may: what, in how many rows (None: not known), how old, left by which run.

    `path` counts from the folder of reports, `market` has its params folder before it. An age below nought is that of a
    file from the future.
    """

    path: str
    market: str
    notebook: str
    what: str
    rows: int | None
    size_bytes: int
    made_at: datetime
    age_days: int
    by: By


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What went of one run: so many files and bytes, and rows of personal data in them, as far as these are known."""

    market: str
    notebook: str
    by: By
    made_at: datetime
    age_days: int
    files: int
    rows: int
    size_bytes: int


def held(reports: Path, *, now: datetime) -> list[Held]:
    """List every file at and below a folder of reports that holds personal data or may, oldest first.

    An InputError says that there is no such folder.
    """
    _refuse_what_is_no_folder(reports)
    return [one for left in find(reports) for one in _held(left, reports, now)]


def clean(
    reports: Path,
    *,
    older_than_days: int,
    now: datetime,
    project: Path,
    params: Path | None = None,
    dry_run: bool = False,
) -> Iterator[Removed]:
    """Remove what runs have left that is older, and tell each as it goes; with `dry_run` nothing changes.

    `params`, by default those of the project that belong to the reports, and the project's notebooks say what the index
    shows as not run yet. An InputError says that there is no such folder, that a batch is at work there, or what cannot
    be removed.
    """
    _refuse_what_is_no_folder(reports)
    before = now - timedelta(days=older_than_days)
    with ExitStack() as alone:
        try:
            for folder in [] if dry_run else folders(reports):
                alone.enter_context(lock.hold(folder))
            gone = [one for one in find(reports) if one.made_at < before and (one.files or one.ends_run)]
            if dry_run:
                yield from (_removed(one, reports, now) for one in gone)
                return
            for folder in sorted({one.folder for one in gone}):
                yield from _remove(folder, [one for one in gone if one.folder == folder], reports, now)
                _remake_index(folder, _markets_of(folder, folder.relative_to(reports), project, params), project)
        except OSError as error:
            raise InputError(f"{error.filename or reports}: cannot be cleaned: {error.strerror or error}") from error


def days(text: str) -> int:
    """Read an age such as 90d or 12w, in days.

    >>> days("90d"), days("12w")
    (90, 84)
    >>> days("3 months")
    Traceback (most recent call last):
    workbench.errors.InputError: --older-than 3 months: must be a number of days or weeks, such as 90d or 12w
    """
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise InputError(f"--older-than {text}: must be a number of days or weeks, such as 90d or 12w")
    return int(found[1]) * _DAYS[found[2]]


def listed(found: Sequence[Held]) -> Iterator[str]:
    """Write what is held, one line a file, and the sum."""
    if not found:
        yield "no file that the workbench has made here holds personal data"
        return
    head = ["age", "rows", "size", "left by", "personal data", "file"]
    yield from _aligned([head, *map(_cells, found)])
    known = sum(one.rows or 0 for one in found)
    of = f"{counted(len(found), 'file')} with personal data, {counted(known, 'row')}"
    yield f"{of}, {words.size(sum(one.size_bytes for one in found))}; the oldest is {_age(found[0].age_days)} old"


def _cells(one: Held) -> list[str]:
    return [_age(one.age_days), _rows(one.rows), words.size(one.size_bytes), one.by, one.what, one.path]


def told(gone: Iterable[Removed], *, older_than_days: int, dry_run: bool = False) -> Iterator[str]:
    """Write what goes, one line a run as it goes, and the sum."""
    verb = "would be removed" if dry_run else "removed"
    seen: list[Removed] = []
    for one in gone:
        seen.append(one)
        made = f"{one.market} {one.notebook}, {one.by}, {words.moment(one.made_at)}, {_age(one.age_days)} old"
        yield _plain(f"{verb}: {made}: {_sums([one])}")
    if seen:
        yield f"{verb}, all together: {_sums(seen)}; kept: footprint.csv and history.jsonl, which hold figures only"
    else:
        yield f"nothing is older than {counted(older_than_days, 'day')}"


def _refuse_what_is_no_folder(reports: Path) -> None:
    if not reports.is_dir():
        near = [path.name for path in reports.parent.glob("*/")] if reports.parent.is_dir() else []
        raise InputError(f"--reports {reports}: no such folder{did_you_mean(reports.name, near)}")


def _held(left: Left, reports: Path, now: datetime) -> Iterator[Held]:
    for path, holding in _holdings(left):
        with suppress(FileNotFoundError):  # a batch has just taken it away
            yield Held(
                path=path.relative_to(reports).as_posix(),
                market=_market(left, reports),
                notebook=left.notebook,
                what=holding.what,
                rows=holding.rows,
                size_bytes=path.stat().st_size,
                made_at=left.made_at,
                age_days=(now - left.made_at).days,
                by=left.by,
            )


def _holdings(left: Left) -> Iterator[tuple[Path, Holding]]:
    return ((path, holding) for path in left.files if (holding := look_into(path)))


def _market(left: Left, reports: Path) -> str:
    return (left.folder / left.market).relative_to(reports).as_posix()


def _removed(left: Left, reports: Path, now: datetime) -> Removed:
    return Removed(
        market=_market(left, reports),
        notebook=left.notebook,
        by=left.by,
        made_at=left.made_at,
        age_days=(now - left.made_at).days,
        files=len(left.files),
        rows=sum(holding.rows or 0 for _, holding in _holdings(left)),
        size_bytes=sum(path.stat().st_size for path in left.files),
    )


def _remove(folder: Path, gone: Sequence[Left], reports: Path, now: datetime) -> Iterator[Removed]:
    """Remove files of one folder of reports, pages first, and forget the runs of which nothing is left."""
    ended = {(one.market, one.notebook): one.run for one in gone if one.run and one.ends_run}
    for run in ended.values():
        record.remember(folder, replace(run, outcome="interrupted", failure=_GOES, files=()))
    for one in gone:
        gone_with_it = _removed(one, reports, now)
        for path in one.files:
            path.unlink(missing_ok=True)
        if one.run and one.run.failure and (one.market, one.notebook) not in ended:
            _say_again_why_it_failed(one.run, folder)
        yield gone_with_it
    for market in {one.market for one in gone}:
        _remake_documents(folder, market)
    record.forget(folder, ended)


def _say_again_why_it_failed(run: Run, folder: Path) -> None:
    """Write the page of a failed run once more: the earlier report that it led to is gone."""
    from workbench.report import publish

    path = folder / run.market / f"{run.notebook}.ipynb"
    if not path.exists():
        publish.failed(run, None, reports=folder)
        return
    times = path.stat()
    publish.failed(run, nbformat.read(path, as_version=4), reports=folder)
    # It still tells what was written after the run.
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _remake_documents(folder: Path, market: str) -> None:
    """Write a market's index of documents once more, where it had one; without documents it goes."""
    from workbench.report import documents

    place = folder / market
    if not documents.index_of(place).exists():
        return
    runs = [run for run in record.read(folder) if run.market == market and documents.sources_of(run, place)]
    if runs:
        documents.publish_documents(runs[0], place)
    else:
        documents.index_of(place).unlink()


def _markets_of(folder: Path, below: Path, project: Path, params: Path | None) -> list[Market]:
    """Return the markets of the params that belong to a folder of reports, or that are given for the one it is below.

    Where reports lie outside the project's, only those of its markets count that have run there.
    """
    own, here = (project / "reports").resolve(), folder.resolve()
    if params is None and here.is_relative_to(own):
        params, below = project / "params", here.relative_to(own)
    try:
        markets = read_folder((params or project / "params") / below)
    except InputError:
        # Reports of a folder of params that lies elsewhere: the index shows what is on record.
        return []
    return [one for one in markets if params or (folder / one.market).is_dir()]


def _remake_index(folder: Path, markets: Sequence[Market], project: Path) -> None:
    from workbench.report import publish

    place = project / "notebooks"
    infos = notebooks.describe(place) if place.is_dir() else []
    publish.index(markets, {info.name: info.title for info in infos}, reports=folder)


def _sums(gone: Sequence[Removed]) -> str:
    sums = [sum(getattr(one, name) for one in gone) for name in ("files", "rows", "size_bytes")]
    return f"{counted(sums[0], 'file')}, {counted(sums[1], 'row')} of personal data, {words.size(sums[2])}"


def _age(age_days: int) -> str:
    return counted(age_days, "day") if age_days >= 0 else "in the future"


def _rows(rows: int | None) -> str:
    return "not known" if rows is None else f"{rows:,}"


def _aligned(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield _plain("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _plain(text: str) -> str:
    """Return a text without what a terminal would obey: names of files are anybody's."""
    return "".join(character if character.isprintable() else " " for character in text)
