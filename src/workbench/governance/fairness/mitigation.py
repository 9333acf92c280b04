"""What would other thresholds do to a gap, and what would they cost? A what-if: nothing of it is applied.

In: rows of models, groups, gaps.   Out: a frame of what could be done instead, with its price.
"""

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.gaps import ODDS, ODDS_OF, compare
from workbench.governance.fairness.groups import Attribute, Attributes
from workbench.governance.fairness.measures import measure_rates
from workbench.governance.fairness.rows import Rows
from workbench.governance.fairness.sides import Sides, split
from workbench.intervals import FEWEST

WHAT_IF = (
    *("model", "attribute", "what", "thresholds", "metric", "gap_before", "gap_after", "after_low", "after_high"),
    *("balanced_accuracy_before", "balanced_accuracy_after", "accuracy_before", "accuracy_after"),
    *("selected_share_before", "selected_share_after", "changed_share", "customers"),
)
CAUTION = (
    "A what-if: nothing of it is applied. To use the attribute itself where people are selected may be unlawful. "
    "Thresholds were chosen on one half of the customers and judged on the other."
)
_SCORED = ("churn", "value")
_CAUSES = ("selection_rate", ODDS, *ODDS_OF)
_Say = Callable[[pd.DataFrame], np.ndarray]


def what_if(
    rows: Mapping[str, Rows], attributes: Attributes, gaps: pd.DataFrame, *, seed: int
) -> tuple[pd.DataFrame, str]:
    """Return other thresholds for every gap that is shown on a sensitive attribute (`WHAT_IF`), and why none.

    thresholds per group select as large a share of each group as of all, over all cut-offs at once, among equal scores
    by lot; fairlearn's ThresholdOptimizer (Hardt, Price and Srebro, 2016) equalises selection rates, or true and false
    positive rates, partly by lot. gap (after_low to after_high hold for all pairs of groups at once, 95 %) and accuracy
    are of customers whose rows chose nothing; selected_share and changed_share are of their rows. Groups need 30
    customers in either half, and 30 of whom a rate is.
    """
    shown = gaps[gaps["shown"].eq(True) & (gaps["kind"] == "sensitive") & gaps["metric"].isin(_CAUSES)]
    pairs = shown[["model", "attribute"]].drop_duplicates().itertuples(index=False, name=None)
    wanted = [(str(model), str(name)) for model, name in pairs if model in _SCORED]
    if not wanted:
        others = " whose score selects customers" if len(shown) else ""
        return pd.DataFrame(columns=list(WHAT_IF)), f"No what-if: no gap by a sensitive attribute is shown{others}."
    by_name = {one.name: one for one in attributes.held}
    found = [row for model, name in wanted for row in _of_gap(model, rows[model].frame, by_name[name], seed)]
    none = "" if found else "No what-if: the halves hold too few customers who were meant and who were not."
    return pd.DataFrame(found, columns=list(WHAT_IF)), none


def _of_gap(model: str, frame: pd.DataFrame, attribute: Attribute, seed: int) -> Iterator[dict[str, Any]]:
    frame = frame.dropna(subset=["predicted"]).reset_index(drop=True)
    labels = frame["customer_id"].map(attribute.of)
    sides = split(frame[labels.notna()], labels[labels.notna()])
    heads = np.random.default_rng(seed).random(int(frame["unit"].to_numpy().max(initial=0)) + 1) < 0.5
    side = sides.rows.assign(half=heads[sides.rows["unit"]].astype(int))
    people = side.groupby(["group", "half"])["unit"].nunique().unstack(fill_value=0)
    side = side[side["group"].isin(people.index[(people >= FEWEST).all(axis=1)])]
    side = side.assign(name=np.array([*sides.names, ""])[side["group"]])
    learn, test = side[side["half"] == 0], side[side["half"] == 1]
    if side["group"].nunique() < 2 or min(_fewest(learn), _fewest(test)) < 1:
        return
    plain = {str(name): _own_threshold(of, learn["selected"].mean()) for name, of in learn.groupby("name")["predicted"]}
    pooled = "; for all cut-offs together" if "cutoff" in learn and learn["cutoff"].nunique() > 1 else ""
    ways: list[tuple[str, str, str, _Say]] = [
        (
            "thresholds per group",
            "selection_rate",
            _spelt(plain) + pooled,
            lambda rows: _by_threshold(rows, plain, seed),
        ),
        ("equal selection rates", "selection_rate", _BY_LOT, _optimised(learn, "demographic_parity", seed)),
        ("equalized odds", ODDS, _BY_LOT, _optimised(learn, "equalized_odds", seed)),
    ]
    for what, metric, said, say in ways:
        facts = {"model": model, "attribute": attribute.name, "what": what, "thresholds": said, "metric": metric}
        price = _priced(split(test, test["name"]), say(test), metric=metric, seed=seed)
        if np.isfinite(price["gap_after"]):
            yield facts | price | {"customers": test["unit"].nunique()}


_BY_LOT = "partly by lot"


def _fewest(rows: pd.DataFrame) -> int:
    """Return the fewest rows of any group that were meant, or were not."""
    counts = pd.crosstab(rows["group"], rows["actual"]).reindex(columns=[0, 1], fill_value=0)
    return int(counts.to_numpy().min(initial=len(rows)))


def _own_threshold(scores: pd.Series, share: float) -> tuple[float, float]:
    """Return the score from which on a share is selected, and which part of those who have just this score.

    >>> _own_threshold(pd.Series([0.2, 0.6, 0.6, 0.6]), 0.5)
    (0.6, 0.6666666666666666)
    """
    if not share:
        return np.inf, 0.0
    falling = np.sort(scores.to_numpy())[::-1]
    threshold = float(falling[int(np.ceil(share * len(falling) - 1e-9)) - 1])
    equal = int((falling == threshold).sum())
    part = (share * len(falling) - int((falling > threshold).sum())) / equal
    return threshold, 1.0 if equal == 1 else float(part)


def _spelt(thresholds: Mapping[str, tuple[float, float]]) -> str:
    texts = {
        name: f" ({part:.0%} of those at it, by lot)" if part < 1 else "" for name, (_, part) in thresholds.items()
    }
    return ", ".join(f"{name}: {value:.3g}{texts[name]}" for name, (value, _) in thresholds.items())


def _by_threshold(rows: pd.DataFrame, thresholds: Mapping[str, tuple[float, float]], seed: int) -> np.ndarray:
    least, part = (rows["name"].map({name: pair[place] for name, pair in thresholds.items()}) for place in (0, 1))
    lot = np.random.default_rng(seed).random(len(rows)) < part
    reached: np.ndarray = ((rows["predicted"] > least) | ((rows["predicted"] == least) & lot)).to_numpy(dtype=int)
    return reached


class _PassThrough:
    """A model that has been fitted already and says what it is given: a score."""

    def fit(self, _x: Any, _y: Any) -> "_PassThrough":
        return self

    def predict(self, scores: Any) -> np.ndarray:
        return np.asarray(scores)[:, 0]

    def __sklearn_tags__(self) -> SimpleNamespace:
        return SimpleNamespace(requires_fit=False)


def _optimised(learn: pd.DataFrame, constraint: str, seed: int) -> _Say:
    from fairlearn.postprocessing import ThresholdOptimizer

    model = ThresholdOptimizer(
        estimator=_PassThrough(),
        constraints=constraint,
        objective="balanced_accuracy_score",
        prefit=True,
        predict_method="predict",
    )
    model.fit(learn[["predicted"]], learn["actual"], sensitive_features=learn["name"])

    def say(rows: pd.DataFrame) -> np.ndarray:
        said: np.ndarray = model.predict(rows[["predicted"]], sensitive_features=rows["name"], random_state=seed)
        return said

    return say


def _priced(sides: Sides, instead: np.ndarray, *, metric: str, seed: int) -> dict[str, float]:
    before, actual = sides.rows["selected"].to_numpy(), sides.rows["actual"].to_numpy()
    found: dict[str, float] = {"changed_share": float((before != instead).mean())}
    for when, selected in (("before", before), ("after", instead)):
        right = selected == actual
        found[f"selected_share_{when}"] = float(selected.mean())
        found[f"accuracy_{when}"] = float(right.mean())
        found[f"balanced_accuracy_{when}"] = float((right[actual == 1].mean() + right[actual == 0].mean()) / 2)
    found["gap_before"], *_ = _gap(sides, before, metric=metric, seed=seed)
    found["gap_after"], found["after_low"], found["after_high"] = _gap(sides, instead, metric=metric, seed=seed)
    return found


def _gap(sides: Sides, selected: np.ndarray, *, metric: str, seed: int) -> tuple[float, float, float]:
    """Return the largest difference between groups, with its bounds; NaN where a rate is of too few."""
    rows = sides.rows.assign(selected=selected, wrong=(selected != sides.rows["actual"]).astype(int))
    measured = measure_rates(rows, metrics=ODDS_OF if metric == ODDS else (metric,), seed=seed)
    gaps = [[float(one.row[name]) for name in ("difference", "low", "high")] for one in compare(measured, sides, {})]
    value, low, high = max(gaps) if np.isfinite(gaps).all() else (np.nan,) * 3
    return value, low, high
