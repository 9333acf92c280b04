"""How a linear model learns: naive Bayes ratios, logistic regression, a cost by cross-validation, calibration.

In: n-grams of texts; class and weight of messages.   Out: `Learnt`: the weights of every n-gram, calibrated.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.processor import threads
from workbench.sentiment.labels import LABELS
from workbench.sentiment.ngrams import Recipe

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COSTS = (0.5, 4.0, 32.0)
# What a related message may weigh beside an own one, if anything: chosen after the cost, at that cost.
SHARES = (0.1, 0.3)
_PARTS = 4
# The cost is chosen on so many messages at most: it hardly changes with more.
_CHOOSE_ON = 10_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Examples:
    """Counts of n-grams, (texts, recipe.features), and of every message its text's row, class, weight and whether it is
    an own one: a related one is learnt from as far as that helps with own ones, and never judged on.

    A class is a place in `LABELS`. Messages with the same text share its row.
    """

    counts: "csr_matrix"
    rows: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    own: np.ndarray
    recipe: Recipe

    def some(self, kept: np.ndarray) -> "Examples":
        """Return the messages that a mask or places name."""
        parts = {name: getattr(self, name)[kept] for name in ("rows", "classes", "weights", "own")}
        return replace(self, **parts)

    def sharing(self, share: float) -> "Examples":
        """Return examples whose related messages weigh a share of what they did; without them where that is 0."""
        weighed = replace(self, weights=np.where(self.own, 1, share) * self.weights)
        return weighed if share else weighed.some(self.own)


@dataclass(frozen=True, eq=False, kw_only=True)
class Learnt:
    """Calibrated weights (features, 3) float32 and intercept (3), and idf, 0 for n-grams that are not looked at.

    `cost` and `share` (what a related message weighs) were chosen; `log_loss` and `accuracy` are those of messages not
    seen in learning, by cross-validation.
    """

    weights: np.ndarray
    intercept: np.ndarray
    idf: np.ndarray
    cost: float
    share: float
    log_loss: float
    accuracy: float


def learn(examples: Examples, *, seed: int) -> Learnt:
    """Learn from examples of two classes or three; a class without examples gets intercept -inf.

    NB-SVM (Wang & Manning 2012) with logistic loss, joined to plain tf-idf: one class against the rest, classes
    balanced, the cost of errors by cross-validated log-loss. The logits of the classes are calibrated together on
    predictions for messages that the model had not seen (matrix scaling, Guo et al. 2017, held near a single
    temperature).
    """
    some = _sample(examples, seed)
    judged = some.some(some.own)
    tried = {(0.0, cost): logits for cost, logits in _unseen(judged, COSTS, seed).items()}
    _, cost = _best(tried, judged)
    if not examples.own.all():
        tried |= {(share, cost): _unseen(some.sharing(share), (cost,), seed)[cost] for share in SHARES}
    share, cost = _best(tried, judged)
    learnt_from, own = examples.sharing(share), examples.some(examples.own)
    unseen = tried[share, cost] if some is examples else _unseen(learnt_from, (cost,), seed)[cost]
    probabilities, scale, shift = _calibrated(unseen, own)
    idf, ((weights, intercept),) = _fitted(learnt_from, np.ones(len(learnt_from.rows), bool), (cost,), seed)
    return Learnt(
        weights=(weights @ scale).astype(np.float32),
        intercept=intercept @ scale + shift,
        idf=idf,
        cost=cost,
        share=share,
        log_loss=_log_loss(probabilities, own),
        accuracy=float(np.average(probabilities.argmax(axis=1) == own.classes, weights=own.weights)),
    )


def _best(tried: dict[tuple[float, float], np.ndarray], judged: Examples) -> tuple[float, float]:
    """Return the share and the cost whose logits have the lowest log-loss, calibrated."""
    return min(tried, key=lambda one: _log_loss(_calibrated(tried[one], judged)[0], judged))


def softmax(x: np.ndarray) -> np.ndarray:
    """Return probabilities that add up to 1 in every row; -inf becomes 0.

    >>> softmax(np.array([[0.0, 0.0, -np.inf]])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    shares = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _sample(examples: Examples, seed: int) -> Examples:
    """Return own messages and related ones, no more of each than settings are chosen on."""
    if len(examples.rows) <= _CHOOSE_ON:
        return examples
    order = np.random.default_rng(seed).permutation(len(examples.rows))
    parts = (order[examples.own[order]], order[~examples.own[order]])
    chosen = examples.some(np.sort(np.concatenate([part[:_CHOOSE_ON] for part in parts])))
    texts, rows = np.unique(chosen.rows, return_inverse=True)
    return replace(chosen, counts=examples.counts[texts], rows=rows)


def _unseen(examples: Examples, costs: Iterable[float], seed: int) -> dict[float, np.ndarray]:
    """Return by cost the logits of every own message by a model that has not seen its text, but all related ones."""
    texts, rows = np.unique(examples.rows[examples.own], return_inverse=True)
    own = np.random.default_rng(seed).permutation(len(texts))[rows] % _PARTS
    parts = np.full(len(examples.rows), _PARTS)
    parts[examples.own] = own
    found = {cost: np.empty((len(own), len(LABELS))) for cost in costs}

    def fill(part: int) -> None:
        idf, fits = _fitted(examples, parts != part, costs, seed)
        for cost, (weights, intercept) in zip(costs, fits, strict=True):
            found[cost][own == part] = _logits(examples, parts == part, idf, weights) + intercept

    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(fill, range(_PARTS)))
    return found


def _fitted(
    examples: Examples, used: np.ndarray, costs: Iterable[float], seed: int
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the idf of the messages used and for each cost the weights and the intercept."""
    from workbench.sentiment import descent, kernels

    texts, rows = np.unique(examples.rows[used], return_inverse=True)
    classes, given = examples.classes[used], examples.weights[used]
    counts = examples.counts[texts]
    idf = _idf(counts, np.bincount(rows), examples.recipe)
    values = kernels.weigh(counts.indptr, counts.indices, counts.data, idf, examples.recipe.spec())
    known, indptr, indices, values = _known_only(counts, values, idf)
    stands = _stands(indptr, indices, rows, classes, given, len(known))
    scales = _scales(stands, known, examples.recipe)
    errors = _balanced(classes, given)
    fits = []
    for cost in costs:
        weights = np.zeros((len(idf), len(LABELS)), np.float32)
        weights[known], intercept = descent.fit(indptr, indices, values, rows, classes, cost * errors, scales, seed)
        fits.append((weights, intercept))
    return idf, fits


def _known_only(
    counts: "csr_matrix", values: np.ndarray, idf: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the n-grams with an idf, and rows of a matrix that has columns for these alone."""
    kept = idf[counts.indices] > 0
    place = np.cumsum(idf > 0, dtype=np.int32) - np.int32(1)
    indptr = np.concatenate([[0], np.cumsum(kept)])[counts.indptr]
    return np.flatnonzero(idf), indptr, place[counts.indices[kept]], values[kept]


def _idf(counts: "csr_matrix", twins: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return the weight of every n-gram, 0 for rare ones; in sixteenths, so that it is stored in a byte.

    `twins` is the number of messages that have the text of each row.
    """
    messages = np.bincount(counts.indices, np.repeat(twins, np.diff(counts.indptr)), recipe.features)
    if recipe.weighting == "presence":
        return (messages >= recipe.rarest).astype(np.float32)
    idf = np.log((1 + twins.sum()) / (1 + messages)) + 1
    return np.where(messages >= recipe.rarest, np.round(16 * idf) / 16, 0).astype(np.float32)


def _stands(
    indptr: np.ndarray, indices: np.ndarray, rows: np.ndarray, classes: np.ndarray, given: np.ndarray, size: int
) -> np.ndarray:
    """Return the weight of the messages of each class that every n-gram stands in, (size, 3)."""
    from scipy.sparse import csr_matrix

    there = csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(indptr) - 1, size))
    messages = csr_matrix((given, (classes, rows)), shape=(len(LABELS), len(indptr) - 1))
    return np.asarray((messages @ there).todense()).T


def _scales(stands: np.ndarray, known: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return how readily every n-gram is learnt from, by its log-count ratio for each class against the rest.

    Sqrt(1 + ratio^2) gives the same decisions as an n-gram that stands there twice, as it is and times its ratio: plain
    logistic regression and NB-SVM joined, in the space of one. Words and characters have their ratios apart.
    """
    if not recipe.ratios:
        return np.ones(stands.shape, np.float32)
    scales = np.empty(stands.shape, np.float32)
    for view in (known < 2**recipe.word_bits, known >= 2**recipe.word_bits):
        inside, outside = 1 + stands[view], 1 + stands[view].sum(axis=1, keepdims=True) - stands[view]
        ratios = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
        scales[view] = np.sqrt(1 + ratios**2)
    return scales


def _balanced(classes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of each message for each class: those of the class weigh as much as all others together."""
    own = classes[:, None] == np.arange(len(LABELS))
    of_class = (own * weights[:, None]).sum(axis=0)
    share = np.where(own, of_class, weights.sum() - of_class) / weights.sum()
    return np.asarray(weights[:, None] / (2 * np.maximum(share, 1e-6)))


def _logits(examples: Examples, used: np.ndarray, idf: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from workbench.sentiment import kernels

    texts, rows = np.unique(examples.rows[used], return_inverse=True)
    counts = examples.counts[texts]
    values = kernels.weigh(counts.indptr, counts.indices, counts.data, idf, examples.recipe.spec())
    return np.asarray(kernels.total(counts.indptr, counts.indices, values, weights))[rows]


def _calibrated(logits: np.ndarray, examples: Examples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return calibrated probabilities and the matrix and the shift that make them of the logits."""
    from scipy.optimize import minimize

    size, total = len(LABELS), examples.weights.sum()
    own = examples.classes[:, None] == np.arange(size)
    never = np.where(own.any(axis=0), 0, -np.inf)

    def scaling(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x[0] * np.eye(size) + x[1 : 1 + size**2].reshape(size, size), x[1 + size**2 :]

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        scale, shift = scaling(x)
        shares = softmax(logits @ scale + shift + never)
        missed = examples.weights[:, None] * (shares - own)
        by_scale = logits.T @ missed
        slope = np.concatenate([[np.trace(by_scale)], by_scale.ravel() + x[1 : 1 + size**2], missed.sum(axis=0)])
        far = (x[1 : 1 + size**2] ** 2).sum() / 2
        return (_log_loss(shares, examples) * total + far) / total, slope / total

    start = np.concatenate([[1.0], np.zeros(size**2 + size)])
    scale, shift = scaling(minimize(loss, start, jac=True, method="L-BFGS-B").x)
    return softmax(logits @ scale + shift + never), scale, shift + never


def _log_loss(shares: np.ndarray, examples: Examples) -> float:
    likely = shares[np.arange(len(shares)), examples.classes]
    return float(np.average(-np.log(np.maximum(likely, 1e-15)), weights=examples.weights))
