"""Leaks are named and honest columns are left alone, on made-up tables and on the Telco files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.churn.leakage import ROWS, find_leaks, without_leaks
from workbench.errors import InputError

TELCO = Path(__file__).parents[2] / "shared" / "data" / "telco_churn"
needs_telco = pytest.mark.skipif(not TELCO.exists(), reason="the Telco files are not beside the project")


def made(rows: int = 400, *, seed: int = 0, churn_rate: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(rows)],
            "cutoff": pd.Timestamp("2024-01-01"),
            "age": rng.integers(18, 90, rows),
            "city": rng.choice(list("ABCDEFGH"), rows),
            "email": [f"{i}@example.org" for i in range(rows)],
            "spend": np.where(rng.random(rows) < 0.3, np.nan, rng.gamma(2, 50, rows)),
            "seen_at": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 9999, rows), unit="h"),
            "constant": 1,
            "churned": (rng.random(rows) < churn_rate).astype(int),
        }
    )


def named(examples: pd.DataFrame) -> dict[str, str]:
    return find_leaks(examples).set_index("column")["reason"].to_dict()


@given(seed=st.integers(0, 10_000), rows=st.sampled_from([5, 40, 400]), churn_rate=st.floats(0.02, 0.98))
@settings(max_examples=30, deadline=None)
def test_columns_that_know_nothing_are_left_alone(seed: int, rows: int, churn_rate: float) -> None:
    assert named(made(rows, seed=seed, churn_rate=churn_rate)) == {}


@pytest.mark.parametrize(
    "copy",
    [
        lambda churned: churned.astype(bool),
        lambda churned: 1 - churned,
        lambda churned: churned.map({0: "No", 1: "Yes"}),
        lambda churned: churned.map({0: None, 1: "cancelled"}),
        lambda churned: churned.astype("Int64").mask(churned == 0),
    ],
)
def test_the_label_under_another_name_is_a_copy(copy) -> None:
    examples = made()
    assert named(examples.assign(status=copy(examples["churned"]))) == {"status": "copy of the label"}


@pytest.mark.parametrize(("group", "value"), [("churned", 1), ("stayed", 0)])
def test_a_column_filled_for_one_class_only_is_named_even_where_few_rows_have_it(group: str, value: int) -> None:
    examples = made(2000)
    some = (examples["churned"] == value) & (examples.index % 8 == 0)
    examples["note"] = [f"words of {i}" if there else " " for i, there in enumerate(some)]
    examples["noted_at"] = pd.Series(pd.Timestamp("2024-02-01"), index=examples.index).where(some)
    assert named(examples) == dict.fromkeys(["note", "noted_at"], f"filled only for {group}")


def test_one_column_that_separates_alone_is_named_whatever_its_type() -> None:
    examples = made(2000)
    rng = np.random.default_rng(1)
    noisy = np.where(rng.random(2000) < 0.05, 1 - examples["churned"], examples["churned"])
    examples["score"] = noisy * 50.0 + rng.normal(0, 10, 2000)
    examples["reversed"] = -examples["score"]
    examples["middle"] = np.where(noisy, rng.normal(0, 1, 2000), rng.choice([-9, 9], 2000) + rng.normal(0, 1, 2000))
    examples["missing"] = examples["age"].astype(float).mask(noisy == 1)
    examples["word"] = np.where(noisy, rng.choice(list("xyz"), 2000), rng.choice(list("uvw"), 2000))
    columns = ["score", "reversed", "middle", "missing", "word"]
    assert named(examples) == dict.fromkeys(columns, "separates alone")


def test_the_evidence_is_a_sentence_with_the_counts() -> None:
    examples = made().assign(churned=[1, 0] * 200)
    examples["reason"] = (
        pd.Series("price", index=examples.index).where(examples["churned"] == 1).mask(examples.index == 0)
    )
    assert find_leaks(examples)["evidence"].tolist() == [
        "'reason' is filled in 199 of 200 rows that churned and in 0 of 200 that stayed"
    ]


def test_copied_rows_are_named_and_left_out_once() -> None:
    examples = made()
    copied = pd.concat([examples, examples[examples["churned"] == 1]], ignore_index=True)
    leaks = find_leaks(copied)
    assert leaks["column"].tolist() == [ROWS]
    assert len(without_leaks(copied, leaks)) == len(examples)
    assert len(without_leaks(copied, leaks, keep=[ROWS])) == len(copied)


def test_twins_in_a_coarse_table_are_no_leak() -> None:
    examples = made()[["cutoff", "city", "churned"]]
    assert find_leaks(examples).empty


def test_customers_of_whom_nothing_is_known_are_no_twins() -> None:
    examples = pd.DataFrame({"customer_id": [str(n) for n in range(90)], "plan": "M", "churned": [0, 0, 1] * 30})
    assert find_leaks(examples).empty


def test_one_class_only_tells_nothing() -> None:
    assert find_leaks(made().assign(churned=1, left="yes")).empty
    assert find_leaks(made().assign(churned=np.nan)).empty


def test_rows_without_a_label_are_not_judged() -> None:
    examples = made()
    later = examples.assign(cutoff=pd.Timestamp("2024-04-01"), churned=np.nan, note="filled since")
    assert find_leaks(pd.concat([examples, later], ignore_index=True)).empty


def test_params_may_insist_on_a_leak_but_not_on_a_misspelt_one() -> None:
    examples = made().assign(status=lambda frame: frame["churned"])
    leaks = find_leaks(examples)
    assert "status" not in without_leaks(examples, leaks)
    assert "status" in without_leaks(examples, leaks, keep=["status"])
    with pytest.raises(InputError, match=r"no column 'statsu'.*did you mean 'status'"):
        without_leaks(examples, leaks, keep=["statsu"])


@pytest.mark.parametrize(
    ("label", "message"),
    [("chrned", "no label column 'chrned'.*did you mean 'churned'"), ("city", "must be 0 or 1, found .* in 400 rows")],
)
def test_a_label_that_is_none_is_refused(label: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_leaks(made(), label=label)


@needs_telco
def test_the_33_column_telco_file_gives_up_exactly_its_four_leaks() -> None:
    telco = pd.read_parquet(TELCO / "telco_customer_churn_33cols.parquet")
    leaks = named(telco.assign(churned=telco["Churn Value"]))
    assert leaks == {
        "Churn Label": "copy of the label",
        "Churn Value": "copy of the label",
        "Churn Score": "separates alone",
        "Churn Reason": "filled only for churned",
    }


@needs_telco
def test_oversampling_the_21_column_telco_file_before_the_split_is_found() -> None:
    telco = pd.read_parquet(TELCO / "telco_customer_churn.parquet").drop(columns="customerID")
    telco["churned"] = (telco.pop("Churn") == "Yes").astype(int)
    assert find_leaks(telco).empty
    more = telco[telco["churned"] == 1].sample(3305, replace=True, random_state=0)
    assert named(pd.concat([telco, more])) == {ROWS: "repeated rows"}
