"""A linear model of sentiment: n-grams in, calibrated probabilities out, and what every word adds to them.

In: messages with text and label.   Out: a `LinearModel`; probabilities; the exact contribution of every word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.sentiment.ngrams import Recipe


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearModel:
    """A linear classifier of n-grams whose probabilities are calibrated.

    A text's log-odds are `intercept` + its weighted n-grams times `weights`, (recipe.features, 3) float32; the
    probabilities are their softmax, in the order of `LABELS`. `classes` are the labels it has learnt from: what is not
    among them gets probability 0. `trained_on` counts the messages by label, `trained_to` is the latest of their times.
    """

    name: str
    recipe: Recipe
    weights: np.ndarray
    intercept: np.ndarray
    idf: np.ndarray
    classes: tuple[str, ...]
    languages: tuple[str, ...]
    trained_on: dict[str, int]
    trained_to: pd.Timestamp | None
    settings: dict[str, float]
    fingerprint: str


def train(messages: pd.DataFrame, *, seed: int = 0, name: str = "linear", recipe: Recipe | None = None) -> LinearModel:
    """Learn from the messages that have a label: columns text, label; language, weight, sent_at where there."""
    raise NotImplementedError


def probabilities(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Return calibrated probabilities, (texts, 3) float32 in the order of `LABELS`."""
    raise NotImplementedError


def contributions(model: LinearModel, texts: Sequence[str]) -> pd.DataFrame:
    """Return what every word adds to the log-odds of positive against negative.

    Columns: row (the text's position in `texts`), term, start, end (in `ngrams.normalise` of that text), contribution.
    They add up, with `bias(model)`, to `log_odds(model, texts)`. Texts without spaces between words give the strongest
    n-grams that do not overlap.
    """
    raise NotImplementedError


def log_odds(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Return the log-odds of positive against negative of every text, float64."""
    raise NotImplementedError


def bias(model: LinearModel) -> float:
    """Return the log-odds of positive against negative of an empty text."""
    raise NotImplementedError
