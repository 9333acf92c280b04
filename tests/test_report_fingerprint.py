"""The hash of the code changes with the package and with what is installed, and with nothing else."""

import sys

from workbench.report import fingerprint


def fresh():
    fingerprint.code.cache_clear()
    return fingerprint.code()


def test_what_is_installed_counts(tmp_path, monkeypatch):
    before = fresh()
    assert fresh() == before
    (tmp_path / "pandas-99.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert fresh() != before


def test_a_file_of_the_package_counts_and_its_compiled_copy_does_not(tmp_path, monkeypatch):
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setattr(fingerprint.workbench, "__file__", str(tmp_path / "__init__.py"))
    before = fresh()
    (tmp_path / "__pycache__").mkdir()
    for compiled in ("__init__.cpython-311.pyc", "kernels.index.nbi", "kernels.1.nbc"):
        (tmp_path / "__pycache__" / compiled).write_bytes(b"compiled")
    assert fresh() == before
    (tmp_path / "style.css").write_text("body {}")
    assert fresh() != before
    monkeypatch.undo()
    fresh()


def test_the_versions_that_a_page_names():
    assert fingerprint.versions()["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert "pandas" in fingerprint.versions()
