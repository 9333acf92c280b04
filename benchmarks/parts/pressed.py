"""The whole of contact pressure on one CRM, in a process of its own, so that its time and memory are its own.

In: `python benchmarks/parts/pressed.py FOLDER`.   Out: one JSON object: what was found, and what it took.
"""

import json
import resource
import sys
import time
from pathlib import Path

from workbench import crm
from workbench.governance.pressure import assess_pressure


def main() -> None:
    """Assess the folder's touches by the caps that a market has by default."""
    tables = crm.open(Path(sys.argv[1])).tables
    caps = {"1 day": 1, "7 days": 3, "30 days": 8}
    started, worked = time.perf_counter(), time.process_time()
    found = assess_pressure(tables, timezone="Europe/Berlin", caps=caps, quiet_from=21, quiet_until=8)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
    said = {
        "touches": found.touches,
        "persons": found.persons,
        "findings": [
            {"code": one.code, "verdict": one.verdict, "rows": one.rows, "looked_at": one.looked_at}
            for one in found.findings
        ],
        "caps": found.caps.to_dict("records"),
        "effect": found.effect if isinstance(found.effect, str) else found.effect.to_dict("records"),
        "note": found.note,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }
    print(json.dumps(said, default=str))


if __name__ == "__main__":
    main()
