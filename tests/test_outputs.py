"""Results of a market: whole or not at all, judged against their targets, read back as they were."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import outputs
from workbench.errors import InputError
from workbench.outputs import key_figure

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
bounds = st.none() | st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("value", "at_least", "at_most", "target", "verdict"),
    [
        (0.80, 0.8, None, ">= 0.8", "met"),
        (0.79, 0.8, None, ">= 0.8", "missed"),
        (0.03, None, 0.03, "<= 0.03", "met"),
        (0.04, None, 0.03, "<= 0.03", "missed"),
        (0.50, 0.8, 0.9, ">= 0.8 and <= 0.9", "missed"),
        (0.85, 0.8, 0.9, ">= 0.8 and <= 0.9", "met"),
        (0.95, 0.8, 0.9, ">= 0.8 and <= 0.9", "missed"),
        (np.float32(0.9), 0.8, None, ">= 0.8", "met"),
        (np.int64(7), 8, None, ">= 8", "missed"),
        ("logistic", None, None, None, "no target"),
        (3, None, None, None, "no target"),
    ],
)
def test_a_figure_is_judged_against_its_target(value, at_least, at_most, target, verdict):
    figure = key_figure("auc", value, at_least=at_least, at_most=at_most)
    assert (figure.target, figure.verdict) == (target, verdict)


@pytest.mark.parametrize("value", [None, math.nan, np.nan, np.float32("nan"), pd.NA, pd.NaT, math.inf, -np.inf])
def test_what_is_missing_or_infinite_is_not_measured(value):
    figure = key_figure("auc", value, low=value, high=value, at_least=0.8)
    assert (figure.value, figure.low, figure.high, figure.verdict) == (None, None, None, "not measured")
    assert figure.target == ">= 0.8"


@given(numbers | st.none() | st.text(), bounds, bounds)
def test_a_verdict_is_met_exactly_when_the_value_lies_within_the_targets(value, at_least, at_most):
    figure = key_figure("x", value, at_least=at_least, at_most=at_most)
    measured = isinstance(value, int | float)
    inside = measured and (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    judged = measured and (at_least is not None or at_most is not None)
    assert (figure.verdict == "met") == (judged and inside)
    assert (figure.verdict == "missed") == (judged and not inside)
    assert (figure.verdict == "not measured") == (value is None)


@given(st.text(), numbers | st.none() | st.text(), st.none() | numbers, st.text())
def test_figures_are_read_back_as_they_were_saved(name, value, low, note):
    figure = key_figure(name, value, low=low, unit="€", note=note)
    with TemporaryDirectory() as folder:
        home = outputs.open("germany", reports=folder)
        path = home.save_results("churn", [figure, figure])
        assert home.results("churn") == [figure, figure]
        assert json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail) == [asdict(figure)] * 2


def test_numbers_of_numpy_are_saved_as_numbers(tmp_path):
    home = outputs.open("germany", reports=tmp_path)
    home.save_results("churn", [key_figure("customers", np.int64(7), low=np.float32(0.5), high=np.float64(9))])
    assert [(one.value, one.low, one.high) for one in home.results("churn")] == [(7, 0.5, 9.0)]


def test_a_notebook_that_has_not_run_has_no_figures_and_a_broken_file_is_said(tmp_path):
    home = outputs.open("germany", reports=tmp_path)
    assert home.results("churn") == []
    for content in ("{", '[{"name": "auc"}]', "[3]"):
        path = outputs.write_whole(tmp_path / "germany/results/churn.json", content)
        with pytest.raises(InputError, match="holds no key figures; run the notebook 'churn' again") as caught:
            home.results("churn")
        assert str(caught.value).startswith(str(path))


def test_a_later_notebook_reads_the_table_of_an_earlier_one(tmp_path):
    home = outputs.open("germany", reports=tmp_path)
    frame = pd.DataFrame({"customer_id": ["a", "b"], "probability": [0.25, np.nan]})
    assert home.save_table("churn", "retention", frame).name == "churn.retention.parquet"
    pd.testing.assert_frame_equal(home.table("churn", "retention"), frame)
    assert (home.holds("churn", "retention"), home.holds("value", "customers")) == (True, False)
    with pytest.raises(InputError, match="run the notebook 'value' of this market first"):
        home.table("value", "customers")


def test_a_model_is_kept_for_the_runs_to_come(tmp_path):
    home = outputs.open("germany", reports=tmp_path)
    assert home.model("sentiment", "linear") is None
    assert home.save_model("sentiment", "linear", b"weights").name == "sentiment.linear.npz"
    assert home.model("sentiment", "linear") == b"weights"


@pytest.mark.parametrize("market", ["../germany", "..", ".", "", "a/b", "/etc"])
def test_no_market_leads_out_of_the_reports(market):
    with pytest.raises(InputError, match="must be a plain name"):
        outputs.open(market)


def test_reports_lie_below_the_project_wherever_one_works(tmp_path, monkeypatch):
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks" / "drafts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "drafts")
    assert outputs.open("germany").folder == tmp_path / "reports" / "germany"
    monkeypatch.chdir(tmp_path.parent)
    assert outputs.project_root() == tmp_path.parent


@given(st.binary(), st.binary())
def test_a_file_is_replaced_whole_and_nothing_stays_beside_it(before, after):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "page.html"
        outputs.write_whole(path, before)
        assert outputs.write_whole(path, after).read_bytes() == after
        assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = outputs.write_whole(tmp_path / "page.html", "Ä old")
    with pytest.raises(UnicodeEncodeError):
        outputs.write_whole(path, "new \ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        outputs.write_whole(tmp_path / "folder", "text")
    assert path.read_text(encoding="utf-8") == "Ä old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "page.html"]


def test_an_interrupted_write_leaves_the_old_folder(tmp_path):
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "sample.json").write_text('{"synthetic": true}')

    def interrupted():
        with outputs.replaced_whole(tmp_path / "crm") as new:
            (new / "orders.parquet").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["sample.json"]
