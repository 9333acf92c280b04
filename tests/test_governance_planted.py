"""The sample, market by market: exactly the planted rows are accused, by the law of each market."""

import json
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pytest

from workbench import crm
from workbench.crm.sample.markets import read_markets
from workbench.governance.audit import CHECKS
from workbench.governance.case import Case, known_at, last_seen
from workbench.governance.finding import Outcome
from workbench.law import law

MARKETS = {market.name: market for market in read_markets()}


@pytest.fixture(scope="module")
def planted(sample_folder: Path) -> list[dict]:
    return json.loads((sample_folder / "planted.json").read_text())


@pytest.fixture(scope="module")
def whole(sample_folder: Path) -> crm.Crm:
    return crm.open(sample_folder)


def judge(whole: crm.Crm, name: str) -> dict[str, Outcome]:
    """Return the outcome of every check that the law of a market asks for."""
    market = MARKETS[name]
    # Read once: every check asks its own questions, and each would read the files again.
    tables = {name: ibis.memtable(table.to_pyarrow()) for name, table in whole.cut([market.country]).tables.items()}
    seen, asked = last_seen(tables), law(market.regime, as_of=date(2026, 1, 15))
    said = {"tables": known_at(tables, seen), "seen_at": seen, "timezone": market.timezone}
    said |= {"countries": (market.country,), "calendar": asked.calendar}
    rules = {code: asked.rules[code] for code in CHECKS if code in asked.rules}
    return {
        code: CHECKS[code](Case(rule=rule, **said)) for code, rule in rules.items() if "not_required" not in rule.terms
    }


@pytest.mark.parametrize("market", MARKETS)
def test_exactly_the_planted_rows_are_accused(market: str, whole: crm.Crm, planted: list[dict]) -> None:
    outcomes = judge(whole, market)
    expected = {entry["code"]: entry["rows"] for entry in planted if entry["market"] == market}
    assert set(expected) & set(CHECKS) <= set(outcomes)
    for code, found in outcomes.items():
        rows = expected.get(code, [])
        accused = pd.DataFrame(found.accused)
        got = accused[list(rows[0])].astype(str).to_dict("records") if rows else accused.to_dict("records")
        assert sorted(got, key=str) == sorted(rows, key=str), code
        assert found.verdict == ("breached" if rows else found.verdict)
        assert found.verdict != "not evidenced", code


def test_nobody_is_called_lawful_for_whom_nothing_is_on_record(sample_folder: Path) -> None:
    tables = {name: table.limit(0) for name, table in crm.open(sample_folder, countries=["DE"]).tables.items()}
    asked = law("gdpr", as_of=date(2026, 1, 15))
    said = {"seen_at": pd.Timestamp("2026-01-01"), "timezone": "UTC", "countries": ("DE",), "calendar": asked.calendar}
    rules = {code: asked.rules[code] for code in CHECKS if code in asked.rules}
    for code, rule in rules.items():
        assert CHECKS[code](Case(tables={}, rule=rule, **said)).verdict in ("not evidenced", "not applicable"), code
        if code != "register_incomplete":  # columns are held even where no row is
            assert CHECKS[code](Case(tables=tables, rule=rule, **said)).verdict in (
                "not applicable",
                "not evidenced",
            ), code
