"""Telco: 21 and 33 columns become customers with a label and subscriptions that agree with it."""

import pandas as pd
import pytest

from workbench import crm
from workbench.crm.sources.telco import CLOSE
from workbench.errors import InputError

ROWS = pd.DataFrame(
    {
        "customerID": ["7590-VHVEG", "5575-GNVDE"],
        "SeniorCitizen": [0, 1],
        "tenure": [0, 14],
        "Contract": ["Month-to-month", "One year"],
        "MonthlyCharges": [29.85, 56.95],
        "TotalCharges": [" ", "797.3"],
        "Churn": ["No", "Yes"],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_every_format_gives_the_same_customers_and_subscriptions(tmp_path, suffix):
    file = tmp_path / f"telco.{suffix}"
    {"csv": ROWS.to_csv, "parquet": ROWS.to_parquet, "xlsx": ROWS.to_excel}[suffix](file, index=False)
    rules = crm.import_source("telco", [file], folder=tmp_path / "crm")
    assert rules["rows"].tolist() == [2, 1]
    data = crm.open(tmp_path / "crm")
    customers = data.frame("customers").set_index("customer_id").loc["5575-GNVDE"].to_dict()
    assert customers == {
        "senior_citizen": 1, "tenure_months": 14, "contract": "One year", "monthly_charges": 56.95,
        "total_charges": 797.3, "churned": True,
    }  # fmt: skip
    subscriptions = data.frame("subscriptions").set_index("customer_id")
    assert subscriptions["started_at"].tolist() == [CLOSE - pd.Timedelta(days=1), pd.Timestamp("2017-07-31")]
    assert subscriptions["ended_at"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS.rename(columns={"tenure": "tenur"}), "no column tenure_months"),
        (ROWS.assign(Churn=["No", "maybe"]), "churn must be Yes or No, found 'maybe'"),
        (ROWS.iloc[:0], "telco.csv: has no rows"),
        (
            ROWS.assign(tenure=["-5", "2.5"]),
            r"tenure_months must be whole, from 0 to 1200, found '-5\.0', '2\.5' in 2 rows",
        ),
        (ROWS.assign(tenure=["14", ""]), "tenure_months must be whole, from 0 to 1200, found 'nan' in 1 rows"),
        (ROWS.assign(MonthlyCharges=["ten", "9"]), "monthly_charges must be numbers, found 'ten' in 1 rows"),
        (ROWS.assign(TotalCharges=["nine", " "]), "total_charges must be numbers or blank, found 'nine' in 1 rows"),
    ],
)
def test_a_file_that_is_not_telco_is_refused(tmp_path, rows, said):
    rows.to_csv(tmp_path / "telco.csv", index=False)
    with pytest.raises(InputError, match=said):
        crm.import_source("telco", [tmp_path / "telco.csv"], folder=tmp_path / "crm")


@pytest.mark.parametrize(("file", "columns"), [("telco_customer_churn", 21), ("telco_customer_churn_33cols", 34)])
def test_the_published_files(shared_data, tmp_path, file, columns):
    rules = crm.import_source("telco", [shared_data / "telco_churn" / f"{file}.parquet"], folder=tmp_path / "crm")
    assert rules["rows"].tolist() == [7043, 11]
    data = crm.open(tmp_path / "crm")
    customers = data.frame("customers")
    assert (customers.shape, customers["churned"].sum()) == ((7043, columns), 1869)
    assert data.frame("subscriptions")["ended_at"].notna().sum() == 1869
    leaks = {"churn_score", "churn_value", "churn_label", "churn_reason", "cltv"}
    assert leaks <= set(customers) if columns == 34 else not leaks & set(customers)
