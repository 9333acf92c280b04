"""What turns energy into carbon: how dirty is the electricity of a place?

In: an ISO 3166 country.   Out: grams of CO2e per kilowatt-hour and their source.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

from babel.core import get_global
from codecarbon import __version__ as codecarbon_version


@dataclass(frozen=True, kw_only=True)
class Intensity:
    """Carbon of the grid's electricity over one year, life cycle, and where the figure comes from."""

    gco2e_per_kwh: float
    source: str


def grid_intensity(country: str) -> Intensity | None:
    """Return the carbon intensity of a country's grid, or None where it is not known.

    `country` is an ISO 3166 alpha-2 code. The figures are Our World in Data's, as codecarbon ships them; other sources
    differ widely (France 2023: 33 to 56 g), so that the source and its year go with the figure.

    >>> grid_intensity("FR").source
    'Our World in Data 2023, codecarbon ...'
    >>> grid_intensity("ZZ") is None
    True
    """
    return _GRID.get(country.upper())


def _grid() -> dict[str, Intensity]:
    mix = json.loads((files("codecarbon") / "data/private_infra/global_energy_mix.json").read_text(encoding="utf-8"))
    alpha2 = get_global("territory_aliases")
    # A grid without any carbon does not exist over a life cycle: a zero in the source is a gap.
    return {
        alpha2[alpha3][0]: Intensity(
            gco2e_per_kwh=float(year["carbon_intensity"]),
            source=f"Our World in Data {year['year']}, codecarbon {codecarbon_version}",
        )
        for alpha3, year in mix.items()
        if year.get("carbon_intensity") and len(alpha2.get(alpha3, [])) == 1
    }


# Read with the module, not in the first step: naming the countries takes a quarter of what a step may cost.
_GRID = _grid()
