"""What turns CPU seconds into energy.

In: the environment.   Out: watts of a busy core.
"""

import math
import os

# Cloud Carbon Footprint, methodology, "Compute": the mean over AWS processors under full load is 3.5 W per vCPU, and
# 0.74 W idle; Google Cloud 4.11 and 0.68, Azure 3.54 and 0.74. A core of one's own is worth measuring and setting.
BUSY_WATTS_PER_CORE = 3.5
WATTS_VARIABLE = "WORKBENCH_WATTS_PER_CORE"


def watts_per_core() -> float | None:
    """Return the watts of one busy core, which `WORKBENCH_WATTS_PER_CORE` may set; None where it is set to nonsense.

    >>> watts_per_core()
    3.5
    """
    try:
        watts = float(os.environ.get(WATTS_VARIABLE, BUSY_WATTS_PER_CORE))
    except ValueError:
        return None
    return watts if math.isfinite(watts) and watts > 0 else None
