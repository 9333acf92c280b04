"""The index shows all markets against their targets, what failed and why, and never an old figure as a new one."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bs4 import BeautifulSoup

from workbench import market
from workbench.outputs import key_figure
from workbench.report.history import Past
from workbench.report.index import render_index, summarise
from workbench.report.record import Batch, Failure, Page, Run

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"
AUC = key_figure("auc", 0.8123, low=0.79, high=0.83, at_least=0.75)
MODEL = key_figure("model", "logistic regression")


def a_market(name, **changes):
    values = {"market": name, "title": name.title(), "data": "sample", "languages": ["en"], "regime": "gdpr"}
    return market.check(values | {"timezone": "UTC", "currency": "EUR"} | changes, place="test")


def a_page(name, *figures, notebook="churn", previous=None, **changes):
    run = Run(
        market=name,
        market_title=name.title(),
        notebook=notebook,
        title=notebook.title(),
        outcome="failed" if "failure" in changes else "succeeded",
        started_at=NOW,
        seconds=60.0,
    )
    return Page(run=replace(run, **changes), figures=figures, previous=previous)


def render(markets, pages, notebooks=None, **more):
    html = render_index(markets, pages, notebooks=notebooks or {"churn": "Churn"}, made_at=NOW, **more)
    return BeautifulSoup(html, "html.parser")


def words(tag):
    return " ".join(tag.get_text(" ").split())


def rows(page, number):
    return [words(row) for row in page.find_all("table")[number].tbody.find_all("tr")]


def test_the_four_targets_stand_on_top_as_not_measured():
    page = render([a_market("france"), a_market("japan", target_accuracy=0.8)], [])
    head = words(page.table.thead)
    assert head == "Market Accuracy Compliance at least 100% Energy saving at least 30% Satisfaction at least 85%"
    assert rows(page, 0)[0] == "France ○ not measured at least 90%" + " ○ not measured" * 3
    assert rows(page, 0)[1].startswith("Japan ○ not measured at least 80%")


def test_a_target_that_a_notebook_measures_takes_its_figure():
    accuracy = key_figure("accuracy", 0.93, unit="share", at_least=0.9)
    overview = summarise([a_market("france")], [a_page("france", accuracy, notebook="sentiment")], notebooks={})
    assert overview.targets.lines[0].figures[0] == accuracy
    assert overview.verdicts == {"met": 1, "missed": 0, "not measured": 3}


def test_every_market_stands_in_every_notebooks_table():
    missed = key_figure("auc", 0.7, at_least=0.75)
    pages = [a_page("france", MODEL, AUC), a_page("india", missed)]
    page = render([a_market("france"), a_market("india"), a_market("japan")], pages)
    assert words(page.find_all("table")[1].thead) == "Market AUC at least 0.75 Model Made"
    assert rows(page, 1) == [
        "France 0.812 0.790 to 0.830 ✓ met logistic regression 2 March 2026, 09:30 UTC",
        "India 0.700 ✗ missed – 2 March 2026, 09:30 UTC",
        "Japan ○ not run yet – – –",
    ]
    assert [link["href"] for link in page.find_all("a") if "churn" in link["href"]] == [
        "france/churn.html",
        "india/churn.html",
    ]


def test_a_failure_says_why_and_its_old_figures_are_out_of_date():
    failure = Failure(message=f"orders: 3 rows {ATTACK}", cell=4, heading=ATTACK)
    failed = a_page("france", AUC, failure=failure, previous="churn.previous.html")
    page = render([a_market("france")], [failed])
    said = words(page.find(class_="failure"))
    assert f"France: Churn failed, 2 March 2026, 09:30 UTC In cell 4, under “{ATTACK}”: orders: 3 rows {ATTACK}" in said
    assert [link["href"] for link in page.find(class_="failure").find_all("a")] == [
        "france/churn.html",
        "france/churn.previous.html",
    ]
    assert rows(page, 1)[0].startswith("France ✗ failed figures out of date 0.812")
    assert summarise([], [failed], notebooks={}).verdicts["met"] == 0


def test_totals_count_what_was_made_and_what_it_took():
    pages = [a_page("france", AUC, energy_wh=0.25), a_page("india", energy_wh=0.5), a_page("japan", seconds=12.0)]
    overview = summarise([a_market("brazil")], pages, notebooks={"churn": "Churn", "value": "Value"})
    assert (overview.reports, overview.expected) == (3, 8)
    total = overview.costs.sums.total
    assert (total.seconds, total.energy_wh, total.not_measured) == (132.0, 0.75, 1)
    assert "0.750 Wh (estimated)" in words(render([], pages).header)


def test_energy_that_nobody_measured_is_not_measured():
    assert "Energy not measured" in words(render([a_market("france")], []).header)


MEASURED = {
    "energy_wh": 0.5,
    "energy_low_wh": 0.25,
    "energy_high_wh": 0.75,
    "energy_method": "measured",
    "gco2e": 190.0,
}


def test_what_every_report_cost_stands_there_with_its_interval_and_the_sums():
    pages = [a_page("france", **MEASURED), a_page("japan", notebook="value", seconds=12.0)]
    page = render([a_market("india")], pages)
    metered, unmetered = "190 g CO2e 1 min 0 s", "not measured carbon not known 12.0 s"
    amount = "0.500 Wh 0.250 to 0.750 measured"
    assert rows(page, -1) == [
        f"France {amount} {metered} – {amount} {metered}",
        f"Japan – {unmetered} {unmetered}",
        f"All markets {amount} {metered} {unmetered} {amount}, without 1 not measured 190 g CO2e 1 min 12 s",
    ]
    assert "All of them: 0.500 Wh (measured, 0.250 to 0.750), 190 g CO2e, 1 min 12 s; not measured" in words(page)
    assert (page.find("details"), len(render([], []).find_all("table"))) == (None, 2)


def test_a_long_list_of_costs_is_folded():
    page = render([], [a_page(f"market {number}", **MEASURED) for number in range(9)])
    assert page.find("details").find("table") is page.find_all("table")[-1]


def past(value, days, notebook="sentiment"):
    moment = NOW - timedelta(days=days)
    return Past(notebook=notebook, name="accuracy", at=moment, value=value, low=value - 0.01, high=value + 0.01)


def test_a_target_says_where_its_figure_goes_and_draws_it_from_three_runs_on():
    accuracy = key_figure("accuracy", 0.93, low=0.92, high=0.94, unit="share", at_least=0.9)
    page = a_page("france", accuracy, notebook="sentiment")
    history = [past(0.9, 20), past(0.1, 15, "other"), past(0.9, 10), past(0.93, 0)]
    shown = render([a_market("france"), a_market("india")], [page], histories={"france": history})
    assert (
        "93.0% 92.0% to 94.0% ✓ met ↑ up 3.0 points since 20 February 2026 beyond both intervals" in rows(shown, 0)[0]
    )
    drawn, in_brief = shown.find_all("svg")
    assert in_brief["aria-label"] == "Accuracy after the last 3 runs: 90.0% to 93.0%, now 93.0%"
    assert (drawn["role"], drawn["aria-label"].endswith("2026: 90.0%, 90.0%, 93.0%")) == ("img", True)
    assert {tag.get("fill") for tag in drawn.find_all(True)} <= {"currentColor", "none"}
    assert "first run" in rows(render([a_market("france")], [page]), 0)[0]


def test_every_figure_says_in_brief_where_it_goes_and_what_moved_stands_by_itself():
    figures = [key_figure("auc", 0.8, low=0.79, high=0.81), key_figure("brier", 0.2), key_figure("model", "trees")]
    at = NOW - timedelta(days=10)
    history = [
        Past(notebook="churn", name="auc", at=at, value=0.7, low=0.69, high=0.71),
        Past(notebook="churn", name="brier", at=at, value=0.2, low=None, high=None),
        Past(notebook="other", name="model", at=at, value=1.0, low=None, high=None),
    ]
    shown = render([], [a_page("france", *figures)], histories={"france": history})
    assert rows(shown, 1)[0].startswith(
        "France 0.800 0.790 to 0.810 ↑ up 0.100 beyond both intervals 0.200 unchanged trees 2 March"
    )
    moved = "Of 2 figures that an earlier run had, too, 1 changed beyond both 95% intervals."
    assert f"{moved} France: Churn , AUC: 0.800, ↑ up 0.100 since 20 February 2026" in words(shown)
    failed = a_page("france", *figures, failure=Failure(message="late"))
    assert "What moved Not known: no figure" in words(render([], [failed], histories={"france": history}))
    still = render([], [a_page("france", figures[1])], histories={"france": history})
    assert "What moved Nothing: of 1 figures" in words(still)


def test_the_latest_batch_as_a_whole_stands_among_the_costs():
    batch = Batch(
        started_at=NOW, seconds=100.0, overhead_seconds=2.0, outcomes={"succeeded": 4}, kernels="warm", jobs=2
    )
    shown = words(render([], [], latest=batch))
    assert (
        "as a whole Began 2 March 2026, 09:30 UTC Took 1 min 40 s Processor time not measured Runs 4 succeeded" in shown
    )
    assert "warm, 2 at once at most Beyond the notebooks' own work 2.0 s, 0.50 s a run" in shown
    assert "as a whole Not measured." in words(render([], []))


def test_cells_carry_what_filters_and_sorting_go_by():
    shown = render([], [a_page("france", AUC, MODEL)])
    cells = shown.find_all("table")[1].tbody.tr.find_all("td")
    assert [(cell.get("data-verdict"), cell.get("data-value")) for cell in cells] == [
        ("met", "0.8123"),
        ("no target", "logistic regression"),
        (None, "2026-03-02T09:30:00+00:00"),
    ]
    heads = shown.find_all("table")[1].thead.find_all("th")
    assert [head.get("data-figure") for head in heads] == [None, "AUC", "Model", None]


def test_a_target_that_is_not_measured_now_says_what_it_was():
    failed = a_page("france", notebook="sentiment", failure=Failure(message="no messages"))
    shown = render([a_market("france")], [failed], histories={"france": [past(0.9, 10)]})
    assert rows(shown, 0)[0].startswith("France ○ not measured was 90.0% on 20 February 2026 ○ not measured")


def test_synthetic_data_is_marked_for_all_or_for_each():
    real, synthetic = a_page("france"), a_page("india", synthetic=True)
    assert "Synthetic sample data" in words(render([], [synthetic]).header)
    mixed = render([], [real, synthetic])
    assert "Partly synthetic sample data" in words(mixed.header)
    assert ["synthetic" in row for row in rows(mixed, 1)] == [False, True]
    assert "ynthetic" not in words(render([], [real]))


def test_text_from_anywhere_is_text_in_the_index():
    figure = key_figure(ATTACK, ATTACK, unit=ATTACK, at_least=1)
    changes = {"market_title": ATTACK, "title": ATTACK, "failure": Failure(message=ATTACK)}
    pages = [a_page("france", figure, **changes), a_page("india", figure, title=ATTACK)]
    page = render([a_market("france", title=ATTACK)], pages, {"churn": ATTACK})
    (script,) = page.find_all("script")
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert (
        re.search("script-src '(.+?)'", policy)[1]
        == f"sha256-{b64encode(sha256(script.text.encode()).digest()).decode()}"
    )
    assert rows(page, 0)[0].startswith(ATTACK)


def test_ids_are_unique_and_tables_can_be_reached_and_are_named():
    page = render([a_market("france")], [a_page("france", AUC)], {"churn": "Churn", "value": "Value"})
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    regions = page.find_all(role="region")
    assert [page.find(id=region["aria-labelledby"]).text for region in regions][1:] == [
        "Churn",
        "Value",
        "The latest run of each report",
    ]
    assert all(region["tabindex"] == "0" for region in regions)
