"""What a score, a training and the start of a job take, as a replay of policies needs to know.

In: a comparison of models, a meter.   Out: joules by name.
"""

import subprocess
import sys

from workbench.emissions.compare import Comparison
from workbench.emissions.measure import Meter, measure
from workbench.emissions.watts import this_processor

# A job of its own loads Python, the data layer and the models' libraries before it scores anybody.
_JOB = "from workbench import crm, churn"


def costs_of_scoring(compared: Comparison | None, *, meter: Meter) -> dict[str, float]:
    """Return joules_per_score and joules_per_training of the chosen model, joules_per_start and idle_watts of a core.

    A start is measured by starting a process that loads what scoring needs. Empty where no model was chosen, or the
    processor's watts are not known.
    """
    processor = this_processor()
    if compared is None or compared.chosen is None or processor is None:
        return {}
    row = compared.table.loc[compared.table["chosen"]].iloc[0]
    _, start = measure("trial, start of a job", _start, meter=meter, window_seconds=0.1)
    return {
        "joules_per_score": float(row["joules_per_1000"]) / 1000,
        "joules_per_training": float(row["training_joules"]),
        "joules_per_start": start.joules or 0.0,
        "idle_watts": processor.idle_watts,
    }


def _start() -> None:
    subprocess.run([sys.executable, "-c", _JOB], check=True, capture_output=True)
