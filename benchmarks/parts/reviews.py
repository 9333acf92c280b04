"""Reviews in four languages as tasks: what do the linear model and its peers reach, to be set beside their energy?

In: a folder with the public reviews.   Out: a `Task` a set, positive against negative.

Rows are split as `sentiment.py` splits them. The linear model and its usual peer, TF-IDF (words 1-2, characters 2-5)
with logistic regression as it comes, learn from all older rows; the compact transformer from no more than `MOST`,
drawn by lot, so that all four sets are through in a few minutes: the note of a task says where that cut something.
"""

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sentiment import SETS, read_reviews, split, untuned
from sklearn.pipeline import Pipeline

from workbench.contest import Contender, Task
from workbench.sentiment import LABELS, fit
from workbench.sentiment.models import read

NAMES = ("pt books", "nl books", "zh hotels", "id")
MOST = 6_000


def review_tasks(folder: Path, *, quick: bool = False) -> list[Task]:
    """Return a task for each of the four sets, its reviews to be scored once between two trainings."""
    rows = read_reviews(folder / "reviews.parquet")
    return [_task(name, *split(rows, *SETS[name], quick=quick)) for name in NAMES]


def _task(name: str, learn: pd.DataFrame, judge: pd.DataFrame) -> Task:
    texts, truth = judge["text"].tolist(), judge["label"].map(LABELS.index).to_numpy(np.int64)
    judged = partial(_right, truth=truth)
    ours: dict[str, tuple[str, dict[str, Any]]] = {
        "linear": ("linear model", {}),
        "compact": ("compact transformer", {"most": MOST}),
    }
    linear, compact = (
        Contender(
            name=model,
            title=title,
            train=partial(fit, learn, model=model, **options),
            score=partial(_told, texts=texts),
            judge=judged,
        )
        for model, (title, options) in ours.items()
    )
    peer = Contender(
        name="untuned",
        title="TF-IDF and logistic regression",
        train=partial(_learn_untuned, learn),
        score=partial(_told_by_peer, texts=texts),
        judge=judged,
    )
    cut = f"the compact transformer learns from {MOST:,} of {len(learn):,} reviews" if len(learn) > MOST else ""
    return Task(
        name=f"reviews, {name}",
        metric="accuracy",
        unit="reviews",
        contenders=(linear, peer, compact),
        judged=len(judge),
        volume=len(learn) + len(judge),
        scorings=1,
        tolerance=0.01,
        note=cut,
    )


def _told(model: Any, *, texts: list[str]) -> np.ndarray:
    return np.asarray(read(model, texts)[0].argmax(axis=1))


def _learn_untuned(learn: pd.DataFrame) -> Pipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lbfgs may stop early; an untuned peer lives with it
        return untuned().fit(learn["text"], learn["label"].map(LABELS.index))


def _told_by_peer(model: Pipeline, *, texts: list[str]) -> np.ndarray:
    return np.asarray(model.predict(texts))


def _right(told: np.ndarray, *, truth: np.ndarray) -> np.ndarray:
    return np.asarray(told == truth, dtype=float)
