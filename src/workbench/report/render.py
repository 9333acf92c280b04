"""A notebook that ran becomes one page for stakeholders, or a page that says why there is none.

In: the executed notebook and the record of its run.   Out: HTML that holds everything it needs and loads nothing.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from itertools import chain, count
from pathlib import Path

from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from traitlets.config import Config

from workbench.report import words
from workbench.report.clean import clean
from workbench.report.record import Page

_TEMPLATES = Path(__file__).parent / "templates"

# What a page may show, best first; JavaScript, widgets, warnings and tracebacks are not among it.
_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]

# Of a traceback: the file or cell, and the numbered lines of code.
_FRAME = re.compile(r"(Cell |File |Input )|[ -]*>? *\d+ ")

# Anchors that the page itself uses.
_TAKEN = frozenset({"main", "key-figures", "contents", "out-of-date"})


@dataclass(frozen=True)
class Heading:
    """One line of the table of contents."""

    anchor: str
    text: str
    level: int


def render_html(notebook: NotebookNode, page: Page) -> str:
    """Render a notebook's prose and results, without code, below the key figures of its page."""
    article = _article(notebook)
    first = article.h1.extract() if article.h1 else None
    contents = outline(article)
    frame_what_is_wide(article)
    return template("report.html.j2").render(
        page=page,
        run=page.run,
        heading=first.get_text(" ", strip=True) if first else page.run.title,
        contents=contents,
        article=Markup(str(article).strip()),
        frames=_frames(notebook),
    )


def template(name: str) -> Template:
    """Return a template of the pages; whatever it is given is escaped."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8").strip() for name in ("style.css", "index.js"))
    # The policy of the page names the one script that may run on it by its digest.
    digest = b64encode(sha256(script.encode()).digest()).decode()
    found.globals.update(words=words, style=Markup(style), script=Markup(script), script_digest=digest)
    return found


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="article",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
    )
    # Named by a template below ours, for code, which our pages do not show.
    exporter.register_filter("highlight_code", escape)
    return exporter


def _article(notebook: NotebookNode) -> BeautifulSoup:
    shown = deepcopy(notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _is_shown(output)]
    # HTMLExporter's own way parses the whole page once more, to give pictures a text.
    html, _ = TemplateExporter.from_notebook_node(_exporter(), shown)
    article = clean(html)
    for picture in article.find_all("img", alt=False):
        picture["alt"] = "a picture that its notebook does not describe"
    return article


def _is_shown(output: NotebookNode) -> bool:
    if output.output_type == "stream":
        return bool(output.name == "stdout")
    return any(kind in _SHOWN for kind in output.get("data", {}))


def _frames(notebook: NotebookNode) -> str:
    """Return where in the code a notebook failed, without the words of the errors, which may quote the data."""
    errors = (output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error")
    return "\n".join(frames_of(next(errors, {"traceback": []})["traceback"]))


def frames_of(traceback: Iterable[str]) -> list[str]:
    """Return the lines of a traceback that say where in the code it was, and none of its words.

    >>> frames_of(["Cell In[3], line 2\\n----> 2 fail()\\nValueError: no 'a customer'"])
    ['Cell In[3], line 2', '----> 2 fail()']
    """
    return [line for line in map(strip_ansi, "\n".join(traceback).splitlines()) if _FRAME.match(line)]


def outline(article: BeautifulSoup) -> list[Heading]:
    """Give every heading an anchor of its own and a level that leaves no step out below the page's title."""
    taken = _TAKEN | {tag["id"] for tag in article.find_all(id=True)}
    outline: list[Heading] = []
    for tag in article.find_all(re.compile("^h[1-6]$")):
        level = min(max(int(tag.name[1]), 2), outline[-1].level + 1 if outline else 2)
        text = tag.get_text(" ", strip=True)
        slug = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
        anchor = next(name for name in chain([slug], (f"{slug}-{n}" for n in count(2))) if name not in taken)
        taken |= {anchor}
        tag.name, tag["id"] = f"h{level}", anchor
        outline.append(Heading(anchor, text, level))
    return outline


def frame_what_is_wide(article: BeautifulSoup) -> None:
    """Let wide tables and long lines scroll by themselves, reachable by keyboard, instead of the page."""
    bare = [table for table in article.find_all("table") if not table.find_parent(class_="table")]
    for number, table in enumerate(bare, start=1):
        frame = {"class": "table", "role": "region", "aria-label": f"Table {number}", "tabindex": "0"}
        table.wrap(article.new_tag("div", attrs=frame))
    for corner in (cell for cell in article.find_all("th") if not cell.get_text(strip=True)):
        corner.name = "td"
        del corner["scope"]
    for lines in article.find_all("pre"):
        lines["tabindex"] = "0"
