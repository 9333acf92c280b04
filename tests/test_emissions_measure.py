"""Energy of one call: repeats, both meters, an interval of repeats and power, ratios in which power cancels."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workbench.emissions.ledger import Footprint
from workbench.emissions.measure import measure, ratio
from workbench.emissions.watts import WATTS_VARIABLE

KWH = 3.6e6


class Clock:
    """A meter that says what it is told: seconds of a core a window, watt-seconds by codecarbon."""

    def __init__(self, *cpu: float | None, wall: float = 0.1, codecarbon: float | None = None) -> None:
        self.cpu, self.wall, self.codecarbon, self.steps = list(cpu), wall, codecarbon, 0

    @contextmanager
    def __call__(self, step: str) -> Iterator[Footprint]:
        line = Footprint(started_at="", notebook="", step=step, country="DE", method="estimated")
        yield line
        line.wall_seconds, line.cpu_seconds = self.wall, self.cpu[min(self.steps, len(self.cpu) - 1)]
        line.kwh_codecarbon = None if self.codecarbon is None else self.codecarbon / KWH
        self.steps += 1


@pytest.fixture(autouse=True)
def _four_watts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, "4")


def test_short_work_is_repeated_until_a_window_is_long_enough():
    called: list[int] = []
    result, found = measure("s", lambda: called.append(1), meter=Clock(9.0, 0.3, wall=0.1))
    assert (len(called), found.calls, found.windows, result) == (1 + 3 * 3, 9, 3, None)
    assert found.cpu_seconds == pytest.approx(0.1)
    assert found.joules == pytest.approx(0.4)


def test_long_work_is_done_once_and_its_interval_is_wide():
    called: list[int] = []
    _, found = measure("s", lambda: called.append(1), meter=Clock(20.0, wall=20.0))
    assert (len(called), found.windows, found.joules) == (1, 1, 80.0)
    assert found.low == pytest.approx(80 * math.exp(-0.2))


def test_what_no_meter_saw_is_not_measured_and_no_nought():
    _, found = measure("s", lambda: None, meter=Clock(None))
    assert (found.joules, found.low, found.high, found.joules_codecarbon) == (None,) * 4
    assert math.isnan(ratio(found, found)[0])


def test_power_is_in_the_interval_of_one_but_cancels_in_a_ratio(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(WATTS_VARIABLE)
    _, small = measure("s", lambda: None, meter=Clock(0.3, codecarbon=3.0))
    _, large = measure("s", lambda: None, meter=Clock(3.0, codecarbon=15.0))
    assert small.high / small.low > 1.5
    value, low, high = ratio(large, small)
    assert value == pytest.approx(10)
    # codecarbon says five times: both are inside, and no more than repeats leave open beyond them.
    assert 4 < low < 5
    assert 10 < high < 12


def test_the_spread_of_windows_widens_the_interval():
    _, calm = measure("s", lambda: None, meter=Clock(0, 1.0, 1.0, 1.0))
    _, wild = measure("s", lambda: None, meter=Clock(0, 0.5, 1.0, 1.5))
    # t with two degrees of freedom, 4.303, times .5 / sqrt(3).
    assert wild.spread == pytest.approx(4.303 * 0.5 / math.sqrt(3), rel=1e-3)
    assert calm.spread < wild.spread
