"""What is each customer worth from today on, and how sure is that? The chosen forecast carried over the months ahead.

In: a backtest, features of today, the season's volume.   Out: `Appraisal`: valued customers, what they rest on, doubts.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import wilson
from workbench.value import conformal
from workbench.value.backtest import Tested, training
from workbench.value.candidates import PROCESSES, TITLES, Made, make
from workbench.value.cautions import Caution
from workbench.value.examples import Gathered, returned_share, with_spend
from workbench.value.learned import Learned
from workbench.value.process import DAYS_A_MONTH, Process, check_months, draws, forecast, lifetime_value
from workbench.value.quality import quality
from workbench.value.season import season

_DRAWS = 200
_DEFAULT = "log_normal"
# What was learnt from one horizon says only so much of a year: it moves a customer's value by five times at most.
_MOST = 5.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Appraisal:
    """Every customer's value over the months ahead.

    `customers` has customer_id, value (expected margin, discounted, less returns), low, high (90 %), expected_orders,
    probability_alive, expected_spend (per order). `process` is what it rests on, `trees` a learned model that can be
    explained (None: not enough data), `method` a sentence, `cautions` why it may be unreliable, `as_of` the first day
    that is not known.
    """

    customers: pd.DataFrame
    process: Process
    trees: Learned | None
    method: str
    cautions: tuple[Caution, ...]
    as_of: pd.Timestamp

    @property
    def doubts(self) -> pd.DataFrame:
        """The cautions as a frame: caution, what it means; one row 'none' where there is none."""
        rows = [(one.name.replace("_", " "), one.text) for one in self.cautions]
        return pd.DataFrame(rows or [("none", "nothing speaks against the fit")], columns=["caution", "what it means"])


def appraise(
    tested: Tested,
    known: Gathered,
    *,
    months: int,
    margin: float,
    annual_discount_rate: float,
    seed: int = 0,
) -> Appraisal:
    """Value the customers of today over the coming months.

    The process's orders month by month, on the season's clock, times expected spend, margin and discount; shared out
    over customers by what the chosen forecast of one horizon says against the process (at most five times either way);
    times the level that backtests call for, less the share expected to come back. Intervals hold the share of the
    process's draws that held nine in ten outcomes before. InputError: an argument out of range, no customers.
    """
    check_months(months, margin=margin, annual_discount_rate=annual_discount_rate)
    today = known.today
    if today.empty:
        raise InputError("known.today: no customer with an order; there is nobody to value")
    made = _made(today, known, today["cutoff"].iloc[0], tested, seed)
    process = made.processes[_process_of(tested)]
    life = lifetime_value(process, months=months, margin=margin, annual_discount_rate=annual_discount_rate)
    customers = _valued(life, made, tested, today, months=months, margin=margin, seed=seed)
    return Appraisal(
        customers=customers,
        process=process,
        trees=made.learned.get("trees"),
        method=_method(tested, months),
        cautions=(*_of_history(today, tested, months), *process.cautions),
        as_of=today["cutoff"].iloc[0],
    )


def check_lifetime(tested: Tested, known: Gathered, orders: ibis.Table, *, months: int, seed: int = 0) -> pd.DataFrame:
    """Compare what would have been forecast `months` ago with what was spent since: metric, value, low, high, n.

    Figures as in `quality`, with `coverage` of the 90 % intervals and the cut-off; empty where the history is shorter.
    Spend is gross and undiscounted. The choice of the forecast and its level are today's: a slight optimism.
    """
    days = round(months * DAYS_A_MONTH)
    ahead = pd.Timedelta(days=days)
    end = known.volume.index.max() + pd.Timedelta(days=1)
    over = [cutoff for cutoff in known.past["cutoff"].unique() if cutoff + ahead <= end]
    if not over or tested.model is None:
        return pd.DataFrame(columns=["cutoff", "metric", "value", "low", "high", "n"])
    cutoff = max(over)
    now = known.past[known.past["cutoff"] == cutoff].reset_index(drop=True)
    made = _made(now, known, cutoff, tested, seed)
    name, scale = _process_of(tested), _scale(made, tested)
    spent = with_spend(now[["customer_id", "cutoff"]], orders, horizon_days=days)["spent"].to_numpy(float)
    predicted = forecast(made.processes[name], days=days)["value"].to_numpy() * scale
    low, high = conformal.interval(
        draws(made.processes[name], days=days, count=_DRAWS, seed=seed) * scale[:, None], tested.share
    )
    found = quality(pd.DataFrame({"predicted": predicted, "spent": spent}), seed=seed)
    held = conformal.holds(low, high, spent)
    share, least, most = (float(end) for end in wilson(float(held.sum()), len(held)))
    row = {"metric": "coverage", "value": share, "low": least, "high": most, "n": len(held)}
    return pd.concat([found, pd.DataFrame([row])], ignore_index=True).assign(cutoff=cutoff)


def _made(now: pd.DataFrame, known: Gathered, cutoff: pd.Timestamp, tested: Tested, seed: int) -> Made:
    days = tested.horizon_days
    past = training(known.past, cutoff, horizon_days=days, seed=seed)
    return make(now, past, cutoff=cutoff, season=season(known.volume, as_of=cutoff), horizon_days=days, seed=seed)


def _valued(
    life: pd.DataFrame, made: Made, tested: Tested, today: pd.DataFrame, *, months: int, margin: float, seed: int
) -> pd.DataFrame:
    process = made.processes[_process_of(tested)]
    days = round(months * DAYS_A_MONTH)
    gross = forecast(process, days=days)["value"].to_numpy()
    chosen = _scale(made, tested)
    scale = chosen * (1 - returned_share(today).to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        discounted = np.where(gross > 0, life["value"].to_numpy() / gross, margin)
    drawn = draws(process, days=days, count=_DRAWS, seed=seed)
    low, high = conformal.interval(drawn, tested.share)
    money = discounted * scale
    columns = ["customer_id", "expected_orders", "probability_alive", "expected_spend"]
    found = life[columns].assign(expected_orders=life["expected_orders"] * chosen)
    return found.assign(value=life["value"] * scale, low=low * money, high=high * money)


def _process_of(tested: Tested) -> str:
    """Name the process by which values are carried over the months: the chosen one, or the better of them."""
    if tested.model is None or tested.model in PROCESSES:
        return tested.model or _DEFAULT
    ranked = tested.candidates.set_index("model")["spearman"]
    return max(PROCESSES, key=lambda name: ranked[name])


def _scale(made: Made, tested: Tested) -> np.ndarray:
    """Return by what each customer's process is multiplied: what the chosen forecast of one horizon makes of it.

    On the whole by the level alone: the process knows the season and the months ahead, the chosen forecast who buys.
    """
    own = made.forecasts[_process_of(tested)]
    chosen = made.forecasts.get(tested.model or _DEFAULT, own)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.clip(np.where(own > 0, chosen / own, 1.0), 1 / _MOST, _MOST)
    both = float((ratio * own).sum())
    return np.asarray(ratio * tested.level * (own.sum() / both if both > 0 else 1.0))


def _method(tested: Tested, months: int) -> str:
    name, process = tested.model or _DEFAULT, _process_of(tested)
    carried = "" if name == process else f", shared out over customers by: {TITLES[name]}"
    level = f"; totals are multiplied by {tested.level:.2f}, as earlier cut-offs call for" if tested.level != 1 else ""
    return f"{TITLES[process]} over {months} months{carried}{level}."


def _of_history(today: pd.DataFrame, tested: Tested, months: int) -> tuple[Caution, ...]:
    history, ahead = int(today["tenure_days"].max()), round(months * DAYS_A_MONTH)
    found = []
    if tested.model is None:
        found.append(Caution(name="not_judged", text=f"no backtest: {tested.reason}"))
    if ahead > history:
        text = f"{ahead:,} days ahead are forecast from {history:,} days of history: nobody has been seen for so long"
        found.append(Caution(name="horizon_longer_than_history", text=text))
    return tuple(found)
