"""A linear model of sentiment: n-grams in, calibrated probabilities out, and what every word adds to them.

In: messages with text and label.   Out: a `LinearModel`; probabilities; the exact contribution of every word.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.errors import InputError
from workbench.sentiment import ngrams
from workbench.sentiment.labels import LABELS
from workbench.sentiment.learning import Examples, learn, softmax
from workbench.sentiment.messages import text_hash
from workbench.sentiment.ngrams import Recipe

LEAST, LEAST_OF_A_CLASS = 50, 10


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearModel:
    """A linear classifier of n-grams whose probabilities are calibrated.

    A text's `logits` are `intercept` (3) + its n-grams, weighed by `idf` (0 where the model does not know them), times
    `weights`, (recipe.features, 3) float32; the probabilities are their softmax, in the order of `LABELS`. `classes`
    are the labels it has learnt from: what is not among them has intercept -inf and probability 0. `languages` are
    those of the messages it has learnt from, `trained_on` counts these by label, `trained_to` is the latest of their
    times. `settings` says what training has chosen (cost, log_loss and accuracy in cross-validation).
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

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits: the same fingerprint, the same scores."""
        known = np.flatnonzero(self.idf)
        parts = [known, self.idf[known], self.weights[known], self.intercept]
        digest = hashlib.sha256(json.dumps([asdict(self.recipe), ngrams.VERSION], sort_keys=True).encode())
        for part in parts:
            digest.update(np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()[:16]


def train(
    messages: pd.DataFrame,
    *,
    also: pd.DataFrame | None = None,
    seed: int = 0,
    name: str = "linear",
    recipe: Recipe | None = None,
) -> LinearModel:
    """Learn from the messages that have a label: columns text and label, and language, weight and sent_at where there.

    How it learns is said in `learning.learn`; a text that stands there twice is never on both sides of its
    cross-validation. `also` are related messages with a label, of other products or markets in the same language: each
    weighs nothing, a tenth or three tenths of an own one, whichever is best for own ones in cross-validation
    (`settings["share"]`); those whose text is among the own ones are left out. InputError where there are too few
    messages or only one class.

    >>> words = ["good", "bad"] * 40
    >>> told = pd.DataFrame({"text": [f"{w} {n}" for n, w in enumerate(words)], "label": ["positive", "negative"] * 40})
    >>> probabilities(train(told), ["good", "bad"]).argmax(axis=1).tolist()
    [2, 0]
    """
    rows, trained_on = learnable(messages)
    recipe = recipe or Recipe()
    examples = _examples(rows, also, recipe)
    # Products of such small matrices are done as soon by one thread, and at half the energy.
    with threadpool_limits(1, user_api="blas"):
        learnt = learn(examples, seed=seed)
    return LinearModel(
        name=name,
        recipe=recipe,
        weights=learnt.weights,
        intercept=learnt.intercept,
        idf=learnt.idf,
        classes=tuple(label for label, number in trained_on.items() if number),
        languages=tuple(sorted(rows["language"].dropna().unique())) if "language" in rows else (),
        trained_on=trained_on,
        trained_to=rows["sent_at"].max() if "sent_at" in rows else None,
        settings={"cost": learnt.cost, "log_loss": learnt.log_loss, "accuracy": learnt.accuracy}
        | ({} if also is None else {"share": learnt.share}),
    )


def learnable(messages: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the messages that have a label and a text, and their number by label.

    InputError where different texts are too few: what is said in one text alone cannot be checked on another.
    """
    rows = messages[messages["label"].isin(LABELS) & messages["text"].notna()]
    trained_on = {label: int((rows["label"] == label).sum()) for label in LABELS}
    texts = rows["text"].nunique()
    large = rows.drop_duplicates(["text", "label"])["label"].value_counts() >= LEAST_OF_A_CLASS
    if texts < LEAST or large.sum() < 2:
        found = ", ".join(f"{label} {number}" for label, number in trained_on.items())
        raise InputError(
            f"not enough messages to learn sentiment from: found {len(rows)} rated messages ({found}) with {texts} "
            f"different texts, at least {LEAST} needed, and of two classes at least {LEAST_OF_A_CLASS} each; use the "
            "shipped model (model: shipped)"
        )
    return rows, trained_on


def _examples(own: pd.DataFrame, also: pd.DataFrame | None, recipe: Recipe) -> Examples:
    rows = own.assign(own=True)
    if also is not None:
        related = also[also["label"].isin(own["label"]) & also["text"].notna()]
        twins = np.isin(text_hash(related["text"].tolist()), text_hash(own["text"].tolist()))
        rows = pd.concat([rows, related[~twins].assign(own=False)], ignore_index=True)
    row, texts = pd.factorize(rows["text"])
    return Examples(
        counts=ngrams.count(texts.tolist(), recipe),
        rows=row.astype(np.int64),
        classes=rows["label"].map(LABELS.index).to_numpy(np.int64),
        weights=rows["weight"].fillna(1).to_numpy(float) if "weight" in rows else np.ones(len(rows)),
        own=rows["own"].to_numpy(bool),
        recipe=recipe,
    )


def probabilities(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Return calibrated probabilities, (texts, 3) float32 in the order of `LABELS`."""
    return softmax(logits(model, texts)).astype(np.float32)


def logits(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Return the logarithms of the probabilities up to a constant per text, (texts, 3) float64."""
    from workbench.sentiment import kernels

    kinds, spec = ngrams.kinds(), model.recipe.spec()

    def sums(some: Sequence[str]) -> np.ndarray:
        indptr, indices, counts = kernels.count(*ngrams.folded(some), kinds, spec)
        return kernels.total(indptr, indices, kernels.weigh(indptr, indices, counts, model.idf, spec), model.weights)

    found = np.concatenate([np.empty((0, len(LABELS))), *ngrams.over_chunks(texts, sums)])
    return np.asarray(found + model.intercept)


def contributions(model: LinearModel, texts: Sequence[str]) -> pd.DataFrame:
    """Return what every word adds to the log-odds of positive against negative, exactly.

    Columns: row (the text's position in `texts`), term, start, end (in `ngrams.normalise` of that text), contribution.
    With `bias(model)` they add up to `log_odds(model, texts)`: what an n-gram adds is divided evenly over its
    characters (spaces aside), those of a word make its contribution. Texts without spaces between words give the
    strongest n-grams that do not overlap. Where a model has not learnt one of the two, neutral stands in for it.
    """
    from workbench.sentiment import kernels

    kinds, spec, weights = ngrams.kinds(), model.recipe.spec(), _towards(model, model.weights)

    def part(some: Sequence[str]) -> tuple[np.ndarray, list[str], np.ndarray]:
        codes, offsets = ngrams.folded(some)
        spans, sums = kernels.contribute(codes, offsets, kinds, spec, model.idf, weights)
        joined = codes.tobytes().decode("utf-32-le", "surrogatepass")
        starts = offsets[spans[:, 0]]
        ends = zip((starts + spans[:, 1]).tolist(), (starts + spans[:, 2]).tolist(), strict=True)
        return spans, [joined[start:end] for start, end in ends], sums

    done = 0
    frames = []
    for some, (spans, terms, sums) in ngrams.over_chunks(texts, lambda some: (len(some), part(some))):
        columns = {"row": spans[:, 0] + done, "term": terms, "start": spans[:, 1], "end": spans[:, 2]}
        frames.append(pd.DataFrame(columns | {"contribution": sums}))
        done += some
    return pd.concat(frames, ignore_index=True)


def log_odds(model: LinearModel, texts: Sequence[str]) -> np.ndarray:
    """Return the log-odds of positive against negative of every text, float64."""
    return _towards(model, logits(model, texts))


def bias(model: LinearModel) -> float:
    """Return the log-odds of positive against negative of a text without n-grams."""
    return float(_towards(model, model.intercept[None, :])[0])


def _towards(model: LinearModel, columns: np.ndarray) -> np.ndarray:
    """Return the column of the most positive class that the model knows minus that of the most negative one."""
    known = [i for i, label in enumerate(LABELS) if label in model.classes]
    return np.asarray(columns[:, known[-1]] - columns[:, known[0]])
