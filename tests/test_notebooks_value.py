"""The value notebook on data that nobody plans for: each market ends in a page that says what is wrong, or in one line.

Churn's scores are written by hand: what churn itself does with such data, test_notebooks_bad_input.py says.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from rich.console import Console

from workbench import outputs, report

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SCRIPT = "<script>alert(1)</script>"
# What breaks a page, a picture (an open formula) and a terminal.
TEXTS = (SCRIPT, "$x^{2$ & more", "[/red]")
PEOPLE = 80
FIRST_DAY = pd.Timestamp("2024-01-01")


def orders(customers: np.ndarray, days: np.ndarray, **columns: object) -> pd.DataFrame:
    """Return orders of numbered customers, days after the first of January 2024."""
    frame = pd.DataFrame(
        {
            "order_id": [f"o{place}" for place in range(len(days))],
            "customer_id": [f"{SCRIPT}SECRET{one:04}" for one in customers],
            "ordered_at": FIRST_DAY + pd.to_timedelta(days, unit="D"),
            "amount": 20.0,
        }
    )
    return frame.assign(**columns)


def buyers(days: int) -> pd.DataFrame:
    """Return what people of different habits order in so many days; every third of them leaves half-way."""
    draw = np.random.default_rng(0)
    often = draw.integers(2, 9, PEOPLE)
    stays = np.where(np.arange(PEOPLE) % 3, days, days // 2)
    who = np.repeat(np.arange(PEOPLE), often)
    return orders(who, (draw.random(len(who)) * stays[who]).astype(int), amount=draw.gamma(4, 5, len(who)))


def scores(found: pd.DataFrame, probability: float) -> pd.DataFrame:
    return found[["customer_id"]].drop_duplicates().assign(probability=probability)


def no_orders() -> dict[str, pd.DataFrame]:
    return {"orders": buyers(100).head(0)}


def one_customer() -> dict[str, pd.DataFrame]:
    return {"orders": orders(np.zeros(3, dtype=int), np.array([0, 30, 60]))}


def everybody_once_and_all_will_leave() -> dict[str, pd.DataFrame]:
    found = orders(np.arange(PEOPLE), np.arange(PEOPLE) * 3)
    return {"orders": found, "scores": scores(found, 1.0)}


def nothing_but_returns() -> dict[str, pd.DataFrame]:
    return {"orders": buyers(100).assign(amount=-5.0)}


def one_day() -> dict[str, pd.DataFrame]:
    return {"orders": orders(np.arange(PEOPLE), np.zeros(PEOPLE, dtype=int))}


def half_a_year_and_a_huge_order() -> dict[str, pd.DataFrame]:
    """Five years are asked for; nobody will leave, says churn."""
    found = buyers(180)
    found.loc[3, "amount"] = 1e6
    return {"orders": found, "scores": scores(found, 0.0)}


def two_currencies() -> dict[str, pd.DataFrame]:
    found = buyers(100)
    return {"orders": found.assign(currency=np.where(found.index % 3, "EUR", "USD"))}


def subscribers_of_markup() -> dict[str, pd.DataFrame]:
    """Only subscriptions; plans, names and channels are named by somebody hostile."""
    draw = np.random.default_rng(0)
    ids, plan = [f"{SCRIPT}SECRET{one:04}" for one in range(3 * PEOPLE)], draw.integers(0, 3, 3 * PEOPLE)
    start = FIRST_DAY + pd.to_timedelta(draw.integers(0, 300, len(ids)), unit="D")
    stay = draw.exponential(np.where(plan == 0, 100, 500)).astype(int) + 1
    end = pd.Series(start + pd.to_timedelta(stay, unit="D"))
    told = pd.DataFrame({"customer_id": ids, "name": SCRIPT, "acquisition_channel": np.array(TEXTS)[plan]})
    held = pd.DataFrame({"customer_id": ids, "started_at": start, "plan": np.array(TEXTS)[plan], "price": 9.9})
    return {
        "customers": told,
        "subscriptions": held.assign(ended_at=end.where(end < pd.Timestamp("2025-06-01"))),
        "scores": told[["customer_id"]].assign(probability=draw.random(len(ids))),
    }


def subscribers_who_never_left() -> dict[str, pd.DataFrame]:
    ids = [f"SECRET{one:04}" for one in range(20)]
    held = pd.DataFrame({"customer_id": ids, "started_at": FIRST_DAY + pd.to_timedelta(range(20), unit="D")})
    return {"subscriptions": held.assign(price=9.9), "scores": scores(held, 0.0)}


def buyers_of_markup() -> dict[str, pd.DataFrame]:
    """Ids, names, channels, products and campaigns are markup, but there is enough to learn from."""
    found = buyers(400)
    told = found[["customer_id"]].drop_duplicates(ignore_index=True).assign(name=SCRIPT, acquisition_cost=2.0)
    told["acquisition_channel"] = np.where(told.index % 2, SCRIPT, "$x^{2$ & more")
    products = pd.DataFrame({"product_id": [SCRIPT], "name": [SCRIPT], "category": ["$x^{2$ & more"]})
    lines = pd.DataFrame({"order_id": found["order_id"], "product_id": SCRIPT, "quantity": 1.0, "unit_price": 20.0})
    leads = told[["customer_id"]].assign(lead_id=told.index.astype(str), source=SCRIPT, cost=2.0, created_at=FIRST_DAY)
    chances = told[["customer_id"]].assign(probability=np.linspace(0.1, 0.9, len(told)))
    tables = {"orders": found, "customers": told, "products": products, "order_lines": lines, "leads": leads}
    return tables | {"scores": chances}


MARKETS = {
    one.__name__: one
    for one in (
        no_orders,
        one_customer,
        everybody_once_and_all_will_leave,
        nothing_but_returns,
        one_day,
        half_a_year_and_a_huge_order,
        two_currencies,
        subscribers_of_markup,
        subscribers_who_never_left,
        buyers_of_markup,
    )
}
SETTINGS = {"half_a_year_and_a_huge_order": {"months": 60}}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Return the folder of reports of one batch over all markets, its exit code and what it said."""
    root = tmp_path_factory.mktemp("strange")
    (root / "params").mkdir()
    for name, make in MARKETS.items():
        folder = root / "data" / name
        folder.mkdir(parents=True)
        for table, frame in make().items():
            if table == "scores":
                outputs.open(name, reports=root / "reports").save_table("churn", "scores", frame)
            else:
                frame.to_parquet(folder / f"{table}.parquet", index=False)
        values = {"market": name, "title": SCRIPT, "data": str(folder), "languages": ["de"], "regime": "gdpr"}
        values |= {"timezone": "Europe/Berlin", "currency": "EUR", "horizon_days": 30, "contact": SCRIPT}
        (root / "params" / f"{name}.yaml").write_text(yaml.safe_dump(values | SETTINGS.get(name, {})))
    with (root / "said.txt").open("w") as said:
        code = report.run(
            params=root / "params",
            notebooks_folder=NOTEBOOKS,
            notebooks=["value"],
            reports=root / "reports",
            console=Console(file=said),
        )
    return root / "reports", code, (root / "said.txt").read_text()


def text_of(reports, market):
    return BeautifulSoup((reports / market / "value.html").read_text(), "html.parser").get_text(" ", strip=True)


def figures_of(reports, market):
    return {row["name"]: row for row in json.loads((reports / market / "results" / "value.json").read_text())}


FAULTS = {
    "no_orders": "no_orders: no orders and no subscriptions in these countries and days",
    "nothing_but_returns": "orders: none with an amount above 0 in this market and period",
    "two_currencies": "orders.currency: 2 currencies in one market: EUR (272 orders), USD (136 orders); amounts of",
}


@pytest.mark.parametrize(("market", "why"), FAULTS.items())
def test_what_cannot_be_valued_is_said_in_one_line(batch, market, why):
    reports, code, said = batch
    assert code == 1
    line = next(line for line in said.splitlines() if line.startswith(f"{market} value: failed"))
    assert why in line
    assert not re.search(r"\b\w+(?:Error|Warning|Exception)\b", line)
    assert why in text_of(reports, market)
    assert not list((reports / market).glob("results/*"))


@pytest.mark.parametrize("market", sorted(MARKETS.keys() - FAULTS.keys()))
def test_whatever_else_is_strange_ends_in_a_page(batch, market):
    reports, _, said = batch
    assert f"{market} value: succeeded" in said, said
    html = BeautifulSoup((reports / market / "value.html").read_text(), "html.parser")
    assert not html.select("script, pre.traceback, .error")


@pytest.mark.parametrize(
    ("market", "doubts"),
    [
        ("one_customer", ["not judged", "horizon longer than history", "few repeats"]),
        ("everybody_once_and_all_will_leave", ["not judged", "few repeats"]),
        ("one_day", ["not judged", "horizon longer than history", "few repeats"]),
        ("half_a_year_and_a_huge_order", ["horizon longer than history", "customers alike", "huge outliers"]),
    ],
)
def test_an_unreliable_value_says_why_in_its_figure_and_on_its_page(batch, market, doubts):
    reports, _, _ = batch
    note = figures_of(reports, market)["value_total"]["note"]
    html = BeautifulSoup((reports / market / "value.html").read_text(), "html.parser")
    table = next(table.text for table in html.select("main table") if table.caption.text == "What to be wary of")
    assert all(doubt in note and doubt in table for doubt in doubts)


@pytest.mark.parametrize("market", ["one_customer", "everybody_once_and_all_will_leave", "one_day"])
def test_a_forecast_that_cannot_be_judged_has_no_quality(batch, market):
    reports, _, _ = batch
    figures = figures_of(reports, market)
    for name in ("total_ratio", "spearman", "top_decile_share", "interval_coverage", "model"):
        assert (figures[name]["value"], figures[name]["verdict"]) == (None, "not measured")
        assert figures[name]["note"].startswith("not enough data")
    assert figures["value_total"]["low"] is None
    assert figures["value_total"]["high"] is None


def test_where_all_are_alike_nobody_is_worth_more_and_words_are_withheld(batch):
    reports, _, _ = batch
    assert figures_of(reports, "one_day")["value_gini"]["value"] == 0
    said = "All ordered last on the same day, and ordered equally often, and spent the same: that tells nobody apart"
    assert said in text_of(reports, "one_day")
    assert "All ordered equally often, and spent the same:" in text_of(reports, "everybody_once_and_all_will_leave")


def test_where_everybody_leaves_all_value_is_at_risk_and_no_contact_pays(batch):
    reports, market = batch[0], "everybody_once_and_all_will_leave"
    figures = figures_of(reports, market)
    assert figures["value_at_risk"]["value"] == pytest.approx(figures["value_total"]["value"])
    assert figures["value_at_risk"]["low"] == pytest.approx(figures["value_at_risk"]["high"])
    assert "nobody: no contact saves more than it costs" in text_of(reports, market)
    assert "No reasons: they need churn scores, and orders enough to learn from." in text_of(reports, market)


def test_where_nobody_leaves_nothing_is_at_risk_and_nobody_is_explained(batch):
    reports, market = batch[0], "half_a_year_and_a_huge_order"
    assert figures_of(reports, market)["value_at_risk"]["value"] == 0
    assert "nobody: no contact saves more than it costs" in text_of(reports, market)
    assert "No sheet: nobody is in the plan." in text_of(reports, market)
    assert pd.read_parquet(reports / market / "tables" / "value.sheets.parquet").empty


def test_subscriptions_alone_are_valued_and_planned_for(batch):
    reports, market = batch[0], "subscribers_of_markup"
    figures = figures_of(reports, market)
    assert figures["total_ratio"]["note"] == "not applicable: no `orders` table"
    assert figures["value_subscriptions"]["value"] > 0
    plan = pd.read_parquet(reports / market / "tables" / "value.plan.parquet")
    assert plan["value_saved"].is_monotonic_decreasing
    assert plan["customer"].iloc[0] in text_of(reports, market)


def test_subscriptions_that_nobody_ended_have_no_value_and_the_page_says_why(batch):
    reports, market = batch[0], "subscribers_who_never_left"
    figure = figures_of(reports, market)["value_subscriptions"]
    assert figure["value"] is None
    assert figure["note"].startswith("not enough data: 0 ends in")
    assert "Not enough data: no customer has a known value." in text_of(reports, market)


def test_hostile_texts_reach_tables_pictures_and_sheets_as_text(batch):
    reports, _, _ = batch
    html = BeautifulSoup((reports / "subscribers_of_markup" / "value.html").read_text(), "html.parser")
    shown = " ".join(table.get_text() for table in html.select("main table"))
    assert all(text in shown for text in TEXTS)
    html = BeautifulSoup((reports / "buyers_of_markup" / "value.html").read_text(), "html.parser")
    assert f"sieht die Entscheidung noch einmal an: {SCRIPT}." in html.get_text()
    assert SCRIPT in " ".join(svg.get_text() for svg in html.select("figure svg"))


def test_customers_are_told_in_the_language_and_form_of_their_market(batch):
    reports, _, _ = batch
    sheets = pd.read_parquet(reports / "buyers_of_markup" / "tables" / "value.sheets.parquet")
    assert len(sheets) > 0
    assert set(sheets["language"]) == {"de"}
    assert set(sheets["form"]) == {"full"}
    assert not sheets["text"].str.contains(r"SECRET|(?<!\\)<script", regex=True).any()


def test_no_customer_is_named_anywhere(batch):
    reports, _, said = batch
    assert "SECRET" not in said
    for path in reports.rglob("*"):
        if path.suffix in {".html", ".ipynb", ".json", ".log", ".csv"}:
            assert "SECRET" not in path.read_text(), path
