"""Figures and tables show themselves as accessible HTML that fits light, dark and any number to a page."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from workbench import charts


def picture(caption="Orders per month", label="orders"):
    ax = charts.axes()
    ax.plot([1, 2, 3], [2, 1, 4], marker="o", label=label)
    ax.set_xlabel("month")
    ax.legend()
    return charts.figure(ax, caption)


def ids(svg):
    return re.findall(r' id="([^"]+)"', svg)


def test_a_picture_is_named_by_its_caption():
    page = BeautifulSoup(picture('A < B & "C"')._repr_html_(), "html.parser")
    assert page.svg["role"] == "img"
    assert page.svg["aria-label"] == page.figcaption.text == 'A < B & "C"'


def test_black_is_drawn_in_the_readers_colour_and_the_palette_kept():
    svg = picture().svg
    assert "#000000" not in svg
    assert svg.count("currentColor") > 5
    assert "#0072b2" in svg


def test_a_legend_drawn_outside_the_style_has_no_white_box():
    assert "#ffffff" not in picture().svg


def test_ids_of_several_pictures_on_a_page_do_not_clash_and_every_reference_finds_its_own():
    first, second = picture(label="a").svg, picture(label="b").svg
    assert ids(first)
    assert not set(ids(first)) & set(ids(second))
    for svg in (first, second):
        assert sorted(set(re.findall(r'["(]#([^")]+)[")]', svg))) == sorted(ids(svg))


def test_the_same_drawing_gives_the_same_bytes():
    assert picture().svg == picture().svg


def test_a_picture_brings_no_style_sheet_and_names_no_address_but_namespaces():
    svg = picture().svg
    assert "<style" not in svg
    assert set(re.findall(r'[\w:]*="https?://[^"]*"', svg)) == {
        'xmlns:xlink="http://www.w3.org/1999/xlink"',
        'xmlns="http://www.w3.org/2000/svg"',
    }


def test_a_scatter_of_many_points_stays_small():
    ax = charts.axes()
    ax.scatter(*np.random.default_rng(0).random((2, 20_000)))
    svg = charts.figure(ax, "Many").svg
    assert len(svg) < 200_000
    assert 'xlink:href="data:image/png;base64,' in svg


def test_letters_of_any_script_stay_letters_without_a_warning():
    svg = picture(label="日本のお客様 ग्राहक <b>").svg
    assert "日本のお客様 ग्राहक &lt;b&gt;" in svg
    assert "DejaVu" not in svg


def test_dollar_signs_are_letters_and_no_formula():
    ax = charts.axes()
    ax.bar(["$x^{2$ & more", "$\\frac{$"], [1, 2], label="$y_$")
    ax.set_xlabel("$z$")
    ax.legend()
    svg = charts.figure(ax, "Prices in $").svg
    assert all(f">{text}</text>" in svg for text in ("$x^{2$ &amp; more", "$\\frac{$", "$y_$", "$z$"))


def test_the_style_is_restored_and_the_figure_closed():
    before = dict(mpl.rcParams)
    picture()
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_axes_of_the_caller_are_used():
    own = plt.figure().add_subplot()
    assert charts.axes(own) is own
    plt.close(own.figure)


def test_a_table_heads_its_columns_and_rows_and_aligns_numbers():
    frame = pd.DataFrame({"market": ["Germany"], "customers": [20_000], "year": [2011]})
    page = BeautifulSoup(charts.table(frame, "Size").html, "html.parser")
    assert page.caption.text == "Size"
    assert [(th.text, th["scope"], th.get("class")) for th in page.find_all("th")] == [
        ("market", "col", None),
        ("customers", "col", ["number"]),
        ("year", "col", ["number"]),
        ("Germany", "row", ["short"]),
    ]
    assert [td.text for td in page.find_all("td")] == ["20,000", "2011"]


def test_values_are_written_for_people():
    row = [0.81234, np.float32(0.5), 1234.5, True, pd.Timestamp("2011-12-01"), pd.Timestamp("2011-12-01 08:30"), None]
    html = charts.table(pd.DataFrame([row]), "Kinds").html
    found = [cell.text for cell in BeautifulSoup(html, "html.parser").tbody.find_all(["th", "td"])]
    assert found == ["0.812", "0.500", "1,234", "yes", "2011-12-01", "2011-12-01 08:30", "not measured"]


def test_formats_are_specs_or_functions():
    frame = pd.DataFrame({"share": [0.256], "gap": [3.0]})
    html = charts.table(frame, "Formats", formats={"share": ".1%", "gap": lambda days: f"{days:.0f} days"}).html
    assert "25.6%" in html
    assert "3 days" in html


@given(st.text(), st.text())
def test_no_text_of_the_data_becomes_markup(name, value):
    html = charts.table(pd.DataFrame({name: [value + "<script>"]}), value)._repr_html_()
    page = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in page.find_all()} == {"div", "table", "caption", "thead", "tbody", "tr", "th"}


def test_an_empty_table_says_none():
    html = charts.table(pd.DataFrame({"column": [], "reason": []}), "Leaks").html
    assert BeautifulSoup(html, "html.parser").tbody.text.strip() == "none"


def test_a_note_is_escaped():
    assert charts.Note("<script>")._repr_html_() == '<p class="note">&lt;script&gt;</p>'


def test_what_is_shown_becomes_figures_tables_and_notes_in_their_order():
    ax = charts.axes()
    ax.plot([1, 2])
    gallery = charts.show({"A line": ax, "Sizes": pd.DataFrame({"n": [3]}), "unseen caption": "Why <this>"})
    assert [type(part) for part in gallery.parts] == [charts.Picture, charts.Table, charts.Note]
    page = BeautifulSoup(gallery._repr_html_(), "html.parser")
    assert [tag.name for tag in page.find_all(recursive=False)] == ["figure", "div", "p"]
    assert [page.figcaption.text, page.caption.text, page.p.text] == ["A line", "Sizes", "Why <this>"]
    assert "unseen caption" not in page.text
    assert plt.get_fignums() == []


def test_a_gallery_of_nothing_is_empty():
    assert charts.show({})._repr_html_() == ""


def test_shares_are_shown_in_per_cent_and_what_is_named_so_but_no_number_as_it_is():
    frame = pd.DataFrame(
        {"segment": ["a", "b"], "share_of_value": [0.256, np.nan], "shareholder": ["Ms A", "Mr B"], "shares": [7, 8]}
    )
    page = BeautifulSoup(charts.show({"Shares": frame})._repr_html_(), "html.parser")
    cells = [[td.text for td in row.find_all("td")] for row in page.tbody.find_all("tr")]
    assert cells == [["25.6%", "Ms A", "7"], ["not measured", "Mr B", "8"]]


_KINDS = ("short", "words", "words", "phrase", "phrase")


def test_a_column_is_as_wide_as_its_longest_text_wants():
    html = charts.table(pd.DataFrame({"rank": [1], "reasons": ["silent for long; " * 6]}), "List").html
    assert '<td class="long">silent' in html
    assert 'class="long"' not in charts.table(pd.DataFrame({"rank": [1], "plan": ["year"]}), "List").html
    kinds = [charts.table(pd.DataFrame({"rank": [1], "text": ["x" * n]}), "List").html for n in (12, 13, 32, 33, 80)]
    assert [html.count(f'<td class="{kind}">') for html, kind in zip(kinds, _KINDS, strict=True)] == [1] * 5
