"""The figures show the figures: what is on the axes is what stood in the frame, in every script."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from workbench import charts
from workbench.sentiment import plots
from workbench.sentiment.curve import fit_curve
from workbench.sentiment.trend import by_group, over_time

LABELS = ("negative", "neutral", "positive")
PAIRS = pd.MultiIndex.from_product([LABELS, LABELS], names=["truth", "predicted"]).to_frame(index=False)
CONFUSION = PAIRS.assign(messages=range(9), share=[0.8, 0.1, 0.1, np.nan, np.nan, np.nan, 0, 0.5, 0.5])
QUALITY = pd.DataFrame({"group": ["de", "ja"], "metric": "accuracy", "value": [0.8, np.nan], "messages": [90, 12]})
QUALITY = QUALITY.assign(low=QUALITY["value"] - 0.1, high=QUALITY["value"] + 0.1)
BINS = pd.DataFrame({"confidence": [0.5, 0.9], "accuracy": [0.4, 0.8], "low": 0.3, "high": 0.9, "share": [1.0, 0.4]})
TIMES = np.repeat(pd.date_range("2026-01-01", periods=6, freq="MS"), 100)
SCORED = pd.DataFrame({"sent_at": TIMES, "sentiment": (["positive"] * 80 + ["negative"] * 20) * 6})
SCORED.loc[SCORED.index >= 540, "sentiment"] = "negative"
TREND = over_time(SCORED)
GROUPS = by_group(SCORED.assign(channel=["email", "chat", "社交"] * 200), "channel")
TABLE = pd.DataFrame({"model": ["linear", "xlm"], "accuracy": [0.8, 0.9], "joules_per_1000": [1e-6, 1e-2]})
TABLE = TABLE.assign(low=0.7, high=0.95, chosen=[True, False])
RATINGS = pd.DataFrame({"rating": np.repeat([1, 5], 3), "sentiment": LABELS * 2, "messages": [7, 2, 1, 0, 0, 4]})
RATINGS["share"] = [0.7, 0.2, 0.1, 0, 0, 1]
TERMS = pd.DataFrame({"term": ["最高", "बहुत अच्छा", "schlecht", "متأخر"], "contribution": [0.9, 0.4, -0.8, -0.2]})
TERMS = TERMS.assign(direction=["positive", "positive", "negative", "negative"], messages=9)
SIZES = np.array([60, 60, 240, 1_000])
CURVE = fit_curve(SIZES, np.arange(400) < 400 * (0.9 - SIZES[:, None] ** -0.5), target=0.88)
FIGURES = {
    "confusion": lambda ax: plots.plot_confusion(CONFUSION, ax=ax),
    "quality": lambda ax: plots.plot_quality(QUALITY, target=0.85, ax=ax),
    "reliability": lambda ax: plots.plot_reliability(BINS, ax=ax),
    "coverage": lambda ax: plots.plot_coverage(BINS, target=0.85, ax=ax),
    "curve": lambda ax: plots.plot_curve(CURVE, ax=ax),
    "over time": lambda ax: plots.plot_over_time(TREND, ax=ax),
    "candidates": lambda ax: plots.plot_candidates(TABLE, target=0.85, ax=ax),
    "by group": lambda ax: plots.plot_by_group(GROUPS, ax=ax),
    "agreement": lambda ax: plots.plot_agreement(RATINGS, ax=ax),
    "terms": lambda ax: plots.plot_terms(TERMS, ax=ax),
}
EMPTY = {
    "quality": lambda: plots.plot_quality(QUALITY[:0]),
    "coverage": lambda: plots.plot_coverage(BINS[:0]),
    "reliability": lambda: plots.plot_reliability(BINS[:0]),
    "over time": lambda: plots.plot_over_time(over_time(SCORED[:0])),
    "by group": lambda: plots.plot_by_group(GROUPS[:0]),
    "agreement": lambda: plots.plot_agreement(RATINGS[:0]),
    "terms": lambda: plots.plot_terms(TERMS[:0]),
    "curve": lambda: plots.plot_curve(replace(CURVE, points=CURVE.points[:0], line=CURVE.line[:0])),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_the_given_axes_and_fits_a_report(name: str) -> None:
    before = dict(mpl.rcParams)
    mine = charts.axes()
    assert FIGURES[name](mine) is mine
    assert mine.get_xlabel()
    assert len(charts.figure(mine, name).svg) < 100_000
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_makes_its_own_axes_where_none_are_given(name: str) -> None:
    assert "<svg" in charts.figure(FIGURES[name](None), name).svg


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw_is_no_error(name: str) -> None:
    assert "<svg" in charts.figure(EMPTY[name](), name).svg


def test_terms_of_every_script_stay_letters_and_stand_across_from_their_bars() -> None:
    ax = plots.plot_terms(TERMS, top=2)
    places = {text.get_text(): text.get_ha() for text in ax.texts}
    assert places == {"最高": "right", "बहुत अच्छा": "right", "متأخر": "left", "schlecht": "left"}
    svg = charts.figure(ax, "Terms").svg
    assert all(term in svg for term in TERMS["term"])


def test_the_strongest_terms_are_shown_and_those_for_stand_above_those_against() -> None:
    ax = plots.plot_terms(TERMS, top=1)
    assert [text.get_text() for text in ax.texts] == ["最高", "schlecht"]
    plt.close(ax.figure)


def test_groups_name_their_size_and_whether_it_is_enough() -> None:
    ax = plots.plot_quality(QUALITY)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["de (90)", "ja (12, not enough)"]
    plt.close(ax.figure)


def test_marked_changes_have_a_ring_where_they_are() -> None:
    ax = plots.plot_over_time(TREND)
    rings = next(found for found in ax.collections if found.get_label() == "marked change")
    assert sorted(rings.get_offsets()[:, 1].tolist()) == pytest.approx([0.32, 0.68], abs=0.2)
    assert len(TREND.changes) == 2
    plt.close(ax.figure)


def test_candidates_stand_by_energy_or_side_by_side_where_it_is_unknown() -> None:
    ax = plots.plot_candidates(TABLE)
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["linear (chosen)", "xlm"]
    other = plots.plot_candidates(TABLE.assign(joules_per_1000=[1e-6, np.nan]))
    assert other.get_xlabel() == "energy not measured for every model"
    for drawn in (ax, other):
        plt.close(drawn.figure)


def test_candidates_without_an_accuracy_leave_no_point_to_stand_on():
    nothing = TABLE.assign(accuracy=np.nan, low=np.nan, high=np.nan, chosen=[True, False])
    assert plots.plot_candidates(nothing, target=0.9).get_xscale() == "linear"
