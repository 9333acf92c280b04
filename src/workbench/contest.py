"""Models that compete at one task: how each is trained, how it scores, and how well it did on the same units.

In: what a capability knows of its models.   Out: a `Task`, which `workbench.emissions` puts below its meters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False, kw_only=True)
class Contender:
    """One model: `train()` returns what `score` takes, and `score` what `judge` takes, for all judged units at once.

    `judge` returns one contribution for each judged unit, in the same order for all contenders of a task: their mean is
    the metric, and their spread its error. Where a metric is no mean, they are its jackknife's pseudo-values.
    `prepare`, where there is one, loads libraries that a process loads once, which is no part of a training.
    """

    name: str
    title: str
    train: Callable[[], Any]
    score: Callable[[Any], Any]
    judge: Callable[[Any], np.ndarray]
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """What models compete at, the simplest contender first; without contenders `note` says why.

    `metric` is written as people know it, the higher the better; `unit` is what is scored ("customers"). One call of
    `score` scores `judged` of them; the market has `volume`, and scores these `scorings` times between two trainings.
    `tolerance` is the loss of quality that a saving may cost; `target`, where there is one, the quality to reach.
    `largest` names the contender to save against, should it take part; '' leaves that to what they turn out to take.
    """

    name: str
    metric: str
    unit: str
    contenders: tuple[Contender, ...]
    judged: int
    volume: int
    scorings: int
    tolerance: float
    target: float | None = None
    largest: str = ""
    note: str = ""
