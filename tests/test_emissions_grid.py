"""Carbon of a kilowatt-hour."""

import pytest
from codecarbon.core.emissions import Emissions
from codecarbon.core.units import Energy
from codecarbon.external.geography import GeoMetadata
from codecarbon.input import DataSource

from workbench.emissions.grid import grid_intensity

SAMPLE_MARKETS = {"DE": "DEU", "FR": "FRA", "BR": "BRA", "JP": "JPN", "US": "USA", "IN": "IND", "GB": "GBR"}


@pytest.mark.parametrize(("country", "alpha3"), SAMPLE_MARKETS.items())
def test_intensity_is_what_codecarbon_itself_uses(country: str, alpha3: str) -> None:
    kilograms = Emissions(DataSource()).get_private_infra_emissions(Energy(kWh=1), GeoMetadata(alpha3))
    assert grid_intensity(country).gco2e_per_kwh == pytest.approx(1000 * kilograms)


def test_intensity_names_its_source_and_year() -> None:
    assert grid_intensity("de").source.startswith("Our World in Data 2023, codecarbon ")


@pytest.mark.parametrize("country", ["", "ZZ", "Germany", "CF"])
def test_a_grid_that_nobody_knows_or_that_claims_no_carbon_is_unknown(country: str) -> None:
    assert grid_intensity(country) is None
