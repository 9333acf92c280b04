"""What README and docs say is true: commands exist, links lead somewhere, the contract's page equals the code."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.crm.contract import TABLES
from workbench.market import Market

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_command_of_the_readme_teaches():
    known = {"run", "markets", "check", "import", "sample", "audit", "footprint", "clean"}
    commands = set(re.findall(rf"workbench ({'|'.join(known)})\b", (ROOT / "README.md").read_text()))
    assert commands == known
    for command in commands:
        shown = CliRunner().invoke(app, [command, "--help"])
        assert shown.exit_code == 0
        assert "Usage" in shown.output


def test_every_make_target_of_the_docs_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert named <= targets
    assert {"help", "setup", "reports", "test", "check", "lab", "bench", "clean"} <= targets


def test_the_page_of_the_contract_equals_the_contract():
    rows = re.findall(r"^\| (\w+) \| (.*?) \| (.*?) \| (.*?) \|$", (ROOT / "docs/data-contract.md").read_text(), re.M)
    page = {name: (required, optional, key) for name, required, optional, key in rows if name in TABLES}
    assert page == {name: as_row(spec) for name, spec in TABLES.items()}


def as_row(spec):
    required = ", ".join(column.name for column in spec.columns if column.required)
    optional = ", ".join(column.name for column in spec.columns if not column.required)
    return required, optional or "none", ", ".join(spec.key) or "none"


def test_the_page_of_the_parameters_equals_the_market():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", (ROOT / "docs/parameters.md").read_text(), re.M)
    fields = Market.model_fields
    assert {key: meaning for key, _, meaning in rows} == {key: field.description for key, field in fields.items()}
    assert {key for key, default, _ in rows if default == "needed"} == {k for k, f in fields.items() if f.is_required()}
