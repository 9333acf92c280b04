"""What the notebooks say about themselves.

In: a folder of notebooks.   Out: for each its title, its parameters, the tables it needs and the notebooks it follows.
"""

import ast
import hashlib
import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from workbench.errors import InputError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class NotebookInfo:
    """One notebook; of each group in `needs` one table must be there, those in `uses` may be missing.

    `after` names notebooks whose tables it reads where they are there: it runs after them, whatever became of them.
    `digest` is a hash of what was written by hand: cells, their tags and the notebook's own metadata, not outputs.
    `imports` are the modules that its cells import, and what they take from a module that may be one itself.
    """

    path: Path
    title: str
    parameters: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    uses: tuple[str, ...]
    digest: str
    after: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its reports."""
        return self.path.stem

    def applicability(self, tables: Collection[str]) -> str:
        """Say what a CRM with these tables means for the notebook.

        >>> churn = NotebookInfo(path=Path("churn.ipynb"), title="Churn", parameters=(), digest="",
        ...                      needs=(("orders", "subscriptions"),), uses=("messages", "touches"))
        >>> churn.applicability({"orders", "touches"})
        'runs, without `messages`'
        >>> churn.applicability({"customers"})
        'not applicable: no `orders` or `subscriptions` table'
        """
        lacking = [" or ".join(f"`{name}`" for name in group) for group in self.needs if not {*group} & {*tables}]
        if lacking:
            return f"not applicable: no {' table, no '.join(lacking)} table"
        without = [f"`{name}`" for name in self.uses if name not in tables]
        return f"runs, without {', '.join(without)}" if without else "runs"


def describe(folder: Path) -> list[NotebookInfo]:
    """Describe all notebooks of a folder, if any, by name; the faults of all files in one InputError."""
    found, faults = [], []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            found.append(_describe(path))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    return found


def in_order(infos: Sequence[NotebookInfo]) -> list[NotebookInfo]:
    """Return the notebooks so that each comes after those it reads from; an InputError names one it cannot come after.

    >>> made = {"title": "", "parameters": (), "needs": (), "uses": (), "digest": ""}
    >>> churn = NotebookInfo(path=Path("churn.ipynb"), after=("sentiment",), **made)
    >>> [info.name for info in in_order([churn, NotebookInfo(path=Path("sentiment.ipynb"), **made)])]
    ['sentiment', 'churn']
    """
    known = {info.name: info for info in infos}
    faults = [
        f"{info.path}: runs after '{name}', which is no notebook{did_you_mean(name, known)}"
        for info in infos
        for name in info.after
        if name not in known
    ]
    if faults:
        raise InputError("\n".join(faults))
    try:
        return [known[name] for name in TopologicalSorter({name: known[name].after for name in known}).static_order()]
    except CycleError as error:
        circle = "' after '".join(reversed(error.args[1]))
        raise InputError(f"notebooks cannot run '{circle}': take one of these out of its metadata") from error


def heading_above(cells: list[Any], index: int) -> str:
    """Return the nearest heading above a cell of a notebook, or an empty text where there is none.

    >>> heading_above([{"cell_type": "markdown", "source": "## Method"}, {"cell_type": "code", "source": "fit()"}], 1)
    'Method'
    """
    return ["", *_headings(cells[:index])][-1]


def _headings(cells: list[Any]) -> list[str]:
    prose = [_source(cell) for cell in cells if cell["cell_type"] == "markdown"]
    return [line.lstrip("# ").strip() for text in prose for line in text.splitlines() if line.startswith("#")]


def _describe(path: Path) -> NotebookInfo:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell["cell_type"], _source(cell), cell["metadata"].get("tags", [])) for cell in content["cells"]]
        said = content["metadata"].get("workbench", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read as a notebook: {type(error).__name__}: {error}") from error
    return NotebookInfo(
        path=path,
        title=said.get("title") or [*_headings(content["cells"]), path.stem][0],
        parameters=_declared(path, next((source for _, source, tags in cells if "parameters" in tags), None)),
        needs=tuple(tuple(group) for group in said.get("needs", [])),
        uses=tuple(said.get("uses", [])),
        after=_after(path, said.get("after", [])),
        imports=_imports([source for kind, source, _ in cells if kind == "code"]),
        digest=hashlib.sha256(json.dumps([cells, said], sort_keys=True).encode()).hexdigest(),
    )


def _declared(path: Path, source: str | None) -> tuple[str, ...]:
    """Read the names that the cell tagged `parameters` assigns, as Python does and not line by line."""
    if source is None:
        raise InputError(f"{path}: no cell tagged 'parameters'; it declares what the notebook takes from a market")
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(f"{path}: the cell tagged 'parameters' is not Python: {error}") from error
    targets: list[ast.expr] = []
    for statement in statements:
        targets += statement.targets if isinstance(statement, ast.Assign) else []
        targets += [statement.target] if isinstance(statement, ast.AnnAssign) else []
    return tuple(target.id for target in targets if isinstance(target, ast.Name))


def _imports(sources: Sequence[str]) -> tuple[str, ...]:
    """Read what cells import; one that is not Python alone, such as one with magics, names nothing."""
    found: dict[str, None] = {}
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found |= dict.fromkeys([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return tuple(found)


def _after(path: Path, said: Any) -> tuple[str, ...]:
    if not isinstance(said, list):
        raise InputError(f"{path}: 'after' must be a list of notebooks, found {said!r}")
    return tuple(map(str, said))


def _source(cell: Any) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
