"""Pages that a newer run is about to make old say so, from before it begins.

In: a run that is about to begin; pages.   Out: the same pages, marked as out of date.
"""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from workbench import outputs
from workbench.report import words
from workbench.report.record import Run

# As the pages' template has it, hidden.
_BANNER = '<aside class="outdated" id="out-of-date" aria-label="Out of date"'
_BANNER_FOUND = re.compile(f"{_BANNER}.*?</aside>", re.DOTALL)


def announce(run: Run, *, reports: Path) -> None:
    """Mark the report that is there, and after it its documents: a newer run begins; raises OSError.

    Before this the record may not name the newer run: what is killed in between is made up for, as a report that is
    marked does not hold.
    """
    why = f"a newer run began on {words.moment(run.started_at)} and has not come to its end."
    mark([page_of(run, reports), *document_pages(run, reports / run.market)], why)


def mark(pages: Iterable[Path], why: str) -> None:
    """Mark those of the pages that are there."""
    for page in pages:
        if page.exists():
            text = page.read_text(encoding="utf-8", errors="replace")
            if (marked := mark_outdated(text, why)) != text:
                outputs.write_whole(page, marked)


def mark_outdated(html: str, why: str) -> str:
    """Put a banner that says why a page is out of date on top of it, in place of an earlier one.

    >>> page = '<aside class="outdated" id="out-of-date" aria-label="Out of date" hidden></aside>'
    >>> "<strong>Out of date:</strong> a &lt; b" in mark_outdated(page, "a < b")
    True
    """
    banner = f"{_BANNER}><p><strong>Out of date:</strong> {escape(why)}</p></aside>"
    marked, found = _BANNER_FOUND.subn(lambda _: banner, html, count=1)
    return marked if found else re.sub("(<body[^>]*>)", lambda body: body[1] + banner, html, count=1)


def is_marked(page: Path) -> bool:
    """Say whether a page is marked, whatever it says why; one that is not there is not."""
    return page.exists() and f"{_BANNER}>".encode() in page.read_bytes()


def page_of(run: Run, reports: Path) -> Path:
    """Return where the page of a run lies."""
    return reports / run.market / f"{run.notebook}.html"


def document_pages(run: Run, folder: Path) -> list[Path]:
    """Return the pages that stand for the documents of a notebook."""
    return sorted(folder.glob(f"documents/{run.notebook}.*.html"))
