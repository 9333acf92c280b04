"""How little data would do? The smallest size of a curve of quality that lies within one standard error of the best.

In: a curve: size, name, value, low, high, se.   Out: `Minimal`: the size, what could go, and a proposal in words.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import smallest_within

_NEEDED = ("size", "name", "value", "low", "high", "se")
Unit = Literal["fields", "months"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Minimal:
    """The smallest size within one standard error of the best; size and best are None where data is not enough.

    `curve` has size, name, value, low, high, se and chosen, one row of which is True. `could_go` are the fields beyond
    the chosen size, none of a curve of months. `sentence` is the proposal with its evidence, or says why there is none.
    """

    curve: pd.DataFrame
    size: int | None
    name: str
    best_size: int | None
    could_go: tuple[str, ...]
    sentence: str


def smallest_within_one_se(curve: pd.DataFrame, *, unit: Unit = "fields", measure: str = "AUC") -> Minimal:
    """Choose the smallest size whose value lies behind the highest by no more than its standard error.

    `se` is the standard error of each point's difference to the best, nought for the best itself; where differences
    are not paired, the best's own error in every row makes it the rule of Breiman et al. (1984). `name` is what a point
    adds to the one before it. Points without a value do not count; fewer than two are 'not enough data', with
    `attrs['note']` where the curve has one. An InputError names a missing column and a size that comes twice.

    >>> figures = {"value": [0.70, 0.79, 0.80], "low": [0.68, 0.77, 0.78], "high": [0.72, 0.81, 0.82]}
    >>> curve = pd.DataFrame({"size": [2, 4, 5], "name": ["a, b", "c, d", "e"], **figures, "se": [0.02, 0.012, 0.0]})
    >>> found = smallest_within_one_se(curve)
    >>> found.size, found.could_go
    (4, ('e',))
    >>> found.sentence.split(". ")[1]
    'For this forecast 1 could go: e.'
    """
    if missing := [name for name in _NEEDED if name not in curve]:
        raise InputError(f"curve: no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
    if curve["size"].duplicated().any():
        raise InputError(f"curve: size {curve.loc[curve['size'].duplicated(), 'size'].iloc[0]} comes twice")
    known = curve.dropna(subset=["value", "se"]).sort_values("size", ignore_index=True)
    shown = known[list(_NEEDED)]
    if len(known) < 2:
        said = str(curve.attrs.get("note", f"{len(known)} sizes to compare"))
        why = said if said.startswith("not enough data") else f"not enough data: {said}"
        nothing = shown.assign(chosen=False)
        return Minimal(curve=nothing, size=None, name="", best_size=None, could_go=(), sentence=f"{why}.")
    best = int(np.argmax(known["value"]))
    place = smallest_within(known["value"].to_numpy(float), known["se"].to_numpy(float))
    beyond = ", ".join(known["name"].iloc[place + 1 :]).split(", ") if place + 1 < len(known) else []
    could_go = tuple(beyond) if unit == "fields" else ()
    return Minimal(
        curve=shown.assign(chosen=np.arange(len(known)) == place),
        size=int(known["size"].iloc[place]),
        name=str(known["name"].iloc[place]),
        best_size=int(known["size"].iloc[best]),
        could_go=could_go,
        sentence=f"{_evidence(known, place, best, unit, measure)} {_proposal(known, place, unit, could_go)}",
    )


def _evidence(known: pd.DataFrame, place: int, best: int, unit: Unit, measure: str) -> str:
    chosen, highest = known.iloc[place], known.iloc[best]
    held = f"With {chosen['size']} of {known['size'].iloc[-1]} {unit}{' of history' if unit == 'months' else ''}"
    reached = f"{held} the {measure} is {chosen['value']:.3f} ({chosen['low']:.3f} to {chosen['high']:.3f})"
    if place < best:
        return f"{reached}, within one standard error of the best, {highest['value']:.3f} with {highest['size']}."
    if place == 0:
        return f"{reached}, the best."
    fewer = known.iloc[place - 1]
    return f"{reached}, the best; with {fewer['size']} it is {fewer['value']:.3f}, more than one standard error behind."


def _proposal(known: pd.DataFrame, place: int, unit: Unit, could_go: tuple[str, ...]) -> str:
    if place == len(known) - 1:
        return f"This forecast needs all {unit}."
    if unit == "months":
        return f"For this forecast what is older than {known['name'].iloc[place]} could go."
    return f"For this forecast {len(could_go)} could go: {', '.join(could_go)}."
