"""The command line as its users type it: what it prints, and its exit codes."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.crm import sample
from workbench.law.vocabulary import vocabulary
from workbench.ledger import Footprint, append


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_check_says_what_is_there_missing_and_what_that_means(crm_folder):
    folder = crm_folder(customers="customer_id,country\na,DE\n")
    shown = invoke("check", folder)
    assert shown.exit_code == 0
    assert "not there: orders," in shown.output
    assert "churn: not applicable: no `orders` or `subscriptions` table" in shown.output


def test_check_prints_every_fault_and_exits_2(crm_folder):
    folder = crm_folder(orders="order_id,customer_id,ordered_at,amount\n1,a,1900-01-01,5\n1,a,2024-01-01,5\n")
    shown = invoke("check", folder)
    assert (shown.exit_code, "2 faults" in shown.output) == (2, True)


def test_the_way_of_a_users_own_tables_into_the_contract(tmp_path):
    (tmp_path / "sales.csv").write_text("Beleg;Kunde;Datum;Summe\n1;a;01.02.2024;9,50\n", encoding="latin-1")
    (tmp_path / "map.yaml").write_text(
        "orders:\n  file: sales.csv\n  columns:\n    order_id: Beleg\n    customer_id: Kunde\n"
        '    ordered_at: {from: Datum, format: "%d.%m.%Y"}\n    amount: Summe\n'
    )
    crm = tmp_path / "crm"
    shown = invoke("import", "tables", tmp_path / "sales.csv", "--to", crm, "--mapping", tmp_path / "map.yaml")
    assert shown.exit_code == 0, shown.output
    assert invoke("check", crm).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "no/such/place"], "no/such/place"),
        (["import", "telko", "x.csv", "--to", "y"], "did you mean 'telco'?"),
        (["markets", "--params", "no/such/params"], "no market here"),
        (["run", "--set", "horizon_days"], "KEY=VALUE"),
        (["run", "--market", "germny"], "did you mean 'germany'?"),
        (["run", "--set", "horizon_day=60"], "did you mean 'horizon_days'?"),
        (["audit", "no/such/place", "--regime", "gdpr"], "no/such/place"),
        (["footprint", "--reports", "no/such/reports"], "no/such/reports: no such folder"),
        (["footprint", "--reports", "docs"], "docs: no ledger below"),
        (["clean", "--reports", "no/such/reports"], "no/such/reports: no such folder"),
        (["clean", "--older-than", "3m"], "--older-than 3m: must be a number of days or weeks, such as 90d or 12w"),
    ],
)
def test_what_cannot_be_used_is_said_in_words_and_exits_2(words, said, tmp_path):
    # A run tries whether it may write before it looks at anything else: not into the checkout's own reports.
    shown = invoke(*words, *(["--reports", tmp_path] if words[0] == "run" else []))
    assert (shown.exit_code, said in shown.output.replace("\n", " ")) == (2, True), shown.output


def test_markets_are_listed_with_their_law():
    shown = invoke("markets")
    assert shown.exit_code == 0
    assert all(word in shown.output for word in ("germany", "lgpd", "en hi"))


def test_brackets_in_names_are_no_markup(tmp_path, workshop):
    workshop.market("germany", title="[/red] :smile:")
    assert "[/red] :smile:" in invoke("markets", "--params", workshop.params).output
    folder = tmp_path / "[bold]crm[/blue]"
    shown = invoke("sample", folder, "--customers", 50)
    assert (shown.exit_code, str(folder) in shown.output) == (0, True)


def test_a_fault_stands_in_one_line_however_narrow_the_terminal(crm_folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    shown = invoke("check", crm_folder(orders="order_id,customer_id,ordered_at,amount\n1,a,1900-01-01,5\n"))
    assert "orders.ordered_at: impossible date in 1 row, such as '1900-01-01'; allowed: 1990-01-01 to" in shown.output
    assert "1 fault; no notebook runs on data with faults" in shown.output


def test_an_audit_of_a_breach_exits_1_and_names_the_remedy(crm_folder):
    folder = crm_folder(
        customers="customer_id,country\na,DE\n",
        consents="customer_id,purpose,lawful_basis,granted_at,withdrawn_at\na,marketing,consent,2025-01-01,2025-02-01\n",
        touches="touch_id,customer_id,channel,sent_at\n1,a,email,2025-03-01\n",
    )
    shown = invoke("audit", folder, "--regime", "gdpr", "--country", "DE")
    assert shown.exit_code == 1
    assert "withdrawal_ignored: Suppress these customers on the channel now" in shown.output
    assert "compliance: " in shown.output


def test_an_audit_without_a_breach_exits_0(crm_folder):
    folder = crm_folder(customers="customer_id,signup_at\na,2025-01-01\n")
    shown = invoke("audit", folder, "--regime", "pdpa")
    assert (shown.exit_code, "breached" in shown.output) == (0, False), shown.output


def test_an_audit_in_json_has_the_keys_of_the_rows_at_fault_and_no_more(sample_folder, tmp_path):
    file = tmp_path / "audit.json"
    asked = ["--regime", "gdpr", "--country", "DE", "--timezone", "Europe/Berlin", "--format", "json", "--to", file]
    assert invoke("audit", sample_folder, *asked).exit_code == 1
    found = json.loads(file.read_text())
    accused = {finding["code"]: finding["accused"] for finding in found["findings"]}
    planted = sample.planted(sample_folder, "request_overdue", market="germany")
    assert sorted(row["request_id"] for row in accused["request_overdue"]) == sorted(planted["request_id"])
    assert set(accused["request_overdue"][0]) == {"request_id", "days_overdue"}
    assert len(found["findings"]) == len(accused)


def test_an_audit_in_csv_is_one_line_a_check(crm_folder):
    folder = crm_folder(customers="customer_id,signup_at\na,2025-01-01\n")
    lines = invoke("audit", folder, "--regime", "pdpa", "--format", "csv").output.strip().splitlines()
    assert lines[0] == "code,title,verdict,rows,share,days_overdue,article,source,remedy,table,looked_at,note"
    assert len(lines) == 1 + len(vocabulary())


def test_an_audit_in_html_is_a_whole_page_that_loads_nothing_and_names_nobody(sample_folder, tmp_path):
    file = tmp_path / "audit.html"
    assert invoke("audit", sample_folder, "--regime", "lgpd", "--country", "BR", "--format", "html", "--to", file)
    page = file.read_text()
    assert BeautifulSoup(page, "html.parser").h1.text == "What we hold, and whether we may"
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|<script|BR-\d{4}", page)
    assert "Synthetic sample data" in page


def test_the_footprint_is_told_in_a_table_and_written_with_its_factors(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    line = {"notebook": "churn", "step": "[red]", "country": "DE", "kwh_cpu": 1e-3, "outcome": "succeeded"}
    footprint = Footprint(started_at="2026-03-01T12:00:00+00:00", **line)
    append(tmp_path / "reports/germany/footprint.csv", footprint)
    shown = invoke("footprint", "--reports", tmp_path / "reports")
    assert (shown.exit_code, "\n    [red]   1     not measured  1.00 Wh (1.00 to 1.00)" in shown.output) == (0, True)
    file = tmp_path / "footprint.csv"
    assert invoke("footprint", "--reports", tmp_path / "reports", "--csv", "--to", file).exit_code == 0
    assert [row.split(",")[:3] for row in file.read_text().splitlines()[1:]] == [["germany", "churn", "[red]"]]
    printed = invoke("footprint", "--reports", tmp_path / "reports", "--csv").output
    assert printed.strip() == file.read_text().strip()
