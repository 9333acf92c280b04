"""The audit beside the truth: planted breaches, personal data in texts beside Presidio, and twenty million touches.

In: `python benchmarks/governance.py [--only SECTION]… [--texts FILE] [--online-retail FILE] [--touches N]`, public data
sets that lie in `../shared/data` or where the arguments say.   Out: one JSON object; tables for people.

Planted breaches are found in five samples of other seeds, of which `planted.json` names every row. The scale section
writes a CRM of its own, and audits it in a process of its own, by the command that a user would type.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from parts import texts as labelled
from parts.large import write_large
from parts.tables import finish, show, target

from workbench import crm, governance, market
from workbench.crm import sample

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
SEEDS = (11, 12, 13, 14, 15)
CUSTOMERS = 600
TODAYS_LAW = date(2026, 7, 1)


def main() -> None:
    """Run the sections and print what was found."""
    options = read_arguments()
    sections: dict[str, Callable[[], dict[str, Any]]] = {
        "planted": planted,
        "texts": lambda: texts(options.texts),
        "scale": lambda: scale(options.touches),
        "online_retail": lambda: online_retail(options.online_retail),
    }
    found = {name: sections[name]() for name in options.only or sections}
    finish(found)


def read_arguments() -> argparse.Namespace:
    """Read where the data is and which sections to run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    place = arguments.add_argument
    place("--only", action="append", choices=["planted", "texts", "scale", "online_retail"])
    place("--texts", type=Path, default=DATA / "pii" / "synth_dataset_v2.parquet")
    place("--online-retail", type=Path, default=DATA / "online_retail_ii" / "online_retail_ii.parquet")
    place("--touches", type=int, default=20_000_000, help="how many touches to audit; customers are a twentieth")
    return arguments.parse_args()


def planted() -> dict[str, Any]:
    """Compare accused with planted rows, by regime and code, over five samples."""
    counts = pd.concat([compare(seed) for seed in SEEDS], ignore_index=True)
    table = counts.groupby(["regime", "code"], as_index=False)[["planted", "found", "accused"]].sum()
    table = table.assign(recall=table["found"] / table["planted"], precision=table["found"] / table["accused"])
    show(f"Planted breaches, {len(SEEDS)} samples of {CUSTOMERS} customers a market", table)
    sums = table[["planted", "found", "accused"]].sum()
    return {
        "by_code": table.to_dict("records"),
        "targets": [
            target("Planted breaches: recall, every regime and code", float(table["recall"].min()), at_least=1.0),
            target("Planted breaches: precision, every regime and code", float(table["precision"].min()), at_least=1.0),
            target("Planted breaches: rows", int(sums["planted"])),
        ],
    }


def compare(seed: int) -> pd.DataFrame:
    """Return planted, found and accused rows of one sample, by regime and code."""
    with tempfile.TemporaryDirectory() as name:
        folder = sample.write(Path(name) / "crm", customers=CUSTOMERS, seed=seed)
        everyone = crm.open(folder)
        known = json.loads((folder / "planted.json").read_text(encoding="utf-8"))
        markets = [one for one in market.read_folder(ROOT / "params") if one.data == "sample"]
        return pd.concat([_compare(one, everyone, known) for one in markets], ignore_index=True)


def _compare(one: market.Market, everyone: crm.Crm, known: list[dict[str, Any]]) -> pd.DataFrame:
    held = everyone.cut(one.countries)
    where: dict[str, Any] = {"countries": one.countries, "timezone": one.timezone, "everyone": everyone.tables}
    audit = governance.audit(held.tables, regime=one.regime, as_of=one.as_of, **where)
    mine = [entry for entry in known if entry["market"] in (one.market, None)]
    rows = {entry["code"]: {_key(row) for row in entry["rows"]} for entry in mine}
    accused = {
        f.code: {_key(row) for row in f.accused.to_dict("records")} for f in audit.findings if f.accused is not None
    }
    codes = sorted({*rows, *accused})
    counts = [(code, rows.get(code, set()), accused.get(code, set())) for code in codes]
    lines = [(one.regime, code, len(there), len(there & said), len(said)) for code, there, said in counts]
    return pd.DataFrame(lines, columns=["regime", "code", "planted", "found", "accused"])


def _key(row: dict[Any, Any]) -> tuple[str, ...]:
    """Name a row by its keys, as both sides write them; what else they tell of it is left out."""
    told = {"kind", "days_overdue", "duplicate_of"}
    names = ["touch_id", "message_id", "request_id", "lead_id"]
    row = {name: row[name] for name in names if name in row} or row
    return tuple(str(value) for name, value in sorted(row.items()) if name not in told)


def texts(file: Path) -> dict[str, Any]:
    """Judge what is found in labelled texts, and how fast, beside Presidio in the same run."""
    table, links, speed = labelled.accuracy(file), labelled.plain_links(file), labelled.speed()
    show("Personal data in labelled texts, by kind", table)
    show("Links", pd.DataFrame([links]))
    show("Speed", pd.DataFrame([speed]))
    checked = table[table["kind"].isin(["card", "iban"])]
    others = table[~table["kind"].isin(["card", "iban"])]
    return {
        "by_kind": table.to_dict("records"),
        "links": links,
        "speed": speed,
        "targets": [
            target(f"Texts: {figure}, {name}", float(rows[figure].min()), at_least=least)
            for name, rows, least in (("with a check digit", checked, 0.95), ("the others", others, 0.90))
            for figure in ("precision", "recall")
        ]
        + [target("Texts: seconds for 100,000 messages", speed["seconds"], at_most=20)],
    }


def scale(touches: int) -> dict[str, Any]:
    """Audit a CRM of so many touches by the command line, and read its time and memory."""
    with tempfile.TemporaryDirectory() as name:
        folder, page = Path(name) / "crm", Path(name) / "audit.json"
        write_large(folder, touches=touches)
        command = [sys.executable, "-m", "workbench", "audit", str(folder), "--regime", "gdpr", "--format", "json"]
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--to", str(page)], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 1:
            raise SystemExit("the audit of the large CRM did not come to its end")
        findings = json.loads(page.read_text(encoding="utf-8"))["findings"]
    show(f"{touches:,} touches", pd.DataFrame(findings)[["code", "verdict", "rows", "looked_at"]])
    gigabytes = used.ru_maxrss * 1024 / 1e9
    return {
        "seconds": seconds,
        "gigabytes": gigabytes,
        "targets": [
            target(f"Scale: seconds for {touches:,} touches", seconds, at_most=60),
            target("Scale: peak memory, GB", gigabytes, at_most=6),
        ],
    }


def online_retail(file: Path) -> dict[str, Any]:
    """Audit real orders that came without consents, requests or a register: nothing may be met without evidence."""
    with tempfile.TemporaryDirectory() as name:
        crm.import_source("online_retail", [file], folder=Path(name) / "crm")
        audit = governance.audit(crm.open(Path(name) / "crm").tables, regime="uk_gdpr", as_of=TODAYS_LAW)
        found = audit.table
    show("Online Retail II under the UK GDPR", found[["code", "verdict", "rows", "looked_at", "note"]])
    without = {"consents", "touches", "requests", "decisions", "fields", "transfers", "assessments", "messages"}
    met = found[(found["verdict"] == "met") & found["table"].isin(without)]
    return {
        "verdicts": Counter(found["verdict"]),
        "targets": [target("Online Retail II: checks met without evidence", len(met), at_most=0)],
    }


if __name__ == "__main__":
    main()
