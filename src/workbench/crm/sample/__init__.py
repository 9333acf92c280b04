"""A CRM that never was: six markets whose truth is known, to try the workbench on and to hold models against.

In: how many customers, a seed.   Out: a folder with all tables of the contract, and beside them the truth behind
(`truth.parquet`), the breaches that were planted (`planted.json`) and how it was made (`sample.json`). Everything in it
is drawn by lot, nothing in it is about a real person; docs/sample.md says what is in it and what is known.
"""

import json
from pathlib import Path

import pandas as pd

from workbench.crm.sample.draw import draw_market
from workbench.crm.sample.files import MANIFEST, replaced_whole, table_files
from workbench.crm.sample.markets import read_markets
from workbench.crm.sample.tables import COLUMNS
from workbench.errors import InputError

__all__ = ["VERSION", "write"]

VERSION = "1"
"""Goes up whenever the same arguments give other data."""

_FEWEST = 50


def write(folder: Path, *, customers: int = 2000, seed: int = 0) -> Path:
    """Write the sample to a folder, whole or not at all, and return the folder.

    Each market has `customers` customers, Japan a twentieth of them. A sample that is there is replaced.
    InputError: fewer than 50 customers, a negative seed, a folder that holds anything but a sample.
    """
    if customers < _FEWEST or seed < 0:
        raise InputError(f"sample: customers={customers}, seed={seed}; at least {_FEWEST} customers, seed 0 or more")
    said = {"synthetic": True, "version": VERSION, "customers": customers, "seed": seed}
    with replaced_whole(folder) as new:
        truths = []
        with table_files(new, COLUMNS) as append:
            for market in read_markets():
                drawn = draw_market(market, customers=customers, seed=seed)
                for name, frame in drawn.tables.items():
                    append(name, frame)
                truths.append(drawn.truth)
        pd.concat(truths, ignore_index=True).to_parquet(new / "truth.parquet", index=False)
        (new / MANIFEST).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder
