"""The figures of explanations show what stood in the frames."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench import charts
from workbench.explain import plots
from workbench.explain.contributions import Drivers

IMPORTANCE = pd.DataFrame(
    [("recency_days", 0.9, "more raises"), ("plan", 0.5, "differs by value"), ("orders", 0.4, "no effect")],
    columns=["column", "importance", "direction"],
).assign(others=[2, 0, 0], low=0.1, high=1.0)
DRIVERS = Drivers(contributions=pd.DataFrame(), base=0.0, importance=IMPORTANCE, seconds=0.0)
NUMBERS = pd.DataFrame({"value": np.linspace(0, 9, 200), "contribution": np.linspace(-1, 1, 200)})
WORDS = pd.DataFrame({"value": ["a", "a", "b", "c"], "contribution": [1.0, 3.0, -2.0, 0.0]})
FIGURES = {
    "drivers": lambda ax: plots.plot_drivers(DRIVERS, ax=ax),
    "dependence on numbers": lambda ax: plots.plot_dependence(NUMBERS, column="recency_days", ax=ax),
    "dependence on words": lambda ax: plots.plot_dependence(WORDS, column="plan", subject="value", ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_or_its_own(name: str) -> None:
    mine = charts.axes()
    assert FIGURES[name](mine) is mine
    assert mine.get_xlabel() or mine.get_title(loc="left")
    plt.close(mine.figure)
    assert "<svg" in charts.figure(FIGURES[name](None), name).svg


def test_drivers_come_strongest_on_top_with_name_and_direction() -> None:
    ax = plots.plot_drivers(DRIVERS, top=2)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["plan ●", "days since the last order ▲"]
    assert [text.get_text() for text in ax.texts] == ["with 2 like it"]
    assert sorted(bar.get_width() for bar in ax.patches) == [0.5, 0.9]
    plt.close(ax.figure)


def test_categories_are_sorted_by_what_they_contribute() -> None:
    ax = plots.plot_dependence(WORDS, column="plan")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b (25%)", "c (25%)", "a (50%)"]
    assert ax.collections[-1].get_offsets()[:, 0].tolist() == [-2.0, 0.0, 2.0]
    plt.close(ax.figure)
