"""What the explanation of a value has to know of how it came about, and the model of another sample of customers.

In: an appraisal, the examples behind it.   Out: `explain.Procedure`; a refitted model.
"""

from functools import partial
from typing import Any

import pandas as pd

from workbench.explain.sheet import Procedure
from workbench.explain.stability import resample
from workbench.intervals import FEWEST
from workbench.value.appraisal import Appraisal
from workbench.value.examples import Gathered
from workbench.value.learned import Learned, can_learn, fit_trees, predict

# To see whether reasons hold, less than the whole training is enough.
_MOST = 10_000
_TOP = 0.9


def procedure(worth: Appraisal, known: Gathered, *, contact: str = "") -> Procedure:
    """Say how the learned forecast of today came about; who is among the highest tenth is treated as most valuable."""
    model, cutoff = _model(worth), known.today["cutoff"].iloc[0]
    ahead = predict(model, known.today, cutoff=cutoff)
    return Procedure(
        subject="value",
        model="trees",
        customers=int(known.past["customer_id"].nunique()),
        learnt_to=cutoff.date(),
        threshold=float(pd.Series(ahead).quantile(_TOP)),
        horizon=model.horizon_days,
        columns=model.columns,
        principles=("baselines", "past_only"),
        contact=contact,
    )


def ways(worth: Appraisal, known: Gathered, *, contact: str = "") -> dict[str, Any]:
    """Return what `explain.explain_customers` needs besides customers and words: score, aim, procedure, refit.

    The score is spend expected by the trees within their horizon; changes are sought that reach the highest tenth.
    """
    return {
        "score": partial(predict, _model(worth), cutoff=known.today["cutoff"].iloc[0]),
        "aim": "above",
        "procedure": procedure(worth, known, contact=contact),
        "refit": partial(fit_resampled, worth, known),
    }


def fit_resampled(worth: Appraisal, known: Gathered, seed: int) -> Learned | None:
    """Fit the trees to customers drawn with replacement, of at most 10,000 examples; None: too few to learn from."""
    model = _model(worth)
    some = known.past.sample(min(_MOST, len(known.past)), random_state=seed)
    again = resample(some, seed=seed)
    if not can_learn(again, fewest=FEWEST):
        return None
    return fit_trees(again, season=model.season, horizon_days=model.horizon_days, seed=seed)


def _model(worth: Appraisal) -> Learned:
    if worth.trees is None:
        raise ValueError("no trees were learnt: nothing to explain")
    return worth.trees
