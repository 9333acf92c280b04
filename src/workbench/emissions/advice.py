"""What follows from all comparisons: do this, it saves that, it costs so much.

In: the results of the other modules.   Out: a frame, one row a decision; what was not measured, in sentences.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.emissions.compare import Comparison
from workbench.emissions.hours import Hours
from workbench.emissions.less import Less
from workbench.emissions.places import Places
from workbench.emissions.replay import Replay
from workbench.emissions.retraining import Retraining
from workbench.words import ranged

Result = Comparison | Replay | Retraining | Less | Places | Hours | None
_COLUMNS = ("decision", "do_this", "saves", "of", "costs", "saves_share")


def advise(results: Sequence[Result]) -> pd.DataFrame:
    """Return decision, do_this, saves (value and interval in words), of (what), costs and saves_share, most first.

    Results that could not be had have no row: `unmeasured` names them. What saves nothing says that it is to be kept.

    >>> advise([]).empty
    True
    """
    rows = [row for result in results if (row := _row(result)) is not None]
    found = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"saves_share": float})
    return found.sort_values("saves_share", ascending=False, kind="stable", ignore_index=True)


def unmeasured(results: Iterable[Result]) -> list[str]:
    """Return the sentences that say why something could not be compared."""
    return [_why(result) for result in results if _row(result) is None]


def _row(result: Result) -> tuple[Any, ...] | None:
    match result:
        case Comparison():
            return _of_comparison(result)
        case Replay():
            return _of_replay(result)
        case Retraining():
            return _of_retraining(result)
        case Less():
            return _of_less(result)
        case Places():
            return _of_places(result)
        case Hours():
            return _of_hours(result)
        case None:
            return None


def _why(result: Result) -> str:
    match result:
        case Less():
            return result.sentence
        case None:
            return "Time of day: no file with hourly_profile is named."
        case _:
            return result.reason


def _of_comparison(result: Comparison) -> tuple[Any, ...] | None:
    if result.chosen is None:
        return None
    titles = result.table.set_index("model")["title"]
    do = f"use {titles[result.chosen]}, not {titles[str(result.baseline)]}"
    if result.chosen == result.baseline:
        do = f"keep {titles[result.chosen]}: none that is as good takes less"
    elif result.saving_share[1] <= 0:
        do = f"use {titles[result.chosen]} for its quality: it does not surely take less"
    costs = _costs(result.loss, result.task.metric)
    return _saving(f"model of {result.task.name}", do, result.saving_share, "training and scoring", costs)


def _of_replay(result: Replay) -> tuple[Any, ...] | None:
    if result.chosen is None:
        return None
    row = result.table.set_index("policy").loc[result.chosen]
    saving = tuple(row[["scoring_saving_share", "scoring_saving_share_low", "scoring_saving_share_high"]])
    costs = f"{ranged(*row[['loss_share', 'loss_share_low', 'loss_share_high']], form='.1%')} of the value held back"
    of = f"scores; {row['total_saving_share']:.0%} with job starts, training and idle cores"
    return _saving("when to score", f"score {result.chosen}, not everyone daily", saving, of, costs)


def _of_retraining(result: Retraining) -> tuple[Any, ...] | None:
    if result.chosen is None:
        return None
    row = result.table.set_index("policy").loc[result.chosen]
    saving = (row["saving_share"], np.nan, np.nan)
    if not saving[0] > 0:
        return _kept("when to train", f"go on training {result.chosen}: fewer trainings may lose more", "training")
    costs = _costs(row[["loss", "loss_low", "loss_high"]], "AUC")
    return _saving("when to train", f"train {result.chosen}", saving, "training", costs)


def _of_less(result: Less) -> tuple[Any, ...] | None:
    if result.size is None:
        return None
    everything = int(result.curve["size"].iloc[-1])
    decision = f"{result.unit} for {result.of}"
    if result.size == everything or not result.saving_share[1] > 0:
        return _kept(decision, f"go on learning from all {everything:,} {result.unit}", "a training")
    do = f"learn from {result.size:,} {result.unit}, not from {everything:,}"
    return _saving(decision, do, result.saving_share, "a training", _costs(result.loss, result.metric))


def _of_places(result: Places) -> tuple[Any, ...] | None:
    if result.table.empty:
        return None
    table = result.table
    allowed = table[table["may_be_used"].str.startswith("yes") & table["saving_share"].notna() & (table["city"] != "")]
    if allowed.empty:
        return None
    best = allowed.iloc[0]
    saving = tuple(best[["saving_share", "saving_share_low", "saving_share_high"]])
    if not saving[1] > 0:
        return _kept("where to run", f"stay in {result.present}: no region surely emits less", "carbon, not energy")
    do = f"run in {best['region']} ({best['city']}), not in {result.present}"
    return _saving("where to run", do, saving, "carbon, not energy", f"latency: {best['latency']}")


def _of_hours(result: Hours) -> tuple[Any, ...]:
    saving = (result.saving_share, np.nan, np.nan)
    return _saving("when of the day", f"start at {result.start}:00", saving, "carbon, not energy", "waiting")


def _costs(loss: Iterable[Any], metric: str) -> str:
    """Write a loss as what it is: a loss, or a gain, or what may be either."""
    value, low, high = map(float, loss)
    if high < 0:
        return f"gains {ranged(-value, -high, -low)} {metric}"
    lost = f"loses {ranged(value, low, high)} {metric}"
    return lost if low > 0 else f"{lost}, maybe nothing"


def _kept(decision: str, do: str, of: str) -> tuple[Any, ...]:
    return decision, do, "nothing that is sure", of, "nothing", 0.0


def _saving(decision: str, do: str, saving: Iterable[Any], of: str, costs: str) -> tuple[Any, ...]:
    value, low, high = map(float, saving)
    said = f"{value:.0%}" if low != low else ranged(value, low, high, form=".0%")
    return decision, do, said, of, costs, value
