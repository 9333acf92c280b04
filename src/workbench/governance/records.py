"""What a model has left to be judged by: what it says of itself, whom it judged and how that came out, its figures.

In: tables and key figures that other notebooks saved.   Out: a `Record` a model, read by fairness, drift and documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from workbench.errors import InputError
from workbench.outputs import KeyFigure

ABOUT = ("section", "name", "value")
JUDGED = ("customer_id", "predicted", "outcome", "actual", "selected", "error")


@dataclass(frozen=True, eq=False, kw_only=True)
class Record:
    """One model: `about` it (section, name, value; empty: not known), its key figures, and the rows that judged it.

    `judged` has a row for each outcome that was foretold without having been seen: customer_id (may be missing);
    predicted, the number foretold, and outcome, what came of it in the same unit; selected, whom the model picks, and
    actual, who turned out to be meant (both 0 or 1); error, what the row costs, 0 or more. It may have cutoff,
    language, channel and content (which text, whatever its language). An InputError names columns that are missing.
    """

    about: pd.DataFrame
    judged: pd.DataFrame
    figures: Sequence[KeyFigure] = field(default=())

    def __post_init__(self) -> None:
        """Refuse tables of another form, such as those of an older version."""
        for what, frame, needed in (("about", self.about, ABOUT), ("judged", self.judged, JUDGED)):
            lacking = [name for name in needed if name not in frame]
            if lacking:
                raise InputError(f"{what}: no column {', '.join(lacking)}; run the notebook of this model again")

    def told(self, name: str) -> str | None:
        """Return what the model says of itself under a name; None where it says nothing."""
        values = self.about.loc[self.about["name"] == name, "value"].dropna()
        return None if values.empty else str(values.iloc[0])
