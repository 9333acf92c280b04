"""When is a fit not to be trusted? Each reason by name, in one sentence.

In: histories and what was fitted.   Out: `Caution`s; none where nothing speaks against it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, spearmanr

from workbench.intervals import FEWEST
from workbench.value.likelihood import Fit

# Weaker than this, a rank correlation of spend and frequency moves no forecast by much.
_FOLLOWS = 0.15
_SIGNIFICANT = 0.05
# One customer in a hundred leaves within so many orders: whoever stays that long has not left by any measure.
_RARELY_LEAVES = 0.001
# Rates differ by one over the root of r: beyond this r, by less than 3 %.
_ALIKE = 1000
# A customer whose mean order is this many times the median decides the mean of all.
_HUGE = 50


@dataclass(frozen=True, kw_only=True)
class Caution:
    """Why an answer is unreliable: a name to search for and a sentence to read."""

    name: str
    text: str


def of_buying(known: pd.DataFrame, fit: Fit, *, never: Fit, leaves: float) -> tuple[Caution, ...]:
    """Judge a fit of a process in which customers leave; `never` is NBD's, `leaves` the mean chance of leaving."""
    repeaters = int((known["repeats"] > 0).sum())
    gain = 2 * (fit.log_likelihood - never.log_likelihood)
    found: dict[str, str | bool] = {
        "few_repeats": repeaters < FEWEST
        and f"not enough data: {repeaters} customers ordered on more than one day, {FEWEST} are needed; the process is "
        "held near typical values and the forecast is a guess",
        "nobody_leaves": (leaves < _RARELY_LEAVES or chance_of(gain) > _SIGNIFICANT)
        and "the history cannot tell that anybody leaves: a model in which nobody does fits as well; the chance of "
        "being alive says little",
        "customers_alike": bool(fit.parameters[0] > _ALIKE)
        and "customers hardly differ in how often they order: r and alpha run off together, and only their ratio, the "
        "mean rate, means something; a forecast by customer says little more than who may have left",
        "leaving_alike": bool(fit.parameters[2:].sum() > _ALIKE and leaves >= _RARELY_LEAVES)
        and f"customers do not differ in their chance of leaving as far as can be told ({leaves:.1%} after an order or "
        "a week): the last two parameters run off together, and only their ratio means something",
        "not_converged": not fit.converged and "the likelihood has no clear maximum; parameters may be far off",
    }
    return _told(found)


def of_spend(mean_spend: np.ndarray, order_days: np.ndarray) -> tuple[Caution, ...]:
    """Judge what every model of spend takes for granted: spend does not follow frequency, nobody decides alone.

    >>> [caution.name for caution in of_spend(np.arange(1.0, 101.0), np.arange(1, 101))]
    ['spend_follows_frequency']
    """
    found: dict[str, str | bool] = {}
    if np.ptp(mean_spend) > 0 and np.ptp(order_days) > 0:
        follows, chance = spearmanr(order_days, mean_spend)
        found["spend_follows_frequency"] = (
            abs(follows) > _FOLLOWS
            and chance < _SIGNIFICANT
            and f"spend per order and number of orders go together (rank correlation {follows:+.2f}): the model takes "
            "them to be independent, and is off for those who order much or little"
        )
    times = float(mean_spend.max() / np.median(mean_spend))
    huge = f"one customer's mean order is {times:,.0f} times the median: totals hang on few customers"
    found["huge_outliers"] = times > _HUGE and huge
    return _told(found)


def chance_of(gain: float) -> float:
    """Return the chance of so large a likelihood ratio where the parameter lies at the end of its range.

    Half of the time it is nought, else chi-squared with one degree of freedom (Self and Liang, 1987).

    >>> round(chance_of(2.7055), 3)
    0.05
    """
    return float(chi2.sf(max(gain, 0.0), 1) / 2)


def _told(found: dict[str, str | bool]) -> tuple[Caution, ...]:
    return tuple(Caution(name=name, text=text) for name, text in found.items() if isinstance(text, str))
