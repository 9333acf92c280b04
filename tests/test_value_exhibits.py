"""Every section shows itself: figures and tables under their captions, what is missing as a sentence, no id."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.axes import Axes

import simulated_shop as world
from workbench import charts, value
from workbench.value import exhibits
from workbench.value.cautions import Caution

TERMS = {"months": 12, "margin": 0.5, "annual_discount_rate": 0.1}
LONGER = pd.DataFrame({"metric": ["spearman", "coverage"], "value": [0.5, 0.9], "low": [0.4, 0.8], "high": [0.6, 1.0]})


def page(shown: exhibits.Exhibits) -> BeautifulSoup:
    """Return what a report shows, once it is known to hold every caption and no id."""
    kinds = {caption: type(one) for caption, one in shown.items()}
    html = charts.show(shown)._repr_html_()
    assert "id-0" not in html
    found = BeautifulSoup(html, "html.parser")
    captions = [one.text for one in found.find_all(["caption", "figcaption"])]
    assert captions == [caption for caption, kind in kinds.items() if kind is not str]
    assert len(found.find_all("svg")) == sum(kind is Axes for kind in kinds.values())
    return found


@pytest.fixture(scope="module")
def few() -> value.Contracts:
    return value.appraise_subscriptions(world.plans(20), **TERMS)


@pytest.fixture(scope="module")
def many() -> value.Contracts:
    return value.appraise_subscriptions(world.plans(300), **TERMS)


def test_a_process_shows_method_doubts_rivals_parameters_and_season() -> None:
    found = page(exhibits.of_process(replace(world.worth(), cautions=())))
    assert found.find("p", class_="note").text.startswith(f"Values: {world.worth().method} By likelihood, ")
    assert len(found.find_all("table")) == 3
    assert "nothing speaks against the fit" in found.text


def test_doubts_are_shown_in_words() -> None:
    caution = Caution(name="few_repeats", text="not enough data: 3 customers")
    found = page(exhibits.of_process(replace(world.worth(), cautions=(caution,))))
    assert "few repeats" in found.text
    assert "not enough data: 3 customers" in found.text


def test_a_backtest_shows_every_forecast_and_the_year_looked_back() -> None:
    orders = ibis.memtable(world.shop().orders)
    longer = value.check_lifetime(world.tested(), world.known(), orders, months=12)
    found = page(exhibits.of_backtest(world.tested(), longer, months=12, currency="EUR"))
    assert found.find("p", class_="note").text == world.tested().reason
    assert "What would have been forecast 12 months ago for 12 months, and what came" in found.text
    assert len(found.find_all("svg")) == 3
    assert "2023-07-01" in found.find_all("table")[-1].text


def test_the_year_looked_back_is_told_by_the_names_of_its_figures() -> None:
    longer = LONGER.assign(n=300, cutoff=world.CUTOFFS[0])
    shown = exhibits.of_backtest(world.tested(), longer, months=6, currency="EUR")
    table = shown["What would have been forecast 6 months ago for 6 months, and what came"]
    assert table["metric"].tolist() == ["rank correlation", "held by 90 % intervals"]
    assert table["customers"].tolist() == [300, 300]
    page(shown)


def test_a_short_history_is_a_sentence_and_no_backtest_a_reason() -> None:
    nothing = pd.DataFrame(columns=["cutoff", "metric", "value", "low", "high", "n"])
    short = page(exhibits.of_backtest(world.tested(), nothing, months=24, currency="EUR"))
    last = short.find_all("p", class_="note")[-1].text
    assert last == "What 24 months ahead would have been forecast: not measured, the history is short."
    shown = exhibits.of_backtest(world.unjudged(), nothing, months=24, currency="EUR")
    assert shown == {"choice": world.unjudged().reason}
    page(shown)


def test_plans_show_how_long_they_last_and_what_ends_them(many: value.Contracts) -> None:
    found = page(exhibits.of_contracts(many))
    assert "What moves the chance that a plan ends, in log-odds" in found.text
    assert found.find("table").find("th", scope="row").text == "intercept"
    assert len(found.find_all("table")[-1].find_all("tr")) == 4


def test_few_plans_show_that_there_is_not_enough_data(few: value.Contracts) -> None:
    found = page(exhibits.of_contracts(few))
    assert found.find("caption").text.startswith("not enough data: ")
    assert found.find("table").tbody.text.strip() == "none"
    assert "not measured" in found.find_all("table")[-1].text


def test_where_nobody_is_valued_every_section_still_shows_itself() -> None:
    nobody = value.appraise_subscriptions(world.plans(20).head(0), **TERMS)
    page(exhibits.of_contracts(nobody))
    valued = nobody.customers.dropna(subset="value")
    spread = value.concentration(valued["value"])
    assert "Not enough data: no customer has a known value." in page(exhibits.of_spread(spread, None, valued)).text
    page(exhibits.of_acquisition(valued, months=12, as_of=nobody.as_of, currency="EUR"))
    at_risk = value.value_at_risk(valued, pd.DataFrame({"customer_id": ["x"], "probability": [0.5]}))
    plan = value.retention_plan(at_risk, budget=9, contact_cost=1, save_rate=0.5)
    page(exhibits.of_plan(at_risk, plan, at_risk.customers, threshold=0.5, currency="EUR"))


def test_spread_names_segments_where_features_are_known() -> None:
    valued = world.worth().customers
    spread = value.concentration(valued["value"])
    assert len(page(exhibits.of_spread(spread, None, valued)).find_all("table")) == 0
    found = page(exhibits.of_spread(spread, world.known().today, valued))
    assert "champions" in found.text
    assert "%" in found.find("table").text


@pytest.mark.parametrize("budget", [50.0, 0.0])
def test_a_plan_shows_the_grid_and_the_orders_of_contact(budget: float) -> None:
    valued = world.worth().customers
    scores = valued[["customer_id"]].assign(probability=np.linspace(0, 1, len(valued)))
    at_risk = value.value_at_risk(valued, scores)
    plan = value.retention_plan(at_risk, budget=budget, contact_cost=1, save_rate=0.5)
    found = page(exhibits.of_plan(at_risk, plan, scores, threshold=0.5, currency="EUR"))
    assert len(found.find_all("svg")) == 2
    actions = {row.find_all("td")[3].text for row in found.find("table").tbody.find_all("tr")}
    assert {"keep", "win back", "let go"} <= actions
    assert found.find_all("table")[-1].tbody.th.text == "value saved"


def test_without_costs_or_leads_what_a_customer_costs_is_not_known() -> None:
    shown = exhibits.of_acquisition(world.worth().customers, months=12, as_of=world.END, currency="EUR")
    found = page(shown)
    assert found.find("svg") is None
    last = found.find_all("p", class_="note")[-1].text
    assert last == "What the next customer will cost: not applicable, no `leads` table."


def test_costs_and_leads_give_a_picture_and_what_the_next_customer_costs() -> None:
    valued = world.worth().customers
    customers = valued[["customer_id"]].assign(acquisition_channel="search", acquisition_cost=8.0)
    created = world.START + pd.to_timedelta(np.arange(400) * 2, unit="D")
    leads = pd.DataFrame({"lead_id": np.arange(400).astype(str), "source": "fair", "created_at": created, "cost": 2.0})
    leads["converted_at"] = (leads["created_at"] + pd.Timedelta(days=20)).where(leads.index % 3 == 0)
    shown = exhibits.of_acquisition(
        valued, months=12, as_of=world.END, currency="EUR", customers=customers, leads=leads
    )
    found = page(shown)
    assert len(found.find_all("svg")) == 1
    assert len(found.find_all("table")) == 3
    assert "fair" in found.find_all("table")[1].text
