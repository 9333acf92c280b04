"""A batch from end to end with real kernels: what goes wrong is said in the report, the record and the exit code."""

import io
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from math import nan

import pytest
from rich.console import Console

from workbench import emissions, outputs, report
from workbench.errors import InputError
from workbench.processor import cores
from workbench.report import history, record, took
from workbench.report.record import Run


@pytest.fixture
def run(workshop):
    """Run the workshop's batch; return the exit code, what was said, and the runs by market."""

    def run_batch(**asked):
        console = Console(file=io.StringIO(), width=200)
        where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
        code = report.run(**where, console=console, **asked)
        return code, console.file.getvalue(), {one.market: one for one in record.read(workshop.reports)}

    return run_batch


def test_one_failure_does_not_stop_the_others_and_only_it_is_run_again(workshop, run):
    workshop.market("france", title="france fails")
    code, said, runs = run(jobs=2)
    assert (code, runs["germany"].outcome, runs["france"].outcome) == (1, "succeeded", "failed")
    failure = runs["france"].failure
    assert (failure.cell, failure.heading) == (3, "Behaviour")
    page = unescape((workshop.reports / "france" / "behave.html").read_text())
    for text in (said, page, failure.message):
        assert "ValueError: could not convert '…'" in text
        assert "jane@" not in text
    assert "In [3]" in (workshop.reports / "france" / "behave.ipynb").read_text()

    workshop.market("france")
    code, said, repaired = run()
    assert (code, repaired["france"].outcome, repaired["germany"]) == (0, "succeeded", runs["germany"])
    assert "germany behave: unchanged since" in said
    assert not list((workshop.reports / "france").glob("*.log"))

    code, said, _ = run()
    assert (code, "2 unchanged in" in said, "started" in said) == (0, True, False)
    left = emissions.read(workshop.reports / "germany" / "footprint.csv")
    assert left["outcome"].tolist() == ["succeeded", "unchanged", "unchanged"]
    assert left.loc[1, ["notebook", "step", "kwh_cpu"]].tolist() == ["behave", "page", pytest.approx(nan, nan_ok=True)]


def test_a_page_that_would_show_personal_data_fails_and_leaves_none_of_it(workshop, run):
    workshop.market("germany", title="germany tells")
    code, said, runs = run()
    failure = runs["germany"].failure
    assert (code, runs["germany"].outcome, "behave" in said) == (1, "failed", True)
    assert "would show personal data" in failure.message
    assert (
        "behave.list.csv, said: e-mail addresses (1); cell 3, under “Behaviour”: e-mail addresses (1)"
        in failure.message
    )
    left = [path for path in workshop.reports.rglob("*") if path.is_file()]
    assert len(left) > 3
    assert not [path for path in left if b"jane@example.org" in path.read_bytes()]


def test_a_run_knows_its_figures_its_data_and_its_cost(workshop, run):
    code, _, runs = run(settings={"horizon_days": "30"})
    germany = runs["germany"]
    assert (code, germany.outcome, germany.failure, germany.period) == (
        0,
        "succeeded",
        None,
        "2025-01-01 to 2025-12-31",
    )
    assert germany.parameters["horizon_days"] == 30
    assert germany.cpu_seconds > 0
    assert 0 < germany.energy_low_wh <= germany.energy_wh <= germany.energy_high_wh
    assert germany.energy_method in ("measured", "estimated")
    assert germany.gco2e > 0
    assert germany.files == ("germany/behave.html", "germany/behave.ipynb", "germany/results/behave.json")
    executed = (workshop.reports / "germany" / "behave.ipynb").read_text()
    assert f"30 days, {cores()} threads, {sys.executable}" in executed
    assert (workshop.reports / "index.html").exists()
    figures = outputs.open("germany", reports=workshop.reports).results("behave")
    numbers = [one.name for one in figures if isinstance(one.value, int | float)]
    assert [past.name for past in history.read(workshop.reports / "germany")] == numbers


def test_a_notebook_waits_for_the_one_it_reads_from_and_runs_without_it_where_that_fails(workshop, run):
    shutil.copytree(workshop.notebooks / "after", workshop.notebooks, dirs_exist_ok=True)
    workshop.market("france", title="refuses")
    code, said, _ = run(jobs=4, notebooks=["answer", "ask"])
    answers = [outputs.open(name, reports=workshop.reports).results("answer") for name in ("germany", "france")]
    assert (code, [one.value for (one,) in answers]) == (1, ["germany works", None])
    assert said.index("germany ask: succeeded") < said.index("germany answer: started")
    assert said.index("france ask: failed") < said.index("france answer: started")
    assert ("--jobs 4: at most" in said) == (cores() < 4)
    code, said, _ = run(notebooks=["answer"])
    assert (code, "started" in said) == (0, False)


@pytest.mark.parametrize(
    ("behaviour", "limit", "outcome", "why"),
    [("dies", 600, "failed", "the kernel died"), ("hangs", 4, "timed out", "stopped at its time limit of 4 seconds")],
)
def test_a_dead_or_endless_notebook_is_a_failure_in_words(workshop, run, behaviour, limit, outcome, why):
    workshop.market("germany", title=behaviour)
    code, said, runs = run(time_limit_seconds=limit)
    assert (code, runs["germany"].outcome) == (1, outcome)
    assert f"germany behave: {outcome}" in said
    assert why in runs["germany"].failure.message
    assert why in (workshop.reports / "germany" / "behave.html").read_text()


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(workshop, run):
    workshop.reports.write_text("a file in the way")
    with pytest.raises(InputError, match=r"reports: reports cannot be written there: .*; nothing was run"):
        run()


def test_a_full_disk_is_refused_before_anything_runs(workshop):
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (100_000, 100_000))"
    command = f"{limit}; from workbench.__main__ import app; app(['run'])"
    ended = subprocess.run([sys.executable, "-c", command], cwd=workshop.root, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "cannot be written there: File too large; nothing was run" in ended.stderr
    assert not [path for path in workshop.reports.iterdir() if path.suffix != ".lock"]


def test_a_batch_counts_its_runs_whether_they_are_its_children_or_not():
    run = Run(
        market="germany",
        market_title="Germany",
        notebook="behave",
        title="Behave",
        outcome="succeeded",
        started_at=datetime.now(UTC),
        cpu_seconds=300.0,
        energy_wh=1.0,
    )
    elsewhere = took.sum_up(took.Start(), [run] * 10, outcomes={"succeeded": 10}, jobs=4)
    assert (elsewhere.cpu_seconds, elsewhere.energy_wh) == (pytest.approx(3000, abs=5), pytest.approx(10, abs=0.02))
    own, waited_for = took.Start().cpu_seconds
    start = took.Start(cpu_seconds=(own, waited_for - 4000))
    here = took.sum_up(start, [run] * 10, outcomes={"succeeded": 10}, jobs=4)
    assert (here.cpu_seconds, here.energy_wh) == (pytest.approx(4000, abs=5), pytest.approx(40 / 3, abs=0.02))


def test_a_folder_that_is_taken_away_ends_the_batch_in_words(workshop, run):
    workshop.reports.mkdir()
    (workshop.reports / "germany").write_text("a file in the way")
    code, said, runs = run()
    assert (code, runs) == (1, {})
    assert "cannot be written any more" in said
