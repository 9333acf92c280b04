"""What a location means, and when its content counts as changed."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench import crm
from workbench.crm import places, sample
from workbench.errors import InputError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project's root with a sample that is quick to write, and the working folder below it."""
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    write = sample.write
    monkeypatch.setattr(sample, "write", lambda folder, **given: write(folder, **{**given, "customers": 50}))
    return tmp_path


def test_a_relative_path_lies_below_the_working_folder_or_the_root(root):
    (root / "data").mkdir()
    assert places.resolve("data") == root / "data"
    (root / "notebooks" / "data").mkdir()
    assert places.resolve("data").resolve() == root / "notebooks" / "data"


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("location", ["nowhere", "../nowhere", "data/../../nowhere", "/nowhere/crm.duckdb"])
def test_what_is_not_there_is_refused(location):
    with pytest.raises(InputError, match="not there; a CRM is 'sample', a folder"):
        crm.open(location)
    assert crm.availability(location) == "no"


def test_the_sample_is_written_at_first_use_and_again_when_its_generator_changed(root):
    assert crm.availability("sample") == "at first use"
    first = crm.fingerprint("sample")
    assert crm.availability("sample") == "yes"
    note = root / "data" / "sample" / "sample.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "version": "0"}))
    (root / "data" / "sample" / "orders.parquet").unlink()
    assert crm.fingerprint("sample") == first
    assert [path.name for path in (root / "data").iterdir()] == ["sample"]


def test_two_at_once_find_one_whole_sample(root):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(crm.fingerprint, ["sample", "sample"]))
    assert found[0] == found[1]
    assert [path.name for path in (root / "data").iterdir()] == ["sample"]
    assert crm.open("sample").synthetic


def test_a_fingerprint_follows_names_and_content_and_nothing_else(crm_folder):
    folder = crm_folder(orders="order_id\n1\n")
    first = crm.fingerprint(folder)
    (folder / "orders.csv").touch()
    assert crm.fingerprint(folder) == first
    (folder / "orders.csv").write_text("order_id\n2\n")
    second = crm.fingerprint(folder)
    (folder / "orders.csv").rename(folder / "order_lines.csv")
    assert len({first, second, crm.fingerprint(folder)}) == 3


def test_a_database_behind_a_url_has_no_fingerprint():
    assert crm.fingerprint("postgres://host/crm") is None
    assert crm.availability("postgres://host/crm") == "not tried"
