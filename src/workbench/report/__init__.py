"""Runs notebook x market and renders the HTML that stakeholders read; README.md in this folder tells the way of it.

In: params, notebooks.   Out: `reports/`.
"""

import sys

from workbench.report.batch import run
from workbench.report.notebooks import NotebookInfo, describe

__all__ = ["NotebookInfo", "describe", "run"]

# nbformat brings jsonschema, which at import builds a grammar of international addresses where this package is there:
# 1.3 seconds in every process, for a format that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
