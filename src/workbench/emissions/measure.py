"""What does one call of a piece of work cost? Repeated below the meter until the window is long enough to tell.

In: a function, a meter.   Out: what it returned, and a `Measured`; sums and ratios of these.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from workbench.emissions.meter import JOULES_PER_KWH
from workbench.emissions.watts import Processor, this_processor
from workbench.ledger import Footprint

Meter = Callable[[str], AbstractContextManager[Footprint]]
_T = TypeVar("_T")

# Work that takes so many windows by itself is not repeated: what is long averages over its own ups and downs.
_LONG = 10
# Half-widths of an interval, as shares. Windows of one run share clock frequency and neighbours, so that their spread
# says too little; a single call has shown none, and gets what runs on shared machines have differed by.
_LEAST_MARGIN, _MARGIN_OF_ONE = 0.10, 0.20


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """The energy of one call by both meters; None where not measured.

    `joules` are CPU seconds times the watts of a busy core. `low` and `high` join `margin` with all watts that the
    processor may draw, in quadrature of logarithms. `margin` is the relative half-width of the 95 % interval of the
    mean over windows (Student), `spread` its relative standard error; None of one window. `joules_codecarbon` is the
    other meter's. `method` says 'measured' or 'estimated', `note` what to mind.
    """

    joules: float | None
    low: float | None
    high: float | None
    joules_codecarbon: float | None
    spread: float | None
    cpu_seconds: float | None
    seconds: float
    calls: int
    windows: int
    method: Literal["measured", "estimated"]
    note: str
    margin: float = _MARGIN_OF_ONE


def measure(
    step: str, work: Callable[[], _T], *, meter: Meter, window_seconds: float = 0.3, windows: int = 3
) -> tuple[_T, Measured]:
    """Call a piece of work below the meter, again and again where it is short; return its first result and the energy.

    The first call warms caches and says how many calls a window needs; where it is long by itself, it is the window. A
    window that comes out too short, as the first call had to load things, says it once more.

    >>> from functools import partial
    >>> from tempfile import mkdtemp
    >>> from workbench.emissions import track
    >>> meter = partial(track, notebook="value", ledger=f"{mkdtemp()}/footprint.csv", country="DE")
    >>> result, found = measure("sum", partial(sum, range(1000)), meter=meter, window_seconds=0.02)
    >>> result, found.windows, found.calls > 3, found.low < found.joules < found.high
    (499500, 3, True, True)
    """
    with meter(step) as line:
        result = work()
    if (line.wall_seconds or 0.0) >= _LONG * window_seconds:
        return result, _of_windows([line], calls=1)
    calls = _calls_within(window_seconds, line, calls=1)
    line = _window(step, work, meter=meter, calls=calls)
    if 2 * (line.wall_seconds or 0.0) < window_seconds:
        calls = _calls_within(window_seconds, line, calls=calls)
        line = _window(step, work, meter=meter, calls=calls)
    rest = [_window(step, work, meter=meter, calls=calls) for _ in range(windows - 1)]
    return result, _of_windows([line, *rest], calls=calls)


def add_up(parts: Sequence[tuple[Measured, float]]) -> Measured:
    """Return what several works take together, each so many times; not measured where one of them is not.

    Watts are those of one machine and err alike in all parts; what repeats leave open of each part is independent.
    """
    joules = _weighted([(one.joules, times) for one, times in parts])
    shares = [(one.joules or 0.0) * times / joules if joules else 0.0 for one, times in parts]
    margin = max(
        math.hypot(*(share * one.margin for share, (one, _) in zip(shares, parts, strict=True))), _LEAST_MARGIN
    )
    low, high = None, None
    if joules is not None and (processor := this_processor()) is not None:
        low, high = _ends(joules, margin, processor)
    return Measured(
        joules=joules,
        low=low,
        high=high,
        joules_codecarbon=_weighted([(one.joules_codecarbon, times) for one, times in parts]),
        spread=None,
        cpu_seconds=_weighted([(one.cpu_seconds, times) for one, times in parts]),
        seconds=sum(one.seconds * times for one, times in parts),
        calls=sum(one.calls for one, _ in parts),
        windows=min(one.windows for one, _ in parts),
        method="measured" if all(one.method == "measured" for one, _ in parts) else "estimated",
        note=_joined([one.note for one, _ in parts]),
        margin=margin,
    )


def ratio(one: Measured, other: Measured) -> tuple[float, float, float]:
    """Return how many times the energy of another one takes, low and high; NaN where either is not measured.

    On the same machine the watts of a core cancel: what is left is what repeats leave open, joined in quadrature of
    logarithms, and what the two meters disagree on. The interval spans both.
    """
    if not one.cpu_seconds or not other.cpu_seconds:
        return (np.nan,) * 3
    value = one.cpu_seconds / other.cpu_seconds
    ratios = [value]
    if one.joules_codecarbon and other.joules_codecarbon:
        ratios.append(one.joules_codecarbon / other.joules_codecarbon)
    margin = math.hypot(one.margin, other.margin)
    return value, min(ratios) * math.exp(-margin), max(ratios) * math.exp(margin)


def _calls_within(seconds: float, line: Footprint, *, calls: int) -> int:
    return max(1, math.ceil(calls * seconds / max(line.wall_seconds or 0.0, 1e-6)))


def _window(step: str, work: Callable[[], object], *, meter: Meter, calls: int) -> Footprint:
    with meter(step) as line:
        for _ in range(calls):
            work()
    return line


def _of_windows(lines: list[Footprint], *, calls: int) -> Measured:
    cpu = np.array([line.cpu_seconds for line in lines if line.cpu_seconds is not None], dtype=float) / calls
    codecarbon = [line.kwh_codecarbon * JOULES_PER_KWH for line in lines if line.kwh_codecarbon is not None]
    spread = float(cpu.std(ddof=1) / math.sqrt(len(cpu)) / cpu.mean()) if len(cpu) > 1 else None
    margin = _MARGIN_OF_ONE if spread is None else max(_student(len(cpu) - 1) * spread, _LEAST_MARGIN)
    processor = this_processor()
    joules = low = high = None
    if len(cpu) and processor is not None:
        joules = float(cpu.mean()) * processor.busy_watts
        low, high = _ends(joules, margin, processor)
    return Measured(
        joules=joules,
        low=low,
        high=high,
        joules_codecarbon=sum(codecarbon) / (calls * len(codecarbon)) if codecarbon else None,
        spread=spread,
        cpu_seconds=float(cpu.mean()) if len(cpu) else None,
        seconds=sum(line.wall_seconds or 0.0 for line in lines) / (calls * len(lines)),
        calls=calls * len(lines),
        windows=len(lines),
        method="measured" if all(line.method == "measured" for line in lines) else "estimated",
        note=_joined([line.note for line in lines]),
        margin=margin,
    )


def _student(freedom: int) -> float:
    # As long to import as all else here: whoever only meters, as every batch does, can do without.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def _ends(joules: float, margin: float, processor: Processor) -> tuple[float, float]:
    low, high = (
        math.hypot(margin, math.log(end / processor.busy_watts)) for end in (processor.low_watts, processor.high_watts)
    )
    return joules * math.exp(-low), joules * math.exp(high)


def _weighted(values: list[tuple[float | None, float]]) -> float | None:
    known = [value * times for value, times in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _joined(notes: list[str]) -> str:
    return "; ".join(dict.fromkeys(note for note in notes if note))
