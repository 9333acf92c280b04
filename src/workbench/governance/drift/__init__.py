"""Drift: what has changed since the run of this market before, and is it more than chance?

In: the tables of a CRM, records of models, an audit, the state that the run before left.   Out:

    take_state         what the next run has to know of this one: counts, figures, verdicts; nobody is in it
    compare_states     what has changed, in words and in tables: a `Drift`
    of_drift           what a page shows of it
"""

from workbench.governance.drift.compare import Drift
from workbench.governance.drift.compare import compare as compare_states
from workbench.governance.drift.exhibits import of_drift, plot_shifts
from workbench.governance.drift.state import take_state

__all__ = ["Drift", "compare_states", "of_drift", "plot_shifts", "take_state"]
