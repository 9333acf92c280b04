"""Pages in their places, whole or not at all, and never an old one that passes for new.

In: a run and its executed notebook.   Out: `reports/<market>/<notebook>.html` and `.ipynb`, pages of its documents, and
the run with its files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from workbench import outputs
from workbench.errors import InputError, without_password
from workbench.market import Market
from workbench.outputs import KeyFigure
from workbench.report import documents, history, outdated, record, rows, words
from workbench.report.index import render_index
from workbench.report.record import Failure, Page, Run
from workbench.report.render import render_html

# Ends the pages of failures, so that the next failure does not keep one of them as the previous report.
_NO_REPORT = "\n<!-- no report -->\n"
_PREVIOUS = ".previous.html"

# What stood there before a run, and what each file is known again by: what is written anew is another file, or another
# time or size. The day's time says nothing of that, for it may be set while a run goes on.
Standing = Mapping[Path, tuple[int, int, int]]
_NOTHING: Standing = {}


def announce(run: Run, *, reports: Path) -> Standing:
    """Sweep what a killed run left, and see to it that pages of an earlier run are marked before anything changes.

    What is returned tells what the run is about to leave from what stands there.
    """
    folder = reports / run.market
    for torn in folder.rglob(f".{run.notebook}.*"):
        torn.unlink(missing_ok=True)
    outdated.announce(run, reports=reports)
    return {path: _identity(path) for path in [*_results(run, folder), *outdated.document_pages(run, folder)]}


def succeeded(run: Run, notebook: NotebookNode, *, reports: Path, before: Standing = _NOTHING) -> Run:
    """Put the report and its notebook in their places; what stood there `before` and was not written again, goes.

    A run that left figures which cannot be read has failed.
    """
    folder = reports / run.market
    _sweep(run, folder, before)
    page = _page(run, reports)
    if page.run.failure:
        return failed(page.run, notebook, reports=reports, before=before)
    html = render_html(notebook, replace(page, documents=documents.publish_documents(run, folder)))
    _write_notebook(run, notebook, left_by(run, reports=reports, before=before), folder)
    outputs.write_whole(folder / f"{run.notebook}.html", html)
    (folder / f"{run.notebook}{_PREVIOUS}").unlink(missing_ok=True)
    made = [folder / f"{run.notebook}.html", folder / f"{run.notebook}.ipynb", *outdated.document_pages(run, folder)]
    left = [*made, *left_by(run, reports=reports, before=before)]
    return replace(run, files=tuple(path.relative_to(reports).as_posix() for path in left))


def failed(run: Run, notebook: NotebookNode | None, *, reports: Path, before: Standing = _NOTHING) -> Run:
    """Put a page in the report's place that says why there is none; keep the executed notebook and an older report."""
    folder = reports / run.market
    page, previous = folder / f"{run.notebook}.html", folder / f"{run.notebook}{_PREVIOUS}"
    older = page.read_text(encoding="utf-8", errors="replace") if page.exists() else _NO_REPORT
    why = f"the run of {words.moment(run.started_at)} failed, and this is what an earlier one found."
    if not older.endswith(_NO_REPORT):
        outputs.write_whole(previous, outdated.mark_outdated(older, why))
    outdated.mark(outdated.document_pages(run, folder), why)
    if notebook is not None:
        _write_notebook(run, notebook, left_by(run, reports=reports, before=before), folder)
    html = render_html(notebook or nbformat.v4.new_notebook(), _page(run, reports))
    outputs.write_whole(page, html + _NO_REPORT)
    return run


def index(markets: Sequence[Market], notebooks: Mapping[str, str], *, reports: Path) -> Path:
    """Put the index of all that is remembered in its place; `notebooks` maps names to titles."""
    pages = [_page(run, reports) for run in record.read(reports)]
    titles = {page.run.market: page.run.market_title for page in pages}
    documented = {name: title for name, title in titles.items() if documents.index_of(reports / name).exists()}
    html = render_index(
        markets,
        pages,
        notebooks=notebooks,
        documented=documented,
        histories={name: history.read(reports / name) for name in titles},
        latest=record.latest(reports),
        made_at=datetime.now(UTC),
    )
    return outputs.write_whole(reports / "index.html", html)


def _results(run: Run, folder: Path) -> list[Path]:
    tables = (path for suffix in ("parquet", "csv") for path in folder.glob(f"tables/{run.notebook}.*.{suffix}"))
    return sorted([*folder.glob(f"results/{run.notebook}.json"), *tables, *documents.sources_of(run, folder)])


def left_by(run: Run, *, reports: Path, before: Standing = _NOTHING) -> list[Path]:
    """Return the files of figures, tables and documents that this run has written: those that did not stand before."""
    return [path for path in _results(run, reports / run.market) if _identity(path) != before.get(path)]


def discard(run: Run, *, reports: Path, before: Standing = _NOTHING) -> None:
    """Remove the figures, tables and documents that this run has written, where they must not be kept."""
    for path in left_by(run, reports=reports, before=before):
        path.unlink()


def _sweep(run: Run, folder: Path, before: Standing) -> None:
    """Remove what earlier runs left and this one did not write again, models apart: it would pass for its own.

    Only now that it has succeeded, for a notebook may read what it left before. Models stay, to be used again.
    """
    for path in [*_results(run, folder), *outdated.document_pages(run, folder)]:
        if _identity(path) == before.get(path):
            path.unlink()


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _page(run: Run, reports: Path) -> Page:
    """Return what the page of a run shows; one whose figures cannot be read has failed, if it had not before."""
    figures: Sequence[KeyFigure] = ()
    try:
        figures = outputs.open(run.market, reports=reports).results(run.notebook)
    except InputError as error:
        run = run if run.failure else replace(run, outcome="failed", failure=Failure(message=str(error)))
    previous = f"{run.notebook}{_PREVIOUS}"
    return Page(run=run, figures=figures, previous=previous if (reports / run.market / previous).exists() else None)


def _write_notebook(run: Run, notebook: NotebookNode, tables: Iterable[Path], folder: Path) -> None:
    kept = rows.leave_out(notebook, tables=tables)
    outputs.write_whole(folder / f"{run.notebook}.ipynb", without_password(nbformat.writes(kept)))
