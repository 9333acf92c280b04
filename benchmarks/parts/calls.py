"""The calls of a bank's campaign as touches, and who agreed by how often they were called.

In: how often each client was called, and whether they agreed at the last call.   Out: frames.
"""

import numpy as np
import pandas as pd

from workbench.intervals import wilson


def expanded(calls: pd.Series, agreed: pd.Series) -> pd.DataFrame:
    """Return each client's calls as touches, one a day, of which the last converts who agreed."""
    client = np.repeat(np.arange(len(calls)), calls)
    number = pd.Series(client).groupby(client).cumcount().to_numpy()
    last = number + 1 == calls.to_numpy()[client]
    at = pd.Timestamp("2008-05-01 10:00") + pd.to_timedelta(number, unit="D")
    converted = last & agreed.to_numpy()[client]
    return pd.DataFrame({"customer_id": client, "at": at, "channel": "phone", "converted": converted})


def agreed_by_calls(calls: pd.Series, agreed: pd.Series) -> pd.DataFrame:
    """Return calls, clients and the share that agreed, of clients called so often and of all who got that call."""
    starts = [*range(1, 8), 10]
    rows = []
    for first, after in zip(starts, [*starts[1:], int(calls.max()) + 1], strict=True):
        here = calls.between(first, after - 1)
        share, low, high = (float(one) for one in wilson(int(agreed[here].sum()), int(here.sum())))
        got = int(sum((calls >= number).sum() for number in range(first, after)))
        at, at_low, at_high = (float(one) for one in wilson(int(agreed[here].sum()), got))
        name = str(first) if after == first + 1 else f"{first}-{after - 1}"
        rows.append((name, int(here.sum()), share, low, high, got, at, at_low, at_high))
    columns = ["calls", "clients", "agreed", "low", "high", "such_calls", "agreed_at_it", "at_low", "at_high"]
    return pd.DataFrame(rows, columns=columns)
