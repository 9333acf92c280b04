"""What turns energy into carbon: how dirty is the electricity of a place?

In: a country or a cloud region, `grid.yaml`, `regions.yaml`.   Out: grams of CO2e per kilowatt-hour and their source.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from babel.core import get_global
from codecarbon import __version__ as codecarbon_version

from workbench.errors import InputError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Intensity:
    """Carbon of the grid's electricity over one `year`, location-based, and where the figure comes from.

    `boundary` 'life cycle' holds what building and fuelling a power station emits, 'direct' only what it burns: figures
    of different boundaries do not rank places. `place` is what the figure was published for. `low` and `high` span all
    sources of the place that was asked for; None: there is one source only, whose error nobody publishes.
    """

    gco2e_per_kwh: float
    source: str
    year: int | None = None
    place: str = ""
    boundary: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""


def grid_intensity(country: str) -> Intensity | None:
    """Return the carbon intensity of a country's grid, or None where it is not known: the first of `intensities`.

    >>> grid_intensity("FR").source, grid_intensity("FR").boundary
    ('Ember, Yearly Electricity Data 2024', 'life cycle')
    >>> grid_intensity("ZZ") is None
    True
    """
    return _COUNTRIES.get(country.upper())


def intensities(place: str, *, year: int | None = None) -> list[Intensity]:
    """Return the carbon intensity of a country or cloud region by every source, the default first.

    `place` is an ISO 3166 alpha-2 code, or provider and region as in "gcp/europe-west3". The default of a country is
    Ember's figure, life cycle and the newest that covers most countries, then Our World in Data's as codecarbon ships
    it; that of a region is the provider's own, then that of the same grid, then its country's. Each source gives its
    newest year, or the nearest to `year`: its note says so where that is another one. An InputError names the nearest
    place to one that is not known.

    >>> [round(found.gco2e_per_kwh) for found in intensities("gcp/europe-west3")]
    [276, 342, 381]
    >>> intensities("DE", year=2020)[0].note
    'asked for 2020; the nearest year of this source is 2024'
    """
    known = _REGIONS.get(place.lower()) or _GRIDS.get(place.upper())
    if not known:
        near = did_you_mean(place, [*_REGIONS, *_COUNTRIES])
        raise InputError(
            f"place '{place}': no grid intensity is known; it must be one of {len(_COUNTRIES)} countries (ISO 3166) or "
            f"{len(_REGIONS)} cloud regions, as in 'DE' or 'gcp/europe-west3'{near}"
        )
    return _spanned(_of_year(known, year))


@cache
def world_intensity() -> Intensity:
    """Return what stands in for a country of which nothing is known: the world's mean, as wide as all grids.

    >>> world_intensity().source
    'fallback: world mean, ... to ... g of all grids, Ember, Yearly Electricity Data 2024'
    """
    world = _TABLE["world"]
    all_grids = [found.gco2e_per_kwh for found in _COUNTRIES.values()]
    low, high = min(all_grids), max(all_grids)
    return Intensity(
        gco2e_per_kwh=world["gco2e_per_kwh"],
        source=f"fallback: world mean, {low:,.0f} to {high:,.0f} g of all grids, {world['name']} {world['year']}",
        year=world["year"],
        place="world",
        boundary=world["boundary"],
        low=low,
        high=high,
        note="the grid is not known: the width is that of all countries' grids",
    )


def regions() -> dict[str, dict[str, Any]]:
    """Return all cloud regions, as `regions.yaml` has them, by name: title of the provider, city, grid, at, pue.

    >>> regions()["gcp/europe-west9"]["city"]
    'Paris'
    """
    return _ROWS


def places() -> dict[str, Any]:
    """Return what else `regions.yaml` knows: energy of the network, PUE of one's own, main cities.

    >>> places()["main_cities"]["FR"]
    [49, 2]
    """
    return {name: value for name, value in _PLACES.items() if name != "providers"}


def _read(name: str) -> dict[str, Any]:
    text = (files("workbench.emissions") / name).read_text(encoding="utf-8")
    # Read with every import of the meter: the loader in C takes a fifth of the time.
    found: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


def _of_countries(sources: Iterable[Mapping[str, Any]]) -> Iterator[Intensity]:
    for source in sources:
        for year, figures in source["years"].items():
            named = {"source": f"{source['name']} {year}", "year": year, "boundary": source["boundary"]}
            yield from (Intensity(gco2e_per_kwh=gco2e, place=code, **named) for code, gco2e in figures.items())


def _of_codecarbon() -> Iterator[Intensity]:
    """Yield Our World in Data's figures, life cycle; a grid without any carbon does not exist: a zero is a gap."""
    mix = json.loads((files("codecarbon") / "data/private_infra/global_energy_mix.json").read_text(encoding="utf-8"))
    alpha2 = get_global("territory_aliases")
    for alpha3, year in mix.items():
        if year.get("carbon_intensity") and len(alpha2.get(alpha3, [])) == 1:
            yield Intensity(
                gco2e_per_kwh=float(year["carbon_intensity"]),
                source=f"Our World in Data {year['year']}, codecarbon {codecarbon_version}",
                year=int(year["year"]),
                place=alpha2[alpha3][0],
                boundary="life cycle",
            )


def _of_provider(name: str) -> Intensity | None:
    row, own = _ROWS[name], _PLACES["providers"][name.partition("/")[0]].get("gco2e")
    if own is None or "gco2e" not in row:
        return None
    source = {"source": f"{own['name']} {own['year']}", "year": own["year"], "boundary": own["boundary"]}
    return Intensity(gco2e_per_kwh=row["gco2e"], place=name, **source)


def _by_grid() -> dict[str, list[Intensity]]:
    """Gather all sources by grid: tables of countries first, then what providers say of a region on the same grid."""
    found: dict[str, list[Intensity]] = {}
    first, *others = _TABLE["sources"]
    for figure in (*_of_countries([first]), *_of_codecarbon(), *_of_countries(others)):
        found.setdefault(figure.place, []).append(figure)
    for name, row in _ROWS.items():
        if own := _of_provider(name):
            found.setdefault(row["grid"], []).append(own)
    return found


def _of_region(name: str) -> list[Intensity]:
    row, own = _ROWS[name], _of_provider(name)
    country = row["grid"][:2]
    grid = _GRIDS.get(row["grid"]) or _GRIDS.get(country, [])
    if own is not None:
        return [own, *(found for found in grid if found.place != name)]
    said = f"{row['title']} publishes none: "
    here = {True: f"the grid of {country}", False: "another provider's figure for the same grid"}
    return [replace(found, note=said + here[found.place == country]) for found in grid]


def _of_year(found: list[Intensity], year: int | None) -> list[Intensity]:
    """Keep one year of each source: the newest, or the nearest to the one that is asked for."""
    by_source: dict[str, list[Intensity]] = {}
    for row in found:
        by_source.setdefault(row.source.replace(str(row.year), ""), []).append(row)
    if year is None:
        return [max(rows, key=lambda row: row.year or 0) for rows in by_source.values()]
    nearest = [min(rows, key=lambda row: abs((row.year or 0) - year)) for rows in by_source.values()]
    said = f"asked for {year}; the nearest year of this source is "
    return [
        row if row.year == year else replace(row, note="; ".join(filter(None, [row.note, f"{said}{row.year}"])))
        for row in nearest
    ]


def _spanned(found: list[Intensity]) -> list[Intensity]:
    if len(found) < 2:
        return found
    known = [row.gco2e_per_kwh for row in found]
    return [replace(row, low=min(known), high=max(known)) for row in found]


# Read with the module, not in the first step: naming the countries takes a quarter of what a step may cost.
_TABLE, _PLACES = _read("grid.yaml"), _read("regions.yaml")
_ROWS: dict[str, dict[str, Any]] = {
    f"{name}/{region}": {"title": provider["title"], "pue_source": provider["pue"], **row}
    for name, provider in _PLACES["providers"].items()
    for region, row in provider["regions"].items()
}
_GRIDS = _by_grid()
_REGIONS = {name: _of_region(name) for name in _ROWS}
_COUNTRIES = {grid: _spanned(_of_year(found, None))[0] for grid, found in _GRIDS.items() if len(grid) == 2}
