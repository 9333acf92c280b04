"""What is older goes as a whole, what is left tells the truth, and nothing else is touched."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat.v4 as nb
import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench import outputs
from workbench.__main__ import app
from workbench.errors import InputError
from workbench.outputs import key_figure
from workbench.report import history, lock, publish, record, retention
from workbench.report.record import Failure, Run

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=91), NOW - timedelta(days=89)
RUN = Run(
    market="germany", market_title="Germany", notebook="churn", title="Churn", outcome="succeeded", started_at=OLD
)
NOTEBOOK = nb.new_notebook(cells=[nb.new_markdown_cell("# Who leaves?")])


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/README.md").write_text("what lies here")
    return tmp_path / "reports"


def succeed(reports, run=RUN):
    """Leave a report as a run does: figures, a table of two customers, a document, page, notebook, ledger, history."""
    place = outputs.open(run.market, reports=reports)
    place.save_results(run.notebook, [key_figure("auc", 0.8)])
    place.save_table(run.notebook, "scores", pd.DataFrame({"customer_id": ["a", "b"], "probability": [0.8, 0.4]}))
    place.save_document(run.notebook, "card", "# Model card\n\nWhat it is for.")
    place.ledger.write_text("notebook\nchurn\n")
    done = publish.succeeded(run, NOTEBOOK, reports=reports)
    record.remember(reports, done)
    history.remember(reports, done, place.results(run.notebook))
    publish.index([], {}, reports=reports)
    return done


def clean(reports, *, older_than_days=90, **asked):
    where = {"project": reports.parent} | asked
    return retention.clean(reports, older_than_days=older_than_days, now=NOW, **where)


def names(reports):
    return {path.relative_to(reports).as_posix() for path in reports.rglob("*") if path.is_file()}


EVIDENCE = {"README.md", "run.json", "index.html", ".run.json.lock", ".batch.lock"}


def test_files_with_personal_data_are_listed_with_their_age_oldest_first(reports):
    succeed(reports, replace(RUN, market="france", started_at=YOUNG))
    succeed(reports)
    first, second = retention.held(reports, now=NOW)
    assert (first.path, first.what, first.rows) == ("germany/tables/churn.scores.parquet", "customer_id", 2)
    assert (first.age_days, first.by, second.age_days) == (91, "latest run", 89)
    lines = list(retention.listed([first, second]))
    assert lines[1].split()[:3] == ["91", "days", "2"]
    assert lines[-1].startswith("2 files with personal data, 4 rows, ")
    assert list(retention.listed([])) == ["no file that the workbench has made here holds personal data"]


def test_an_old_report_goes_whole_and_is_forgotten_and_evidence_stays(reports):
    succeed(reports)
    (removed,) = clean(reports)
    assert (removed.market, removed.notebook, removed.files, removed.rows) == ("germany", "churn", 6, 2)
    assert names(reports) == EVIDENCE | {"germany/footprint.csv", "germany/history.jsonl"}
    assert record.read(reports) == []
    assert "churn.html" not in (reports / "index.html").read_text()
    assert [past.value for past in history.read(reports / "germany")] == [0.8]


def test_what_is_younger_stays_and_so_does_everything_in_a_dry_run(reports):
    succeed(reports, replace(RUN, started_at=YOUNG))
    before = names(reports)
    assert list(clean(reports)) == []
    succeed(reports)
    assert [one.files for one in clean(reports, dry_run=True)] == [6]
    assert names(reports) == before | {".batch.lock"}


@pytest.fixture
def project(reports):
    """Params and a notebook beside the reports, as in a project."""
    root = Path(__file__).parents[1]
    for folder in ("params", "notebooks"):
        (reports.parent / folder).symlink_to(root / folder)


@pytest.mark.usefixtures("project")
def test_the_index_says_not_run_yet_of_what_is_gone(reports):
    succeed(reports)
    list(clean(reports))
    page = (reports / "index.html").read_text()
    assert ("not run yet" in page, "Japan" in page) == (True, True)


@pytest.mark.usefixtures("project")
def test_the_index_of_other_reports_shows_only_markets_that_belong_there(reports):
    nested, elsewhere = reports / "sub", reports.parent / "out"
    for folder in (nested, elsewhere):
        folder.mkdir()
        succeed(folder)
        list(clean(folder, project=reports.parent))
    assert "Japan" not in (nested / "index.html").read_text()
    page = (elsewhere / "index.html").read_text()
    assert ("Germany" in page, "Japan" in page) == (True, False)
    succeed(elsewhere)
    list(clean(elsewhere, project=reports.parent, params=reports.parent / "params"))
    assert "Japan" in (elsewhere / "index.html").read_text()


def test_other_runs_keep_their_entry_and_their_index_of_documents(reports):
    (kept,) = [succeed(reports, replace(RUN, notebook="value", started_at=YOUNG))]
    succeed(reports)
    whole = json.loads((reports / "run.json").read_text())
    (reports / "run.json").write_text(json.dumps(whole | {"batch": {"seconds": 1}}))
    list(clean(reports))
    assert record.read(reports) == [kept]
    assert json.loads((reports / "run.json").read_text())["batch"] == {"seconds": 1}
    index = (reports / "germany/documents/index.html").read_text()
    assert ("value.card.html" in index, "churn.card.html" in index) == (True, False)


def test_an_old_report_kept_below_a_failed_run_goes_and_the_failure_no_longer_leads_to_it(reports):
    succeed(reports)
    os.utime(reports / "germany/tables/churn.scores.parquet", (0, OLD.timestamp() + 5))
    failed = replace(RUN, outcome="failed", started_at=YOUNG, failure=Failure(message="no orders"))
    publish.failed(failed, NOTEBOOK, reports=reports)
    record.remember(reports, failed)
    assert "churn.previous.html" in (reports / "germany/churn.html").read_text()
    (removed,) = clean(reports)
    assert (removed.by, removed.files) == ("earlier run", 5)
    page = (reports / "germany/churn.html").read_text()
    assert ("no orders" in page, "churn.previous.html" in page) == (True, False)
    assert record.read(reports) == [failed]
    assert not list((reports / "germany/tables").iterdir())


def test_an_old_report_below_an_interrupted_run_goes_and_nothing_is_remembered(reports):
    succeed(reports)
    stopped = replace(RUN, outcome="interrupted", started_at=YOUNG, failure=Failure(message="stopped"))
    record.remember(reports, stopped)
    assert [one.by for one in clean(reports)] == ["earlier run"]
    assert record.read(reports) == []


def test_what_is_stopped_half_way_is_known_and_ended_by_the_next_cleaning(reports):
    succeed(reports)
    succeed(reports, replace(RUN, notebook="value"))
    stopped = clean(reports)
    next(stopped)
    stopped.close()
    assert {(run.outcome, run.files) for run in record.read(reports)} == {("interrupted", ())}
    list(clean(reports))
    assert names(reports) == EVIDENCE | {"germany/footprint.csv", "germany/history.jsonl"}
    assert record.read(reports) == []


def test_a_batch_at_work_is_not_disturbed(reports, monkeypatch):
    succeed(reports)
    monkeypatch.setattr(lock, "_PATIENCE_SECONDS", 0)
    before = names(reports)
    with lock.hold(reports), pytest.raises(InputError, match="another batch is at work there"):
        list(clean(reports))
    assert names(reports) == before | {".batch.lock"}


def test_what_goes_is_told_line_by_line_with_its_sum(reports):
    succeed(reports)
    one, total = retention.told(clean(reports, dry_run=True), older_than_days=90, dry_run=True)
    assert one.startswith(
        "would be removed: germany churn, latest run, 2 March 2026, 12:00 UTC, 91 days old: "
        "6 files, 2 rows of personal data, "
    )
    assert total.startswith("would be removed, all together: 6 files, 2 rows of personal data, ")
    assert list(retention.told([], older_than_days=1)) == ["nothing is older than 1 day"]


def test_the_command_lists_says_first_and_removes(reports):
    now = datetime.now(UTC)
    succeed(reports, replace(RUN, started_at=now - timedelta(days=91)))
    succeed(reports, replace(RUN, market="france", market_title="France", started_at=now - timedelta(days=89)))

    def told(*words):
        shown = CliRunner().invoke(app, ["clean", "--reports", str(reports), *words])
        assert shown.exit_code == 0, shown.output
        return shown.output

    assert "2 files with personal data, 4 rows" in told()
    assert "would be removed: germany churn" in told("--older-than", "90d", "--dry-run")
    assert "2 files with personal data" in told()
    assert "removed, all together: 6 files, 2 rows" in told("--older-than", "90d")
    assert ("germany" in told(), "france" in told()) == (False, True)
    assert told("--older-than", "90d") == "nothing is older than 90 days\n"


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5d", "6m", "٣d", "999999d"])
def test_an_age_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="must be a number of days or weeks, such as 90d or 12w"):
        retention.days(text)


def test_a_folder_that_is_not_there_is_refused(reports):
    with pytest.raises(InputError, match=r"reportz: no such folder; did you mean 'reports'\?"):
        retention.held(reports.parent / "reportz", now=NOW)
    with pytest.raises(InputError, match="no such folder"):
        next(clean(reports / "germany"))
