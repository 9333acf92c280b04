"""A batch on a Dask cluster, with scheduler and workers in processes of their own: the same reports, whoever dies."""

import io
import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pandas as pd
import psutil
import pytest
from rich.console import Console

from kernels_case import within_seconds
from workbench import emissions, outputs, report
from workbench.errors import InputError
from workbench.processor import cores
from workbench.report import cluster, errand, history, plan, pool, publish, record
from workbench.report.progress import Progress
from workbench.report.record import Failure

Client = pytest.importorskip("distributed", reason="Dask is not installed: pip install crm-workbench[dask]").Client

# Leads each process to its own working folder: what the batch means by it no worker sees, as on another machine.
ELSEWHERE = Path("/proc/self/cwd")
needs_proc = pytest.mark.skipif(not ELSEWHERE.exists(), reason="no /proc on this system")


class Dask:
    """A scheduler and two workers of two threads each, on this machine alone; use it as a context."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--no-show")
        self.workers = []
        self.add_worker()
        self.add_worker()
        within_seconds(60, lambda: self.file.exists() and self.file.stat().st_size)
        self.address = json.loads(self.file.read_text())["address"]
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def add_worker(self):
        scratch = str(self.folder / "scratch")
        self.workers.append(self._start("dask_worker", "--nthreads", "2", "--no-nanny", "--local-directory", scratch))

    def _start(self, name, *options):
        command = [sys.executable, "-m", f"distributed.cli.{name}", "--scheduler-file", str(self.file), *options]
        with (self.folder / "log").open("ab") as log:
            common = ["--host", "127.0.0.1", "--no-dashboard"]
            return subprocess.Popen([*command, *common], cwd=self.folder, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Start a cluster; whoever kills one of its workers adds another."""
    with Dask(tmp_path_factory.mktemp("dask")) as started:
        yield started


@pytest.fixture
def own_dask(tmp_path):
    """Start a cluster for one test, which may kill all of it."""
    (tmp_path / "dask").mkdir()
    with Dask(tmp_path / "dask") as started:
        yield started


@pytest.fixture
def shop(workshop, monkeypatch):
    """Return the workshop as the working folder, where a behaviour `waits` until it may go on, and says so."""
    monkeypatch.chdir(workshop.root)
    workshop.reports.mkdir()
    behave = workshop.notebooks / "behave.ipynb"
    waits = (
        f"from pathlib import Path; at = Path({str(workshop.root)!r})\n"
        "if 'waits' in title:\n    outputs.write_whole(at / f'{market}.kernel', str(os.getpid()))\n"
        "while 'waits' in title and not (at / 'go').exists():\n    time.sleep(0.05)\n"
    )
    notebook = json.loads(behave.read_text())
    notebook["cells"][-1]["source"] = waits + "".join(notebook["cells"][-1]["source"])
    behave.write_text(json.dumps(notebook))
    return workshop


def planned(shop, reports=None, **asked):
    where = {"params": shop.params, "notebooks_folder": shop.notebooks, "reports": reports or shop.reports}
    choice = {"markets": (), "notebooks": (), "settings": {}, "force": False, "time_limit_seconds": 600}
    return plan.make(**where, **choice | asked).tasks


def runs(tasks, dask, said):
    with (
        Progress(Console(file=said, width=300), [task.run for task in tasks]) as progress,
        cluster.join(dask.address, reports=tasks[0].reports) as joined,
    ):
        yield from cluster.run_all(tasks, joined, jobs=None, progress=progress, say=lambda line: print(line, file=said))


def once_it_waits(shop, market, act):
    """Do something to the processes from the kernel upwards, as soon as a market's notebook waits."""
    told = shop.root / f"{market}.kernel"

    def wait_and_act():
        kernel = psutil.Process(int(within_seconds(60, lambda: told.exists() and told.read_text())))
        act([kernel, *kernel.parents()][:3])

    thread = Thread(target=wait_and_act)
    thread.start()
    return thread


def left_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@needs_proc
def test_what_is_brought_back_is_what_a_local_batch_leaves(shop, dask):
    shutil.copytree(shop.notebooks / "after", shop.notebooks, dirs_exist_ok=True)
    here, there, said = shop.root / "here", shop.reports, io.StringIO()
    outputs.open("germany", reports=here).save_table("ask", "said", pd.DataFrame({"title": ["so it was said"]}))
    shutil.copytree(here, there, dirs_exist_ok=True)
    tasks = planned(shop, here, notebooks=["answer"])
    with Progress(Console(file=said), [task.run for task in tasks]) as progress:
        (local,) = pool.run_all(tasks, jobs=1, cores=cores(), cold=True, progress=progress, say=said.write)
    (there / "germany" / "tables" / "answer.older.parquet").write_bytes(b"what an older notebook left")
    (brought,) = runs(planned(shop, ELSEWHERE / "reports", notebooks=["answer"]), dask, said)
    assert "Dask workers: 2, with threads: 4; reports are brought back from them" in said.getvalue()
    assert (brought.outcome, brought.files, brought.fingerprint) == (local.outcome, local.files, local.fingerprint)
    assert record.read(there) == [brought]
    results = "germany/results/answer.json"
    assert (left_in(there), (there / results).read_bytes()) == (left_in(here), (here / results).read_bytes())
    assert emissions.read(there / "germany" / "footprint.csv")["notebook"].tolist() == ["answer"]
    assert str(dask.folder) not in (there / "germany" / "answer.ipynb").read_text()


def test_a_run_whose_worker_is_killed_is_run_again_and_nothing_is_left_of_it(shop, dask):
    shop.market("germany", title="germany waits")
    killed = []

    def kill(processes):
        killed.extend(processes)
        processes[-1].kill()
        (shop.root / "go").touch()

    thread, said = once_it_waits(shop, "germany", kill), io.StringIO()
    where = {"params": shop.params, "notebooks_folder": shop.notebooks, "reports": shop.reports}
    code = report.run(**where, scheduler=dask.address, console=Console(file=said, width=300))
    thread.join()
    dask.add_worker()
    (run,), batch = record.read(shop.reports), record.latest(shop.reports)
    assert (code, batch.jobs, batch.outcomes) == (0, 4, {"succeeded": 1})
    assert (batch.cpu_seconds > run.cpu_seconds, batch.energy_wh > run.energy_wh) == (True, True)
    assert "1 succeeded in" in said.getvalue()
    assert "90 days, 1 threads" in (shop.reports / "germany" / "behave.ipynb").read_text()
    assert (run.outcome, killed[-1].pid in [worker.pid for worker in dask.workers]) == ("succeeded", True)
    assert psutil.wait_procs(killed[:2], timeout=20)[1] == []
    assert "reports are written by them" in said.getvalue()
    assert f"germany behave: the Dask worker on {socket.gethostname()} has gone; once more" in said.getvalue()
    assert all((shop.reports / name).exists() for name in run.files)
    assert (len(run.files), len(history.read(shop.reports / "germany"))) == (3, 1)


@needs_proc
def test_what_is_stopped_ends_on_the_workers_and_what_they_cannot_see_is_said(shop, dask):
    parameters = json.loads((shop.notebooks / "behave.ipynb").read_text())
    parameters["cells"][1]["source"] = ["data = 'sample'\n", *parameters["cells"][1]["source"]]
    (shop.notebooks / "behave.ipynb").write_text(json.dumps(parameters))
    shop.market("germany", title="germany waits")
    shop.market("spain", data=str(ELSEWHERE / "data"))
    older = shop.reports / "germany" / "behave.html"
    older.parent.mkdir()
    older.write_text("<html><body>what was found long ago</body></html>")
    batch = runs(planned(shop, ELSEWHERE / "reports"), dask, io.StringIO())
    spain = next(batch)
    assert (spain.market, spain.outcome) == ("spain", "failed")
    where = f"for the Dask worker on {socket.gethostname()}"
    assert spain.failure.message.startswith(f"{ELSEWHERE}/data: not there {where}; put it where every worker sees it")
    assert where in (shop.reports / "spain" / "behave.html").read_text()
    processes = []
    once_it_waits(shop, "germany", processes.extend).join()
    batch.close()
    assert psutil.wait_procs(processes[:2], timeout=20)[1] == []
    assert {run.market: run.outcome for run in record.read(shop.reports)} == {
        "germany": "interrupted",
        "spain": "failed",
    }
    assert "Out of date" in older.read_text()
    assert not [path for path in shop.reports.rglob(".*") if path.suffix != ".lock"]


def test_a_failure_that_is_brought_back_keeps_the_older_report_and_adds_to_the_ledger(shop, tmp_path):
    (task,) = planned(shop)
    folder, home = shop.reports / "germany", tmp_path / "home"
    (folder / "tables").mkdir(parents=True)
    home.mkdir()
    for name in ("behave.html", "behave.log", "footprint.csv", "tables/behave.old.csv", "other.html"):
        (folder / name).write_text(f"<body>{name}</body>\n")
    order = errand.Order(
        topic="topic",
        key=("behave", "germany"),
        footing=errand.stand("", "topic"),
        root="",
        probe="",
        task=task.to_json(),
        notebook=task.notebook.read_bytes(),
        files=cluster._to_read(task),
    )
    here = errand._unpack(order, task, home)
    run = replace(here.run, outcome="failed", failure=Failure(message=f"nothing in {here.reports}"))
    publish.failed(run, None, reports=here.reports)
    (here.reports / "germany" / "behave.log").unlink()
    with (here.reports / "germany" / "footprint.csv").open("a") as ledger:
        ledger.write("one more line\n")
    brought = errand._pack(order, run, here.reports, task.reports)
    assert ({*brought.files}, brought.gone) == ({"behave.html", "behave.previous.html"}, ("behave.log",))
    cluster._place(brought, run, shop.reports)
    others = {"footprint.csv", "tables/behave.old.csv", "other.html"}
    assert left_in(folder) == {"behave.html", "behave.previous.html"} | others
    assert (folder / "footprint.csv").read_text() == "<body>footprint.csv</body>\none more line\n"
    assert f"nothing in {task.reports}" in (folder / "behave.html").read_text()
    assert "Out of date" in (folder / "behave.previous.html").read_text()


def test_workers_that_would_run_something_else_are_refused(shop, dask, monkeypatch):
    monkeypatch.setenv("WORKBENCH_KEY", "known to the batch alone")
    with pytest.raises(
        InputError, match=r"have what this machine has, and do not:\n.*: the environment's WORKBENCH_KEY is not"
    ):
        next(runs(planned(shop), dask, io.StringIO()))
    assert record.read(shop.reports) == []


def test_when_all_workers_die_a_run_has_failed_and_when_the_scheduler_does_the_next_batch_runs_it(shop, own_dask):
    with Client(own_dask.address, set_as_default=False) as client:
        client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))
    for market in ("germany", "france"):
        shop.market(market, title=f"{market} waits")
    left, said = [], io.StringIO()
    once_it_waits(shop, "germany", lambda processes: processes[-1].kill())
    batch = runs(planned(shop), own_dask, said)
    germany = next(batch)
    assert (germany.market, germany.outcome) == ("germany", "failed")
    assert germany.failure.message == "the Dask workers that ran it were ended, 1 of them"
    assert germany.failure.message in (shop.reports / "germany" / "behave.html").read_text()
    once_it_waits(shop, "france", left.extend).join()
    own_dask.scheduler.kill()
    assert list(batch) == []
    assert (
        "the connection to the Dask scheduler was lost, or it was restarted; the next run makes up" in said.getvalue()
    )
    assert psutil.wait_procs(left[:2], timeout=20)[1] == []
    assert [(run.market, run.outcome) for run in record.read(shop.reports)] == [
        ("france", "interrupted"),
        ("germany", "failed"),
    ]


def test_an_address_where_nobody_answers_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for address in (f"tcp://127.0.0.1:{taken.getsockname()[1]}", "here", "ftp://127.0.0.1:1"):
            with pytest.raises(
                InputError, match=f"--scheduler {address}: no Dask scheduler answers there .*; allowed:"
            ):
                cluster._connect(address)


def test_without_a_scheduler_nothing_of_dask_is_loaded(monkeypatch):
    code = "import workbench.__main__, workbench.report.pool, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"dask", "distributed", "workbench.report.cluster"} & set(loaded)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"--scheduler tcp://host:8786: needs Dask: pip install crm-workbench\[dask\]"):
        cluster._connect("tcp://host:8786")
