"""Software carbon intensity: grams of CO2e for one unit of what is delivered, after ISO/IEC 21031:2024.

In: energy with its interval, the grid, what was reserved and for how long.   Out: a `Sci` with its parts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.emissions.grid import Intensity
from workbench.errors import InputError
from workbench.words import number

_HOURS_PER_YEAR = 8_766
_UNKNOWN = "not measured"
_PARTS = (
    "energy of the work",
    "energy of reserved hardware that waits",
    "cooling and supply of the data centre",
    "making of the hardware",
)
_BOUNDARY = (
    "Inside: processor and memory of the work, hardware that is reserved and waits, the data centre around it, a share "
    "of making the servers. Outside: networks, storage, devices of customers and staff, buildings, disposal."
)
_METHOD = "SCI = (E x I + M) per R, ISO/IEC 21031:2024; location-based, without offsets or certificates"


@dataclass(frozen=True, kw_only=True)
class Embodied:
    """What making the server emitted, and the share of it that is charged: all of it assumed, none measured.

    A server's `kgco2e` are spread over its `years` of life and its `cores` (hardware threads). The defaults: 1,313 kg,
    Dell's life-cycle study of a PowerEdge R740 (2019), 1,000 kg for a bare one (Teads 2021, used by Cloud Carbon
    Footprint), 4,200 kg with eight large disks (Dell); 4 years (the same study), 6 as clouds write them off; 96
    threads, the largest instance of a family (Cloud Carbon Footprint), 48 to 128.
    """

    kgco2e: float = 1_313
    kgco2e_low: float = 1_000
    kgco2e_high: float = 4_200
    years: float = 4
    years_high: float = 6
    cores: float = 96
    cores_low: float = 48
    cores_high: float = 128
    source: str = "Dell, life-cycle study of PowerEdge R740, 2019; Cloud Carbon Footprint, embodied emissions"

    def gco2e(self, hours: float, cores: float) -> tuple[float, float, float]:
        """Return the grams of a reservation, low, middle and high: TE x TR / EL x RR / TR of the standard.

        >>> [round(grams, 2) for grams in Embodied().gco2e(hours=1, cores=2)]
        [0.3, 0.78, 4.99]
        """
        each = (
            (self.kgco2e_low, self.years_high, self.cores_high),
            (self.kgco2e, self.years, self.cores),
            (self.kgco2e_high, self.years, self.cores_low),
        )
        low, middle, high = (
            1000 * kg * hours / (years * _HOURS_PER_YEAR) * min(cores / of, 1.0) for kg, years, of in each
        )
        return low, middle, high


_DEFAULT = Embodied()


@dataclass(frozen=True, eq=False, kw_only=True)
class Sci:
    """Grams of CO2e a unit; None where a part of the equation is not known, which `note` names: it is never 0.

    `low` and `high` take every assumption at its end at once, so that they are wider than a 95 % interval. `parts` has
    part, gco2e (a unit, missing where not known), low, high, share, assumption and source.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    parts: pd.DataFrame
    boundary: str
    method: str
    note: str


def sci(
    *,
    kwh: float | None,
    kwh_low: float | None = None,
    kwh_high: float | None = None,
    idle_kwh: float | None,
    pue: float | None,
    pue_low: float | None = None,
    pue_high: float | None = None,
    intensity: Intensity | None,
    hours_reserved: float | None,
    cores_reserved: float,
    per: float,
    unit: str,
    embodied: Embodied = _DEFAULT,
    meter: str = "meters of the run",
) -> Sci:
    """Return the software carbon intensity of work that delivered `per` units, such as 12.5 times 1,000 customers.

    `kwh` is the work's energy, `idle_kwh` that of what was reserved and waited (None: not measured, so the value is a
    lower bound), which shares the relative width of `kwh`. `pue` is the data centre's; None: not known, so that what
    cooling takes is missing. Where energy, intensity or hours are None, there is no value. An InputError names what is
    negative, or a `per` that is not above 0. `meter` says what `kwh` was taken with.

    >>> found = sci(kwh=1.0, idle_kwh=0.5, pue=1.5, intensity=Intensity(gco2e_per_kwh=100, source="a grid"),
    ...             hours_reserved=0, cores_reserved=2, per=10, unit="1,000 customers")
    >>> found.value, found.parts.gco2e.tolist()
    (22.5, [10.0, 5.0, 7.5, 0.0])
    """
    _check(per, kwh=kwh, idle_kwh=idle_kwh, hours_reserved=hours_reserved, cores_reserved=cores_reserved)
    gco2e_per_kwh = _ends(None, None, None)
    if intensity is not None:
        gco2e_per_kwh = _ends(intensity.low, intensity.gco2e_per_kwh, intensity.high)
    used = _ends(kwh_low, kwh, kwh_high)
    idle = _ends(None, idle_kwh, None) * (used / kwh if kwh else 1.0)
    overhead = (used + np.nan_to_num(idle)) * (_ends(pue_low, pue, pue_high) - 1)
    made = np.full(3, np.nan) if hours_reserved is None else np.array(embodied.gco2e(hours_reserved, cores_reserved))
    reserved = _reserved(hours_reserved, cores_reserved, embodied)
    said = [
        (_UNKNOWN if kwh is None else number(kwh, unit="kWh"), meter),
        (_UNKNOWN if idle_kwh is None else number(idle_kwh, unit="kWh"), "idle watts, table of processors"),
        (_UNKNOWN if pue is None else f"PUE {pue:g}", "provider of the place, or assumed"),
        (reserved, embodied.source),
    ]
    needed = {_PARTS[0]: kwh, "carbon of the grid": intensity, "hours of the reserved hardware": hours_reserved}
    needed |= {_PARTS[1]: idle_kwh, _PARTS[2]: pue}
    grams = np.array([used * gco2e_per_kwh, idle * gco2e_per_kwh, overhead * gco2e_per_kwh, made]) / per
    # Without work's energy or the hardware's making there is no SCI; without waiting or cooling it is a lower bound.
    complete = bool(np.isfinite(grams[[0, 3]]).all())
    low, value, high = (float(end) for end in np.nansum(grams, axis=0)) if complete else (None,) * 3
    return Sci(
        value=value,
        low=low,
        high=high,
        unit=unit,
        parts=_parts(grams, said),
        boundary=_BOUNDARY,
        method=f"{_METHOD}; {_grid_said(intensity)}",
        note=_note([name for name, value in needed.items() if value is None], complete=complete),
    )


def _check(per: float, **given: float | None) -> None:
    faults = [
        f"{name} must be 0 or more, found {value}" for name, value in given.items() if value is not None and value < 0
    ]
    if not per > 0:
        faults.append(f"per must be above 0, found {per}")
    if faults:
        raise InputError(f"sci: {'; '.join(faults)}")


def _ends(low: float | None, value: float | None, high: float | None) -> np.ndarray:
    """Return low, middle and high; a missing end is the middle, a missing middle is not known at all."""
    ends = [value if end is None else end for end in (low, value, high)]
    return np.array(ends if value is not None else [None] * 3, dtype=float)


def _reserved(hours: float | None, cores: float, embodied: Embodied) -> str:
    life = f"{number(embodied.kgco2e, unit='kg')} a server over {embodied.years:g} years"
    if hours is None:
        return f"hours not known; {life}"
    return f"{number(hours, unit='h')} of {cores:g} of {embodied.cores:g} threads; {life}"


def _parts(grams: np.ndarray, said: list[tuple[str, str]]) -> pd.DataFrame:
    total = np.nansum(grams[:, 1])
    return pd.DataFrame(
        {
            "part": list(_PARTS),
            "gco2e": grams[:, 1],
            "low": grams[:, 0],
            "high": grams[:, 2],
            "share": grams[:, 1] / total if total > 0 else np.nan,
            "assumption": [assumption for assumption, _ in said],
            "source": [source for _, source in said],
        }
    )


def _grid_said(intensity: Intensity | None) -> str:
    if intensity is None:
        return "the carbon of the grid is not known"
    written = f"{number(intensity.gco2e_per_kwh, unit='g')} CO2e per kWh"
    return ", ".join(filter(None, [written, intensity.source, intensity.boundary]))


def _note(unknown: list[str], *, complete: bool) -> str:
    if not unknown:
        return ""
    what = "; the value is a lower bound" if complete else "; without it there is no value"
    return f"Not known: {', '.join(unknown)}{what}."
