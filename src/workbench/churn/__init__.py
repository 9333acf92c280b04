"""Churn: who is likely to leave, why, and whom to contact first?

In: the tables of a CRM.   Out, in this order, each from the one before:

    gather             examples of the past and the customers of today, by orders, subscriptions or a label
    find_leaks         columns that know the future; without_leaks leaves them out
    backtest           the model that this market should use, and how good it would have been; fit_chosen fits it
    worth              what a feature was worth, with it against without it
    score              a calibrated probability for every customer
    retention_list     whom to contact first; procedure, fit_resampled: what `workbench.explain` needs to say why
    headline           the figures by which all this is judged; over_time has them by cut-off

Figures are `plot_<noun>(…)`. Why a score is what it is, `workbench.explain` tells. Below: features (`consistent` after
a change) and examples (orders), subscriptions, models, calibrators, quality (with calibration, deciles, base_rates).
"""

from workbench.churn.backtest import Backtest, backtest, fit_chosen
from workbench.churn.examples import cutoffs, examples
from workbench.churn.features import SENTIMENT, consistent, features
from workbench.churn.gather import SMALL, Gathered, gather
from workbench.churn.headline import headline, over_time
from workbench.churn.leakage import find_leaks, without_leaks
from workbench.churn.models import Model, Scores, fit, probability, score
from workbench.churn.plots import (
    plot_calibration,
    plot_capture,
    plot_quality,
)
from workbench.churn.procedure import fit_resampled, procedure
from workbench.churn.quality import base_rates, calibration, deciles, quality
from workbench.churn.retention import RetentionList, retention_list
from workbench.churn.subscriptions import labelled_examples, subscription_examples
from workbench.churn.worth import Worth, worth

__all__ = [
    "SENTIMENT",
    "SMALL",
    "Backtest",
    "Gathered",
    "Model",
    "RetentionList",
    "Scores",
    "Worth",
    "backtest",
    "base_rates",
    "calibration",
    "consistent",
    "cutoffs",
    "deciles",
    "examples",
    "features",
    "find_leaks",
    "fit",
    "fit_chosen",
    "fit_resampled",
    "gather",
    "headline",
    "labelled_examples",
    "over_time",
    "plot_calibration",
    "plot_capture",
    "plot_quality",
    "probability",
    "procedure",
    "quality",
    "retention_list",
    "score",
    "subscription_examples",
    "without_leaks",
    "worth",
]
