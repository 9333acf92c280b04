"""Personal data in texts and columns that are not for it is found to the row; what is registered is left alone."""

import json
from pathlib import Path

import ibis
import pandas as pd
import pytest

from workbench import crm
from workbench.governance.case import Case, last_seen
from workbench.governance.spilled import personal_data_in_column, personal_data_in_text
from workbench.law import Calendar, Rule

RULE = Rule(code="x", article="", source="", checked=True, valid_from=None)
MARKETS = {"germany": "DE", "france": "FR", "brazil": "BR", "japan": "JP", "united_states": "US", "india": "IN"}


def case(tables: dict[str, ibis.Table], *countries: str) -> Case:
    return Case(
        tables=tables,
        rule=RULE,
        seen_at=last_seen(tables),
        timezone="UTC",
        countries=countries,
        calendar=Calendar(),
    )


def of(*countries: str, **frames: pd.DataFrame) -> Case:
    return case({name: ibis.memtable(frame) for name, frame in frames.items()}, *countries)


def register(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["table", "column", "personal"])


def messages(*texts: str | None) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"message_id": [f"m{place}" for place in range(len(texts))], "text": pd.Series(texts, dtype="str")}
    )
    return frame.assign(sent_at=pd.Timestamp("2025-01-01"), channel="email")


LEADS = pd.DataFrame(
    {
        "lead_id": ["l1", "l2", "l3"],
        "created_at": pd.Timestamp("2025-01-01"),
        "source": ["search", "social anna@example.org", "0171 3920029"],
    }
)


@pytest.fixture(scope="module")
def whole(sample_folder: Path) -> crm.Crm:
    return crm.open(sample_folder)


@pytest.mark.parametrize(("market", "country"), MARKETS.items())
def test_in_the_sample_exactly_the_planted_rows_are_accused(
    whole: crm.Crm, sample_folder: Path, market: str, country: str
) -> None:
    read = {name: ibis.memtable(table.to_pyarrow()) for name, table in whole.cut([country]).tables.items()}
    checked = case(read, country)
    planted = json.loads((sample_folder / "planted.json").read_text("utf-8"))
    for check, key in ((personal_data_in_text, "message_id"), (personal_data_in_column, "lead_id")):
        mine = [entry for entry in planted if entry["code"] == check.__name__ and entry["market"] == market]
        expected = {(row[key], row["kind"]) for entry in mine for row in entry["rows"]}
        outcome = check(checked)
        assert outcome.accused is not None
        assert set(zip(outcome.accused[key], outcome.accused["kind"], strict=True)) == expected
        assert (outcome.verdict, outcome.rows) == ("breached", len(expected))


def test_a_message_is_accused_once_with_all_its_kinds() -> None:
    twin = "call 0171 3920029"
    outcome = personal_data_in_text(of("DE", messages=messages("fine", twin, f"a@example.org, {twin}", None, twin)))
    assert outcome.accused is not None
    assert outcome.accused.to_dict("list") == {
        "message_id": ["m1", "m2", "m4"],
        "kind": ["phone", "email, phone", "phone"],
    }
    assert (outcome.looked_at, outcome.rows, outcome.note) == (4, 3, "")


def test_texts_are_met_not_applicable_or_not_evidenced() -> None:
    assert personal_data_in_text(of("DE", messages=messages("fine", "2025-01-01"))).verdict == "met"
    assert personal_data_in_text(of("DE", messages=messages(None))).verdict == "not applicable"
    assert personal_data_in_text(of("DE")).verdict == "not evidenced"


def test_columns_of_the_register_are_left_alone_and_others_accused() -> None:
    said = [("leads", "source", False), ("leads", "lead_id", False)]
    outcome = personal_data_in_column(of("DE", leads=LEADS, fields=register(*said)))
    assert outcome.accused is not None
    assert outcome.accused.to_dict("list") == {
        "table": ["leads"] * 2,
        "column": ["source"] * 2,
        "lead_id": ["l2", "l3"],
        "kind": ["email", "phone"],
    }
    personal = register(("leads", "source", True))
    assert personal_data_in_column(of("DE", leads=LEADS, fields=personal)).verdict == "not applicable"


def test_a_column_that_the_register_forgot_is_searched() -> None:
    outcome = personal_data_in_column(of("DE", leads=LEADS, fields=register(("leads", "cost", True))))
    assert (outcome.verdict, outcome.rows, outcome.looked_at) == ("breached", 2, 3)


def test_without_a_register_columns_named_personal_are_not_evidenced() -> None:
    customers = pd.DataFrame({"customer_id": ["c1"], "email": ["a@example.org"], "segment": ["gold"]})
    outcome = personal_data_in_column(of("DE", customers=customers))
    assert (outcome.verdict, outcome.unproven, outcome.looked_at, outcome.rows) == ("not evidenced", 1, 1, 0)
    assert outcome.note.endswith(": customers.email")
    assert personal_data_in_column(of("DE", customers=customers, leads=LEADS)).verdict == "breached"


def test_ids_messages_and_the_register_itself_are_not_searched() -> None:
    orders = pd.DataFrame({"order_id": ["4111111111111111"], "customer_id": ["a@example.org"], "currency": ["EUR"]})
    fields = register(("orders", "amount", False)).assign(owner="anna@example.org")
    outcome = personal_data_in_column(of("DE", orders=orders, messages=messages("a@example.org"), fields=fields))
    assert (outcome.verdict, outcome.looked_at) == ("met", 2)


def test_rows_of_a_table_without_a_key_are_named_by_their_ids_and_times() -> None:
    consents = pd.DataFrame(
        {
            "customer_id": ["c1", "c2"],
            "granted_at": pd.Timestamp("2025-01-01"),
            "evidence": ["form", "mail of a@example.org"],
        }
    )
    transfers = pd.DataFrame({"table": ["customers"], "country": ["US"], "mechanism": ["ask a@example.org"]})
    outcome = personal_data_in_column(
        of("DE", consents=consents, transfers=transfers, fields=register(("a", "b", True)))
    )
    assert outcome.accused is not None
    told = outcome.accused.set_index("table")
    assert told.loc["consents", "customer_id"] == "c2"
    assert told.loc["transfers", ["row_table", "country"]].tolist() == ["customers", "US"]
