"""What we hold about customers: the data contract, reading it, checking it, and bringing known sources into it.

    open(location)       a checked CRM, cut to countries and days: lazy Ibis tables, pandas frames
    inspect(location)    what is there, what is missing, every fault
    fingerprint(…)       a hash of the content
    import_source(…)     a known source (SOURCES names them), or your own tables, into the contract
    availability(…)      whether the data is there
    sample.write(…)      a CRM that never was, with the truth beside it

In: 'sample', a folder of Parquet or CSV files, a DuckDB file, a database URL.   Out: `Crm`, `Inspection`.
"""

from workbench.crm import sample
from workbench.crm.checks import Fault
from workbench.crm.importing import SOURCES, import_source
from workbench.crm.opening import Crm, Inspection, inspect, open
from workbench.crm.places import availability, fingerprint

__all__ = [
    "SOURCES",
    "Crm",
    "Fault",
    "Inspection",
    "availability",
    "fingerprint",
    "import_source",
    "inspect",
    "open",
    "sample",
]
