"""The figures by which a market's energy is judged.

In: comparisons, a replay, accounts, SCI by unit.   Out: a tidy frame, one row a figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.emissions.accounts import Accounts
from workbench.emissions.compare import Comparison, total_saving
from workbench.emissions.replay import Replay
from workbench.emissions.sci import Sci


def headline(
    compared: Iterable[Comparison], replayed: Replay, accounts: Accounts, units: Mapping[str, Sci]
) -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that an emissions report leaves behind.

    What was not measured has no value, and a note that says why.
    """
    comparisons = list(compared)
    value, low, high, note = total_saving(comparisons)
    rows = [_row("energy_saving", value, low=low, high=high, unit="share", note=f"{note}; {_method(comparisons)}")]
    rows += [_row(f"{one.task.name}_saving", *one.saving_share, unit="share", note=one.reason) for one in comparisons]
    rows += [*_of_replay(replayed), _of_interactions(accounts)]
    spent = accounts.latest
    watt_hours = [None if end is None else 1000 * end for end in (spent.kwh, spent.low, spent.high)]
    rows.append(_row("energy_of_reports", *watt_hours, unit="Wh", note=f"{accounts.method}; the latest runs"))
    for title, one in units.items():
        if title == "1 report":
            said = "; ".join(filter(None, ["SCI", one.note]))
            rows.append(_row("carbon_of_a_report", one.value, one.low, one.high, unit="gCO2e", note=said))
    # As objects from the start: a frame of missing values and counts would turn 40 into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def _method(comparisons: Sequence[Comparison]) -> str:
    known = {method for one in comparisons if one.chosen for method in one.table["method"]}
    return " and ".join(sorted(known)) or "not measured"


def _of_replay(replayed: Replay) -> list[dict[str, Any]]:
    if replayed.chosen is None:
        return [_row("scoring_saving", None, unit="share", note=replayed.reason)]
    row = replayed.table.set_index("policy").loc[replayed.chosen]
    ends = ("", "_low", "_high")
    saving, loss = ([row[f"{name}_share{end}"] for end in ends] for name in ("scoring_saving", "loss"))
    against = f"{replayed.chosen}, against scoring everyone daily"
    whole = f"{against}: scores, checks, starts of jobs, training and idle cores"
    return [
        _row("scoring_saving", *saving, unit="share", note=f"{against}: scores and checks alone"),
        _row("scoring_saving_with_starts", row["total_saving_share"], unit="share", note=whole),
        _row("retained_value_lost", *loss, unit="share", note=against),
    ]


def _of_interactions(accounts: Accounts) -> dict[str, Any]:
    found = accounts.interactions
    note = found.why or f"{accounts.method}; scoring over messages and touches of the period"
    ends = [None if end is None else 1000 * end for end in (found.joules, found.low, found.high)]
    return _row("energy_per_interaction", *ends, unit="mJ", note=note)


def _row(name: str, value: Any, low: Any = None, high: Any = None, *, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "low": low, "high": high, "unit": unit, "note": note}
