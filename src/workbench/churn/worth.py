"""What was a feature worth? The chosen model with it against the same model without it, out of time.

In: a backtest and the examples behind it.   Out: `Worth`: the difference of the AUCs, with its interval.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.churn import models
from workbench.churn.backtest import Backtest, count_independent, make_folds
from workbench.churn.dropping import Encoded, encode
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
    found = [encode(fold, model=tested.model or "", scope=tested.scope, seed=seed) for fold in folds]
    value, error = mean_difference([difference(one, without=columns) for one in found], count_independent(folds))
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


def difference(fold: Encoded, *, without: Collection[str]) -> tuple[float, float]:
    """Return the AUC with all columns minus that without these, and the variance of this paired difference."""
    auc, covariance = delong(fold.churned, fold.chance(), fold.chance(without=without))
    return float(auc[0] - auc[1]), float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])


def mean_difference(found: Sequence[tuple[float, float]], independent: int) -> tuple[float, float]:
    """Return the mean of differences and its standard error; no more of them are news than are independent.

    >>> mean_difference([(0.1, 0.0004), (0.3, 0.0004)], 2)
    (0.2, 0.01414...)
    """
    values, variances = np.transpose(found)
    return float(values.mean()), float(np.sqrt(max(variances.mean(), 0) / independent))
