"""The look of every figure and table: palette, style, captions that are also the alt text.

In: matplotlib axes or a frame, with a caption.   Out: an object that shows itself as accessible HTML.
"""

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.legend import Legend
from matplotlib.text import Text

# Okabe and Ito's colours (2008), in the order in which they are told apart best on white and on near-black.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")

# Whatever is drawn black, matplotlib's default, becomes `currentColor`: one picture serves light, dark and print.
_INK = "#000000"

# Wide enough for axis labels, small enough that letters of 10.5 points can still be read at the width of a phone.
_INCHES = (6.2, 3.5)

# What a module has to show of a result, by caption: see `show`.
Exhibits = dict[str, Axes | pd.DataFrame | str]

# A column is as wide as its longest text wants it to be read, by characters.
_WIDTHS = ((81, "long"), (33, "phrase"), (13, "words"), (0, "short"))

# A scatter of more points becomes an image within the picture: as shapes, 20,000 of them would weigh two megabytes.
_MOST_POINTS = 1500


@dataclass(frozen=True)
class Picture:
    """A figure as inline SVG with its caption."""

    svg: str = field(repr=False)
    caption: str

    def _repr_html_(self) -> str:
        return f"<figure>{self.svg}<figcaption>{escape(self.caption)}</figcaption></figure>"


@dataclass(frozen=True)
class Table:
    """A frame as an escaped HTML table with its caption, in a region that scrolls by itself where it is wide."""

    html: str = field(repr=False)
    caption: str

    def _repr_html_(self) -> str:
        label = escape(self.caption)
        return f'<div class="table" role="region" tabindex="0" aria-label="{label}">{self.html}</div>'


@dataclass(frozen=True)
class Note:
    """A sentence where a figure or a table cannot be: what is not known, and why."""

    text: str

    def _repr_html_(self) -> str:
        return f'<p class="note">{escape(self.text)}</p>'


@dataclass(frozen=True)
class Gallery:
    """Several figures, tables and notes, one below the other."""

    parts: tuple[Any, ...]

    def _repr_html_(self) -> str:
        return "\n".join(part._repr_html_() for part in self.parts)


@contextmanager
def style() -> Iterator[None]:
    """Draw in the workbench's style within the block, and restore what was set before."""
    ink = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK)
    look: dict[Any, Any] = {
        **ink,
        "axes.prop_cycle": cycler(color=PALETTE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.titleweight": "bold",
        "axes.titlesize": "medium",
        "axes.titlelocation": "left",
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "grid.color": _INK,
        "grid.alpha": 0.15,
        "figure.figsize": _INCHES,
        "figure.constrained_layout.use": True,
        "legend.frameon": False,
        # Letters stay letters: the reader's browser has fonts for every script, and screen readers can find them.
        "svg.fonttype": "none",
        "text.parse_math": False,
        "font.size": 10.5,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
    }
    # Brings scipy.stats, two thirds of what this module would take to import: whoever draws nothing does without.
    import seaborn as sns

    with sns.axes_style("ticks"), mpl.rc_context(look):
        yield


def axes(ax: Axes | None = None) -> Axes:
    """Return the axes to draw on: the caller's, or new ones in the workbench's style."""
    if ax is not None:
        return ax
    with style():
        return plt.figure().add_subplot()


def figure(ax: Axes, caption: str) -> Picture:
    """Turn axes into a picture that shows itself in a notebook and in a report; the caption is also the alt text.

    >>> figure(axes(), "Customers by <month>").svg[:55]
    '<svg role="img" aria-label="Customers by &lt;month&gt;"'
    """
    drawing = ax.get_figure(root=True)
    assert drawing is not None, "axes that were removed from their figure cannot be shown"
    for points in drawing.findobj(PathCollection):
        points.set_rasterized(np.shape(points.get_offsets())[0] > _MOST_POINTS)
    # What lies between two dollar signs of the data is no formula.
    for text in drawing.findobj(Text):
        text.set_parse_math(False)
    # A legend drawn outside of style() would have a white box, also on a dark page.
    for legend in drawing.findobj(Legend):
        legend.set_frame_on(False)
    buffer = io.StringIO()
    with style(), mpl.rc_context({"svg.hashsalt": caption}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawing.savefig(buffer, format="svg", dpi=150, transparent=True, metadata=dict.fromkeys(_METADATA))
    plt.close(drawing)
    return Picture(svg=_inline(buffer.getvalue(), caption), caption=caption)


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    missing: str = "not measured",
) -> Table:
    """Turn a frame into an escaped HTML table: `formats` maps columns to format specs (".2f") or functions.

    Columns without a format are written for people: 3 decimals, thousands separated but in years, dates without
    midnight. The first column heads its row; headings are the columns' names with spaces for underscores; an empty
    frame says 'none'.

    >>> table(pd.DataFrame({"auc": [0.8123, None]}), "Quality", formats={"auc": ".2f"}).html.count("0.81")
    1
    """
    head, columns = "", []
    for position, (name, values) in enumerate(frame.items()):
        number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        kind = ' class="number"' if number else ""
        head += f'<th scope="col"{kind}>{escape(str(name).replace("_", " "))}</th>'
        spec = (formats or {}).get(str(name), "d" if _are_years(values) else _plain)
        write = spec if callable(spec) else f"{{:{spec}}}".format
        tag = 'th scope="row"' if position == 0 else "td"
        texts = [missing if pd.isna(value) else write(value) for value in values.tolist()]
        kind = kind or _width(max(map(len, texts), default=0))
        columns.append([f"<{tag}{kind}>{escape(text)}</{tag[:2]}>" for text in texts])
    rows = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True))
    rows = rows or f'<tr><td colspan="{len(columns)}">none</td></tr>'
    html = (
        f"<table><caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    )
    return Table(html=html, caption=caption)


def _width(most: int) -> str:
    """Return the class of a column by its longest text: a sentence, a phrase, or a word or a day that is not broken."""
    return next(f' class="{name}"' for least, name in _WIDTHS if most >= least)


def show(exhibits: Mapping[str, Axes | pd.DataFrame | str]) -> Gallery:
    """Turn what a module has to show, by caption, into figures (axes), tables (frames) and notes (texts).

    Columns that hold shares, named so, are written in per cent. The caption of a note is not shown.

    >>> shown = show({"Quality": pd.DataFrame({"share": [0.25]}), "why": "a note"})._repr_html_()
    >>> "25.0%" in shown, shown.splitlines()[-1]
    (True, '<p class="note">a note</p>')
    """
    return Gallery(tuple(_exhibit(caption, shown) for caption, shown in exhibits.items()))


def _exhibit(caption: str, shown: Axes | pd.DataFrame | str) -> Picture | Table | Note:
    if isinstance(shown, str):
        return Note(shown)
    if isinstance(shown, Axes):
        return figure(shown, caption)
    shares = [str(name) for name in shown if "share" in str(name) and pd.api.types.is_float_dtype(shown[name])]
    return table(shown, caption, formats=dict.fromkeys(shares, ".1%"))


_METADATA = ("Creator", "Date", "Format", "Type")
_REFERENCE = re.compile(r"""(?<=["(])#([\w.-]+)(?=[")])""")


def _inline(svg: str, caption: str) -> str:
    """Fit matplotlib's SVG file into a page: named, unique ids, the reader's colours and letters, as small as it goes.

    Its ids repeat from file to file; those that nothing points at go, the others get a prefix of their own.
    """
    prefix = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    used = set(_REFERENCE.findall(svg))
    # A hundredth of a point cannot be seen, and the digits behind it are a third of the file.
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), svg)
    root = (
        f'<svg role="img" aria-label="{escape(caption)}" fill="currentColor" stroke-linejoin="round" '
        'style="max-width: 100%; height: auto" '
    )
    svg = root + svg[svg.index("<svg") + 5 :]
    svg = re.sub(r"\s*<(metadata|style).*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="([^"]+)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", svg)
    svg = _REFERENCE.sub(rf"#{prefix}-\1", svg)
    svg = re.sub(r";? ?font-family: [^;\"]+", "", svg).replace(_INK, "currentColor")
    return re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><").strip()


def _are_years(values: "pd.Series[Any]") -> bool:
    return pd.api.types.is_integer_dtype(values) and bool(values.between(1900, 2100).all())


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}" if abs(value) >= 0.01 else f"{value:.2g}"
        case int():
            return f"{value:,}"
        case pd.Timestamp():
            return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
