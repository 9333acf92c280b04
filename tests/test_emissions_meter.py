"""The meter around a block of work."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from multiprocessing import get_context
from pathlib import Path

import pytest

from workbench.emissions import Footprint, estimate, read, total, track
from workbench.emissions.grid import world_intensity
from workbench.emissions.watts import WATTS_VARIABLE, this_processor
from workbench.processor import cores

BURN = """
import sys, time
while time.process_time() < 0.4: pass
print("burnt", flush=True)
sys.stdin.read()
"""


def meter(ledger: Path, step: str = "learn", country: str = "DE") -> AbstractContextManager[Footprint]:
    return track(step, notebook="churn", ledger=ledger, country=country)


def burning_child() -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-S", "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"burnt\n"
    return child


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "germany" / "footprint.csv"


def test_both_meters_are_read_and_written(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, "7.2")
    with meter(ledger) as found:
        sum(range(3_000_000))
    assert found.outcome == "succeeded"
    assert found.kwh_cpu == pytest.approx(found.cpu_seconds * 7.2 / 3_600_000)
    assert found.gco2e_cpu == pytest.approx(found.kwh_cpu * found.gco2e_per_kwh)
    assert found.gco2e == pytest.approx(found.kwh_codecarbon * found.gco2e_per_kwh)
    row = read(ledger).iloc[0]
    assert row["kwh_codecarbon"] == pytest.approx(found.kwh_codecarbon)
    assert (row["intensity_source"], row["method"]) == (found.intensity_source, found.method)


def test_sleeping_costs_time_and_no_processor(ledger: Path) -> None:
    with meter(ledger) as found:
        time.sleep(0.3)
    assert found.wall_seconds >= 0.3
    assert found.cpu_seconds < 0.1


def test_a_child_counts_once_waited_for_or_not(ledger: Path) -> None:
    with meter(ledger) as living:
        child = burning_child()
    with meter(ledger) as idle:
        child.communicate()
    with meter(ledger) as waited_for:
        burning_child().communicate()
    for found in (living, waited_for):
        assert 0.38 <= found.cpu_seconds < 0.7
    assert idle.cpu_seconds < 0.2


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), StopIteration(), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_passes_unchanged_and_is_recorded(ledger: Path, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, meter(ledger):
        raise error
    assert caught.value is error
    assert read(ledger)["outcome"].tolist() == ["failed"]


@pytest.mark.parametrize("place", ["file.txt/footprint.csv", ".", "/dev/full"])
def test_a_ledger_that_cannot_be_written_stops_nothing(tmp_path: Path, place: str) -> None:
    (tmp_path / "file.txt").touch()
    with meter(tmp_path / place) as found:
        answer = 42
    assert (answer, found.outcome) == (42, "succeeded")
    assert found.kwh_cpu is not None


def test_without_codecarbon_the_second_meter_still_counts(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(estimate, "OfflineEmissionsTracker", refuse)
    with meter(ledger):
        pass
    row = read(ledger).iloc[0]
    assert row[["kwh_codecarbon", "gco2e"]].isna().all()
    assert row[["kwh_cpu", "gco2e_cpu"]].notna().all()
    assert "codecarbon did not run" in row["note"]


@pytest.mark.parametrize("country", ["ZZ", "AD"])
def test_an_unknown_grid_is_the_world_s_mean_by_name_and_width(ledger: Path, country: str) -> None:
    with meter(ledger, country=country) as found:
        pass
    assert found.gco2e == pytest.approx(found.kwh_codecarbon * world_intensity().gco2e_per_kwh)
    assert re.match(r"fallback: world mean, \d+ to [\d,]+ g of all grids", found.intensity_source)
    assert f"the grid is not known: carbon by {found.intensity_source}" in read(ledger)["note"].item()


STEP = """
import sys
from workbench.emissions import track
with track("inner", notebook="churn", ledger=sys.argv[1], country="DE"): pass
"""


def test_steps_nest_across_processes_and_count_once(ledger: Path) -> None:
    with meter(ledger, "page") as page:
        with meter(ledger, "outer"):
            pass
        subprocess.run([sys.executable, "-c", STEP, str(ledger)], check=True)
    with meter(ledger, "next") as following:
        pass
    steps = read(ledger).set_index("step")
    assert steps["depth"].to_dict() == {"outer": 1, "inner": 1, "page": 0, "next": 0}
    assert steps["run_id"].nunique() == 2
    assert total(ledger).kwh == pytest.approx(page.kwh_codecarbon + following.kwh_codecarbon)
    assert "WORKBENCH_METER_RUN" not in os.environ


def run_steps(ledger: Path, worker: int) -> list[Footprint]:
    found = []
    for number in range(15):
        with meter(ledger, f"{worker}.{number}") as step:
            found.append(step)
    return found


def test_parallel_runs_lose_no_line(ledger: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [step for steps in pool.map(run_steps, [ledger] * 2, range(2)) for step in steps]
    frame = read(ledger)
    assert sorted(frame["step"]) == sorted(step.step for step in found)
    assert frame.attrs["skipped"] == 0
    assert ledger.read_text().count("started_at") == 1


def test_the_interval_spans_both_meters_and_idle_cores_are_counted_apart(ledger: Path) -> None:
    with meter(ledger) as found:
        time.sleep(0.05)
    both = [found.kwh_codecarbon, found.kwh_cpu]
    assert found.kwh_low <= min(both) <= max(both) <= found.kwh_high
    waited = cores() * found.wall_seconds - found.cpu_seconds
    assert found.kwh_idle == pytest.approx(waited * this_processor().idle_watts / 3.6e6)
    assert "meters differ by more than 40%" in found.note


def test_a_counter_that_stands_still_or_goes_back_is_not_measured(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([5.0, 3.0])
    monkeypatch.setattr("workbench.emissions.meter.cpu_seconds", lambda: next(counts))
    with meter(ledger) as found:
        pass
    assert (found.cpu_seconds, found.kwh_cpu, found.kwh_idle) == (None, None, None)
    assert "its counter went back" in found.note
    assert [found.kwh_low, found.kwh_high] == pytest.approx([0.6 * found.kwh_codecarbon, 1.4 * found.kwh_codecarbon])


def test_a_clock_that_is_set_back_changes_no_duration(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with meter(ledger) as found:
        now = time.time()
        monkeypatch.setattr("workbench.emissions.meter.time.time", lambda: now - 3600)
    monkeypatch.undo()
    assert 0 < found.wall_seconds < 1
    assert "the clock was set back" in found.note


def test_counters_that_may_not_be_read_are_said(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "counters_refused", lambda: True)
    with meter(ledger) as found:
        pass
    assert "energy counters may not be read" in found.note


def test_a_run_that_was_killed_leaves_the_steps_that_it_had_finished(ledger: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(ledger)], check=False)
    assert read(ledger)["step"].tolist() == ["inner"]
    assert (total(ledger).steps, total(ledger).kwh > 0) == (1, True)


KILLED = """
import os, signal, sys
from workbench.emissions import track
with track("page", notebook="churn", ledger=sys.argv[1], country="DE"):
    with track("inner", notebook="churn", ledger=sys.argv[1], country="DE"): pass
    os.kill(os.getpid(), signal.SIGKILL)
"""
