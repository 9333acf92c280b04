"""What is a coming order of a customer worth? Gamma-Gamma or log-normal, whichever the amounts fit better.

In: histories.   Out: `Spending`; expected spend of every customer, with those who returned all of it left aside.
"""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.value import cautions, gammagamma, lognormal
from workbench.value.cautions import Caution
from workbench.value.likelihood import Fit

MODELS: dict[str, ModuleType] = {"gamma_gamma": gammagamma, "log_normal": lognormal}
TITLES = {"gamma_gamma": "Gamma-Gamma", "log_normal": "log-normal"}
# As many customers tell three parameters to three digits; more only cost energy.
_ENOUGH = 100_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Spending:
    """A fitted model of spend per order; `log_likelihoods` of both models say why it was taken."""

    model: str
    names: tuple[str, ...]
    fit: Fit
    log_likelihoods: dict[str, float]
    cautions: tuple[Caution, ...]

    @property
    def reason(self) -> str:
        """Why this model was taken, in a sentence."""
        (best, one), (other, two) = sorted(self.log_likelihoods.items(), key=lambda item: -item[1])
        figures = f"log-likelihood {one:,.1f} against {two:,.1f}"
        return f"{TITLES[best]} fits the amounts better than {TITLES[other]} ({figures})"


def fit_spending(known: pd.DataFrame, *, model: str | None = None, seed: int = 0) -> Spending:
    """Fit both models to mean spend per order day, and take `model`, or the likelier: each has three parameters.

    Customers whose mean spend is not above 0 say nothing of the level and are left out; an InputError says where none
    is left. Of more than 100,000 customers so many are drawn by lot.
    """
    if model is not None and model not in MODELS:
        raise InputError(f"model of spend '{model}' is none of {', '.join(MODELS)}{did_you_mean(model, MODELS)}")
    told = known[known["mean_spend"] > 0]
    if told.empty:
        raise InputError(f"spend: none of {len(known):,} customers has spent more than 0; amounts must be positive")
    if len(told) > _ENOUGH:
        told = told.sample(_ENOUGH, random_state=seed)
    spend, days = told["mean_spend"].to_numpy(float), told["repeats"].to_numpy(np.int64) + 1
    fits = {name: module.fit(spend, days) for name, module in MODELS.items()}
    usable = {name: fit for name, fit in fits.items() if name != "gamma_gamma" or fit.parameters[1] > 1}
    best = model or max(usable, key=lambda name: usable[name].log_likelihood)
    return Spending(
        model=best,
        names=MODELS[best].NAMES,
        fit=fits[best],
        log_likelihoods={name: fit.log_likelihood for name, fit in fits.items()},
        cautions=cautions.of_spend(spend, days),
    )


def expected_spend(model: Spending, known: pd.DataFrame) -> np.ndarray:
    """Return the expected spend of a coming order of every customer; nought where nothing was ever spent."""
    spend, days = known["mean_spend"].to_numpy(float), known["repeats"].to_numpy(np.int64) + 1
    found = MODELS[model.model].expected_spend(model.fit.parameters, np.where(spend > 0, spend, 1.0), days)
    return np.where(spend > 0, found, 0.0)


def draw_spend(model: Spending, known: pd.DataFrame, *, orders: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return drawn totals of so many coming `orders` (customers, draws); nought where nothing was ever spent."""
    spend, days = known["mean_spend"].to_numpy(float), known["repeats"].to_numpy(np.int64) + 1
    draw = MODELS[model.model].draw_spend
    found = draw(model.fit.parameters, np.where(spend > 0, spend, 1.0), days, orders=orders, rng=rng)
    return np.where(spend[:, None] > 0, found, 0.0)
