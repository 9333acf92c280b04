"""What does a core of this machine draw, busy and idle?

In: the environment, what the machine says of its processor, `processors.yaml`.   Out: a `Processor`.
"""

import math
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

WATTS_VARIABLE = "WORKBENCH_WATTS_PER_CORE"


@dataclass(frozen=True, kw_only=True)
class Processor:
    """Watts of one core (a hardware thread), idle and busy; the busy ones lie between `low_watts` and `high_watts`.

    Where the processor is not `known`, the figures are those of a mean one and the range is that of all in the table.
    """

    name: str
    idle_watts: float
    busy_watts: float
    low_watts: float
    high_watts: float
    source: str
    known: bool


def this_processor() -> Processor | None:
    """Return the processor of this machine; None where `WORKBENCH_WATTS_PER_CORE`, which sets its watts, is nonsense.

    Virtual machines hide the processor's name, but not its family and model, by which it is looked up.
    """
    found = _of_this_machine()
    try:
        watts = float(os.environ.get(WATTS_VARIABLE, found.busy_watts))
    except ValueError:
        return None
    if not math.isfinite(watts) or watts <= 0:
        return None
    if WATTS_VARIABLE not in os.environ:
        return found
    own = {"busy_watts": watts, "low_watts": watts, "high_watts": watts, "known": True}
    return Processor(**vars(found) | own | {"idle_watts": min(found.idle_watts, watts), "source": WATTS_VARIABLE})


def processor(said: Mapping[str, str]) -> Processor:
    """Return the processor that a machine describes as `vendor_id`, `cpu family`, `model` and `model name`.

    >>> found = processor({"vendor_id": "GenuineIntel", "cpu family": "6", "model": "207"})
    >>> found.name, found.busy_watts, found.known
    ('Emerald Rapids', 4.48, True)
    >>> processor({"model name": "Abacus 2000"}).source
    "Cloud Carbon Footprint, methodology: mean over AWS processors; 'Abacus 2000' is not in the table, whose whole ..."
    """
    table = _table()
    for name, row in table["processors"].items():
        if _is(row, said):
            low, high = (row["busy"] * (1 + sign * table["spread"]) for sign in (-1, 1))
            ends = {"low_watts": round(row.get("low", low), 2), "high_watts": round(row.get("high", high), 2)}
            source = row.get("source", table["source"]) + (f"; {row['note']}" if "note" in row else "")
            watts = {"idle_watts": row["idle"], "busy_watts": row["busy"]}
            return Processor(name=name, known=True, source=source, **watts, **ends)
    named, busy = said.get("model name", "unknown").strip(), [row["busy"] for row in table["processors"].values()]
    return Processor(
        name=named,
        idle_watts=table["fallback"]["idle"],
        busy_watts=table["fallback"]["busy"],
        low_watts=min(row.get("low", row["busy"]) for row in table["processors"].values()),
        high_watts=max(busy),
        source=f"{table['fallback']['source']}; '{named}' is not in the table, whose whole range is taken",
        known=False,
    )


def _is(row: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    named = said.get("model name", "").casefold()
    if any(name in named for name in row.get("names", ())):
        return True
    family, model = said.get("cpu family"), said.get("model")
    return said.get("vendor_id") == row.get("vendor") and family == str(row.get("family")) and model in _texts(row)


def _texts(row: Mapping[str, Any]) -> list[str]:
    return [str(model) for model in row.get("models", ())]


@cache
def _of_this_machine() -> Processor:
    said = {"model name": platform.processor() or platform.machine()}
    with suppress(OSError):
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
        said |= {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    return processor(said)


@cache
def _table() -> dict[str, Any]:
    text = resources.files("workbench.emissions").joinpath("processors.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
