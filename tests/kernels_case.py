"""A notebook that a test writes, made of the cells that it gives, in the place of the workshop's own.

In: a workshop, sources of cells.   Out: `notebooks/behave.ipynb`, which may use `market`, `title` and the like.
"""

import nbformat
import nbformat.v4 as nb

PARAMETERS = 'market = "germany"\ntitle = "works"\nhorizon_days = 90\nreports = "reports"'


def write_notebook(workshop, *sources, name="behave"):
    """Write a notebook below the title of a page."""
    declared = nb.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [nb.new_markdown_cell("# A page"), declared, *map(nb.new_code_cell, sources)]
    nbformat.write(nb.new_notebook(cells=cells), workshop.notebooks / f"{name}.ipynb")
