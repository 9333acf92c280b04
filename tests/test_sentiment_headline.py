"""The figures that a sentiment report leaves behind."""

import numpy as np
import pandas as pd
import pytest

from workbench import outputs
from workbench.sentiment.headline import headline
from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.models import Sentiment

NAMES = [
    "accuracy",
    "accuracy_baseline",
    "accuracy_polar",
    "macro_f1",
    "calibration_error",
    "coverage_at_target",
    "confidence_at_target",
    "satisfaction",
    "satisfaction_estimated",
    "messages",
    "messages_scored",
    "messages_reused",
    "model",
]


def scored(rows: int) -> Sentiment:
    rng = np.random.default_rng(0)
    chance = rng.dirichlet([0.5, 0.5, 0.5], rows)
    truth = (rng.random(rows)[:, None] > chance.cumsum(axis=1)[:, :2]).sum(axis=1)
    frame = pd.DataFrame(chance, columns=list(LABELS))
    frame["sentiment"], frame["confidence"] = np.array(LABELS)[chance.argmax(axis=1)], chance.max(axis=1)
    frame["rating"] = truth * 2.0 + 1
    frame["label"] = from_ratings(frame["rating"])
    counts = {"scored": rows - 5, "reused": 5, "twins": 0, "truncated": 0, "seconds": 0.1}
    return Sentiment(messages=frame, model="linear", fingerprint="f", **counts)


def test_every_figure_is_there_with_its_interval_and_can_be_judged():
    found = scored(1_000)
    rows = headline(found, held_out=found.messages, target_accuracy=0.85, reason="linear meets the target.")
    named = rows.set_index("name")
    assert list(named.index) == NAMES
    assert named.loc["accuracy", "low"] < named.loc["accuracy", "value"] < named.loc["accuracy", "high"]
    assert named.loc["coverage_at_target", "value"] < 1
    assert named.loc["messages_scored", "value"] == 995
    assert named.loc["model", ["value", "note"]].tolist() == ["linear", "linear meets the target."]
    judged = [outputs.key_figure(**row) for row in rows.to_dict("records")]
    assert {figure.verdict for figure in judged} == {"no target"}


@pytest.mark.parametrize("rows", [0, 29])
def test_not_enough_data_leaves_every_figure_of_the_model_open_and_says_why(rows: int):
    named = headline(scored(100), held_out=scored(rows).messages, target_accuracy=0.85).set_index("name")
    assert list(named.index) == NAMES
    assert named.loc[NAMES[:7], "value"].isna().all()
    assert named.loc[NAMES[:7], "note"].str.startswith("not enough data").all()
    assert repr(named.loc["messages", "value"]) == "100"
