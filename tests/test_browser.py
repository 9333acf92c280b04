"""The index and pages of reports in Chromium: what they ask for, how they are operated, read out and printed."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import nbformat.v4 as nb
import pytest

from browser_case import A4, chromium, not_drawn, opened, out_of_order, printed
from workbench import charts, market
from workbench.outputs import key_figure
from workbench.report.history import Past
from workbench.report.index import render_index
from workbench.report.outdated import mark_outdated
from workbench.report.record import Batch, Failure, Page, Run
from workbench.report.render import render_html

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ATTACK = "<script>window.harmed = 1</script>"
TITLES = {"france": "France", "india": "भारत", "japan": "日本"}
AUC = {"france": 0.81, "india": 0.7, "japan": None}


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def a_run(name, notebook="churn", **changes):
    run = Run(
        market=name,
        market_title=TITLES[name],
        notebook=notebook,
        title=notebook.title(),
        outcome="succeeded",
        started_at=NOW,
        seconds=60.0,
        energy_wh=0.5,
    )
    return replace(run, **changes)


def figures(name):
    auc = AUC[name]
    ends = {} if auc is None else {"low": auc - 0.01, "high": auc + 0.01}
    return [key_figure("auc", auc, at_least=0.75, **ends), key_figure("model", "trees"), key_figure("churn_rate", 0.5)]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Write an index of three markets and two notebooks, one of them failed, with a history of four runs."""
    pages = [Page(run=a_run(name), figures=figures(name)) for name in TITLES]
    failure = Failure(message=f"orders: 3 rows {ATTACK}", cell=4, heading=ATTACK)
    pages.append(Page(run=a_run("france", "value", outcome="failed", failure=failure), figures=figures("france")))
    values = {"data": "sample", "languages": ["en"], "regime": "gdpr", "timezone": "UTC", "currency": "EUR"}
    markets = [market.check({"market": name, "title": TITLES[name]} | values, place="test") for name in TITLES]
    days = [NOW - timedelta(days=day) for day in (9, 6, 3)]
    past = [Past(notebook="churn", name="auc", at=day, value=0.7, low=0.69, high=0.71) for day in days]
    html = render_index(
        markets,
        pages,
        notebooks={"churn": "Churn", "value": "Value"},
        made_at=NOW,
        documented={"france": "France"},
        histories=dict.fromkeys(TITLES, past),
        latest=Batch(started_at=NOW, seconds=100.0, overhead_seconds=2.0, outcomes={"succeeded": 3, "failed": 1}),
    )
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(html)
    return path


def rows(page, table=1):
    return [row.split("\t")[0] for row in page.locator(f"#table-{table} tbody tr:visible").all_inner_texts()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_index_is_at_home_in_a_browser(browser, index, scheme):
    with opened(browser, index, scheme=scheme) as shown:
        assert printed(shown.page)[0] == A4[::-1]
        assert out_of_order(shown) == {}


def test_filters_are_operated_by_keyboard_announced_and_kept_in_the_address(browser, index):
    with opened(browser, index) as shown:
        page = shown.page
        page.get_by_label("Figure").focus()
        page.keyboard.type("auc")
        page.keyboard.press("Tab")
        page.keyboard.type("missed")
        assert page.url.endswith("#figure=auc&verdict=missed")
        assert (rows(page), page.locator("#table-1 thead th:visible").count()) == (["भारत"], 3)
        assert page.get_by_role("status").inner_text() == "1 of 9 rows and 1 of 10 columns shown"
        assert not page.locator("#table-of-targets").is_visible()
        page.get_by_role("button", name="Show all").press("Enter")
        page.wait_for_url("**/index.html#")
        assert (len(rows(page)), shown.said) == (3, [])


def test_a_shared_address_opens_as_it_was_left_and_an_unknown_market_is_no_filter(browser, index):
    with opened(browser, index, anchor="#market=日本&sort=table-1:down:AUC") as shown:
        assert rows(shown.page) == ["日本"]
        shown.page.get_by_label("Market").select_option("")
        assert rows(shown.page) == ["France", "भारत", "日本"]
    with opened(browser, index, anchor="#market=Atlantis") as shown:
        assert len(rows(shown.page)) == 3


def test_columns_sort_up_and_down_and_what_is_not_measured_comes_last(browser, index):
    with opened(browser, index) as shown:
        button = shown.page.locator("#table-1").get_by_role("button", name="AUC")
        head = shown.page.locator("#table-1 th[data-figure=AUC]")
        for way, expected in (("ascending", ["भारत", "France", "日本"]), ("descending", ["France", "भारत", "日本"])):
            button.press("Enter")
            assert (rows(shown.page), head.get_attribute("aria-sort")) == (expected, way)


def test_the_view_for_a_board_is_targets_failures_and_what_moved_on_two_sheets(browser, index):
    with opened(browser, index, anchor="#board") as shown:
        page = shown.page
        titles = ["What failed", "The workbench against its targets", "What moved"]
        assert page.locator("h2:visible").all_inner_texts() == titles
        assert "France: Churn, AUC: 0.810, ↑ up 0.110 since 27 February 2026" in page.locator(".moved").inner_text()
        assert len(printed(page)) <= 2
        page.get_by_role("link", name="All tables").press("Enter")
        assert page.get_by_role("heading", name="Churn").is_visible()


def test_without_script_the_index_says_everything_and_offers_no_filter(browser, index):
    with opened(browser, index, script=False) as shown:
        assert (len(rows(shown.page)), shown.page.locator("form, button").filter(visible=True).count()) == (3, 0)


def test_no_other_script_runs_on_the_index(browser, index):
    with opened(browser, index) as shown:
        shown.page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'harmed = 1'}))"
        )
        assert not shown.page.evaluate("'harmed' in window")
        assert "script-src" in shown.said[0]


def a_page(path, *texts, **changes):
    axes = charts.axes()
    axes.plot([1, 2], [2, 1])
    drawn = nb.new_output("display_data", data={"text/html": charts.figure(axes, "Orders")._repr_html_()})
    cells = [nb.new_markdown_cell(text) for text in texts] + [nb.new_code_cell("", outputs=[drawn])]
    notebook = nb.new_notebook(cells=cells)
    path.write_text(render_html(notebook, Page(run=a_run("japan", **changes), figures=figures("india"))))
    return path


def test_a_page_of_a_failure_and_one_that_is_out_of_date_are_at_home_in_a_browser(browser, tmp_path):
    failed = a_page(tmp_path / "failed.html", outcome="failed", failure=Failure(message="late", cell=1))
    old = a_page(tmp_path / "old.html", "# Old\n\n## Findings\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    old.write_text(mark_outdated(old.read_text(), "a newer run began"))
    for path in (failed, old):
        with opened(browser, path, scheme="dark") as shown:
            assert out_of_order(shown) == {}


def has_font(language):
    listing = ["fc-list", f":lang={language}", "family"]
    return shutil.which(listing[0]) and subprocess.run(listing, capture_output=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "お客様に関する判断のご説明：解約リスク、標準"),
        ("hi", "ग्राहक के बारे में निर्णय की व्याख्या, सामान्य, ₹"),
        ("en", "✓✗○–↑↓"),
    ],
    ids=("Japanese", "Hindi", "marks"),
)
def test_no_sign_of_a_language_is_missing(browser, tmp_path, language, text):
    if not has_font(language):
        pytest.skip(f"no font for the language {language} is known to be installed")
    with opened(browser, a_page(tmp_path / "page.html", f"# {text}\n\n{text}")) as shown:
        assert text in shown.page.inner_text("article")
        assert not_drawn(shown.page, text + "\u0378") == "\u0378"


def test_the_checks_see_a_page_that_is_not_at_home(browser, tmp_path):
    path = tmp_path / "poor.html"
    path.write_text(
        "<!doctype html><style>a:focus { outline: none } @page { size: A5 } p { width: 1200px; color: #ccc }</style>"
        "<p>faint</p><a href='#x'>link</a><img src='https://example.org/x.png'><script>console.log('said')</script>"
    )
    with opened(browser, path) as shown:
        found = out_of_order(shown)
    assert set(found) == {
        "asked for",
        "console",
        "axe-core",
        "not reached",
        "not A4",
        "wider than a phone",
        "wider than paper",
    }
    assert {line.partition(":")[0] for line in found["axe-core"]} >= {"color-contrast", "image-alt", "html-has-lang"}
