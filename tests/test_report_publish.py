"""Pages in their places: nothing old passes for new, whatever happens in between."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import nbformat.v4 as nb
import pandas as pd
import pytest

from workbench import market, outputs
from workbench.outputs import key_figure
from workbench.report import outdated, publish, record
from workbench.report.record import Failure, Run

RUN = Run(
    market="germany",
    market_title="Germany",
    notebook="churn",
    title="Churn",
    outcome="succeeded",
    started_at=datetime(2026, 3, 1, 14, 2, tzinfo=UTC),
)
FAILED = replace(RUN, outcome="failed", failure=Failure(message="no orders", cell=3, heading="Data"))


def notebook(text):
    return nb.new_notebook(cells=[nb.new_markdown_cell(f"# {text}")])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "germany").mkdir()
    return tmp_path / "germany"


def shown(path):
    return path.read_text(encoding="utf-8")


def test_a_report_and_its_notebook_are_the_run_s_files(folder):
    germany = outputs.open("germany", reports=folder.parent)
    germany.save_results("churn", [key_figure("auc", 0.8, at_least=0.75)])
    run = publish.succeeded(RUN, notebook("Who leaves?"), reports=folder.parent)
    assert run.files == ("germany/churn.html", "germany/churn.ipynb", "germany/results/churn.json")
    assert all((folder.parent / name).exists() for name in run.files)
    assert "Who leaves?" in shown(folder / "churn.html")


@pytest.mark.parametrize("clock", [-60, 0, 60], ids=["set back", "right", "set forward"])
def test_what_a_run_left_is_told_from_what_stood_there_whatever_the_clock_says(folder, clock):
    germany = outputs.open("germany", reports=folder.parent)
    old = germany.save_results("churn", [key_figure("auc", 0.8)])
    os.utime(old, (0, RUN.started_at.timestamp() - clock))
    before = publish.announce(RUN, reports=folder.parent)
    new = germany.save_list("churn", "scores", "probability\n0.5\n")
    os.utime(new, (0, RUN.started_at.timestamp() + clock))
    run = publish.succeeded(RUN, notebook("Who leaves?"), reports=folder.parent, before=before)
    assert not old.exists()
    assert run.files == ("germany/churn.html", "germany/churn.ipynb", "germany/tables/churn.scores.csv")


def test_tables_of_an_earlier_run_are_there_while_a_notebook_runs_and_models_outlive_it(folder):
    germany = outputs.open("germany", reports=folder.parent)
    germany.save_table("churn", "scores", pd.DataFrame({"customer_id": ["a"]}))
    germany.save_model("churn", "linear", b"weights")
    before = publish.announce(RUN, reports=folder.parent)
    assert germany.holds("churn", "scores")
    run = publish.succeeded(RUN, notebook("Who leaves?"), reports=folder.parent, before=before)
    assert (germany.holds("churn", "scores"), germany.model("churn", "linear")) == (False, b"weights")
    assert len(run.files) == 2


def test_the_page_before_is_out_of_date_from_the_moment_a_run_starts(folder):
    publish.succeeded(RUN, notebook("Old"), reports=folder.parent)
    (folder / ".churn.html.torn").touch()
    publish.announce(RUN, reports=folder.parent)
    assert "<strong>Out of date:</strong> a newer run began on 1 March 2026" in shown(folder / "churn.html")
    assert not (folder / ".churn.html.torn").exists()
    publish.succeeded(RUN, notebook("New"), reports=folder.parent)
    assert "<strong>Out of date:</strong>" not in shown(folder / "churn.html")


def test_failures_keep_the_last_report_marked_until_the_next_success(folder):
    publish.succeeded(RUN, notebook("The good one"), reports=folder.parent)
    for _ in range(2):
        publish.failed(FAILED, notebook("Half"), reports=folder.parent)
        page, previous = shown(folder / "churn.html"), shown(folder / "churn.previous.html")
        assert "no orders" in page
        assert "churn.previous.html" in page
        assert "The good one" not in page
        assert "The good one" in previous
        assert previous.count("<strong>Out of date:</strong>") == 1
    publish.succeeded(RUN, notebook("Good again"), reports=folder.parent)
    assert not (folder / "churn.previous.html").exists()


def test_a_first_failure_has_no_report_to_keep(folder):
    publish.failed(FAILED, None, reports=folder.parent)
    assert not (folder / "churn.previous.html").exists()
    assert not (folder / "churn.ipynb").exists()
    assert "no orders" in shown(folder / "churn.html")


def test_a_password_in_a_url_stays_out_of_the_notebook(folder):
    made = notebook("data = 'postgres://crm:secret@host/db'")
    publish.succeeded(RUN, made, reports=folder.parent)
    assert "secret" not in shown(folder / "churn.ipynb")


def test_the_index_shows_what_is_remembered(folder):
    record.remember(folder.parent, FAILED)
    values = {"market": "germany", "title": "Germany", "data": "sample", "languages": ["de"], "regime": "gdpr"}
    germany = market.check(values | {"timezone": "UTC", "currency": "EUR"}, place="test")
    assert "no orders" in shown(publish.index([germany], {"churn": "Churn"}, reports=folder.parent))


def test_figures_that_cannot_be_read_make_a_failure_that_names_them_and_an_index(folder):
    torn = outputs.write_whole(folder / "results/churn.json", "3")
    run = publish.succeeded(RUN, notebook("Who leaves?"), reports=folder.parent)
    publish.failed(FAILED, notebook("Half"), reports=folder.parent)
    assert "no orders" in shown(folder / "churn.html")
    publish.failed(run, notebook("Half"), reports=folder.parent)
    assert (run.outcome, str(torn) in shown(folder / "churn.html")) == ("failed", True)
    for other in (run, replace(RUN, notebook="value")):
        record.remember(folder.parent, other)
    outputs.write_whole(folder / "results/value.json", "[")
    index = shown(publish.index([], {}, reports=folder.parent))
    assert "results/churn.json: holds no key figures" in index
    assert "results/value.json: holds no key figures" in index


def test_a_page_of_another_encoding_is_replaced(folder):
    (folder / "churn.html").write_bytes("<body>Überblick".encode("utf-16"))
    publish.announce(RUN, reports=folder.parent)
    publish.failed(FAILED, None, reports=folder.parent)
    assert "no orders" in shown(folder / "churn.html")


def test_an_index_can_be_marked_until_it_is_made_again(folder):
    index = publish.index([], {}, reports=folder.parent)
    assert not outdated.is_marked(index)
    outdated.mark([index, folder / "not_there.html"], "a batch began & has not ended")
    assert outdated.is_marked(index)
    assert "<strong>Out of date:</strong> a batch began &amp; has not ended" in shown(index)
    assert not outdated.is_marked(publish.index([], {}, reports=folder.parent))
    assert not outdated.is_marked(folder / "not_there.html")


def test_the_notebook_keeps_no_rows_of_customers_and_the_page_does(folder):
    html = "<table><tr><th>customer</th></tr><tr><td>hapqadbmecjs</td></tr></table>"
    output = nb.new_output("display_data", data={"text/html": html})
    shows = nb.new_notebook(cells=[nb.new_markdown_cell("# Who?"), nb.new_code_cell("show()", outputs=[output])])
    publish.succeeded(RUN, shows, reports=folder.parent)
    assert "hapqadbmecjs" in shown(folder / "churn.html")
    assert "hapqadbmecjs" not in shown(folder / "churn.ipynb")
