"""Would the first reason be the same, had other customers been observed? Reasons under resampling.

In: codes, and a way to contributions by a model refitted on a resample.   Out: how often the first reason stays.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.explain.reasons import reason_codes
from workbench.intervals import wilson

# Two in ten resamples may name another reason: more, and the first reason is as good as the second.
CERTAIN = 0.8
# With one model beside the first, agreement is all or nothing.
_FEWEST = 2


def resample(examples: pd.DataFrame, *, seed: int, by: str = "customer_id") -> pd.DataFrame:
    """Return a bootstrap sample of customers: as many as there are, drawn with replacement, each with all its rows.

    Who is drawn twice keeps one id, so that a split by customer never has the same one on both sides.

    >>> examples = pd.DataFrame({"customer_id": ["a", "a", "b"], "visits": [1, 2, 3]})
    >>> resample(examples, seed=1)["visits"].tolist()
    [1, 2, 3]
    """
    if by not in examples:
        raise InputError(f"examples: no column '{by}' to draw by{did_you_mean(by, map(str, examples))}")
    customer, ids = pd.factorize(examples[by])
    drawn = np.random.default_rng(seed).integers(0, len(ids), len(ids))
    times = np.bincount(drawn, minlength=len(ids))[customer]
    return examples.take(np.repeat(np.arange(len(examples)), times)).reset_index(drop=True)


def stability(
    codes: pd.DataFrame,
    contributions_of: Callable[[int], pd.DataFrame | None],
    features: pd.DataFrame,
    *,
    family: Callable[[str], str],
    resamples: int = 10,
    seed: int = 0,
) -> pd.DataFrame | None:
    """Return how often each customer's first reason stays the first where the model is fitted on other customers.

    `contributions_of(seed)` refits the model on `resample(examples, seed=seed)` and returns the contributions of every
    feature for at least the customers of `codes`, or None where that resample cannot be learnt from. `features` are
    those the codes were made of.

    The frame has customer_id, first (the family of the first reason), agreement (share of resamples whose first reason
    is of the same family), its 95 % interval low and high (Wilson, 1927), and certain (agreement of at least 0.8).
    None means that there were not enough data: fewer than two resamples could be learnt from.

    >>> features = pd.DataFrame({"customer_id": ["a", "b"], "visits": [9, 1], "plan": ["M", "L"]})
    >>> def contributions_of(seed: int) -> pd.DataFrame:
    ...     return pd.DataFrame({"visits": [3.0, 1.0], "plan": [1.0, 2.0 * (seed % 2)]}, index=["a", "b"])
    >>> codes = reason_codes(contributions_of(1), features, family=str)
    >>> stability(codes, contributions_of, features, family=str)[["customer_id", "first", "certain"]].values.tolist()
    [['a', 'visits', True], ['b', 'plan', False]]
    """
    if resamples < _FEWEST:
        raise InputError(f"resamples={resamples}; at least {_FEWEST}")
    first = codes.loc[codes["rank"] == 1, ["customer_id", "family"]].set_index("customer_id")["family"]
    seeds = np.random.SeedSequence(seed).generate_state(resamples)
    found = [contributions_of(int(one)) for one in seeds]
    again = [_first_families(one, first.index, features, family) for one in found if one is not None]
    if len(again) < _FEWEST:
        return None
    same = sum((one.to_numpy() == first.to_numpy()).astype(float) for one in again)
    agreement, low, high = wilson(np.asarray(same), len(again))
    return pd.DataFrame(
        {
            "customer_id": first.index,
            "first": first.to_numpy(),
            "agreement": agreement,
            "low": low,
            "high": high,
            "certain": agreement >= CERTAIN,
        }
    )


def _first_families(
    contributions: pd.DataFrame, customers: pd.Index, features: pd.DataFrame, family: Callable[[str], str]
) -> pd.Series:
    """Return the family of the first reason of each customer; missing where nothing speaks."""
    if missing := int((~customers.isin(contributions.index)).sum()):
        raise InputError(
            f"contributions_of: {missing:,} of {len(customers):,} customers of the codes are not among them"
        )
    codes = reason_codes(contributions, features, family=family, top=1)
    return codes.set_index("customer_id")["family"].reindex(customers)
