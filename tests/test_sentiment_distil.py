import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment import linear, transformer
from workbench.sentiment.distil import agreement, distil
from workbench.sentiment.labels import from_ratings


@pytest.fixture(scope="module")
def teacher(tiny_transformer):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_THREADS", "1")
        yield transformer.open(str(tiny_transformer))


@pytest.fixture(scope="module")
def messages(sample_folder):
    rows = pd.read_parquet(sample_folder / "messages.parquet").dropna(subset=["text"]).sort_values("sent_at")
    return rows.assign(label=from_ratings(rows["rating"]))


@pytest.fixture(scope="module")
def student(teacher, messages):
    return distil(teacher, messages.iloc[:1_000])


def test_the_student_says_what_the_teacher_says_of_messages_it_has_not_seen(student, teacher, messages):
    held_out = messages.iloc[1_000:2_500]
    found = agreement(student, teacher, held_out).set_index("measure")
    said = pd.Series(transformer.probabilities(teacher, held_out["text"]).argmax(axis=1))
    assert found.loc["agreement", "low"] > said.value_counts(normalize=True).max()
    assert ((found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()
    assert found["messages"].tolist() == [len(held_out), *[held_out["label"].notna().sum()] * 2]


def test_it_knows_what_it_is_and_what_it_was_taught(student, messages):
    assert student.name == "distilled"
    assert sum(student.trained_on.values()) == messages["text"].iloc[:1_000].nunique()
    assert set(student.languages) == set(messages["language"].iloc[:1_000].dropna())


def test_labels_are_not_looked_at_and_twins_count_once(teacher, messages):
    rows = messages.iloc[:300]
    student = distil(teacher, rows)
    again = distil(teacher, pd.concat([rows, rows]).assign(label="negative", weight=7.0))
    assert again.fingerprint == student.fingerprint


def test_a_sample_is_asked_about_where_there_are_many(teacher, messages):
    student = distil(teacher, messages, most=200)
    assert sum(student.trained_on.values()) == 200
    assert student.fingerprint != distil(teacher, messages, most=200, seed=1).fingerprint


def test_too_few_messages_are_refused(teacher, messages):
    for rows in (messages.iloc[:0], messages.iloc[:3], pd.concat([messages.iloc[:3]] * 40)):
        with pytest.raises(InputError, match="not enough messages to learn from a teacher"):
            distil(teacher, rows)


def test_a_teacher_of_one_opinion_is_refused(teacher, messages):
    said = transformer.probabilities(teacher, messages["text"])
    happy = messages[said[:, 2] > 0.8]
    with pytest.raises(InputError, match="says nearly the same of all"):
        distil(teacher, happy)


def test_without_labels_accuracy_is_not_known(student, teacher, messages):
    for rows in (messages.iloc[:20].drop(columns="label"), messages.iloc[:20].assign(label=None)):
        found = agreement(student, teacher, rows).set_index("measure")
        assert found["messages"].tolist() == [20, 0, 0]
        assert found["value"].isna().tolist() == [False, True, True]


def test_messages_without_text_are_left_out(student, teacher, messages):
    rows = messages.iloc[:20].assign(text=messages["text"].iloc[:20].where([True] * 15 + [False] * 5))
    assert agreement(student, teacher, rows)["messages"].iloc[0] == 15
    assert linear.probabilities(student, []).shape == (0, 3)
