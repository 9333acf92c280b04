"""What is printed while something is being printed, as by a signal's handler, does not stop the kernel."""

import io

import nbformat
from rich.console import Console

from kernels_case import write_notebook
from workbench import report

CELL = """
import signal

signal.signal(signal.SIGALRM, lambda *_: print("woken"))
_ = signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for _ in range(20_000):
    print("line")
_ = signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_handler_that_prints_in_the_middle_of_a_print_stops_nothing(workshop):
    write_notebook(workshop, CELL)
    places = {"params": workshop.params, "notebooks_folder": workshop.notebooks, "reports": workshop.reports}
    assert report.run(**places, console=Console(file=io.StringIO()), notebooks=["behave"], time_limit_seconds=60) == 0
    cell = nbformat.read(workshop.reports / "germany" / "behave.ipynb", as_version=4).cells[-1]
    printed = "".join(output.text for output in cell.outputs)
    assert printed.count("line") > 10_000
    assert "woken" in printed
