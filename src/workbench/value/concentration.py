"""How much of the value do the best customers hold?

In: a value for each customer.   Out: the Lorenz curve, Gini's coefficient and the top decile's share, with intervals.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import FEWEST

_RESAMPLES = 1_000
# Customers beyond these are resampled in cells of like value; the few who hold most of it stay themselves.
_ALONE, _CELLS = 1_000, 1_000
_POINTS = 200
_TOP = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class Concentration:
    """How unequal customers are.

    `curve` has customers and value, cumulative shares (0 to 1) from the least valuable on: Lorenz (1905). `figures` has
    metric (gini, top_decile_share), value and the 95 % interval low to high. `customers` were counted and `left_out`
    have no known value; `note` says so, and why a figure is missing.
    """

    curve: pd.DataFrame
    figures: pd.DataFrame
    customers: int
    left_out: int
    note: str

    @property
    def gini(self) -> float:
        """Gini's coefficient: 0 where all are worth the same, near 1 where one customer is worth everything."""
        return float(self.figures["value"].iloc[0])

    @property
    def top_decile_share(self) -> float:
        """The share of all value that the best tenth of customers hold."""
        return float(self.figures["value"].iloc[1])


def concentration(values: pd.Series, *, seed: int = 0) -> Concentration:
    """Say how much of the value the best customers hold; a missing value is left out and counted.

    Intervals are percentiles of a bootstrap over customers. Of fewer than 30 customers there is none, and where all
    are worth nothing there is no share. InputError: a value is negative or infinite, or not a number.

    >>> found = concentration(pd.Series(range(1, 11)))
    >>> round(found.gini, 3), round(found.top_decile_share, 3), found.customers
    (0.3, 0.182, 10)
    """
    known = np.sort(_checked(values))
    total, left_out = known.sum(), len(values) - len(known)
    ones = np.ones((1, len(known)))
    measured = _measure(known, ones)[:, 0] if total > 0 else np.full(2, np.nan)
    low, high = _interval(known, seed=seed) if total > 0 and len(known) >= FEWEST else np.full((2, 2), np.nan)
    metrics = ["gini", "top_decile_share"]
    return Concentration(
        curve=_curve(known) if total > 0 else pd.DataFrame({"customers": [], "value": []}, dtype=float),
        figures=pd.DataFrame({"metric": metrics, "value": measured, "low": low, "high": high}),
        customers=len(known),
        left_out=left_out,
        note=_note(len(known), left_out, total=float(total)),
    )


def _checked(values: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values):
        raise InputError(f"values: found {values.dtype}; numbers of 0 or more are allowed")
    known: np.ndarray = values.dropna().to_numpy(dtype=float)
    odd = known[~np.isfinite(known) | (known < 0)]
    if len(odd):
        raise InputError(
            f"values: found {odd[0]:g} among {len(odd):,} like it; finite numbers of 0 or more are allowed"
        )
    return known


def _measure(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return Gini and top share (2 x draws) of ascending values, each held by `counts` customers (draws x values)."""
    held = counts * values
    size, total = counts.sum(1, keepdims=True), held.sum(1, keepdims=True)
    upto = held.cumsum(1)
    # Where all are worth the same, nothing but roundings is left.
    gini = (1 - (counts * (2 * upto - held)).sum(1) / (size * total)[:, 0]).round(12)
    above = size - counts.cumsum(1)
    top = (np.clip(_TOP * size - above, 0, counts) * values).sum(1) / total[:, 0]
    return np.stack([gini, top])


def _interval(values: np.ndarray, *, seed: int) -> np.ndarray:
    most, alone = np.split(values, [max(len(values) - _ALONE, 0)])
    cells = np.array_split(most, min(_CELLS, len(most)) or 1)
    means = [cell.mean() for cell in cells if len(cell)]
    sizes = np.array([len(cell) for cell in cells if len(cell)] + [1] * len(alone))
    draws = np.random.default_rng(seed).multinomial(len(values), sizes / sizes.sum(), size=_RESAMPLES)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A draw of nothing but worthless customers has no share.
        found = _measure(np.array([*means, *alone]), draws)
    return np.asarray(np.nanquantile(found, [0.025, 0.975], axis=1))


def _curve(values: np.ndarray) -> pd.DataFrame:
    held = np.concatenate([[0], values.cumsum()])
    places = np.unique(np.linspace(0, len(values), min(_POINTS, len(values)) + 1).round().astype(int))
    return pd.DataFrame({"customers": places / len(values), "value": held[places] / held[-1]})


def _note(customers: int, left_out: int, *, total: float) -> str:
    said = [f"{left_out:,} customers without a known value are left out."] if left_out else []
    if not customers:
        said.append("Not enough data: no customer has a known value.")
    elif total <= 0:
        said.append("No shares: every customer's value is 0.")
    elif customers < FEWEST:
        said.append(f"Not enough data for intervals: {customers} customers, at least {FEWEST} are needed.")
    return " ".join(said)
