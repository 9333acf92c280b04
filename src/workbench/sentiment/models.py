"""The models of sentiment behind one pair of functions: which one, and what does it say of every message?

In: messages.   Out: a fitted `Model`; `Sentiment`, probabilities per message.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.sentiment.linear import LinearModel
from workbench.sentiment.transformer import TransformerModel

Model = LinearModel | TransformerModel
SMALL = ("linear", "shipped", "distilled")


@dataclass(frozen=True, eq=False, kw_only=True)
class Sentiment:
    """What a model says of messages.

    `messages` has message_id, what the messages held of sent_at, channel, customer_id, product_id, campaign_id, rating,
    label and language, and text_hash, negative, neutral, positive (probabilities), sentiment (the likeliest label),
    confidence (its probability), language_known (the model was trained on it) and model_fingerprint. `scored` counts
    texts that the model has read, `reused` messages taken from earlier scores, `twins` messages with a text that was
    scored for another one, `truncated` messages longer than the model reads; `seconds` is what scoring took.
    """

    messages: pd.DataFrame
    model: str
    fingerprint: str
    scored: int
    reused: int
    twins: int
    truncated: int
    seconds: float


def fit(
    messages: pd.DataFrame,
    *,
    model: str = "linear",
    seed: int = 0,
    teacher: str | TransformerModel | None = None,
    **options: Any,
) -> Model:
    """Fit or open a model: `linear`, `shipped`, `distilled` (from a teacher), or a transformer's hub id or folder."""
    raise NotImplementedError


def score(
    model: Model,
    messages: pd.DataFrame,
    *,
    earlier: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sentiment:
    """Score messages; a text that stands there twice, or has been scored by this very model, is not scored again."""
    raise NotImplementedError
