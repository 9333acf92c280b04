"""Energy and carbon of a market with every factor behind them and its source, as a sustainability report wants them.

In: the parts of a ledger.   Out: rows, each with one set of factors.
"""

from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from workbench.emissions import parts
from workbench.emissions.watts import WATTS_VARIABLE

BOUNDARY = (
    "processor time, memory and graphics cards of the process and its children while the step ran; not in it: cores "
    "that waited, cooling and power conversion of the building, network, screens, manufacture of the hardware; "
    "location-based, over the year of the source"
)
_FACTORS = ["country", "gco2e_per_kwh", "intensity_source", "processor", "watts_per_core"]
_FACTORS += ["method", "codecarbon_version"]
_METERS = ["cpu_seconds", "kwh_codecarbon", "kwh_cpu", "kwh_gpu", "kwh_idle"]
_COLUMNS = ["notebook", "step", "status", "runs", "first_day", "last_day", "seconds", "cpu_seconds"]
_COLUMNS += ["kwh", "kwh_low", "kwh_high", "gco2e", "not_measured", *_METERS[1:]]
_COLUMNS += [*_FACTORS, "watts_source", "boundary"]
_OF_AN_EARLIER_VERSION = "the mean over processors of an earlier version of the workbench"


def rows(split: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of parts, as `parts.split` makes them, by notebook, step and status, one row a set of factors.

    kwh and gco2e follow codecarbon (gco2e is kwh times gco2e_per_kwh), kwh_low and kwh_high are the ends;
    kwh_idle, of the cores that waited, is not in kwh. An empty cell was not measured or is not known.

    >>> from pathlib import Path
    >>> from workbench.ledger import read
    >>> rows(parts.split(read(Path("no/ledger.csv")))).empty
    True
    """
    by = ["notebook", "step", "status", *_FACTORS]
    groups = split.groupby(by, sort=False, dropna=False)
    meters = groups[_METERS].sum(min_count=1).reset_index()
    days = groups["started_at"].agg(first_day="min", last_day="max").reset_index()
    summed = parts.sums(split, by).rename(columns={"low": "kwh_low", "high": "kwh_high"})
    found = summed.merge(days, on=by).merge(meters, on=by)
    sources = [watts_source(*row) for row in found[["processor", "watts_per_core"]].itertuples(index=False)]
    found = found.assign(watts_source=pd.Series(sources, dtype="str"), boundary=BOUNDARY)
    for day in ("first_day", "last_day"):
        found[day] = found[day].dt.strftime("%Y-%m-%d")
    return found[_COLUMNS]


def watts_source(processor: str, watts_per_core: float) -> str:
    """Return where the watts of a line come from, by its processor as the ledger names it.

    >>> watts_source("Emerald Rapids", 4.48)
    'Cloud Carbon Footprint, ...'
    >>> watts_source("Emerald Rapids", 5.0), watts_source("Abacus (not in the table)", float("nan"))
    ('set by hand: WORKBENCH_WATTS_PER_CORE', '')
    """
    if watts_per_core != watts_per_core:
        return ""
    table = _table()
    row = table["processors"].get(processor, table["fallback"])
    if watts_per_core != row["busy"]:
        return f"set by hand: {WATTS_VARIABLE}"
    return str(row.get("source", table["source"])) if processor else _OF_AN_EARLIER_VERSION


@cache
def _table() -> dict[str, Any]:
    text = resources.files("workbench.emissions").joinpath("processors.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
