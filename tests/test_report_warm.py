"""A forked kernel does what a stock one does: the same results, a life of its own, and nothing lost by the fork."""

import io
import os
import resource
import signal
from types import SimpleNamespace

import nbformat
import pytest
from rich.console import Console

from conftest import Workshop
from kernels_case import write_notebook
from workbench import outputs, report
from workbench.processor import cores
from workbench.report import pool, processes, record
from workbench.report.processes import Nursery, cannot_fork

pytestmark = pytest.mark.skipif(bool(cannot_fork()), reason=f"no kernel is forked here: {cannot_fork()}")

# What is imported by name is what the nursery loads.
IMPORTS = """
import os
import random
import stat
import threading
from pathlib import Path

import duckdb
import ibis
import lightgbm
import matplotlib.pyplot as plt
import numba
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import torch
from ipykernel import get_connection_file
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_info

import lent
from workbench import outputs

found = lent.state, np.geterr()["over"], pd.get_option("display.precision"), "LEFT" in os.environ
os.environ["LEFT"], lent.state = market, market
drawn = {"random": random.random(), "numpy": np.random.random(), "generator": np.random.default_rng().random(),
         "torch": torch.rand(1).item()}
np.seterr(over="raise")
pd.set_option("display.precision", 3)
"""
CELLS = (
    IMPORTS,
    # Linear algebra by BLAS and LAPACK, on more than one thread where there is one.
    """
chance = np.random.default_rng(1)
left = chance.normal(size=(400, 400))
{name: f"{value:.6f}" for name, value in {
    "product": (left @ left.T).trace(), "solved": np.linalg.solve(left, left[0]).sum(),
    "singular": np.linalg.svd(left[:100], compute_uv=False)[0]}.items()}
""",
    # Compiled here, and compiled before: on several threads.
    """
@numba.njit
def fresh(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

fresh(1_000_000), lent.squares(1_000_000)
""",
    """
torch.manual_seed(1)
net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
loss = net(torch.randn(256, 64)).square().mean()
loss.backward()
ones = torch.ones(300, 300)
f"{loss.item():.5f}", f"{net[0].weight.grad.abs().sum().item():.3f}", f"{(ones @ ones).sum().item():.0f}"
""",
    """
orders = pd.DataFrame({"customer": np.arange(200_000) % 1_000, "amount": np.arange(200_000.0)})
duckdb.sql("select count(*), sum(amount), count(distinct customer) from orders").fetchall()
""",
    """
table = ibis.memtable(orders)
summed = table.group_by("customer").agg(amount=table.amount.sum()).order_by("customer").limit(3).to_pandas()
summed
""",
    """
chosen, target = left[:, :8], left[:, 0] + left[:, 1] > 0
{type(model).__name__: f"{model.fit(chosen, target).predict_proba(chosen)[:, 1].sum():.4f}" for model in (
    HistGradientBoostingClassifier(random_state=1, max_iter=20), RandomForestClassifier(20, random_state=1, n_jobs=2),
    lightgbm.LGBMClassifier(n_estimators=20, random_state=1, verbose=-1))}
""",
    "_ = plt.plot([1, 3, 2])",
    # How many threads each takes.
    """
{"torch": torch.get_num_threads(), "numba": numba.get_num_threads(), "arrow": pa.cpu_count(),
 "blas": sorted({pool["num_threads"] for pool in threadpool_info()}), "variables": os.environ["OMP_NUM_THREADS"],
 "python": [thread.name for thread in threading.enumerate() if thread is threading.main_thread()]}
""",
    # What a kernel finds, who may talk to it, and what it hears from those that it forks.
    """
place = Path(get_connection_file())
sockets = [path for path in place.parent.iterdir() if stat.S_ISSOCK(path.stat().st_mode)]
alone = psutil.Process().net_connections("inet") == []
print(found, len(sockets) > 5, oct(place.parent.stat().st_mode & 0o777), alone, Path.cwd())
""",
    """
os.chdir("/")
if not os.fork():
    print("a child speaks")
    os._exit(0)
_ = os.wait()
""",
    """
mine = outputs.open(market, reports=reports)
random.seed(1), np.random.seed(1), torch.manual_seed(1)
seeded = [random.random(), np.random.random(), torch.rand(1).item()]
mine.save_table("behave", "sums", summed)
_ = mine.save_results("behave", [
    *(outputs.key_figure(name, value) for name, value in drawn.items()),
    outputs.key_figure("seeded", str(seeded)), outputs.key_figure("kernel", " ".join(psutil.Process().cmdline()))])
""",
)
LENT = """
import numba

state = "untouched"


@numba.njit(parallel=True, cache=True)
def squares(n):
    total = 0
    for i in numba.prange(n):
        total += i * i
    return total
"""


def project(root, monkeypatch, **modules):
    """Return a workshop whose notebooks can import these modules."""
    workshop = Workshop(root)
    workshop.market("germany")
    (root / "modules").mkdir()
    for name, source in modules.items():
        (root / "modules" / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(root / "modules"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(root / "compiled"))
    return workshop


def run(workshop, reports, **asked):
    """Run a batch; return its exit code, what was said and by market what was left."""
    console = Console(file=io.StringIO(), width=200)
    places = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.root / reports}
    code = report.run(**places, console=console, **asked)
    left = {one.market: _left(one, places["reports"]) for one in record.read(places["reports"])}
    return SimpleNamespace(code=code, said=console.file.getvalue(), **left)


def _left(one, reports):
    mine = outputs.open(one.market, reports=reports)
    notebook = reports / one.market / "behave.ipynb"
    return SimpleNamespace(
        run=one,
        figures={figure.name: figure.value for figure in mine.results("behave")},
        table=mine.table("behave", "sums") if mine.holds("behave", "sums") else None,
        outputs=[cell.outputs for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"],
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two markets by kernels that are forked, one after the other, and one of them by a stock kernel."""
    with pytest.MonkeyPatch.context() as patched:
        workshop = project(tmp_path_factory.mktemp("warm"), patched, lent=LENT)
        write_notebook(workshop, *CELLS)
        workshop.market("france")
        warm = run(workshop, "warm", jobs=1)
        return warm, run(workshop, "cold", jobs=1, cold=True, markets=["germany"])


def test_kernels_are_forked_unless_cold_is_asked_for(both):
    warm, cold = both
    assert (warm.code, cold.code) == (0, 0), warm.said + cold.said
    assert "afresh" not in warm.said
    assert "workbench.report.nursery" in warm.germany.figures["kernel"]
    assert "ipykernel_launcher" in cold.germany.figures["kernel"]


def test_outputs_are_the_same_whether_a_kernel_is_forked_or_not(both):
    warm, cold = both
    assert len(warm.germany.outputs) == len(CELLS) + 2
    for number, (forked, stock) in enumerate(zip(warm.germany.outputs, cold.germany.outputs, strict=True)):
        assert forked == stock, f"cell {number}"


def test_the_forked_answers_are_right(both):
    shown = [[output.data["text/plain"] for output in cell if "data" in output] for cell in both[0].germany.outputs]
    text = "\n".join("".join(cell) for cell in shown)
    squares = 1_000_000 * 999_999 * 1_999_999 // 6
    assert f"({squares}, {squares})" in text
    assert "'27000000'" in text
    assert "(200000, 19999900000.0, 1000)" in text
    assert both[0].germany.table.amount.tolist() == [19_900_000.0 + 200 * n for n in range(3)]


def test_figures_and_tables_are_the_same_but_for_chance(both):
    warm, cold = both
    assert warm.germany.table.equals(cold.germany.table)
    assert warm.germany.figures["seeded"] == cold.germany.figures["seeded"] == warm.france.figures["seeded"]
    assert warm.germany.run.period == cold.germany.run.period


@pytest.mark.parametrize("name", ["random", "numpy", "generator", "torch"])
def test_kernels_that_are_forked_from_one_process_draw_a_chance_of_their_own(both, name):
    assert both[0].germany.figures[name] != both[0].france.figures[name]


def test_a_picture_is_drawn_in_a_cell(both):
    for one in both:
        shown = [output.get("data", {}) for cell in one.germany.outputs for output in cell]
        (picture,) = [data["image/png"] for data in shown if "image/png" in data]
        assert len(picture) > 5_000


def test_a_kernel_finds_nothing_of_another_one_and_listens_to_its_owner_only(both):
    found = f"('untouched', 'warn', 6, False) True 0o700 True {outputs.project_root()}"
    for left in (both[0].germany, both[0].france, both[1].germany):
        assert found in str(left.outputs)
        assert "a child speaks" in str(left.outputs)


def test_where_what_is_imported_starts_a_thread_kernels_are_stock_and_the_batch_says_so(tmp_path, monkeypatch):
    threaded = "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    workshop = project(tmp_path, monkeypatch, threaded=threaded)
    write_notebook(workshop, "import threaded\nimport psutil\n' '.join(psutil.Process().cmdline())")
    done = run(workshop, "reports")
    line = "kernels start afresh, each with its own imports: what the notebooks import starts threads (1): threaded"
    assert (done.code, line in done.said) == (0, True)
    assert "ipykernel_launcher" in str(done.germany.outputs)


def test_what_cannot_be_imported_fails_in_the_notebook_in_words(tmp_path, monkeypatch):
    workshop = project(tmp_path, monkeypatch, broken="raise ValueError('the key of jane@example.org')")
    write_notebook(workshop, "import missing")
    write_notebook(workshop, "import broken", name="other")
    done = run(workshop, "reports")
    failures = {one.notebook: one.failure.message for one in record.read(workshop.root / "reports")}
    assert (done.code, "afresh" in done.said) == (1, False)
    assert failures == {
        "behave": "ModuleNotFoundError: No module named 'missing'",
        "other": "ValueError: the key of …",
    }


def test_where_forking_is_not_safe_kernels_are_stock_and_the_batch_says_so(workshop, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    done = run(workshop, "reports")
    line = "kernels start afresh, each with its own imports: forking is not safe on linux"
    assert (done.code, line in done.said, done.germany.run.kernel) == (0, True, "stock")


@pytest.mark.skipif(cores() < 2, reason="two runs side by side need two cores")
def test_runs_side_by_side_take_their_share_of_the_cores_whatever_is_exported(tmp_path, monkeypatch):
    workshop = project(tmp_path, monkeypatch)
    workshop.market("france")
    monkeypatch.setenv("OMP_NUM_THREADS", "64,2")
    monkeypatch.setenv("WORKBENCH_THREADS", "64")
    shown = "numba.get_num_threads(), os.environ['OMP_NUM_THREADS'], os.environ['WORKBENCH_THREADS']"
    write_notebook(workshop, f"import os\nimport numba\n{shown}")
    done = run(workshop, "reports", jobs=cores())
    share = cores() // 2
    for left in (done.germany, done.france):
        assert left.run.kernel == "warm"
        assert f"({share}, '{share}', '{share}')" in str(left.outputs)


@pytest.fixture
def nursery(tmp_path, monkeypatch):
    """Return a function that starts one that can import `odd`, of this source."""
    started = []

    def start(source, *modules):
        (tmp_path / "odd.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        started.append(Nursery(modules, scratch=str(tmp_path)))
        return started[0]

    yield start
    started[0].close()
    assert started[0]._process.returncode is not None


def test_a_nursery_that_dies_while_it_loads_says_so(nursery):
    assert nursery("import os\nos._exit(3)", "odd").unsafe == "loading what the notebooks import ended the process"


STUCK = "import time\ntime.sleep(40)"


def test_a_nursery_that_is_stuck_is_ended(nursery, monkeypatch):
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 1)
    monkeypatch.setattr(processes, "_END_SECONDS", 1)
    stuck = nursery(STUCK, "odd")
    assert stuck.unsafe == "nothing was loaded in 1 seconds"
    stuck.close()
    assert stuck._process.returncode == -signal.SIGKILL


def test_a_nursery_that_gets_stuck_later_is_ended_with_its_workers(nursery, monkeypatch):
    got_stuck = nursery(STUCK)
    got_stuck.load(["longer_than_a_message" * 10_000])
    lifeline, stdin = os.pipe()
    with open(os.devnull, "wb") as nothing:
        worker = got_stuck.start((lifeline, nothing.fileno(), nothing.fileno()), {})
        monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 1)
        got_stuck.load(["odd"])
        assert got_stuck.start((lifeline, nothing.fileno(), nothing.fileno()), {}) is None
    assert got_stuck.unsafe == "the process that forked them gave no answer in 1 seconds"
    assert worker.poll() == -signal.SIGKILL
    os.close(stdin)
    os.close(lifeline)


class Crowded(Nursery):
    """A nursery that may open three more files, a worker's handles, and not one beside them."""

    def __init__(self, modules, *, scratch):
        super().__init__(modules, scratch=scratch)
        taken = {int(one) for one in os.listdir(f"/proc/{self._process.pid}/fd")}
        limit = [number for number in range(100) if number not in taken][3]
        resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (limit, limit))


def test_a_run_that_the_system_does_not_let_fork_starts_afresh_and_the_batch_says_so(workshop, monkeypatch):
    monkeypatch.setattr(pool, "Nursery", Crowded)
    done = run(workshop, "reports")
    line = "germany behave starts afresh, as it could not be forked: Too many open files"
    assert (done.code, line in done.said, "from here on" in done.said) == (0, True, False)
    assert done.germany.run.kernel == "stock"
