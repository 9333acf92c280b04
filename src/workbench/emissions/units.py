"""Carbon of one unit of what is delivered: a thousand scored customers, a thousand messages, a report (ISO/IEC 21031).

In: comparisons, the ledger of a market, its grid.   Out: an `Sci` for each unit; exhibits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.charts import Exhibits
from workbench.emissions.accounts import with_ends
from workbench.emissions.compare import Comparison
from workbench.emissions.grid import Intensity, grid_intensity, intensities, world_intensity
from workbench.emissions.meter import JOULES_PER_KWH
from workbench.emissions.parts import PAGE
from workbench.emissions.places import pue_of
from workbench.emissions.sci import Sci, sci
from workbench.emissions.watts import this_processor
from workbench.errors import InputError
from workbench.ledger import outermost
from workbench.processor import cores
from workbench.words import number

_DAYS = 30.0
_SECONDS_PER_HOUR = 3600
_REPORT = "1 report"
# The accounts of the same page follow the other meter: a reader must not take the two for one.
_METER = "CPU seconds x watts; the accounts follow codecarbon, and both meters lie within the ends"
_NO_REPORT = "Not measured: the ledger has no report that was made to its end."
_NO_VOLUME = "Not applicable: the market has none to score."


def per_unit(
    comparisons: Iterable[Comparison], ledger: pd.DataFrame, *, country: str, region: str = "", days: float = _DAYS
) -> dict[str, Sci]:
    """Return the SCI of a thousand units of each compared task, and of a report of the ledger, by a title.

    A thousand units share the chosen model's training and its scorings until the next. As a job, a core is reserved
    while it runs; as a service, all cores of this machine, which mostly wait: for thirty days, or for the `days` that
    the data cover where one scoring reads all of them. A report is the mean of the latest successful pages. The grid is
    that of `region`, or of the country, or else the world's mean. A unit that cannot be told has no parts, and its note
    says why. An InputError says that `days` are not above 0.

    >>> from pathlib import Path
    >>> from workbench.ledger import read
    >>> per_unit([], read(Path("none.csv")), country="DE")["1 report"].note
    'Not measured: the ledger has no report that was made to its end.'
    """
    if not days > 0:
        raise InputError(f"per_unit: days must be above 0, found {days}")
    grid = intensities(region)[0] if region else grid_intensity(country) or world_intensity()
    found: dict[str, Sci] = {}
    for one in comparisons:
        if one.chosen is not None:
            found |= _of_task(one, grid, region, days)
    return found | {_REPORT: _of_report(ledger, grid, region)}


def of_units(units: Mapping[str, Sci]) -> Exhibits:
    """Show grams a unit with their ends and parts, the assumptions behind them, boundary and method."""
    told = {title: one for title, one in units.items() if len(one.parts)}
    notes = {f"note of {title}": f"{title}: {one.note}" for title, one in units.items() if one.note}
    if not told:
        return {"sci": "Software carbon intensity: not measured, nothing is known of any unit.", **notes}
    rows = [{"unit": title, "grams_of_co2e": _grams(one), **_parts(one)} for title, one in told.items()]
    first = next(iter(told.values()))
    assumed = [one.parts.assign(unit=title)[["unit", "part", "assumption", "source"]] for title, one in told.items()]
    caption = "Software carbon intensity, estimated by CPU seconds x watts: grams of CO2e for one unit"
    return {
        f"{caption}, all assumptions at their ends": pd.DataFrame(rows),
        "What these grams assume": pd.concat(assumed, ignore_index=True),
        "boundary": f"Boundary: {first.boundary} Method: {first.method}.",
        **notes,
    }


def _grams(one: Sci) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return with_ends(one.value, one.low, one.high)


def _parts(one: Sci) -> dict[str, str]:
    grams = one.parts.set_index("part")["gco2e"]
    return {str(part): "not known" if gco2e != gco2e else number(gco2e) for part, gco2e in grams.items()}


def _of_task(one: Comparison, grid: Intensity, region: str, days: float) -> dict[str, Sci]:
    unit = f"1,000 {one.task.unit}, {one.task.name}"
    scored = one.task.volume * one.task.scorings / 1000
    if not scored > 0:
        return {unit: _not_told(unit, _NO_VOLUME)}
    row = one.table.loc[one.table["chosen"]].iloc[0]
    processor = this_processor()
    busy_hours = row["cycle_joules"] / processor.busy_watts / _SECONDS_PER_HOUR if processor else None
    hours = 24 * (days if one.task.scorings == 1 else _DAYS)
    waiting = None if processor is None else cores() * processor.idle_watts * hours / 1000
    common: dict[str, Any] = {"kwh": row["cycle_joules"] / JOULES_PER_KWH, "per": scored, "intensity": grid}
    common |= {f"kwh_{end}": row[f"cycle_joules_{end}"] / JOULES_PER_KWH for end in ("low", "high")}
    common |= _cooling(region) | {"meter": _METER}
    ways: dict[str, dict[str, Any]] = {
        "as a job that ends": {"idle_kwh": 0.0, "hours_reserved": busy_hours, "cores_reserved": 1},
        "as a service that waits": {"idle_kwh": waiting, "hours_reserved": hours, "cores_reserved": cores()},
    }
    return {f"{unit}, {way}": sci(unit=unit, **common, **reserved) for way, reserved in ways.items()}


def _of_report(ledger: pd.DataFrame, grid: Intensity, region: str) -> Sci:
    """Return the SCI of the latest pages that ended well: steps by hand or of a page that still runs are no report."""
    lines = outermost(ledger)
    ended = lines[(lines["step"] == PAGE) & (lines["outcome"] == "succeeded")]
    pages = ended.drop_duplicates("notebook", keep="last")
    if pages.empty:
        return _not_told(_REPORT, _NO_REPORT)
    # The second meter knows nothing of graphics cards, which the ends of a line hold.
    used = pages.assign(kwh=pages["kwh_cpu"] + pages["kwh_gpu"].fillna(0.0))[["kwh", "kwh_low", "kwh_high"]]
    measured = bool(used.notna().all(axis=None))
    sums: dict[str, Any] = {str(name): float(used[name].sum()) if measured else None for name in used}
    return sci(
        **sums,
        idle_kwh=float(pages["kwh_idle"].sum()) if pages["kwh_idle"].notna().all() else None,
        intensity=grid,
        hours_reserved=float(pages["wall_seconds"].sum()) / _SECONDS_PER_HOUR,
        cores_reserved=cores(),
        per=len(pages),
        unit=_REPORT,
        meter=_METER,
        **_cooling(region),
    )


def _not_told(unit: str, why: str) -> Sci:
    """Return what has no part, so that no figure of it can be shown, with the reason."""
    nothing = sci(
        kwh=None, idle_kwh=None, pue=None, intensity=None, hours_reserved=None, cores_reserved=0, per=1, unit=unit
    )
    return replace(nothing, parts=nothing.parts.head(0), note=why)


def _cooling(region: str) -> dict[str, Any]:
    (low, middle, high), _ = pue_of(region)
    return {"pue": middle, "pue_low": low, "pue_high": high}
