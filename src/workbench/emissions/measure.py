"""What does one call of a piece of work cost? Repeated below the meter until the window is long enough to tell.

In: a function, a meter.   Out: what it returned, and a `Measured`; the ratio of two of these.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from scipy.special import stdtrit

from workbench.emissions.ledger import Footprint
from workbench.emissions.meter import JOULES_PER_KWH
from workbench.emissions.watts import this_processor

Meter = Callable[[str], AbstractContextManager[Footprint]]
_T = TypeVar("_T")

# Work that takes so many windows by itself is not repeated: what is long averages over its own ups and downs.
_LONG = 10
# Half-widths, as shares. Windows of one run share clock frequency and neighbours, so that their spread says too little;
# a single call has shown none, and gets what repeated runs on shared machines differ by.
_LEAST_SPREAD, _SPREAD_OF_ONE = 0.10, 0.20


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """The energy of one call by both meters; None where not measured.

    `joules` are CPU seconds times the watts of a busy core; `low` and `high` join the 95 % interval of the mean over
    windows, relative `spread`, with all watts that the processor may draw. `joules_codecarbon` is the other meter's.
    `method` says 'measured' or 'estimated'; `note` what to mind.
    """

    joules: float | None
    low: float | None
    high: float | None
    joules_codecarbon: float | None
    spread: float
    cpu_seconds: float | None
    seconds: float
    calls: int
    windows: int
    method: Literal["measured", "estimated"]
    note: str


def measure(
    step: str, work: Callable[[], _T], *, meter: Meter, window_seconds: float = 0.3, windows: int = 3
) -> tuple[_T, Measured]:
    """Call a piece of work below the meter, again and again where it is short; return its first result and the energy.

    The first call warms caches and tells how many calls a window needs; where it is long by itself, it is the window.
    """
    with meter(step) as first:
        result = work()
    lines, calls = [first], 1
    if (first.wall_seconds or 0.0) < _LONG * window_seconds:
        calls = max(1, math.ceil(window_seconds / max(first.wall_seconds or 0.0, 1e-6)))
        lines = [_window(step, work, meter=meter, calls=calls) for _ in range(windows)]
    return result, _summed(lines, calls=calls)


def ratio(one: Measured, other: Measured) -> tuple[float, float, float]:
    """Return how many times the energy of another one takes, low and high; NaN where either is not measured.

    On the same machine the watts of a core cancel: what is left is the spread of repeats, and what the two meters
    disagree on. The interval spans both.
    """
    if not one.cpu_seconds or not other.cpu_seconds:
        return (np.nan,) * 3
    value = one.cpu_seconds / other.cpu_seconds
    ratios = [value]
    if one.joules_codecarbon and other.joules_codecarbon:
        ratios.append(one.joules_codecarbon / other.joules_codecarbon)
    margin = math.hypot(one.spread, other.spread)
    return value, min(ratios) * math.exp(-margin), max(ratios) * math.exp(margin)


def _window(step: str, work: Callable[[], object], *, meter: Meter, calls: int) -> Footprint:
    with meter(step) as line:
        for _ in range(calls):
            work()
    return line


def _summed(lines: list[Footprint], *, calls: int) -> Measured:
    processor = this_processor()
    cpu = _mean([line.cpu_seconds for line in lines], calls)
    codecarbon = _mean([line.kwh_codecarbon for line in lines], calls)
    spread = _spread(np.array([line.cpu_seconds or np.nan for line in lines]))
    joules = low = high = None
    if cpu is not None and processor is not None:
        joules = cpu * processor.busy_watts
        low, high = (
            joules * math.exp(sign * math.hypot(spread, math.log(end / processor.busy_watts)))
            for sign, end in ((-1, processor.low_watts), (1, processor.high_watts))
        )
    return Measured(
        joules=joules,
        low=low,
        high=high,
        joules_codecarbon=None if codecarbon is None else codecarbon * JOULES_PER_KWH,
        spread=spread,
        cpu_seconds=cpu,
        seconds=sum(line.wall_seconds or 0.0 for line in lines) / (calls * len(lines)),
        calls=calls * len(lines),
        windows=len(lines),
        method="measured" if all(line.method == "measured" for line in lines) else "estimated",
        note="; ".join(dict.fromkeys(line.note for line in lines if line.note)),
    )


def _mean(values: list[float | None], calls: int) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / (calls * len(known)) if known else None


def _spread(cpu: np.ndarray) -> float:
    """Return the relative half-width of the mean's 95 % interval (Student), no less than neighbours leave open."""
    known = cpu[np.isfinite(cpu)]
    if len(known) < 2:
        return _SPREAD_OF_ONE
    margin = stdtrit(len(known) - 1, 0.975) * known.std(ddof=1) / math.sqrt(len(known)) / known.mean()
    return float(max(margin, _LEAST_SPREAD))
