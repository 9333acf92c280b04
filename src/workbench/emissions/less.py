"""How little would do to learn from? Quality and energy of training with ever more examples, or months.

In: contenders that differ in what they learn from, a meter.   Out: `Less`: a curve, its point of diminishing returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.contest import Contender
from workbench.emissions.measure import Meter, ratio
from workbench.emissions.trials import best_of, lost_or_gained, try_all
from workbench.intervals import Z, smallest_within
from workbench.words import counted, ranged

_Interval = tuple[float, float, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class Less:
    """The curve of less data; `size` is the smallest within one standard error of the best, None: not enough data.

    `curve`: size, quality with low and high, behind (the best) and behind_error (paired), joules of one training with
    joules_low and joules_high, chosen. `saving_share` of a training's energy against that on all, with low and high;
    `loss` of quality against all, with low and high.
    """

    of: str
    metric: str
    unit: str
    curve: pd.DataFrame
    size: int | None
    saving_share: _Interval
    loss: _Interval
    sentence: str


def less(
    contenders: Sequence[Contender], *, of: str, metric: str, unit: str, meter: Meter, window_seconds: float = 0.05
) -> Less:
    """Train on less and on all below the meter, judge on the same units, and name the point of diminishing returns.

    `contenders` are named by their sizes, the largest last; `of` is the task, `unit` what sizes count ("months"). One
    that fails is left out and named; without the largest there is nothing to save against, and no curve.
    """
    seconds = {"training_seconds": window_seconds, "scoring_seconds": 0.0}
    trials, left_out = try_all(contenders, of=f"{of}, {unit}", meter=meter, **seconds)
    few = f"not enough data: {counted(len(trials), 'size')} to compare" if len(trials) < 2 else ""
    unmeasured = "not measured" if any(trial.training.joules is None for trial in trials) else ""
    lost = not trials or trials[-1].contender is not contenders[-1]
    if few or unmeasured or lost:
        why = "; ".join(filter(None, [*left_out, unmeasured])) or few
        return _no_curve(of, metric, unit, f"{of}, fewer {unit}: {why}.")
    best, whole = best_of(trials), trials[-1]
    rows = []
    for trial in trials:
        seen = trial.training
        behind = dict(zip(("behind", "behind_error"), trial.behind(best), strict=True))
        energy = {"joules": seen.joules, "joules_low": seen.low, "joules_high": seen.high}
        quality = dict(zip(("quality", "low", "high"), trial.quality, strict=True))
        rows.append({"size": int(trial.contender.name), **quality, **behind, **energy})
    curve = pd.DataFrame(rows)
    place = smallest_within(curve["quality"].to_numpy(float), curve["behind_error"].to_numpy(float))
    value, low, high = ratio(trials[place].training, whole.training)
    saving = (1 - value, 1 - high, 1 - low) if place < len(trials) - 1 else (0.0, 0.0, 0.0)
    behind_whole, error = trials[place].behind(whole)
    loss = (behind_whole, behind_whole - Z * error, behind_whole + Z * error)
    return Less(
        of=of,
        metric=metric,
        unit=unit,
        curve=curve.assign(chosen=curve.index == place),
        size=int(curve["size"].iloc[place]),
        saving_share=saving,
        loss=loss,
        sentence=" ".join([_sentence(curve, place, of, metric, unit, saving, loss), *(f"{one}." for one in left_out)]),
    )


def _sentence(
    curve: pd.DataFrame,
    place: int,
    of: str,
    metric: str,
    unit: str,
    saving: _Interval,
    loss: _Interval,
) -> str:
    size, everything = int(curve["size"].iloc[place]), int(curve["size"].iloc[-1])
    if place == len(curve) - 1:
        return f"{of}: all {everything:,} {unit} are needed; fewer lie more than one standard error behind."
    if not saving[1] > 0:
        return (
            f"{of}: {size:,} of {everything:,} {unit} would do, but fewer save no energy that these meters surely see."
        )
    return (
        f"{of}: beyond {size:,} of {everything:,} {unit} the {metric} gains no more than one standard error. Learning "
        f"from these saves {ranged(*saving, form='.0%')} of a training's energy and {lost_or_gained(loss)}."
    )


def _no_curve(of: str, metric: str, unit: str, sentence: str) -> Less:
    nothing: _Interval = (np.nan,) * 3
    return Less(
        of=of,
        metric=metric,
        unit=unit,
        curve=pd.DataFrame(),
        size=None,
        saving_share=nothing,
        loss=nothing,
        sentence=sentence,
    )
