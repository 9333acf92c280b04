"""What turns CPU seconds into energy, and energy into carbon.

In: the environment; an ISO 3166 country.   Out: watts of a busy core; grams of CO2e per kilowatt-hour and their source.
"""

import json
import math
import os
from dataclasses import dataclass
from importlib.resources import files

from babel.core import get_global
from codecarbon import __version__ as codecarbon_version

# Cloud Carbon Footprint, methodology, "Compute": the mean over AWS processors under full load is 3.5 W per vCPU, and
# 0.74 W idle; Google Cloud 4.11 and 0.68, Azure 3.54 and 0.74. A core of one's own is worth measuring and setting.
BUSY_WATTS_PER_CORE = 3.5
WATTS_VARIABLE = "WORKBENCH_WATTS_PER_CORE"


@dataclass(frozen=True, kw_only=True)
class Intensity:
    """Carbon of the grid's electricity over one year, life cycle, and where the figure comes from."""

    gco2e_per_kwh: float
    source: str


def watts_per_core() -> float | None:
    """Return the watts of one busy core, which `WORKBENCH_WATTS_PER_CORE` may set; None where it is set to nonsense.

    >>> watts_per_core()
    3.5
    """
    try:
        watts = float(os.environ.get(WATTS_VARIABLE, BUSY_WATTS_PER_CORE))
    except ValueError:
        return None
    return watts if math.isfinite(watts) and watts > 0 else None


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
