"""One batch at a time works on a folder of reports: who comes second waits, or is told who was first."""

import io
import json
import os
import re
import threading

import pytest
from rich.console import Console

from workbench import report
from workbench.errors import InputError
from workbench.report import lock, record


def test_a_second_batch_at_the_same_reports_is_told_who_was_first(workshop, monkeypatch):
    monkeypatch.setattr(lock, "_PATIENCE_SECONDS", 0.2)
    workshop.reports.mkdir()
    probe = workshop.reports / ".probe"
    places = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    with lock.hold(workshop.reports):
        probe.write_text("of the first")
        with pytest.raises(InputError) as refused:
            report.run(**places, console=Console(file=io.StringIO()))
    assert probe.read_text() == "of the first"
    who = rf"another batch is at work there, process {os.getpid()}, since 20\d\d-\d\d-\d\d \d\d:\d\d UTC"
    assert re.search(f"reports: {who}; wait for its end, or write to another folder", str(refused.value))
    assert record.read(workshop.reports) == []


def test_a_second_batch_waits_for_the_rest_of_the_first_and_sweeps_what_it_left(tmp_path):
    torn = [".run.json.a1b2c3d4", "germany/.history.jsonl.a1b2c3d4", "germany/documents/.index.html.a1b2c3d4"]
    (tmp_path / "germany" / "documents").mkdir(parents=True)
    for name in torn:
        (tmp_path / name).touch()
    held, over = threading.Event(), threading.Event()

    def first():
        with lock.hold(tmp_path):
            held.set()
            over.wait(10)

    threading.Thread(target=first).start()
    held.wait(10)
    threading.Timer(0.3, over.set).start()
    with lock.hold(tmp_path):
        assert over.is_set()
        assert json.loads((tmp_path / ".batch.lock").read_text())["process"] == os.getpid()
    assert [path.name for path in tmp_path.rglob(".*")] == [".batch.lock"]


def test_a_folder_that_cannot_be_held_is_refused_in_words(tmp_path):
    (tmp_path / ".batch.lock").mkdir()
    with pytest.raises(InputError, match="cannot be kept for this batch alone: Is a directory"), lock.hold(tmp_path):
        pass
