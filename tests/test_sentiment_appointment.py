"""Candidates, the trial below a meter, and what the next run goes on with."""

from contextlib import contextmanager
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench import sentiment
from workbench.sentiment.appointment import appoint, candidates
from workbench.sentiment.memory import recall

GOAL = {"target_accuracy": 0.9, "languages": ["de"]}


@pytest.fixture(scope="module")
def rows(sample_folder):
    found = pd.read_parquet(sample_folder / "messages.parquet").query("language == 'de'").head(300)
    return sentiment.gather(found, languages=["de"]).rows


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def meter(steps):
    @contextmanager
    def measure(step):
        steps.append(step)
        yield SimpleNamespace(kwh_cpu=1e-6)

    return measure


@pytest.fixture(scope="module")
def first(rows, meter):
    return appoint(rows, candidates(rows), meter=meter, **GOAL)


def test_a_linear_model_is_tried_where_labels_are_enough(rows):
    assert list(candidates(rows)) == ["shipped", "linear"]
    assert list(candidates(rows.head(20))) == ["shipped"]
    assert list(candidates(rows, ["acme/mood"])) == ["shipped", "linear", "distilled", "acme/mood"]


def test_a_student_learns_from_the_first_transformer_opened_in_the_same_way(rows):
    found = candidates(rows.head(0), ["acme/mood", "acme/joy"], int8=True)
    assert found["distilled"] == {"model": "distilled", "teacher": "acme/mood", "int8": True, "allow_pickle": False}
    assert found["acme/joy"]["int8"]


def test_every_candidate_is_metered_and_the_chosen_one_learns_from_all(first, steps, rows):
    assert first.reason.startswith("A model is chosen anew: no model has been chosen for this market yet.")
    assert first.choice.chosen == "linear"
    assert [step for step in steps if "linear" in step][:2] == ["learn: linear", "score again and again: linear"]
    assert sum(first.model.trained_on.values()) == rows["label"].notna().sum()
    assert first.readable is first.model


def test_a_kept_model_stays_and_says_the_same(first, rows, meter):
    again = appoint(rows, candidates(rows), meter=meter, kept=first.kept, **GOAL)
    assert "may stay" in again.reason
    assert again.model.fingerprint == first.model.fingerprint
    pd.testing.assert_frame_equal(again.choice.table, first.choice.table)
    pd.testing.assert_frame_equal(again.curve.points, first.curve.points)
    assert again.curve.verdict == first.curve.verdict
    pd.testing.assert_frame_equal(again.choice.held_out, first.choice.held_out)


def test_what_is_scored_once_is_not_read_again(first, rows):
    once = sentiment.score(first.model, rows)
    again = sentiment.score(first.model, rows, earlier=once.messages)
    assert (again.scored, again.reused) == (0, len(rows))
    pd.testing.assert_frame_equal(again.messages, once.messages)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"target_accuracy": 0.5}, "target_accuracy was 0.9, is 0.5"),
        ({"languages": ["de", "fr"]}, "languages was"),
        ({"retrain_after": 0.0}, "retrain_after is 0"),
        ({"kept": b"PK not what it was"}, "cannot be used"),
    ],
)
def test_a_model_is_chosen_anew_where_something_changed(first, rows, meter, changed, why):
    given = {"kept": first.kept, **GOAL, **changed}
    assert why in appoint(rows, {"shipped": {"model": "shipped"}}, meter=meter, **given).reason


def test_labels_that_have_grown_call_for_a_new_model(first, rows):
    grown = pd.concat([rows, rows.assign(message_id="again-" + rows["message_id"])])
    settings = {"candidates": candidates(rows), **GOAL, "seed": 0}
    found = recall(first.kept, grown, settings=settings, options=candidates(rows))
    assert "labelled messages have grown by 100%" in found.reason
    assert found.model is None
