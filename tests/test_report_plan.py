"""What is to run: strict parameters, refused before anything runs; what changed, and nothing twice."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from workbench import outputs
from workbench.errors import InputError
from workbench.report import plan, record
from workbench.report.plan import Task


@pytest.fixture
def make(workshop):
    def make_plan(**changes):
        asked = {"markets": (), "notebooks": (), "settings": {}, "force": False, "time_limit_seconds": 60} | changes
        where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
        return plan.make(**where, **asked)

    return make_plan


@pytest.fixture
def asks(workshop):
    """Put a notebook and one that reads its table into the workshop, beside the one that does as it is told."""
    shutil.copytree(workshop.notebooks / "after", workshop.notebooks, dirs_exist_ok=True)


def names(tasks):
    return [(task.run.notebook, task.run.market) for task in tasks]


def succeed(task, *files):
    (task.reports / task.run.market).mkdir(parents=True, exist_ok=True)
    for name in files:
        (task.reports / name).touch()
    record.remember(task.reports, replace(task.run, outcome="succeeded", failure=None, files=files))


def test_only_what_a_notebook_declares_is_passed(workshop, make):
    (task,) = make().tasks
    passed = {"market": "germany", "title": "germany works", "horizon_days": 90, "reports": str(workshop.reports)}
    assert task.parameters == passed
    assert (task.country, task.run.outcome) == ("ZZ", "interrupted")


def test_settings_replace_a_market_s_values_and_are_checked(make):
    (task,) = make(settings={"horizon_days": "30"}).tasks
    assert task.parameters["horizon_days"] == 30
    with pytest.raises(InputError, match=r"--set: unknown key 'horizon_day'; did you mean 'horizon_days'\?"):
        make(settings={"horizon_day": "30"})
    with pytest.raises(InputError, match=r"--set: horizon_days: .* found 'soon'"):
        make(settings={"horizon_days": "soon"})


def test_a_setting_that_no_notebook_takes_is_refused(make):
    with pytest.raises(InputError, match="--set seed: no notebook of this run takes it; they take: horizon_days, "):
        make(settings={"seed": "1"})


def test_days_are_passed_as_texts_that_papermill_can_write(workshop, make):
    notebook = workshop.notebooks / "behave.ipynb"
    notebook.write_text(notebook.read_text().replace("horizon_days = 90", "first_day = None"))
    (task,) = make(settings={"first_day": "2025-01-31"}).tasks
    assert task.parameters["first_day"] == "2025-01-31"


def test_a_parameter_that_is_no_key_of_a_market_is_refused(workshop, make):
    notebook = workshop.notebooks / "behave.ipynb"
    notebook.write_text(notebook.read_text().replace("horizon_days = 90", "horizon_dyas = 90"))
    with pytest.raises(InputError, match=r"behave.ipynb: .* 'horizon_dyas', .*; did you mean 'horizon_days'\?"):
        make()


@pytest.mark.parametrize(("kind", "name"), [("market", "germani"), ("notebook", "behaves")])
def test_an_unknown_market_or_notebook_is_refused_with_the_nearest(make, kind, name):
    near = {"market": "germany", "notebook": "behave"}[kind]
    with pytest.raises(InputError, match=rf"unknown {kind} '{name}'; did you mean '{near}'\?; there is: {near}"):
        make(**{f"{kind}s": [name]})


def test_a_folder_without_notebooks_is_refused(workshop, make):
    (workshop.notebooks / "behave.ipynb").unlink()
    with pytest.raises(InputError, match="no notebook here"):
        make()


def test_what_succeeded_and_is_unchanged_is_not_run_again(make):
    succeed(*make().tasks, "germany/behave.html")
    again = make()
    assert (again.tasks, [run.market for run in again.unchanged]) == ((), ["germany"])
    assert len(make(force=True).tasks) == 1


@pytest.mark.parametrize("change", ["data", "notebook", "params", "setting", "page", "outcome"])
def test_whatever_changed_is_run_again(workshop, make, change):
    (task,) = make().tasks
    succeed(task, "germany/behave.html")
    notebook = workshop.notebooks / "behave.ipynb"
    if change == "data":
        (workshop.root / "data" / "orders.csv").write_text("order_id\n")
    elif change == "notebook":
        notebook.write_text(notebook.read_text().replace("## Findings", "## What we found"))
    elif change == "params":
        workshop.market("germany", horizon_days=60)
    elif change == "page":
        (workshop.reports / "germany" / "behave.html").unlink()
    elif change == "outcome":
        record.remember(workshop.reports, task.run)
    assert len(make(settings={"horizon_days": "60"} if change == "setting" else {}).tasks) == 1


def test_what_does_not_concern_the_notebook_changes_nothing(workshop, make):
    succeed(*make().tasks)
    workshop.market("germany", seed=7)
    assert make().tasks == ()


def test_data_that_has_no_hash_is_read_every_time_and_this_is_said(workshop, make):
    workshop.market("germany", data="postgres://crm:secret@localhost/crm")
    succeed(*make().tasks)
    again = make()
    assert len(again.tasks) == 1
    assert again.notes == ("postgres://crm:***@localhost/crm: runs every time, for its content has no known hash",)


def test_data_that_is_missing_stops_its_own_market_only_unless_all_is_missing(workshop, make):
    workshop.market("france", data="nowhere")
    assert [task.run.market for task in make().tasks] == ["france", "germany"]
    with pytest.raises(InputError, match="nowhere: not there"):
        make(markets=["france"])


def test_a_task_comes_back_from_its_line(make):
    (task,) = make().tasks
    line = task.to_json()
    assert "\n" not in line
    assert Task.from_json(line) == replace(task, run=replace(task.run, started_at=Task.from_json(line).run.started_at))
    assert json.loads(line)["run"]["market"] == "germany"


@pytest.mark.usefixtures("asks")
def test_a_notebook_comes_after_the_one_whose_table_it_reads(workshop, make):
    workshop.market("france")
    planned = names(make().tasks)
    assert len(planned) == 6
    for market in ("france", "germany"):
        assert planned.index(("ask", market)) < planned.index(("answer", market))
    assert names(make(notebooks=["answer"]).tasks) == [("answer", "france"), ("answer", "germany")]


@pytest.mark.usefixtures("asks")
def test_whoever_reads_a_table_is_run_again_with_the_one_that_leaves_it(workshop, make):
    for task in make().tasks:
        succeed(task.as_of_now(), f"germany/{task.run.notebook}.html")
    assert make().tasks == ()
    (workshop.reports / "germany" / "ask.html").unlink()
    assert names(make().tasks) == [("ask", "germany"), ("answer", "germany")]


@pytest.mark.usefixtures("asks")
def test_a_table_that_has_changed_meanwhile_is_read_again(workshop, make):
    for task in make().tasks:
        succeed(task.as_of_now())
    germany = outputs.open("germany", reports=workshop.reports)
    germany.save_table("ask", "said", pd.DataFrame({"title": ["new"]}))
    (task,) = make().tasks
    assert task.run.notebook == "answer"
    succeed(task.as_of_now())
    assert make().tasks == ()
