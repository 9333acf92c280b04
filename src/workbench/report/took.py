"""What a batch took as a whole, its own work included.

In: the moments and CPU seconds around it, its finished runs.   Out: a `Batch`.
"""

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.report.record import Batch, Run


@dataclass(frozen=True)
class Start:
    """When a batch began: the day, and what the clocks showed."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = field(default_factory=time.monotonic)
    cpu_seconds: tuple[float, float] = field(default_factory=lambda: _cpu_seconds())


def sum_up(start: Start, runs: Sequence[Run], *, outcomes: Mapping[str, int], jobs: int) -> Batch:
    """Sum up a batch whose processes have ended.

    What it took beyond its runs, to load, to plan and to write, is priced as the runs were: by CPU seconds. Runs count
    with what they metered where they were no children of this process that it waited for, as those on a cluster.

    >>> run = Run(market="france", market_title="France", notebook="churn", title="Churn", outcome="succeeded",
    ...           started_at=datetime.now(UTC), seconds=9.0, cells_seconds=8.5, cpu_seconds=1e-9, energy_wh=1e-12)
    >>> batch = sum_up(Start(), [run], outcomes={"succeeded": 1}, jobs=2)
    >>> batch.overhead_seconds, batch.energy_wh >= 1e-12
    (0.5, True)
    """
    own = [run.seconds - run.cells_seconds for run in runs if run.cells_seconds is not None]
    here, waited_for = (now - then for now, then in zip(_cpu_seconds(), start.cpu_seconds, strict=True))
    metered = sum(run.cpu_seconds or 0.0 for run in runs)
    cpu_seconds = here + max(waited_for, metered)
    factor = cpu_seconds / metered if metered else None
    amounts = {name: _sum(runs, name, factor) for name in ("energy_wh", "energy_low_wh", "energy_high_wh", "gco2e")}
    return Batch(
        started_at=start.at,
        seconds=round(time.monotonic() - start.seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        **amounts,
        energy_method="measured" if runs and all(run.energy_method == "measured" for run in runs) else "estimated",
        overhead_seconds=round(sum(own), 2) if own else None,
        outcomes=dict(outcomes),
        kernels=" and ".join(sorted({run.kernel for run in runs if run.kernel})),
        jobs=jobs,
    )


def _sum(runs: Sequence[Run], name: str, factor: float | None) -> float | None:
    """Sum over the runs, with what the batch itself took; None where one run lacks it."""
    found = [getattr(run, name) for run in runs]
    return None if factor is None or None in found else factor * sum(found)


def _cpu_seconds() -> tuple[float, float]:
    """Return the CPU seconds of this process, and of those that it has waited for."""
    own, waited_for = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, waited_for.ru_utime + waited_for.ru_stime
