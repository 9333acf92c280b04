"""A page for stakeholders: key figures first, no code, readable by everybody, and nothing on it that runs or loads."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import nbformat.v4 as nb
import pytest
from bs4 import BeautifulSoup

from workbench import charts
from workbench.outputs import key_figure
from workbench.report.outdated import mark_outdated
from workbench.report.record import Failure, Page, Run
from workbench.report.render import render_html

ATTACK = "<script>alert(1)</script>"
RUN = Run(
    market="germany",
    market_title="Germany",
    notebook="churn",
    title="Churn",
    outcome="succeeded",
    started_at=datetime(2026, 3, 1, 14, 2, tzinfo=UTC),
    seconds=74.2,
    energy_wh=0.42,
    period="2024-01-01 to 2025-12-31",
    data_fingerprint="9f2c1e77ab0134cd",
    versions={"workbench": "0.1.0", "pandas": "3.1.0"},
)
FIGURES = [
    key_figure("auc", 0.8123, low=0.79, high=0.83, at_least=0.75),
    key_figure("calibration_error", 0.061, at_most=0.05),
    key_figure("satisfaction", None, unit="share", at_least=0.85, note="no messages"),
    key_figure("churn_rate", 0.561, unit="share"),
]


def markdown(text):
    return nb.new_markdown_cell(text)


def code(*outputs):
    return nb.new_code_cell("secret_source = 1", outputs=list(outputs), execution_count=1)


def shown(html, plain="plain"):
    return nb.new_output("display_data", data={"text/html": html, "text/plain": plain})


def render(*cells, figures=FIGURES, **changes):
    html = render_html(nb.new_notebook(cells=list(cells)), Page(run=replace(RUN, **changes), figures=figures))
    return BeautifulSoup(html, "html.parser")


def words(tag):
    return " ".join(tag.get_text(" ").split())


def picture(caption):
    ax = charts.axes()
    ax.plot([1, 2], [2, 1], marker="o")
    return shown(charts.figure(ax, caption)._repr_html_())


def test_the_header_says_what_when_with_what_and_at_what_price():
    page = render(markdown("# Who is likely to leave?"))
    assert page.html["lang"] == "en"
    assert page.title.text == "Churn · Germany"
    assert page.h1.text == "Who is likely to leave?"
    header = words(page.header)
    for fact in (
        "Germany",
        "2024-01-01 to 2025-12-31",
        "1 March 2026, 14:02 UTC",
        "0.420 Wh (estimated)",
        "9f2c1e77ab01",
        "workbench 0.1.0 · pandas 3.1.0",
        "1 min 14 s",
    ):
        assert fact in header


def test_what_is_not_known_is_said():
    header = words(render(energy_wh=None, period=None, data_fingerprint=None).header)
    assert "Energy of this page not measured" in header
    assert header.count("not known") == 2


def test_synthetic_data_is_named_and_real_data_is_not_called_synthetic():
    assert "Synthetic sample data" in words(render(synthetic=True).header)
    assert "ynthetic" not in words(render(synthetic=False))


def test_key_figures_stand_first_with_words_and_shapes_for_their_verdicts():
    page = render(markdown("# Title\n\nProse."))
    cards = [words(card) for card in page.select(".card")]
    assert cards == [
        "AUC 0.812 0.790 to 0.830 Target: at least 0.75 ✓ met",
        "Calibration error 0.061 Target: at most 0.05 ✗ missed",
        "Satisfaction – Target: at least 85% ○ not measured no messages",
    ]
    assert words(page.main).startswith("Key figures AUC")
    assert "Churn rate 56.1%" in words(page.main.section)


def test_no_code_no_prompt_no_warning_and_no_traceback_is_shown():
    page = render(
        code(
            nb.new_output("stream", name="stderr", text="FutureWarning"),
            nb.new_output("error", ename="KeyError", evalue="'Anna'", traceback=["KeyError: 'Anna'"]),
            nb.new_output("execute_result", data={"text/plain": "a < b"}, execution_count=1),
        )
    )
    assert words(page.article) == "a < b"
    assert "secret_source" not in str(page)


@pytest.mark.filterwarnings("error")
def test_outputs_for_programs_are_not_shown():
    only_for_programs = nb.new_output("display_data", data={"application/vnd.workbench.data+json": {"first": "x"}})
    script = nb.new_output("display_data", data={"application/javascript": "alert(1)"})
    assert words(render(code(only_for_programs, script)).article) == ""


def test_contents_lead_to_headings_with_anchors_of_their_own():
    page = render(markdown("# Title\n\n## Main\n\n### Deep\n\n## Main\n\n##### Jump\n\n# 日本 & more"))
    links = [(link.text, link["href"]) for link in page.nav.find_all("a")]
    assert links == [
        ("Main", "#main-2"),
        ("Deep", "#deep"),
        ("Main", "#main-3"),
        ("Jump", "#jump"),
        ("日本 & more", "#日本-more"),
    ]
    assert [tag.name for tag in page.article.find_all(re.compile("^h"))] == ["h2", "h3", "h2", "h3", "h2"]
    assert len(page.find_all("h1")) == 1
    assert all(page.find(id=href[1:]) is not None for _, href in links)


def test_every_id_stands_once_and_every_reference_is_answered():
    page = render(markdown("# T\n\n## Findings"), code(picture("One"), picture("Two")))
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href|labelledby)="#?([^"./]+)"', str(page))) <= set(ids)


def test_pictures_and_tables_keep_their_captions_as_alternative_text():
    page = render(code(picture("Orders & customers")), markdown("| a | b |\n|---|---|\n| 1 | 2 |"))
    assert page.svg["aria-label"] == page.figcaption.text == "Orders & customers"
    region = page.article.table.parent
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Table 1")


def test_an_empty_corner_of_a_table_is_no_heading_and_claims_no_column():
    page = render(code(shown("<table><tr><th scope='col'></th><th scope='col'>a</th></tr></table>")))
    assert [(cell.name, cell.attrs) for cell in page.article.tr.find_all(True)] == [
        ("td", {}),
        ("th", {"scope": "col"}),
    ]


def test_text_from_anywhere_is_text_on_the_page():
    figure = key_figure(ATTACK, ATTACK, unit=ATTACK, at_least=1, note=ATTACK)
    cells = (
        markdown(f"# {ATTACK} title\n\n## {ATTACK} heading\n\n{ATTACK} <img src=x onerror=alert(1)>"),
        code(nb.new_output("stream", name="stdout", text=ATTACK), shown(ATTACK), picture(ATTACK)),
        code(nb.new_output("execute_result", data={"text/plain": ATTACK})),
    )
    page = render(*cells, figures=[figure], market_title=ATTACK, title=ATTACK, period=ATTACK, versions={ATTACK: ATTACK})
    assert page.find("script") is None
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    assert page.title.text == f"{ATTACK} · {ATTACK}"
    assert [words(lines) for lines in page.article.find_all("pre")] == [ATTACK, ATTACK]


def test_a_page_loads_nothing_forbids_the_rest_and_is_small():
    cells = [markdown("# T\n\n[paper](https://doi.org/10.1/x)"), *(code(picture(f"Figure {n}")) for n in range(8))]
    page = render(*cells)
    assert not re.search(r"""(src|href)=["']?(https?:)?//|url\(\s*["']?http|@import""", str(page))
    assert "paper (https://doi.org/10.1/x)" in words(page.article)
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert len(str(page).encode()) < 1_000_000


def test_a_failure_says_what_where_and_when_and_links_to_the_earlier_report():
    failure = Failure(message=f"InputError: orders: 3 rows {ATTACK}", cell=7, heading="Findings")
    run = replace(RUN, outcome="failed", failure=failure)
    frames = [
        "Cell In[7], line 1\n----> 1 fit(x)\n",
        "File churn.py:12, in fit(x)\n     11 x\n---> 12 raise",
        "KeyError: 'Anna'",
    ]
    notebook = nb.new_notebook(
        cells=[markdown("# T\n\nProse."), code(nb.new_output("error", ename="K", evalue="'Anna'", traceback=frames))]
    )
    page = BeautifulSoup(render_html(notebook, Page(run=run, previous="churn.previous.html")), "html.parser")
    said = words(page.main)
    assert "the run failed In cell 7, under “Findings”: InputError: orders: 3 rows <script>" in said
    assert "1 March 2026, 14:02 UTC" in words(page.header)
    assert "Cell In[7], line 1 ----> 1 fit(x) File churn.py:12, in fit(x)" in words(page.details)
    assert "Anna" not in str(page)
    assert "Prose" not in said
    assert page.main.a["href"] == "churn.previous.html"


def test_a_failure_before_the_first_cell_and_without_an_earlier_report_says_so():
    run = replace(RUN, outcome="timed out", failure=Failure(message="too late"))
    said = words(BeautifulSoup(render_html(nb.new_notebook(), Page(run=run)), "html.parser").main)
    assert said == "✗ There is no report: the run timed out Before the first cell: too late There is no earlier report."


def test_marking_a_page_out_of_date_shows_one_banner_whatever_came_before():
    html = render_html(nb.new_notebook(cells=[markdown("# T")]), Page(run=RUN))
    assert BeautifulSoup(html, "html.parser").aside.has_attr("hidden")
    twice = mark_outdated(mark_outdated(html, "first \\1"), f"second {ATTACK}")
    page = BeautifulSoup(twice, "html.parser")
    assert [words(banner) for banner in page.find_all("aside")] == [f"Out of date: second {ATTACK}"]
    assert not page.aside.has_attr("hidden")
    assert mark_outdated(twice, f"second {ATTACK}") == twice


def test_a_page_of_another_make_can_be_marked_too():
    assert mark_outdated("<body class='a'><p>x</p></body>", "old").startswith("<body class='a'><aside")
