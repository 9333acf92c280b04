"""The figures show the figures: what is on the axes is what stood in the frame."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench import charts
from workbench.value import follow_plots as plots
from workbench.value.concentration import concentration
from workbench.value.risk import retention_plan, value_at_risk
from workbench.value.segments import value_by_risk

CUSTOMERS = pd.DataFrame({"customer_id": [f"id{n}" for n in range(90)], "value": np.arange(90.0)})
CUSTOMERS["probability"] = np.tile([0.9, 0.5, 0.1], 30)
PLAN = retention_plan(value_at_risk(CUSTOMERS, CUSTOMERS), budget=20, contact_cost=2, save_rate=0.5)
GRID = value_by_risk(CUSTOMERS, CUSTOMERS)
CURVE = pd.DataFrame({"month": [1, 2], "survival": [0.9, 0.8], "low": [0.85, 0.7], "high": [0.95, 0.9]})
CURVE["kaplan_meier"] = [0.88, 0.79]
OBSERVED = pd.DataFrame({"month": [1, 2], "observed": [0.91, 0.77], "low": [0.8, 0.7], "high": [0.95, 0.85]})
CHANNELS = pd.DataFrame(
    {"channel": ["search", "fair"], "cac": [10.0, np.nan], "cac_low": [9.0, np.nan], "cac_high": [11.0, np.nan]}
).assign(cltv=[40.0, 30.0], cltv_low=[35.0, np.nan], cltv_high=[45.0, np.nan])
FIGURES = {
    "lorenz": lambda ax: plots.plot_lorenz(concentration(CUSTOMERS["value"]), ax=ax),
    "lorenz of nothing": lambda ax: plots.plot_lorenz(concentration(pd.Series([0.0])), ax=ax),
    "value by risk": lambda ax: plots.plot_value_by_risk(GRID, currency="EUR", ax=ax),
    "value by risk of nobody": lambda ax: plots.plot_value_by_risk(value_by_risk(CUSTOMERS[:0], CUSTOMERS), ax=ax),
    "survival": lambda ax: plots.plot_survival(CURVE, observed=OBSERVED, ax=ax),
    "acquisition": lambda ax: plots.plot_acquisition(CHANNELS, currency="EUR", ax=ax),
    "plan": lambda ax: plots.plot_plan(PLAN, currency="EUR", ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name: str) -> None:
    before = dict(mpl.rcParams)
    mine = charts.axes()
    assert FIGURES[name](mine) is mine
    assert mine.get_xlabel()
    assert len(charts.figure(mine, name).svg) < 60_000
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_makes_its_own_axes_where_none_are_given(name: str) -> None:
    assert "<svg" in charts.figure(FIGURES[name](None), name).svg


def test_the_lorenz_curve_hangs_below_equality() -> None:
    ax = plots.plot_lorenz(concentration(pd.Series([0.0, 0.0, 1.0, 1.0])))
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines["customers, Gini 0.50"] == [[0, 0], [0.25, 0], [0.5, 0], [0.75, 0.5], [1, 1]]
    plt.close(ax.figure)


def test_every_cell_says_what_to_do_for_how_many_and_how_much() -> None:
    ax = plots.plot_value_by_risk(GRID, currency="EUR")
    said = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(said) == 9
    # The upper third is worth 60 to 89; every third of them has a risk of 10 %: 62, 65, ... 89.
    assert said[(0, 2)] == "keep\n10 customers\n755 EUR"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["low", "middle", "high"]
    plt.close(ax.figure)


def test_survival_starts_with_everybody_beside_its_baseline() -> None:
    ax = plots.plot_survival(CURVE)
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines["this model, 95 % interval"] == [[0, 1], [1, 0.9], [2, 0.8]]
    assert lines["Kaplan-Meier"][2] == [2, 0.79]
    assert ax.get_ylim()[0] == 0
    plt.close(ax.figure)


def test_channels_have_cost_and_value_and_none_where_it_is_not_known() -> None:
    ax = plots.plot_acquisition(CHANNELS, currency="EUR")
    marks = {c.get_label(): c.lines[0].get_xdata().tolist() for c in ax.containers}
    assert marks["value of a customer"] == [40, 30]
    assert marks["cost to win a customer"][0] == 10
    assert np.isnan(marks["cost to win a customer"][1])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["search", "fair"]
    plt.close(ax.figure)


def test_the_plan_lies_above_the_other_orders_and_shows_the_budget() -> None:
    ax = plots.plot_plan(PLAN)
    lines = {line.get_label(): np.asarray(line.get_xydata()) for line in ax.lines}
    assert (lines["value saved"][:, 1] >= lines["probability alone"][:, 1] - 1e-9).all()
    assert lines["budget"][:, 0].tolist() == [20, 20]
    plt.close(ax.figure)
