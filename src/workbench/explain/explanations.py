"""Why this customer? Everything that is said of those whom someone will act on, and what saying it cost.

In: a fitted model, features of one cut-off, the customers.   Out: `Explanations`: reasons, what-if, stability, sheets.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from workbench.explain.contributions import Drivers, Explainable, attribute
from workbench.explain.reasons import reason_codes
from workbench.explain.sheet import Procedure, Sheet, sheet, sheets
from workbench.explain.stability import stability
from workbench.explain.whatif import read_levers, what_if
from workbench.explain.wording import Wording, family

# As many other customers say what is typical, and in which direction a feature works; more would only cost energy.
_BACKGROUND = 2_000
_BACKGROUND_AGAIN = 300
_RESAMPLES = 5

Score = Callable[[pd.DataFrame], np.ndarray]
Refit = Callable[[int], Explainable | None]


class Metered(Protocol):
    """What the meter knows of a step."""

    wall_seconds: float | None
    kwh_cpu: float | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanations:
    """What is said of the customers explained.

    `drivers` are of these and of up to 2,000 others, who say what is typical. `codes` are the reasons before words,
    `reasons` (customer_id, rank, reason, contribution) in words, `what_if` and `stability` as their modules return them
    (stability None: not examined, or not enough data), `sheets` has a text for each customer, `first` the first one.
    """

    drivers: Drivers
    codes: pd.DataFrame
    reasons: pd.DataFrame
    what_if: pd.DataFrame
    stability: pd.DataFrame | None
    sheets: pd.DataFrame
    first: Sheet | None

    @property
    def note(self) -> str:
        """How many could change the decision, and how many first reasons are certain."""
        by_customer = self.what_if.groupby("customer_id")["crossed"].any()
        none = int((~by_customer).sum())
        said = f"{len(by_customer)} customers explained; for {none} of them no allowed change alters the result."
        if self.stability is None:
            return f"{said} Stability under resampling: not enough data."
        uncertain = int((~self.stability["certain"]).sum())
        return f"{said} Under resampling the first reason of {uncertain} changes often: their sheets say 'uncertain'."


def explain_customers(
    model: Explainable,
    features: pd.DataFrame,
    *,
    customers: Collection[str],
    score: Score,
    aim: Literal["below", "above"],
    procedure: Procedure,
    wording: Wording,
    regime: str,
    as_of: date | None = None,
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    refit: Refit | None = None,
    seed: int = 0,
) -> Explanations:
    """Explain some customers of one cut-off: three reasons, the smallest change that alters the result, a sheet each.

    `score` maps features to what is decided on, on which `procedure.threshold` lies; `aim` is the side that a change
    should reach. `as_of` is the day of the decision, else the day up to which the model has learnt. `derive` keeps
    changed features consistent; `refit` returns the model fitted to a resample, by seed.
    """
    as_of = as_of or procedure.learnt_to
    listed = features[features["customer_id"].isin(set(customers))].reset_index(drop=True)
    drivers = attribute(model, features, customers=_with_others(features, listed, seed), subject=procedure.subject)
    codes = reason_codes(drivers.contributions, features, family=family)
    codes = codes[codes["customer_id"].isin(listed["customer_id"])].reset_index(drop=True)
    levers = read_levers(model.columns)
    changed = what_if(score, listed, threshold=procedure.threshold, aim=aim, levers=levers, derive=derive)
    certain = None if refit is None or codes.empty else _stability(codes, refit, features, listed, seed)
    # Models of scikit-learn's kind refuse to score nobody.
    own_scores = score(listed) if len(listed) else np.empty(0)
    scored = listed[["customer_id"]].assign(**{_SCORED[procedure.subject]: own_scores})
    texts = sheets(
        codes,
        procedure,
        scored=scored,
        wording=wording,
        regime=regime,
        as_of=as_of,
        what_if=changed,
        stability=certain,
    )
    first_sheet = None
    if len(scored):
        customer, own = scored.iloc[0]
        stable = None if certain is None else certain.set_index("customer_id")["certain"].get(customer)
        first_sheet = sheet(
            codes[codes["customer_id"] == customer],
            procedure,
            score=float(own),
            wording=wording,
            regime=regime,
            as_of=as_of,
            what_if=changed[changed["customer_id"] == customer],
            stable=None if stable is None else bool(stable),
        )
    return Explanations(
        drivers=drivers,
        codes=codes,
        reasons=wording.reasons(codes, subject=procedure.subject),
        what_if=changed,
        stability=certain,
        sheets=texts,
        first=first_sheet,
    )


def cost(scoring: Metered, explaining: Metered, *, scored: int, explained: int) -> pd.DataFrame:
    """Return step, customers, seconds and joules (processor time) for 1,000 customers, and as multiples of scoring.

    >>> from types import SimpleNamespace as Step
    >>> steps = Step(wall_seconds=1.0, kwh_cpu=1e-6), Step(wall_seconds=2.0, kwh_cpu=2e-6)
    >>> cost(*steps, scored=1000, explained=20)["times_scoring_seconds"].tolist()
    [1.0, 100.0]
    """
    rows = []
    for step, metered, count in (("score", scoring, scored), ("explain", explaining, explained)):
        thousands = count / 1000 if count else np.nan
        seconds = np.nan if metered.wall_seconds is None else metered.wall_seconds / thousands
        joules = np.nan if metered.kwh_cpu is None else metered.kwh_cpu * _JOULES_PER_KWH / thousands
        rows.append((step, count, seconds, joules))
    table = pd.DataFrame(rows, columns=["step", "customers", "seconds_per_1000", "joules_per_1000"])
    for name in ("seconds", "joules"):
        own = table[f"{name}_per_1000"]
        table[f"times_scoring_{name}"] = own / own.iloc[0] if own.iloc[0] > 0 else np.nan
    return table


_SCORED = {"risk": "probability", "value": "value"}
_JOULES_PER_KWH = 3.6e6


def _with_others(features: pd.DataFrame, listed: pd.DataFrame, seed: int, most: int = _BACKGROUND) -> list[str]:
    others = features["customer_id"].sample(min(most, len(features)), random_state=seed)
    return [*others, *listed["customer_id"]]


def _stability(
    codes: pd.DataFrame, refit: Refit, features: pd.DataFrame, listed: pd.DataFrame, seed: int
) -> pd.DataFrame | None:
    some = set(_with_others(features, listed, seed, _BACKGROUND_AGAIN))
    part = features[features["customer_id"].isin(some)].reset_index(drop=True)

    def contributions_of(resample_seed: int) -> pd.DataFrame | None:
        again = refit(resample_seed)
        return None if again is None else attribute(again, part).contributions

    return stability(codes, contributions_of, part, family=family, resamples=_RESAMPLES, seed=seed)
