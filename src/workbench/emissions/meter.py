"""The meter: wall and CPU seconds, energy and carbon of a block of work.

In: a block of work.   Out: its `Footprint`, appended to the ledger; the block itself is never touched.
"""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

import psutil
from codecarbon import __version__ as codecarbon_version

from workbench.emissions import estimate
from workbench.emissions.grid import grid_intensity, world_intensity
from workbench.emissions.watts import Processor, this_processor
from workbench.ledger import Footprint, append
from workbench.processor import cores

JOULES_PER_KWH = 3.6e6
# Published comparisons find estimates off by up to this factor (arXiv 2509.22092): beyond it two meters contradict.
_MOST_APART = 1.4
# Seconds; clocks that are kept right by a network drift by less.
_STEP_OF_A_CLOCK = 0.5

# The table of processors is read here (10 ms), as a first step is too short for it.
this_processor()

# The step around this one, as "run:depth"; a process inherits it by its environment, as a kernel from its runner.
_VARIABLE = "WORKBENCH_METER_RUN"
_around: ContextVar[str] = ContextVar("around")


@contextmanager
def track(step: str, *, notebook: str, ledger: str | Path, country: str) -> Iterator[Footprint]:
    """Meter a block of work and append one line to the ledger, whether the block succeeds or fails.

    The footprint is filled when the block ends. Metering never fails, delays or warns: what could not be measured is
    None there and an empty cell in the ledger, and where the ledger cannot be written no line appears. `country` is an
    ISO 3166 alpha-2 code; where its grid is not known the world's mean stands in, as source and note say. Steps may
    nest, also across processes; `depth` says how deep, and `total` counts once.

    >>> from tempfile import mkdtemp
    >>> ledger = Path(mkdtemp()) / "footprint.csv"
    >>> with track("learn", notebook="churn", ledger=ledger, country="DE") as footprint:
    ...     answer = sum(range(1000))
    >>> footprint.outcome, footprint.kwh_low <= footprint.kwh_cpu <= footprint.kwh_high
    ('succeeded', True)
    """
    footprint = Footprint(
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        notebook=notebook,
        step=step,
        country=country,
        codecarbon_version=codecarbon_version,
    )
    tracker = cpu = None
    clock = time.time()
    with _inside(footprint):
        with suppress(Exception):
            tracker = estimate.start()
        with suppress(Exception):
            cpu = cpu_seconds()
        wall = time.perf_counter()
        try:
            yield footprint
            footprint.outcome = "succeeded"
        except BaseException:
            footprint.outcome = "failed"
            raise
        finally:
            footprint.wall_seconds = time.perf_counter() - wall
            if cpu is not None:
                with suppress(Exception):
                    footprint.cpu_seconds = _forward(cpu_seconds() - cpu)
            with suppress(Exception):
                _fill_first_meter(footprint, estimate.stop(tracker))
            with suppress(Exception):
                _fill_second_meter(footprint, this_processor())
            with suppress(Exception):
                _fill_interval(footprint)
            with suppress(Exception):
                _fill_carbon(footprint)
            with suppress(Exception):
                footprint.note = "; ".join(_notes(footprint, clock_moved=time.time() - clock))
            with suppress(Exception):
                append(Path(ledger), footprint)


@contextmanager
def _inside(footprint: Footprint) -> Iterator[None]:
    """Say which run the step belongs to and how deep, and hand both on to the steps inside, in whatever process."""
    run, _, depth = _around.get(os.environ.get(_VARIABLE, "")).partition(":")
    if depth.isdecimal():
        footprint.run_id, footprint.depth = run, int(depth) + 1
    own = f"{footprint.run_id}:{footprint.depth}"
    token, before = _around.set(own), os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = own
    try:
        yield
    finally:
        _around.reset(token)
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before


def _fill_first_meter(footprint: Footprint, seen: estimate.Estimate) -> None:
    footprint.kwh_codecarbon = _forward(seen.kwh)
    footprint.kwh_codecarbon_processor = _forward(seen.processor_kwh)
    footprint.kwh_codecarbon_memory = _forward(seen.memory_kwh)
    footprint.kwh_gpu = seen.gpu_kwh
    footprint.method = seen.method


def _fill_second_meter(footprint: Footprint, processor: Processor | None) -> None:
    if processor is None or footprint.wall_seconds is None:
        return
    footprint.processor = processor.name if processor.known else f"{processor.name} (not in the table)"
    footprint.watts_per_core = processor.busy_watts
    footprint.kwh_cpu = _product(footprint.cpu_seconds, processor.busy_watts / JOULES_PER_KWH)
    if footprint.cpu_seconds is not None:
        waited = max(cores() * footprint.wall_seconds - footprint.cpu_seconds, 0.0)
        footprint.kwh_idle = waited * processor.idle_watts / JOULES_PER_KWH
        footprint.kwh_low = footprint.cpu_seconds * processor.low_watts / JOULES_PER_KWH
        footprint.kwh_high = footprint.cpu_seconds * processor.high_watts / JOULES_PER_KWH


def _fill_interval(footprint: Footprint) -> None:
    """Span both meters, an estimate of codecarbon with the errors that were found in it.

    The second meter knows nothing of graphics cards, which are added to it.
    """
    cards = footprint.kwh_gpu or 0.0
    ends = (footprint.kwh_low, footprint.kwh_high)
    known = [end + cards for end in ends if end is not None]
    if (kwh := footprint.kwh_codecarbon) is not None:
        known += [kwh] if footprint.method == "measured" else [kwh * (2 - _MOST_APART), kwh * _MOST_APART]
    if known:
        footprint.kwh_low, footprint.kwh_high = min(known), max(known)


def _forward(difference: float) -> float | None:
    """Return what a counter moved by; one that stood still or went back has measured nothing."""
    return difference if difference > 0 else None


def _notes(footprint: Footprint, *, clock_moved: float) -> Iterator[str]:
    """Say what to mind of a line, in the fewest words."""
    first, second = footprint.kwh_codecarbon, footprint.kwh_cpu
    if first and second and max(first, second) > _MOST_APART * min(first, second):
        yield f"meters differ by more than {_MOST_APART - 1:.0%}"
    if not footprint.method:
        yield "codecarbon did not run"
    elif None in (footprint.cpu_seconds, first, footprint.kwh_codecarbon_processor):
        yield "too short for a meter, or its counter went back"
    if clock_moved < (footprint.wall_seconds or 0.0) - _STEP_OF_A_CLOCK:
        yield "the clock was set back: the moment may be wrong, the duration is not"
    if footprint.intensity_source.startswith("fallback"):
        yield f"the grid is not known: carbon by {footprint.intensity_source}"
    if estimate.counters_refused():
        yield "energy counters may not be read: estimated"


def _fill_carbon(footprint: Footprint) -> None:
    grid = grid_intensity(footprint.country) or world_intensity()
    footprint.gco2e_per_kwh, footprint.intensity_source = grid.gco2e_per_kwh, grid.source
    footprint.gco2e = _product(footprint.kwh_codecarbon, grid.gco2e_per_kwh)
    footprint.gco2e_cpu = _product(footprint.kwh_cpu, grid.gco2e_per_kwh)


def _product(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first * second


def cpu_seconds() -> float:
    """Return the CPU seconds, user and system, of this process and of all its descendants, living or waited for.

    A child that is waited for moves its seconds from the living to this process in one go; reading again where that
    happened in between keeps them from being missed.
    """
    for _ in range(3):
        waited = _seconds(resource.RUSAGE_CHILDREN)
        living = 0.0
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                living += sum(child.cpu_times()[:4])
        if _seconds(resource.RUSAGE_CHILDREN) == waited:
            break
    return _seconds(resource.RUSAGE_SELF) + waited + living


def _seconds(whose: int) -> float:
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime
