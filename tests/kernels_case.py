"""What tests of processes share: a notebook made of the cells that a test gives, and waiting for what soon is so.

In: a workshop, sources of cells.   Out: `notebooks/behave.ipynb`, which may use `market`, `title` and the like.
"""

import time

import nbformat
import nbformat.v4 as nb

PARAMETERS = 'market = "germany"\ntitle = "works"\nhorizon_days = 90\nreports = "reports"'


def write_notebook(workshop, *sources, name="behave"):
    """Write a notebook below the title of a page."""
    declared = nb.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [nb.new_markdown_cell("# A page"), declared, *map(nb.new_code_cell, sources)]
    nbformat.write(nb.new_notebook(cells=cells), workshop.notebooks / f"{name}.ipynb")


def within_seconds(limit, found):
    """Return the first truth that a function tells within so many seconds."""
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("not within its time")
