"""Notebooks one after another in one process, as a user of Papermill's own library would write it.

In: `python benchmarks/parts/stock.py`, on standard input one JSON object: notebooks and params, lists of paths, and
`to`, a folder.   Out: `<to>/<market>/<notebook>.ipynb`.
"""

import json
import sys
from pathlib import Path

import papermill
from papermill.iorw import read_yaml_file


def main() -> None:
    """Execute every notebook for every market; one that fails does not keep the others from running."""
    asked = json.loads(sys.stdin.read())
    for params in map(Path, asked["params"]):
        values = read_yaml_file(str(params))
        for notebook in map(Path, asked["notebooks"]):
            executed = Path(asked["to"]) / params.stem / notebook.name
            try:
                papermill.execute_notebook(notebook, executed, parameters=values | {"reports": asked["to"]})
            except Exception as error:
                print(f"{params.stem} {notebook.name}: {type(error).__name__}", file=sys.stderr)


if __name__ == "__main__":
    main()
