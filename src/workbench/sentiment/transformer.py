"""A Hugging Face transformer behind the same face as the small models: what does the large one say of each message?

In: the id of a model on the hub, or a folder; texts.   Out: a `TransformerModel`; its `Predictions`.

Only this module and `checkpoint` know transformers and torch, and they import them when they are called.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Called with the number of messages done and the number there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class TransformerModel:
    """A transformer that is ready to score.

    `mapping` has a row per label of the model's own and a column per one of `LABELS`: 1 where the one means the other.
    `languages` are those that the model's card states, none where it is silent.
    """

    name: str
    fingerprint: str
    languages: tuple[str, ...]
    mapping: np.ndarray
    max_tokens: int
    device: str
    bf16: bool
    network: Any
    tokenizer: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """What a transformer says of texts, in their order.

    `probabilities` is (texts, 3) float32 in the order of `LABELS`, `tokens` counts each text's tokens as read, and
    `truncated` says which texts were longer than the model can read.
    """

    probabilities: np.ndarray
    tokens: np.ndarray
    truncated: np.ndarray


def open(
    name: str,
    *,
    int8: bool = False,
    bf16: bool = False,
    allow_pickle: bool = False,
    device: str | None = None,
    labels: Mapping[str, str] | None = None,
    max_tokens: int | None = None,
) -> TransformerModel:
    """Open a sequence-classification model by its id on the hub or its local folder."""
    raise NotImplementedError


def predict(model: TransformerModel, texts: Sequence[str], *, progress: Progress | None = None) -> Predictions:
    """Score texts."""
    raise NotImplementedError


def probabilities(model: TransformerModel, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray:
    """Return the probabilities of `predict` alone, (texts, 3) float32 in the order of `LABELS`."""
    return predict(model, texts, progress=progress).probabilities
