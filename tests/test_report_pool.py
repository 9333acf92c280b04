"""Whoever is killed, nothing is left running, nothing is half written, and the next batch finishes the rest."""

import io
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from rich.console import Console

from kernels_case import within_seconds
from workbench import report
from workbench.report import pool, record


@contextmanager
def batch_at_work(workshop, *, cold=False):
    """Start a batch of two, one that works and one that leaves a daemon and hangs; yield it once only that one runs.

    What is yielded is its process, and by their names the others: nursery, unless it is cold, worker, kernel, daemon.
    """
    # Last by name: its turn comes last where only one has room.
    workshop.market("spain", title="spain leaves and hangs")
    command = [sys.executable, "-m", "workbench", "run", "--jobs", "2", *["--cold"] * cold]
    # A shell lets what it runs in the background ignore Ctrl-C, and that is handed on: here somebody may press it.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, cwd=workshop.root, stdout=subprocess.PIPE, text=True, preexec_fn=heed)
    try:
        said = iter(process.stdout.readline, "")
        assert any("germany behave: succeeded" in line for line in said)
        told = workshop.reports / "spain" / "daemon"
        daemon = psutil.Process(int(within_seconds(30, lambda: told.exists() and told.read_text())))
        others, last = {"daemon": daemon}, psutil.Process(process.pid)
        for name in ["nursery"] * (not cold) + ["worker", "kernel"]:
            last = others[name] = within_seconds(30, partial(only_child, last, but=daemon))
        yield process, others
    finally:
        process.kill()
        process.communicate()


def only_child(process, *, but):
    """Return the child of a process once it is the only one that lives, but for one that was adopted."""
    found = [one for one in process.children() if one != but and one.status() != psutil.STATUS_ZOMBIE]
    return found[0] if len(found) == 1 else None


def outcomes(workshop):
    return {run.market: run.outcome for run in record.read(workshop.reports)}


def half_written(workshop):
    return [path for path in workshop.reports.rglob(".*") if path.suffix != ".lock"]


def the_next_finishes_the_rest(workshop):
    workshop.market("spain")
    where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    assert report.run(**where, console=Console(file=io.StringIO())) == 0
    assert outcomes(workshop) == {"germany": "succeeded", "spain": "succeeded"}


@pytest.mark.parametrize(("stop", "cold"), [(signal.SIGINT, False), (signal.SIGKILL, False), (signal.SIGKILL, True)])
def test_a_stopped_batch_takes_all_that_it_started_along_and_the_next_finishes_the_rest(workshop, stop, cold):
    with batch_at_work(workshop, cold=cold) as (process, others):
        process.send_signal(stop)
        assert process.wait(20) in (1, -stop)
        assert psutil.wait_procs(others.values(), timeout=20)[1] == []
    assert outcomes(workshop) == {"germany": "succeeded", "spain": "interrupted"}
    assert half_written(workshop) == []
    assert not (workshop.reports / "spain" / "behave.html").exists()
    the_next_finishes_the_rest(workshop)


@pytest.mark.parametrize(
    ("killed", "cold", "why"),
    [
        ("nursery", False, "the process that ran it was ended by signal SIGKILL"),
        ("worker", False, "the process that ran it was ended by signal SIGKILL"),
        ("worker", True, "the process that ran it was ended by signal SIGKILL"),
        ("kernel", False, "the kernel died in the middle of the cell, as it does when memory runs out"),
    ],
)
def test_a_killed_process_is_a_failure_in_words_and_all_below_it_end_with_it(workshop, killed, cold, why):
    with batch_at_work(workshop, cold=cold) as (process, others):
        others[killed].kill()
        assert process.wait(20) == 1
        assert psutil.wait_procs(others.values(), timeout=20)[1] == []
    (failure,) = [run.failure for run in record.read(workshop.reports) if run.market == "spain"]
    assert failure.message == why
    assert failure.message in (workshop.reports / "spain" / "behave.html").read_text()
    assert half_written(workshop) == []
    the_next_finishes_the_rest(workshop)


def test_a_worker_that_cannot_be_started_leaves_no_pipe_open(workshop):
    (workshop.reports / "germany" / "behave.log").mkdir(parents=True)
    where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    handles = []
    for _ in range(2):
        console = Console(file=io.StringIO())
        assert report.run(**where, cold=True, console=console) == 1
        assert "cannot be written any more: Is a directory" in console.file.getvalue()
        handles.append(psutil.Process().num_fds())
    assert handles[0] == handles[1]


@pytest.mark.parametrize(("exported", "threads"), [("64", 4), ("4,2", 4), ("0", 4), ("", 4), ("2", 2)])
def test_what_is_exported_may_lower_the_share_of_threads_and_never_raises_it(monkeypatch, exported, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", exported)
    monkeypatch.delenv("WORKBENCH_THREADS", raising=False)
    given = pool._threads(4)
    assert (given["OMP_NUM_THREADS"], given["WORKBENCH_THREADS"]) == (str(threads), "4")
