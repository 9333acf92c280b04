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
    rows = {name: _of_row(name, row) for name, row in table["processors"].items()}
    for name, row in table["processors"].items():
        if _is(row, said):
            return rows[name]
    named = said.get("model name", "").strip() or "unknown"
    return Processor(
        name=named,
        idle_watts=table["fallback"]["idle"],
        busy_watts=table["fallback"]["busy"],
        low_watts=min(row.low_watts for row in rows.values()),
        high_watts=max(row.high_watts for row in rows.values()),
        source=f"{table['fallback']['source']}; '{named}' is not in the table, whose whole range is taken",
        known=False,
    )


def _of_row(name: str, row: Mapping[str, Any]) -> Processor:
    table, busy = _table(), row["busy"]
    return Processor(
        name=name,
        idle_watts=row["idle"],
        busy_watts=busy,
        low_watts=row.get("low", round(busy * (1 - table["spread"]), 2)),
        high_watts=row.get("high", round(busy * (1 + table["spread"]), 2)),
        source=row.get("source", table["source"]),
        known=True,
    )


def _is(row: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    if "words" in row:
        return any(word in said.get("model name", "").casefold() for word in row["words"])
    told = (said.get("vendor_id"), said.get("cpu family"))
    return told == (row["vendor"], str(row["family"])) and said.get("model", "") in [
        str(model) for model in row["models"]
    ]


@cache
def _of_this_machine() -> Processor:
    said = {"model name": platform.processor() or platform.machine()}
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        said = {"model name": "Apple M"}
    with suppress(OSError):
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
        said |= {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    # Processors of ARM give no name there; 0x41 is ARM itself, whose server cores are called Neoverse.
    if said.get("CPU implementer") == "0x41" and said.get("CPU part") in ("0xd0c", "0xd40", "0xd4f"):
        said["model name"] = "Neoverse"
    return processor(said)


@cache
def _table() -> dict[str, Any]:
    text = resources.files("workbench.emissions").joinpath("processors.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
