"""The first meter: codecarbon, offline, for this process and its children.

In: the moments a step starts and ends.   Out: an `Estimate` in kilowatt-hours.

Where the processor has a readable energy counter (RAPL) codecarbon reads it: measured, but of the whole processor.
Elsewhere it takes the process's share of the processor's rated power, and a constant power for memory by its size.
"""

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import codecarbon.core.emissions  # noqa: F401
from codecarbon import OfflineEmissionsTracker
from codecarbon.core.cpu import is_rapl_available
from codecarbon.input import DataSource

logging.getLogger("codecarbon").setLevel(logging.CRITICAL)

# codecarbon loads an HTTP library (above, 30 ms) and its tables (10 ms) when first needed; a first step is too short.
DataSource().get_cpu_power_data()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Energy of one step as codecarbon sees it; `kwh` holds all parts, `gpu_kwh` is None where there is no card."""

    kwh: float
    processor_kwh: float
    memory_kwh: float
    gpu_kwh: float | None
    method: Literal["measured", "estimated"]


def start() -> Any:
    """Start a tracker of its own for one step, so that steps may nest; about 5 ms, the first 30 ms."""
    _know_the_processor()
    tracker = OfflineEmissionsTracker(
        tracking_mode="process",
        allow_multiple_runs=True,
        output_methods=[],
        output_dir=".",
        log_level="critical",
        # Nothing is looked up, let alone online, whatever a codecarbon configuration on this machine says: carbon is
        # this package's own sum, from a factor that it names.
        force_carbon_intensity_g_co2e_kwh=0.0,
        electricitymaps_api_token=None,
        emissions_endpoint=None,
    )
    tracker.start_task()
    return tracker


def stop(tracker: Any) -> Estimate:
    """Stop a tracker and return what it saw; about 2 ms."""
    data = tracker.stop_task()
    return Estimate(
        kwh=float(data.energy_consumed),
        processor_kwh=float(data.cpu_energy),
        memory_kwh=float(data.ram_energy),
        gpu_kwh=float(data.gpu_energy) if data.gpu_count else None,
        method="measured" if is_rapl_available() else "estimated",
    )


@cache
def counters_refused() -> bool:
    """Say whether this processor has energy counters that this process may not read."""
    domains = [*Path("/sys/class/powercap").glob("intel-rapl:*/energy_uj")]
    return bool(domains) and not any(os.access(domain, os.R_OK) for domain in domains)


@cache
def _know_the_processor() -> None:
    """Tell codecarbon the processor's name, which it looks up once per process.

    py-cpuinfo, which it asks, keeps a core busy for 1.1 seconds in every process to time the clock as well; the
    name alone stands in /proc/cpuinfo.
    """
    with suppress(ImportError, OSError, StopIteration):
        import cpuinfo  # type: ignore[import-untyped]
        from codecarbon.core.util import detect_cpu_model

        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        asked = cpuinfo.get_cpu_info
        cpuinfo.get_cpu_info = lambda: {"brand_raw": name}
        try:
            detect_cpu_model()
        finally:
            cpuinfo.get_cpu_info = asked
