"""The three statements of what is needed agree: pyproject.toml, environment.yml and requirements.lock."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"duckdb": "python-duckdb", "ibis-framework": "ibis-duckdb", "torch": "pytorch"}


def needed() -> dict[str, Requirement]:
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *extras["dask"], *extras["postgres"], *extras["spark"], *extras["dev"]]
    found = [Requirement(line) for line in lines if not line.startswith("crm-workbench")]
    return {one.name.lower().replace("_", "-"): one for one in found}


def test_environment_yml_names_the_same_dependencies_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    expected = {f"{CONDA_NAMES.get(name, name)}{one.specifier}" for name, one in needed().items()}
    assert set(listed) == expected | {f"python{PROJECT['requires-python']}", "pip"}


def test_lock_pins_every_dependency_within_its_bounds():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = dict(line.split("==") for line in lines if "==" in line)
    by_name = {name.lower().replace("_", "-"): Version(version) for name, version in locked.items()}
    assert locked["torch"] == "2.13.0"
    assert [n for n, one in needed().items() if n not in by_name or by_name[n] not in one.specifier] == []


def test_lock_names_no_registry():
    assert not re.search(r"://|--index|--find", (ROOT / "requirements.lock").read_text())


def test_no_copyleft_package_is_declared():
    from importlib.metadata import metadata

    for name in needed():
        about = metadata(name)
        licence = f"{about.get('License-Expression') or ''} {about.get('License') or ''}"[:200]
        assert not re.search(r"\bA?GPL", licence), (name, licence)


def test_every_library_that_the_package_imports_is_declared():
    trees = [ast.parse(path.read_text()) for path in (ROOT / "src").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    imported = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    owners = packages_distributions()
    # cpuinfo is what codecarbon asks, cycler is part of matplotlib: both are touched for their sake alone.
    unknown = [
        m
        for m in imported - {"workbench", "cpuinfo", "cycler"}
        if not {o.lower().replace("_", "-") for o in owners[m]} & set(needed())
    ]
    assert unknown == []
