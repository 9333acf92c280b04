"""Online Retail: each cleaning rule on lines made for it, and the whole of Online Retail II where it is at hand."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from workbench import crm
from workbench.crm.sources import online_retail
from workbench.errors import InputError

NAMES = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
FIRST = [
    ["1001", "85048", "MUG", 2, "2010-07-01 12:00", 5.0, 17850, "United Kingdom"],
    ["1001", "85048", "MUG", 2, "2010-07-01 12:00", 5.0, 17850, "United Kingdom"],
    ["1001", "POST", "POSTAGE", 1, "2010-07-01 12:00", 18.0, 17850, "United Kingdom"],
    ["1002", "22423", "STAND", 1, "2010-12-02 09:00", 12.0, 12583, "France"],
]
SECOND = [
    ["1002", "22423", "STAND", 1, "2010-12-02 09:00", 12.0, 12583, "France"],
    ["1003", "22423", "STAND", 3, "2011-07-01 09:01", 12.0, 12583, "EIRE"],
    ["1003", "85048", "MUG", 1, "2011-07-01 09:00", 5.0, 12583, "EIRE"],
    ["C1004", "22423", "STAND", -1, "2011-07-02 09:00", 12.0, 12583, "EIRE"],
    ["C1005", "85048", "MUG", -1, "2011-07-02 10:00", 5.0, 99999, "Germany"],
    ["1006", "85048", "MUG", 1, "2011-07-03 10:00", 0.0, 12583, "EIRE"],
    ["1007", "85048", "MUG", 1, "2011-07-03 11:00", 5.0, None, "EIRE"],
]
TAKEN = {
    "line of a period that the next sheet repeats": 1,
    "no customer": 1,
    "not a product": 1,
    "price zero or below": 1,
    "line repeated exactly": 1,
    "return of a customer without a purchase": 1,
    "line of a cancellation": 1,
}


def frame(rows):
    lines = pd.DataFrame(rows, columns=NAMES)
    times = pd.to_datetime(lines["InvoiceDate"])
    return lines.assign(InvoiceDate=times, **{"Customer ID": lines["Customer ID"].astype("Int64")})


def as_workbook(folder: Path) -> list[Path]:
    with pd.ExcelWriter(folder / "lines.xlsx") as book:
        frame(FIRST).to_excel(book, sheet_name="Year 2009-2010", index=False)
        frame(SECOND).to_excel(book, sheet_name="Year 2010-2011", index=False)
    return [folder / "lines.xlsx"]


def as_parquet(folder: Path) -> list[Path]:
    sheets = [frame(FIRST).assign(Sheet="Year 2009-2010"), frame(SECOND).assign(Sheet="Year 2010-2011")]
    pd.concat(sheets).to_parquet(folder / "lines.parquet")
    return [folder / "lines.parquet"]


def as_two_american_csv(folder: Path) -> list[Path]:
    """The first edition's CSV: other names, latin-1, 7/1/2011 9:01."""
    names = dict(zip(["Invoice", "Price", "Customer ID"], ["InvoiceNo", "UnitPrice", "CustomerID"], strict=True))
    paths = [folder / "a.csv", folder / "b.csv"]
    for path, rows in zip(paths, (FIRST, SECOND), strict=True):
        lines = frame(rows).rename(columns=names)
        stamps = [f"{t.month}/{t.day}/{t.year} {t.hour}:{t.minute:02}" for t in lines["InvoiceDate"]]
        lines.assign(InvoiceDate=stamps, Description="£5 MUG").to_csv(path, index=False, encoding="latin-1")
    return paths


@pytest.mark.parametrize("write", [as_workbook, as_parquet, as_two_american_csv])
def test_each_rule_takes_its_line_from_every_edition(tmp_path, write):
    rules = crm.import_source("online_retail", write(tmp_path), folder=tmp_path / "crm")
    assert dict(zip(rules["rule"], rules["rows"], strict=True)) == TAKEN
    data = crm.open(tmp_path / "crm")
    orders = data.frame("orders").set_index("order_id")
    assert orders["amount"].to_dict() == {"1001": 10.0, "1002": 12.0, "1003": 41.0, "C1004": -12.0}
    assert orders["ordered_at"].astype(str).tolist() == [
        "2010-07-01 11:00:00",  # summer time in the UK
        "2010-12-02 09:00:00",
        "2011-07-01 08:00:00",  # the earlier minute of the two
        "2011-07-02 08:00:00",
    ]
    assert data.frame("customers").values.tolist() == [["12583", "IE"], ["17850", "GB"]]
    assert sorted(data.frame("products")["product_id"]) == ["22423", "85048"]


def test_an_unknown_country_and_an_unreadable_time_are_refused(tmp_path):
    rows = frame(FIRST).assign(Country="Irland", InvoiceDate="soon")
    rows.to_csv(tmp_path / "lines.csv", index=False)
    with pytest.raises(InputError, match=r"InvoiceDate cannot be read in 4 rows\n.*Country 'Irland' is not known"):
        crm.import_source("online_retail", [tmp_path / "lines.csv"], folder=tmp_path / "crm")


@pytest.fixture(scope="module")
def online_retail_ii(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("online_retail") / "crm"
    file = shared_data / "online_retail_ii" / "online_retail_ii.parquet"
    return crm.import_source("online_retail", [file], folder=folder), crm.open(folder)


def test_online_retail_ii_is_cleaned_as_published(online_retail_ii):
    rules, data = online_retail_ii
    assert rules["rows"].tolist() == [22_523, 235_287, 3_652, 61, 11_665, 87, 17_500]
    counts = data.frame("customers")["country"].value_counts()
    assert (counts.sum(), counts["GB"], counts["DE"], counts["FR"], counts["ES"]) == (5_852, 5_334, 106, 93, 36)
    assert data.frame("orders")["order_id"].is_unique


def test_the_markets_of_online_retail_share_out_its_countries(online_retail_ii):
    paths = (Path(__file__).parents[1] / "params" / "online_retail").glob("*.yaml")
    claimed = [country for path in paths for country in yaml.safe_load(path.read_text())["countries"]]
    assert sorted(claimed) == sorted(online_retail_ii[1].frame("customers")["country"].unique())


def test_charges_aside_the_customers_are_those_of_the_literature(shared_data, monkeypatch):
    monkeypatch.setattr(online_retail, "NOT_PRODUCTS", "^$")
    file = shared_data / "online_retail_ii" / "online_retail_ii.parquet"
    customers = online_retail.read([file]).tables["customers"].table.to_pyarrow().to_pandas()
    counts = customers["country"].value_counts()
    assert (counts.sum(), counts["GB"], counts["FR"]) == (5_878, 5_350, 95)
