"""Software carbon intensity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.emissions.grid import Intensity, grid_intensity
from workbench.emissions.sci import Embodied, sci
from workbench.errors import InputError

GRID = Intensity(gco2e_per_kwh=400, source="a table 2024", year=2024, boundary="life cycle", low=300, high=500)
# 876.6 hours are a tenth of a year: 1,000 kg x 0.1 / 4 years x 1 / 10 cores are 2.5 kg.
SERVER = Embodied(
    kgco2e=1000, kgco2e_low=800, kgco2e_high=2000, years=4, years_high=8, cores=10, cores_low=5, cores_high=20
)
GIVEN = {"kwh": 2.0, "idle_kwh": 1.0, "pue": 1.5, "intensity": GRID, "hours_reserved": 876.6, "cores_reserved": 1}
GIVEN |= {"per": 10.0, "unit": "1,000 customers", "embodied": SERVER}


def test_the_equation_by_hand() -> None:
    found = sci(**GIVEN)
    # (2 x 400, 1 x 400, 3 x 0.5 x 400, 2,500) / 10
    assert found.parts["gco2e"].tolist() == pytest.approx([80, 40, 60, 250])
    assert found.value == pytest.approx(430)
    assert found.parts["share"].sum() == pytest.approx(1)


def test_the_interval_takes_every_assumption_at_its_end() -> None:
    found = sci(**GIVEN, kwh_low=1.0, kwh_high=4.0, pue_low=1.0, pue_high=2.0)
    # low: (1 x 300, 0.5 x 300, none, 800 kg x 0.1 / 8 / 20), high: (4, 2, 6 x 500; 2,000 kg x 0.1 / 4 / 5)
    assert found.low == pytest.approx((300 + 150 + 0 + 500) / 10)
    assert found.high == pytest.approx((2000 + 1000 + 3000 + 10_000) / 10)


def test_the_default_server_by_hand() -> None:
    low, middle, high = Embodied().gco2e(hours=1, cores=1)
    assert middle == pytest.approx(1_313_000 / (4 * 8766) / 96)
    assert low == pytest.approx(1_000_000 / (6 * 8766) / 128)
    assert high == pytest.approx(4_200_000 / (4 * 8766) / 48)


def test_more_cores_than_a_server_has_are_one_server() -> None:
    assert SERVER.gco2e(hours=1, cores=1000) == SERVER.gco2e(hours=1, cores=20)


@pytest.mark.parametrize("missing", ["kwh", "intensity", "hours_reserved"])
def test_without_energy_grid_or_hardware_there_is_no_value_and_it_is_said(missing: str) -> None:
    found = sci(**{**GIVEN, missing: None})
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.note.endswith("without it there is no value.")
    assert found.parts["gco2e"].isna().any()


@pytest.mark.parametrize(
    ("missing", "said"),
    [("kwh", "energy of the work"), ("intensity", "carbon of the grid"), ("hours_reserved", "hours of the reserved")],
)
def test_the_factor_that_is_missing_is_named_and_no_other(missing: str, said: str) -> None:
    note = sci(**{**GIVEN, missing: None}).note
    assert note.startswith(f"Not known: {said}")
    assert "," not in note


def test_the_meter_is_named_beside_the_energy() -> None:
    assert sci(**GIVEN, meter="CPU seconds x watts").parts["source"].iloc[0] == "CPU seconds x watts"


@pytest.mark.parametrize(("missing", "part"), [("idle_kwh", "waits"), ("pue", "cooling")])
def test_without_waiting_or_cooling_the_value_is_a_lower_bound(missing: str, part: str) -> None:
    found = sci(**{**GIVEN, missing: None})
    assert found.value < sci(**GIVEN).value
    assert part in found.note
    assert "lower bound" in found.note


def test_what_was_assumed_is_printed() -> None:
    found = sci(**GIVEN)
    assert "ISO/IEC 21031" in found.method
    assert "a table 2024, life cycle" in found.method
    assert "Outside: networks" in found.boundary
    assert "of 10 threads; 1,000\xa0kg a server over 4 years" in found.parts["assumption"].iloc[3]


def test_faults_are_named_together() -> None:
    with pytest.raises(InputError, match=r"kwh must be 0 or more, found -1.*per must be above 0, found 0"):
        sci(**{**GIVEN, "kwh": -1.0, "per": 0.0})


@given(kwh=st.floats(0, 1e6), hours=st.floats(0, 1e4), pue=st.floats(1, 3))
def test_low_value_and_high_are_in_order_and_never_negative(kwh: float, hours: float, pue: float) -> None:
    given_now = {**GIVEN, "kwh": kwh, "hours_reserved": hours, "pue": pue, "intensity": grid_intensity("DE")}
    found = sci(**given_now, kwh_low=0.5 * kwh, kwh_high=2 * kwh)
    assert 0 <= found.low <= found.value * (1 + 1e-9)
    assert found.value <= found.high * (1 + 1e-9)
    assert np.nansum(found.parts["gco2e"]) == pytest.approx(found.value)
