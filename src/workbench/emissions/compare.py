"""Was the bigger model worth it? Quality beside energy for every contender at a task, and the choice that follows.

In: a `Task`, a meter.   Out: a `Comparison`; what the choices of several tasks save together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.contest import Task
from workbench.emissions.measure import Measured, Meter, ratio
from workbench.emissions.trials import Trial, best_of, lost_or_gained, try_all
from workbench.errors import InputError, did_you_mean
from workbench.intervals import FEWEST, Z
from workbench.words import counted, number, ranged

# What two estimates on one machine can be taken to tell apart: an assumption, about what repeated runs differ by.
_SAME_COST = 1.25
# A training is done once in a cycle, scoring every day: how exactly it is measured matters as much less.
_LESS_OFTEN = 3
_Interval = tuple[float, float, float]
_NOTHING: _Interval = (np.nan,) * 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Contenders at a task, the simplest first; `chosen` and `baseline` are None where nothing could be compared.

    `table`: model, title, quality with low and high, behind (the best) with behind_low and behind_high (paired),
    joules_per_1000 of scoring, training_joules and cycle_joules (a training, and scoring the market until the next),
    each with _low, _high and _codecarbon, the other meter's; pareto (nothing is better and cheaper), in_question,
    meets_target, chosen, baseline, method, note (what the meters say). `saving_share` of a cycle's energy against the
    baseline and `loss`, the quality that it costs, are value, low and high. Intervals are 95 %.
    """

    task: Task
    table: pd.DataFrame
    chosen: str | None
    baseline: str | None
    saving_share: _Interval
    loss: _Interval
    reason: str
    note: str


def compare(task: Task, *, meter: Meter, baseline: str = "", window_seconds: float = 0.2) -> Comparison:
    """Train and score every contender below the meter, and choose the cheapest that is as good as the task asks.

    Those come into question that lie behind the best by no more than the task's tolerance, or one standard error of the
    paired difference; of these the ones that meet the target, where any does. Energy is that of a cycle; what differs
    by less than a quarter counts as equally dear, and the better is taken. The baseline is the named contender; else
    the task's largest where it took part, or the dearest. One that fails is left out and named; where it is the named
    baseline, nothing is compared. An InputError says that no contender is called like the baseline.
    """
    names = [one.name for one in task.contenders]
    if baseline and names and baseline not in names:
        hint = did_you_mean(baseline, names)
        raise InputError(f"baselines: {task.name} has no '{baseline}'{hint}; there is: {', '.join(names)}")
    seconds = {"training_seconds": window_seconds / _LESS_OFTEN, "scoring_seconds": window_seconds}
    trials, left_out = try_all(task.contenders, of=task.name, meter=meter, **seconds)
    note = "; ".join(filter(None, [task.note, *left_out]))
    places = {trial.contender.name: place for place, trial in enumerate(trials)}
    if why := _incomparable(task, trials, baseline):
        # What a task says of having no contenders says it all; of others it is said beside.
        said = [note] if note and not names else [why, note]
        return _not_compared(task, "; ".join(filter(None, said)))
    table = _table(task, trials)
    dearest = int(table["cycle_joules"].argmax())
    table["baseline"] = table.index == places.get(baseline or task.largest, dearest)
    chosen, against = trials[int(table["chosen"].argmax())], trials[int(table["baseline"].argmax())]
    saving = _saving(_cycle(task, chosen), _cycle(task, against))
    value, error = chosen.behind(against)
    loss = (value, value - Z * error, value + Z * error)
    return Comparison(
        task=task,
        table=table,
        chosen=chosen.contender.name,
        baseline=against.contender.name,
        saving_share=saving,
        loss=loss,
        reason=_reason(task, table, chosen, against, saving, loss),
        note=note,
    )


def compare_all(tasks: Iterable[Task], *, meter: Meter, baselines: Iterable[str] = ()) -> dict[str, Comparison]:
    """Return the comparison of every task by its name; `baselines` are written task:model, such as churn:trees.

    InputError: a baseline that is not written so, or of no task.

    >>> compare_all([], meter=None, baselines=["churn:trees"])
    Traceback (most recent call last):
    workbench.errors.InputError: baselines: 'churn:trees' is of no task that is compared; there is: none
    """
    known = {task.name: task for task in tasks}
    named = dict(one.partition(":")[::2] for one in baselines)
    for name, model in named.items():
        if name not in known or not model:
            there = ", ".join(known) or "none"
            hint = did_you_mean(name, known)
            raise InputError(f"baselines: '{name}:{model}' is of no task that is compared{hint}; there is: {there}")
    return {name: compare(task, meter=meter, baseline=named.get(name, "")) for name, task in known.items()}


def total_saving(comparisons: Sequence[Comparison]) -> tuple[float, float, float, str]:
    """Return the share of energy that the chosen models of all tasks together save, low, high, and what it rests on.

    Savings are weighed by what each baseline takes in a cycle; so are their ends, as if all erred alike. NaN and the
    reason where nothing was compared.

    >>> total_saving([])[3]
    'no models were compared'
    """
    known = [one for one in comparisons if one.chosen is not None]
    left = [f"{one.task.name} is not in it: {one.note}" for one in comparisons if one.chosen is None]
    if not known:
        return (*_NOTHING, "; ".join(["no models were compared", *left]))
    weights = np.array([one.table.loc[one.table["baseline"], "cycle_joules"].iloc[0] for one in known])
    value, low, high = (float(end) for end in weights @ np.array([one.saving_share for one in known]) / weights.sum())
    against = ", ".join(f"{one.task.name}: {one.chosen} against {one.baseline}" for one in known)
    return (
        value,
        low,
        high,
        "; ".join([f"training, and scoring until the next; {against}", *left]),
    )


def _incomparable(task: Task, trials: list[Trial], baseline: str) -> str:
    """Say why nothing can be told of these trials; an empty text where something can."""
    if len(trials) < 2:
        return f"not enough to compare: {counted(len(trials), 'model')}"
    if task.judged < FEWEST:
        return f"not enough data: {task.judged} {task.unit} to judge by, {FEWEST} needed"
    if any(_cycle(task, trial).joules is None for trial in trials):
        return "not measured: neither the processor's seconds nor its watts are known"
    if baseline and baseline not in [trial.contender.name for trial in trials]:
        return f"the baseline {baseline} took no part"
    return ""


def _cycle(task: Task, trial: Trial) -> Measured:
    return trial.cycle(task.scorings * task.volume / task.judged)


def _table(task: Task, trials: list[Trial]) -> pd.DataFrame:
    """Return a row for each contender, and who is chosen."""
    best = best_of(trials)
    table = pd.DataFrame([_row(task, trial, best) for trial in trials])
    quality, cycle = table["quality"].to_numpy(float), table["cycle_joules"].to_numpy(float)
    errors = (table["behind_high"] - table["behind"]).to_numpy(float) / Z
    question = table["behind"].to_numpy(float) <= np.maximum(task.tolerance, errors)
    meets = np.full(len(table), True) if task.target is None else quality >= task.target
    able = question & meets if (question & meets).any() else question
    equal = np.flatnonzero(able & (cycle <= _SAME_COST * cycle[able].min()))
    return table.assign(
        pareto=[_is_front(place, quality, cycle) for place in range(len(table))],
        in_question=question,
        meets_target=meets if task.target is not None else pd.Series(pd.NA, index=table.index, dtype="boolean"),
        chosen=table.index == equal[int(np.argmax(quality[equal]))],
    )


def _row(task: Task, trial: Trial, best: Trial) -> dict[str, object]:
    value, low, high = trial.quality
    behind, error = trial.behind(best)
    energies = {
        "joules_per_1000": (trial.scoring, 1000 / task.judged),
        "training_joules": (trial.training, 1.0),
        "cycle_joules": (_cycle(task, trial), 1.0),
    }
    row: dict[str, object] = {"model": trial.contender.name, "title": trial.contender.title}
    row |= {"quality": value, "low": low, "high": high, "behind": behind}
    row |= {"behind_low": behind - Z * error, "behind_high": behind + Z * error}
    for name, (seen, scale) in energies.items():
        ends = {"": seen.joules, "_low": seen.low, "_high": seen.high, "_codecarbon": seen.joules_codecarbon}
        row |= {f"{name}{end}": np.nan if joules is None else joules * scale for end, joules in ends.items()}
    return row | {"method": trial.scoring.method, "note": _cycle(task, trial).note}


def _is_front(place: int, quality: np.ndarray, cycle: np.ndarray) -> bool:
    no_worse = (quality >= quality[place]) & (cycle <= cycle[place])
    return not (no_worse & ((quality > quality[place]) | (cycle < cycle[place]))).any()


def _saving(chosen: Measured, baseline: Measured) -> _Interval:
    """Return 1 - the ratio of energies; nothing saved is nought, and not what two runs of the same model differ by."""
    if chosen.joules == baseline.joules:
        return 0.0, 0.0, 0.0
    value, low, high = ratio(chosen, baseline)
    return 1 - value, 1 - high, 1 - low


def _reason(task: Task, table: pd.DataFrame, chosen: Trial, baseline: Trial, saving: _Interval, loss: _Interval) -> str:
    named, other = chosen.contender.title, baseline.contender.title
    reached = f"{task.metric} {ranged(*chosen.quality)}"
    if chosen is baseline:
        return f"{named} is kept ({reached}): none that is as good takes less energy."
    missed = ""
    if task.target is not None:
        met = "meets" if chosen.quality[0] >= task.target else "does not meet"
        missed = f" It {met} the target of {task.target:g}."
    able = int(table["in_question"].sum())
    asked = "the only one that lies" if able == 1 else f"the cheapest of {able} that lie"
    return (
        f"{named} ({reached}) is {asked} close enough to the best. Against {other} it {_energy_of(saving)} of training "
        f"and scoring, and {lost_or_gained(loss)} {task.metric}.{missed}"
    )


def _energy_of(saving: _Interval) -> str:
    value, low, high = saving
    if value < 0:
        return f"takes {number(1 - value)} times ({number(1 - high)} to {number(1 - low)}) the energy"
    return f"saves {ranged(*saving, form='.1%')} of the energy"


def _not_compared(task: Task, note: str) -> Comparison:
    return Comparison(
        task=task,
        table=pd.DataFrame(),
        chosen=None,
        baseline=None,
        saving_share=_NOTHING,
        loss=_NOTHING,
        reason=f"{task.name}: models were not compared: {note}.",
        note=note,
    )
