"""Documents that a notebook left, such as model cards: each becomes a page, and all of a market an index.

In: Markdown below `documents/` of a market's folder, the run that left it.   Out: HTML beside it, and `index.html`.
"""

from pathlib import Path
from urllib.parse import quote

from bs4 import BeautifulSoup
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from workbench import outputs
from workbench.report.clean import clean
from workbench.report.record import Document, Run
from workbench.report.render import frame_what_is_wide, outline, template

_FOLDER = "documents"
_INDEX = "index.html"
_SHORT = 12


def sources_of(run: Run, folder: Path) -> list[Path]:
    """Return the documents of a notebook, in Markdown."""
    return sorted(folder.glob(f"{_FOLDER}/{run.notebook}.*.md"))


def index_of(folder: Path) -> Path:
    """Return where the index of a market's documents lies, if it has any."""
    return folder / _FOLDER / _INDEX


def publish_documents(run: Run, folder: Path) -> list[Document]:
    """Write the page of each document that a run left, and the market's index of all that are there."""
    for source in sources_of(run, folder):
        outputs.write_whole(source.with_suffix(".html"), _render(run, source))
    found = [describe(path) for path in sorted((folder / _FOLDER).glob("*.md"))]
    if found:
        html = template("documents.html.j2").render(run=run, documents=found)
        outputs.write_whole(index_of(folder), html)
    else:
        index_of(folder).unlink(missing_ok=True)
    mine = {path.name for path in sources_of(run, folder)}
    return [one for one in found if one.address.removeprefix(f"{_FOLDER}/").removesuffix(".html") + ".md" in mine]


def describe(source: Path) -> Document:
    """Read a document's title and first paragraph, as plain text."""
    tree = _tree(_beginning(source.read_text(encoding="utf-8")))
    first = " ".join(tree.p.get_text().split()) if tree.p else ""
    title = tree.h1.get_text(" ", strip=True) if tree.h1 else source.stem
    return Document(title=title, summary=first, address=f"{_FOLDER}/{quote(source.with_suffix('.html').name)}")


def _beginning(markdown: str) -> str:
    """Return the title and what follows it up to the next heading: the rest takes long to parse."""
    lines = markdown.splitlines()
    following = (place for place, line in enumerate(lines) if place and line.startswith("#"))
    return "\n".join(lines[: next(following, len(lines))])


def _tree(markdown: str) -> BeautifulSoup:
    # Tags in the text are shown and not obeyed, so that no document has to be trusted.
    made = MarkdownWithMath(renderer=IPythonRenderer(escape=True, exclude_anchor_links=True))
    return clean(made.render(markdown))


def _render(run: Run, source: Path) -> str:
    article = _tree(source.read_text(encoding="utf-8"))
    title = article.h1.extract().get_text(" ", strip=True) if article.h1 else source.stem
    contents = outline(article)
    frame_what_is_wide(article)
    for cell in article.find_all("td"):
        # A day or a number is not broken; what is longer may be.
        if len(cell.get_text()) <= _SHORT:
            cell["class"] = "short"
    return template("document.html.j2").render(
        run=run, title=title, contents=contents, article=Markup(str(article).strip()), source=source.name
    )
