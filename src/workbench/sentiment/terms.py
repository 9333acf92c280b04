"""What it is about: the terms that speak for and against, from the model's own exact contributions.

In: a linear model, messages.   Out: terms by group and direction.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from workbench.sentiment.linear import LinearModel


def terms(
    model: LinearModel,
    rows: pd.DataFrame,
    *,
    by: str | None = None,
    top: int = 10,
    countries: Sequence[str] = (),
    names: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the terms that say most: group, term, direction, contribution, messages, share, low, high."""
    raise NotImplementedError
