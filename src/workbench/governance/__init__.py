"""Governance: what do we hold, and may we?

In: the tables of a CRM, a regime.   Out, each from the ones before:

    audit                    a finding for every check of the regime, as of a day: article, rows at fault, remedy
    compliance               checks met of those that apply
    audit_fields             every field: filled, used, worth what, and whether it could go
    smallest_within_one_se   how few fields, and how short a memory, would do
    find_duplicates          customers who are held twice; precision where the truth is known
    lifecycle                whom to delete, anonymise or merge, and when: a plan, a CSV
    headline                 the figures by which all this is judged

What a report shows of them are `of_<section>(…)`, figures are `plot_<noun>(…)`. Below: a check is a function of a
`Case` (tables as known at a moment, a rule of `workbench.law`) that returns an `Outcome`; `CHECKS` has them by code.
"""

from workbench.governance.audit import CHECKS, Audit, audit
from workbench.governance.duplicates import find_duplicates, precision
from workbench.governance.exhibits import of_fields, of_findings, of_lifecycle, of_minimal
from workbench.governance.fields import Fields, audit_fields
from workbench.governance.finding import Finding, Outcome
from workbench.governance.headline import compliance, headline
from workbench.governance.lifecycle import Lifecycle, lifecycle
from workbench.governance.minimal import Minimal, smallest_within_one_se
from workbench.governance.sobriety_plots import plot_bytes, plot_curve, plot_lifecycle

__all__ = [
    "CHECKS",
    "Audit",
    "Fields",
    "Finding",
    "Lifecycle",
    "Minimal",
    "Outcome",
    "audit",
    "audit_fields",
    "compliance",
    "find_duplicates",
    "headline",
    "lifecycle",
    "of_fields",
    "of_findings",
    "of_lifecycle",
    "of_minimal",
    "plot_bytes",
    "plot_curve",
    "plot_lifecycle",
    "precision",
    "smallest_within_one_se",
]
