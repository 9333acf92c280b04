"""Always on, or only when something happened? What each policy of scoring would have cost, and which flags come late.

In: what daily scoring would have seen (arrays of customers by days), joules of a score.   Out: `Replay`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.emissions.meter import JOULES_PER_KWH
from workbench.emissions.policies import DAILY, POLICIES, Policy
from workbench.emissions.walks import Seen, Walked, see, walk
from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.words import counted, ranged

_SECONDS_PER_DAY = 86_400
# Cloud Carbon Footprint, methodology, "Compute": 0.74 W for an idle vCPU, the mean over AWS processors.
IDLE_WATTS_PER_CORE = 0.74
_SUBJECT = "Policies of scoring"
# Reading one number and comparing it, where nobody has measured it: by so much less than a score.
_CHECK_TO_SCORE = 0.01
# A bootstrap of groups of customers, put together by their places, is as wide as one of customers.
_GROUPS, _RESAMPLES = 2_000, 1_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Replay:
    """What policies of scoring cost and lose; `chosen` is the frugal one, None where `reason` says why there is none.

    `table` has a row for each policy: scores, checks and starts; kwh of scores, checks, starts, training and idle
    cores, and `kwh` of all; against daily scoring scoring_saving_share (of scores and checks) with _low and _high, and
    total_saving_share (of all). Of daily scoring's flags that are judged: flags that it raised, how many of these late
    and how many not_needed (the customer ordered within the horizon), missed; days_late (mean of the flags raised),
    days_late_90 (90th percentile), days_late_most; loss_share of what daily scoring's flags hold back, with _low and
    _high. Intervals are 95 %, by a bootstrap over customers.

    `lateness` has policy, days_late and flags. `assumptions` are sentences.
    """

    table: pd.DataFrame
    lateness: pd.DataFrame
    chosen: str | None
    reason: str
    allowed_loss: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Costs:
    """Joules of one score, check, start and training; watts of the idle cores; customers of the market by row."""

    score: float
    check: float
    start: float
    training: float
    idle_watts: float
    scale: float


def replay(
    *,
    risk: np.ndarray,
    orders: np.ndarray,
    events: np.ndarray,
    left: np.ndarray,
    worth: np.ndarray,
    cheap: np.ndarray,
    refits: Sequence[int] | np.ndarray,
    threshold: float,
    horizon_days: int,
    joules_per_score: float,
    joules_per_check: float | None = None,
    joules_per_start: float = 0.0,
    joules_per_training: float = 0.0,
    allowed_loss: float = 0.01,
    cores: int = 2,
    idle_watts: float = IDLE_WATTS_PER_CORE,
    customers: int | None = None,
    policies: Sequence[Policy] = POLICIES,
    seed: int = 0,
) -> Replay:
    """Replay a history day by day under each policy, and name the frugal one within a loss.

    Arrays are [customers, days], as at the close of each day: `risk` (NaN: no customer yet), `orders`, `events`
    (orders among them), `left` (no order within the horizon), `worth` (spend to expect in the horizon), `cheap` (a
    feature that grows with silence). `refits` are days with a new model. `customers` are those of the market, where
    the rows are some of them. `joules_per_check` None: a hundredth of a score, as assumed.

    A flag is raised on the first day on which a policy sees a risk of at least `threshold`, once between two orders.
    What daily scoring flags is what could be flagged. d days late holds back 1 - d / horizon of what a contact in time
    would, and 0 after the horizon or the next order; only customers who did leave count, each by `worth`. What share a
    contact holds back does not matter, as it is the same for all policies.

    The first sixty days teach waits and are not replayed. `policies` have daily scoring among them. InputError: arrays
    of different shapes or empty ones, a threshold that is not between 0 and 1, energy below 0.

    >>> days = np.tile(np.linspace(0.2, 0.8, 200, dtype=np.float32), (40, 1))
    >>> none = np.zeros(days.shape, bool)
    >>> found = replay(risk=days, orders=none, events=none, left=~none, worth=days, cheap=days, refits=[0],
    ...                threshold=0.5, horizon_days=90, joules_per_score=0.001)
    >>> found.table[["policy", "scores", "flags", "days_late"]].values.tolist()[2]
    ['everyone, weekly', 880, 40, 6.0]
    """
    arrays = {"risk": risk, "orders": orders, "events": events, "left": left, "worth": worth, "cheap": cheap}
    _check(arrays, threshold)
    check = _CHECK_TO_SCORE * joules_per_score if joules_per_check is None else joules_per_check
    costs = _Costs(
        score=joules_per_score,
        check=check,
        start=joules_per_start,
        training=joules_per_training,
        idle_watts=cores * idle_watts,
        scale=(customers or len(risk)) / len(risk),
    )
    if (least := min(vars(costs).values())) < 0:
        raise InputError(f"replay: found {least:g} for an energy; joules and watts are 0 or more")
    seen = see(**arrays, refits=np.asarray(refits, np.int64), threshold=threshold, seed=seed)
    walked = [walk(seen, policy) for policy in policies]
    spent = pd.DataFrame([_spent(one, seen, costs) for one in walked])
    late = pd.DataFrame([_late(one, seen) for one in walked])
    table = pd.concat([spent, _shares(walked, seen, costs, horizon_days, seed), late], axis=1)
    daily = table.loc[table["policy"] == DAILY, "kwh"].iloc[0]
    table.insert(list(table).index("loss_share"), "total_saving_share", 1 - table["kwh"] / daily if daily else 0.0)
    chosen, reason = _choose(table, int(seen.judged.sum()), allowed_loss)
    return Replay(
        table=table,
        lateness=pd.concat([_lateness(one, seen) for one in walked], ignore_index=True),
        chosen=chosen,
        reason=reason,
        allowed_loss=allowed_loss,
        assumptions=_assumptions(seen, costs, horizon_days, assumed=joules_per_check is None),
    )


def not_replayed(reason: str) -> Replay:
    """Return a replay of nothing, which says why.

    >>> not_replayed("not applicable: no orders").reason
    'Policies of scoring: not applicable: no orders'
    """
    nothing, why = pd.DataFrame(), f"{_SUBJECT}: {reason}"
    return Replay(table=nothing, lateness=nothing, chosen=None, reason=why, allowed_loss=0.0, assumptions=())


def _check(arrays: dict[str, np.ndarray], threshold: float) -> None:
    shape = arrays["risk"].shape
    for name, array in arrays.items():
        if array.shape != shape or len(shape) != 2:
            raise InputError(f"{name}: found the shape {array.shape}; all are [customers, days], risk is {shape}")
    if 0 in shape:
        raise InputError(f"risk: found the shape {shape}; at least one customer and one day are needed")
    if not 0 < threshold < 1:
        raise InputError(f"threshold: found {threshold:g}; it lies between 0 and 1")


def _spent(one: Walked, seen: Seen, costs: _Costs) -> dict[str, Any]:
    """Return scores, checks and starts of one policy, and the energy of each; a service starts once."""
    policy, span = one.policy, seen.risk.shape[1]
    scores = policy.times * int(one.scores.sum()) * costs.scale + one.learnt
    checks, starts = int(one.checks.sum()) * costs.scale, 1 if policy.always_on else one.starts
    joules = {
        "kwh_scores": scores * costs.score,
        "kwh_checks": checks * costs.check,
        "kwh_starts": starts * costs.start,
        "kwh_training": int(seen.renewals[1].sum()) * costs.training,
        "kwh_idle": costs.idle_watts * span * _SECONDS_PER_DAY if policy.always_on else 0.0,
    }
    kwh = {name: amount / JOULES_PER_KWH for name, amount in joules.items()}
    counts = {"scores": round(scores), "checks": round(checks), "starts": starts}
    return {"policy": policy.title, **counts, **kwh, "kwh": sum(kwh.values())}


def _late(one: Walked, seen: Seen) -> dict[str, Any]:
    """Return how many of the judged flags one policy raised, and how late."""
    delay = one.delay[seen.judged]
    raised = delay[delay >= 0]
    days = (raised.mean(), np.quantile(raised, 0.9), raised.max()) if len(raised) else (np.nan,) * 3
    return {
        "flags": len(raised),
        "late": int((raised > 0).sum()),
        "missed": len(delay) - len(raised),
        "not_needed": int((~seen.left[seen.judged])[delay >= 0].sum()),
        **dict(zip(("days_late", "days_late_90", "days_late_most"), map(float, days), strict=True)),
    }


def _shares(walked: Sequence[Walked], seen: Seen, costs: _Costs, horizon_days: int, seed: int) -> pd.DataFrame:
    """Return scoring_saving_share and loss_share of each policy with the ends of their intervals."""
    groups = min(_GROUPS, len(seen.risk))
    group, lost = np.arange(len(seen.risk)) % groups, seen.judged & seen.left

    def by_group(values: np.ndarray, place: np.ndarray) -> np.ndarray:
        return np.bincount(place % groups, weights=values, minlength=groups)

    joules, held = [], []
    for one in walked:
        learnt = one.learnt * costs.score / (costs.scale * len(seen.risk))
        spent = one.policy.times * one.scores * costs.score + one.checks * costs.check + learnt
        in_time = np.where(one.delay < 0, 0, np.clip(1 - one.delay / horizon_days, 0, 1))
        joules.append(by_group(spent, group))
        held.append(by_group((in_time * seen.worth)[lost], seen.customer[lost]))
    daily = next(place for place, one in enumerate(walked) if one.policy.title == DAILY)
    draws = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=_RESAMPLES)
    draws = np.concatenate([np.ones((1, groups)), draws])
    found: dict[str, np.ndarray] = {}
    for name, sums in (("scoring_saving_share", joules), ("loss_share", held)):
        totals = draws @ np.array(sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = 1 - totals / totals[:, [daily]]
        low, high = np.nanquantile(shares[1:], [0.025, 0.975], axis=0) if np.isfinite(shares).any() else shares[:2]
        found |= {name: shares[0], f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(found)


def _lateness(one: Walked, seen: Seen) -> pd.DataFrame:
    delay = one.delay[seen.judged]
    days, flags = np.unique(delay[delay >= 0], return_counts=True)
    return pd.DataFrame({"policy": one.policy.title, "days_late": days, "flags": flags})


def _choose(table: pd.DataFrame, flags: int, allowed_loss: float) -> tuple[str | None, str]:
    """Return the policy of the least energy within the loss, and why."""
    if flags < FEWEST:
        return None, (
            f"{_SUBJECT}: not enough data: daily scoring raises {counted(flags, 'flag')} on the days that are judged; "
            f"at least {FEWEST} are needed. A lower threshold would raise more."
        )
    within = table[table["loss_share"] <= allowed_loss]
    if within.empty:
        return None, f"{_SUBJECT}: not enough data: no customer who left was worth anything on the day of the flag."
    one = within.iloc[int(within["kwh"].argmin())]
    scoring, loss = (ranged(*(one[f"{name}{end}"] for end in ("", "_low", "_high")), form=".1%") for name in _SHARES)
    allowed = _per_cent(allowed_loss)
    doubt = "" if one["loss_share_high"] <= allowed_loss else f"; the interval does not rule out more than {allowed}"
    return str(one["policy"]), (
        f"'{one['policy']}' takes the least energy of the {len(within)} policies that lose at most {allowed} "
        f"of what daily scoring holds back: its scores and checks take {scoring} less than daily scoring's, with "
        f"starts, training and idle cores {one['total_saving_share']:.1%} less. It loses {loss}{doubt}.{_starts(one)}"
    )


def _per_cent(share: float) -> str:
    """Write a limit as it was set: rounded it would be another one."""
    return f"{100 * share:g}%"


def _starts(one: pd.Series) -> str:
    share = one["kwh_starts"] / one["kwh"] if one["kwh"] else 0.0
    said = (
        f" Starts of jobs take {share:.0%} of what is left: fewer starts, or shared ones, would save more than scores."
    )
    return said if share > 0.5 else ""


_SHARES = ("scoring_saving_share", "loss_share")


def _assumptions(seen: Seen, costs: _Costs, horizon_days: int, *, assumed: bool) -> tuple[str, ...]:
    check = "assumed to be a hundredth of that" if assumed else "as given"
    judged, span = int(seen.judged.sum()), seen.risk.shape[1]
    return (
        f"{counted(span, 'day')} of {counted(len(seen.risk), 'customer')} are replayed; a policy is judged on "
        f"{counted(judged, 'flag')}, not on those of the first day and of the last {_last(seen)}.",
        "A customer is flagged once between two orders, on the first day on which the policy sees a risk of "
        f"{_per_cent(seen.threshold)} or more.",
        f"A contact d days late holds back 1 - d / {horizon_days} of what one in time would, and nothing after the "
        "next order; only customers who did leave count, each by last year's spend. What share a contact holds back "
        "does not matter: it is the same for all policies.",
        f"A score takes {costs.score:.3g} J, a check {costs.check:.3g} J ({check}), a start {costs.start:.3g} J, a "
        f"training {costs.training:.3g} J; reserved cores take {costs.idle_watts:.3g} W while they wait.",
        "Features count whole days: scoring every hour decides as scoring every day does, at 24 times the scores. An "
        "always-on service starts once and keeps its cores; a job ends.",
        "A wake-up is found by scores ahead: one for the day before the next model, and where that lies above the "
        "threshold, or an event came first, as many as halving the days takes. All are counted.",
        "Waits by score are learnt from the days before the replay, by scoring some customers daily; these scores are "
        "counted.",
    )


def _last(seen: Seen) -> str:
    return counted(seen.risk.shape[1] - 1 - int(seen.day[seen.judged].max()) if seen.judged.any() else 0, "day")
