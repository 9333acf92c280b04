"""Emissions: what did every step cost, in energy and in carbon?

In: a block of work, the country whose grid feeds it.   Out: a line of the ledger, read back as a tidy frame; a total.

Two meters stand side by side in each line and neither is a power meter: codecarbon's model of the process
(`kwh_codecarbon`) and CPU seconds times the watts of a busy core (`kwh_cpu`). Their span says how much is known.

    estimate   the first meter: codecarbon
    meter      the second meter, and `track`, which reads both
    watts      watts of a core
    grid       carbon of a kilowatt-hour
    ledger     lines in, frame and total out
"""

from workbench.emissions.ledger import Footprint, Total, read, steps, total
from workbench.emissions.meter import track

__all__ = ["Footprint", "Total", "read", "steps", "total", "track"]
