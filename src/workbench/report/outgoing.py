"""Nothing leaves that points at a customer: what a run is about to publish is searched for personal data.

In: an executed notebook, its tables and figures, the CRM that they come from.   Out: where something stands, by kind.

What is searched for is what `personal.identify` is sure of, and the ids and full names of the CRM's own customers. What
was given as a parameter, such as whom a customer may turn to, is the user's to show.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from nbformat import NotebookNode

from workbench import personal
from workbench.errors import InputError
from workbench.report.notebooks import heading_above
from workbench.report.render import frames_of

if TYPE_CHECKING:
    import ibis

# Ids of these columns are what tables are joined by; they stay in the market's folder of tables.
_KEYS = frozenset(
    {"customer_id", "message_id", "touch_id", "order_id", "request_id", "lead_id", "duplicate_of", "into", "key"}
)
_A_KEY = " (a key)"
_TAG = re.compile(r"<[^<>]*>")
# These may stand within a word, as in jane<wbr>@example.org.
_INLINE = re.compile(r"</?(?:wbr|a|b|em|font|i|mark|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
_HIDDEN = re.compile(
    r"(?:aria-label|alt|title|href|value|content|placeholder|data-[\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')|<!--(.*?)-->",
    re.DOTALL | re.IGNORECASE,
)
_HEADING = re.compile(r"<th[^<>]*>\s*customer[ _]id\s*</th>", re.IGNORECASE)
_WORD = re.compile(r"\w[\w.@+-]*\w|\w")
_OF_A_NAME = re.compile(r"\w[\w'’-]*")
_NOBODY = frozenset({"not known", "not available", "no name", "test test", "unknown unknown"})
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_RASTER = re.compile(r"image/(?!svg)")

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
    own = {value for value in said.values() if isinstance(value, str)}
    found = _identified(places, countries, own) + _customers(places, data)
    return [f"{place}: {what} ({count})" for (place, what), count in sorted(found.items())]


def is_masked(text: str, *, countries: Collection[str], said: Mapping[str, Any]) -> bool:
    """Say whether a text, such as the message of a failure, may be shown."""
    own = {value for value in said.values() if isinstance(value, str)}
    return not _identified({"": [text]}, countries, own)


def withhold(notebook: NotebookNode) -> None:
    """Take the outputs out of a notebook, so that it can be kept for its code and prose; of errors the frames stay."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_frames_only(output) for output in cell.outputs if output.output_type == "error"]


def _frames_only(error: NotebookNode) -> NotebookNode:
    frames = frames_of(error.traceback)
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
    yield from str(output.get("text", "")).splitlines()
    for line in output.get("traceback", []):
        yield from str(line).splitlines()
    for kind, content in [*output.get("data", {}).items(), ("metadata", output.get("metadata", {}))]:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        if kind in ("text/html", "image/svg+xml"):
            yield from _of_html(text)
        elif not _RASTER.match(kind):
            yield from _words_of_drawings(text).splitlines()


def _words_of_drawings(text: str) -> str:
    """Of a drawing in what Python says of an object, keep the words only, as on the page."""
    start, end = text.find("<svg"), text.rfind("</svg>")
    return text if not 0 <= start < end else "\n".join([text[:start], *_of_html(text[start:end]), text[end + 6 :]])


def _of_html(html: str) -> Iterator[str]:
    """Yield the texts between the tags, labels, links, remarks, each once; a column of customers' ids by its head."""
    if _HEADING.search(html):
        yield "customer_id:"
    hidden = ["".join(found) for found in _HIDDEN.findall(html)]
    yield from dict.fromkeys(unescape(text).strip() for text in [*_TAG.split(_INLINE.sub("", html)), *hidden])


def _columns(tables: Iterable[Path]) -> Places:
    return {f"{path.name}, {name}": texts for path in tables for name, texts in _of_table(path)}


def _of_table(path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        frame = _read(path)
    except (ValueError, UnicodeError):  # no table: as text
        yield "all", path.read_text(encoding="utf-8", errors="replace").splitlines()
        return
    frame = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    yield "columns", [str(name) for name in frame if name not in _KEYS]
    for name, values in frame.items():
        plain = values.dtype.kind in "biufcmM" if hasattr(values.dtype, "kind") else False
        if not plain or pd.api.types.is_object_dtype(values):
            key = _A_KEY if name in _KEYS else ""
            yield f"{name}{key}", [*{str(value) for value in values.dropna()}]


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    raise ValueError(path.suffix)


def _identified(places: Places, countries: Collection[str], own: Collection[str]) -> Counter[tuple[str, str]]:
    """Count what is certainly personal, by place and kind; what is part of a parameter is the user's to show."""
    pairs = [(place, _encodable(text)) for place, texts in places.items() for text in texts]
    rows = pd.DataFrame(pairs, columns=["place", "text"])
    counted: Counter[tuple[str, str]] = Counter()
    for row, kind, start, end in personal.identify(rows["text"], countries=sorted(countries)).itertuples(index=False):
        place, text = rows["place"].iloc[row], rows["text"].iloc[row][start:end]
        # A key may be any number; an address is none.
        if not any(text in value for value in own) and (kind == "email" or not place.endswith(_A_KEY)):
            counted[place, personal.IDENTIFIED[kind]] += 1
    return counted


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _customers(places: Places, data: str | None) -> Counter[tuple[str, str]]:
    """Count the customers of the CRM whose id or full name stands somewhere."""
    ids = Counter({(place, "columns of customer ids"): 1 for place, texts in places.items() if "customer_id:" in texts})
    held = _held(data) if data and places else None
    if held is None:
        return ids
    shown = [(p, _encodable(text)) for p, texts in places.items() if not p.endswith(_A_KEY) for text in texts]
    words = {word: place for place, text in shown for word in _WORD.findall(text) if _tells(word)}
    for word in _among(held, held.customer_id, list(words)):
        ids[words[word], "ids of customers"] += 1
    pairs = {pair: place for place, text in shown for pair in _pairs(text)}
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
    """Whether a word can be taken for an id: a short number, a day, or one letter, stands for anything."""
    digits = sum(map(str.isdigit, word))
    if digits == len(word):
        return digits >= 8 and not _DAY.fullmatch(word)
    return digits >= 1 and len(word) >= 5


def _pairs(text: str) -> Iterator[str]:
    """Yield two and three words that follow each other and are written as names are, in small letters."""
    words = [(found.start(), found.end(), found[0]) for found in _OF_A_NAME.finditer(text)]
    for place, (_, end, word) in enumerate(words[:-1]):
        said, last = [word], end
        for start, stop, following in words[place + 1 : place + 3]:
            if text[last:start].strip() or start == last or word[0].islower():
                break
            said, last = [*said, following], stop
            if not following[0].islower() and (pair := " ".join(said).lower()) not in _NOBODY:
                yield pair


def _among(held: "ibis.Table", column: "ibis.Value", words: list[str]) -> list[str]:
    import ibis

    if not words:
        return []
    asked = ibis.memtable({"word": words})
    seen = held.select(word=column.cast("string")).distinct()
    found: list[str] = asked.semi_join(seen, "word").to_pyarrow()["word"].to_pylist()
    return found
