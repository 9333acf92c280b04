"""What each feature contributes to the raw score of boosted trees: exact, and many times faster than LightGBM itself.

In: a LightGBM booster and rows of encoded features.   Out: contributions per row and feature, and their base.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import InputError
from workbench.processor import threads as default_threads

# A subtree and its path become one table where they hold at most so many conditions: 256 patterns, a few kilobytes.
_MOST_BITS = 8
# A pattern of conditions is a number of 32 bits.
_MOST_FEATURES = 30
# All tables together: 256 MB. Beyond it, LightGBM's own loops are the better way.
_MOST_CELLS = 2**25
_FEWEST_ROWS = 512
_CATEGORICAL, _DEFAULT_LEFT = 1, 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Trees:
    """The trees of a booster as flat arrays: pieces (subtrees with their paths), each with conditions and slots.

    `table` has for each piece and pattern of conditions met a contribution per slot (a feature of the piece), `scores`
    the piece's raw score. The last pieces are leaves under too many features for a table; `deep` has the share of rows
    that meet each of their conditions, and the leaves' values. `integral` are the points and weights by which Shapley
    values are worked out. `missing_as` says per feature what LightGBM takes a missing value for: 0 zero, 1 missing, as
    zero is, 2 missing. `booster` is the booster itself where it cannot be told by tables, else None.
    """

    features: int
    base: float
    missing_as: np.ndarray
    starts: np.ndarray
    conditions: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    slot_starts: np.ndarray
    slots: np.ndarray
    table: np.ndarray
    scores: np.ndarray
    deep: tuple[np.ndarray, np.ndarray]
    integral: tuple[np.ndarray, np.ndarray]
    booster: Any = None


@dataclass(frozen=True)
class _Step:
    """What the path to a subtree asks of one feature: low < x <= high, or missing; the share of rows that meet it."""

    low: float = np.nan
    high: float = np.inf
    missing: bool = True
    share: float = 1.0

    def left(self, threshold: float, missing: bool, share: float) -> "_Step":
        return _Step(self.low, min(self.high, threshold), self.missing and missing, self.share * share)

    def right(self, threshold: float, missing: bool, share: float) -> "_Step":
        return _Step(float(np.fmax(self.low, threshold)), self.high, self.missing and missing, self.share * share)


class _NoTablesError(Exception):
    """These trees cannot be told by tables, or not by tables of a sensible size."""


def read_trees(booster: Any) -> Trees:
    """Read a `lightgbm.Booster` (up to its best iteration) for `tree_contributions` and `tree_scores`.

    Categorical splits, averaged trees, and leaves under more than 30 features stay with LightGBM's own, slower loops.
    An InputError refuses a booster of several classes, and linear leaves.

    >>> import lightgbm
    >>> x = np.arange(100.0).reshape(50, 2)
    >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(x, x[:, 0] > 49), num_boost_round=5)
    >>> contributions, base = tree_contributions(read_trees(booster), x)
    >>> bool(np.allclose(base + contributions.sum(axis=1), booster.predict(x)))
    True
    """
    head, *blocks = booster.model_to_string().split("end of trees")[0].split("\nTree=")
    header, blocks = _values(head), [_values(block) for block in blocks]
    if int(header["num_tree_per_iteration"]) != 1:
        raise InputError(f"booster: {header['num_tree_per_iteration']} scores a row; one is allowed")
    if any(block.get("is_linear") == "1" for block in blocks):
        raise InputError("booster: its leaves are linear; constant leaves are allowed")
    features = int(header["max_feature_idx"]) + 1
    try:
        if "average_output" in header:
            raise _NoTablesError
        pieces = _Pieces(features)
        for block in blocks:
            pieces.add_tree(block)
            if pieces.most_features > _MOST_FEATURES or pieces.cells > _MOST_CELLS:
                raise _NoTablesError
        return pieces.trees()
    except _NoTablesError:
        return _as_it_is(booster, features)


def tree_contributions(trees: Trees, encoded: np.ndarray, *, threads: int | None = None) -> tuple[np.ndarray, float]:
    """Return contributions (rows, features) to the raw score, and the base: what is expected of a row not yet known.

    Path-dependent TreeSHAP (Lundberg et al., 2020): exact Shapley values where features not known follow the rows the
    trees were grown on. As in Fast TreeSHAP v2 (Yang, 2021), what each pattern of conditions contributes is worked out
    once. `threads` is WORKBENCH_THREADS, or all cores. An InputError says where the number of columns differs.
    """
    encoded = _checked(trees, encoded)
    if not len(encoded):
        return encoded, trees.base
    if trees.booster is not None:
        found = trees.booster.predict(encoded, pred_contrib=True, num_threads=threads or default_threads())
        return np.asarray(found)[:, :-1], trees.base
    from workbench.explain import kernels

    out = np.empty(encoded.shape)
    pieces = (trees.starts, *trees.conditions, trees.slot_starts, trees.slots, trees.table)
    fixed = (trees.missing_as, *pieces, *trees.deep, *trees.integral)
    _in_runs(lambda run: kernels.contribute(encoded[run], *fixed, out[run]), len(encoded), threads)
    return out, trees.base


def tree_scores(trees: Trees, encoded: np.ndarray, *, threads: int | None = None) -> np.ndarray:
    """Return the raw score of every row, as `booster.predict(encoded, raw_score=True)` does."""
    encoded = _checked(trees, encoded)
    if not len(encoded):
        return np.empty(0)
    if trees.booster is not None:
        return np.asarray(trees.booster.predict(encoded, raw_score=True, num_threads=threads or default_threads()))
    from workbench.explain import kernels

    out = np.empty(len(encoded))
    fixed = (trees.missing_as, trees.starts, *trees.conditions, trees.scores, trees.deep[1])
    _in_runs(lambda run: kernels.score(encoded[run], *fixed, out[run]), len(encoded), threads)
    return out


class _Pieces:
    """The pieces of trees, as they are collected."""

    def __init__(self, features: int) -> None:
        self.missing_as = np.full(features, -1, np.int8)
        self.cells, self.most_features = 0, 1
        self.deep: list[tuple[float, dict[int, _Step]]] = []
        self.conditions: list[tuple[int, float, float, bool]] = []
        self.slots: list[int] = []
        self.leaf_values: list[float] = []
        self.terms: list[tuple[int, int, int]] = []
        self.shares: list[float] = []
        self.ends: dict[str, list[int]] = {name: [0] for name in ("conditions", "slots", "leaves", "terms")}

    def add_tree(self, block: dict[str, str]) -> None:
        tree = _Tree(block)
        for feature, kind in zip(tree.feature, tree.missing_as, strict=True):
            if self.missing_as[feature] not in (-1, kind):
                raise _NoTablesError
            self.missing_as[feature] = kind
        waiting: list[tuple[int, dict[int, _Step]]] = [(tree.root, {})]
        while waiting:
            node, path = waiting.pop()
            self.most_features = max(self.most_features, len(path))
            if len(path) + (tree.splits[node] if node >= 0 else 0) <= _MOST_BITS:
                self._add_piece(tree, node, path)
            elif node < 0:
                self.deep.append((tree.value[~node], path))
            else:
                feature = tree.feature[node]
                for child, step in tree.children(node, path.get(feature, _Step())):
                    waiting.append((child, path | {feature: step}))

    def _add_piece(self, tree: "_Tree", root: int, path: dict[int, _Step]) -> None:
        slots = {feature: slot for slot, feature in enumerate(path)}
        conditions = [(feature, step.low, step.high, step.missing) for feature, step in path.items()]
        known = {feature: (1 << bit, 0, step.share) for bit, (feature, step) in enumerate(path.items())}
        waiting = [(root, known)]
        while waiting:
            node, terms = waiting.pop()
            if node < 0:
                self._add_leaf(tree.value[~node], {slots[feature]: term for feature, term in terms.items()})
                continue
            feature, bit = tree.feature[node], 1 << len(conditions)
            slots.setdefault(feature, len(slots))
            conditions.append((feature, np.nan, tree.threshold[node], tree.default_left[node]))
            need, forbid, share = terms.get(feature, (0, 0, 1.0))
            (left, by_left), (right, by_right) = tree.children(node, _Step())
            waiting.append((left, terms | {feature: (need | bit, forbid, share * by_left.share)}))
            waiting.append((right, terms | {feature: (need, forbid | bit, share * by_right.share)}))
        self.most_features = max(self.most_features, len(slots))
        self.slots += slots
        self.conditions += conditions
        self.cells += len(slots) << len(conditions)
        ends = {"conditions": len(self.conditions), "slots": len(self.slots), "leaves": len(self.leaf_values)}
        for name, end in ends.items():
            self.ends[name].append(end)

    def _add_leaf(self, value: float, terms: dict[int, tuple[int, int, float]]) -> None:
        self.leaf_values.append(value)
        self.terms += [(slot, need, forbid) for slot, (need, forbid, _) in terms.items()]
        self.shares += [share for _, _, share in terms.values()]
        self.ends["terms"].append(len(self.terms))

    def trees(self) -> Trees:
        from workbench.explain import kernels

        # So many points have the integral of a polynomial of degree features - 1 exactly.
        points, weights = np.polynomial.legendre.leggauss((self.most_features + 1) // 2)
        integral = ((points + 1) / 2, weights / 2)
        ends = {name: np.array(so_far, np.int64) for name, so_far in self.ends.items()}
        table, scores, expected = kernels.fill_tables(
            np.diff(ends["conditions"]),
            ends["slots"],
            ends["leaves"],
            np.array(self.leaf_values, float),
            ends["terms"],
            np.array(self.terms, np.int64).reshape(-1, 3),
            np.array(self.shares, float),
            *integral,
        )
        steps = [(feature, step) for _, path in self.deep for feature, step in path.items()]
        conditions = [*self.conditions, *((f, s.low, s.high, s.missing) for f, s in steps)]
        feature, low, high, missing = zip(*conditions, strict=True) if conditions else ((),) * 4
        deep_ends = ends["conditions"][-1] + np.cumsum([len(path) for _, path in self.deep], dtype=np.int64)
        unknown = sum(value * np.prod([step.share for step in path.values()]) for value, path in self.deep)
        return Trees(
            features=len(self.missing_as),
            base=float(expected.sum() + unknown),
            missing_as=self.missing_as,
            starts=np.concatenate([ends["conditions"], deep_ends]),
            conditions=(
                np.array(feature, np.int32),
                np.array(low, float),
                np.array(high, float),
                np.array(missing, bool),
            ),
            slot_starts=ends["slots"],
            slots=np.array(self.slots, np.int32),
            table=table,
            scores=scores,
            deep=(np.array([s.share for _, s in steps], float), np.array([value for value, _ in self.deep], float)),
            integral=integral,
        )


class _Tree:
    """One tree of a model's text: nodes from 0, leaves as ~leaf."""

    def __init__(self, block: dict[str, str]) -> None:
        numbers = {name: text.split() for name, text in block.items()}
        self.value = [float(v) for v in numbers["leaf_value"]]
        self.root = 0 if len(self.value) > 1 else -1
        self.feature = [int(v) for v in numbers.get("split_feature", ())]
        self.threshold = [float(v) for v in numbers.get("threshold", ())]
        kinds = [int(v) for v in numbers.get("decision_type", ())]
        if any(kind & _CATEGORICAL for kind in kinds):
            raise _NoTablesError
        self.default_left = [bool(kind & _DEFAULT_LEFT) for kind in kinds]
        self.missing_as = [kind >> 2 & 3 for kind in kinds]
        self.left, self.right = ([int(v) for v in numbers.get(side, ())] for side in ("left_child", "right_child"))
        self.inner, self.leaf = ([int(v) for v in numbers.get(c, ())] for c in ("internal_count", "leaf_count"))
        self.splits = [1] * len(self.feature)
        # A node's children come after it.
        for node in reversed(range(len(self.feature))):
            self.splits[node] += sum(self.splits[child] for child in (self.left[node], self.right[node]) if child >= 0)

    def children(self, node: int, step: _Step) -> tuple[tuple[int, _Step], tuple[int, _Step]]:
        threshold, default_left = self.threshold[node], self.default_left[node]
        left, right = self.left[node], self.right[node]
        return (
            (left, step.left(threshold, default_left, self._count(left) / self.inner[node])),
            (right, step.right(threshold, not default_left, self._count(right) / self.inner[node])),
        )

    def _count(self, node: int) -> int:
        return self.inner[node] if node >= 0 else self.leaf[~node]


def _values(block: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in block.splitlines())}


def _as_it_is(booster: Any, features: int) -> Trees:
    none = np.empty(0)
    base = float(booster.predict(np.zeros((1, features)), pred_contrib=True)[0, -1])
    return Trees(
        features=features,
        base=base,
        missing_as=none,
        starts=none,
        conditions=(none,) * 4,
        slot_starts=none,
        slots=none,
        table=none,
        scores=none,
        deep=(none, none),
        integral=(none, none),
        booster=booster,
    )


def _checked(trees: Trees, encoded: np.ndarray) -> np.ndarray:
    if encoded.ndim != 2 or encoded.shape[1] != trees.features:
        raise InputError(f"encoded: shape {encoded.shape}; the trees know {trees.features} features a row")
    return np.ascontiguousarray(encoded, dtype=float)


def _in_runs(compute: Callable[[slice], None], rows: int, threads: int | None) -> None:
    """Compute runs of rows on several threads; the compiled loops do not hold Python's lock."""
    wanted = max(min(threads or default_threads(), rows // _FEWEST_ROWS), 1)
    edges: Sequence[int] = np.linspace(0, rows, wanted + 1).astype(int).tolist()
    with ThreadPoolExecutor(wanted) as pool:
        list(pool.map(lambda i: compute(slice(edges[i], edges[i + 1])), range(wanted)))
