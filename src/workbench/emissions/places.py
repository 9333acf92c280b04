"""Where should the work run? Clouds, one's own machine and the edge, by what the law lets data do and by their carbon.

In: a year's energy and data, the market's country and its privacy regime.   Out: `Places`, the cleanest allowed first.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.emissions.grid import Intensity, intensities, places, regions, world_intensity
from workbench.emissions.reach import distance_km, latency, may_be_used
from workbench.errors import InputError, did_you_mean
from workbench.law import Rule, countries, law
from workbench.ledger import Total
from workbench.words import counted

_HOURS_PER_YEAR = 8_766
_OWN, _NOW = "own machine", "as now"
_YES = "yes"


_RUNS, _BYTES_PER_ROW = 365, 200


@dataclass(frozen=True, eq=False, kw_only=True)
class Places:
    """Where the work could run; `reason` says which place is best, `note` what is assumed.

    `table` has provider, region, city, country, may_be_used, gco2e_per_kwh with source, year and boundary, pue, gco2e
    (a year, its low and high), saving_share against the present place (low, high), km, latency and note. The rows that
    may be used as they are come first, those with the most saving on top, as figures of different boundaries do not
    rank places; savings compare like with like.
    """

    table: pd.DataFrame
    present: str
    reason: str
    note: str


@dataclass(frozen=True, kw_only=True)
class _Place:
    provider: str
    region: str
    city: str
    country: str
    figures: list[Intensity]
    pue: tuple[float, float, float]
    pue_source: str
    at: tuple[float, float] | None
    extra_kwh: float = 0.0
    moves_data: bool = True


@dataclass(frozen=True, kw_only=True)
class _Work:
    kwh: tuple[float, float, float]
    gigabytes: float


def where(
    *,
    kwh: float | None,
    kwh_low: float | None = None,
    kwh_high: float | None = None,
    gigabytes: float,
    country: str,
    regime: str,
    as_of: date,
    region: str = "",
    idle_watts: float = 60.0,
    hours_on: float = _HOURS_PER_YEAR,
) -> Places:
    """Compare all places for work of `kwh` a year that moves `gigabytes` a year between customers and the place.

    The present place is `region` ("gcp/europe-west3"), or else any data centre on the grid of `country`. Carbon is
    energy x PUE x intensity, and what networks take for the data at the mean of both grids. Beside the clouds stand a
    machine of one's own that draws `idle_watts` over `hours_on` hours a year, one that is switched off between runs,
    and the laptop of whoever runs them. Latency follows from the distance to the country's main city: an estimate.
    Where `kwh` was not measured there is no table, and `reason` says so. An InputError names the nearest country,
    region or regime to one that is not known.

    >>> found = where(kwh=100, gigabytes=10, country="DE", regime="gdpr", as_of=date(2026, 6, 1))
    >>> found.table.set_index("region").may_be_used[["eu-central-1", "sa-east-1"]].tolist()
    ['yes: inside', 'yes: adequacy since 2026-01-26']
    """
    if country == "ZZ":
        return _nowhere("the market names no country whose law and grid could be looked up")
    country = _country(country)
    _check(kwh=kwh, kwh_low=kwh_low, kwh_high=kwh_high, gigabytes=gigabytes, idle_watts=idle_watts, hours_on=hours_on)
    rule = law(regime, as_of=as_of).rules.get("transfer_unprotected")
    present, home = _present(country, region), places()["main_cities"].get(country)
    if kwh is None:
        return _nowhere("no run that succeeded has its energy in the ledger")
    work = _Work(
        kwh=(kwh if kwh_low is None else kwh_low, kwh, kwh if kwh_high is None else kwh_high), gigabytes=gigabytes
    )
    now = [] if region else [present]
    candidates = [*now, *map(_cloud, regions()), *_own(country, idle_watts * hours_on / 1000)]
    rows = [
        {**_facts(place), "may_be_used": may_be_used(place.country, rule, as_of), **_carbon(place, present, work)}
        | _distance(place, country, home)
        for place in candidates
    ]
    table = _sorted(pd.DataFrame(rows))
    named = _named(present)
    return Places(
        table=table, present=named, reason=_reason(table, named), note=_note(present, country, rule, home, idle_watts)
    )


def _nowhere(why: str) -> Places:
    return Places(table=pd.DataFrame(), present="", reason=f"Where to run: not measured, as {why}.", note="")


def work_of_a_year(spent: Total, summary: pd.DataFrame) -> dict[str, Any]:
    """Return what `where` asks for, if the latest runs were made every day: kwh, kwh_low, kwh_high, gigabytes.

    `summary` has the rows of each table. A row is taken for 200 bytes, and moved once, with as much again for what a
    year adds and brings back. Energy that was not measured is None.

    >>> spent = Total(kwh=0.001, low=0.0005, high=0.002, gco2e=1.0, seconds=60.0, steps=1, not_measured=0)
    >>> work_of_a_year(spent, pd.DataFrame({"rows": [900_000, 100_000]}))
    {'kwh': 0.365, 'kwh_low': 0.1825, 'kwh_high': 0.73, 'gigabytes': 0.4}
    """
    ends = {"kwh": spent.kwh, "kwh_low": spent.low, "kwh_high": spent.high}
    year = {name: None if end is None else _RUNS * end for name, end in ends.items()}
    return year | {"gigabytes": 2 * float(summary["rows"].sum()) * _BYTES_PER_ROW / 1e9}


def plot_places(found: Places, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw the saving of the best clouds that may be used, with its range, by what the law asks of them."""
    ax = charts.axes(ax)
    rows = found.table[~found.table["provider"].isin([_OWN, _NOW])].head(top).reset_index(drop=True)
    kinds = rows["may_be_used"].str.partition(":")[0].str.replace(_YES, "may be used")
    for colour, kind in zip(charts.PALETTE, dict.fromkeys(kinds), strict=False):
        some = rows[kinds == kind]
        arms = (some["saving_share"] - some["saving_share_low"], some["saving_share_high"] - some["saving_share"])
        ends = [100 * arm.clip(lower=0) for arm in arms]
        ax.errorbar(100 * some["saving_share"], some.index, xerr=ends, fmt="o", color=colour, capsize=3, label=kind)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(rows.index, rows["region"] + ", " + rows["city"])
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_xlabel("% less carbon a year than the present place")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def _country(code: str) -> str:
    if code.upper() not in countries():
        near = did_you_mean(code.upper(), countries())
        raise InputError(f"country '{code}' must be a code of ISO 3166, as in 'DE'{near}")
    return code.upper()


def _check(**given: float | None) -> None:
    if faults := [
        f"{name} must be 0 or more, found {value}"
        for name, value in given.items()
        if value is not None and not value >= 0
    ]:
        raise InputError(f"places: {'; '.join(faults)}")


def _present(country: str, region: str) -> _Place:
    if region and region.lower() not in regions():
        near = did_you_mean(region, regions())
        raise InputError(f"region '{region}' must be a provider's, as in 'gcp/europe-west3'{near}")
    if region:
        return _cloud(region.lower())
    pue, source = pue_of()
    return _Place(
        provider=_NOW,
        region="any data centre",
        city="",
        country=country,
        figures=_figures(country),
        pue=pue,
        pue_source=source,
        at=None,
    )


def _figures(country: str) -> list[Intensity]:
    try:
        return intensities(country)
    except InputError:
        return [world_intensity()]


def _cloud(name: str) -> _Place:
    row = regions()[name]
    pue, source = pue_of(name)
    return _Place(
        provider=row["title"],
        region=name.partition("/")[2],
        city=row["city"],
        country=row["grid"][:2],
        figures=intensities(name),
        pue=pue,
        pue_source=source,
        at=tuple(row["at"]),
    )


def _own(country: str, idle_kwh: float) -> Iterator[_Place]:
    """Yield the machines of one's own; what is idle costs nothing where it is switched off, or there anyway."""
    low, middle, high = places()["own_pue"]
    office, alone = (low, middle, high), (1.0, 1.0, 1.0)
    kinds = [
        ("on premise, always on", office, idle_kwh),
        ("on premise, switched off when idle", office, 0.0),
        ("laptop or edge, on anyway", alone, 0.0),
    ]
    for name, pue, extra_kwh in kinds:
        yield _Place(
            provider=_OWN,
            region=name,
            city="",
            country=country,
            figures=_figures(country),
            pue=pue,
            pue_source="mean of the Uptime Institute's survey, 2024; low: a machine in an office",
            at=None,
            extra_kwh=extra_kwh,
            moves_data=False,
        )


def pue_of(region: str = "") -> tuple[tuple[float, float, float], str]:
    """Return PUE (low, middle, high) of a cloud region and its source; unpublished: the median of all, as wide as they.

    >>> pue_of("aws/eu-north-1")[0]
    (1.1, 1.1, 1.1)
    """
    row = regions().get(region.lower(), {})
    if "pue" in row:
        return (row["pue"],) * 3, row["pue_source"]
    known = [one["pue"] for one in regions().values() if "pue" in one]
    return (min(known), median(known), max(known)), f"not published: median and range of {len(known)} regions that are"


def _facts(place: _Place) -> dict[str, Any]:
    default = place.figures[0]
    published = place.pue[0] == place.pue[2]
    return {
        "provider": place.provider,
        "region": place.region,
        "city": place.city,
        "country": place.country,
        "gco2e_per_kwh": default.gco2e_per_kwh,
        "source": default.source,
        "year": default.year,
        "boundary": default.boundary,
        "pue": f"{place.pue[1]:.2f}" if published else f"{place.pue[1]:.2f} ({place.pue[0]:.2f} to {place.pue[2]:.2f})",
        "pue_source": place.pue_source,
    }


def _carbon(place: _Place, present: _Place, work: _Work) -> dict[str, Any]:
    """Return grams a year, and the saving against the present place, each with its ends."""
    here = _same(place, present)
    known = [figure.gco2e_per_kwh for figure in place.figures]
    spread = (min(known), place.figures[0].gco2e_per_kwh, max(known))
    network = (0.0,) * 3 if here or not place.moves_data else places()["network"]["kwh_per_gigabyte"]
    moved = [work.gigabytes * kwh * (spread[1] + present.figures[0].gco2e_per_kwh) / 2 for kwh in network]
    low, middle, high = (
        (kwh + place.extra_kwh) * pue * gco2e + carried
        for kwh, pue, gco2e, carried in zip(work.kwh, place.pue, spread, moved, strict=True)
    )
    found = {"gco2e": middle, "gco2e_low": low, "gco2e_high": high}
    pairs, note = _alike(place.figures, present.figures)
    saved = [_saving(place, present, work, network, *pair) for pair in pairs] if not here else [(0.0,) * 3]
    return found | {
        "saving_share": saved[0][1],
        "saving_share_low": min(low for low, _, _ in saved),
        "saving_share_high": max(high for _, _, high in saved),
        "note": "; ".join(filter(None, [place.figures[0].note, "the present place" if here else note])),
    }


def _same(place: _Place, present: _Place) -> bool:
    return (place.provider, place.region) == (present.provider, present.region)


def _alike(there: list[Intensity], here: list[Intensity]) -> tuple[list[tuple[float, float]], str]:
    """Pair the figures of two places like with like, the default's pair first: by source, else by boundary."""
    by_source = {_source(figure): figure.gco2e_per_kwh for figure in reversed(here)}
    pairs = [(figure.gco2e_per_kwh, by_source[_source(figure)]) for figure in there if _source(figure) in by_source]
    if pairs:
        return pairs, ""
    by_boundary = {figure.boundary: figure.gco2e_per_kwh for figure in reversed(here)}
    pairs = [(figure.gco2e_per_kwh, by_boundary[figure.boundary]) for figure in there if figure.boundary in by_boundary]
    if pairs:
        return pairs, "compared by figures of different sources"
    direct = "direct figures of the one against life-cycle figures of the other: the saving is not like with like"
    return [(there[0].gco2e_per_kwh, here[0].gco2e_per_kwh)], direct


def _source(figure: Intensity) -> str:
    return figure.source.replace(str(figure.year), "")


def _saving(
    place: _Place, present: _Place, work: _Work, network: tuple[float, ...], there: float, here: float
) -> tuple[float, float, float]:
    """Return the share of carbon saved, low, middle and high; the worst there against the best here gives the low.

    What is moved, and a machine that waits, weigh the more the less energy the work itself takes.
    """
    if not work.kwh[1]:
        return (math.nan,) * 3
    # Where neither publishes a PUE, nothing says that they differ in it.
    alike = place.pue == present.pue
    shares = []
    for end, pue, kwh, per_gigabyte in zip((2, 1, 0), present.pue, work.kwh, network[::-1], strict=True):
        theirs, ours = (place.pue[1], present.pue[1]) if alike else (place.pue[end], pue)
        fixed = place.extra_kwh * theirs * there + work.gigabytes * per_gigabyte * (there + here) / 2
        each = theirs * there + (fixed / kwh if fixed and kwh else math.inf if fixed else 0.0)
        shares.append(1 - each / (ours * here))
    low, middle, high = shares
    return low, middle, high


def _distance(place: _Place, country: str, home: list[float] | None) -> dict[str, Any]:
    if place.at is None:
        return {"km": 0.0, "latency": "at the place itself"}
    km = math.nan if home is None else distance_km((home[0], home[1]), place.at)
    return {"km": round(km, -1) if home else math.nan, "latency": latency(km, same=place.country == country)}


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    order = table.assign(asks=~table["may_be_used"].str.startswith(_YES))
    order = order.sort_values(["asks", "saving_share", "gco2e"], ascending=[True, False, True], kind="stable")
    return order.drop(columns="asks").reset_index(drop=True)


def _named(present: _Place) -> str:
    if present.provider != _NOW:
        return f"{present.provider} {present.region} ({present.city}), as now"
    return f"any data centre on the grid of {present.country}"


def _reason(table: pd.DataFrame, present: str) -> str:
    clouds = table[~table["provider"].isin([_OWN, _NOW])]
    free = clouds[clouds["may_be_used"].str.startswith(_YES)]
    bound = int(clouds["may_be_used"].str.startswith("only").sum())
    counts = (
        f"{len(free)} of {counted(len(clouds), 'cloud region')} may be used as they are, {bound} only with a mechanism"
    )
    shown = free[free["saving_share_low"] > 0]
    if shown.empty:
        return f"No region that may be used as it is surely emits less than {present}. {counts}."
    best = shown.iloc[0]
    ends = f"{best['saving_share_low']:.0%} to {best['saving_share_high']:.0%}"
    return (
        f"{best['provider']} {best['region']} ({best['city']}) emits {best['saving_share']:.0%} less carbon ({ends}) "
        f"than {present}; {best['latency']}. {counts}."
    )


def _note(present: _Place, country: str, rule: Rule | None, home: list[float] | None, idle_watts: float) -> str:
    network: Mapping[str, Any] = places()["network"]
    low, _, high = network["kwh_per_gigabyte"]
    said = [
        "Estimated. Carbon is location-based; 'direct' figures leave out building and fuelling power stations.",
        f"Networks take {low:g} to {high:g} kWh a gigabyte ({network['source']}).",
        f"A machine of one's own is taken to draw {idle_watts:g} W while it waits; servers of a cloud that wait are "
        "shared by many and not counted.",
        "Latency is an estimate by distance and the speed of light in fibre.",
    ]
    if present.figures[0].place == "world":
        said.append(f"The grid of {country} is not known: {present.figures[0].source}.")
    if present.provider == _NOW:
        said.append(
            "The PUE of the present place is not known: the median of what clouds publish, with their range; beside a "
            "place that publishes none either, the same."
        )
    if home is None:
        said.append(f"No main city of {country} is held: distances are not known.")
    return " ".join([*said, rule.note if rule is not None else ""]).strip()
