"""Customers whose sentiment turned: who was content and no longer is?

In: scored messages.   Out: a `Turned`: ids for the table, pseudonyms for the page.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Turned:
    """Customers whose sentiment turned, the surest first.

    `customers` has rank, customer (a pseudonym), customer_id, and more; a report shows `masked`, the same without
    customer_id. `caption` says how the list was made.
    """

    customers: pd.DataFrame
    caption: str

    @property
    def masked(self) -> pd.DataFrame:
        """The list for a report: pseudonyms only."""
        return self.customers.drop(columns="customer_id")


def turned(
    scored: pd.DataFrame, *, key: bytes | None = None, top: int = 20, window_days: int = 90, seed: int = 0
) -> Turned:
    """Return the customers whose sentiment in the last window stands below what it was before."""
    raise NotImplementedError
