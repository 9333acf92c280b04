"""The look of every figure and table: palette, style, captions that are also the alt text.

In: matplotlib axes or a frame, with a caption.   Out: an object that shows itself as accessible HTML.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

# Okabe and Ito's colours (2008), in the order in which they are told apart best on white and on near-black.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")

# Lines and letters are drawn in this colour and then become `currentColor`, so that one picture serves light and dark.
_INK = "#010203"


@dataclass(frozen=True)
class Picture:
    """A figure as inline SVG with its caption."""

    svg: str
    caption: str

    def _repr_html_(self) -> str:
        caption = escape(self.caption)
        return f'<figure role="img" aria-label="{caption}">{self.svg}<figcaption>{caption}</figcaption></figure>'


@dataclass(frozen=True)
class Table:
    """A frame as an escaped HTML table with its caption."""

    html: str
    caption: str

    def _repr_html_(self) -> str:
        label = escape(self.caption)
        return f'<div class="table" role="region" tabindex="0" aria-label="{label}">{self.html}</div>'


@contextmanager
def style() -> Iterator[None]:
    """Draw in the workbench's style within the block, and restore what was set before."""
    ink = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"), _INK
    )
    look = {
        **ink,
        "axes.prop_cycle": mpl.cycler(color=PALETTE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.alpha": 0.15,
        "figure.figsize": (7.0, 3.6),
        "figure.constrained_layout.use": True,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "font.family": "sans-serif",
    }
    with sns.axes_style("ticks"), mpl.rc_context(look):
        yield


def axes(ax: Axes | None = None) -> Axes:
    """Return the axes to draw on: the caller's, or new ones in the workbench's style."""
    if ax is not None:
        return ax
    with style():
        return plt.figure().add_subplot()


def figure(ax: Axes, caption: str) -> Picture:
    """Turn axes into a picture that shows itself in a notebook and in a report; the caption is also the alt text."""
    drawing = ax.figure
    buffer = io.StringIO()
    with style(), mpl.rc_context({"svg.hashsalt": caption}):
        drawing.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    plt.close(drawing.get_figure(root=True))
    svg = buffer.getvalue()
    return Picture(svg=svg[svg.index("<svg") :].replace(_INK, "currentColor"), caption=caption)


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    formats: Mapping[str, str | Callable[[Any], str]] | None = None,
    missing: str = "not measured",
) -> Table:
    """Turn a frame into an escaped HTML table: `formats` maps columns to format specs (".2f") or functions.

    >>> table(pd.DataFrame({"auc": [0.8123, None]}), "Quality", formats={"auc": ".2f"}).html.count("0.81")
    1
    """
    shown = frame.astype(object)
    for column in shown:
        spec = (formats or {}).get(str(column), "")
        write = spec if callable(spec) else f"{{:{spec}}}".format
        shown[column] = [missing if pd.isna(value) else write(value) for value in shown[column]]
    html = shown.to_html(index=False, escape=True, border=0, justify="unset")
    return Table(html=html.replace(">", f"><caption>{escape(caption)}</caption>", 1), caption=caption)
