"""The value notebook on data that nobody plans for: each market ends in a page that says what is wrong, or in one line.

Churn's scores are written by hand: what churn itself does with such data, test_notebooks_bad_input.py says.
"""

import json
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


def buyers_of_markup() -> dict[str, pd.DataFrame]:
    """Ids, names, channels, products and campaigns are markup, but there is enough to learn from."""
    found = buyers(400)
    told = found[["customer_id"]].drop_duplicates().assign(name=SCRIPT, acquisition_channel=SCRIPT)
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


def test_x(batch):
    print(batch[2])
    assert 0
