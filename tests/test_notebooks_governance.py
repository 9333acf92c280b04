"""The governance notebook on CRMs that nobody plans for: a page that says what is open, or a line that says why not."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from rich.console import Console

from workbench import report

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SCRIPT = "<script>alert(1)</script>"
# What breaks a page, a picture (an open formula) and a terminal.
HOSTILE = f"{SCRIPT} $x^{{2$ & more [/red]"
DAYS = pd.to_datetime(["2025-01-01", "2025-06-01"])


def orders() -> dict[str, pd.DataFrame]:
    ids = [f"{HOSTILE}SECRET{one}" for one in range(2)]
    return {"orders": pd.DataFrame({"order_id": ["1", "2"], "customer_id": ids, "ordered_at": DAYS, "amount": 1.0})}


def touches_and_no_consent() -> dict[str, pd.DataFrame]:
    touches = pd.DataFrame({"touch_id": ["1", "2"], "customer_id": "SECRET0", "channel": HOSTILE, "sent_at": DAYS})
    none = {"purpose": "marketing", "lawful_basis": "consent", "granted_at": DAYS, "customer_id": "SECRET0"}
    return {"touches": touches, "consents": pd.DataFrame(none).head(0)}


def markup_everywhere() -> dict[str, pd.DataFrame]:
    """Names of columns, purposes, bases, models, owners and countries are somebody hostile's."""
    customers = pd.DataFrame({"customer_id": ["SECRET0", "SECRET1"], "signup_at": DAYS, f"{HOSTILE}": [HOSTILE, "b"]})
    consent = {"customer_id": "SECRET0", "purpose": HOSTILE, "lawful_basis": HOSTILE, "granted_at": DAYS[0]}
    decision = {"customer_id": "SECRET0", "model": HOSTILE, "decided_at": DAYS[1], "action": HOSTILE, "automated": True}
    field = {"table": "customers", "column": HOSTILE, "owner": HOSTILE, "used_by": HOSTILE, "purpose": HOSTILE}
    return {
        "customers": customers,
        "consents": pd.DataFrame([consent]),
        "decisions": pd.DataFrame([decision]),
        "fields": pd.DataFrame([field]),
        "transfers": pd.DataFrame([{"table": "customers", "country": HOSTILE, "mechanism": HOSTILE}]),
    }


def withdrawn_before_it_was_granted() -> dict[str, pd.DataFrame]:
    row = {"customer_id": "SECRET0", "purpose": "marketing", "lawful_basis": "consent"}
    return {"consents": pd.DataFrame([row | {"granted_at": DAYS[1], "withdrawn_at": DAYS[0]}]), **orders()}


MARKETS = {"orders": orders, "touches": touches_and_no_consent, "markup": markup_everywhere}
REFUSED = {"withdrawn": withdrawn_before_it_was_granted}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the notebook for every such CRM; return the folder of reports and what was said."""
    root = tmp_path_factory.mktemp("governance")
    (root / "params").mkdir()
    for name, make in {**MARKETS, **REFUSED}.items():
        (root / name).mkdir()
        for table, frame in make().items():
            frame.to_parquet(root / name / f"{table}.parquet")
        values = {"market": name, "title": name, "data": str(root / name), "languages": ["de"], "regime": "gdpr"}
        values |= {"timezone": "Europe/Berlin", "currency": "EUR"}
        (root / "params" / f"{name}.yaml").write_text(yaml.safe_dump(values))
    with (root / "log.txt").open("w") as log:
        where = {"params": root / "params", "notebooks_folder": NOTEBOOKS, "reports": root / "reports"}
        report.run(**where, notebooks=["governance"], console=Console(file=log))
    return root / "reports", (root / "log.txt").read_text()


@pytest.mark.parametrize("name", MARKETS)
def test_what_is_open_is_said_and_nothing_of_it_is_obeyed_or_betrayed(run, name):
    reports, said = run
    page = (reports / name / "governance.html").read_text()
    assert "There is no report" not in page, said
    assert not BeautifulSoup(page, "html.parser").find_all(["script", "merror"])
    assert "SECRET" not in page
    figures = {row["name"]: row for row in json.loads((reports / name / "results" / "governance.json").read_text())}
    assert figures["compliance"]["value"] < 1
    assert figures["checks_not_evidenced"]["value"] > 0


def test_every_touch_is_accused_where_there_is_no_consent_at_all(run):
    found = pd.read_parquet(run[0] / "touches" / "tables" / "governance.findings.parquet").set_index("code")
    assert found.loc["basis_missing", ["verdict", "rows", "share"]].tolist() == ["breached", 2, 1.0]


def test_a_withdrawal_before_its_grant_is_refused_with_its_place(run):
    page = (run[0] / "withdrawn" / "governance.html").read_text()
    assert "consents.withdrawn_at: lies before granted_at in 1 row" in page
    assert not (run[0] / "withdrawn" / "tables").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("orders", "Contact pressure: not applicable: no table touches."),
        ("touches", "unsubscribing by pressure"),
        ("markup", "This is the first run of this market: nothing to compare with."),
    ],
)
def test_what_fairness_pressure_and_drift_cannot_say_is_said(run, name, said):
    text = BeautifulSoup((run[0] / name / "governance.html").read_text(), "html.parser").get_text(" ", strip=True)
    assert said.lower() in text.lower()
    assert (run[0] / name / "documents" / "governance.record_of_processing.html").exists()


def test_a_second_run_on_the_same_data_says_that_nothing_has_changed(run):
    reports, params = run[0], run[0].parent / "params"
    where = {"params": params, "notebooks_folder": NOTEBOOKS, "reports": reports, "markets": ["touches"]}
    with (reports / "again.txt").open("w") as log:
        report.run(**where, notebooks=["governance"], force=True, console=Console(file=log))
    assert (
        "Nothing has changed since the run" in (reports / "touches" / "documents" / "governance.drift.md").read_text()
    )
