"""Where the work runs best."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from workbench.emissions.places import Places, plot_places, pue_of, where, work_of_a_year
from workbench.errors import InputError
from workbench.ledger import Total

NOW = date(2026, 11, 29)


def germany(**changes: Any) -> Places:
    given = {"kwh": 100.0, "gigabytes": 0.0, "country": "DE", "regime": "gdpr", "as_of": NOW} | changes
    return where(**given)


def row(found: Places, provider: str, region: str) -> pd.Series:
    rows = found.table[(found.table["provider"] == provider) & (found.table["region"] == region)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("region", "said", "latency"),
    [
        ("europe-west3", "yes: inside", "same country"),
        ("europe-west9", "yes: inside", "near"),
        ("southamerica-east1", "yes: adequacy since 2026-01-26", "very far"),
        ("asia-south1", "only with a mechanism: standard contractual clauses", "very far"),
        ("me-west1", "yes: adequacy since 2011-01-31", "far"),
    ],
)
def test_what_a_german_market_may_use(region: str, said: str, latency: str) -> None:
    found = row(germany(), "Google Cloud", region)
    assert found["may_be_used"].startswith(said)
    assert found["latency"].startswith(f"{latency}: some")


def test_savings_compare_like_with_like() -> None:
    # Google's 276 g for Frankfurt are direct, Ember's 342 g for Germany life cycle: the same grid saves nothing.
    assert row(germany(), "Google Cloud", "europe-west3")["saving_share"] == pytest.approx(0)
    stockholm = row(germany(), "Google Cloud", "europe-north2")
    assert stockholm["saving_share"] == pytest.approx(1 - 2.73 / 275.82)
    assert stockholm["saving_share_low"] == pytest.approx(1 - 40.695 / 380.95, abs=0.002)


def test_carbon_by_hand_with_the_data_that_is_moved() -> None:
    found = row(germany(kwh_low=80.0, kwh_high=130.0, gigabytes=1000.0), "Scaleway", "fr-par-2")
    moved = 1000 * 0.059 * (44.18 + 342.06) / 2
    assert found["gco2e"] == pytest.approx(100 * 1.15 * 44.18 + moved)
    assert found["gco2e_low"] == pytest.approx(80 * 1.15 * 16.3 + 1000 * 0.001 * (44.18 + 342.06) / 2)
    assert found["gco2e_high"] == pytest.approx(130 * 1.15 * 56.039 + 1000 * 0.09 * (44.18 + 342.06) / 2)


def test_moving_much_data_may_cost_more_than_a_clean_grid_saves() -> None:
    assert row(germany(gigabytes=10_000.0), "Google Cloud", "europe-north2")["saving_share"] < 0


def test_the_network_weighs_the_more_the_less_energy_the_work_takes() -> None:
    found = row(germany(kwh_low=1.0, kwh_high=1000.0, gigabytes=100.0), "Scaleway", "fr-par-2")
    pue, (least, _, most) = pue_of("scaleway/fr-par-2")[0][1], pue_of()[0]
    # By Ember's 44.18 g against 342.06 g: the network takes 0.09 kWh a gigabyte at the low end, 0.001 at the high one.
    mean = (44.18 + 342.06) / 2
    assert found["saving_share_low"] == pytest.approx(1 - (pue * 44.18 + 9.0 * mean) / (least * 342.06), abs=0.5)
    assert found["saving_share_high"] >= 1 - (pue * 44.18 + 0.0001 * mean) / (most * 342.06) - 1e-9
    assert found["saving_share_low"] < row(germany(gigabytes=100.0), "Scaleway", "fr-par-2")["saving_share_low"] - 1


def test_energy_that_was_not_measured_is_no_nought() -> None:
    nothing = Total(kwh=None, low=None, high=None, gco2e=None, seconds=0.0, steps=0, not_measured=0)
    year = work_of_a_year(nothing, pd.DataFrame({"rows": [5_000_000]}))
    assert year == {"kwh": None, "kwh_low": None, "kwh_high": None, "gigabytes": 2.0}
    found = germany(**year)
    assert found.table.empty
    assert found.reason.startswith("Where to run: not measured, as no run that succeeded")


def test_a_named_region_is_the_present_place() -> None:
    found = germany(region="aws/us-east-1")
    now = row(found, "Amazon Web Services", "us-east-1")
    assert (now["saving_share"], now["note"].endswith("the present place")) == (0.0, True)
    assert found.present == "Amazon Web Services us-east-1 (Ashburn), as now"
    assert "as now" not in found.table["provider"].tolist()
    # Google's figures for both, each with its own PUE.
    assert row(found, "Amazon Web Services", "us-west-2")["saving_share"] == pytest.approx(
        1 - 1.12 * 79.23 / 1.15 / 323.05
    )


def test_those_that_may_be_used_come_first_with_the_most_saving_on_top() -> None:
    table = germany().table
    asks = table["may_be_used"].str.startswith("only")
    assert asks.is_monotonic_increasing
    assert table.loc[~asks, "saving_share"].is_monotonic_decreasing
    assert len(table) == 66 + 4


def test_a_machine_of_one_s_own_that_waits_all_year_costs_its_idle_power() -> None:
    found = germany(idle_watts=50.0, hours_on=1000.0)
    always, off = (row(found, "own machine", f"on premise, {how}") for how in ("always on", "switched off when idle"))
    assert always["gco2e"] == pytest.approx((100 + 50) * 1.56 * 342.06)
    assert off["gco2e"] == pytest.approx(100 * 1.56 * 342.06)
    assert row(found, "own machine", "laptop or edge, on anyway")["gco2e"] == pytest.approx(100 * 342.06)


def test_the_reason_names_the_place_its_saving_and_how_many_may_be_used() -> None:
    reason = germany().reason
    assert reason.startswith("Google Cloud europe-north2 (Stockholm) emits 99% less carbon (")
    assert "50 of 66 cloud regions may be used as they are, 16 only with a mechanism." in reason


def test_where_the_present_place_is_the_cleanest_it_is_said() -> None:
    found = germany(region="gcp/europe-north2")
    assert found.reason.startswith(
        "No region that may be used as it is surely emits less than Google Cloud europe-north2"
    )


def test_a_market_of_the_united_states_may_stay_at_home() -> None:
    found = where(kwh=1, gigabytes=0, country="us", regime="ccpa", as_of=NOW)
    free = found.table[found.table["may_be_used"].str.startswith("yes")]
    assert set(free["country"]) == {"US"}
    assert row(found, "Google Cloud", "us-west1")["note"] == "compared by figures of different sources"


def test_an_unknown_grid_or_city_falls_back_in_words() -> None:
    found = where(kwh=1, gigabytes=0, country="AD", regime="gdpr", as_of=NOW)
    assert "The grid of AD is not known: fallback: world mean" in found.note
    assert row(found, "Google Cloud", "europe-west9")["latency"].startswith("not known")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"country": "ZZZ"}, "country 'ZZZ' must be a code of ISO 3166"),
        ({"region": "gcp/europe-west33"}, "did you mean 'gcp/europe-west3'"),
        ({"regime": "gdprr"}, "did you mean 'gdpr'"),
        ({"kwh": -1.0}, "kwh must be 0 or more"),
        ({"gigabytes": float("nan")}, "gigabytes must be 0 or more"),
    ],
)
def test_what_cannot_be_used_is_refused(changes: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        germany(**changes)


def test_no_energy_saves_nothing_that_can_be_told() -> None:
    found = germany(kwh=0.0)
    assert found.reason.startswith("No region")
    assert found.table["saving_share"].isna().sum() == len(found.table) - 1


def test_the_figure_shows_the_best_clouds_and_none_of_one_s_own() -> None:
    ax = plot_places(germany(), top=5)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "europe-north2, Stockholm"
    assert len(labels) == 5
