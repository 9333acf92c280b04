"""Ever more to learn from: where quality stops to grow, what a training takes, and what less of it saves."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from workbench import charts
from workbench.contest import Contender
from workbench.emissions.compare_plots import of_less, plot_less
from workbench.emissions.less import Less, less
from workbench.emissions.watts import WATTS_VARIABLE
from workbench.ledger import Footprint

NOW = [0.0]


@contextmanager
def meter(step: str) -> Iterator[Footprint]:
    """Meter a core whose seconds pass only as work says."""
    line, began = Footprint(started_at="", notebook="", step=step, country="DE", method="estimated"), NOW[0]
    yield line
    line.wall_seconds = line.cpu_seconds = NOW[0] - began


def point(size: int, *, rights: int, moved: int = 0, fails: bool = False) -> Contender:
    """Return a model that is right of so many of 1,000 and learns a size of 100 in a second."""

    def train() -> None:
        if fails:
            raise ValueError("customer 4711")
        NOW[0] += size / 100

    right = np.roll(np.arange(1000) < rights, moved).astype(float)
    return Contender(name=str(size), title="", train=train, score=lambda _model: right, judge=np.asarray)


def found(*points: Contender) -> Less:
    return less(points, of="churn", metric="AUC", unit="examples", meter=meter)


@pytest.fixture(autouse=True)
def _four_watts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATTS_VARIABLE, "4")


@pytest.fixture
def curve() -> Less:
    return found(
        point(100, rights=700), point(200, rights=799, moved=2), point(400, rights=800), point(1000, rights=800)
    )


def test_the_smallest_within_one_standard_error_is_enough(curve: Less):
    # Two of 1,000 are lost and one is gained: 0.001 behind with an error of 0.0017.
    assert curve.size == 200
    assert curve.curve["chosen"].tolist() == [False, True, False, False]
    assert curve.curve["behind"].to_numpy() == pytest.approx([0.1, 0.001, 0, 0])
    assert curve.curve["joules"].to_numpy() == pytest.approx([4, 8, 16, 40])


def test_the_saving_is_that_of_a_training_against_all(curve: Less):
    value, low, high = curve.saving_share
    assert value == pytest.approx(1 - 200 / 1000)
    assert low < value < high
    assert curve.loss[0] == pytest.approx(0.001)
    assert "beyond 200 of 1,000 examples the AUC gains no more than one standard error" in curve.sentence
    assert "saves 80%" in curve.sentence


def test_where_all_is_needed_nothing_is_saved():
    whole = found(point(100, rights=700), point(200, rights=800))
    assert (whole.size, whole.saving_share) == (200, (0.0, 0.0, 0.0))
    assert "all 200 examples are needed" in whole.sentence


def test_too_few_sizes_are_not_enough_data_and_a_failure_names_no_customer():
    for points, why in (
        ((), "0 sizes"),
        ((point(1, rights=1),), "1 size "),
        ((point(1, rights=1, fails=True),), "ValueError"),
    ):
        nothing = found(*points)
        assert nothing.size is None
        assert np.isnan([*nothing.saving_share, *nothing.loss]).all()
        assert why in nothing.sentence
        assert "4711" not in nothing.sentence
        assert list(of_less(nothing).values()) == [nothing.sentence]


def test_without_the_largest_there_is_no_curve_and_it_is_named():
    nothing = found(point(100, rights=700), point(200, rights=800), point(400, rights=800, fails=True))
    assert (nothing.size, len(nothing.curve)) == (None, 0)
    assert nothing.sentence == "churn, fewer examples: 400 was left out: it failed with ValueError."


def test_another_size_that_fails_is_named_beside_the_curve():
    rest = found(point(100, rights=700), point(200, rights=800, fails=True), point(400, rights=800))
    assert rest.curve["size"].tolist() == [100, 400]
    assert rest.sentence.endswith("200 was left out: it failed with ValueError.")


def test_a_saving_that_could_be_none_is_not_claimed():
    # Half a second of ten less: the meters' interval goes beyond that.
    same = found(point(950, rights=800), point(1000, rights=800))
    assert same.saving_share[0] > 0 > same.saving_share[1]
    assert same.sentence.endswith("would do, but fewer save no energy that these meters surely see.")


def test_the_page_shows_quality_and_energy_at_every_size(curve: Less):
    shown = of_less(curve)
    frame = next(part for part in shown.values() if isinstance(part, pd.DataFrame))
    assert frame["examples"].tolist() == [100, 200, 400, 1000]
    assert frame["joules of a training"].str.startswith(("4 (", "8 (", "16 (", "40 (")).all()
    ticks = [tick.get_text() for tick in plot_less(curve).get_xticklabels()]
    assert ticks == ["100\n4 J", "200\n8 J", "400\n16 J", "1,000\n40 J"]
    assert "one standard error" in charts.show(shown)._repr_html_()
