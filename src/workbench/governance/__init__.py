"""Governance: what do we hold, may we, is it fair, is it bearable, and can we show it?

In: the tables of a CRM, a regime, the records of its models.   Out, each from the ones before:

    audit                    a finding for every check of the regime, as of a day: article, rows at fault, remedy
    compliance               checks met of those that apply
    audit_fields             every field: filled, used, worth what, and whether it could go
    smallest_within_one_se   how few fields, and how short a memory, would do
    find_duplicates          customers who are held twice; precision where the truth is known
    lifecycle                whom to delete, anonymise or merge, and when: a plan, a CSV
    fairness                 whether models and decisions treat groups and languages alike
    pressure                 whether people are sent more than they should be, and what a cap would cost
    drift                    what has changed since the run before, and whether chance could do it
    documents                cards of models, record of processing, drafts of impact assessments
    headline                 the figures by which all this is judged

What a report shows of them are `of_<section>(…)`, figures are `plot_<noun>(…)`. Below: a check is a function of a
`Case` (tables as known at a moment, a rule of `workbench.law`) that returns an `Outcome`; `CHECKS` has them by code.
A `Record` is what a model has left to be judged by.
"""

from workbench.governance.audit import CHECKS, Audit, audit, compliance
from workbench.governance.documents import Document, of_documents, write_documents
from workbench.governance.drift import Drift, compare_states, of_drift, take_state
from workbench.governance.duplicates import find_duplicates, precision
from workbench.governance.exhibits import of_fields, of_findings, of_house, of_lifecycle, of_minimal
from workbench.governance.fairness import Fairness, assess_fairness, of_fairness
from workbench.governance.fields import Fields, audit_fields
from workbench.governance.finding import Finding, Outcome, as_frame
from workbench.governance.headline import headline
from workbench.governance.lifecycle import Lifecycle, lifecycle
from workbench.governance.minimal import Minimal, smallest_within_one_se
from workbench.governance.pressure import Pressure, assess_pressure, of_pressure
from workbench.governance.records import Record
from workbench.governance.sobriety_plots import plot_bytes, plot_curve, plot_lifecycle

__all__ = [
    "CHECKS",
    "Audit",
    "Document",
    "Drift",
    "Fairness",
    "Fields",
    "Finding",
    "Lifecycle",
    "Minimal",
    "Outcome",
    "Pressure",
    "Record",
    "as_frame",
    "assess_fairness",
    "assess_pressure",
    "audit",
    "audit_fields",
    "compare_states",
    "compliance",
    "find_duplicates",
    "headline",
    "lifecycle",
    "of_documents",
    "of_drift",
    "of_fairness",
    "of_fields",
    "of_findings",
    "of_house",
    "of_lifecycle",
    "of_minimal",
    "of_pressure",
    "plot_bytes",
    "plot_curve",
    "plot_lifecycle",
    "precision",
    "smallest_within_one_se",
    "take_state",
    "write_documents",
]
