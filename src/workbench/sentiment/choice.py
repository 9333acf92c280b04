"""Which model earns its energy on this market: the cheapest that is good enough, by a rule that is shown.

In: candidates, each with its scores of the same held-out messages and what the meter saw.   Out: `Choice`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.errors import InputError
from workbench.sentiment.quality import FEWEST, check_share, labelled, quality, wilson

# What the meter cannot tell apart: two runs of the same work differed by up to about this much.
_SAME_COST = 1.25
_MILLE = 1000
_SURE = 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """A model that was tried on the held-out messages of a market.

    `scored` are these messages as the model scored them, with their truth in `label`; `kwh` is what scoring
    `scored_messages` took, `training_kwh` what came before; None: not measured.
    """

    name: str
    scored: pd.DataFrame
    scored_messages: int
    kwh: float | None
    training_kwh: float | None = None
    seconds: float = float("nan")

    @property
    def kwh_per_1000(self) -> float:
        """kWh to score a thousand messages; NaN where that was not measured."""
        return self.kwh / self.scored_messages * _MILLE if self.kwh and self.scored_messages else float("nan")


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """The chosen model, the sentence that says why, and what it was chosen from.

    `table`: model, accuracy, low, high, macro_f1, kwh_per_1000, training_kwh, times_the_cheapest, chosen.
    `held_out`: the held-out messages as the chosen model scored them.
    """

    chosen: str
    reason: str
    table: pd.DataFrame
    held_out: pd.DataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Rehearsal:
    """The scores of the last of several rounds, and how many messages were really scored in all of them, in seconds."""

    scored: pd.DataFrame
    messages: int
    seconds: float
