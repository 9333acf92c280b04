"""What the batch itself cost: every report's time, energy and carbon, and those of the latest batch as a whole.

In: the last run of each notebook x market, the latest batch.   Out: `Costs`, with sums by market and of all; facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.report import words
from workbench.report.record import Batch, Run


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What runs took together; a figure of None was not measured, in `not_measured` of them or in all.

    Ends are sums of ends, as meters err alike every time; None where a run has none.
    """

    reports: int
    seconds: float
    energy_wh: float | None
    low_wh: float | None
    high_wh: float | None
    gco2e: float | None
    method: str
    not_measured: int


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One market: what each report took, None where there is none yet, and all of them."""

    title: str
    cells: tuple[Cost | None, ...]
    total: Cost


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Markets x notebooks by their titles, and the sums of notebooks and of all."""

    notebooks: tuple[str, ...]
    lines: tuple[CostLine, ...]
    sums: CostLine


def costs(runs: Sequence[Run], *, titles: Mapping[str, str], notebooks: Mapping[str, str]) -> Costs:
    """Add up what runs took; `titles` and `notebooks` map names to titles, in the order of the table."""
    names = [name for name in notebooks if any(run.notebook == name for run in runs)]
    by_market = [(title, [run for run in runs if run.market == market]) for market, title in titles.items()]
    lines = [_line(title, own, names) for title, own in by_market if own]
    return Costs(
        notebooks=tuple(notebooks[name] for name in names), lines=tuple(lines), sums=_line("All markets", runs, names)
    )


def cost(runs: Sequence[Run]) -> Cost:
    """Add up what runs took.

    >>> from datetime import datetime
    >>> run = Run(market="france", market_title="France", notebook="churn", title="Churn", outcome="succeeded",
    ...           started_at=datetime(2026, 3, 1), seconds=60.0, energy_wh=0.25, gco2e=14.0, energy_method="estimated")
    >>> both = cost([run, run])
    >>> both.energy_wh, both.low_wh, both.gco2e, both.method
    (0.5, None, 28.0, 'estimated')
    """
    metered = [run for run in runs if run.energy_wh is not None]
    methods = sorted({run.energy_method or "estimated" for run in metered})
    return Cost(
        reports=len(runs),
        seconds=sum(run.seconds for run in runs),
        energy_wh=_sum([run.energy_wh for run in metered]),
        low_wh=_sum([run.energy_low_wh for run in metered]),
        high_wh=_sum([run.energy_high_wh for run in metered]),
        gco2e=_sum([run.gco2e for run in metered]),
        method=" and ".join(methods),
        not_measured=len(runs) - len(metered),
    )


def batch_facts(batch: Batch | None) -> dict[str, str]:
    """Say by name what a batch took as a whole, its own work included.

    >>> from datetime import datetime, timezone
    >>> at = datetime(2026, 3, 1, 14, 2, tzinfo=timezone.utc)
    >>> batch = Batch(started_at=at, seconds=90.0, cpu_seconds=120.0, overhead_seconds=3.0, kernels="warm", jobs=2,
    ...               outcomes={"succeeded": 5, "failed": 1})
    >>> batch_facts(batch)["Runs"], batch_facts(batch)["Beyond the notebooks' own work"]
    ('5 succeeded, 1 failed', '3.0 s, 0.50 s a run')
    >>> batch_facts(batch)["Energy"], batch_facts(None)
    ('not measured', {})
    """
    if batch is None:
        return {}
    return {
        "Began": words.moment(batch.started_at),
        "Took": words.duration(batch.seconds),
        "Processor time": _duration(batch.cpu_seconds),
        "Runs": ", ".join(f"{number} {outcome}" for outcome, number in batch.outcomes.items() if number) or "none",
        "Kernels": f"{batch.kernels or 'not known'}, {batch.jobs} at once at most",
        "Beyond the notebooks' own work": _overhead(batch),
        "Energy": words.energy(
            batch.energy_wh, low=batch.energy_low_wh, high=batch.energy_high_wh, method=batch.energy_method
        ),
        "Carbon": words.carbon(batch.gco2e),
    }


def _duration(seconds: float | None) -> str:
    return "not measured" if seconds is None else words.duration(seconds)


def _overhead(batch: Batch) -> str:
    """Write what a batch took of its own, and its part in each run; a run that was not needed is none."""
    runs = sum(number for outcome, number in batch.outcomes.items() if outcome != "unchanged")
    each = "" if batch.overhead_seconds is None or not runs else f", {batch.overhead_seconds / runs:.2f} s a run"
    return f"{_duration(batch.overhead_seconds)}{each}"


def _line(title: str, runs: Sequence[Run], names: Sequence[str]) -> CostLine:
    by_name = [[run for run in runs if run.notebook == name] for name in names]
    return CostLine(title=title, cells=tuple(cost(own) if own else None for own in by_name), total=cost(runs))


def _sum(amounts: Sequence[float | None]) -> float | None:
    """Return the sum; None of nothing, and where one is missing."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None
