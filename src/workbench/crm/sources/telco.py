"""IBM Telco churn, with 21 columns or with 33: customers of a contract, and whether they left.

In: one file, .csv, .parquet or .xlsx.   Out: customers, subscriptions.
Source: IBM, sample data sets of Cognos Analytics. Every column is kept under a snake_case name, also those of the 33
that give the answer away (churn_label, churn_value, churn_score, churn_reason): finding them is not an importer's work.
The label is `customers.churned`. The file has no dates, only completed months of tenure at its close of books, which is
set to `CLOSE`, a day of our choosing: who left did so on that day, who stayed has no end.
"""

from collections.abc import Sequence
from pathlib import Path

import ibis
import pandas as pd

from workbench.crm import conform, reading
from workbench.crm.sources import Imported, Rule, snake
from workbench.errors import InputError, did_you_mean

CLOSE = pd.Timestamp("2018-10-01")
_NEEDED = ("customer_id", "tenure_months", "contract", "monthly_charges", "total_charges")
_NUMBERS = ("tenure_months", "monthly_charges", "total_charges")
_MOST_MONTHS = 1200
_ANSWERS = {"Yes": True, "No": False}


def read(files: Sequence[Path], *, mapping: Path | None = None) -> Imported:
    """Read the file and say what was blank."""
    if mapping is not None:
        raise InputError(f"{mapping}: telco needs no mapping; leave it out")
    if len(files) != 1:
        raise InputError(f"telco: is one file, found {len(files)}")
    frame = _frame(files[0])
    blank = _blank(frame["total_charges"])
    frame["total_charges"] = pd.to_numeric(frame["total_charges"], errors="coerce")
    rules = [
        Rule(rule="customer", rows=len(frame), what="kept"),
        Rule(rule="total_charges blank", rows=int(blank.sum()), what="kept, without a value"),
    ]
    frames = {"customers": frame, "subscriptions": _subscriptions(frame)}
    tables = {name: conform.Raw(table=ibis.memtable(table)) for name, table in frames.items()}
    return Imported(tables=tables, rules=tuple(rules))


def _frame(file: Path) -> pd.DataFrame:
    """Return the file under our names; `churned` replaces the label of the 21 columns and joins that of the 33."""
    raw = next(iter(reading.read_files(reading.connect(), [file]).values()))
    numbers = {name: conform.number(raw, name) for name in raw.numeric}
    frame: pd.DataFrame = raw.table.mutate(**numbers).to_pyarrow().to_pandas()
    frame = frame.rename(columns=snake).rename(columns={"tenure": "tenure_months"})
    label = "churn" if "churn" in frame else "churn_label"
    if missing := [name for name in (*_NEEDED, label) if name not in frame]:
        hint = did_you_mean(missing[0], map(str, frame))
        raise InputError(f"{file}: no column {', '.join(missing)}{hint}; there is: {', '.join(map(str, frame))}")
    _refuse_odd(frame, label, file=file)
    frame["churned"] = frame[label].map(_ANSWERS).astype(bool)
    if "country" in frame:
        frame["country"] = frame["country"].replace("United States", "US")
    return frame.drop(columns="churn", errors="ignore")


def _refuse_odd(frame: pd.DataFrame, label: str, *, file: Path) -> None:
    """Refuse a file without rows, and values that are no answer, no tenure and no amount."""
    if frame.empty:
        raise InputError(f"{file}: has no rows")
    number = {name: pd.to_numeric(frame[name], errors="coerce") for name in _NUMBERS}
    months = number["tenure_months"]
    good = {
        label: (frame[label].isin(_ANSWERS), "Yes or No"),
        "tenure_months": (months.between(0, _MOST_MONTHS) & (months % 1 == 0), f"whole, from 0 to {_MOST_MONTHS}"),
        "monthly_charges": (number["monthly_charges"].notna(), "numbers"),
        "total_charges": (number["total_charges"].notna() | _blank(frame["total_charges"]), "numbers or blank"),
    }
    for name, (fits, allowed) in good.items():
        if odd := sorted(frame.loc[~fits, name].unique(), key=str)[:3]:
            found = f"{', '.join(repr(str(value)) for value in odd)} in {(~fits).sum():,} rows"
            raise InputError(f"{file}: {name} must be {allowed}, found {found}")


def _blank(values: pd.Series) -> pd.Series:
    return values.isna() | (values.astype("str").str.strip() == "")


def _subscriptions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one subscription a customer; tenure counts completed months, so it started a day before they did."""
    months = frame["tenure_months"].astype(int)
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "started_at": [CLOSE - pd.DateOffset(months=n, days=1) for n in months],
            "ended_at": pd.Series(CLOSE, index=frame.index).where(frame["churned"]),
            "plan": frame["contract"],
            "price": frame["monthly_charges"].astype(float),
        }
    )
