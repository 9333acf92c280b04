"""Which model should this market use, and how good would it have been? Judged only on what came after its training.

In: examples of a market, and of all markets.   Out: `Backtest`: the choice, why, and figures fold by fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold

from workbench.churn import models
from workbench.churn.calibrators import CALIBRATORS
from workbench.churn.models import Model, Scope
from workbench.churn.quality import delong, quality
from workbench.errors import InputError

# Customers of either class that a model must learn from, and that it must be judged on over all folds.
FEWEST = 30
# A fold with fewer than these of either class says nothing about ranking.
_FEWEST_IN_FOLD = 5
# On a sample market of 20,000 customers more examples doubled the time and left the accuracy as it was.
_MOST_EXAMPLES = 60_000
_FOLDS = 4
_REPEATS, _PARTS = 5, 5
_YEAR = pd.Timedelta(days=365)


@dataclass(frozen=True, eq=False, kw_only=True)
class Backtest:
    """The chosen model (None: not enough data), its scope and calibration, and the sentence that says why.

    `candidates`: model, scope, auc (mean over folds), standard_error, behind (the best), behind_error (paired).
    `calibrations` of the chosen model: calibration, log_loss (mean over folds).
    `folds`: fold, cutoff, model, scope, metric, value, low, high, n; the chosen model's figures are calibrated ones.
    `summary`: model, scope, metric, value (mean over folds), low, high.
    `scores` of the chosen model, calibrated: customer_id, cutoff, fold, probability, churned.
    """

    model: str | None
    scope: Scope
    calibration: str
    reason: str
    candidates: pd.DataFrame
    calibrations: pd.DataFrame
    folds: pd.DataFrame
    summary: pd.DataFrame
    scores: pd.DataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Fold:
    """One part that is judged, and what a model may learn from for it, by scope."""

    name: str
    cutoff: pd.Timestamp | None
    train: dict[Scope, pd.DataFrame]
    judged: pd.DataFrame

    @property
    def churned(self) -> np.ndarray:
        """The outcomes of those judged, 0 or 1."""
        return self.judged["churned"].to_numpy(int)

    @property
    def knows_season(self) -> bool:
        """Whether there is last year's season to go by."""
        return "season_ratio" in self.judged and bool(self.judged["season_ratio"].notna().all())


_Candidate = tuple[str, Scope]
_Chances = dict[_Candidate, list[np.ndarray]]


def backtest(
    examples: pd.DataFrame,
    *,
    horizon_days: int,
    judged: Sequence[pd.Timestamp] | None = None,
    pooled: pd.DataFrame | None = None,
    seed: int = 0,
) -> Backtest:
    """Try every candidate on later data, and choose the simplest within one standard error of the best.

    Rolling origin: at each judged cut-off (by default the latest four that are a horizon apart) a model learns from the
    cut-offs of the year before whose horizon is over by then. Without several cut-offs: 5 x 5-fold cross-validation.
    `pooled` are the examples of all markets, from which a pooled model learns to be judged on this market. The standard
    error is that of the difference on the same customers (DeLong). Calibration is chosen by log loss, on the folds that
    know last year's season if the latest does. An InputError names a judged cut-off that has no examples.
    """
    folds = make_folds(examples, horizon_days=horizon_days, judged=judged, pooled=pooled, seed=seed)
    if not folds:
        return _not_enough(examples[examples["churned"].notna()])
    independent = count_independent(folds)
    fitted = _fit_all(folds, seed)
    chances = {
        candidate: [models.probability(model, fold.judged) for model, fold in zip(found, folds, strict=True)]
        for candidate, found in fitted.items()
    }
    compared = _compare(folds, chances, independent=independent)
    place = int(np.argmax(compared["behind"] <= compared["behind_error"]))
    chosen = list(fitted)[place]
    calibrated = _calibrated(folds, chosen, fitted[chosen], seed)
    losses = _log_losses(folds, calibrated)
    calibration = str(losses.set_index("calibration")["log_loss"].idxmin())
    chances[chosen] = calibrated[calibration]
    figures = _figures(folds, chances)
    return Backtest(
        model=chosen[0],
        scope=chosen[1],
        calibration=calibration,
        reason=_reason(compared, place, len(folds)),
        candidates=compared,
        calibrations=losses,
        folds=figures,
        summary=_summary(figures, independent=independent),
        scores=_scores(folds, chances[chosen]),
    )


def make_folds(
    examples: pd.DataFrame,
    *,
    horizon_days: int,
    judged: Sequence[pd.Timestamp] | None = None,
    pooled: pd.DataFrame | None = None,
    seed: int = 0,
) -> list[Fold]:
    """Return the parts of the examples that a backtest learns from and judges; none where there is not enough data."""
    known = examples[examples["churned"].notna()]
    pool = None if pooled is None else pooled[pooled["churned"].notna()]
    rolling = "cutoff" in known and known["cutoff"].nunique() > 1
    folds = _rolling(known, pool, horizon_days, judged, seed) if rolling else _crossed(known, pool, seed)
    folds = [fold for fold in folds if fold.train and fewest(fold.judged) >= _FEWEST_IN_FOLD]
    return folds if sum(fewest(fold.judged) for fold in folds) >= FEWEST else []


def count_independent(folds: list[Fold]) -> int:
    """Return by how many folds a mean over them is surer than one of them: repeats of one time are no news."""
    return _PARTS if folds[0].cutoff is None else len(folds)


def known_at(examples: pd.DataFrame, at: pd.Timestamp, *, horizon_days: int) -> pd.DataFrame:
    """Return the examples whose outcome was known at a time, of the cut-offs of one year."""
    latest = at - pd.Timedelta(days=horizon_days)
    return examples[(examples["cutoff"] <= latest) & (examples["cutoff"] > latest - _YEAR)]


def fit_chosen(result: Backtest, examples: pd.DataFrame, *, pooled: pd.DataFrame | None = None, seed: int = 0) -> Model:
    """Fit what a backtest chose on what is known by now: the latest year of cut-offs, 60,000 examples at most."""
    if result.model is None:
        raise InputError(result.reason)
    source = pooled if result.scope == "pooled" and pooled is not None else examples
    known = source[source["churned"].notna()]
    if "cutoff" in known:
        known = known_at(known, known["cutoff"].max(), horizon_days=0)
    known = _thinned(known, seed)
    return models.fit(known, model=result.model, scope=result.scope, calibration=result.calibration, seed=seed)


def _rolling(
    known: pd.DataFrame, pool: pd.DataFrame | None, horizon_days: int, judged: Sequence[pd.Timestamp] | None, seed: int
) -> list[Fold]:
    there = sorted(known["cutoff"].unique())
    for cutoff in set(judged or []) - set(there):
        raise InputError(f"judged: no examples at the cut-off {cutoff:%Y-%m-%d}; there are {len(there)} others")
    folds = []
    for cutoff in sorted(judged or _apart(there, horizon_days)):
        sources: dict[Scope, pd.DataFrame | None] = {"local": known, "pooled": pool}
        train = {s: known_at(f, cutoff, horizon_days=horizon_days) for s, f in sources.items() if f is not None}
        part = known[known["cutoff"] == cutoff]
        folds.append(Fold(name=f"{cutoff:%Y-%m-%d}", cutoff=cutoff, train=_enough(train, seed), judged=part))
    return folds


def _apart(cutoffs: list[pd.Timestamp], horizon_days: int) -> list[pd.Timestamp]:
    """Return the latest cut-offs whose outcomes do not overlap."""
    found: list[pd.Timestamp] = []
    for cutoff in reversed(cutoffs):
        if not found or cutoff + pd.Timedelta(days=horizon_days) <= found[-1]:
            found.append(cutoff)
    return found[:_FOLDS]


def _crossed(known: pd.DataFrame, pool: pd.DataFrame | None, seed: int) -> list[Fold]:
    if fewest(known) < FEWEST:
        return []
    folds = []
    parts = RepeatedStratifiedKFold(n_splits=_PARTS, n_repeats=_REPEATS, random_state=seed)
    for place, (rest, part) in enumerate(parts.split(known, known["churned"].astype(int))):
        train: dict[Scope, pd.DataFrame] = {"local": known.iloc[rest]}
        if pool is not None:
            train["pooled"] = pool[~pool["customer_id"].isin(known["customer_id"].iloc[part])]
        name = f"repeat {place // _PARTS + 1}, part {place % _PARTS + 1}"
        folds.append(Fold(name=name, cutoff=None, train=_enough(train, seed), judged=known.iloc[part]))
    return folds


def _enough(train: dict[Scope, pd.DataFrame], seed: int) -> dict[Scope, pd.DataFrame]:
    return {scope: _thinned(frame, seed) for scope, frame in train.items() if fewest(frame) >= FEWEST}


def _thinned(examples: pd.DataFrame, seed: int) -> pd.DataFrame:
    return examples if len(examples) <= _MOST_EXAMPLES else examples.sample(_MOST_EXAMPLES, random_state=seed)


def fewest(examples: pd.DataFrame) -> int:
    """Count the customers of the rarer class."""
    customers = examples.groupby("churned")["customer_id"].nunique()
    return int(customers.min()) if len(customers) == 2 else 0


def _fit_all(folds: list[Fold], seed: int) -> dict[_Candidate, list[Model]]:
    """Fit every candidate that can be fitted in all folds, simplest first and local before pooled."""
    scopes: tuple[Scope, ...] = ("local", "pooled")
    there = [scope for scope in scopes if all(scope in fold.train for fold in folds)]
    # A rule ranks customers alike wherever it was learnt.
    tried = {name: there[:1] if name in models.RULES else there for name in models.applicable(folds[0].judged)}
    return {
        (name, scope): [models.fit(fold.train[scope], model=name, scope=scope, seed=seed) for fold in folds]
        for name, scopes_of_it in tried.items()
        for scope in scopes_of_it
    }


def _compare(folds: list[Fold], chances: _Chances, *, independent: int) -> pd.DataFrame:
    """Return mean AUC with its standard error, and by how much it lies behind the best, with that of the difference."""
    aucs, covariances = zip(
        *(delong(fold.churned, *(found[place] for found in chances.values())) for place, fold in enumerate(folds)),
        strict=True,
    )
    auc, covariance = np.mean(aucs, axis=0), np.mean(covariances, axis=0) / independent
    best, variance = int(np.argmax(auc)), np.diag(covariance)
    difference = variance[best] + variance - 2 * covariance[best]
    return pd.DataFrame(
        {
            "model": [name for name, _ in chances],
            "scope": [scope for _, scope in chances],
            "auc": auc,
            "standard_error": np.sqrt(variance),
            "behind": auc[best] - auc,
            "behind_error": np.sqrt(np.clip(difference, 0, None)),
        }
    )


def _calibrated(
    folds: list[Fold], candidate: _Candidate, fitted: list[Model], seed: int
) -> dict[str, list[np.ndarray]]:
    """Return the probabilities of the judged customers by every way to calibrate, none of which saw their outcomes."""
    name, scope = candidate
    methods = [method for method in CALIBRATORS if method != "seasonal" or folds[-1].knows_season]
    found: dict[str, list[np.ndarray]] = {method: [] for method in ("none", *methods)}
    for fold, model in zip(folds, fitted, strict=True):
        found["none"].append(models.probability(model, fold.judged))
        unseen = models.unseen(fold.train[scope], model=name, seed=seed)
        for method in methods:
            calibrated = models.calibrate(model, fold.train[scope], unseen, method=method)
            found[method].append(models.probability(calibrated, fold.judged))
    return found


def _log_losses(folds: list[Fold], calibrated: dict[str, list[np.ndarray]]) -> pd.DataFrame:
    told = [place for place, fold in enumerate(folds) if fold.knows_season or not folds[-1].knows_season]
    losses = {
        method: np.mean([log_loss(folds[place].churned, found[place]) for place in told])
        for method, found in calibrated.items()
    }
    return pd.DataFrame({"calibration": losses.keys(), "log_loss": losses.values()})


def _figures(folds: list[Fold], chances: _Chances) -> pd.DataFrame:
    parts = []
    for (name, scope), found in chances.items():
        for fold, chance in zip(folds, found, strict=True):
            part = quality(pd.DataFrame({"probability": chance, "churned": fold.churned}))
            about = {"fold": fold.name, "cutoff": fold.cutoff, "model": name, "scope": scope}
            parts.append(pd.DataFrame(about, index=part.index).join(part))
    return pd.concat(parts, ignore_index=True).astype({"cutoff": "datetime64[us]"})


def _summary(figures: pd.DataFrame, *, independent: int) -> pd.DataFrame:
    """Average over folds; the interval treats that many folds as independent of each other."""
    squared = ((figures["high"] - figures["low"]) / 2) ** 2
    groups = figures.assign(squared=squared).groupby(["model", "scope", "metric"], sort=False)
    found = groups[["value", "squared"]].mean().reset_index()
    margin = np.sqrt(found.pop("squared") / independent)
    return found.assign(low=(found["value"] - margin).clip(lower=0), high=found["value"] + margin)


def _reason(compared: pd.DataFrame, place: int, folds: int) -> str:
    chosen, best = compared.iloc[place], compared.iloc[int(np.argmin(compared["behind"]))]
    said = f"{chosen['model']} ({chosen['scope']}) has a mean AUC of {chosen['auc']:.3f} over {folds} folds"
    if chosen["behind"] == 0:
        return f"{said}, the best of {len(compared)} candidates; no simpler one lies within one standard error of it."
    return (
        f"{said}; {best['model']} ({best['scope']}) has {best['auc']:.3f}, a difference of {chosen['behind']:.4f} "
        f"that lies within one standard error ({chosen['behind_error']:.4f}): the simpler one is chosen."
    )


def _scores(folds: list[Fold], found: list[np.ndarray]) -> pd.DataFrame:
    keys = ["customer_id", "cutoff", "churned"]
    parts = [
        fold.judged[[key for key in keys if key in fold.judged]].assign(fold=fold.name, probability=chance)
        for fold, chance in zip(folds, found, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _not_enough(known: pd.DataFrame) -> Backtest:
    customers, churned = known["customer_id"].nunique(), known.loc[known["churned"] == 1, "customer_id"].nunique()
    nothing = pd.DataFrame()
    return Backtest(
        model=None,
        scope="local",
        calibration="none",
        reason=f"not enough data: {customers:,} customers with a known outcome, {churned:,} of whom churned at some "
        f"cut-off; at least {FEWEST} that churned and {FEWEST} that stayed are needed, to learn from before they are "
        "judged.",
        candidates=nothing,
        calibrations=nothing,
        folds=nothing,
        summary=nothing,
        scores=nothing,
    )
