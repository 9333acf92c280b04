"""Anybody's tables through a mapping: what it can say, and how its slips are answered."""

import pandas as pd
import pytest

from workbench import crm
from workbench.errors import InputError

MAPPING = """
customers:
  file: kunden.csv
  columns:
    customer_id: Kundennummer
    country: {from: Land, values: {Deutschland: DE}}
  keep: [Branche, PLZ, Umsatz]
orders:
  file: verkauf.parquet
  columns:
    order_id: {numbered: true}
    customer_id: Kunde
    ordered_at: {from: Datum, format: "%d.%m.%Y %H:%M", timezone: Europe/Berlin}
    amount: Betrag
    currency: {value: EUR}
"""


@pytest.fixture
def files(tmp_path):
    text = "Kundennummer;Land;Branche;PLZ;Umsatz\n17;Deutschland;Bäcker;01067;1.200,5\n18;FR;Schmied;10115;80,0\n"
    (tmp_path / "kunden.csv").write_bytes(text.encode("latin-1"))
    dates = ["01.07.2024 12:00", "01.12.2024 12:00", "01.12.2024 12:00"]
    sales = pd.DataFrame({"Kunde": [17.0, 18.0, 18.0], "Datum": dates, "Betrag": [5, -2, -2]})
    sales.to_parquet(tmp_path / "verkauf.parquet")
    return [tmp_path / "kunden.csv", tmp_path / "verkauf.parquet"]


def bring(files, mapping, folder):
    path = folder / "mapping.yaml"
    path.write_text(mapping, encoding="utf-8")
    return crm.import_source("tables", files, folder=folder / "crm", mapping=path)


def test_a_mapping_brings_german_exports_into_the_contract(files, tmp_path):
    rules = bring(files, MAPPING, tmp_path)
    assert rules["rows"].tolist() == [2, 0, 3, 0]
    data = crm.open(tmp_path / "crm")
    assert sorted(data.frame("customers").values.tolist()) == [
        ["17", "DE", "Bäcker", "01067", 1200.5],
        ["18", "FR", "Schmied", "10115", 80.0],
    ]
    orders = data.frame("orders").sort_values("order_id")
    assert orders["ordered_at"].astype(str).tolist() == ["2024-07-01 10:00:00"] + ["2024-12-01 11:00:00"] * 2
    assert orders[["order_id", "customer_id", "amount", "currency"]].values.tolist() == [
        ["1", "17", 5.0, "EUR"],
        ["2", "18", -2.0, "EUR"],
        ["3", "18", -2.0, "EUR"],
    ]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("orders:\n", "ordres:\n", "'ordres' is no table of the contract; did you mean 'orders'"),
        ("  keep:", "  kepe:", "unknown key 'customers.kepe'; did you mean 'keep'"),
        ("format:", "fromat:", "unknown key 'orders.columns.ordered_at.fromat'; did you mean 'format'"),
        ("amount: Betrag", "amuont: Betrag", "'amuont' is no column of the contract; did you mean 'amount'"),
        ("amount: Betrag", "currency: Betrag", "required column 'amount' is not mapped"),
        ("amount: Betrag", "amount: Betrga", r"no column 'Betrga' in verkauf\.parquet; did you mean 'Betrag'"),
        ("Branche, PLZ", "Branchen, PLZ", r"no column 'Branchen' in kunden\.csv; did you mean 'Branche'"),
        ("file: kunden.csv", "file: kunde.csv", r"no file 'kunde\.csv' among .*; did you mean 'kunden\.csv'"),
        ("Europe/Berlin", "Europe/Berln", "unknown timezone 'Europe/Berln'; did you mean 'Europe/Berlin'"),
        ("{numbered: true}", "{numbered: true, value: 1}", "orders.columns.order_id: needs one of 'from', 'value'"),
        ("{value: EUR}", "[EUR]", r"orders\.columns\.currency: must be the name of a column .*, found \['EUR'\]"),
        ("amount: Betrag", "amount: no", "must be the name of a column .in quotes where YAML reads something else"),
        ("    currency: {value: EUR}", "  nonsense", "cannot be read as YAML"),
    ],
)
def test_a_slip_in_the_mapping_is_answered_with_the_nearest_name(files, tmp_path, written, instead, said):
    assert written in MAPPING
    with pytest.raises(InputError, match=said):
        bring(files, MAPPING.replace(written, instead), tmp_path)
    assert not (tmp_path / "crm").exists()


def test_times_not_written_as_the_mapping_says_are_faults(files, tmp_path):
    with pytest.raises(InputError, match=r"orders\.ordered_at: cannot be read in 3 rows, such as '01\.07\.2024 12:00'"):
        bring(files, MAPPING.replace("%d.%m.%Y %H:%M", "%m/%d/%Y"), tmp_path)


def test_cdnow_comes_in_through_a_few_lines(shared_data, tmp_path):
    columns = "{order_id: {numbered: true}, customer_id: customer_id, ordered_at: date, amount: price}"
    mapping = f"orders:\n  file: cdnow_sample.parquet\n  columns: {columns}\n"
    bring([shared_data / "cdnow" / "cdnow_sample.parquet"], mapping, tmp_path)
    orders = crm.open(tmp_path / "crm").frame("orders")
    assert (len(orders), orders["customer_id"].nunique()) == (6_919, 2_357)
