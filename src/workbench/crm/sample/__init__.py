"""A CRM that never was: six markets whose truth is known, to try the workbench on and to hold models against.

In: how many customers, a seed.   Out: a folder with all tables of the contract, and beside them the truth behind
(`truth.parquet`), the breaches that were planted (`planted.json`) and how it was made (`sample.json`). Everything in it
is drawn by lot, nothing in it is about a real person; docs/sample.md says what is in it and what is known.
"""

import json
from pathlib import Path

import pandas as pd

from workbench import outputs
from workbench.crm.sample import ledger, tables, truth
from workbench.crm.sample.draw import draw_market
from workbench.crm.sample.files import MANIFEST, refuse_foreign, table_files
from workbench.crm.sample.markets import END, START, read_data, read_markets
from workbench.crm.sample.schema import COLUMNS
from workbench.errors import InputError

__all__ = ["VERSION", "planted", "write"]

VERSION = "6"
"""Goes up whenever the same arguments give other data."""

_FEWEST = 50


def write(folder: Path, *, customers: int = 2000, seed: int = 0) -> Path:
    """Write the sample to a folder, whole or not at all, and return the folder.

    Each market has `customers` customers, Japan a twentieth of them but at least 40. A sample there is replaced.
    InputError: fewer than 50 customers, a negative seed, a folder that holds anything but a sample.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write(Path(place) / "sample", customers=50)
    ...     sorted(path.stem for path in folder.glob("truth*"))
    ['truth', 'truth_messages']
    """
    if customers < _FEWEST or seed < 0:
        raise InputError(f"sample: customers={customers}, seed={seed}; at least {_FEWEST} customers, seed 0 or more")
    refuse_foreign(folder)
    with outputs.replaced_whole(folder) as new:
        breaches = ledger.of_all_markets()
        with table_files(new, {**COLUMNS, **truth.COLUMNS}) as append:
            append("fields", tables.fields_table())
            append("assessments", tables.assessments_table())
            for market in read_markets():
                world = draw_market(market, customers=customers, seed=seed)
                shown = tables.show(world)
                for name, frame in {**shown, **truth.of(world)}.items():
                    append(name, frame)
                breaches += ledger.of_market(world, shown)
        _write_json(new / "planted.json", breaches)
        _write_json(new / MANIFEST, _manifest(customers=customers, seed=seed))
    return folder


def planted(folder: str | Path, code: str, *, market: str) -> pd.DataFrame | None:
    """Return the rows of a market that a kind of breach was planted in, by their keys; None where nothing was planted.

    >>> planted("no/sample", "customer_duplicated", market="germany") is None
    True
    """
    path = Path(folder) / "planted.json"
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    found = [entry["rows"] for entry in entries if (entry["code"], entry["market"]) == (code, market)]
    return pd.DataFrame(found[0]) if found else None


def _manifest(*, customers: int, seed: int) -> dict[str, object]:
    process = read_data("process.yaml")
    return {
        "synthetic": True,
        "note": "Drawn by lot: no person, order or message in it is real.",
        "version": VERSION,
        "customers": customers,
        "seed": seed,
        "first_day": f"{START:%Y-%m-%d}",
        "last_day": f"{END - pd.Timedelta(days=1):%Y-%m-%d}",
        "truth_cutoff": f"{truth.CUTOFF:%Y-%m-%d}",
        "gap": {"table": "decisions", "outcome": "offer", "attribute": "gender", "favoured": "male",
                "disadvantaged": "female", "size": process["decisions"]["gap"]},
        "pressure": {"days": process["touches"]["pressure_days"],
                     "log_odds_per_touch": process["touches"]["unsubscribe_log_odds_per_touch"]},
        "markets": read_data("markets.yaml"),
        "process": process,
    }  # fmt: skip


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
