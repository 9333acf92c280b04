"""Which forecast should this market use, and how good would it have been? Judged only on what came after it was made.

In: examples with `spent`, the daily volume of orders.   Out: `Tested`: the choice, why, figures by cut-off, intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata, ttest_1samp

from workbench.errors import InputError
from workbench.intervals import FEWEST, wilson
from workbench.value import conformal
from workbench.value.candidates import ORDER, TITLES, Made, make
from workbench.value.quality import quality
from workbench.value.season import season

_FOLDS = 4
_DRAWS = 200
_BY_CHANCE = 0.05
_YEAR = pd.Timedelta(days=365)
_MOST_EXAMPLES = 60_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Tested:
    """The chosen forecast (None: not enough data) and the sentence that says why.

    `candidates`: model, spearman (mean over cut-offs), behind (the best) and behind_error (paired standard error).
    `folds`: cutoff, model, metric, value, low, high, n.   `summary`: model, metric, value (mean over cut-offs), low,
    high.   `scores` of the chosen one: customer_id, cutoff, predicted, low, high (90 %), spent.
    `coverage`: cutoff, nominal share of draws, coverage with low and high (95 %), customers, calibrated (from earlier
    cut-offs, or not yet).   `share` of draws that intervals of today hold; `level` by which its total is multiplied,
    1 unless earlier cut-offs erred the same way beyond chance.
    """

    model: str | None
    reason: str
    horizon_days: int
    candidates: pd.DataFrame
    folds: pd.DataFrame
    summary: pd.DataFrame
    scores: pd.DataFrame
    coverage: pd.DataFrame
    share: float
    level: float

    __test__ = False  # or pytest takes the class for tests


@dataclass(frozen=True, eq=False, kw_only=True)
class _Fold:
    cutoff: pd.Timestamp
    judged: pd.DataFrame
    made: Made

    @property
    def spent(self) -> np.ndarray:
        return self.judged["spent"].to_numpy(float)


def backtest(
    examples: pd.DataFrame,
    volume: pd.Series,
    *,
    horizon_days: int,
    judged: Sequence[pd.Timestamp] | None = None,
    seed: int = 0,
) -> Tested:
    """Make every candidate's forecast at past cut-offs, and choose the simplest within one standard error of the best.

    Rolling origin: at each judged cut-off (by default the latest four that are a horizon apart) processes are fitted to
    the histories so far, learned models to the cut-offs of the year before whose horizon is over by then, the season to
    the volume so far. The best has the highest mean rank correlation with what was spent, as people act upon the order
    of customers; the standard error is that of the difference on the same customers. An InputError names a judged
    cut-off that has no examples.
    """
    folds = [_fold(examples, volume, cutoff, horizon_days, seed) for cutoff in _judged(examples, horizon_days, judged)]
    folds = [fold for fold in folds if len(fold.judged) >= FEWEST and fold.spent.sum() > 0]
    if not folds or sum((fold.spent > 0).sum() for fold in folds) < FEWEST:
        return _not_enough(examples, horizon_days)
    compared = _compare(folds)
    chosen = str(compared["model"].iloc[int(np.argmax(compared["behind"] <= compared["behind_error"]))])
    levels = _levels(folds, chosen)
    scores, coverage, share = _intervals(folds, chosen, levels[:-1], seed)
    figures = _figures(folds, chosen, levels[:-1], seed)
    return Tested(
        model=chosen,
        reason=_reason(compared, chosen, len(folds)),
        horizon_days=horizon_days,
        candidates=compared,
        folds=figures,
        summary=_summary(figures),
        scores=scores,
        coverage=coverage,
        share=share,
        level=float(levels[-1]),
    )


def training(examples: pd.DataFrame, cutoff: pd.Timestamp, *, horizon_days: int, seed: int = 0) -> pd.DataFrame:
    """Return the examples of the year before whose horizon is over by the cut-off, at most 60,000 drawn by lot."""
    latest = cutoff - pd.Timedelta(days=horizon_days)
    known = examples[(examples["cutoff"] <= latest) & (examples["cutoff"] >= latest - _YEAR)]
    return known if len(known) <= _MOST_EXAMPLES else known.sample(_MOST_EXAMPLES, random_state=seed)


def _fold(examples: pd.DataFrame, volume: pd.Series, cutoff: pd.Timestamp, horizon_days: int, seed: int) -> _Fold:
    now = examples[examples["cutoff"] == cutoff].reset_index(drop=True)
    past = training(examples, cutoff, horizon_days=horizon_days, seed=seed)
    found = season(volume, as_of=cutoff)
    made = make(now, past, cutoff=cutoff, season=found, horizon_days=horizon_days, seed=seed)
    return _Fold(cutoff=cutoff, judged=now, made=made)


def _judged(examples: pd.DataFrame, horizon_days: int, judged: Sequence[pd.Timestamp] | None) -> list[pd.Timestamp]:
    there = sorted(examples["cutoff"].unique())
    if judged is not None:
        if missing := [cutoff for cutoff in judged if cutoff not in there]:
            raise InputError(f"judged: no examples at {', '.join(f'{cutoff:%Y-%m-%d}' for cutoff in missing)}")
        return list(judged)
    found: list[pd.Timestamp] = []
    for cutoff in reversed(there):
        if not found or found[0] - cutoff >= pd.Timedelta(days=horizon_days):
            found.insert(0, cutoff)
    return found[-_FOLDS:]


def _compare(folds: list[_Fold]) -> pd.DataFrame:
    """Return the candidates made at every cut-off, simplest first, with what they lie behind the best.

    A rank correlation is the mean of products of standardised ranks: the error of a difference is that of such a mean.
    """
    names = [name for name in ORDER if all(name in fold.made.forecasts for fold in folds) and name != "nobody"]
    products = {
        name: [standard_ranks(fold.made.forecasts[name]) * standard_ranks(fold.spent) for fold in folds]
        for name in names
    }
    means = {name: float(np.mean([one.mean() for one in found])) for name, found in products.items()}
    best = max(means, key=lambda name: means[name])
    variances = [
        [(a - b).var(ddof=1) / len(a) for a, b in zip(products[name], products[best], strict=True)] for name in names
    ]
    table = pd.DataFrame({"model": names, "spearman": [means[name] for name in names]})
    errors = np.sqrt(np.mean(variances, axis=1) / len(folds))
    return table.assign(behind=means[best] - table["spearman"], behind_error=errors)


def standard_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks with mean 0 and variance 1: the mean of two such products is Spearman's rank correlation.

    >>> standard_ranks(np.array([5.0, 7.0])).tolist()
    [-1.0, 1.0]
    """
    ranks = rankdata(values)
    spread = ranks.std()
    return np.asarray((ranks - ranks.mean()) / spread if spread > 0 else np.zeros(len(ranks)))


def _levels(folds: list[_Fold], chosen: str) -> np.ndarray:
    """Return the level for every cut-off and for today: 1, unless all before it erred the same way beyond chance.

    A bias of one quarter says little of the next: only a mean that Student's test (5 %) tells from none is corrected.
    """
    bias = np.array([np.log(fold.spent.sum() / fold.made.forecasts[chosen].sum()) for fold in folds])
    levels = np.ones(len(bias) + 1)
    for place in range(2, len(bias) + 1):
        if ttest_1samp(bias[:place], 0.0).pvalue < _BY_CHANCE:
            levels[place] = np.exp(bias[:place].mean())
    return levels


def _intervals(
    folds: list[_Fold], chosen: str, levels: np.ndarray, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return the chosen forecasts with 90 % intervals, how often these held, and the share of draws for today."""
    parts, rows, earlier = [], [], np.empty(0)
    for fold, level in zip(folds, levels, strict=True):
        drawn = fold.made.draws(chosen, count=_DRAWS, seed=seed) * level
        share = conformal.share_for(earlier)
        low, high = conformal.interval(drawn, share)
        held = conformal.holds(low, high, fold.spent)
        known = fold.judged[["customer_id", "cutoff", "spent"]]
        parts.append(known.assign(predicted=fold.made.forecasts[chosen] * level, low=low, high=high))
        rows.append((fold.cutoff, share, *_share(held), len(held), len(earlier) > 0))
        earlier = np.concatenate([earlier, conformal.scores(drawn, fold.spent)])
    columns = ["cutoff", "share", "coverage", "low", "high", "customers", "calibrated"]
    return pd.concat(parts, ignore_index=True), pd.DataFrame(rows, columns=columns), conformal.share_for(earlier)


def _share(held: np.ndarray) -> tuple[float, float, float]:
    value, low, high = wilson(float(held.sum()), len(held))
    return float(value), float(low), float(high)


def _figures(folds: list[_Fold], chosen: str, levels: np.ndarray, seed: int) -> pd.DataFrame:
    parts = []
    for fold, level in zip(folds, levels, strict=True):
        for name in [one for one in ORDER if one in fold.made.forecasts]:
            predicted = fold.made.forecasts[name] * (level if name == chosen else 1.0)
            found = quality(pd.DataFrame({"predicted": predicted, "spent": fold.spent}), seed=seed)
            parts.append(found.assign(cutoff=fold.cutoff, model=name))
    return pd.concat(parts, ignore_index=True)[["cutoff", "model", "metric", "value", "low", "high", "n"]]


def _summary(figures: pd.DataFrame) -> pd.DataFrame:
    """Average over cut-offs; the interval takes them as independent, though many customers stand at several."""
    squared = ((figures["high"] - figures["low"]) / 2) ** 2
    groups = figures.assign(squared=squared).groupby(["model", "metric"], sort=False)
    found = groups[["value", "squared"]].mean().reset_index()
    margin = np.sqrt(found.pop("squared") / groups["value"].count().to_numpy())
    # Ratios, shares and losses are never below nought; a rank correlation may be.
    least = np.where(found["metric"] == "spearman", -1.0, 0.0)
    return found.assign(low=np.maximum(found["value"] - margin, least), high=found["value"] + margin)


def _reason(compared: pd.DataFrame, chosen: str, folds: int) -> str:
    own = compared[compared["model"] == chosen].iloc[0]
    best = compared.iloc[int(np.argmin(compared["behind"]))]
    said = f"{TITLES[chosen]} has a mean rank correlation of {own['spearman']:.3f} with spend over {folds} cut-offs"
    if own["behind"] == 0:
        return f"{said}, the best of {len(compared)} candidates; no simpler one lies within one standard error of it."
    return (
        f"{said}; {TITLES[str(best['model'])]} has {best['spearman']:.3f}, a difference of {own['behind']:.4f} that "
        f"lies within one standard error ({own['behind_error']:.4f}): the simpler one is chosen."
    )


def _not_enough(examples: pd.DataFrame, horizon_days: int) -> Tested:
    nothing = pd.DataFrame()
    buyers = int((examples["spent"] > 0).sum()) if "spent" in examples else 0
    return Tested(
        model=None,
        reason=f"not enough data: {len(examples):,} examples of the past, {buyers:,} of them with spend in the "
        f"{horizon_days} days after; at least {FEWEST} of these are needed to judge a forecast.",
        horizon_days=horizon_days,
        candidates=nothing,
        folds=nothing,
        summary=nothing,
        scores=nothing,
        coverage=nothing,
        share=conformal.COVERAGE,
        level=1.0,
    )
