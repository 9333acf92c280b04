"""The models of sentiment as contenders: what each is given, and how it is judged."""

import numpy as np
import pandas as pd
import pytest

from workbench import sentiment
from workbench.sentiment import models
from workbench.sentiment.contest import contest, fewer_messages
from workbench.sentiment.labels import LABELS
from workbench.sentiment.messages import split


@pytest.fixture(scope="module")
def rows(sample_folder):
    found = pd.read_parquet(sample_folder / "messages.parquet").query("language == 'de'").head(300)
    return sentiment.gather(found, languages=["de"]).rows


@pytest.fixture(scope="module")
def task(rows):
    return contest(rows, target=0.9)


def made(messages):
    """Return messages of two classes that differ in a number only."""
    return pd.DataFrame(
        {
            "message_id": [str(number) for number in range(messages)],
            "sent_at": pd.Timestamp("2026-05-01") + pd.to_timedelta(np.arange(messages), unit="min"),
            "text": [f"{('bad', 'good')[number % 2]} {number}" for number in range(messages)],
            "text_hash": np.arange(messages, dtype="uint64"),
            "label": ["negative", "positive"] * (messages // 2),
        }
    )


def test_the_task_says_what_is_compared_and_how_much_of_it_there_is(task, rows):
    assert [one.name for one in task.contenders] == ["shipped", "linear", "compact"]
    assert (task.judged, task.volume, task.scorings) == (len(split(rows)[1]), len(rows), 1)
    assert (task.metric, task.unit, task.tolerance, task.target, task.note) == ("accuracy", "messages", 0.01, 0.9, "")
    assert task.largest == "compact"


@pytest.mark.parametrize("name", ["shipped", "linear"])
def test_a_contender_is_judged_as_the_appointment_judges_it(task, rows, name):
    learn, held_out = split(rows)
    one = next(one for one in task.contenders if one.name == name)
    right = one.judge(one.score(one.train()))
    scored = models.score(models.fit(learn, model=name), held_out).messages
    assert right.tolist() == (scored["sentiment"] == scored["label"]).astype(float).tolist()


def test_every_text_is_read_whenever_it_scores_twins_too():
    rows = made(200)
    rows.loc[160:, ["text", "text_hash", "label"]] = ["twin of others", 7_000, "positive"]
    task = contest(rows)
    first, second = (task.contenders[0].score(task.contenders[0].train()) for _ in range(2))
    assert (len(first), task.judged) == (50, 50)
    assert first is not second
    np.testing.assert_array_equal(first, second)


def test_the_likeliest_label_counts(task, rows):
    truth = split(rows)[1]["label"].map(LABELS.index).to_numpy()
    told = np.eye(3, dtype=np.float32)[truth]
    assert task.contenders[0].judge(told).tolist() == [1.0] * len(truth)
    assert task.contenders[0].judge(np.roll(told, 1, axis=1)).sum() == 0


def test_a_transformer_that_cannot_be_opened_stays_away_and_is_named(rows, tiny_transformer):
    task = contest(rows, transformers=["./no/such/folder", str(tiny_transformer)])
    assert [one.name for one in task.contenders] == ["shipped", "linear", "compact", "distilled", str(tiny_transformer)]
    assert task.note == "not compared: transformer './no/such/folder': there is no such folder"
    assert task.contenders[3].train.keywords["teacher"] == str(tiny_transformer)
    large = task.contenders[-1]
    assert task.largest == large.name
    assert large.score(large.train()).shape == (task.judged, 3)


def test_without_any_transformer_that_opens_the_small_ones_go_on(rows):
    task = contest(rows, transformers=["./no/such/folder"])
    assert task.largest == "compact"
    assert [one.name for one in task.contenders] == ["shipped", "linear", "compact"]


@pytest.mark.parametrize("rows", [made(0), made(40), made(200).assign(label=None)])
def test_too_few_labelled_messages_give_no_contenders(rows):
    task = contest(rows)
    assert (task.contenders, task.volume) == ((), len(rows))
    assert task.note.startswith(f"not enough data: {task.judged} labelled message")
    assert fewer_messages(rows) == []


def test_labels_of_one_kind_teach_nothing_and_that_is_said():
    task = contest(made(200).assign(label="positive"))
    assert [one.name for one in task.contenders] == ["shipped"]
    assert "not compared: labelled messages to learn from are too few, or of one class only" in task.note
    assert fewer_messages(made(200).assign(label="positive")) == []


def test_what_the_compact_one_leaves_out_is_said():
    assert (
        contest(made(14_000)).note == "the compact transformer learns from 10,000 of 10,500 labelled messages, by lot"
    )


def test_less_is_learnt_from_growing_parts_and_judged_on_the_same_messages(rows):
    found = fewer_messages(rows, shares=(0.02, 0.5, 1.0))
    learn, held_out = split(rows)
    assert [one.name for one in found] == [str(round(len(learn) / 2)), str(len(learn))]
    trained = [one.train() for one in found]
    assert [sum(model.trained_on.values()) for model in trained] == [int(one.name) for one in found]
    assert [len(one.judge(one.score(model))) for one, model in zip(found, trained, strict=True)] == [len(held_out)] * 2
    parts = [one.train.args[0]["message_id"] for one in found]
    assert set(parts[0]) < set(parts[1])


def test_a_compact_one_learns_from_less_and_what_learns_from_no_messages_does_not():
    found = fewer_messages(made(14_000), model="compact", shares=(0.5, 1.0))
    assert [one.name for one in found] == ["5000", "10000"]
    assert {one.train.keywords["model"] for one in found} == {"compact"}
    assert [fewer_messages(made(200), model=name) for name in ("shipped", "distilled", "acme/mood")] == [[], [], []]


def test_the_lot_follows_the_seed(rows):
    first, again, other = (fewer_messages(rows, seed=seed)[0].train.args[0]["message_id"] for seed in (0, 0, 1))
    assert first.tolist() == again.tolist()
    assert set(first) != set(other)
