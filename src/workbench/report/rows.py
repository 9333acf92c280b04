"""Rows of customers: what shows customers one by one, and a notebook without it.

In: outputs, pages, texts; the tables of a run.   Out: how many rows; the notebook with a sentence in their place.

A row is of a customer where its table has a column of customers, of keys of their orders, messages and the like, or of
their words, and wherever a pseudonym stands: who holds the key can trace it back. An explanation sheet is one row.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

# What the workbench's own tables call a customer, beside the keys of the contract.
_OWN = frozenset({"customer", "duplicate_of", "into"})
# A message's words on a page; in tables such a column may hold anything.
_WORDS = frozenset({"text"})
# As `personal.pseudonyms` writes them.
_PSEUDONYM = re.compile(r"(?<![\w.+/=-])[a-hjkmnp-s]{12}(?![\w+/=-])")
# The innermost, so that a table within another one's cell is judged by itself.
_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table\s*>", re.DOTALL | re.IGNORECASE)
_SHEET = re.compile(r"<section\b[^<>]*class=[\"']?sheet\b.*?</section\s*>", re.DOTALL | re.IGNORECASE)
_ROW = re.compile(r"<tr\b.*?(?=<tr\b|</table|\Z)", re.DOTALL | re.IGNORECASE)
_CELL = re.compile(r"<(t[hd])\b[^<>]*>(.*?)(?=<t[hd]\b|</t[hdr]\b|</table|\Z)", re.DOTALL | re.IGNORECASE)
_BODY = re.compile(r"<tbody\b", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r"(?:aria-label|alt|title)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_APART = re.compile(r"\s{2,}|\s*[\t|│┃,;]\s*")
_BAR = re.compile("[|│┃]")
# The last line of a printed Series, and the gap between its labels and its values.
_SERIES = re.compile(r"Name: (.+?), (?:Length: \d+, )?dtype: (\w+)")
_GAP = " " * 4
_WORD = re.compile(r"\S+")
_RULE = re.compile(r"[-+=|:\s│┃─━┼╇┡┩├┤]*")
_OF_A_SHEET = frozenset({"customer id", "language", "regime", "form", "text"})
# A list is another table's where most of its columns are.
_MOST = 0.5


@cache
def naming_customers() -> frozenset[str]:
    """Return the names of columns that point at one customer: the contract's keys, and what our own tables call them.

    >>> sorted(naming_customers() - {"customer", "duplicate_of", "into"})
    ['customer_id', 'lead_id', 'message_id', 'order_id', 'request_id', 'touch_id']
    """
    # Brings Ibis, which publishing a page can do without.
    from workbench.crm.contract import TABLES

    tables = [spec for spec in TABLES.values() if spec.column("customer_id")]
    named = [spec.column(name) for spec in tables for name in spec.key]
    return _OWN | {column.name for column in named if column and column.kind == "id"}


def in_html(html: str) -> int:
    """Count the rows of customers in a page or in an output.

    >>> in_html("<table><tr><th>customer</th></tr><tr><td>hapqadbmecjs</td></tr></table> and ejcdmjbhqkrd")
    2
    >>> in_html("<table><tr><th>customers</th></tr><tr><td>1,992</td></tr></table>")
    0
    """
    html = _UNSEEN.sub("", html)
    listed = sum(_of_table(found[0]) for found in _TABLE.finditer(html))
    rest = _SHEET.sub("", _TABLE.sub(lambda found: "" if _of_table(found[0]) else found[0], html))
    labels = ["".join(found) for found in _LABEL.findall(rest)]
    shown = [unescape(text) for text in [*_TAG.split(rest), *labels]]
    return listed + len(_SHEET.findall(html)) + sum(len(_PSEUDONYM.findall(text)) for text in shown)


def in_text(text: str) -> int:
    """Count the rows of customers in what was printed, Markdown included.

    >>> in_text("   customer  probability\\n0  hapqadbmecjs  0.83\\n1  ejcdmjbhqkrd  0.79\\n\\n20 customers")
    2
    """
    lines, found, inside = text.splitlines(), set[int](), False
    for place, (above, line, following) in enumerate(_with_neighbours(lines)):
        if _is_head(above, line, following):
            inside = True
        elif series := _SERIES.match(line):
            inside = False
            found |= _of_series(series, lines, place)
        elif not line.strip():
            inside = False
        elif not _RULE.fullmatch(line) and (inside or _PSEUDONYM.search(line)):
            found.add(place)
    return len(found)


def in_notebook(notebook: NotebookNode) -> int:
    """Count the rows of customers in all outputs of a notebook."""
    return sum(_of_output(output) for cell in notebook.cells for output in cell.get("outputs", []))


def leave_out(notebook: NotebookNode, *, tables: Iterable[Path]) -> NotebookNode:
    """Return a notebook without rows of customers: in the place of each list a sentence names the table that holds it.

    `tables` are those that the run left. The notebook that was given stays as it is, for the page to be made of it.
    """
    columns = {f"tables/{path.name}": held for path in tables if (held := _columns(path))}
    without = deepcopy(notebook)
    for cell in without.cells:
        if cell.cell_type == "code":
            cell.outputs = [_kept(one, columns) if _of_output(one) else one for one in cell.outputs]
    return without


def _kept(output: NotebookNode, columns: dict[str, set[str]]) -> NotebookNode:
    """Return an output without its rows; what else it shows stays where it can be told apart."""
    if output.output_type == "error":
        return NotebookNode(output | {"evalue": "withheld: it names customers", "traceback": []})
    if output.output_type == "stream":
        return NotebookNode(output | {"text": _said(_of_output(output), _heads(output.text), columns) + "\n"})
    html, sentences = _cut(str(output.data.get("text/html", "")), columns)
    if not html or in_html(html) or _other_kinds(output):
        sentences = sentences or [_said(_of_output(output), _heads(_plain(output)), columns)]
        html = "".join(map(_paragraph, sentences))
    plain = "\n".join(sentences)
    return NotebookNode(output | {"data": NotebookNode({"text/html": html, "text/plain": plain}), "metadata": {}})


def _cut(html: str, columns: dict[str, set[str]]) -> tuple[str, list[str]]:
    """Return HTML with a sentence in the place of each list and sheet, and the sentences."""
    sentences: list[str] = []

    def replaced(rows: int, heads: set[str]) -> str:
        sentences.append(_said(rows, heads, columns))
        return _paragraph(sentences[-1])

    def of_list(found: re.Match[str]) -> str:
        rows = _of_table(found[0])
        return replaced(rows, _headings(found[0])) if rows else found[0]

    cut = _SHEET.sub(lambda _: replaced(1, set(_OF_A_SHEET)), html)
    return _TABLE.sub(of_list, cut), sentences


def _paragraph(sentence: str) -> str:
    return f"<p>{escape(sentence)}</p>"


def _said(rows: int, heads: set[str], columns: dict[str, set[str]]) -> str:
    shares = {name: len(heads & held) / len(heads) for name, held in columns.items()} if heads else {}
    best = max(shares, key=lambda name: shares[name], default="")
    where = f"See {best}." if best and shares[best] >= _MOST else "No table holds them; run the notebook to see them."
    return f"Not kept in this notebook: rows that are each about one customer ({rows:,}). {where}"


def _of_output(output: NotebookNode) -> int:
    if output.output_type == "stream":
        return in_text(output.text)
    if output.output_type == "error":
        return in_text("\n".join([str(output.evalue), *map(str, output.traceback)]))
    html = output.data.get("text/html")
    # Plain text beside HTML is the same object once more.
    return (in_html(str(html)) if html else in_text(_plain(output))) + _other_kinds(output)


def _other_kinds(output: NotebookNode) -> int:
    kinds = {kind: value for kind, value in output.data.items() if kind not in ("text/html", "text/plain")}
    return sum(_of_kind(kind, value) for kind, value in kinds.items())


def _of_kind(kind: str, value: Any) -> int:
    if "svg" in kind:
        return in_html(str(value))
    if kind.startswith("image/"):
        return 0
    if isinstance(value, str):
        return in_text(value)
    text = json.dumps(value, ensure_ascii=False)
    return sum(text.count(f'"{name}":') for name in naming_customers()) or len(_PSEUDONYM.findall(text))


def _plain(output: NotebookNode) -> str:
    return str(output.data.get("text/plain", ""))


def _of_table(table: str) -> int:
    """Count the rows of customers in one HTML table: all of its body where its head names them, else by pseudonyms."""
    start, rows = _head(table)
    rows = [row for row in rows if len(_CELL.findall(row)) > 1 or "colspan" not in row.lower()]
    if _headings(start) & _names():
        return len(rows)
    return sum(bool(_PSEUDONYM.search(unescape(_TAG.sub("\n", row)))) for row in rows)


def _head(table: str) -> tuple[str, list[str]]:
    """Split a table into its head and the rows of its body; a table without a body begins with its head."""
    if body := _BODY.search(table):
        return table[: body.start()], _ROW.findall(table[body.start() :])
    first, *rows = _ROW.findall(table) or [""]
    return first, rows


def _headings(table: str) -> set[str]:
    return {
        _name(_TAG.sub("", unescape(text))) for kind, text in _CELL.findall(_head(table)[0]) if kind.lower() == "th"
    }


def _heads(text: str) -> set[str]:
    """Return the names of columns in the first list of a text."""
    found = (near[1] for near in _with_neighbours(text.splitlines()) if _is_head(*near))
    line = next(found, "")
    fields = {_name(field) for field in _fields(line)}
    return fields if fields & _names() else {_name(word) for word in line.split()}


def _with_neighbours(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each line between the one above it and the one below it, which are empty where there is none."""
    return zip(["", *lines], lines, [*lines[1:], ""], strict=False)


def _is_head(above: str, line: str, following: str) -> bool:
    """Whether a line names columns, one of them of customers: of three or more, or with rows that fit below.

    Between bars only the line above a rule does: others may list the names of a CRM's columns.
    """
    fields = _fields(line)
    if {_name(field) for field in fields} & _names():
        if _BAR.search(line):
            return bool(following.strip() and _RULE.fullmatch(following))
        if len(fields) > 2 or len(_fields(following)) == len(fields) + 1:
            return True
    return bool({_name(word) for word in line.split()} & _names()) and _is_head_of_frame(above, line, following)


def _is_head_of_frame(above: str, line: str, following: str) -> bool:
    """Whether a line is a head as pandas prints it, where one blank may be all that is between two columns.

    Columns end where the values below them do; what names an index is as wide as the line of columns above it.
    """
    ends, below = _ends(line), _ends(following)
    if line.endswith(" ") and len(line) == len(above):
        return {end for end in _ends(above) if end > max(ends)} <= below
    if line.startswith(" "):
        return len(ends) > 1 and ends < below
    return following.startswith(" ") and ends == below


def _ends(line: str) -> set[int]:
    return {found.end() for found in _WORD.finditer(line)}


def _of_series(last: re.Match[str], lines: Sequence[str], place: int) -> set[int]:
    """Return the lines of a printed Series that holds keys of customers; whole numbers by group are counts of them."""
    first = place
    while first and _GAP in lines[first - 1]:
        first -= 1
    by_group = first and re.fullmatch(r"[\w ]+", lines[first - 1])
    counts = by_group and last[2].lower().startswith(("int", "uint"))
    return set(range(first, place)) if _name(last[1]) in _names() and not counts else set()


def _fields(line: str) -> list[str]:
    return [field for field in _APART.split(line.strip()) if field]


def _names() -> set[str]:
    return {_name(name) for name in naming_customers() | _WORDS}


def _name(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()


def _columns(path: Path) -> set[str]:
    """Return the columns of a table with keys of customers; none of any other file."""
    found = columns_of(path) if path.suffix in (".parquet", ".csv") else []
    return {_name(name) for name in found} if naming_customers() & {*found} else set()


def columns_of(path: Path) -> list[str]:
    """Return the names of a table's columns without reading its rows; none where it cannot be read."""
    import pyarrow
    from pyarrow import parquet

    try:
        if path.suffix == ".parquet":
            return list(parquet.read_schema(path).names)
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error, pyarrow.ArrowException):
        return []
