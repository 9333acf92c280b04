"""What would have to be different for the decision to be another? The smallest change of what people can act on.

In: a way to score features, the features, a threshold, levers.   Out: the *what-if* frame, and the features changed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from itertools import combinations, pairwise, product
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from workbench.errors import InputError, did_you_mean

Score = Callable[[pd.DataFrame], np.ndarray]
Derive = Callable[[pd.DataFrame], pd.DataFrame]
# So many customers are searched at once, and so many of their changed rows scored: some 50 MB at 100 columns.
_CUSTOMERS = 4_000
_ROWS = 40_000
_KINDS = {"place": int, "steps": int, "score_before": float, "score_after": float, "crossed": bool}
_COLUMNS = ("customer_id", "place", "lever", "steps", "column", "before", "after", *list(_KINDS)[2:])


@dataclass(frozen=True, kw_only=True)
class Move:
    """One step of a column within a range: by a number, or by that share of the customer's own value of `of`."""

    by: float
    of: str | None = None
    lowest: float = -np.inf
    highest: float = np.inf


@dataclass(frozen=True, eq=False, kw_only=True)
class Lever:
    """A named change that people can act on: columns that move together, 1 to `most_steps` steps, and columns set.

    The first column tells it, and a lever that cannot move that one does nothing. What is missing does not move, but
    can be set.
    """

    name: str
    moves: Mapping[str, Move] = field(default_factory=dict)
    sets: Mapping[str, Any] = field(default_factory=dict)
    most_steps: int = 1

    @property
    def column(self) -> str:
        """The column by which the lever is told."""
        return next(iter((*self.moves, *self.sets)))


def read_levers(columns: Iterable[str]) -> tuple[Lever, ...]:
    """Return the levers of `levers.yaml` that these feature columns offer, each with the columns that are there.

    >>> [lever.name for lever in read_levers(["recency_days", "orders", "touches_90d", "tenure_days"])]
    ['order_again', 'fewer_contacts']
    """
    there = set(columns)
    cut = (
        replace(
            lever,
            moves={c: move for c, move in lever.moves.items() if c in there and move.of in {None, *there}},
            sets={c: value for c, value in lever.sets.items() if c in there},
        )
        for lever in _levers()
    )
    return tuple(lever for lever in cut if lever.moves or lever.sets)


def is_immutable(column: str) -> bool:
    """Say whether no action of anybody reaches a column; one that no lever moves stays as it is anyway.

    >>> is_immutable("tenure_days"), is_immutable("touches_90d")
    (True, False)
    """
    return any(re.fullmatch(pattern, column) for pattern in _read()["immutable"])


def what_if(
    score: Score,
    features: pd.DataFrame,
    *,
    threshold: float,
    aim: Literal["below", "above"],
    levers: Sequence[Lever],
    derive: Derive | None = None,
    most_levers: int = 2,
) -> pd.DataFrame:
    """Return for each customer the smallest change by `levers` that brings the score across the threshold.

    `score` maps rows of features to what the decision is made on; 'below' means less than the threshold, 'above' at
    least it. Smallest is: fewest levers, of these the fewest steps, of these the score furthest across. All changes of
    up to `most_levers` levers are tried, so that where none is returned, there is none. `derive` recomputes, in a frame
    of changed rows, the columns that follow from others.

    The frame has a row for each lever pulled: customer_id, place (1, 2, …), lever, steps, column (which tells the
    lever), its value before and after, score_before, score_after (with all levers pulled), crossed. Whoever is across
    already has one row without a lever, crossed True; whom no change brings across one with crossed False. InputError:
    a lever names a column that is not there, an unknown aim, customers that repeat, scores of another length.

    >>> features = pd.DataFrame({"customer_id": ["a", "b", "c"], "calls": [4.0, 9.0, 0.0], "age": [30, 80, 20]})
    >>> fewer = Lever(name="fewer_calls", moves={"calls": Move(by=-1, lowest=0)}, most_steps=3)
    >>> found = what_if(lambda f: f["calls"] + f["age"] / 10, features, threshold=6, aim="below", levers=[fewer])
    >>> found[["customer_id", "lever", "steps", "before", "after", "score_after", "crossed"]].values.tolist()
    [['a', 'fewer_calls', 2, 4.0, 2.0, 5.0, True], ['b', None, 0, None, None, 17.0, False],
     ['c', None, 0, None, None, 2.0, True]]
    """
    _check(features, levers, aim, most_levers)
    search = _Search(score=score, derive=derive, levers=levers, threshold=threshold, aim=aim)
    stages = list(_stages(levers, most_levers))
    rows = []
    for start in range(0, len(features), _CUSTOMERS):
        rows += search.run(features.iloc[start : start + _CUSTOMERS].reset_index(drop=True), stages)
    kinds = {"customer_id": features["customer_id"].dtype, **_KINDS}
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object).astype(kinds)


def altered(
    features: pd.DataFrame, found: pd.DataFrame, *, levers: Sequence[Lever], derive: Derive | None = None
) -> pd.DataFrame:
    """Return the features of the customers for whom `what_if` found a change, with that change made.

    >>> features = pd.DataFrame({"customer_id": ["a", "b"], "calls": [4.0, 0.0]})
    >>> fewer = Lever(name="fewer_calls", moves={"calls": Move(by=-1, lowest=0)}, most_steps=3)
    >>> found = what_if(lambda f: f["calls"], features, threshold=3, aim="below", levers=[fewer])
    >>> altered(features, found, levers=[fewer]).values.tolist()
    [['a', 2.0]]
    """
    steps = found.dropna(subset="lever").pivot(index="customer_id", columns="lever", values="steps")
    steps = steps.reindex(columns=[lever.name for lever in levers]).fillna(0).astype(int)
    rows = features[features["customer_id"].isin(steps.index)].reset_index(drop=True)
    return _pulled(rows, levers, steps.loc[rows["customer_id"]].to_numpy(), derive)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Search:
    """The search for one run of customers; `steps` of a change are an integer per lever, 0 where it is not pulled."""

    score: Score
    derive: Derive | None
    levers: Sequence[Lever]
    threshold: float
    aim: str

    def run(self, features: pd.DataFrame, stages: Sequence[np.ndarray]) -> list[tuple[Any, ...]]:
        before = self._scored(features)
        after, crossed = before.copy(), self._across(before)
        steps = np.zeros((len(features), len(self.levers)), int)
        offered = [_offered(features, lever) for lever in self.levers]
        for plans in stages:
            row, plan = _candidates(plans, offered, ~crossed)
            scores = np.concatenate([np.empty(0), *self._tried(features, row, plans[plan])])
            best = np.lexsort((-scores if self.aim == "above" else scores, row))
            best = best[self._across(scores[best])]
            best = best[np.unique(row[best], return_index=True)[1]]
            steps[row[best]], after[row[best]], crossed[row[best]] = plans[plan[best]], scores[best], True
        return list(_told(features, self.levers, steps, (before, after, crossed)))

    def _tried(self, features: pd.DataFrame, row: np.ndarray, steps: np.ndarray) -> Iterator[np.ndarray]:
        for start in range(0, len(row), _ROWS):
            some = slice(start, start + _ROWS)
            changed = features.take(row[some]).reset_index(drop=True)
            yield self._scored(_pulled(changed, self.levers, steps[some], self.derive))

    def _scored(self, features: pd.DataFrame) -> np.ndarray:
        scores = np.asarray(self.score(features), dtype=float)
        if scores.shape != (len(features),):
            raise InputError(f"score: shape {scores.shape} for {len(features):,} rows; one number a row is allowed")
        return scores

    def _across(self, scores: np.ndarray) -> np.ndarray:
        return scores >= self.threshold if self.aim == "above" else scores < self.threshold


def _stages(levers: Sequence[Lever], most_levers: int) -> Iterator[np.ndarray]:
    """Yield all changes of one size, (changes, levers) steps, from the smallest size up: by levers, then by steps."""
    for count in range(1, min(most_levers, len(levers)) + 1):
        plans = []
        for chosen in combinations(range(len(levers)), count):
            for steps in product(*(range(1, levers[lever].most_steps + 1) for lever in chosen)):
                plans.append(np.zeros(len(levers), int))
                plans[-1][list(chosen)] = steps
        size = np.array([plan.sum() for plan in plans])
        yield from (np.array(plans)[size == one] for one in np.unique(size))


def _offered(features: pd.DataFrame, lever: Lever) -> np.ndarray:
    """Say (steps, customers) where a lever at 1, 2, … steps moves its column further than at one step fewer."""
    column, steps = lever.column, range(lever.most_steps + 1)
    if lever.moves:
        reached = [_moved(features, column, lever.moves[column], np.full(len(features), n)) for n in steps]
        return np.array([_differs(one, other) for one, other in pairwise(reached)])
    is_set = _differs(features[column].to_numpy(object), np.array([lever.sets[column]], object))
    return np.array([is_set & (n == 1) for n in steps[1:]])


def _differs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray((one != other) & ~(pd.isna(one) & pd.isna(other)))


def _candidates(plans: np.ndarray, offered: Sequence[np.ndarray], waiting: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return row and plan of every change on offer to those who wait."""
    open_to = [
        np.logical_and.reduce([waiting, *(moves[n - 1] for moves, n in zip(offered, plan, strict=True) if n)])
        for plan in plans
    ]
    plan, row = np.nonzero(np.array(open_to))
    return row, plan


def _pulled(features: pd.DataFrame, levers: Sequence[Lever], steps: np.ndarray, derive: Derive | None) -> pd.DataFrame:
    """Return the features with every row's levers pulled by its steps, (rows, levers)."""
    changed = features
    for lever, own in zip(levers, steps.T, strict=True):
        moved = {column: _moved(changed, column, move, own) for column, move in lever.moves.items()}
        put = {column: changed[column].where(own == 0, value) for column, value in lever.sets.items()}
        if own.any():
            changed = changed.assign(**moved, **put)
    return changed if derive is None else derive(changed)


def _moved(features: pd.DataFrame, column: str, move: Move, steps: np.ndarray) -> np.ndarray:
    """Return a column after so many steps; a value beyond the range already stays, and none goes the other way."""
    old = features[column].to_numpy(float, na_value=np.nan)
    size = 1.0 if move.of is None else features[move.of].to_numpy(float, na_value=0.0).clip(0)
    new = np.clip(old + move.by * steps * size, move.lowest, move.highest)
    new = np.maximum(new, old) if move.by > 0 else np.minimum(new, old)
    whole = pd.api.types.is_integer_dtype(features[column]) and bool((new == np.round(new)).all())
    return np.asarray(new.astype(int) if whole else new)


def _told(
    features: pd.DataFrame,
    levers: Sequence[Lever],
    steps: np.ndarray,
    scores: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the what-if frame; `scores` are before, after and whether it is across."""
    changed = _pulled(features, levers, steps, None)
    said = {lever.column: [f[lever.column].to_numpy(object) for f in (features, changed)] for lever in levers}
    for row, (customer, *known) in enumerate(zip(features["customer_id"], *(s.tolist() for s in scores), strict=True)):
        pulled = [(lever, int(n)) for lever, n in zip(levers, steps[row], strict=True) if n]
        for place, (lever, n) in enumerate(pulled, start=1):
            before, after = (values[row] for values in said[lever.column])
            yield customer, place, lever.name, n, lever.column, before, after, *known
        if not pulled:
            yield customer, 1, None, 0, None, None, None, *known


def _check(features: pd.DataFrame, levers: Sequence[Lever], aim: str, most_levers: int) -> None:
    if aim not in ("below", "above"):
        raise InputError(f"aim '{aim}' is none of below, above{did_you_mean(aim, ('below', 'above'))}")
    if most_levers < 1:
        raise InputError(f"most_levers={most_levers}; at least 1")
    if "customer_id" not in features or features["customer_id"].duplicated().any():
        raise InputError("features: customer_id is missing or repeats; one row for each customer is allowed")
    for lever in levers:
        for column in (*lever.moves, *lever.sets, *(move.of for move in lever.moves.values() if move.of)):
            if column not in features:
                near = did_you_mean(column, map(str, features))
                raise InputError(f"lever '{lever.name}': no column '{column}' in the features{near}")


@cache
def _read() -> dict[str, Any]:
    text = resources.files("workbench.explain").joinpath("levers.yaml").read_text(encoding="utf-8")
    facts: dict[str, Any] = yaml.safe_load(text)
    return facts


@cache
def _levers() -> tuple[Lever, ...]:
    return tuple(
        Lever(
            name=name,
            moves={column: _move(said) for column, said in facts.get("moves", {}).items()},
            sets=facts.get("sets", {}),
            most_steps=facts["most_steps"],
        )
        for name, facts in _read()["levers"].items()
    )


def _move(said: Any) -> Move:
    """Read a move: `1`, `-0.1 * price`, or either as `by` with lowest and highest."""
    facts = said if isinstance(said, dict) else {"by": said}
    by, _, of = (part.strip() for part in str(facts["by"]).partition("*"))
    bounds = {name: float(facts[name]) for name in ("lowest", "highest") if name in facts}
    return Move(by=float(by), of=of or None, **bounds)
