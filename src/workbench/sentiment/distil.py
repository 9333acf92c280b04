"""A small student of a large model: can a linear model that costs next to nothing say what the transformer says?

In: a transformer, a market's messages, labelled or not.   Out: a linear model; how far the two agree.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import wilson
from workbench.sentiment import linear, transformer
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import LEAST, LEAST_OF_A_CLASS, LinearModel
from workbench.sentiment.transformer import Progress, TransformerModel

# What the teacher holds for less likely than this teaches next to nothing and takes its time.
_UNLIKELY = 0.02


def distil(
    teacher: TransformerModel,
    messages: pd.DataFrame,
    *,
    seed: int = 0,
    most: int = 20_000,
    progress: Progress | None = None,
) -> LinearModel:
    """Teach a linear model what a transformer says of messages (`text`, `language` where there), never their labels.

    The student learns the teacher's doubts as well: a text counts for each label as much as the teacher believes in it
    (soft targets; Hinton, Vinyals & Dean, 2015). A text that stands there twice is asked about once; of more than
    `most` texts, the teacher being dear, a sample by `seed` is. `trained_on` counts texts by the teacher's likeliest
    label. InputError where there are too few texts, or the teacher says nearly the same of all.
    """
    rows = messages[messages["text"].notna()].drop_duplicates("text").drop(columns=["label", "weight"], errors="ignore")
    if len(rows) < LEAST:
        raise InputError(f"not enough messages to learn from a teacher: {len(rows)} different texts, {LEAST} needed")
    rows = rows.sample(min(most, len(rows)), random_state=seed).sort_index()
    said = transformer.probabilities(teacher, rows["text"].tolist(), progress=progress)
    counts = dict(zip(LABELS, np.bincount(said.argmax(axis=1), minlength=len(LABELS)).tolist(), strict=True))
    if sum(number >= LEAST_OF_A_CLASS for number in counts.values()) < 2:
        found = ", ".join(f"{label} {number}" for label, number in counts.items())
        raise InputError(
            f"transformer '{teacher.name}' says nearly the same of all {len(rows)} texts ({found}), of which nothing "
            f"can be learnt: two labels with {LEAST_OF_A_CLASS} texts each are needed"
        )
    return replace(linear.train(_weighted(rows, said), seed=seed, name="distilled"), trained_on=counts)


def agreement(student: LinearModel, teacher: TransformerModel, messages: pd.DataFrame) -> pd.DataFrame:
    """Return how often student and teacher say the same, and how often each says what the label says.

    Columns: measure (agreement, student_accuracy, teacher_accuracy), value, low, high (shares, with Wilson's 95 %
    interval), messages. NaN where there are no messages, or none with a label. Ask about messages that the student
    was not taught with.
    """
    rows = messages[messages["text"].notna()]
    by_student = linear.probabilities(student, rows["text"].tolist()).argmax(axis=1)
    by_teacher = transformer.probabilities(teacher, rows["text"].tolist()).argmax(axis=1)
    label = rows["label"].to_numpy(object) if "label" in rows else np.full(len(rows), None)
    known = np.isin(label, LABELS)
    truth = np.array([LABELS.index(one) for one in label[known]], dtype=int)
    same = {
        "agreement": by_student == by_teacher,
        "student_accuracy": by_student[known] == truth,
        "teacher_accuracy": by_teacher[known] == truth,
    }
    count, of = np.array([hits.sum() for hits in same.values()]), np.array([len(hits) for hits in same.values()])
    value, low, high = wilson(count, of)
    return pd.DataFrame({"measure": list(same), "value": value, "low": low, "high": high, "messages": of})


def _weighted(rows: pd.DataFrame, said: np.ndarray) -> pd.DataFrame:
    """Return every text once per label that the teacher thinks possible, with its probability as `weight`."""
    place, label = np.nonzero(said >= _UNLIKELY)
    return rows.iloc[place].assign(label=np.array(LABELS)[label], weight=said[place, label].astype(float))
