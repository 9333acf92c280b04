"""Who competes at foretelling churn, from a rule to a large model, and what fewer customers or months would teach.

In: examples of the past.   Out: a `Task` and its contenders, which `workbench.emissions` compares.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from workbench.churn import models
from workbench.churn.backtest import FEWEST, Fold, fewest, make_folds
from workbench.churn.gather import Gathered
from workbench.churn.quality import auc_contributions
from workbench.contest import Contender, Task
from workbench.errors import InputError, did_you_mean
from workbench.words import counted

TITLES = {
    "recency": "rule: days since the last order",
    "repeat_rate": "rule: orders a year",
    "tenure": "rule: time as a customer",
    "logistic": "logistic regression",
    "trees": "small trees (400 of 4 leaves)",
    "large_trees": "large trees (1,000 of 31 leaves)",
}
# Customers are scored every day, and the model is trained anew every month.
_SCORINGS = 30
_TOLERANCE = 0.005
_SHARES = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
_MONTHS = (1, 3, 6, 12)


def contest(found: Gathered, *, horizon_days: int, target: float | None = None, seed: int = 0) -> Task:
    """Return the task of the latest fold: every candidate of the backtest that applies, and a large model beside them.

    Each is trained on what was known by the fold's cut-off of this market, its encoding included, and scores all judged
    customers from their features, without calibration, which leaves their order as it is. `target` is the AUC to reach.
    Without a fold the task has no contenders and its note says why.
    """
    fold, why = _fold(found, horizon_days, seed)
    contenders = []
    if fold is not None:
        train = fold.train["local"]
        names = [*models.applicable(train), *models.LARGER]
        contenders = [_contender(name, TITLES[name], train, fold, model=name, seed=seed) for name in names]
    return Task(
        name="churn",
        metric="AUC",
        unit="customers",
        contenders=tuple(contenders),
        judged=len(fold.judged) if fold else 0,
        volume=len(found.today),
        scorings=_SCORINGS,
        tolerance=_TOLERANCE,
        target=target,
        largest="large_trees",
        note=why,
    )


def fewer_rows(
    found: Gathered,
    *,
    horizon_days: int,
    model: str,
    shares: Sequence[float] = _SHARES,
    seed: int = 0,
) -> list[Contender]:
    """Return one model trained on ever more of the customers, the fewest first; each `name` is its number of rows.

    Customers are drawn by lot, each draw within the next, and judged are
    those of `contest`. Left out are draws with fewer than 30 customers that churned or stayed; without a fold the list
    is empty. An InputError names a share outside 0 to 1, and a model that does not apply.
    """
    if wrong := [share for share in shares if not 0 < share <= 1]:
        raise InputError(f"shares: found {wrong[0]}; each is above 0 and at most 1")
    fold, _ = _fold(found, horizon_days, seed)
    if fold is None:
        return []
    train = fold.train["local"]
    _check(model, train)
    drawn = np.random.default_rng(seed).permutation(train["customer_id"].unique())
    points = []
    for share in sorted(set(shares)):
        kept = drawn[: round(share * len(drawn))]
        rows = train[train["customer_id"].isin(kept)]
        if fewest(rows) >= FEWEST:
            title = f"{share:.0%} of the customers: {len(kept):,}, drawn by lot"
            points.append(_contender(str(len(rows)), title, rows, fold, model=model, seed=seed))
    return points


def fewer_months(
    found: Gathered,
    *,
    horizon_days: int,
    model: str,
    months: Sequence[int] = _MONTHS,
    seed: int = 0,
) -> list[Contender]:
    """Return one model trained on ever more monthly cut-offs, the latest first; each `name` is their number.

    What features look back to stays as it is: how far they need to, `curve_of_history` tells. More months than there
    are mean all of them. Judged are the customers of `contest`; the list is empty where nothing has a cut-off.
    """
    if wrong := [month for month in months if month < 1]:
        raise InputError(f"months: found {wrong[0]}; each is 1 or more")
    fold, _ = _fold(found, horizon_days, seed)
    if fold is None or fold.cutoff is None:
        return []
    train = fold.train["local"]
    _check(model, train)
    days = sorted(train["cutoff"].unique())
    sizes = sorted({min(month, len(days)) for month in months})
    points = []
    for size in sizes:
        rows, title = train[train["cutoff"] >= days[-size]], f"examples of the latest {counted(size, 'cut-off')}"
        if fewest(rows) >= FEWEST:
            points.append(_contender(str(size), title, rows, fold, model=model, seed=seed))
    return points


def _fold(found: Gathered, horizon_days: int, seed: int) -> tuple[Fold | None, str]:
    """Return the latest fold, of a cross-validation the first; or why there is none."""
    folds = [fold for fold in make_folds(found.past, horizon_days=horizon_days, seed=seed) if "local" in fold.train]
    if not folds:
        return None, f"not enough data: no cut-off has {FEWEST} customers of either kind before it to learn from"
    return folds[0] if folds[-1].cutoff is None else folds[-1], ""


def _check(model: str, train: pd.DataFrame) -> None:
    known = [*models.applicable(train), *models.LARGER]
    if model not in known:
        raise InputError(f"model '{model}' is none of {', '.join(known)}{did_you_mean(model, known)}")


def _contender(name: str, title: str, train: pd.DataFrame, fold: Fold, *, model: str, seed: int) -> Contender:
    return Contender(
        name=name,
        title=title,
        train=partial(models.fit, train, model=model, seed=seed),
        score=partial(models.probability, features=fold.judged),
        judge=partial(auc_contributions, fold.churned),
    )
