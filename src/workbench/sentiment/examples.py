"""Examples to read: a few messages of each kind, without what is personal.

In: scores and texts.   Out: masked, short examples.
"""

from collections.abc import Iterable, Sequence

import pandas as pd


def examples(
    scored: pd.DataFrame,
    texts: pd.Series,
    *,
    countries: Sequence[str] = (),
    names: Iterable[str] = (),
    per_kind: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Return examples: shown_as, sentiment, confidence, channel, language, text.

    `scored` is `Sentiment.messages`; `texts` has the texts by message_id.
    """
    raise NotImplementedError
