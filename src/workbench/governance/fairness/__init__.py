"""Fairness: do models, and what was decided, treat groups and languages alike?

In: the tables of a CRM, the `Record`s of its models.   Out:

    assess_fairness    rates, errors and calibration of groups, gaps with intervals, tests and verdicts: a `Fairness`
    language_gap       the accuracy of languages on the same content
    resample_rates     rates of groups and 2,000 resamples of them, in milliseconds

What a page shows is `of_fairness`; figures are `plot_gaps` and `plot_rates`.
"""

from workbench.governance.fairness.assess import assess_fairness
from workbench.governance.fairness.counts import Resampled, resample_rates
from workbench.governance.fairness.exhibits import of_fairness
from workbench.governance.fairness.language import LanguageGap, language_gap
from workbench.governance.fairness.plots import plot_gaps, plot_rates
from workbench.governance.fairness.result import Fairness

__all__ = [
    "Fairness",
    "LanguageGap",
    "Resampled",
    "assess_fairness",
    "language_gap",
    "of_fairness",
    "plot_gaps",
    "plot_rates",
    "resample_rates",
]
