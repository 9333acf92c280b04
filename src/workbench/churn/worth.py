"""What was a feature worth? The chosen model with it against the same model without it, out of time.

In: a backtest and the examples behind it.   Out: `Worth`: the difference of the AUCs, with its interval.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from workbench.churn import models
from workbench.churn.backtest import Backtest, Fold, count_independent, make_folds
from workbench.churn.gather import Gathered
from workbench.churn.quality import delong
from workbench.intervals import Z


@dataclass(frozen=True, eq=False, kw_only=True)
class Worth:
    """AUC with minus AUC without and its 95 % interval, all missing where it cannot be said; `note` says it all."""

    value: float | None
    low: float | None
    high: float | None
    note: str


def worth(
    tested: Backtest, gathered: Gathered, *, columns: Collection[str], name: str, horizon_days: int, seed: int = 0
) -> Worth:
    """Fit the chosen candidate with and without these columns on the folds of its backtest, and compare the AUCs.

    Both are judged before calibration, which hardly moves a ranking, and on the same customers: the interval is that of
    a paired difference (DeLong et al., 1988), its folds taken as independent. `name` is what the columns say.

    >>> import pandas as pd
    >>> past = pd.DataFrame({"customer_id": map(str, range(200)), "tenure_days": range(200), "churned": [1, 0] * 100})
    >>> found = Gathered(kind="label", definition="", past=past, today=past)
    >>> from workbench.churn.backtest import backtest
    >>> tested = backtest(past, horizon_days=90)
    >>> worth(tested, found, columns=["sentiment_last"], name="sentiment", horizon_days=90).note
    'Sentiment was not used: only churn by orders looks at what happened.'
    """
    if why := _not_used(tested, gathered, columns, name):
        return Worth(value=None, low=None, high=None, note=why)
    judged = sorted(tested.scores["cutoff"].unique()) if "cutoff" in tested.scores else None
    folds = make_folds(gathered.past, horizon_days=horizon_days, judged=judged, pooled=gathered.pool, seed=seed)
    value, error = _difference(folds, tested, columns, seed)
    low, high = value - Z * error, value + Z * error
    moved = f"moved the AUC by {value:+.3f} ({low:+.3f} to {high:+.3f})"
    note = f"{name.capitalize()} {moved}: {tested.model} with it against without it, on the same customers and folds."
    return Worth(value=value, low=low, high=high, note=note)


def _not_used(tested: Backtest, gathered: Gathered, columns: Collection[str], name: str) -> str:
    used = f"{name.capitalize()} was not used: "
    if tested.model is None:
        return f"{used}there is no model."
    if gathered.kind != "orders":
        return f"{used}only churn by orders looks at what happened."
    if not {*columns} & {*gathered.past}:
        return f"{name.capitalize()} is not applicable: no {name} scores; run the notebook {name} first."
    if all(gathered.past[column].nunique(dropna=False) < 2 for column in {*columns} & {*gathered.past}):
        return f"{used}nothing was known of any customer before a cut-off."
    if tested.model in models.RULES:
        return f"{used}the chosen model is a rule of one number."
    if tested.scope == "pooled":
        return f"{used}the chosen model learns from other markets, too, of which it is not known."
    return ""


def _difference(folds: list[Fold], tested: Backtest, columns: Collection[str], seed: int) -> tuple[float, float]:
    """Return the mean difference of the AUCs and its standard error."""
    aucs, covariances = [], []
    for fold in folds:
        chances = [_chance(fold, tested, left_out, seed) for left_out in ((), columns)]
        auc, covariance = delong(fold.churned, *chances)
        aucs.append(auc[0] - auc[1])
        covariances.append(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    variance = max(np.mean(covariances), 0) / count_independent(folds)
    return float(np.mean(aucs)), float(np.sqrt(variance))


def _chance(fold: Fold, tested: Backtest, left_out: Collection[str], seed: int) -> np.ndarray:
    assert tested.model
    train = fold.train[tested.scope].drop(columns=[name for name in left_out if name in fold.judged])
    return models.probability(models.fit(train, model=tested.model, scope=tested.scope, seed=seed), fold.judged)
