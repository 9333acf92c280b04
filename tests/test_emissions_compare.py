"""The cheapest that is good enough is chosen; savings, losses and the front are as worked out by hand."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import charts
from workbench.contest import Contender, Task
from workbench.emissions.compare import Comparison, compare, total_saving
from workbench.emissions.compare_plots import of_comparison, plot_pareto
from workbench.emissions.watts import WATTS_VARIABLE
from workbench.errors import InputError
from workbench.ledger import Footprint


class Machine:
    """A core whose seconds pass only as work says, and its meter; codecarbon sees as many watts as work says."""

    def __init__(self, *, blind: bool = False) -> None:
        self.now, self.joules, self.blind = 0.0, 0.0, blind

    @contextmanager
    def meter(self, step: str) -> Iterator[Footprint]:
        line = Footprint(started_at="", notebook="", step=step, country="DE", method="estimated")
        began, before = self.now, self.joules
        yield line
        line.wall_seconds = self.now - began
        line.cpu_seconds = None if self.blind else line.wall_seconds
        line.kwh_codecarbon = (self.joules - before) / 3.6e6

    def contender(
        self,
        name: str,
        right: np.ndarray,
        *,
        training: float = 1.0,
        scoring: float = 0.1,
        watts: float = 4.0,
        fails: Exception | None = None,
    ) -> Contender:
        """Return one whose scores are right or not (1, 0), and whose work takes so many seconds."""

        def work(seconds: float) -> None:
            self.now += seconds
            self.joules += seconds * watts

        def train() -> str:
            if fails:
                raise fails
            work(training)
            return name

        def score(_model: str) -> np.ndarray:
            work(scoring)
            return right

        return Contender(name=name, title=f"the {name} one", train=train, score=score, judge=np.asarray)


def right(share: float, *, of: int = 1000, offset: int = 0) -> np.ndarray:
    """Return so many rights, from the place `offset` on."""
    return np.roll(np.arange(of) < share * of, offset).astype(float)


def task(*contenders: Contender, **changes: Any) -> Task:
    about: dict[str, Any] = {"judged": 1000, "volume": 2000, "scorings": 30, "tolerance": 0.005, "metric": "accuracy"}
    return Task(name="mood", unit="messages", contenders=contenders, **about | changes)


def compared(machine: Machine, *contenders: Contender, baseline: str = "", **changes: Any) -> Comparison:
    return compare(task(*contenders, **changes), meter=machine.meter, baseline=baseline)


@pytest.fixture(autouse=True)
def _four_watts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, "4")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def three(machine: Machine) -> list[Contender]:
    """Return a rule that is bad, a small one, and a large one that is no better than the small one."""
    return [
        machine.contender("rule", right(0.6), training=0.01, scoring=0.001),
        machine.contender("small", right(0.9), training=1.0, scoring=0.1),
        machine.contender("large", right(0.9, offset=5), training=40.0, scoring=1.0),
    ]


def test_energies_are_those_of_a_score_a_training_and_a_cycle(machine: Machine, three: list[Contender]):
    row = compared(machine, *three).table.set_index("model").loc["small"]
    assert row["joules_per_1000"] == pytest.approx(0.1 * 4)
    assert row["training_joules"] == pytest.approx(1.0 * 4)
    # Once learnt, 2,000 messages 30 times, of which a call scores 1,000.
    assert row[["cycle_joules", "cycle_joules_codecarbon"]].tolist() == pytest.approx([(1.0 + 60 * 0.1) * 4] * 2)
    assert row["cycle_joules_low"] < row["cycle_joules"] < row["cycle_joules_high"]


def test_the_cheapest_good_enough_is_chosen_and_the_dearest_is_the_baseline(machine: Machine, three: list[Contender]):
    found = compared(machine, *three)
    assert (found.chosen, found.baseline) == ("small", "large")
    saved, low, high = found.saving_share
    assert saved == pytest.approx(1 - 7 / 100)
    assert low < saved < high < 1
    assert found.table["pareto"].tolist() == [True, True, False]
    assert "the small one (accuracy 0.900" in found.reason
    assert "saves 93.0%" in found.reason


def test_a_loss_is_that_of_paired_differences(machine: Machine):
    # 10 of 1,000 that the large one gets right and the small one does not: a standard error of 0.00315.
    small, large = machine.contender("small", right(0.9)), machine.contender("large", right(0.91), training=50.0)
    found = compared(machine, small, large, tolerance=0.02)
    error = math.sqrt(0.01 * 0.99 / 999)
    assert found.chosen == "small"
    assert found.loss == pytest.approx((0.01, 0.01 - 1.96 * error, 0.01 + 1.96 * error), rel=1e-4)
    assert "loses 0.0100 (0.0038 to 0.0162) accuracy" in found.reason


@pytest.mark.parametrize(("tolerance", "chosen"), [(0.005, "large"), (0.011, "small")])
def test_what_lies_further_behind_than_the_tolerance_is_out_of_question(
    machine: Machine, tolerance: float, chosen: str
):
    small, large = machine.contender("small", right(0.9)), machine.contender("large", right(0.91), training=50.0)
    assert compared(machine, small, large, tolerance=tolerance).chosen == chosen


def test_a_difference_within_one_standard_error_does_not_count(machine: Machine):
    # Two that the large one alone gets right and one that the small one does: 2.5 points of 40, an error of 4.3.
    small = machine.contender("small", right(0.9, of=40, offset=2))
    found = compared(machine, small, machine.contender("large", right(0.925, of=40), training=50.0), judged=40)
    assert found.chosen == "small"
    assert found.loss[0] == pytest.approx(0.025)


def test_of_those_in_question_one_that_meets_the_target_is_taken(machine: Machine):
    small, large = machine.contender("small", right(0.896)), machine.contender("large", right(0.9), training=50.0)
    assert compared(machine, small, large, target=0.9).chosen == "large"
    missed = compared(machine, small, large, target=0.95)
    assert missed.chosen == "small"
    assert missed.reason.endswith("It does not meet the target of 0.95.")


def test_of_two_that_the_meters_cannot_tell_apart_the_better_is_taken(machine: Machine):
    worse, better = (
        machine.contender("worse", right(0.9), scoring=0.1),
        machine.contender("better", right(0.902), scoring=0.11),
    )
    found = compared(machine, worse, better)
    assert (found.chosen, found.saving_share) == ("better", (0.0, 0.0, 0.0))
    assert "is kept" in found.reason


def test_the_baseline_can_be_named_and_a_misspelt_one_is_refused(machine: Machine, three: list[Contender]):
    found = compared(machine, *three, baseline="small")
    assert (found.baseline, found.saving_share) == ("small", (0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="did you mean 'large'"):
        compared(machine, *three, baseline="larg")


def test_the_largest_of_a_task_is_the_baseline_where_it_took_part(machine: Machine, three: list[Contender]):
    assert compared(machine, *three, largest="small").baseline == "small"
    assert compared(machine, *three, largest="small", baseline="large").baseline == "large"
    assert compared(machine, *three, largest="huge").baseline == "large"
    broken = machine.contender("huge", right(1.0), fails=ValueError())
    assert compared(machine, *three, broken, largest="huge").baseline == "large"


def test_a_named_baseline_that_fails_is_not_replaced(machine: Machine, three: list[Contender]):
    broken = machine.contender("huge", right(1.0), fails=ValueError())
    found = compared(machine, *three, broken, baseline="huge")
    assert (found.chosen, found.baseline) == (None, None)
    assert "the baseline huge took no part; huge was left out: it failed with ValueError" in found.reason


def test_one_that_takes_more_than_a_cheap_baseline_says_how_many_times(machine: Machine, three: list[Contender]):
    found = compared(machine, *three, baseline="rule")
    # Of 1 + 60 x 0.1 seconds against 0.01 + 60 x 0.001.
    assert "it takes 100 times (" in found.reason
    assert "saves" not in found.reason
    assert found.saving_share[0] == pytest.approx(-99)


def test_one_that_alone_lies_close_enough_is_not_called_the_cheapest(machine: Machine):
    small, large = machine.contender("small", right(0.8)), machine.contender("large", right(0.9), training=50.0)
    assert "is the only one that lies close enough" in compared(machine, small, large, baseline="small").reason


def test_where_the_meters_disagree_the_interval_spans_both(machine: Machine):
    # By codecarbon, which sees the large one at a tenth of the watts, the small one saves nothing.
    small = machine.contender("small", right(0.9))
    large = machine.contender("large", right(0.9), training=10.0, scoring=1.0, watts=0.4)
    saved, low, high = compared(machine, small, large).saving_share
    assert saved == pytest.approx(0.9)
    assert low < 0 < 0.9 < high < 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("customer 4711 is odd"), "broken was left out: it failed with ValueError"),
        (InputError("model 'x': not there"), "broken was left out: model 'x': not there"),
        (RuntimeError(), "broken was left out: it failed with RuntimeError"),
    ],
)
def test_one_that_fails_is_left_out_and_no_word_of_the_data_reaches_the_page(
    machine: Machine, three: list[Contender], error: Exception, said: str
):
    found = compared(machine, *three, machine.contender("broken", right(1.0), fails=error))
    assert found.chosen == "small"
    assert said in found.note
    assert "4711" not in charts.show(of_comparison(found))._repr_html_()


def test_what_cannot_be_judged_is_left_out(machine: Machine, three: list[Contender]):
    found = compared(machine, *three, machine.contender("odd", np.full(1000, np.nan)))
    assert "odd was left out: what it scored cannot be judged" in found.note


def test_without_contenders_data_or_meters_nothing_is_told_and_the_page_says_why():
    blind, seeing = Machine(blind=True), Machine()
    cases = {
        "not enough data: 3 customers": compared(seeing, note="not enough data: 3 customers", judged=0),
        "29 messages to judge by, 30 needed": compared(
            seeing, *(seeing.contender(name, right(0.5, of=29)) for name in "ab"), judged=29
        ),
        "not measured": compared(blind, *(blind.contender(name, right(0.5)) for name in "ab")),
        "1 model": compared(seeing, seeing.contender("a", right(0.5))),
    }
    for why, found in cases.items():
        assert (found.chosen, found.baseline, len(found.table)) == (None, None, 0)
        assert np.isnan([*found.saving_share, *found.loss]).all()
        assert why in charts.show(of_comparison(found))._repr_html_()


def test_savings_are_weighed_by_what_each_baseline_takes(machine: Machine, three: list[Contender]):
    first = compared(machine, *three)
    second = compared(machine, *three[1:], scorings=0)
    nothing = compared(machine, note="not enough data: 3 customers")
    value, low, high, note = total_saving([first, second, nothing])
    # Of 100 and 40 seconds of the large one, 7 and 1 are left.
    assert value == pytest.approx(1 - 8 / 140)
    assert low < value < high
    assert "mood: small against large" in note
    assert note.endswith("mood is not in it: not enough data: 3 customers")
    assert math.isnan(total_saving([nothing])[0])


@given(st.lists(st.tuples(st.integers(30, 100), st.integers(1, 50)), min_size=2, max_size=6))
def test_nothing_on_the_front_is_beaten_and_what_is_chosen_is_in_question(kinds: list[tuple[int, int]]):
    machine = Machine()
    many = [
        machine.contender(f"m{place}", right(share / 100, of=100), training=float(seconds))
        for place, (share, seconds) in enumerate(kinds)
    ]
    table = compared(machine, *many, judged=100).table
    for row in table.itertuples():
        better = (table["quality"] > row.quality) & (table["cycle_joules"] < row.cycle_joules)
        assert not (row.pareto and better.any())
    assert table["pareto"].any()
    assert table.loc[table["chosen"], "in_question"].tolist() == [True]
    assert (table["behind"] >= 0).all()


def test_the_page_shows_every_model_its_part_and_hostile_titles_escaped(machine: Machine, three: list[Contender]):
    bad = machine.contender("<b>bad</b>", right(0.9), training=100.0, scoring=2.0)
    found = compared(machine, *three, bad, target=0.85)
    shown = of_comparison(found)
    html = charts.show(shown)._repr_html_()
    assert "<b>bad" not in html
    assert "small – chosen" in html
    frame = next(part for part in shown.values() if isinstance(part, pd.DataFrame))
    assert frame[""].tolist() == ["no other beats it", "chosen", "", "baseline"]
    assert frame["a cycle"].str.match(r"[\d.,]+ \([\d.,]+ to [\d.,]+\)").all()
    assert plot_pareto(found).get_xscale() == "log"
