"""The figures show the figures: what is on the axes is what stood in the frame."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench import charts
from workbench.churn import plots
from workbench.churn.backtest import Backtest

CUTOFFS = pd.to_datetime(["2024-01-01", "2024-04-01"])
BINS = pd.DataFrame(
    {"predicted": [0.1, 0.6], "observed": [0.0, 0.7], "low": [0.0, 0.5], "high": [0.2, 0.8], "customers": [90, 40]}
)
DECILES = pd.DataFrame({"decile": range(1, 11), "capture": np.linspace(0.3, 1, 10)}).assign(low=0.2, high=1.0)
QUALITY = pd.DataFrame(
    [(when, model, value) for model, value in (("recency", 0.7), ("trees", 0.8)) for when in CUTOFFS],
    columns=["cutoff", "model", "value"],
).assign(metric="auc", scope="local", low=lambda frame: frame["value"] - 0.02, high=lambda frame: frame["value"] + 0.02)
TESTED = Backtest(
    model="trees",
    scope="local",
    calibration="none",
    reason="",
    candidates=pd.DataFrame(),
    calibrations=pd.DataFrame(),
    folds=QUALITY,
    summary=QUALITY.drop_duplicates("model"),
    scores=pd.DataFrame(),
)
UNDATED = replace(TESTED, folds=QUALITY.assign(cutoff=pd.NaT))
FIGURES = {
    "calibration": lambda ax: plots.plot_calibration(BINS, probability=pd.Series([0.1, 0.6]), ax=ax),
    "capture": lambda ax: plots.plot_capture(DECILES, churn_rate=0.3, ax=ax),
    "quality by cut-off": lambda ax: plots.plot_quality(TESTED, target=0.75, ax=ax),
    "quality over folds": lambda ax: plots.plot_quality(UNDATED, target=0.75, ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name: str) -> None:
    before = dict(mpl.rcParams)
    mine = charts.axes()
    assert FIGURES[name](mine) is mine
    assert mine.get_xlabel() or mine.get_title(loc="left")
    assert len(charts.figure(mine, name).svg) < 100_000
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_makes_its_own_axes_where_none_are_given(name: str) -> None:
    assert "<svg" in charts.figure(FIGURES[name](None), name).svg


def test_capture_is_drawn_between_random_order_and_perfect_foresight() -> None:
    ax = plots.plot_capture(DECILES, churn_rate=0.25)
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines["perfect foresight"] == [[0, 0], [0.25, 1], [1, 1]]
    assert lines["this model, 95 % interval"][1] == [0.1, pytest.approx(0.3)]
    assert lines["random order"] == [[0, 0], [1, 1]]
    plt.close(ax.figure)


def test_quality_names_every_candidate_the_chosen_first_and_the_target_last() -> None:
    ax = plots.plot_quality(TESTED, target=0.75)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["trees", "recency", "target 0.75"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["01 Jan 2024", "01 Apr 2024"]
    assert ax.get_ylabel() == "AUC"
    plt.close(ax.figure)


def test_candidates_of_two_scopes_are_told_apart_and_those_without_dates_have_a_row_each() -> None:
    both = pd.concat([UNDATED.summary, UNDATED.summary.assign(scope="pooled")])
    ax = plots.plot_quality(replace(UNDATED, summary=both, scope="pooled"))
    names = ["trees, pooled", "recency, local", "trees, local", "recency, pooled"]
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    plt.close(ax.figure)
