"""Nothing leaves that points at a customer: what a run is about to publish is searched for personal data.

In: an executed notebook, its tables and figures, the CRM that they come from.   Out: where something stands, by kind.

What is searched for is what `personal.identify` is sure of, and the ids and full names of the CRM's own customers. What
was given as a parameter, such as whom a customer may turn to, is the user's to show.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from workbench import personal
from workbench.errors import InputError
from workbench.report.notebooks import heading_above
from workbench.report.render import FRAME

if TYPE_CHECKING:
    import ibis

# Ids of these columns are what tables are joined by; they stay in the market's folder of tables.
_KEYS = frozenset(
    {"customer_id", "message_id", "touch_id", "order_id", "request_id", "lead_id", "duplicate_of", "into"}
)
_TAG = re.compile(r"<[^>]*>")
_DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)
_LABEL = re.compile(r'(?:aria-label|alt|title)="([^"]*)"')
_WORD = re.compile(r"\w[\w.@+-]*\w|\w")
_PAIR = re.compile(r"(?=(?<!\w)(\w[\w'’-]*\s+\w[\w'’-]*(?:\s+\w[\w'’-]*)?))")
_HEADING = re.compile(r'<th scope="col"[^>]*>\s*customer[ _]id\s*</th>', re.IGNORECASE)
_TEXTS = ("text/html", "text/markdown", "text/plain", "image/svg+xml", "application/json")

Places = dict[str, list[str]]


def unmasked(
    notebook: NotebookNode,
    tables: Iterable[Path],
    *,
    data: str | None,
    countries: Collection[str],
    said: Mapping[str, Any],
) -> list[str]:
    """Return where personal data stands unmasked, such as 'cell 7, under “The list”: e-mail addresses (2)'.

    `data` is where the CRM lies, None where the notebook reads none; `countries` are those of the market, `said` the
    parameters of the run.
    """
    places = {**_cells(notebook), **_columns(tables)}
    own = [value for value in said.values() if isinstance(value, str) and len(value) > 3]
    places = {place: [_without(text, own) for text in texts] for place, texts in places.items()}
    found = _identified(places, countries) + _customers(places, data)
    return [f"{place}: {what} ({count})" for (place, what), count in sorted(found.items())]


def withhold(notebook: NotebookNode) -> None:
    """Take the outputs out of a notebook, so that it can be kept for its code and prose; of errors the frames stay."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_frames_only(output) for output in cell.outputs if output.output_type == "error"]


def _frames_only(error: NotebookNode) -> NotebookNode:
    lines = "\n".join(error.traceback).splitlines()
    frames = [line for line in map(strip_ansi, lines) if FRAME.match(line)]
    return NotebookNode(output_type="error", ename=error.ename, evalue="withheld", traceback=frames)


def _cells(notebook: NotebookNode) -> Places:
    places: Places = {}
    number = 0
    for index, cell in enumerate(notebook.cells):
        number += cell.cell_type == "code" and bool(cell.source.strip())
        texts = [text for output in cell.get("outputs", []) for text in _texts(output)]
        if texts:
            places[f"cell {number}, under “{heading_above(notebook.cells, index)}”"] = texts
    return places


def _texts(output: NotebookNode) -> Iterator[str]:
    if "text" in output:
        yield from str(output["text"]).splitlines()
    for line in output.get("traceback", []):
        yield from str(line).splitlines()
    for kind, content in output.get("data", {}).items():
        if kind in ("text/html", "image/svg+xml"):
            yield from _of_html("".join(content))
        elif kind in _TEXTS:
            plain = "".join(content) if isinstance(content, list) else str(content)
            # Of a drawing in what Python says of an object, only the words count, as on the page.
            yield from _DRAWING.sub(lambda drawing: "\n".join(_of_html(drawing[0])), plain).splitlines()


def _of_html(html: str) -> Iterator[str]:
    """Yield the texts between the tags and the labels, each once; a column of customers' ids by its heading."""
    if _HEADING.search(html):
        yield "customer_id:"
    yield from dict.fromkeys(unescape(text).strip() for text in [*_TAG.split(html), *_LABEL.findall(html)])


def _columns(tables: Iterable[Path]) -> Places:
    return {f"{path.name}, {name}": texts for path in tables for name, texts in _of_table(path)}


def _of_table(path: Path) -> Iterator[tuple[str, list[str]]]:
    import pyarrow.parquet as pq
    from pyarrow import csv

    if path.suffix == ".json":
        yield "all", path.read_text(encoding="utf-8").splitlines()
        return
    file = pq.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
    for name in file.column_names:
        column = file.column(name)
        if name not in _KEYS and str(column.type) in ("string", "large_string"):
            yield name, [text for text in column.unique().to_pylist() if text]


def _without(text: str, own: Iterable[str]) -> str:
    for value in own:
        text = text.replace(value, "")
    return text


def _identified(places: Places, countries: Collection[str]) -> Counter[tuple[str, str]]:
    rows = pd.DataFrame([(place, text) for place, texts in places.items() for text in texts], columns=["place", "text"])
    found = personal.identify(rows["text"], countries=sorted(countries))
    counted = Counter(zip(rows["place"].to_numpy()[found["row"]], found["kind"].map(personal.IDENTIFIED), strict=True))
    return Counter({(place, what): count for (place, what), count in counted.items()})


def _customers(places: Places, data: str | None) -> Counter[tuple[str, str]]:
    """Count the customers of the CRM whose id or full name stands somewhere."""
    ids = Counter({(place, "columns of customer ids"): 1 for place, texts in places.items() if "customer_id:" in texts})
    held = _held(data) if data and places else None
    if held is None:
        return ids
    words = {word: place for place, texts in places.items() for text in texts for word in _WORD.findall(text)}
    telling = [word for word in words if _tells(word)]
    for word in _among(held, held.customer_id, telling):
        ids[words[word], "ids of customers"] += 1
    pairs = {_folded(pair): place for place, texts in places.items() for text in texts for pair in _pairs(text)}
    for name in (one for one in held.columns if personal.personal_by_name(one, table="customers") == "name"):
        for pair in _among(held, held[name].strip().lower(), list(pairs)):
            ids[pairs[pair], "names of customers"] += 1
    return ids


def _held(data: str) -> "ibis.Table | None":
    # Brings Ibis and DuckDB, which a worker needs for nothing else.
    from workbench import crm

    try:
        return crm.open(data, only=["customers"]).get("customers")
    except InputError:
        return None


def _tells(word: str) -> bool:
    """Whether a word can be taken for an id: a short number, or one letter, stands for anything."""
    digits = sum(map(str.isdigit, word))
    return digits >= 8 if digits == len(word) else digits >= 1 and len(word) >= 5


def _pairs(text: str) -> Iterator[str]:
    for found in _PAIR.finditer(text):
        words = found[1].split()
        yield " ".join(words[:2])
        yield " ".join(words)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def _among(held: "ibis.Table", column: "ibis.Value", words: list[str]) -> list[str]:
    import ibis

    if not words:
        return []
    asked = ibis.memtable({"word": words})
    seen = held.select(word=column.cast("string")).distinct()
    found: list[str] = asked.semi_join(seen, "word").to_pyarrow()["word"].to_pylist()
    return found
