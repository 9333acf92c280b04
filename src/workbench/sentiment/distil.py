"""A small student of a large model: can a linear model that costs next to nothing say what the transformer says?

In: a transformer, a market's messages, labelled or not.   Out: a linear model; how far the two agree.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.sentiment.transformer import TransformerModel

if TYPE_CHECKING:
    from workbench.sentiment.linear import LinearModel


def distil(teacher: TransformerModel, messages: pd.DataFrame, *, seed: int = 0) -> "LinearModel":
    """Teach a linear model what the teacher says of the messages; their labels are not looked at."""
    raise NotImplementedError


def agreement(student: "LinearModel", teacher: TransformerModel, messages: pd.DataFrame) -> pd.DataFrame:
    """Return measure, value, low, high, messages: agreement, accuracy of the student and of the teacher."""
    raise NotImplementedError
