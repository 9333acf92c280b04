"""The figures show the figures: what is on the axes is what stood in the frame."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import simulated_shop as world
from workbench import charts
from workbench.value import plots
from workbench.value.season import even_season, season

DAYS = pd.date_range("2022-01-01", "2023-12-31")
BUSY = season(pd.Series(np.where(DAYS.month == 12, 20.0, 10.0), index=DAYS), as_of=pd.Timestamp("2024-01-01"))
DECILES = pd.DataFrame({"predicted": [1.0, 5.0], "spent": [2.0, 4.0], "low": [1.0, 3.0], "high": [3.0, 6.0]})
FIGURES = {
    "season": lambda ax: plots.plot_season(BUSY, ax=ax),
    "no season": lambda ax: plots.plot_season(even_season("no season"), ax=ax),
    "candidates": lambda ax: plots.plot_candidates(world.tested(), ax=ax),
    "totals": lambda ax: plots.plot_totals(world.tested(), ax=ax),
    "deciles": lambda ax: plots.plot_deciles(DECILES, currency="EUR", ax=ax),
    "deciles of nothing": lambda ax: plots.plot_deciles(DECILES * 0, ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name: str) -> None:
    before = dict(mpl.rcParams)
    mine = charts.axes()
    assert FIGURES[name](mine) is mine
    assert mine.get_ylabel() or mine.get_xlabel()
    assert len(charts.figure(mine, name).svg) < 60_000
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_makes_its_own_axes_where_none_are_given(name: str) -> None:
    assert "<svg" in charts.figure(FIGURES[name](None), name).svg
    assert plt.get_fignums() == []


def test_a_bar_is_a_months_factor() -> None:
    ax = plots.plot_season(BUSY)
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(BUSY.factors)
    assert ax.get_xticklabels()[-1].get_text() == "Dec"
    assert BUSY.factors.argmax() == 11
    plt.close(ax.figure)


def test_a_season_that_is_not_known_is_empty_bars_of_one() -> None:
    ax = plots.plot_season(even_season(""))
    assert {bar.get_height() for bar in ax.patches} == {1.0}
    assert all(bar.get_facecolor()[3] == 0 for bar in ax.patches)
    assert len(ax.containers) == 1
    plt.close(ax.figure)


def test_candidates_stand_simplest_first_with_the_chosen_marked() -> None:
    ax, tested = plots.plot_candidates(world.tested()), world.tested()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == "past rate"
    assert [name for name in names if name.endswith("◆")] == [f"{plots.TITLES[tested.model]} ◆"]
    means = tested.summary.query("metric == 'spearman'").set_index("model")["value"]
    drawn = {name.removesuffix(" ◆"): one[0].get_xdata()[0] for name, one in zip(names, ax.containers, strict=True)}
    assert drawn == {plots.TITLES[name]: means[name] for name in means.dropna().index}
    plt.close(ax.figure)


def test_totals_have_a_mark_for_every_candidate_and_cutoff_but_nobody() -> None:
    ax, folds = plots.plot_totals(world.tested()), world.tested().folds
    assert [label.get_text() for label in ax.get_xticklabels()] == [f"{c:%d %b %Y}" for c in world.CUTOFFS[1:]]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "nobody buys" not in legend
    own = folds.query("metric == 'total_ratio' and model == 'past_rate'").sort_values("cutoff")["value"]
    drawn = {one.get_label(): one[0].get_ydata() for one in ax.containers}
    assert drawn["past rate"].tolist() == own.tolist()
    assert ax.get_yscale() == "log"
    plt.close(ax.figure)


def test_deciles_are_drawn_against_the_diagonal_on_a_square() -> None:
    ax = plots.plot_deciles(DECILES, currency="EUR")
    assert ax.get_xlim() == ax.get_ylim() == (0, pytest.approx(6.3))
    diagonal, marks = ax.lines[0], ax.containers[0][0]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert marks.get_xydata().tolist() == [[1, 2], [5, 4]]
    assert ax.get_ylabel() == "mean spend (EUR)"
    plt.close(ax.figure)
