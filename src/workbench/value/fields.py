"""What is each field of the CRM worth to the forecast of spend? A learned forecast with it against without it.

In: a backtest, the examples behind it, which features read which field.   Out: a frame of fields, worth and interval.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.intervals import Z
from workbench.value import learned
from workbench.value.backtest import Tested, standard_ranks, training
from workbench.value.candidates import LEARNERS, TITLES
from workbench.value.examples import Gathered
from workbench.value.season import Season, season

# Without these nobody knows what was spent.
NEEDED = ("orders.customer_id", "orders.ordered_at", "orders.amount")
# On how many of the latest cut-offs fields are measured: each takes a fit, and two parts take as long as two trees.
_FOLDS = {"trees": 2, "two_parts": 1}


@dataclass(frozen=True, eq=False, kw_only=True)
class Fold:
    """One judged cut-off: what may be learnt from, who is judged, and the season."""

    cutoff: pd.Timestamp
    past: pd.DataFrame
    judged: pd.DataFrame
    season: Season

    def products(self, model: str, without: Collection[str], horizon_days: int, seed: int) -> np.ndarray:
        """Return products of ranks, forecast times spent, whose mean is the rank correlation."""
        past = self.past.drop(columns=[*without])
        fitted = LEARNERS[model](past, season=self.season, horizon_days=horizon_days, seed=seed)
        forecast = learned.predict(fitted, self.judged, cutoff=self.cutoff)
        return np.asarray(standard_ranks(forecast) * standard_ranks(self.judged["spent"].to_numpy(float)))


def worth_of_fields(
    tested: Tested, known: Gathered, reading: Mapping[str, Collection[str]], *, seed: int = 0
) -> pd.DataFrame:
    """Return what every field is worth: the rank correlation of forecast and spend with it, minus that without it.

    `reading` has the features that are computed from each field, as `churn.features_reading` tells; without a field,
    all of them are left out. One row a field: field, model, value, low and high (95 %), note. The measure is the one by
    which `backtest` chooses, judged on the same customers of its latest two cut-offs (of a two-part model the latest);
    the error is that of the mean of paired differences. A forecast that learns nothing, or is a blend, cannot leave a
    feature out: the best of those that learn is measured, and the note says so. What cannot be measured has no number,
    and the note says why.
    """
    model = _measured(tested)
    folds = (
        [fold_at(known, cutoff, horizon_days=tested.horizon_days, seed=seed) for cutoff in _latest(tested, model)]
        if model
        else []
    )
    whole = [fold.products(str(model), (), tested.horizon_days, seed) for fold in folds]
    rows: list[tuple[Any, ...]] = []
    for columns, fields in _grouped(reading).items():
        if why := _not_measured(tested, model, fields, known.past.filter([*columns])):
            rows += [(field, model, np.nan, np.nan, np.nan, why) for field in fields]
            continue
        without = [fold.products(str(model), columns, tested.horizon_days, seed) for fold in folds]
        figures = _difference(whole, without)
        rows += [(field, model, *figures, _note(tested, str(model), figures, fields)) for field in fields]
    frame = pd.DataFrame(rows, columns=["field", "model", "value", "low", "high", "note"])
    return frame.set_index("field").loc[[*reading]].reset_index()


def _grouped(reading: Mapping[str, Collection[str]]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for field, columns in reading.items():
        found.setdefault((*columns,), []).append(field)
    return found


def _measured(tested: Tested) -> str | None:
    """Name the chosen forecast if it learns, else the best of those that do."""
    if tested.model is None or tested.model in LEARNERS:
        return tested.model
    learnt = tested.candidates[tested.candidates["model"].isin([*LEARNERS])]
    return None if learnt.empty else str(learnt.nlargest(1, "spearman")["model"].iloc[0])


def _latest(tested: Tested, model: str) -> list[pd.Timestamp]:
    return sorted(tested.scores["cutoff"].unique())[-_FOLDS[model] :]


def fold_at(known: Gathered, cutoff: pd.Timestamp, *, horizon_days: int, seed: int = 0) -> Fold:
    """Return a judged cut-off with what could be learnt from by then."""
    past = training(known.past, cutoff, horizon_days=horizon_days, seed=seed)
    judged = known.past[known.past["cutoff"] == cutoff]
    return Fold(cutoff=cutoff, past=past, judged=judged, season=season(known.volume, as_of=cutoff))


def _not_measured(tested: Tested, model: str | None, fields: list[str], columns: pd.DataFrame) -> str:
    if model is None:
        return f"not measured: {tested.reason if tested.model is None else 'too few examples to learn from'}"
    if set(fields) & set(NEEDED):
        return "needed: value is what was spent"
    if (columns.nunique(dropna=False) < 2).all():
        return "not used: it tells no customer from another before any cut-off"
    return ""


def _difference(whole: list[np.ndarray], without: list[np.ndarray]) -> tuple[float, float, float]:
    """Return the mean difference of the rank correlations with its 95 % interval."""
    moved = [own - other for own, other in zip(whole, without, strict=True)]
    value = float(np.mean([one.mean() for one in moved]))
    margin = Z * float(np.sqrt(np.mean([one.var(ddof=1) / len(one) for one in moved]) / len(moved)))
    return value, value - margin, value + margin


def _note(tested: Tested, model: str, figures: tuple[float, ...], fields: list[str]) -> str:
    value, low, high = figures
    moved = f"moved the rank correlation by {value:+.3f} ({low:+.3f} to {high:+.3f}): {TITLES[model]} with it against"
    judged = f"the same customers at {', '.join(f'{cutoff:%Y-%m-%d}' for cutoff in _latest(tested, model))}"
    together = f"; measured together, as the same features read them: {', '.join(fields)}" if len(fields) > 1 else ""
    chosen = "" if model == tested.model else f"; the chosen forecast ({TITLES[str(tested.model)]}) is no learned one"
    return f"{moved} without it, on {judged}{together}{chosen}"
