"""What the audit of fairness found, in the form that pages, documents and the next run read.

In: frames by model and attribute.   Out: a `Fairness`.
"""

from dataclasses import dataclass

import pandas as pd

from workbench.governance.fairness.language import LanguageGap
from workbench.governance.finding import Finding

KEY = ("model", "attribute", "kind", "stands_for")
GROUPS = (*KEY, "group", "metric", "value", "low", "high", "unit", "customers", "rows", "note")
GAPS = (
    *KEY,
    *("metric", "highest", "lowest", "difference", "low", "high", "ratio", "ratio_low", "ratio_high"),
    *("p", "p_adjusted", "shown", "detectable", "unit", "customers", "verdict", "note"),
)
SUPPRESSED = ("model", "attribute")
ABSENT = ("model", "attribute", "verdict", "why")
EVERY_MODEL = "every model"


@dataclass(frozen=True, eq=False, kw_only=True)
class Fairness:
    """How models treat groups, each figure with its 95 % interval; no frame holds an id of a customer.

    `groups` has a row for each model, attribute, group and metric (`GROUPS`): selection_rate, true_positive_rate,
    false_positive_rate, error, calibration (mean predicted less mean outcome), and for money predicted_over_outcome;
    value is NaN and `note` says why where too few are in it. unit: share, or that of what the model predicts. kind:
    sensitive, proxy (`stands_for` says of what) or intersection.

    `gaps` has a row for each model, attribute and metric (`GAPS`): the difference of the highest and the lowest group
    and their ratio (low to high and ratio_low to ratio_high hold for all pairs of groups at once, 95 %, so for the
    largest true difference, also where there is none); p of no gap at all, and after Holm over the tests of a model;
    shown: p_adjusted below 0.05; detectable: what these numbers would have shown in four of five cases; customers: how
    many were compared; verdict by the market's target_gap.

    `decisions` has the same of what was decided, by model and action, with the difference at an equal score;
    `what_if` what other thresholds would do; `no_decisions` and `no_what_if` say why there is none of these.
    `suppressed` has by which attributes groups of fewer than 30 customers are left out, never how many are in them;
    `absent` what could not be judged (a model or 'every model'), and why; `language` the accuracy of languages on the
    same content, where a model was judged on such. `said` tells in sentences what was judged by what.
    """

    groups: pd.DataFrame
    gaps: pd.DataFrame
    decisions: pd.DataFrame
    no_decisions: str
    what_if: pd.DataFrame
    no_what_if: str
    suppressed: pd.DataFrame
    absent: pd.DataFrame
    language: LanguageGap | None
    findings: tuple[Finding, ...]
    target_gap: float
    said: str
