"""What all runs took, added up by market, notebook and step: for the screen, and for a sustainability report.

In: a folder of reports with the ledgers of its markets.   Out: `Footprints`; rows for a terminal; CSV.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.emissions import factors, parts
from workbench.emissions.accounts import account
from workbench.errors import InputError, did_you_mean
from workbench.ledger import UNCHANGED, read, sum_up
from workbench.report import words
from workbench.words import counted

Level = Literal["market", "notebook", "step"]

_LEDGER = "footprint.csv"
_LEVELS: tuple[Level, ...] = ("market", "notebook", "step")
_COLUMNS = ["", "runs", "time", "energy", "carbon", "repeated", "failed"]
_BEYOND = {"repeated": [parts.REPEATED], "failed": [parts.FAILED, parts.KILLED, parts.OPEN]}
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, eq=False, kw_only=True)
class Footprints:
    """Runs of several markets: `parts`, which add up, each with its market; what must be said beside sums of them."""

    parts: pd.DataFrame
    notes: tuple[str, ...]


def gather(reports: Path) -> Footprints:
    """Read every ledger below a folder of reports; a market in a folder of its own is named with it.

    An InputError says that there is none, or which cannot be read.
    """
    if not reports.is_dir():
        near = [path.name for path in reports.parent.glob("*/")] if reports.parent.is_dir() else []
        raise InputError(f"--reports {reports}: no such folder{did_you_mean(reports.name, near)}")
    ledgers = {_market(path, reports): read(path) for path in sorted(reports.rglob(_LEDGER))}
    if not ledgers:
        raise InputError(f"--reports {reports}: no ledger below ({_LEDGER}); workbench run leaves one for each market")
    split = {market: parts.split(ledger) for market, ledger in ledgers.items()}
    whole = _of_markets(split)
    return Footprints(parts=whole, notes=(*_notes(ledgers, whole), *map(plain, parts.noted(whole))))


def table(found: Footprints, *, by: Level) -> pd.DataFrame:
    """Return one row for everything, each market, its notebooks and their steps, as deep as `by`, as people read them.

    `repeated` is the share of the energy that runs took which a later success replaced, `failed` that of runs that
    failed, were killed or have not ended.
    """
    levels = _LEVELS[: _LEVELS.index(by) + 1]
    placed = found.parts.assign(everything="everything", place=np.arange(len(found.parts)))
    for depth, level in enumerate(levels, start=1):
        placed[f"place_{level}"] = placed.groupby(list(levels[:depth]))["place"].transform("min")
    rows = pd.concat([_sums(placed, list(levels[:depth])) for depth in range(len(levels) + 1)])
    ordered = rows.sort_values([f"place_{level}" for level in levels], kind="stable", na_position="first")
    return pd.DataFrame([_as_read(row) for row in ordered.to_dict("records")], columns=_COLUMNS)


def lines(found: Footprints, *, by: Level) -> Iterator[str]:
    """Write the table one line a row, as wide as it takes: a row that a narrow terminal breaks can still be read."""
    rows = table(found, by=by)
    cells = [rows.columns.tolist(), *rows.to_numpy(str).tolist()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield plain("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def as_csv(found: Footprints) -> str:
    """Write one row a market, notebook, step, status and set of factors; texts that a spreadsheet would obey do not."""
    markets = {str(market): own for market, own in found.parts.groupby("market", sort=False)} or {"": found.parts}
    rows = _of_markets({market: factors.rows(own) for market, own in markets.items()})
    texts = [str(name) for name in rows if pd.api.types.is_string_dtype(rows[name])]
    safe = rows.assign(**{name: [_harmless(text) for text in rows[name]] for name in texts})
    written: str = safe.to_csv(index=False, lineterminator="\n", float_format="%.9g")
    return written.rstrip("\n")


def _market(ledger: Path, reports: Path) -> str:
    return ledger.parent.relative_to(reports).as_posix() if ledger.parent != reports else reports.resolve().name


def _of_markets(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    named = [frame.assign(market=pd.Series(market, index=frame.index, dtype="str")) for market, frame in frames.items()]
    whole = pd.concat([frame for frame in named if len(frame)] or named[:1], ignore_index=True)
    return whole[["market", *whole.columns.drop("market")]]


def _sums(placed: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """Sum the parts by levels, with the energy of repeated and of failed runs beside."""
    by = ["everything", *levels, *(f"place_{level}" for level in levels)]
    found = parts.sums(placed, by)
    for name, status in _BEYOND.items():
        some = parts.sums(placed[placed["status"].isin(status)], by)[[*by, "kwh"]]
        found = found.merge(some.rename(columns={"kwh": name}), on=by, how="left")
    return found.assign(depth=len(levels), name=found[["everything", *levels][-1]])


def _as_read(row: Mapping[Any, Any]) -> dict[str, str]:
    return {
        "": "  " * max(row["depth"] - 1, 0) + plain(row["name"]),
        "runs": f"{row['runs']:,}",
        "time": words.duration(row["seconds"]) if row["seconds"] == row["seconds"] else "not measured",
        "energy": _energy(row),
        "carbon": words.carbon(row["gco2e"] if row["gco2e"] == row["gco2e"] else None),
        **{name: f"{row[name] / row['kwh']:.0%}" if row[name] > 0 else "–" for name in _BEYOND},
    }


def _energy(row: Mapping[Any, Any]) -> str:
    sign = -1 if row["kwh"] < 0 else 1
    wh, low, high = (sign * 1000 * row[name] for name in ("kwh", "low", "high"))
    if wh != wh:
        return "not measured"
    return f"{'-' * (sign < 0)}{words.energy_amount(wh)} ({words.energy_ends(wh, low=low, high=high)})"


def _notes(ledgers: Mapping[str, pd.DataFrame], whole: pd.DataFrame) -> Iterator[str]:
    methods = " and ".join(sorted({*whole["method"]} - {""})) or "not measured"
    yield f"Energy is {methods}, with the ends of two meters; {factors.BOUNDARY}."
    skipped = sum(ledger.attrs["skipped"] for ledger in ledgers.values())
    if skipped:
        yield f"Left out, torn or foreign: {counted(skipped, 'line')}; what they took is not here."
    if lacking := sum_up(whole).not_measured:
        yield f"Not measured in full: {counted(lacking, 'step')}; the sums are too low by these."
    spared = sum(int((ledger["outcome"] == UNCHANGED).sum()) for ledger in ledgers.values())
    if spared:
        saved = pd.concat([account(ledger, interactions=None).saved for ledger in ledgers.values()])
        energy = _energy(saved[["kwh", "low", "high"]].astype(float).sum(min_count=1).to_dict())
        yield f"Saved, as nothing had changed: {counted(spared, 'run')} that would have taken {energy}."


def plain(text: str) -> str:
    r"""Return a text on one line, without what a terminal would obey.

    >>> plain("score\n\x1b[31m")
    'score  [31m'
    """
    return "".join(character if character.isprintable() else " " for character in text)


def _harmless(text: str) -> str:
    """Return a cell that a spreadsheet shows as it stands, on one line.

    >>> _harmless("=HYPERLINK(1)"), _harmless("score")
    ("'=HYPERLINK(1)", 'score')
    """
    shown = plain(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
