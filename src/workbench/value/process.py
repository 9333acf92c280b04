"""What a customer will order and spend, by a process: buying and leaving x spend per order, on the season's clock.

In: features of one cut-off, a season.   Out: `Process`; forecasts, draws, and values over the months ahead.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.value import spending
from workbench.value.buying import PROCESSES, Buying, ProcessName, expected_if_alive, fit_buying, probability_alive
from workbench.value.cautions import Caution
from workbench.value.histories import DAYS_A_WEEK, histories
from workbench.value.season import Season
from workbench.value.spending import Spending, fit_spending

DAYS_A_MONTH = 365.25 / 12
_MONTHS_A_YEAR = 12
# So many customers x draws at a time keep memory below 200 MB.
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Process:
    """Buying, spending and season as known at the cut-off; `seasonal` are the histories on the season's clock."""

    buying: Buying
    spending: Spending
    season: Season
    cutoff: pd.Timestamp
    seasonal: pd.DataFrame

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What speaks against trusting it."""
        return self.buying.cautions + self.spending.cautions


def fit_process(
    features: pd.DataFrame,
    *,
    cutoff: pd.Timestamp,
    season: Season,
    process: ProcessName = "bgnbd",
    spend: str | None = None,
    seed: int = 0,
) -> Process:
    """Fit both halves to the features of one cut-off; `spend` names its model, else the likelier one is taken.

    In a process whose clock runs as fast as the season, orders come evenly: what is learnt from a busy month is not
    taken for a change of habit, and the horizon counts for as much as its season.
    """
    known = on_the_clock(histories(features), season, cutoff)
    return Process(
        buying=fit_buying(known, process=process),
        spending=fit_spending(known, model=spend, seed=seed),
        season=season,
        cutoff=cutoff,
        seasonal=known,
    )


def on_the_clock(known: pd.DataFrame, season: Season, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Return histories whose days count as much as the season makes of them, in whole days."""
    back = np.rint(season.days_back(cutoff, int(known["tenure_days"].max()))).astype(np.int64)
    tenure = back[known["tenure_days"]]
    since_last = back[known["tenure_days"] - known["active_days"]]
    return known.assign(active_days=tenure - since_last, tenure_days=tenure)


def forecast(model: Process, *, days: int) -> pd.DataFrame:
    """Return customer_id, probability_alive, expected_orders within `days`, expected_spend of each, and their value."""
    weeks = model.season.days_ahead(model.cutoff, days)[-1] / DAYS_A_WEEK
    alive = probability_alive(model.buying, model.seasonal)
    orders = alive * expected_if_alive(model.buying, model.seasonal, np.array([weeks]))[:, 0]
    each = spending.expected_spend(model.spending, model.seasonal)
    return pd.DataFrame(
        {
            "customer_id": model.seasonal["customer_id"],
            "probability_alive": alive,
            "expected_orders": orders,
            "expected_spend": each,
            "value": orders * each,
        }
    )


def lifetime_value(model: Process, *, months: int, margin: float, annual_discount_rate: float) -> pd.DataFrame:
    """Return the columns of `forecast` with orders over all months and value as margin, discounted month by month.

    A month's expected margin counts as earned in its middle. An InputError names an argument out of range.

    >>> known = pd.DataFrame({"customer_id": ["a", "b"] * 40, "order_days": [4, 1] * 40, "tenure_days": [300, 200] * 40,
    ...                       "recency_days": [20, 200] * 40, "spend": [80.0, 20.0] * 40})
    >>> known["customer_id"] = [f"c{n}" for n in range(80)]
    >>> from workbench.value.season import even_season
    >>> model = fit_process(known, cutoff=pd.Timestamp("2024-01-01"), season=even_season(""))
    >>> one = lifetime_value(model, months=1, margin=0.5, annual_discount_rate=0)
    >>> bool(np.allclose(one["value"], 0.5 * forecast(model, days=30)["value"]))
    True
    """
    check_months(months, margin=margin, annual_discount_rate=annual_discount_rate)
    ends = np.rint(np.arange(1, months + 1) * DAYS_A_MONTH).astype(int)
    weeks = model.season.days_ahead(model.cutoff, int(ends[-1]))[ends] / DAYS_A_WEEK
    discounts = discount_factors(months, annual_discount_rate)
    alive = probability_alive(model.buying, model.seasonal)
    orders, counted = expected_if_alive(model.buying, model.seasonal, weeks, weigh=discounts).T
    each = spending.expected_spend(model.spending, model.seasonal)
    return pd.DataFrame(
        {
            "customer_id": model.seasonal["customer_id"],
            "probability_alive": alive,
            "expected_orders": alive * orders,
            "expected_spend": each,
            "value": alive * counted * each * margin,
        }
    )


def discount_factors(months: int, annual_discount_rate: float) -> np.ndarray:
    """Return what money in the middle of each month is worth today.

    >>> discount_factors(2, 0.1).round(4).tolist()
    [0.996, 0.9882]
    """
    return np.asarray((1 + annual_discount_rate) ** (-(np.arange(months) + 0.5) / _MONTHS_A_YEAR))


def check_months(months: int, *, margin: float, annual_discount_rate: float) -> None:
    """Refuse a horizon, a margin or a discount rate that makes no sense, with one InputError for all faults."""
    faults = []
    if not 1 <= months <= 120:
        faults.append(f"months={months}: must be 1 to 120")
    if not 0 < margin <= 1:
        faults.append(f"margin={margin}: must be above 0 and at most 1, the share of spend that is earned")
    if not 0 <= annual_discount_rate < 1:
        faults.append(f"annual_discount_rate={annual_discount_rate}: must be 0 or more and below 1, such as 0.1")
    if faults:
        raise InputError("\n".join(faults))


def draws(model: Process, *, days: int, count: int = 200, seed: int = 0) -> np.ndarray:
    """Return drawn spend within `days`; shape (customers, count), nought for who has left or orders nothing.

    Rate, chance of leaving and mean spend are drawn for each customer given the own history, then orders and amounts.
    """
    weeks = model.season.days_ahead(model.cutoff, days)[-1] / DAYS_A_WEEK
    alive, known = probability_alive(model.buying, model.seasonal), model.seasonal
    found = np.empty((len(known), count), dtype=np.float32)
    step = max(_CELLS // count, 1)
    for start in range(0, len(known), step):
        rng = np.random.default_rng([seed, start])
        rows = slice(start, start + step)
        part = known.iloc[rows]
        orders = PROCESSES[model.buying.process].draw_orders(
            model.buying.fit.parameters,
            part["repeats"].to_numpy(),
            part["tenure_days"].to_numpy(),
            weeks=float(weeks),
            draws=count,
            rng=rng,
        )
        orders = np.where(rng.random(orders.shape) < alive[rows, None], orders, 0)
        found[rows] = spending.draw_spend(model.spending, part, orders=orders, rng=rng)
    return found
