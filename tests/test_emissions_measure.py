"""Energy of one call: repeats, both meters, an interval of repeats and power, ratios in which power cancels."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workbench.emissions.measure import Measured, add_up, measure, ratio
from workbench.emissions.watts import WATTS_VARIABLE
from workbench.ledger import Footprint

KWH = 3.6e6


class Machine:
    """Work that takes a core's seconds, as told for each call (the last one for all that follow), and its meter."""

    def __init__(self, *seconds: float, codecarbon_watts: float | None = None, blind: bool = False) -> None:
        self.seconds, self.codecarbon_watts, self.blind = list(seconds), codecarbon_watts, blind
        self.calls, self.now = 0, 0.0

    def work(self) -> int:
        self.now += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
        return self.calls

    @contextmanager
    def meter(self, step: str) -> Iterator[Footprint]:
        line, began = Footprint(started_at="", notebook="", step=step, country="DE", method="estimated"), self.now
        yield line
        line.wall_seconds = self.now - began
        line.cpu_seconds = None if self.blind else line.wall_seconds
        if self.codecarbon_watts:
            line.kwh_codecarbon = line.wall_seconds * self.codecarbon_watts / KWH

    def measured(self) -> Measured:
        return measure("s", self.work, meter=self.meter)[1]


@pytest.fixture(autouse=True)
def _four_watts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, "4")


def test_short_work_is_repeated_until_a_window_is_long_enough() -> None:
    machine = Machine(0.1)
    result, found = measure("s", machine.work, meter=machine.meter)
    assert (result, machine.calls, found.calls, found.windows) == (1, 1 + 3 * 3, 9, 3)
    assert (found.cpu_seconds, found.joules) == (pytest.approx(0.1), pytest.approx(0.4))


def test_a_first_call_that_loads_things_neither_counts_nor_makes_windows_short() -> None:
    machine = Machine(1.0, 0.01)
    found = machine.measured()
    # One call to load, one that shows how short they are, three windows of 30.
    assert (machine.calls, found.calls, found.cpu_seconds) == (92, 90, pytest.approx(0.01))


def test_long_work_is_done_once_and_its_interval_is_wide() -> None:
    machine = Machine(20.0)
    found = machine.measured()
    assert (machine.calls, found.windows, found.joules, found.spread) == (1, 1, 80.0, None)
    assert (found.low, found.high) == (pytest.approx(80 * math.exp(-0.2)), pytest.approx(80 * math.exp(0.2)))


def test_what_no_meter_saw_is_not_measured_and_no_nought() -> None:
    found = Machine(0.3, blind=True).measured()
    assert (found.joules, found.low, found.high, found.joules_codecarbon, found.cpu_seconds) == (None,) * 5
    assert math.isnan(ratio(found, found)[0])
    assert add_up([(Machine(0.3).measured(), 1.0), (found, 5.0)]).joules is None


def test_power_is_in_the_interval_of_one_but_cancels_in_a_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATTS_VARIABLE)
    small, large = Machine(0.3, codecarbon_watts=10).measured(), Machine(3.0, codecarbon_watts=5).measured()
    assert small.high / small.low > 1.5
    value, low, high = ratio(large, small)
    assert value == pytest.approx(10)
    # codecarbon says five times. A single call leaves .2 open, windows that agree .1; both meters are inside.
    assert (low, high) == (
        pytest.approx(5 / math.exp(math.hypot(0.2, 0.1))),
        pytest.approx(10 * math.exp(math.hypot(0.2, 0.1))),
    )


def test_the_spread_of_windows_widens_the_interval() -> None:
    calm, wild = Machine(0.3).measured(), Machine(0.5, 0.5, 1.0, 1.5).measured()
    # The standard error is .5 / sqrt(3), and Student's t of two degrees of freedom 4.303.
    assert (wild.spread, wild.margin) == (pytest.approx(0.5 / math.sqrt(3)), pytest.approx(4.303 * 0.2887, rel=1e-3))
    assert calm.margin == 0.1


def test_works_add_up_each_so_many_times_and_their_errors_by_their_size() -> None:
    training, scoring = Machine(20.0, codecarbon_watts=8).measured(), Machine(0.3, codecarbon_watts=8).measured()
    cycle = add_up([(training, 1.0), (scoring, 100.0)])
    assert (cycle.cpu_seconds, cycle.joules) == (pytest.approx(50), pytest.approx(200))
    assert cycle.joules_codecarbon == pytest.approx(400)
    # Two fifths of it known to .2, three fifths to .1: less than .1 is never claimed.
    assert cycle.margin == pytest.approx(math.hypot(0.4 * 0.2, 0.6 * 0.1))
    assert add_up([(scoring, 1.0), (scoring, 1.0)]).margin == 0.1
