"""Carbon of one unit of what is delivered: a thousand scored customers, a thousand messages, a report (ISO/IEC 21031).

In: comparisons, the ledger of a market, its grid.   Out: an `Sci` for each unit; exhibits.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.charts import Exhibits
from workbench.emissions.compare import Comparison
from workbench.emissions.grid import Intensity, grid_intensity, intensities
from workbench.emissions.ledger import outermost
from workbench.emissions.meter import JOULES_PER_KWH
from workbench.emissions.places import pue_of
from workbench.emissions.sci import Sci, sci
from workbench.emissions.watts import this_processor
from workbench.processor import cores
from workbench.words import ranged

_DAYS = 30
_SECONDS_PER_HOUR = 3600


def per_unit(
    comparisons: Iterable[Comparison], ledger: pd.DataFrame, *, country: str, region: str = ""
) -> dict[str, Sci]:
    """Return the SCI of a thousand units of each compared task, and of a report of the ledger, by a title.

    A thousand units share the chosen model's training and its scorings until the next. As a job, a core is reserved
    while it runs; as a service, all cores of this machine for thirty days, which they mostly wait. A report is the mean
    of the latest successful pages. The grid is that of `region`, or of the country.
    """
    grid = intensities(region)[0] if region else grid_intensity(country)
    found: dict[str, Sci] = {}
    for one in comparisons:
        if one.chosen is not None:
            found |= _of_task(one, grid, region)
    pages = outermost(ledger).query("outcome == 'succeeded'")
    pages = pages.drop_duplicates("notebook", keep="last")
    return found | ({"1 report": _of_report(pages, grid, region)} if len(pages) else {})


def of_units(units: Mapping[str, Sci]) -> Exhibits:
    """Show grams a unit with their ends and parts, the assumptions behind them, boundary and method."""
    if not units:
        return {"sci": "Software carbon intensity: not measured, no model was compared and no report is in the ledger."}
    parts = {title: one.parts.set_index("part")["gco2e"].map("{:.2g}".format) for title, one in units.items()}
    numbers = pd.DataFrame(
        [{"unit": title, "grams_of_co2e": _grams(one), **parts[title].to_dict()} for title, one in units.items()]
    )
    first = next(iter(units.values()))
    assumed = [one.parts.assign(unit=title)[["unit", "part", "assumption", "source"]] for title, one in units.items()]
    return {
        "Software carbon intensity, estimated: grams of CO2e for one unit, all assumptions at their ends": numbers,
        "What these grams assume": pd.concat(assumed, ignore_index=True),
        "boundary": f"Boundary: {first.boundary} Method: {first.method}.",
        **{f"note of {title}": f"{title}: {one.note}" for title, one in units.items() if one.note},
    }


def _grams(one: Sci) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return ranged(one.value, one.low, one.high, form=".2g")


def _of_task(one: Comparison, grid: Intensity | None, region: str) -> dict[str, Sci]:
    row = one.table.loc[one.table["chosen"]].iloc[0]
    processor = this_processor()
    scored = one.task.volume * one.task.scorings / 1000
    unit = f"1,000 {one.task.unit}, {one.task.name}"
    busy_hours = row["cycle_joules"] / processor.busy_watts / _SECONDS_PER_HOUR if processor else None
    waiting = None if processor is None else cores() * processor.idle_watts * 24 * _DAYS / 1000
    common: dict[str, Any] = {"kwh": row["cycle_joules"] / JOULES_PER_KWH, "per": scored, "intensity": grid}
    common |= {f"kwh_{end}": row[f"cycle_joules_{end}"] / JOULES_PER_KWH for end in ("low", "high")}
    common |= _cooling(region)
    ways: dict[str, dict[str, Any]] = {
        "as a job that ends": {"idle_kwh": 0.0, "hours_reserved": busy_hours, "cores_reserved": 1},
        "as a service that waits": {"idle_kwh": waiting, "hours_reserved": 24.0 * _DAYS, "cores_reserved": cores()},
    }
    return {f"{unit}, {way}": sci(unit=unit, **common, **reserved) for way, reserved in ways.items()}


def _of_report(pages: pd.DataFrame, grid: Intensity | None, region: str) -> Sci:
    measured = pages["kwh_cpu"].notna().all() and pages["kwh_low"].notna().all()
    sums = {name: float(pages[name].sum()) if measured else None for name in ("kwh_cpu", "kwh_low", "kwh_high")}
    return sci(
        kwh=sums["kwh_cpu"],
        kwh_low=sums["kwh_low"],
        kwh_high=sums["kwh_high"],
        idle_kwh=float(pages["kwh_idle"].sum()) if pages["kwh_idle"].notna().all() else None,
        intensity=grid,
        hours_reserved=float(pages["wall_seconds"].sum()) / _SECONDS_PER_HOUR,
        cores_reserved=cores(),
        per=len(pages),
        unit="1 report",
        **_cooling(region),
    )


def _cooling(region: str) -> dict[str, Any]:
    (low, middle, high), _ = pue_of(region)
    return {"pue": middle, "pue_low": low, "pue_high": high}
