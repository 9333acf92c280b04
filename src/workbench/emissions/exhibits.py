"""What an emissions report shows of places, hours, advice and assumptions: figures and tables by their captions.

In: results of the other modules.   Out: axes, frames and sentences by caption, for `charts.show`.
"""

from collections.abc import Sequence

import pandas as pd

from workbench.charts import Exhibits
from workbench.emissions.advice import Result, advise, unmeasured
from workbench.emissions.grid import Intensity, intensities
from workbench.emissions.hours import Hours, plot_hours
from workbench.emissions.places import Places, plot_places, pue_of
from workbench.emissions.watts import this_processor
from workbench.errors import InputError
from workbench.words import ranged

_TOP = 12
_WHERE = "provider region city country may_be_used latency carbon_saved grams_of_co2e_a_year".split()  # noqa: SIM905
_PLACE = [*_WHERE, "gco2e_per_kwh", "boundary", "year", "pue", "source", "note"]


def of_places(found: Places) -> Exhibits:
    """Show the cleanest places that may be used beside the present one and machines of one's own; then all of them."""
    if found.table.empty:
        return {"places": found.reason}
    saved = [ranged(*row, form=".0%", missing="not like with like") for row in _ends(found.table, "saving_share")]
    grams = [ranged(*row, form=",.3g") for row in _ends(found.table, "gco2e")]
    shown = found.table.assign(carbon_saved=saved, grams_of_co2e_a_year=grams)[_PLACE]
    allowed = shown[found.table["may_be_used"].str.startswith("yes")]
    drawn = f"Carbon of a year's work in the {_TOP} cleanest places that may be used, and as now"
    return {
        "places": found.reason,
        drawn: plot_places(found, top=_TOP),
        f"The {_TOP} cleanest places that may be used as they are": allowed.head(_TOP),
        "note": found.note,
    }


def of_hours(found: Hours | None) -> Exhibits:
    """Show carbon by the hour at which work starts; None: no profile was given."""
    if found is None:
        return {"hours": "Time of day: not measured, as the market names no file with hourly_profile."}
    return {"hours": found.reason, "Grams of CO2e a kilowatt-hour by the hour of the day": plot_hours(found)}


def of_advice(results: Sequence[Result]) -> Exhibits:
    """Show what is to be done, what it saves and what it costs; then what could not be compared, and why."""
    found = advise(results).drop(columns="saves_share")
    open_ends = {f"open {place}": f"Not compared: {why}" for place, why in enumerate(unmeasured(results), start=1)}
    if found.empty:
        return {"advice": "No advice: nothing could be compared.", **open_ends}
    return {
        "Do this, it saves that, it costs so much; all estimated, with 95 % intervals where there are any": found,
        **open_ends,
    }


def of_assumptions(*, country: str, region: str = "", sentences: Sequence[str] = ()) -> Exhibits:
    """Show by what this machine, its grid and its data centre were told, with ranges and sources; then `sentences`."""
    rows = [_watts(), *_grids(country, region), _pue(region)]
    frame = pd.DataFrame(rows, columns=["assumption", "value", "source"])
    said: Exhibits = {f"assumption {place}": one for place, one in enumerate(sentences, start=1)}
    return {"Assumptions, with their ranges and sources": frame, **said}


def _watts() -> tuple[str, str, str]:
    processor = this_processor()
    if processor is None:
        return "watts of a busy core", "not known", "WORKBENCH_WATTS_PER_CORE holds no number"
    busy = ranged(processor.busy_watts, processor.low_watts, processor.high_watts, form=".2f")
    return f"watts of a core: {processor.name}", f"busy {busy}, idle {processor.idle_watts:.2f}", processor.source


def _grids(country: str, region: str) -> list[tuple[str, str, str]]:
    try:
        known = [*(intensities(region) if region else []), *intensities(country)]
    except InputError:
        return [(f"grid of {country}", "not known", "no source in the table; carbon is not measured")]
    return [
        (f"grams of CO2e a kWh, {one.place}, {one.boundary}", f"{one.gco2e_per_kwh:,.0f}", _sourced(one))
        for one in dict.fromkeys(known)
    ]


def _sourced(one: Intensity) -> str:
    return "; ".join(filter(None, [one.source, one.note]))


def _pue(region: str) -> tuple[str, str, str]:
    (low, middle, high), source = pue_of(region)
    value = f"{middle:.2f}" if low == high else ranged(middle, low, high, form=".2f")
    return "power usage effectiveness of the data centre", value, source


def _ends(table: pd.DataFrame, name: str) -> list[tuple[float, float, float]]:
    found = table[[name, f"{name}_low", f"{name}_high"]].astype(float)
    return [(value, low, high) for value, low, high in found.itertuples(index=False, name=None)]
