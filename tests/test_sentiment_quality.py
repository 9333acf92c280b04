"""Quality of sentiment against scikit-learn, counted cases and simulated truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, recall_score

from workbench.errors import InputError
from workbench.sentiment.labels import LABELS
from workbench.sentiment.quality import METRICS, abstain_at, confusion, coverage, quality, reliability


def scored(rows: int, *, seed: int = 0, sharpness: float = 1.0) -> pd.DataFrame:
    """Return messages whose truth was drawn from the model's own probabilities; sharper ones are told too surely."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0, 1.5, (rows, 3))
    chance = np.exp(log_odds) / np.exp(log_odds).sum(axis=1, keepdims=True)
    truth = (rng.random(rows)[:, None] > chance.cumsum(axis=1)[:, :2]).sum(axis=1)
    told = chance**sharpness / (chance**sharpness).sum(axis=1, keepdims=True)
    frame = pd.DataFrame(told, columns=list(LABELS))
    frame["sentiment"], frame["confidence"] = np.array(LABELS)[told.argmax(axis=1)], told.max(axis=1)
    frame["label"] = np.array(LABELS)[truth]
    return frame.assign(message_id=[f"m{n}" for n in range(rows)], language=np.where(frame.index % 4, "de", "ja"))


def figures(frame: pd.DataFrame) -> pd.DataFrame:
    return quality(frame).set_index("metric")


def test_figures_agree_with_scikit_learn():
    frame = scored(1_000)
    found, truth, told = figures(frame), frame["label"], frame["sentiment"]
    assert found.loc["macro_f1", "value"] == pytest.approx(f1_score(truth, told, average="macro"))
    recalls = recall_score(truth, told, average=None, labels=list(LABELS))
    assert found.loc[[f"recall_{label}" for label in LABELS], "value"].tolist() == pytest.approx(recalls)
    assert found.loc["accuracy", "value"] == (truth == told).mean()
    assert found.loc["accuracy_baseline", "value"] == truth.value_counts(normalize=True).iloc[0]


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    truth = figures(scored(200_000))["value"]
    found = pd.concat([figures(scored(400, seed=seed)) for seed in range(1, 81)])
    held = found["low"].le(truth.reindex(found.index)) & found["high"].ge(truth.reindex(found.index))
    names = [name for name in METRICS if name not in ("calibration_error", "accuracy_baseline")]
    assert held.groupby(level=0).mean()[names].between(0.875, 1).all()


def test_polar_accuracy_asks_for_the_better_of_two():
    frame = scored(100).assign(label="negative", negative=0.3, neutral=0.6, positive=0.1, sentiment="neutral")
    found = figures(frame)
    assert found.loc[["accuracy", "accuracy_polar"], "value"].tolist() == [0, 1]


def test_calibration_error_is_small_where_sure_for_good_reason_and_large_where_not():
    assert figures(scored(20_000)).loc["calibration_error", "value"] < 0.02
    wrong = figures(scored(20_000, sharpness=4)).loc["calibration_error"]
    assert 0.1 < wrong["low"] < wrong["value"] < wrong["high"]


def test_groups_come_largest_first_and_small_ones_say_not_enough():
    frame = scored(116).assign(label=lambda rows: rows["label"].where(rows.index < 112))
    found = quality(frame, by="language")
    assert found["group"].unique().tolist() == ["de", "ja"]
    assert found.query("group == 'ja'")["messages"].eq(28).all()
    assert found.query("group == 'ja'")[["value", "low", "high"]].isna().all(axis=None)
    assert found.query("group == 'de' and metric == 'accuracy'")["messages"].tolist() == [84]


def test_confusion_and_reliability_hold_every_message():
    frame = scored(1_003)
    assert confusion(frame)["messages"].sum() == reliability(frame)["messages"].sum() == 1_003
    assert confusion(frame).groupby("truth")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert reliability(frame)["confidence"].is_monotonic_increasing


def test_the_surer_the_fewer_and_the_better():
    found = coverage(scored(5_000))
    assert found["share"].iloc[0] == 1
    assert found["share"].is_monotonic_decreasing
    assert found["accuracy"].iloc[-1] > found["accuracy"].iloc[0] + 0.2


def test_abstaining_is_chosen_on_older_messages_and_measured_on_newer_ones():
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(4_000), unit="h")
    frame = scored(4_000).assign(sent_at=days).sample(frac=1, random_state=0)
    found = abstain_at(frame, target=0.8)
    newer = frame.sort_values("sent_at").iloc[2_000:].query("confidence >= @found.confidence")
    assert (found.messages, found.accuracy) == (len(newer), (newer["label"] == newer["sentiment"]).mean())
    assert found.low < 0.8 < found.high
    assert 0.2 < found.share < 0.7


@pytest.mark.parametrize(("rows", "target", "why"), [(59, 0.5, "not enough data"), (400, 1.0, "no confidence")])
def test_where_no_confidence_would_do_the_reason_says_so(rows: int, target: float, why: str):
    found = abstain_at(scored(rows, sharpness=0.01), target=target)
    assert found.confidence is None
    assert found.reason.startswith(why)


@pytest.mark.parametrize("labels", [[], ["positive"], ["negative"] * 40, [None] * 50])
def test_what_cannot_be_measured_is_missing_and_never_an_error(labels: list):
    frame = scored(len(labels)).assign(label=pd.Series(labels, dtype="str"))
    assert len(quality(frame)) == len(METRICS)
    assert len(confusion(frame)) == 9
    assert coverage(frame)["messages"].le(len(labels)).all()
    assert reliability(frame)["messages"].sum() == sum(label is not None for label in labels)


@given(st.integers(30, 300), st.integers(0, 1_000))
def test_values_lie_within_their_intervals(rows: int, seed: int):
    found = quality(scored(rows, seed=seed)).dropna()
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()


def test_wrong_input_is_named_with_what_is_allowed():
    with pytest.raises(InputError, match="no column 'langage'; did you mean 'language'"):
        quality(scored(50), by="langage")
    with pytest.raises(InputError, match=r"column 'label': 50 values are none of negative, neutral, positive"):
        confusion(scored(50).assign(label="good"))
    with pytest.raises(InputError, match=r"target: 85 is no share"):
        abstain_at(scored(50), target=85)
