"""The figures and tables of a replay show its figures, and fit a report."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from test_emissions_replay import RISING, replayed
from test_emissions_retraining import ageing, rows_of
from workbench import charts
from workbench.emissions import replay_plots as plots
from workbench.emissions.replay import not_replayed

FOUND = replayed(RISING, joules_per_start=1.0)
TRAINED = rows_of(ageing())
FEW = replayed({name: array[:20] for name, array in RISING.items()})
NOBODY_LEFT = replayed(RISING | {"left": np.zeros_like(RISING["left"])})
FIGURES = {
    "policies": lambda ax: plots.plot_policies(FOUND, ax=ax),
    "policies without a loss": lambda ax: plots.plot_policies(NOBODY_LEFT, ax=ax),
    "lateness": lambda ax: plots.plot_lateness(FOUND, ax=ax),
    "lateness of few": lambda ax: plots.plot_lateness(FEW, ax=ax),
    "retraining": lambda ax: plots.plot_retraining(TRAINED, ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name):
    ax = plt.figure().add_subplot()
    assert FIGURES[name](ax) is ax
    assert "<svg" in charts.figure(ax, name).svg
    assert FIGURES[name](None) is not ax


def test_a_policy_stands_at_its_energy_with_its_loss_beside_it():
    ax = plots.plot_policies(FOUND)
    weekly = FOUND.table.set_index("policy").loc["everyone, weekly"]
    place = [label.get_text() for label in ax.get_yticklabels()].index("everyone, weekly")
    points = {float(line.get_ydata()[0]): float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1}
    assert points[place] == pytest.approx(1 - weekly["scoring_saving_share"])
    assert f"{weekly['loss_share']:.2%} lost" in ax.texts[place].get_text()


def test_the_page_names_the_policy_its_price_and_its_terms():
    shown = charts.show(plots.of_replay(FOUND))._repr_html_()
    assert FOUND.chosen in shown
    assert "times as much" in shown
    assert "wh starts" in shown
    assert all(text.split(";")[0] in shown for text in FOUND.assumptions)


def test_without_enough_data_the_page_says_so_and_still_shows_what_policies_take():
    shown = plots.of_replay(FEW)
    assert "not enough data" in shown["frugal policy"]
    assert isinstance(shown["What each policy of scoring would have taken and lost"], pd.DataFrame)


def test_of_what_was_not_replayed_the_page_shows_the_reason_alone():
    assert plots.of_replay(not_replayed("no orders.")) == {"frugal policy": "Policies of scoring: no orders."}
    few = "not enough data: 0 months with a model and a known outcome; 3 are needed."
    assert plots.of_retraining(rows_of(pd.DataFrame())) == {"frugal training": f"Policies of training: {few}"}


@pytest.mark.parametrize("customers", [1, 15])
def test_a_small_market_has_a_page(customers):
    random = np.random.default_rng(customers)
    arrays = {name: array[:customers] for name, array in RISING.items()}
    risk = np.where(random.random((customers, 1)) < 0.4, np.nan, arrays["risk"]).astype(np.float32)
    for scored in (risk, np.full_like(risk, np.nan)):
        shown = charts.show(plots.of_replay(replayed(arrays | {"risk": scored})))._repr_html_()
        assert "Policies of scoring: not enough data" in shown


def test_scoring_and_training_can_stand_on_one_page():
    scored, trained = plots.of_replay(FOUND), plots.of_retraining(TRAINED)
    assert len(scored | trained) == len(scored) + len(trained)


def test_the_page_of_retraining_writes_intervals_out():
    shown = charts.show(plots.of_retraining(TRAINED))._repr_html_()
    assert "half-yearly" in shown
    assert "0.0000 (0.0000 to 0.0000)" in shown
