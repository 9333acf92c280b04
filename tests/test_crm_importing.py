"""An import writes a whole folder that keeps to the contract, or nothing."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from workbench import crm
from workbench.errors import InputError

MAPPING = "orders:\n  file: sales.csv\n  columns: {order_id: nr, customer_id: who, ordered_at: day, amount: eur}\n"


@pytest.fixture
def sales(tmp_path):
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    path = tmp_path / "sales.csv"
    path.write_text("nr;who;day;eur\n1;a;2024-01-05;9,50\n1;a;2024-01-05;9,50\n2;b;2024-02-05;7,25\n")
    return path


def bring(path: Path, folder: Path) -> pd.DataFrame:
    return crm.import_source("tables", [path], folder=folder, mapping=path.parent / "mapping.yaml")


def test_an_import_says_what_each_rule_took_and_opens_as_a_crm(sales, tmp_path):
    rules = bring(sales, tmp_path / "crm")
    assert rules.values.tolist() == [
        ["orders: row of sales.csv", 3, "read"],
        ["orders: row repeated exactly", 1, "kept once"],
    ]
    assert sorted(crm.open(tmp_path / "crm").frame("orders")["amount"]) == [7.25, 9.5]


def test_an_import_over_an_earlier_one_replaces_it(sales, tmp_path):
    bring(sales, tmp_path / "crm")
    sales.write_text("nr;who;day;eur\n9;z;2024-01-05;1,00\n")
    bring(sales, tmp_path / "crm")
    assert crm.open(tmp_path / "crm").frame("orders")["order_id"].tolist() == ["9"]


def test_data_with_faults_leaves_nothing_behind(sales, tmp_path):
    sales.write_text("nr;who;day;eur\n1;a;someday;9,50\n1;b;2024-02-05;x\n")
    with pytest.raises(InputError, match=r"tables sales\.csv: 3 faults\n") as caught:
        bring(sales, tmp_path / "crm")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "orders.ordered_at",
        "orders.amount",
        "orders.order_id",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mapping.yaml", "sales.csv"]


def test_a_folder_with_other_files_is_left_alone(sales, tmp_path):
    with pytest.raises(InputError, match=r"holds other files \(mapping\.yaml, sales\.csv\); choose a new or empty"):
        bring(sales, tmp_path)


@pytest.mark.parametrize(
    ("source", "files", "said"),
    [
        ("online_retial", ["sales.csv"], "'online_retial' is no source; did you mean 'online_retail'"),
        ("telco", ["nowhere.csv"], "nowhere.csv: no such file"),
        ("telco", ["mapping.yaml"], r"mapping\.yaml: cannot be read; a source's files are"),
        ("telco", ["sales.csv"], "no column customer_id, tenure_months"),
        ("online_retail", ["sales.csv"], "no column 'Invoice' or 'InvoiceNo'"),
        ("tables", ["sales.csv"], "needs --mapping FILE"),
    ],
)
def test_what_cannot_be_imported_is_refused(sales, tmp_path, source, files, said):
    with pytest.raises(InputError, match=said):
        crm.import_source(source, [sales.parent / name for name in files], folder=tmp_path / "crm")
    assert not (tmp_path / "crm").exists()


def test_a_corrupt_workbook_is_refused(tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"PK not a workbook")
    with pytest.raises(InputError, match=r"book\.xlsx: cannot be read"):
        crm.import_source("telco", [path], folder=tmp_path / "crm")


def test_a_folder_that_cannot_be_written_is_said(sales):
    with pytest.raises(InputError, match=r"sales\.csv/crm: cannot be written: "):
        bring(sales, sales / "crm")


def test_a_full_disk_leaves_nothing_behind(sales, tmp_path):
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (100, 100))"
    words = ["import", "tables", str(sales), "--to", str(tmp_path / "crm"), "--mapping", str(tmp_path / "mapping.yaml")]
    command = f"{limit}; from workbench.__main__ import app; app({words})"
    ended = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
    assert (ended.returncode, "crm: cannot be written: " in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mapping.yaml", "sales.csv"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_feedback_joins_the_messages_that_are_there(crm_folder, tmp_path, kind):
    messages = pd.DataFrame(
        {
            "message_id": ["007", "m2"],
            "sent_at": pd.to_datetime(["2024-01-05 10:00", "2024-01-06 11:30"]),
            "channel": ["email", "chat"],
            "text": ['Größe "L", bitte\nDanke', "Hi"],
            "shelf": ["B", "C"],
        }
    )
    products = pd.DataFrame({"product_id": ["p"]})
    folder = crm_folder(products=products, messages=messages if kind == "parquet" else messages.to_csv(index=False))
    before = (folder / "products.parquet").read_bytes()
    (tmp_path / "answers.csv").write_text("Timestamp,Rating,Comment\n2024-02-01,5,Great\n")
    for _ in range(2):
        crm.import_source("feedback", [tmp_path / "answers.csv"], folder=folder)
    assert sorted(path.name for path in folder.iterdir()) == [f"messages.{kind}", "products.parquet"]
    assert (folder / "products.parquet").read_bytes() == before
    found = crm.open(folder).frame("messages").sort_values("sent_at", ignore_index=True)
    pd.testing.assert_frame_equal(found.loc[:1, list(messages)], messages, check_dtype=False)
    assert found.loc[2, ["channel", "text", "rating"]].tolist() == ["survey", "Great", 5.0]
