"""Whoever is killed, nothing is left running, nothing is half written, and the next batch finishes the rest."""

import io
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest
from rich.console import Console

from workbench import report
from workbench.report import record


@pytest.fixture
def batch(workshop):
    """Start a batch of two, one that works and one that hangs; return it and its processes once only that one runs."""
    workshop.market("france", title="france hangs")
    command = [sys.executable, "-m", "workbench", "run", "--jobs", "2"]
    # A shell lets what it runs in the background ignore Ctrl-C, and that is handed on: here somebody may press it.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=workshop.root, stdout=pipe, text=True, preexec_fn=heed) as process:
        said = iter(process.stdout.readline, "")
        assert any("germany behave: succeeded" in line for line in said)
        (nursery,) = within_seconds(30, lambda: psutil.Process(process.pid).children())
        (worker,) = within_seconds(30, nursery.children)
        (kernel,) = within_seconds(30, worker.children)
        # A kernel has its socket once it is well under way.
        within_seconds(30, lambda: kernel.num_threads() > 3)
        yield process, nursery, worker, kernel
        process.kill()


def within_seconds(limit, found):
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("not within its time")


def outcomes(workshop):
    return {run.market: run.outcome for run in record.read(workshop.reports)}


def half_written(workshop):
    return [path for path in workshop.reports.rglob(".*") if path.suffix != ".lock"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_batch_takes_its_kernels_along_and_the_next_finishes_the_rest(workshop, batch, stop):
    process, *others = batch
    process.send_signal(stop)
    assert process.wait(20) in (1, -stop)
    assert psutil.wait_procs(others, timeout=20)[1] == []
    assert outcomes(workshop) == {"germany": "succeeded", "france": "interrupted"}
    assert half_written(workshop) == []
    assert not (workshop.reports / "france" / "behave.html").exists()

    workshop.market("france")
    where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    assert report.run(**where, console=Console(file=io.StringIO())) == 0
    assert outcomes(workshop) == {"germany": "succeeded", "france": "succeeded"}


@pytest.mark.parametrize("killed", ["nursery", "worker"])
def test_a_killed_worker_is_a_failure_and_its_kernel_ends_with_it(workshop, batch, killed):
    process, nursery, worker, kernel = batch
    {"nursery": nursery, "worker": worker}[killed].kill()
    assert process.wait(20) == 1
    assert psutil.wait_procs([nursery, worker, kernel], timeout=20)[1] == []
    (failure,) = [run.failure for run in record.read(workshop.reports) if run.market == "france"]
    assert failure.message == "the process that ran it was ended by signal SIGKILL"
    assert failure.message in (workshop.reports / "france" / "behave.html").read_text()
    assert half_written(workshop) == []
