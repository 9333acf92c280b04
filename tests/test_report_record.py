"""What is remembered of runs survives many writers, torn files and foreign entries."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workbench.report import record
from workbench.report.record import Failure, Run

RUN = Run(
    market="germany",
    market_title="Germany",
    notebook="churn",
    title="Churn",
    outcome="failed",
    started_at=datetime(2026, 3, 1, 14, 2, tzinfo=UTC),
    failure=Failure(message="no orders", cell=3, heading="Data"),
    parameters={"countries": ["DE"]},
    files=("germany/churn.html",),
)


@pytest.fixture
def reports(tmp_path):
    for market in ("germany", "france"):
        (tmp_path / market).mkdir()
    return tmp_path


def test_a_run_is_remembered_in_the_place_of_the_one_before_it(reports):
    record.remember(reports, RUN)
    record.remember(reports, replace(RUN, market="france"))
    record.remember(reports, replace(RUN, seconds=2.5))
    assert record.read(reports) == [replace(RUN, market="france"), replace(RUN, seconds=2.5)]


def test_many_writers_lose_nothing(reports):
    runs = [replace(RUN, notebook=f"n{number:02}") for number in range(30)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run: record.remember(reports, run), runs))
    assert record.read(reports) == runs


def test_a_run_of_an_earlier_version_is_read(reports):
    entry = record.to_json(RUN)
    for name in ("energy_low_wh", "energy_high_wh", "energy_method", "gco2e"):
        del entry[name]
    (reports / "run.json").write_text(json.dumps({"runs": [entry]}))
    assert record.read(reports) == [RUN]


@pytest.mark.parametrize("text", ["", "[]", '{"runs": 3}', '{"runs": [{"market": "germany"}, 7]}', "\udcff"])
def test_what_cannot_be_read_counts_as_not_run(reports, text):
    (reports / "run.json").write_text(text, errors="surrogateescape")
    assert record.read(reports) == []


def test_a_market_whose_folder_was_deleted_is_forgotten(reports):
    record.remember(reports, RUN)
    (reports / "germany").rmdir()
    assert record.read(reports) == []
