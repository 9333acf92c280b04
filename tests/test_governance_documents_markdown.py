"""Markdown of the documents: hostile data stays text, whatever reads it; numbers are written for people."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters import markdown2html

from workbench.governance.documents import markdown

_SIGNS = st.text(alphabet="<>&|`*_[]()$#\\~!:/=-+.1 \n\tahtpswx@^{}\"'", max_size=40)
_KNOWN = {"table", "thead", "tbody", "tr", "th", "td", "p", "ul", "li", "h2", "blockquote", "br"}


class _Page(HTMLParser):
    """The tags, links and words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        # A heading gets an anchor to itself from nbconvert: that link is not of the data.
        own = dict(attrs).get("class") == "anchor-link"
        self.tags |= set() if own else {tag}
        self.attributes |= set() if own or tag == "h2" else {name for name, _ in attrs}

    def handle_data(self, data):
        self.words += data


@given(_SIGNS | st.text(max_size=40))
def test_no_tag_link_or_formula_of_the_data_survives(value):
    parts = [
        markdown.heading(value),
        markdown.paragraph(value),
        markdown.notice(value),
        markdown.listing([value], none="none"),
        markdown.table([value, "b"], [(value, 1), (2, value)], none="none"),
    ]
    page = _Page(markdown2html(markdown.whole(parts)))
    assert page.tags <= _KNOWN
    assert page.attributes <= {"style"}


@given(_SIGNS)
def test_what_is_read_is_what_was_written(value):
    shown = " ".join(value.split()) or "not known"
    page = _Page(markdown2html(markdown.table(["a"], [(f"x {value}",)], none="none")))
    assert " ".join(page.words.split()).removeprefix("a x").strip() == ("" if not value.strip() else shown)
    assert " ".join(_Page(markdown2html(markdown.paragraph(value))).words.split()) == shown


@pytest.mark.parametrize("bad", ["<script>a(1)</script>", "![a](b)", "[a](javascript:b)", "http://a.bc", "<a@b.cd>"])
def test_known_attacks_are_text(bad):
    html = markdown2html(markdown.paragraph(bad))
    assert not [tag for tag in ("<script", "<img", "<a ") if tag in html]


def test_signs_that_turn_or_hide_text_are_gone():
    assert markdown.text("in\u202eeht\u200b\x00") == "ineht"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not known"),
        (np.nan, "not known"),
        (pd.NaT, "not known"),
        (pd.NA, "not known"),
        (np.bool_(True), "yes"),
        (np.int64(1234), "1,234"),
        (np.float32(0.5), "0.500"),
        (0.0, "0.000"),
        (pd.Timestamp("2025-01-02 03:04"), "2025-01-02 03:04"),
        (pd.Timestamp("2025-01-02").date(), "2025-01-02"),
    ],
)
def test_values_are_written_for_people(value, shown):
    assert markdown.written(value) == shown


def test_long_texts_are_cut_and_say_so():
    assert markdown.text("a" * 2000).endswith("(cut here, 2,000 characters in all)")


def test_a_table_without_rows_says_why():
    assert markdown.table(["a"], [], none="Nothing is held.") == "Nothing is held."
    assert markdown.listing([], none="Nothing is held.") == "Nothing is held."
