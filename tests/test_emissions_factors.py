"""Watts of a core and carbon of a kilowatt-hour."""

import pytest
from codecarbon.core.emissions import Emissions
from codecarbon.core.units import Energy
from codecarbon.external.geography import GeoMetadata
from codecarbon.input import DataSource

from workbench.emissions.factors import BUSY_WATTS_PER_CORE, WATTS_VARIABLE, grid_intensity, watts_per_core

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


def test_watts_can_be_set_for_a_machine_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATTS_VARIABLE, raising=False)
    assert watts_per_core() == BUSY_WATTS_PER_CORE
    monkeypatch.setenv(WATTS_VARIABLE, "12.5")
    assert watts_per_core() == 12.5


@pytest.mark.parametrize("nonsense", ["", "4,5", "-1", "0", "nan", "inf"])
def test_nonsense_watts_are_unknown_not_the_default(monkeypatch: pytest.MonkeyPatch, nonsense: str) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, nonsense)
    assert watts_per_core() is None
