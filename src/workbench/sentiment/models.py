"""The models of sentiment behind one pair of functions: which one, and what does it say of every message?

In: messages.   Out: a fitted `Model`; `Sentiment`, probabilities per message.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.sentiment import compact, distil, linear, transformer
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import LinearModel
from workbench.sentiment.messages import text_hash
from workbench.sentiment.transformer import TransformerModel

Model = LinearModel | TransformerModel
SMALL = ("linear", "shipped", "compact", "distilled")
# What a message says about its customer's feelings, it says in its first pages.
LONGEST_CHARACTERS = 20_000
_KEPT = ("sent_at", "channel", "customer_id", "product_id", "campaign_id", "rating", "label", "language")


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
    """Fit or open a model: `linear`, `shipped`, `compact`, `distilled`, or a transformer's hub id or folder.

    Linear and compact learn from the messages that have a label, distilled from what the teacher (a hub id, a folder
    or an open transformer) says of all of them. Options are those of `linear.train`, of `compact.train`, or of
    `transformer.open` for a transformer.

    >>> fit(pd.DataFrame(), model="liner")
    Traceback (most recent call last):
    workbench.errors.InputError: model 'liner' is none of linear, shipped, compact, ...; did you mean 'linear'?
    """
    if (teacher is None) == (model == "distilled"):
        raise InputError(
            f"model '{model}': 'distilled' needs a teacher (a transformer's hub id or folder), no other one"
        )
    if model == "linear":
        return linear.train(messages, seed=seed, **options)
    if model == "compact":
        return compact.train(messages, seed=seed, **options)
    if model == "shipped":
        from workbench.sentiment import shipped

        return shipped.load()
    if isinstance(teacher, str):
        teacher = transformer.open(teacher, **options)
    if teacher is not None:
        return distil.distil(teacher, messages, seed=seed)
    if "/" in model or Path(model).is_dir():
        return transformer.open(model, **options)
    raise InputError(
        f"model '{model}' is none of {', '.join(SMALL)}, no transformer's id on the hub (organisation/model) and no "
        f"folder{did_you_mean(model, SMALL)}"
    )


def score(
    model: Model,
    messages: pd.DataFrame,
    *,
    earlier: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sentiment:
    """Score messages; a text that stands there twice, or that this very model has scored earlier, is not scored again.

    Needs text; text_hash and message_id (a number from 1) are made where they are missing. `earlier` is a
    `Sentiment.messages`. Of a message over 20,000 characters the first 20,000 are read. `language_known` is False where
    the message's language or those of the model are not known. `progress` is called with texts scored and texts in all.
    """
    started = time.perf_counter()
    rows = _identified(messages)
    known = _known(model, earlier)
    fresh = rows[~rows["text_hash"].isin(known.index)]
    unique = fresh.drop_duplicates("text_hash")
    told, truncated = read(model, unique["text"].tolist(), progress=progress)
    found = pd.concat([known, pd.DataFrame(told, index=pd.Index(unique["text_hash"]), columns=list(LABELS))])
    cut = rows["text_hash"].isin(unique["text_hash"][truncated]) | (rows["text"].str.len() > LONGEST_CHARACTERS)
    return Sentiment(
        messages=_labelled(rows, found.loc[rows["text_hash"]].to_numpy(np.float32), model),
        model=model.name,
        fingerprint=model.fingerprint,
        scored=len(unique),
        reused=len(rows) - len(fresh),
        twins=len(fresh) - len(unique),
        truncated=int(cut.sum()),
        seconds=time.perf_counter() - started,
    )


def _identified(messages: pd.DataFrame) -> pd.DataFrame:
    if "text" not in messages:
        raise InputError("messages: column 'text' is missing")
    if missing := int(messages["text"].isna().sum()):
        raise InputError(f"messages: {missing} of {len(messages)} texts are missing; messages.gather leaves these out")
    rows = messages.reset_index(drop=True)
    if "message_id" not in rows:
        rows["message_id"] = (rows.index + 1).astype(str)
    return rows if "text_hash" in rows else rows.assign(text_hash=text_hash(rows["text"].tolist()))


def _known(model: Model, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Return the probabilities of texts that this very model has scored, by text_hash."""
    needed = ["text_hash", "model_fingerprint", *LABELS]
    if earlier is None:
        return pd.DataFrame(columns=list(LABELS), index=pd.Index([], dtype="uint64"), dtype="float32")
    if missing := [column for column in needed if column not in earlier]:
        raise InputError(f"earlier scores: columns missing: {', '.join(missing)}")
    own = earlier[earlier["model_fingerprint"] == model.fingerprint].drop_duplicates("text_hash")
    return own.set_index("text_hash")[list(LABELS)]


def read(
    model: Model, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read every text, twins too; return its probabilities, and which texts the model could not read to their end."""
    cut = [text[:LONGEST_CHARACTERS] for text in texts]
    if isinstance(model, TransformerModel):
        said = transformer.predict(model, cut, progress=progress)
        return said.probabilities, said.truncated
    told = linear.probabilities(model, cut)
    if progress:
        progress(len(texts), len(texts))
    return told, np.zeros(len(texts), bool)


def _labelled(rows: pd.DataFrame, told: np.ndarray, model: Model) -> pd.DataFrame:
    """Return what `Sentiment.messages` holds."""
    kept = rows[["message_id", *(column for column in _KEPT if column in rows), "text_hash"]].copy()
    kept[list(LABELS)] = told
    language = rows["language"] if "language" in rows else pd.Series(None, index=rows.index, dtype="str")
    return kept.assign(
        sentiment=pd.Series(np.array(LABELS)[told.argmax(axis=1)], index=rows.index, dtype="str"),
        confidence=told.max(axis=1, initial=0),
        language_known=language.isin(model.languages),
        model_fingerprint=pd.Series(model.fingerprint, index=rows.index, dtype="str"),
    )
