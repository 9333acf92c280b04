"""What holds for the whole house: light imports, file and function sizes, notebooks in shape."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_HEAVY = {"torch", "transformers", "shap", "lightgbm", "fairlearn", "papermill", "codecarbon", "numba", "lingua"}
_HEAVY |= {"phonenumbers"}


def test_importing_the_package_loads_no_model_library():
    code = "from workbench import churn, crm, explain, governance, sentiment, value; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not _HEAVY & set(loaded)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    too_long = {n.name: code_lines(n) for n in functions if code_lines(n) > 50}
    assert (len(text.splitlines()) <= 400, too_long) == (True, {})


def code_lines(function: ast.FunctionDef) -> int:
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_compose_and_do_not_compute(path):
    cells = json.loads(path.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    parameters = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    assert sum(len(source.splitlines()) for source in code if source not in parameters) <= 60
    assert not any("def " in source or "lambda" in source for source in code)
    assert not any(cell.get("outputs") for cell in cells)
