"""How often is a model to be trained anew: on schedule, or when drift shows?

In: how models of one month did in later months.   Out: `Retraining`: trainings, energy and quality of each policy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.emissions.meter import JOULES_PER_KWH
from workbench.errors import InputError
from workbench.intervals import Z
from workbench.words import counted, ranged

# Above 0.2 a shift is held to call for action by those who use the index in credit scoring (Siddiqi, 2006).
PSI_LIMIT = 0.2
# As `churn.ageing` returns them.
_FIGURES = ("auc", "auc_error", "behind", "behind_error", "psi", "log_loss", "log_loss_error")
_NEEDED = ("month", "trained", *_FIGURES)
_FEWEST_MONTHS = 3
_MONTHLY = "monthly"
_EVERY = {_MONTHLY: 1, "quarterly": 3, "half-yearly": 6, "yearly": 12, "once, never again": None}
# Is, in month m, a model of month v to be replaced? Months by their places.
_Rule = Callable[[int, int], bool]


@dataclass(frozen=True, eq=False, kw_only=True)
class Retraining:
    """What policies of retraining cost and lose; `chosen` is the frugal one, None where `reason` says why not.

    Where no policy of fewer trainings is surely within the tolerance, monthly is chosen.

    `table` has policy, trainings (the first among them), kwh, saving_share against monthly; auc, the mean over months,
    and loss against monthly on the same customers, both with _low and _high (95 %); drift_share, months in which the
    index of the model in use was above 0.2.
    """

    table: pd.DataFrame
    chosen: str | None
    reason: str
    assumptions: tuple[str, ...]


def retraining(
    aged: pd.DataFrame, *, horizon_days: int, joules_per_training: float | None, tolerance: float = 0.005
) -> Retraining:
    """Go through the months under each policy, and name the fewest trainings surely within a loss of AUC.

    `aged` has for each month and each model trained by then: month, trained, auc, auc_error, behind (the model of that
    month), behind_error, psi, log_loss and log_loss_error. Policies are schedules, drift of the scores (a population
    stability index above 0.2 against the day of training), and drift of the loss: that of the latest month whose
    outcomes are known lies above that of the model's first month by more than chance (95 %).

    Outcomes of months less than a horizon apart overlap: an interval treats only as many as fit one after the other as
    independent. InputError: a column is missing, energy below 0.

    >>> months = pd.date_range("2025-01-01", periods=4, freq="MS")
    >>> pairs = [(month, trained) for month in months for trained in months if trained <= month]
    >>> rows = [(*pair, 0.8, 0.01, 0.001, 0.001, 0.0, 0.5, 0.01) for pair in pairs]
    >>> found = retraining(pd.DataFrame(rows, columns=_NEEDED), horizon_days=30, joules_per_training=36.0)
    >>> found.chosen, found.table["trainings"].tolist()
    ('half-yearly', [4, 2, 1, 1, 1, 1, 1])
    """
    if missing := [name for name in _NEEDED if len(aged) and name not in aged]:
        raise InputError(f"retraining: no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    joules = np.nan if joules_per_training is None else joules_per_training
    if joules < 0:
        raise InputError(f"retraining: found {joules:g} joules; they are 0 or more")
    known = aged.dropna(subset="auc") if len(aged) else pd.DataFrame(columns=[*_NEEDED])
    months = sorted(known["month"].unique())
    if len(months) < _FEWEST_MONTHS:
        few = counted(len(months), "month")
        reason = f"Policies of training: not enough data: {few} with a model and a known outcome; 3 are needed."
        return Retraining(table=pd.DataFrame(), chosen=None, reason=reason, assumptions=())
    found = {name: known.pivot(index="month", columns="trained", values=name).to_numpy() for name in _FIGURES}
    rules = _rules(months, found, horizon_days)
    used = {policy: _models(len(months), rule) for policy, rule in rules.items()}
    span = (months[-1] - months[0]).days + 1
    independent = max(min(span // horizon_days, len(months)), 1)
    rows = [_row(policy, place, found, independent, joules) for policy, place in used.items()]
    table = pd.DataFrame(rows)
    monthly = table.loc[table["policy"] == _MONTHLY, "trainings"].iloc[0]
    table.insert(3, "saving_share", 1 - table["trainings"] / monthly)
    return Retraining(table=table, **_choose(table, tolerance), assumptions=_assumptions(len(months), independent))


def _rules(months: list[pd.Timestamp], found: dict[str, np.ndarray], horizon_days: int) -> dict[str, _Rule]:
    """Return by policy whether in month m the model of month v is to be replaced."""

    def scheduled(every: int | None) -> _Rule:
        ends = [month + pd.DateOffset(months=every) if every else pd.Timestamp.max for month in months]
        return lambda m, v: months[m] >= ends[v]

    def drifted(m: int, v: int) -> bool:
        return bool(found["psi"][m, v] > PSI_LIMIT)

    def lost(m: int, v: int) -> bool:
        over = [place for place in range(v + 1, m) if months[place] + pd.Timedelta(days=horizon_days) <= months[m]]
        if not over:
            return False
        errors = found["log_loss_error"][[over[-1], v], v]
        return bool(found["log_loss"][over[-1], v] - found["log_loss"][v, v] > Z * np.sqrt((errors**2).sum()))

    schedules = {name: scheduled(every) for name, every in _EVERY.items()}
    return {**schedules, "on drift of the scores": drifted, "on drift of the loss": lost}


def _models(months: int, rule: _Rule) -> list[int]:
    """Return for each month the place of the month whose model is used."""
    used = [0]
    for month in range(1, months):
        used.append(month if rule(month, used[-1]) else used[-1])
    return used


def _row(
    policy: str, used: list[int], found: dict[str, np.ndarray], independent: int, joules_per_training: float
) -> dict[str, Any]:
    month = np.arange(len(used))
    auc, loss = (found[name][month, used].mean() for name in ("auc", "behind"))
    spread, paired = (
        Z * np.sqrt((found[name][month, used] ** 2).mean() / independent) for name in ("auc_error", "behind_error")
    )
    trainings = len(set(used))
    return {
        "policy": policy,
        "trainings": trainings,
        "kwh": trainings * joules_per_training / JOULES_PER_KWH,
        **{"auc": auc, "auc_low": max(auc - spread, 0), "auc_high": min(auc + spread, 1)},
        **{"loss": loss, "loss_low": loss - paired, "loss_high": loss + paired},
        "drift_share": float((found["psi"][month, used] > PSI_LIMIT).mean()),
    }


def _choose(table: pd.DataFrame, tolerance: float) -> dict[str, Any]:
    """Return the fewest trainings whose loss lies within the tolerance by the far end of its interval, and why."""
    fewer = table[table["saving_share"] > 0].sort_values(["trainings", "loss"], kind="stable")
    sure, likely = (fewer[fewer[loss] <= tolerance] for loss in ("loss_high", "loss"))
    limit = f"{tolerance:g} of AUC"
    if len(sure):
        return {
            "chosen": str(sure["policy"].iloc[0]),
            "reason": f"The least training that surely loses at most {limit} against monthly is {_said(sure.iloc[0])}.",
        }
    hint = f"; the point estimates say {_said(likely.iloc[0])}" if len(likely) else ""
    reason = f"'{_MONTHLY}' is kept: no other policy is surely within {limit} of it{hint}."
    return {"chosen": _MONTHLY, "reason": reason}


def _said(one: pd.Series) -> str:
    loss = ranged(*(float(one[name]) for name in ("loss", "loss_low", "loss_high")), form=".4f")
    trainings = counted(int(one["trainings"]), "training")
    return f"'{one['policy']}': {trainings}, {one['saving_share']:.0%} fewer, for a loss of {loss}"


def _assumptions(months: int, independent: int) -> tuple[str, ...]:
    return (
        f"Over {counted(months, 'month')}; intervals treat {independent} of them as independent, as outcomes overlap.",
        f"Scores have drifted where the population stability index is above {PSI_LIMIT:g}; the loss has where it lies "
        "above that of the model's first month by more than chance, on outcomes that are over.",
        "Looking for drift is not counted: it compares scores and outcomes that are there.",
    )
