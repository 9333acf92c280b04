"""Churn: who is likely to leave, why, and whom to contact first?

In: the tables of a CRM.   Out, in this order, each from the one before:

    gather             examples of the past and the customers of today, by orders, subscriptions or a label
    find_leaks         columns that know the future; without_leaks leaves them out
    backtest           the model that this market should use, and how good it would have been; fit_chosen fits it
    use_of_data        how much of what is held it needs: worth_of_fields, curve_of_fields, curve_of_history together
    worth              what a feature was worth, with it against without it; worth_of_fields: each field of the CRM
    curve_of_fields    the AUC with ever more fields, the worthiest first; curve_of_history: with ever more months
    score              a calibrated probability for every customer
    retention_list     whom to contact first; procedure, fit_resampled: what `workbench.explain` needs to say why
    headline           the figures by which all this is judged; over_time has them by cut-off, of_backtest shows them
    contest            every model and a large one, for `workbench.emissions` to compare; fewer_rows, fewer_months
    daily              the risk of every customer on every day of the history, for a replay
    about, judged      what the model says of itself, and how each outcome came out, for governance

Figures are `plot_<noun>(…)`. Why a score is what it is, `workbench.explain` tells. Below: features (`consistent` after
a change) and the fields that they read, examples (orders), subscriptions, models, calibrators, quality (with
calibration, deciles, base_rates).
"""

from workbench.churn.about import about, judged
from workbench.churn.backtest import Backtest, backtest, fit_chosen
from workbench.churn.contest import contest, fewer_months, fewer_rows
from workbench.churn.curves import curve_of_fields
from workbench.churn.daily import Daily, daily
from workbench.churn.examples import cutoffs, examples
from workbench.churn.exhibits import of_backtest
from workbench.churn.features import SENTIMENT, consistent, features
from workbench.churn.fields import features_reading, fields_read, reading, worth_of_fields
from workbench.churn.gather import SMALL, Gathered, can_tell, gather
from workbench.churn.headline import headline, over_time
from workbench.churn.history import curve_of_history
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
from workbench.churn.use import use_of_data
from workbench.churn.worth import Worth, worth

__all__ = [
    "SENTIMENT",
    "SMALL",
    "Backtest",
    "Daily",
    "Gathered",
    "Model",
    "RetentionList",
    "Scores",
    "Worth",
    "about",
    "backtest",
    "base_rates",
    "calibration",
    "can_tell",
    "consistent",
    "contest",
    "curve_of_fields",
    "curve_of_history",
    "cutoffs",
    "daily",
    "deciles",
    "examples",
    "features",
    "features_reading",
    "fewer_months",
    "fewer_rows",
    "fields_read",
    "find_leaks",
    "fit",
    "fit_chosen",
    "fit_resampled",
    "gather",
    "headline",
    "judged",
    "labelled_examples",
    "of_backtest",
    "over_time",
    "plot_calibration",
    "plot_capture",
    "plot_quality",
    "probability",
    "procedure",
    "quality",
    "reading",
    "retention_list",
    "score",
    "subscription_examples",
    "use_of_data",
    "without_leaks",
    "worth",
    "worth_of_fields",
]
