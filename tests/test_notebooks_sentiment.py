"""The sentiment notebook: what it leaves on the sample, and what it says of data that nobody plans for."""

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
# Markup, an open formula, another direction, heaped marks, a null byte, a megabyte.
STRANGE = (SCRIPT, "$x^{2$ & more", "ممتاز جدا، شكرا لكم 😀", "Z" + "\u0301" * 60, "nu\x00ll", "long " * 200_000)


def messages(texts: list[str], **columns: object) -> dict[str, pd.DataFrame]:
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(range(len(texts)), unit="D")
    frame = pd.DataFrame({"message_id": [f"SECRET{n:04}" for n in range(len(texts))], "sent_at": days, "text": texts})
    return {"messages": frame.assign(channel="email", **columns)}


def three_in_another_language() -> dict[str, pd.DataFrame]:
    return messages(["Отличный магазин, спасибо большое!", "Очень плохо, никогда больше", "Когда приедет заказ?"])


def strange_and_of_one_class() -> dict[str, pd.DataFrame]:
    texts = [*STRANGE, *(f"Alles bestens, Bestellung {n} kam an, anna.{n}@mail.example" for n in range(120))]
    return messages(texts, rating=5, product_id=[f"{SCRIPT}{n % 2}" for n in range(len(texts))])


def nothing_but_space() -> dict[str, pd.DataFrame]:
    return messages(["", "   ", "\n"])


MARKETS = {one.__name__: one for one in (three_in_another_language, strange_and_of_one_class, nothing_but_space)}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Return the folder of reports of one batch over all markets, its exit code and what it said."""
    root = tmp_path_factory.mktemp("strange")
    (root / "params").mkdir()
    for name, make in MARKETS.items():
        folder = root / "data" / name
        folder.mkdir(parents=True)
        for table, frame in make().items():
            frame.to_parquet(folder / f"{table}.parquet", index=False)
        values = {"market": name, "title": SCRIPT, "data": str(folder), "languages": ["de"], "regime": "gdpr"}
        values |= {"timezone": "Europe/Berlin", "currency": "EUR"}
        (root / "params" / f"{name}.yaml").write_text(yaml.safe_dump(values))
    with (root / "said.txt").open("w") as said:
        code = report.run(
            params=root / "params",
            notebooks_folder=NOTEBOOKS,
            notebooks=["sentiment"],
            reports=root / "reports",
            console=Console(file=said),
        )
    return root / "reports", code, (root / "said.txt").read_text()


def text_of(reports, market):
    return BeautifulSoup((reports / market / "sentiment.html").read_text(), "html.parser").get_text(" ", strip=True)


def figures_of(reports, market):
    return {row["name"]: row for row in json.loads((reports / market / "results" / "sentiment.json").read_text())}


@pytest.mark.parametrize("market", ["three_in_another_language", "strange_and_of_one_class"])
def test_where_nothing_can_be_learnt_the_shipped_model_scores_and_the_page_says_why(batch, market):
    reports, _, said = batch
    assert f"{market} sentiment: succeeded" in said, said
    assert figures_of(reports, market)["model"]["value"] == "shipped"
    assert "No linear model was tried" in text_of(reports, market)


def test_without_labels_quality_is_not_measured(batch):
    reports, _, _ = batch
    market = "three_in_another_language"
    figures = figures_of(reports, market)
    assert (figures["accuracy"]["value"], figures["accuracy"]["verdict"]) == (None, "not measured")
    assert figures["accuracy"]["note"].startswith("not enough data")
    assert "not enough data" in text_of(reports, market)


def test_a_language_that_no_model_knows_is_said(batch):
    reports, _, _ = batch
    scores = pd.read_parquet(reports / "three_in_another_language" / "tables" / "sentiment.scores.parquet")
    assert scores["language"].tolist() == ["ru"] * 3
    assert not scores["language_known"].any()
    page = text_of(reports, "three_in_another_language")
    assert "In a language that the model has not learnt, or that is not known: 3." in page


def test_no_text_at_all_is_a_clear_error(batch):
    reports, code, said = batch
    assert code == 1
    assert "messages: all 3 in this market and period are empty" in said
    assert not list((reports / "nothing_but_space").glob("results/*"))


def test_strange_texts_harm_no_page_and_nobody_is_named(batch):
    reports, _, said = batch
    html = BeautifulSoup((reports / "strange_and_of_one_class" / "sentiment.html").read_text(), "html.parser")
    assert not html.select("script")
    assert "SECRET" not in said
    assert "mail.example" not in said
    for path in reports.rglob("*"):
        if path.suffix in {".html", ".ipynb", ".json", ".log", ".csv"}:
            assert "SECRET" not in path.read_text(), path
            assert "@mail.example" not in path.read_text(), path
