"""Who left what, and when: files told apart by run; nothing is found that the workbench did not make."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench import outputs
from workbench.outputs import key_figure
from workbench.report import history, left, record
from workbench.report.record import Failure, Run

AT = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
RUN = Run(market="germany", market_title="Germany", notebook="churn", title="Churn", outcome="succeeded", started_at=AT)
FILES = (
    "churn.html",
    "churn.ipynb",
    "results/churn.json",
    "tables/churn.scores.parquet",
    "documents/churn.card.md",
    "documents/churn.card.html",
)


def write(folder, *names, at=AT):
    for name in names:
        path = outputs.write_whole(folder / name, "x")
        os.utime(path, (0, at.timestamp()))


@pytest.fixture
def germany(tmp_path):
    write(tmp_path / "germany", *FILES, at=AT + timedelta(seconds=9))
    return tmp_path / "germany"


def found(germany):
    places = germany.parent
    return {
        (one.by, one.made_at): {path.relative_to(germany).as_posix() for path in one.files} for one in left.find(places)
    }


def test_all_that_a_success_left_is_as_old_as_its_run_whatever_a_copy_s_time(germany):
    record.remember(germany.parent, RUN)
    assert found(germany) == {("latest run", AT): {*FILES}}
    assert left.find(germany.parent)[0].files[0].name == "churn.html"


def test_what_is_left_below_a_failed_run_is_as_old_as_the_success_before_it(germany):
    record.remember(germany.parent, replace(RUN, started_at=AT - timedelta(days=9)))
    history.remember(germany.parent, replace(RUN, started_at=AT - timedelta(days=9)), [key_figure("auc", 0.8)])
    failed = replace(RUN, outcome="failed", failure=Failure(message="no orders"))
    record.remember(germany.parent, failed)
    write(germany, "churn.previous.html")
    own = {"churn.html", "churn.ipynb"}
    assert found(germany) == {
        ("latest run", AT): own,
        ("earlier run", AT - timedelta(days=9)): {*FILES, "churn.previous.html"} - own,
    }
    record.remember(germany.parent, replace(failed, outcome="interrupted"))
    assert found(germany)["earlier run", AT - timedelta(days=9)] == {*FILES, "churn.previous.html"}


def test_a_model_of_an_earlier_run_has_its_own_age(germany):
    record.remember(germany.parent, RUN)
    write(germany, "models/churn.chosen.npz", at=AT - timedelta(days=30))
    assert found(germany)["earlier model", AT - timedelta(days=30)] == {"models/churn.chosen.npz"}
    write(germany, "models/churn.chosen.npz", at=AT + timedelta(seconds=3))
    assert found(germany) == {("latest run", AT): {*FILES, "models/churn.chosen.npz"}}


def test_what_was_written_by_hand_after_a_run_has_its_own_age(germany):
    late = AT + timedelta(days=50)
    record.remember(germany.parent, RUN)
    write(germany, "tables/churn.scores.parquet", at=late - timedelta(hours=1))
    write(germany, "tables/churn.plan.csv", "churn.html", "documents/churn.card.html", at=late)
    write(germany, "models/churn.chosen.npz", at=late + timedelta(hours=2))
    assert found(germany) == {
        ("latest run", AT): {*FILES} - {"tables/churn.scores.parquet"},
        ("not on record", late + timedelta(hours=2)): {"models/churn.chosen.npz"},
        ("not on record", late): {"tables/churn.scores.parquet", "tables/churn.plan.csv"},
    }


def test_a_copy_is_as_old_as_its_run(germany):
    record.remember(germany.parent, RUN)
    write(germany, *FILES, "models/churn.chosen.npz", at=AT + timedelta(days=50))
    assert found(germany) == {("latest run", AT): {*FILES, "models/churn.chosen.npz"}}


@pytest.mark.parametrize("outcome", ["failed", "timed out", "interrupted"])
def test_the_last_words_of_a_run_that_did_not_succeed_are_its_own(germany, outcome):
    record.remember(germany.parent, replace(RUN, outcome=outcome, failure=Failure(message="no orders")))
    write(germany, "churn.log", at=AT + timedelta(seconds=3))
    (own,) = [one for one in left.find(germany.parent) if germany / "churn.log" in one.files]
    assert (own.by, own.made_at, own.ends_run) == ("latest run", AT, True)
    (earlier,) = [one for one in left.find(germany.parent) if one is not own and one.files != own.files]
    assert not earlier.ends_run


def test_what_was_run_by_hand_is_known_by_its_ledger_and_as_old_as_its_newest_file(germany):
    assert found(germany) == {}
    (germany / "footprint.csv").write_text("notebook,step\nchurn,page\n")
    assert found(germany) == {("not on record", AT + timedelta(seconds=9)): {*FILES}}


def test_reports_of_another_params_folder_lie_below(germany):
    nested = germany.parent / "online_retail"
    (nested / "spain").mkdir(parents=True)
    record.remember(nested, replace(RUN, market="spain"))
    record.remember(germany.parent, RUN)
    assert left.folders(germany.parent) == [germany.parent, nested]


def test_nothing_is_found_that_the_workbench_did_not_make(germany, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere, "churn.html", "tables/churn.scores.parquet")
    mine = ("README.md", "notes.html", "churn.notes.html", "churn.txt", "tables/mine.parquet", "tables/other.a.csv")
    write(germany, *mine, "tables/churn.parquet", "deep/churn.html", "churn/tables/churn.scores.parquet")
    (germany / "tables/churn.link.csv").symlink_to(elsewhere / "churn.html")
    (germany / "models").symlink_to(elsewhere / "tables")
    (germany.parent / "france").symlink_to(elsewhere)
    record.remember(germany.parent, RUN)
    for market in ("france", "..", "."):
        record.remember(germany.parent, replace(RUN, market=market))
    assert found(germany) == {("latest run", AT): {*FILES}}


def test_what_a_killed_run_was_writing_is_found(germany):
    record.remember(germany.parent, RUN)
    write(germany, "tables/.churn.scores.parquet.x1y2z3", ".churn.html.x1y2z3")
    assert len(left.find(germany.parent)[0].files) == len(FILES) + 2
