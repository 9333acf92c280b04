"""The churn notebook on data that nobody plans for: too little of it, of one kind only, absent, or full of markup."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from rich.console import Console

from workbench import report

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SCRIPT = "<script>alert(1)</script>"
# What breaks a page, a picture (an open formula) and a terminal.
TEXTS = (SCRIPT, "$x^{2$ & more", "[/red]")
PEOPLE = 200


def weekly_buyers() -> dict[str, pd.DataFrame]:
    """Everybody buys every week: nobody has ever left."""
    days = np.tile(np.arange(0, 400, 7), 40)
    return {"orders": orders(np.repeat(np.arange(40), len(days) // 40), days, amount=10.0)}


def one_customer_who_sends_things_back() -> dict[str, pd.DataFrame]:
    return {"orders": orders(np.zeros(9, dtype=int), np.arange(9), amount=-5.0)}


def orders(customers: np.ndarray, days: np.ndarray, *, amount: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"o{place}" for place in range(len(days))],
            "customer_id": [f"SECRET{one:04}" for one in customers],
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
            "amount": amount,
        }
    )


def strangers() -> dict[str, pd.DataFrame]:
    found = weekly_buyers()["orders"].head(3)
    return {"orders": found, "customers": pd.DataFrame({"customer_id": ["somebody else"]})}


def subscribers_of_markup() -> dict[str, pd.DataFrame]:
    """Plans, segments and a column are named by somebody hostile; the first plan is left most."""
    draw = np.random.default_rng(0)
    ids, plan = [f"SECRET{one:04}" for one in range(PEOPLE)], draw.integers(0, 3, PEOPLE)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 300, PEOPLE), unit="D")
    stay = draw.exponential(np.where(plan == 0, 100, 500)).astype(int) + 1
    end = pd.Series(start + pd.to_timedelta(stay, unit="D"))
    return {
        "customers": pd.DataFrame(
            {"customer_id": ids, "name": [f"{SCRIPT} {one}" for one in ids], "segment": draw.choice(TEXTS, PEOPLE)}
        ).assign(**{f"{SCRIPT} $_$": draw.normal(size=PEOPLE)}),
        "subscriptions": pd.DataFrame(
            {"customer_id": ids, "started_at": start, "plan": np.array(TEXTS)[plan], "price": 9.9}
        ).assign(ended_at=end.where(end < pd.Timestamp("2025-06-01"))),
    }


MARKETS = {
    one.__name__: one for one in (weekly_buyers, one_customer_who_sends_things_back, strangers, subscribers_of_markup)
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Return the folder of reports of one batch over all markets, its exit code and what it said."""
    root = tmp_path_factory.mktemp("bad")
    for name, make in MARKETS.items():
        folder, params = root / "data" / name, root / "params"
        folder.mkdir(parents=True)
        params.mkdir(exist_ok=True)
        for table, frame in make().items():
            frame.to_parquet(folder / f"{table}.parquet", index=False)
        values = {"market": name, "title": SCRIPT, "data": str(folder), "languages": ["de"], "regime": "gdpr"}
        # So low a threshold that somebody is on every list.
        values |= {"timezone": "Europe/Berlin", "currency": "EUR", "risk_threshold": 0.05}
        (params / f"{name}.yaml").write_text(yaml.safe_dump(values))
    with (root / "said.txt").open("w") as said:
        code = report.run(
            params=root / "params",
            notebooks_folder=NOTEBOOKS,
            notebooks=["churn"],
            reports=root / "reports",
            console=Console(file=said),
        )
    return root / "reports", code, (root / "said.txt").read_text()


def text_of(reports, market):
    return BeautifulSoup((reports / market / "churn.html").read_text(), "html.parser").get_text(" ", strip=True)


def test_one_class_only_is_not_enough_data(batch):
    reports, _, _ = batch
    figures = {row["name"]: row for row in json.loads((reports / "weekly_buyers/results/churn.json").read_text())}
    assert (figures["auc"]["value"], figures["auc"]["verdict"]) == (None, "not measured")
    assert figures["auc"]["note"].startswith("not enough data")
    assert (figures["customers"]["value"], figures["churn_rate"]["value"]) == (40, 0)
    left = {path.name for path in (reports / "weekly_buyers" / "tables").iterdir()}
    assert left == {"churn.about.parquet", "churn.judged.parquet"}
    assert "not enough data" in text_of(reports, "weekly_buyers")


@pytest.mark.parametrize(
    ("market", "why"),
    [
        (
            "one_customer_who_sends_things_back",
            "orders: none with an amount above 0 in this market and period; there is nothing to learn from",
        ),
        (
            "strangers",
            "orders.customer_id: not in customers in 3 rows, such as 'SE…'; allowed: a customer_id of customers",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_said_in_the_report_and_by_the_batch(batch, market, why):
    reports, code, said = batch
    assert code == 1
    assert why in said
    assert why in text_of(reports, market)
    assert not list((reports / market).glob("results/*"))


def test_hostile_texts_reach_tables_and_pictures_as_text(batch):
    page = (batch[0] / "subscribers_of_markup" / "churn.html").read_text()
    html = BeautifulSoup(page, "html.parser")
    assert not html.select("script")
    for elements in (html.select("figure svg"), html.select("main table")):
        shown = " ".join(element.get_text() for element in elements)
        assert all(text in shown for text in TEXTS)


def test_no_customer_is_named_anywhere(batch):
    reports, _, said = batch
    assert "SECRET" not in said
    for path in reports.rglob("*"):
        if path.suffix in {".html", ".ipynb", ".json", ".log", ".csv"}:
            assert "SECRET" not in path.read_text(), path
