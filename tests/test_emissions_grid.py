"""Carbon of a kilowatt-hour."""

import pandas as pd
import pytest
from babel.core import get_global
from codecarbon.core.emissions import Emissions
from codecarbon.core.units import Energy
from codecarbon.external.geography import GeoMetadata
from codecarbon.input import DataSource

from workbench.emissions.grid import grid_intensity, intensities, places, regions, world_intensity
from workbench.errors import InputError

SAMPLE_MARKETS = {"DE": "DEU", "FR": "FRA", "BR": "BRA", "JP": "JPN", "US": "USA", "IN": "IND", "GB": "GBR"}
# Google's own figures of 2024, grams.
GOOGLE = {
    "europe-north2": 2.7,
    "northamerica-northeast1": 5.5,
    "europe-west9": 16,
    "southamerica-east1": 67,
    "europe-west3": 276,
    "us-east4": 323,
    "asia-northeast1": 453,
    "asia-south1": 679,
}


@pytest.mark.parametrize(("country", "alpha3"), SAMPLE_MARKETS.items())
def test_the_second_source_is_what_codecarbon_itself_uses(country: str, alpha3: str) -> None:
    kilograms = Emissions(DataSource()).get_private_infra_emissions(Energy(kWh=1), GeoMetadata(alpha3))
    assert intensities(country)[1].gco2e_per_kwh == pytest.approx(1000 * kilograms)


@pytest.mark.parametrize("country", SAMPLE_MARKETS)
def test_a_country_s_default_is_ember_s_with_the_span_of_all_its_sources(country: str) -> None:
    found, every = grid_intensity(country), [row.gco2e_per_kwh for row in intensities(country)]
    assert (found.source, found.year, found.place) == ("Ember, Yearly Electricity Data 2024", 2024, country)
    assert found.boundary == "life cycle"
    assert (found.low, found.high) == (min(every), max(every))


def test_germany_in_numbers() -> None:
    assert [round(row.gco2e_per_kwh) for row in intensities("de")] == [342, 381, 276]
    assert [row.boundary for row in intensities("de")] == ["life cycle", "life cycle", "direct"]


def test_a_country_that_only_codecarbon_knows_has_its_figure() -> None:
    assert grid_intensity("ke").source.startswith("Our World in Data 2023, codecarbon ")


@pytest.mark.parametrize("country", ["", "ZZ", "Germany", "CF", "gcp/europe-west3", "US-PJM"])
def test_a_grid_that_nobody_knows_or_that_claims_no_carbon_is_unknown_to_the_meter(country: str) -> None:
    assert grid_intensity(country) is None


@pytest.mark.parametrize(("region", "gco2e"), GOOGLE.items())
def test_google_s_regions_have_google_s_own_figure_first(region: str, gco2e: float) -> None:
    first = intensities(f"gcp/{region}")[0]
    assert first.gco2e_per_kwh == pytest.approx(gco2e, abs=0.5)
    assert (first.place, first.year, first.boundary) == (f"gcp/{region}", 2024, "direct")


def test_where_a_provider_publishes_none_the_country_s_grid_stands_in_and_says_so() -> None:
    first = intensities("aws/eu-central-1")[0]
    assert first.gco2e_per_kwh == grid_intensity("DE").gco2e_per_kwh
    assert first.note == "Amazon Web Services publishes none: the grid of DE"


def test_a_part_of_a_country_takes_the_figure_of_the_same_grid_never_the_country_s() -> None:
    (only,) = intensities("azure/eastus")
    assert (only.gco2e_per_kwh, only.place) == (323.05, "gcp/us-east4")
    assert only.note.endswith("another provider's figure for the same grid")
    assert (only.low, only.high) == (None, None)


@pytest.mark.parametrize(("place", "near"), [("gcp/europe-west33", "gcp/europe-west3"), ("europe-west9", "gcp/eu")])
def test_an_unknown_place_is_refused_with_the_nearest(place: str, near: str) -> None:
    with pytest.raises(InputError, match=f"place '{place}'.*did you mean '{near}"):
        intensities(place)


def test_a_year_without_data_gives_the_nearest_and_says_so() -> None:
    ember, owid, _ = intensities("DE", year=2023)
    assert ember.note == "asked for 2023; the nearest year of this source is 2024"
    assert (owid.year, owid.note) == (2023, "")


def test_the_fallback_is_as_wide_as_all_grids() -> None:
    world = world_intensity()
    assert world.source.startswith(f"fallback: world mean, {world.low:,.0f} to {world.high:,.0f} g")
    assert world_intensity() is world
    assert world.low < grid_intensity("NO").gco2e_per_kwh < world.gco2e_per_kwh < grid_intensity("PL").gco2e_per_kwh
    assert world.high > grid_intensity("ZA").gco2e_per_kwh


def test_every_region_has_a_figure_a_source_of_its_pue_and_a_city_to_measure_from() -> None:
    for name, row in regions().items():
        assert intensities(name)[0].gco2e_per_kwh > 0, name
        assert 1 <= row.get("pue", 1) < 2, name
        assert row["pue_source"], name
        assert -90 <= row["at"][0] <= 90, name
        assert row["grid"][:2] in places()["main_cities"], name


def test_every_google_region_equals_google_s_table(shared_data) -> None:
    table = pd.read_parquet(shared_data / "carbon" / "gcp_region_carbon_2019_2024.parquet").query("year == 2024")
    google = table.set_index("Google Cloud Region")["Grid carbon intensity (gCO2eq / kWh)"]
    ours = {name: intensities(name, year=2024)[0] for name in regions() if name.startswith("gcp/")}
    assert {name: row.gco2e_per_kwh for name, row in ours.items()} == {
        name: pytest.approx(google[name.removeprefix("gcp/")], abs=0.005) for name in ours
    }


def test_countries_equal_their_source(shared_data) -> None:
    table = pd.read_parquet(shared_data / "carbon" / "country_carbon_intensity.parquet")
    ember = table[table["source"] == "ember_co2js"].set_index("code")["gco2_per_kwh"]
    alpha2 = {code: found[0] for code, found in get_global("territory_aliases").items() if len(code) == 3}
    checked = 0
    for alpha3, gco2e in ember.items():
        found = grid_intensity(alpha2.get(alpha3, ""))
        if found is not None and found.source.startswith("Ember"):
            assert found.gco2e_per_kwh == pytest.approx(gco2e, abs=0.01), alpha3
            checked += 1
    assert checked >= 45
