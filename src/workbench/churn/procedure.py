"""What the explanation of a churn score has to know of how it came about, and the model of another sample of customers.

In: a backtest, the fitted model, the examples behind both.   Out: `explain.Procedure`; a refitted `Model`.
"""

from datetime import date

import pandas as pd

from workbench.churn import models
from workbench.churn.backtest import FEWEST, Backtest
from workbench.churn.gather import Gathered
from workbench.churn.models import Model
from workbench.explain.sheet import Procedure
from workbench.explain.stability import resample

# To see whether reasons hold, less than the whole training is enough.
_MOST = 10_000
_KEPT = ("simple_first", "baselines", "past_only")


def procedure(
    tested: Backtest, model: Model, gathered: Gathered, *, threshold: float, horizon_days: int, contact: str = ""
) -> Procedure:
    """Say how the scores of today came about: model, examples, threshold and the principles kept.

    Data without dates was learnt from up to today, and whether it was the past only is not known.
    """
    dated = "cutoff" in gathered.today and len(gathered.today) > 0
    return Procedure(
        subject="risk",
        model=model.name,
        customers=int(_learnt_from(tested, gathered)["customer_id"].nunique()),
        learnt_to=gathered.today["cutoff"].max().date() if dated else date.today(),
        threshold=threshold,
        horizon=horizon_days,
        columns=model.columns,
        calibrated=model.calibrator is not None,
        principles=_KEPT if dated else _KEPT[:2],
        contact=contact,
    )


def fit_resampled(tested: Backtest, gathered: Gathered, seed: int) -> Model | None:
    """Fit the chosen candidate to customers drawn with replacement, of at most 10,000 examples; None: too few."""
    known = _learnt_from(tested, gathered)
    again = resample(known.sample(min(_MOST, len(known)), random_state=seed), seed=seed)
    rarer = again.groupby("churned")["customer_id"].nunique()
    if tested.model is None or len(rarer) < 2 or rarer.min() < FEWEST:
        return None
    return models.fit(again, model=tested.model, scope=tested.scope, seed=seed)


def _learnt_from(tested: Backtest, gathered: Gathered) -> pd.DataFrame:
    source = gathered.pool if tested.scope == "pooled" and gathered.pool is not None else gathered.past
    return source[source["churned"].notna()]
