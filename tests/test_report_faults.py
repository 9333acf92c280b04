"""Whatever fails, the next run completes, and every report on disk is whole and tells the truth about its age."""

import errno
import io
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from random import Random

import nbformat.v4 as nb
import psutil
import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from conftest import Workshop
from kernels_case import write_notebook
from moments import Batches
from workbench import emissions, market, report
from workbench.errors import InputError
from workbench.report import history, outdated, plan, publish, record, remembered

LEAVES = """
import os
import time
from workbench import outputs

mine = outputs.open(market, reports=reports)
"""
SAVES = """
import pandas as pd

mine.save_table("behave", "days", pd.DataFrame({"days": [horizon_days]}))
mine.save_document("behave", "note", f"# A note\\n\\n{horizon_days} days")
saved = mine.save_results("behave", [outputs.key_figure("days", horizon_days, unit="days")])
"""


def run(workshop, **asked):
    """Run a batch; return its exit code, what was said, and the runs by market."""
    console = Console(file=io.StringIO(), width=200)
    where = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    code = report.run(**where, console=console, **asked)
    return code, console.file.getvalue(), {one.market: one for one in record.read(workshop.reports)}


def assert_whole_and_true(reports):
    """Every page is whole, and of the run on record or marked as out of date; all that is remembered can be read."""
    for page in reports.rglob("[!.]*.html"):
        text = page.read_text(encoding="utf-8")
        assert text.rstrip().endswith(("</html>", "<!-- no report -->")), page
        assert BeautifulSoup(text, "html.parser").title.get_text(), page
    assert (reports / "run.json").exists() == bool(record.read(reports))
    assert_index_is_true(reports)
    for one in record.read(reports):
        folder = reports / one.market
        for page in [folder / "behave.html", *folder.glob("documents/behave.*.html")]:
            text = page.read_text(encoding="utf-8") if page.exists() else None
            is_its_own = text is not None and re.search(rf"\b{one.parameters['horizon_days']} days", text)
            tells = text is None or "Out of date:" in text or text.endswith("<!-- no report -->\n")
            assert is_its_own or (one.outcome != "succeeded" and tells), page
        assert one.outcome != "succeeded" or all((reports / name).exists() for name in one.files)
        remembered = folder / "history.jsonl"
        lines = remembered.read_text().splitlines() if remembered.exists() else []
        assert len(lines) == len(history.read(folder))
        assert emissions.read(folder / "footprint.csv").attrs["skipped"] == 0


def assert_index_is_true(reports):
    """The index is marked as out of date, or made anew it is the same but for the hour."""
    index = reports / "index.html"
    if index.exists() and not outdated.is_marked(index):
        was = index.read_text(encoding="utf-8")
        publish.index(market.read_folder(reports.parent / "params"), {"behave": "A page"}, reports=reports)
        assert _without_hours(index.read_text(encoding="utf-8")) == _without_hours(was)


def _without_hours(text):
    return re.sub(r"\d\d:\d\d UTC", "", text)


def lives(pid):
    """Say whether a process runs; one that only waits to be counted by its parent does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def half_written(reports):
    return [path for path in reports.rglob(".*") if path.suffix != ".lock"]


# One batch of notebooks that misbehave, each in its way.

MISBEHAVES = """
def leave(lives):
    if not os.fork():
        os.setsid()
        if not os.fork():
            with open(mine.folder / "daemons", "a") as known:
                known.write(f"{os.getpid()}\\n")
            lives()
        os._exit(0)
    os.wait()


if title == "prints":
    for _ in range(200):
        print("x" * 1_000_000)
if title == "hoards":
    held = b"x" * 3_000_000_000
    time.sleep(600)
if title == "gathers":
    held = []
    while len(held) < 100:
        held.append(b"x" * 30_000_000)
    time.sleep(600)
if title == "shares":
    held = b"x" * 250_000_000
    for _ in range(5):
        if not os.fork():
            time.sleep(1.5)
            os._exit(0)
    for _ in range(5):
        os.wait()
if title == "loops":
    while True:
        print(".", end="", flush=True)
if title == "leaves":
    leave(lambda: os.execvp("sleep", ["sleep", "600"]))
    leave(lambda: time.sleep(600))
    while len((mine.folder / "daemons").read_text().split()) < 2:
        time.sleep(0.05)
"""
MISDATES = """
if title == "misdates":
    for path in [saved, *mine.folder.glob("tables/behave.*"), *mine.folder.glob("documents/behave.*")]:
        os.utime(path, (0, 0))
"""
FAILS = {"loops", "hoards", "gathers"}
BEHAVIOURS = ("loops", "gathers", "hoards", "leaves", "misdates", "prints", "shares")


@pytest.fixture(scope="module")
def misbehaved(tmp_path_factory):
    workshop = Workshop(tmp_path_factory.mktemp("misbehaved"))
    write_notebook(workshop, LEAVES + MISBEHAVES + SAVES + MISDATES)
    for behaviour in BEHAVIOURS:
        workshop.market(behaviour, title=behaviour)
    # What loops comes to its limit however slow the machine is; the others must not.
    run(workshop, markets=["loops"], time_limit_seconds=3)
    others = [behaviour for behaviour in BEHAVIOURS if behaviour != "loops"]
    return workshop, *run(workshop, jobs=2, markets=others, time_limit_seconds=60, memory_limit_bytes=600_000_000)


def test_of_what_a_cell_prints_the_first_characters_are_kept_and_the_rest_is_counted(misbehaved):
    workshop, _, _, runs = misbehaved
    assert runs["prints"].outcome == "succeeded"
    for name in ("behave.html", "behave.ipynb"):
        text = (workshop.reports / "prints" / name).read_text()
        assert "Cut here: of what a cell prints the first 100,000 characters are kept." in text
        assert "199,900,200 more were printed." in text
        assert len(text) < 250_000


@pytest.mark.parametrize("behaviour", ["hoards", "gathers"])
def test_a_notebook_that_eats_memory_is_stopped_at_its_limit_in_words(misbehaved, behaviour):
    _, code, said, runs = misbehaved
    message = "stopped, for it held more than its limit of memory, 600\N{NO-BREAK SPACE}MB"
    assert (code, runs[behaviour].outcome, runs[behaviour].failure.message) == (1, "failed", message)
    assert runs[behaviour].memory_bytes < 2_900_000_000
    assert f"{behaviour} behave: failed in cell 3 (A page): {message}" in said


def test_memory_that_processes_share_counts_once(misbehaved):
    _, _, _, runs = misbehaved
    assert runs["shares"].outcome == "succeeded"


def test_a_notebook_that_loops_for_ever_is_stopped_at_its_time_limit(misbehaved):
    _, _, _, runs = misbehaved
    assert (runs["loops"].outcome, runs["loops"].failure.message) == (
        "timed out",
        "stopped at its time limit of 3 seconds",
    )


def test_processes_that_a_notebook_leaves_behind_end_with_it(misbehaved):
    workshop, _, _, runs = misbehaved
    left = (workshop.reports / "leaves" / "daemons").read_text().split()
    assert (runs["leaves"].outcome, len(left)) == ("succeeded", 2)
    assert not [pid for pid in left if lives(int(pid))]


def test_what_a_run_left_is_known_whatever_day_its_files_show(misbehaved):
    _, _, _, runs = misbehaved
    assert (runs["misdates"].outcome, len(runs["misdates"].files)) == ("succeeded", 6)


def test_after_all_that_the_next_run_completes(misbehaved):
    workshop, *_ = misbehaved
    assert_whole_and_true(workshop.reports)
    for behaviour in FAILS:
        workshop.market(behaviour, title="works")
    # As a batch leaves it that is killed before a run is on record: a report that is marked does not hold.
    outdated.announce(record.read(workshop.reports)[BEHAVIOURS.index("misdates")], reports=workshop.reports)
    code, said, runs = run(workshop)
    assert (code, {one.outcome for one in runs.values()}) == (0, {"succeeded"})
    assert f"{len(FAILS) + 1} succeeded, {len(BEHAVIOURS) - len(FAILS) - 1} unchanged" in said
    assert not outdated.is_marked(workshop.reports / "misdates" / "behave.html")
    assert_whole_and_true(workshop.reports)
    assert half_written(workshop.reports) == []


# A batch that is killed.


def test_a_batch_killed_at_any_moment_leaves_whole_reports_and_nothing_that_runs(tmp_path):
    with ThreadPoolExecutor(2) as both:
        killed = both.map(_killed_ten_times, (tmp_path / "one", tmp_path / "other"), (1, 2))
    assert sum(killed) >= 18


def _killed_ten_times(root, seed):
    """Kill batches at random moments, one of each tenth of their life; return how many had not ended before."""
    root.mkdir()
    workshop, chance, killed = Workshop(root), Random(seed), 0
    workshop.market("france")
    workshop.market("germany")
    write_notebook(workshop, LEAVES + SAVES)
    with Batches(root) as batches:
        code, moments = batches.run(jobs=2)
        assert (code, moments > 80) == (0, True)
        for number in range(10):
            # Later batches, which mark what is there, have more moments than the first.
            moment = 1 + int(1.1 * moments * (number + chance.random()) / 10)
            code, _ = batches.run(moment=moment, jobs=2, settings={"horizon_days": str(100 + number)})
            killed += code == -9
            assert code in (0, -9)
            assert _gone(root), f"something still runs after a kill at moment {moment} of {moments}"
            assert_whole_and_true(workshop.reports)
        code, _ = batches.run(settings={"horizon_days": "7"})
    runs = record.read(workshop.reports)
    assert (code, [(one.outcome, one.parameters["horizon_days"]) for one in runs]) == (0, [("succeeded", 7)] * 2)
    assert_whole_and_true(workshop.reports)
    assert half_written(workshop.reports) == []
    return killed


def _gone(root, within_seconds=20):
    """Say whether all that a batch below a folder started has ended, soon."""
    until = time.monotonic() + within_seconds
    while time.monotonic() < until:
        if not [one for one in psutil.process_iter() if _serves(one, root)]:
            return True
        time.sleep(0.05)
    return False


def _serves(process, root):
    try:
        environment = process.environ()
        return environment.get("MOMENTS_BELOW") == str(root / "reports") and "MOMENTS_BATCH" in environment
    except (psutil.Error, OSError):
        return False


# A disk that takes no more.


@pytest.fixture
def full_disk(workshop):
    """Return the workshop with its reports on a disk of 4 MB."""
    workshop.reports.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", workshop.reports]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield workshop
    subprocess.run(["umount", "--lazy", workshop.reports], check=True)


FILLS = """
if title == "fills":
    with open(f"{reports}/filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(1 << 16)):
                pass
        except OSError:
            filler.close()
"""
SHUTS = """
import subprocess

if title == "shuts":
    for place in (reports, mine.folder):
        os.chmod(place, 0o555)
        subprocess.run(["chattr", "+i", place], capture_output=True)
"""


def fill(folder):
    """Leave no room on a disk."""
    with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1 << 12)):
            pass


def older_report(workshop):
    """Put a report where it belongs, as an earlier batch would; return the task of the next one, and its run."""
    places = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    asked = {"markets": [], "notebooks": [], "settings": {}, "force": True}
    (task,) = plan.make(**places, **asked, time_limit_seconds=60).tasks
    page = nb.new_notebook(cells=[nb.new_markdown_cell(f"# A page\n\n{task.run.parameters['horizon_days']} days")])
    begun = remembered.begin(task).run
    done = publish.succeeded(replace(begun, outcome="succeeded", failure=None), page, reports=workshop.reports)
    remembered.end(done, reports=workshop.reports)
    (read,) = record.read(workshop.reports)
    return task, read


def test_a_disk_that_fills_up_ends_the_batch_in_words_and_the_next_run_completes(full_disk):
    older_report(full_disk)
    write_notebook(full_disk, LEAVES + FILLS + SAVES)
    full_disk.market("germany", title="fills")
    code, said, runs = run(full_disk)
    assert (code, runs["germany"].outcome) == (1, "interrupted")
    assert "reports: cannot be written any more: No space left on device" in said
    assert_whole_and_true(full_disk.reports)
    with pytest.raises(InputError, match="cannot be written there: No space left on device; nothing was run"):
        run(full_disk)
    (full_disk.reports / "filler").unlink()
    full_disk.market("germany")
    assert run(full_disk)[0] == 0
    assert_whole_and_true(full_disk.reports)
    assert half_written(full_disk.reports) == []


def test_a_disk_that_is_full_after_the_last_run_is_told_and_the_next_batch_makes_up_for_the_index(
    workshop, monkeypatch
):
    def find_no_room(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    older_report(workshop)
    write_notebook(workshop, LEAVES + SAVES)
    index = publish.index([], {}, reports=workshop.reports)
    with monkeypatch.context() as full:
        full.setattr(record, "remember_batch", find_no_room)
        code, said, runs = run(workshop)
    assert (code, runs["germany"].outcome, outdated.is_marked(index)) == (1, "succeeded", True)
    assert "index.html: cannot be written: No space left on device; the next run makes up for it" in said
    code, said, _ = run(workshop)
    assert (code, "1 unchanged in" in said, outdated.is_marked(index)) == (0, True, False)
    assert_whole_and_true(workshop.reports)


def test_a_run_whose_older_page_cannot_be_marked_does_not_begin(full_disk):
    task, done = older_report(full_disk)
    fill(full_disk.reports)
    with pytest.raises(OSError, match="No space left"):
        remembered.begin(task)
    assert record.read(full_disk.reports) == [done]
    assert_whole_and_true(full_disk.reports)


def test_a_folder_made_read_only_in_mid_run_ends_the_batch_in_words_and_the_next_run_completes(workshop):
    older_report(workshop)
    write_notebook(workshop, LEAVES + SHUTS + SAVES)
    places = [workshop.reports, workshop.reports / "germany"]
    try:
        workshop.market("germany", title="shuts")
        code, said, runs = run(workshop)
        if os.access(workshop.reports, os.W_OK):
            pytest.skip("no folder can be made read-only here")
        assert (code, runs["germany"].outcome) == (1, "interrupted")
        assert re.search("reports: cannot be written any more: (Operation not permitted|Permission denied)", said)
        assert_whole_and_true(workshop.reports)
    finally:
        for place in places:
            subprocess.run(["chattr", "-i", place], capture_output=True)
            place.chmod(0o755)
    workshop.market("germany")
    assert run(workshop)[0] == 0
    assert_whole_and_true(workshop.reports)
