"""Every notebook, executed on the sample by the runner, and its page opened."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from rich.console import Console

from browser_case import chromium, opened, out_of_order
from workbench import explain, market, outputs, report
from workbench.crm import sample
from workbench.report import record
from workbench.report.watch import THREAD_VARIABLES

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
MARKETS = ("germany", "japan")
# How customers are told: language and form, the title of a sheet, the word for what is typical in a reason.
TOLD = {
    "germany": {"language": "de", "regime": "gdpr", "form": "full"},
    "japan": {"language": "ja", "regime": "appi", "form": "short"},
}
TITLES = {"germany": "Erläuterung einer Entscheidung über Sie", "japan": "お客様に関する判断のご説明"}
LANGUAGE = {"germany": "de", "japan": "ja"}
TYPICAL = {"germany": "typisch", "japan": "標準"}


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory):
    """Return a sample half as large as that of the other tests: enough for every figure, and less to read and draw."""
    return sample.write(tmp_path_factory.mktemp("sample") / "crm", customers=150, seed=1)


def run(root, sample_folder, *markets, **asked):
    """Run notebooks for these markets with one thread each, and return the folder of reports.

    The suite keeps all cores busy, and threads that wait for one another there spin: work for nothing.
    """
    (root / "params").mkdir()
    for name in markets:
        values = yaml.safe_load((ROOT / "params" / f"{name}.yaml").read_text()) | {"data": str(sample_folder)}
        (root / "params" / f"{name}.yaml").write_text(yaml.safe_dump(values))
    places = {"params": root / "params", "notebooks_folder": ROOT / "notebooks", "reports": root / "reports"}
    with (root / "log.txt").open("w") as log, pytest.MonkeyPatch.context() as patch:
        for variable in THREAD_VARIABLES:
            patch.setenv(variable, "1")
        code = report.run(**places, console=Console(file=log), **asked)
    assert code == 0, (root / "log.txt").read_text()
    return root / "reports"


@pytest.fixture(scope="module")
def reports(sample_folder, tmp_path_factory):
    """Run every notebook for a market of the usual size and for the small one."""
    return run(tmp_path_factory.mktemp("run"), sample_folder, *MARKETS)


@pytest.fixture(scope="module")
def hindi(sample_folder, tmp_path_factory):
    """Run one notebook for a market that writes Hindi, in a kernel that is forked and in one that is started afresh."""
    place, asked = tmp_path_factory.mktemp, {"notebooks": ["sentiment"]}
    return [run(place(str(cold)), sample_folder, "india", cold=cold, **asked) for cold in (False, True)]


@pytest.fixture(params=[(one, name) for one in MARKETS for name in NOTEBOOKS], ids="-".join)
def page(request, reports):
    one, name = request.param
    return (reports / one / f"{name}.html").read_text()


def test_a_page_is_complete_and_loads_nothing(page):
    html = BeautifulSoup(page, "html.parser")
    assert html.html["lang"] == "en"
    assert len(page) < 1_000_000
    assert not html.find_all(["script", "link", "iframe", "img"], src=re.compile("^http"))
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|url\((?!#)", page)
    assert not html.select("script, pre.traceback, .error")
    assert "Synthetic sample data" in html.text


def test_pictures_and_tables_are_named(page):
    html = BeautifulSoup(page, "html.parser")
    assert html.select("figure svg")
    assert "mathdefault" not in page
    assert all(svg.get("aria-label") for svg in html.select("figure svg"))
    assert all(table.caption for table in html.select("main table"))


def test_no_customer_is_named(page, sample_folder):
    customers = pd.read_parquet(sample_folder / "customers.parquet", columns=["customer_id", "email"])
    assert not re.search(r"\b(?:DE|JP)-\d{4,}\b", page)
    assert not [email for email in customers["email"].dropna() if email in page]


@pytest.mark.parametrize("name", MARKETS)
def test_churn_leaves_its_figures_and_tables(reports, name):
    figures = {row["name"]: row for row in json.loads((reports / name / "results" / "churn.json").read_text())}
    assert 0.6 < figures["auc"]["value"] < 0.95
    assert figures["auc"]["value"] >= figures["auc_baseline"]["value"]
    assert figures["auc"]["low"] < figures["auc"]["value"] < figures["auc"]["high"]
    listed = pd.read_parquet(reports / name / "tables" / "churn.retention.parquet")
    assert listed["expected_loss"].is_monotonic_decreasing
    told = listed["reasons"] != explain.wording(LANGUAGE[name]).text("no_reasons")
    assert told.any()
    assert listed.loc[told, "reasons"].str.contains(TYPICAL[name]).all()


@pytest.mark.parametrize("name", MARKETS)
def test_value_leaves_its_figures_and_tables(reports, name):
    figures = {row["name"]: row for row in json.loads((reports / name / "results" / "value.json").read_text())}
    for one in ("total_ratio", "spearman", "interval_coverage", "value_total", "value_at_risk", "value_gini"):
        assert figures[one]["low"] <= figures[one]["value"] <= figures[one]["high"], one
    customers = pd.read_parquet(reports / name / "tables" / "value.customers.parquet")
    assert figures["value_total"]["value"] == pytest.approx(customers["value"].sum())
    assert customers["low"].le(customers["high"]).all()
    assert customers["probability_alive"].between(0, 1).all()
    plan = pd.read_parquet(reports / name / "tables" / "value.plan.parquet")
    assert len(plan) > 0
    assert plan["value_saved"].is_monotonic_decreasing
    assert set(plan["customer_id"]) <= set(customers["customer_id"])
    budget = market.read(ROOT / "params" / f"{name}.yaml").retention_budget
    assert plan["cumulative_cost"].iloc[-1] <= budget


@pytest.mark.parametrize(("name", "notebook"), [("germany", "churn"), ("germany", "value"), ("japan", "churn")])
def test_sheets_are_in_the_language_and_form_of_the_market_and_name_nobody(reports, name, notebook):
    sheets = pd.read_parquet(reports / name / "tables" / f"{notebook}.sheets.parquet")
    assert len(sheets) > 0
    assert sheets[list(TOLD[name])].drop_duplicates().to_dict("records") == [TOLD[name]]
    assert sheets["text"].str.startswith(f"# {TITLES[name]}\n").all()
    assert not sheets["text"].str.contains(r"\b(?:DE|JP)-\d{4,}\b").any()
    assert TITLES[name] in (reports / name / f"{notebook}.html").read_text()


def test_where_too_few_buy_to_learn_from_values_have_no_reasons_and_the_page_says_so(reports):
    assert not (reports / "japan" / "tables" / "value.sheets.parquet").exists()
    assert "No reasons: they need churn scores, and orders enough" in (reports / "japan" / "value.html").read_text()


def test_the_small_market_learns_from_all(reports):
    figures = {
        row["name"]: row["value"] for row in json.loads((reports / "japan" / "results" / "churn.json").read_text())
    }
    assert figures["scope"] == "pooled"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_defaults_are_those_of_germany(name):
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    source = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    defaults = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body}
    germany = market.read(ROOT / "params" / "germany.yaml").model_dump(mode="json") | {"reports": "reports"}
    assert defaults == {key: germany[key] for key in defaults}


@pytest.mark.parametrize("name", MARKETS)
def test_governance_leaves_its_findings_the_planted_rows_and_a_plan_to_import(reports, sample_folder, name):
    tables = reports / name / "tables"
    figures = {row["name"]: row for row in json.loads((reports / name / "results" / "governance.json").read_text())}
    assert figures["compliance"]["verdict"] == "missed"
    for code, key in (
        ("withdrawal_ignored", "touch_id"),
        ("optout_ignored", "touch_id"),
        ("request_overdue", "request_id"),
    ):
        planted = sample.planted(sample_folder, code, market=name)
        accused = tables / f"governance.{code}.parquet"
        assert (planted is None) == (not accused.exists())
        if planted is not None:
            assert set(pd.read_parquet(accused)[key]) == set(planted[key])
    plan = pd.read_csv(tables / "governance.lifecycle.csv", dtype=str, keep_default_na=False)
    gone = sample.planted(sample_folder, "retention_exceeded", market=name)
    overdue = plan[(plan["days_overdue"] != "0") & plan["action"].isin(["delete", "anonymise"])]
    assert set(overdue["customer_id"]) == set(gone["customer_id"])


def test_the_audit_shows_what_each_field_is_worth_and_how_few_would_do(reports):
    text = BeautifulSoup((reports / "germany" / "governance.html").read_text(), "html.parser").text
    assert "What value would lose of its rank correlation without a field" in text
    # So few customers get a model that learns from other markets, too: of that, no field can be taken out.
    assert re.search(r"Not measured for churn: .*the chosen model learns from other markets", text)
    assert "not enough data: the chosen model learns from other markets, too." in text
    assert "months of history the AUC is" in text


@pytest.mark.parametrize("name", MARKETS)
def test_governance_writes_a_card_and_a_draft_for_every_model_and_leaves_no_blank(reports, name):
    folder = reports / name / "documents"
    models = ("churn", "sentiment", "value")
    wanted = {f"governance.{kind}_{model}" for kind in ("model_card", "impact_assessment") for model in models}
    written = {path.stem: path.read_text() for path in folder.glob("*.md")}
    assert set(written) == wanted | {"governance.record_of_processing", "governance.drift"}
    blank = re.compile(r"\b(TODO|TBD|FIXME|nan|NaN|None|NaT)\b|<NA>|\|[ \t]*\|")
    assert not {stem: blank.search(text) for stem, text in written.items() if blank.search(text)}
    index = BeautifulSoup((folder / "index.html").read_text(), "html.parser")
    assert {link["href"] for link in index.main.find_all("a")} == {f"{stem}.html" for stem in written}
    assert not any(re.search(r"\b(?:DE|JP)-\d{4,}\b", text) for text in written.values())


def test_the_planted_gap_is_breached_and_the_pressure_is_read(reports):
    findings = pd.read_parquet(reports / "germany" / "tables" / "governance.findings.parquet").set_index("code")
    assert findings.loc["quiet_hours_ignored", "verdict"] == "met"
    assert findings.loc["contact_cap_exceeded_30_days", "verdict"] == "breached"
    caps = pd.read_parquet(reports / "germany" / "tables" / "governance.caps.parquet")
    assert caps["held_back_share"].between(0, 1).all()
    figures = {row["name"]: row for row in json.loads((reports / "germany/results/governance.json").read_text())}
    assert figures["changes"]["value"] is None
    assert 0 < figures["touches_over_cap"]["value"] < 0.2


def test_a_notebook_finds_the_same_in_a_forked_kernel_and_in_a_fresh_one(hindi):
    forked, fresh = (next(iter(record.read(one))).kernel for one in hindi)
    assert (forked, fresh) == ("warm", "stock")
    first, second = (outputs.open("india", reports=one) for one in hindi)
    assert first.results("sentiment") == second.results("sentiment")
    names = [{path.name for path in (one / "india/tables").iterdir()} for one in hindi]
    assert names[0] == names[1]
    for name in (path.removeprefix("sentiment.").removesuffix(".parquet") for path in names[0]):
        pd.testing.assert_frame_equal(first.table("sentiment", name), second.table("sentiment", name))


# What uses a browser stands last: while it runs, nothing else here may ask asyncio for a loop.
SCHEMES = {"germany": "light", "japan": "dark"}


@pytest.fixture(scope="module")
def shown(reports, hindi):
    """Return a function that opens a report in a browser, once all of them are made."""
    assert all(one.exists() for one in (reports, *hindi))
    with chromium() as browser:
        yield lambda path, **more: opened(browser, reports / path, **more)


@pytest.mark.parametrize(("name", "notebook"), [(one, name) for one in MARKETS for name in NOTEBOOKS])
def test_every_report_is_at_home_in_a_browser(shown, name, notebook):
    with shown(f"{name}/{notebook}.html", scheme=SCHEMES[name]) as page:
        assert out_of_order(page) == {}


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "germany/documents/index.html",
        "germany/documents/governance.drift.html",
        "germany/documents/governance.impact_assessment_value.html",
        "germany/documents/governance.model_card_churn.html",
        "japan/documents/governance.record_of_processing.html",
    ],
)
def test_the_index_and_each_kind_of_document_are_at_home_in_a_browser(shown, path):
    with shown(path) as page:
        assert out_of_order(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hindi_is_at_home_in_a_browser(shown, hindi, scheme):
    page = hindi[0] / "india/sentiment.html"
    assert re.search("[\u0900-\u097f]{3}", page.read_text())
    with shown(page, scheme=scheme) as page:
        assert out_of_order(page) == {}
