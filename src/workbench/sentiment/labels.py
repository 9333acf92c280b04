"""What a message may feel like, in the order of all probabilities; how ratings and numbers become it.

In: ratings from 1 to 5.   Out: one of `LABELS`, or missing.
"""

import pandas as pd

from workbench.crm.contract import MESSAGE_LABELS

LABELS = MESSAGE_LABELS


def from_ratings(ratings: pd.Series) -> pd.Series:
    """Return the label of each rating: up to 2 negative, from 4 positive, between them neutral, missing where missing.

    >>> from_ratings(pd.Series([1, 2, 2.5, 3, 4, None])).tolist()
    ['negative', 'negative', 'neutral', 'neutral', 'positive', nan]
    """
    labels = pd.Series(LABELS[1], index=ratings.index, dtype="str").mask(ratings <= 2, LABELS[0])
    return labels.mask(ratings >= 4, LABELS[2]).where(ratings.notna())
