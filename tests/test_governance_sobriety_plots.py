"""The figures show the figures: what is on the axes is what stood in the frame."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench import charts
from workbench.governance import sobriety_plots as plots
from workbench.governance.fields import audit_fields
from workbench.governance.lifecycle import Lifecycle

SEEN = pd.Timestamp("2025-06-15")
CUSTOMERS = ibis.memtable({"customer_id": ["1", "2"], "segment": ["a" * 3000, "b" * 2000]})
FIELDS = audit_fields({"customers": CUSTOMERS}, seen_at=SEEN)
CURVE = pd.DataFrame({"size": [1, 2, 4, 8], "name": ["a", "b", "c", "d"], "value": [0.6, 0.79, 0.8, 0.795]})
CURVE = CURVE.assign(low=lambda curve: curve["value"] - 0.0392, high=lambda curve: curve["value"] + 0.0392)


def plan(*rows):
    found = pd.DataFrame(rows, columns=["action", "due_on", "days_overdue"])
    found = found.astype({"action": "str", "due_on": "datetime64[us]", "days_overdue": int})
    return Lifecycle(customers=found, summary=pd.DataFrame(), seen_on=SEEN, note="")


PLAN = plan(
    ("delete", "2024-01-01", 531),
    ("delete", "2024-03-01", 471),
    ("merge", "2025-06-15", 0),
    ("delete", "2025-08-01", 0),
)
FIGURES = {
    "bytes": lambda ax: plots.plot_bytes(FIELDS, ax=ax),
    "bytes of nothing": lambda ax: plots.plot_bytes(audit_fields({}, seen_at=SEEN), ax=ax),
    "curve": lambda ax: plots.plot_curve(CURVE, ax=ax),
    "curve without points": lambda ax: plots.plot_curve(CURVE.head(0), ax=ax),
    "lifecycle": lambda ax: plots.plot_lifecycle(PLAN, ax=ax),
    "lifecycle of nobody": lambda ax: plots.plot_lifecycle(plan(), ax=ax),
    "lifecycle without a time": lambda ax: plots.plot_lifecycle(replace(plan(), seen_on=pd.NaT), ax=ax),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name):
    ax = plt.figure().add_subplot()
    assert FIGURES[name](ax) is ax
    assert "<svg" in charts.figure(ax, name).svg
    assert FIGURES[name](None) is not ax


def test_bytes_are_drawn_in_the_unit_that_fits():
    ax = plots.plot_bytes(FIELDS)
    assert ax.get_ylabel() == "kB"
    assert ax.patches[0].get_height() == pytest.approx(5.002)


def marked(curve):
    ax = plots.plot_curve(curve)
    return [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]


def test_the_smallest_size_within_one_error_of_the_best_is_marked():
    assert marked(CURVE) == [2]
    assert marked(CURVE.assign(se=[0.3, 0.005, 0.0, 0.01])) == [1]
    assert marked(CURVE.assign(se=[0.1, 0.005, 0.0, 0.01])) == [4]


def test_what_was_chosen_elsewhere_is_marked():
    assert marked(CURVE.assign(chosen=[False, False, True, False])) == [4]


def test_the_band_reaches_one_error_below_the_best():
    band = plots.plot_curve(CURVE).collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.78, 0.8), abs=1e-4)


def test_months_are_called_months():
    assert plots.plot_curve(CURVE.assign(name="3 months")).get_xlabel() == "months of history"
    assert plots.plot_curve(CURVE).get_xlabel() == "fields"


def test_overdue_customers_stand_before_the_month_of_the_plan():
    ax = plots.plot_lifecycle(PLAN)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["overdue", "Jun 2025", "Jul 2025", "Aug 2025"]
    heights = {container.get_label(): [bar.get_height() for bar in container] for container in ax.containers}
    assert heights == {"delete": [2, 0, 0, 1], "merge": [0, 1, 0, 0]}
    assert np.sum([*heights.values()]) == len(PLAN.customers)
