"""How many labelled messages would be needed to decide?

In: labelled messages.   Out: `Curve`: accuracy by their number, and what more of them would bring.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """Accuracy against the number of labelled messages, with the answer in words.

    `points`: messages, accuracy (mean over repeats), low, high, repeats; `line`: messages, accuracy, low, high of the
    fitted power law, up to what is needed or ten times what is there. `limit` is where it levels off. `needed` messages
    reach the `target`; infinite: no number does; NaN: not enough data. `to_tell` labelled messages tell an accuracy of
    the target from one that is three points lower.
    """

    verdict: str
    target: float
    points: pd.DataFrame
    line: pd.DataFrame
    limit: float
    limit_low: float
    limit_high: float
    needed: float
    needed_low: float
    needed_high: float
    to_tell: int


def learning_curve(rows: pd.DataFrame, *, target: float, seed: int = 0) -> Curve:
    """Train the linear model on growing parts of the older messages, and judge each on the same newest ones."""
    raise NotImplementedError


def messages_to_tell(target: float, *, difference: float = 0.03) -> int:
    """Return how many labelled messages tell an accuracy of `target` from one that is `difference` lower."""
    raise NotImplementedError
