"""How many breaches are planted, and where each kind applies.

In: `breaches.yaml`.   Out: counts, and rows picked by lot.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import SampleMarket, read_data


def applies(code: str, market: SampleMarket) -> bool:
    """Say whether a kind of breach exists under the law of this market."""
    return market.regime in read_data("breaches.yaml")[code]["regimes"]


def planted_count(customers: int) -> int:
    """Return how many cases of each breach are planted among so many customers."""
    return max(3, customers // 250)


def pick(candidates: pd.Index, count: int, rng: np.random.Generator) -> pd.Index:
    """Pick at most so many by lot."""
    return candidates[rng.choice(len(candidates), min(count, len(candidates)), replace=False)]
