"""Documents of a run become pages with an index; what is old is marked, what is hostile stays text."""

from dataclasses import replace
from datetime import UTC, datetime

import nbformat.v4 as nb
import pytest
from bs4 import BeautifulSoup

from workbench import outputs
from workbench.report import publish, record
from workbench.report.record import Failure, Run

NOW = datetime.now(UTC).replace(microsecond=0)
WHO = {"market": "germany", "market_title": "Germany", "notebook": "governance", "title": "Governance"}
RUN = Run(outcome="succeeded", started_at=NOW, **WHO)
FAILED = replace(RUN, outcome="failed", failure=Failure(message="no orders"))
CARD = """# Model card: churn

Who leaves, and *why*.

## Data

| a | b |
|---|---|
| 1 | 2 |

<script>x()</script>
"""


@pytest.fixture(autouse=True)
def _a_card(tmp_path):
    outputs.open("germany", reports=tmp_path).save_document("governance", "model_card_churn", CARD)


def page(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_each_document_is_a_page_of_the_run_and_stands_in_the_index(tmp_path):
    run = publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path)
    made = "germany/documents/governance.model_card_churn"
    assert {f"{made}.md", f"{made}.html"} <= set(run.files)
    card = page(tmp_path / f"{made}.html")
    assert [card.h1.get_text(), card.h2.get_text(), card.td.get_text()] == ["Model card: churn", "Data", "1"]
    assert not card.find_all("script")
    index = page(tmp_path / "germany" / "documents" / "index.html")
    assert index.main.a["href"] == "governance.model_card_churn.html"
    assert index.main.dd.get_text() == "Who leaves, and why."
    link = page(tmp_path / "germany" / "governance.html").find("dl", class_="documents").a
    assert (tmp_path / "germany" / link["href"]).exists()


def test_the_index_of_all_markets_leads_to_the_documents(tmp_path):
    record.remember(tmp_path, publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path))
    found = page(publish.index([], {"governance": "Governance"}, reports=tmp_path))
    links = found.find("h2", id="documents").find_next("ul").find_all("a")
    assert [link["href"] for link in links] == ["germany/documents/index.html"]


def test_documents_of_a_failed_run_go_and_the_pages_of_the_one_before_say_so(tmp_path):
    publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path)
    publish.discard(RUN, reports=tmp_path)
    publish.failed(FAILED, None, reports=tmp_path)
    path = tmp_path / "germany" / "documents" / "governance.model_card_churn.html"
    assert "failed, and this is what an earlier one found" in page(path).aside.get_text()
    assert not path.with_suffix(".md").exists()


def test_a_document_that_is_not_written_again_goes_with_its_page(tmp_path):
    publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path)
    before = publish.announce(RUN, reports=tmp_path)
    publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path, before=before)
    assert not list((tmp_path / "germany" / "documents").iterdir())


def test_a_newer_run_marks_the_documents_before_it_begins(tmp_path):
    publish.succeeded(RUN, nb.new_notebook(), reports=tmp_path)
    publish.announce(RUN, reports=tmp_path)
    path = tmp_path / "germany" / "documents" / "governance.model_card_churn.html"
    assert "a newer run began" in page(path).aside.get_text()
