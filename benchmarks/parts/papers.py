"""Are the documents of every market there, and is anything in them left blank?

In: a folder of reports, markets, models.   Out: a frame, one line a document.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from parts.tables import NOT_MEASURED

_KINDS = {"model card": "model_card", "impact assessment": "impact_assessment"}
# Words that stand for what nobody filled in; a sentence may begin with 'None of …'. An empty cell is two bars.
_LEFT = {
    "placeholder": re.compile(r"\b(TODO|TBD|FIXME|NaT|NaN|nan|undefined)\b|\bNone\b(?! [a-z])|<\s*fill|(?i:\blorem\b)"),
    "empty cell": re.compile(r"(?<!\\)\|[ \t]*\|"),
    "empty cell in HTML": re.compile(r"<t[dh][^>]*>\s*</t[dh]>"),
}


def check(reports: Path, *, markets: Sequence[str], models: Sequence[str]) -> pd.DataFrame:
    """Return market, kind, model, complete, and what is wrong ('' if nothing); 'not measured' without the folder."""
    asked = [(market, kind, model) for market in markets for kind in _KINDS for model in models]
    rows = [(*one, _fault(reports / one[0] / "documents", f"governance.{_KINDS[one[1]]}_{one[2]}")) for one in asked]
    found = pd.DataFrame(rows, columns=["market", "kind", "model", "fault"])
    return found.assign(complete=found["fault"] == "")


def _fault(folder: Path, name: str) -> str:
    if not folder.is_dir():
        return f"{NOT_MEASURED}: no folder {folder.parent.name}/{folder.name}"
    texts = {end: folder / f"{name}.{end}" for end in ("md", "html")}
    if absent := [end for end, file in texts.items() if not file.is_file() or not file.stat().st_size]:
        return f"no {' and no '.join(absent)}"
    written = {end: file.read_text(encoding="utf-8") for end, file in texts.items()}
    left = [
        f"{what}: {match.group()!r} in line {text.count(chr(10), 0, match.start()) + 1} of {end}"
        for end, text in written.items()
        for what, pattern in _LEFT.items()
        if (end == "html") == ("HTML" in what) and (match := pattern.search(text))
    ]
    return "; ".join(left)
