"""How often will a customer order again, and are they still there? Two processes by maximum likelihood, compared.

In: histories.   Out: `Buying`: parameters, standard errors, cautions; chances and expectations of every customer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.errors import InputError, did_you_mean
from workbench.intervals import FEWEST, Z
from workbench.value import bgnbd, cautions, paretonbd
from workbench.value.cautions import Caution
from workbench.value.histories import Collapsed, collapse
from workbench.value.likelihood import Fit, Loss, maximise

ProcessName = Literal["bgnbd", "paretonbd"]
PROCESSES: dict[str, ModuleType] = {"bgnbd": bgnbd, "paretonbd": paretonbd}
_LossOf = Callable[[np.ndarray, Collapsed], tuple[float, np.ndarray]]
# A standard error of so many times the value says that the parameter may be anything.
_ANYTHING = 5.0
TITLES = {"bgnbd": "BG/NBD", "paretonbd": "Pareto/NBD", "nbd": "NBD, nobody leaves"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Buying:
    """A fitted process of buying and leaving; `fit` holds what the likelihood says, time is in weeks."""

    process: str
    names: tuple[str, ...]
    fit: Fit
    customers: int
    cautions: tuple[Caution, ...]

    @property
    def parameters(self) -> pd.DataFrame:
        """Parameter, value, standard_error, low and high (95 %, even in the logarithm); NaN where nothing is known."""
        value, error = self.fit.parameters, self.fit.standard_errors
        relative = np.where(error / value < _ANYTHING, error / value, np.nan)
        factor = np.exp(Z * relative)
        return pd.DataFrame(
            {
                "parameter": self.names,
                "value": value,
                "standard_error": error,
                "low": value / factor,
                "high": value * factor,
            }
        )


def fit_buying(known: pd.DataFrame, *, process: ProcessName = "bgnbd") -> Buying:
    """Fit BG/NBD or Pareto/NBD to histories by maximum likelihood.

    Where fewer than 30 customers ordered on more than one day, a weak prior holds the parameters near typical values
    and a caution says so: such a forecast is a guess, but a finite one.

    >>> known = pd.DataFrame({"repeats": [0, 0, 3, 1] * 50, "active_days": [0, 0, 60, 30] * 50,
    ...                       "tenure_days": [90, 200, 80, 210] * 50})
    >>> fitted = fit_buying(known)
    >>> fitted.parameters["parameter"].tolist(), fitted.fit.converged
    (['r', 'alpha', 'a', 'b'], True)
    """
    if process not in PROCESSES:
        raise InputError(f"process '{process}' is none of {', '.join(PROCESSES)}{did_you_mean(process, PROCESSES)}")
    module, alike = PROCESSES[process], collapse(known)
    fit = _maximum(module.loss, module.START, alike)
    never = _maximum(bgnbd.nobody_leaves, module.START[:2], alike)
    found = cautions.of_buying(known, fit, never=never, leaves=_leaves(process, fit.parameters))
    return Buying(process=process, names=module.NAMES, fit=fit, customers=len(known), cautions=found)


def probability_alive(model: Buying, known: pd.DataFrame) -> np.ndarray:
    """Return for every history the chance that the customer has not left."""
    alike = collapse(known)
    found = PROCESSES[model.process].probability_alive(model.fit.parameters, alike)
    return np.asarray(found[alike.place])


def expected_if_alive(
    model: Buying, known: pd.DataFrame, weeks: np.ndarray, *, weigh: np.ndarray | None = None
) -> np.ndarray:
    """Return the expected orders within each number of weeks, of customers taken to be alive; (customers, weeks).

    With `weigh`, a weight for the orders between one number of weeks and the next, return instead all orders and the
    weighted ones; (customers, 2). All depend on repeats and tenure alone: they are computed once for each such pair.
    """
    repeats, tenure = (known[name].to_numpy(np.int64) for name in ("repeats", "tenure_days"))
    days = int(tenure.max()) + 1
    unique, place = np.unique(repeats * days + tenure, return_inverse=True)
    expect = PROCESSES[model.process].expected_orders
    found: np.ndarray = expect(model.fit.parameters, unique // days, unique % days, np.asarray(weeks, dtype=float))
    if weigh is not None:
        found = np.column_stack([found[:, -1], np.diff(found, axis=1, prepend=0.0) @ weigh])
    return found[place.reshape(-1)]


def compare(known: pd.DataFrame) -> pd.DataFrame:
    """Compare NBD, BG/NBD and Pareto/NBD on the same histories.

    Return process, parameters, log_likelihood, aic, and p: of NBD's likelihood ratio against the better of the two that
    contain it (small: customers do leave), and of Vuong's test (1989) of the lesser of these two against the better
    (small: it fits worse); the best by AIC comes first.
    """
    alike = collapse(known)
    fits = {name: _maximum(module.loss, module.START, alike) for name, module in PROCESSES.items()}
    never = _maximum(bgnbd.nobody_leaves, bgnbd.START[:2], alike)
    best, lesser = sorted(fits, key=lambda name: -fits[name].log_likelihood)
    # Where a prior holds both, their likelihoods say nothing of which fits.
    held = _too_few(alike)
    chances = {best: np.nan, lesser: np.nan if held else _vuong(fits, best, lesser, alike)}
    chances["nbd"] = cautions.chance_of(2 * (fits[best].log_likelihood - never.log_likelihood))
    fits["nbd"] = never
    table = pd.DataFrame(
        [(TITLES[name], len(fit.parameters), fit.log_likelihood, chances[name]) for name, fit in fits.items()],
        columns=["process", "parameters", "log_likelihood", "p"],
    )
    table.insert(3, "aic", 2 * table["parameters"] - 2 * table["log_likelihood"])
    return table.sort_values("aic", ignore_index=True)


def _vuong(fits: dict[str, Fit], best: str, lesser: str, alike: Collapsed) -> float:
    better, worse = (_by_row(PROCESSES[name], fits[name], alike) for name in (best, lesser))
    weight = alike.customers / alike.customers.sum()
    mean = weight @ (better - worse)
    spread = np.sqrt(weight @ (better - worse - mean) ** 2)
    return float(norm.sf(np.sqrt(alike.customers.sum()) * mean / spread)) if spread > 0 else np.nan


def _by_row(module: ModuleType, fit: Fit, alike: Collapsed) -> np.ndarray:
    found: np.ndarray = module.log_likelihoods(fit.parameters, alike)
    return found


def _maximum(loss: _LossOf, start: np.ndarray, alike: Collapsed) -> Fit:
    """Fit by maximum likelihood, held near typical values where too few customers came back to say."""
    rows, free = float(alike.customers.sum()), lambda logs: loss(logs, alike)
    return maximise(_held(free, start, rows) if _too_few(alike) else free, start, rows=rows)


def _too_few(alike: Collapsed) -> bool:
    return bool(alike.customers[alike.repeats > 0].sum() < FEWEST)


def _held(loss: Loss, start: np.ndarray, rows: float) -> Loss:
    """Add a normal prior of one unit of the logarithm around typical values."""

    def held(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss(logs)
        away = logs - start
        return value + float(away @ away) / (2 * rows), gradient + away / rows

    return held


def _leaves(process: str, parameters: np.ndarray) -> float:
    """Return the mean chance of leaving: after an order (BG/NBD), or within a week (Pareto/NBD)."""
    first, second = parameters[2:]
    return float(first / (first + second) if process == "bgnbd" else first / second)
