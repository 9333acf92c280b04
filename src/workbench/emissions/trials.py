"""Contenders put to work: each is trained and scores below the meters, and is judged on the same units.

In: contenders, a meter.   Out: a `Trial` of each, and what was left out; paired errors of their quality.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from workbench.contest import Contender
from workbench.emissions.measure import Measured, Meter, add_up, measure
from workbench.errors import InputError
from workbench.intervals import Z
from workbench.words import ranged


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """What training once and scoring all judged units once took, and what each unit contributes to the metric."""

    contender: Contender
    contributions: np.ndarray
    training: Measured
    scoring: Measured

    @property
    def quality(self) -> tuple[float, float, float]:
        """The metric with its 95 % interval."""
        value = float(self.contributions.mean())
        margin = Z * float(self.contributions.std(ddof=1)) / math.sqrt(len(self.contributions))
        return value, value - margin, value + margin

    def cycle(self, scorings: float) -> Measured:
        """Return what one training and so many scorings of the judged units take."""
        return add_up([(self.training, 1.0), (self.scoring, scorings)])

    def behind(self, other: "Trial") -> tuple[float, float]:
        """Return by how much the metric lies behind another's on the same units, and the standard error of that."""
        difference = other.contributions - self.contributions
        return float(difference.mean()), float(difference.std(ddof=1)) / math.sqrt(len(difference))


def try_all(
    contenders: Iterable[Contender], *, of: str, meter: Meter, training_seconds: float, scoring_seconds: float
) -> tuple[list[Trial], list[str]]:
    """Try contenders one after the other; one that fails, however it does, is left out and named with its reason.

    Short work is repeated in windows of so many seconds; what takes ten of them by itself, or any of none, runs once.
    """
    trials, left_out = [], []
    for one in contenders:
        try:
            trials.append(_try(one, of, meter, training_seconds, scoring_seconds))
        except InputError as error:
            left_out.append(f"{one.name} was left out: {error}")
        except Exception as error:  # a library's own message may quote the data
            left_out.append(f"{one.name} was left out: it failed with {type(error).__name__}")
    return trials, left_out


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the highest metric, the first of equals."""
    return max(trials, key=_value)


def lost_or_gained(loss: tuple[float, float, float]) -> str:
    """Write a loss of quality, value, low and high, in words; a loss below nought is a gain.

    >>> lost_or_gained((0.001, -0.002, 0.004)), lost_or_gained((-0.01, -0.02, 0.0))
    ('loses 0.0010 (-0.0020 to 0.0040)', 'gains 0.0100 (0.0000 to 0.0200)')
    """
    value, low, high = (0.0 if round(end, 4) == 0 else end for end in loss)
    if value < 0:
        return f"gains {ranged(-value, -high if high else high, -low, form='.4f')}"
    return f"loses {ranged(value, low, high, form='.4f')}"


def _value(trial: Trial) -> float:
    return trial.quality[0]


def _try(one: Contender, of: str, meter: Meter, training_seconds: float, scoring_seconds: float) -> Trial:
    train, score = (f"trial, {what}: {of}" for what in ("training", "scoring"))
    if one.prepare is not None:
        with meter(f"trial, loading: {of}"):
            one.prepare()
    trained, training = measure(train, one.train, meter=meter, window_seconds=training_seconds)
    scored, scoring = measure(score, partial(one.score, trained), meter=meter, window_seconds=scoring_seconds)
    contributions = np.asarray(one.judge(scored), float)
    if len(contributions) < 2 or not np.isfinite(contributions).all():
        raise InputError("what it scored cannot be judged")
    return Trial(contender=one, contributions=contributions, training=training, scoring=scoring)
