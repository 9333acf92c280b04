"""Explanations: why does a model say what it says of this customer, and what would change it?

In: fitted models (pipelines of `linear_pipeline` and `tree_pipeline`) and features.   Out, each from the one before:

    attribute            exact contributions of every feature, for all or some customers; dependence says their shape
    reason_codes         the three strongest of each customer, before words
    what_if              the smallest change by `levers.yaml` that crosses the decision threshold
    stability            does the first reason hold where the model is fitted to other customers?
    wording              all of it in words of the market's language (`languages/*.yaml`), numbers in its form
    sheet, sheets        what the customer is told, by the privacy regime (`workbench.law`)
    explain_customers    all of these for the customers whom someone will act on; cost says what it cost

Figures are `plot_<noun>(…)`, names for people `readable`. This floor lies below churn and value and knows neither.
"""

from workbench.explain.contributions import Drivers, Explainable, attribute, dependence
from workbench.explain.explanations import Explanations, cost, explain_customers
from workbench.explain.plots import plot_dependence, plot_drivers
from workbench.explain.reasons import reason_codes
from workbench.explain.sheet import Procedure, Sheet, sheet, sheets
from workbench.explain.stability import resample, stability
from workbench.explain.whatif import Lever, Move, read_levers, what_if
from workbench.explain.wording import Wording, family, language_of, readable, speak, wording

__all__ = [
    "Drivers",
    "Explainable",
    "Explanations",
    "Lever",
    "Move",
    "Procedure",
    "Sheet",
    "Wording",
    "attribute",
    "cost",
    "dependence",
    "explain_customers",
    "family",
    "language_of",
    "plot_dependence",
    "plot_drivers",
    "read_levers",
    "readable",
    "reason_codes",
    "resample",
    "sheet",
    "sheets",
    "speak",
    "stability",
    "what_if",
    "wording",
]
