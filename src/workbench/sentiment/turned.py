"""Customers whose sentiment turned: who was content, and no longer is?

In: scored messages.   Out: a `Turned`: ids for the table that a human works with, pseudonyms for the page.
"""

import secrets
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.errors import InputError
from workbench.intervals import Z
from workbench.personal import pseudonyms
from workbench.sentiment.quality import column

# Of the customers on the list at most this share may be there by chance.
_MOST_BY_CHANCE = 0.2
# Customers differ at least this much in how they change: without any spread there would be nothing to rank by.
_LEAST_SPREAD = 0.1
_SHUFFLES, _SHUFFLED_MESSAGES = 200, 20_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Turned:
    """Customers whose sentiment turned, the surest first.

    `customers` has rank, customer (a pseudonym), customer_id, before and lately (mean net sentiment, -1 to 1), change
    (shrunk) with low and high (95 %), probability (that it fell), messages_before, messages_lately and last_message. It
    may hold ids; a report shows `masked`, the same without customer_id. `caption` says how the list was made, how many
    of it chance would have put there, and how long its pseudonyms last.
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
    """Return at most `top` customers whose net sentiment of the last days stands below what it was before.

    `scored` is `Sentiment.messages`: customer_id, sent_at, positive, negative. Net sentiment is the probability of
    positive less that of negative. Customers are judged who have a message in the `window_days` that end with the
    newest of all messages, and one before. With few messages a change is mostly chance: it is shrunk toward the mean
    change of all, the more the fewer there are (empirical Bayes; Efron and Morris, 1975), and ranked by the probability
    that it is a fall. Listed are those among whom at most a fifth would be by chance, as counted where the times of
    each customer's messages are shuffled (Tusher et al., 2001). An InputError names what is missing or below 1.
    """
    if min(top, window_days) < 1:
        raise InputError(f"top and window_days must be 1 or more, found {top} and {window_days}")
    if "customer_id" not in scored:
        nobody = pd.DataFrame(columns=["customer_id", *_FIGURES])
        return _listed(nobody, "not applicable: no message says which customer wrote it", key)
    rows = _judged(scored, window_days=window_days)
    both = f"wrote in the {window_days} days up to the newest message and before"
    if rows.empty:
        return _listed(pd.DataFrame(columns=["customer_id", *_FIGURES]), f"not enough data: no customer {both}", key)
    figures = _figures(rows)
    found, by_chance = _above_chance(rows, figures["z"].to_numpy(), top=top, seed=seed)
    among = f"{len(figures):,} customers who {both}"
    if not len(found):
        return _listed(figures.iloc[found], f"none of the {among} stands out from chance", key)
    return _listed(figures.iloc[found], f"{len(found)} of the {among}; chance alone would list {by_chance:.1f}", key)


class _Prior(NamedTuple):
    """What all customers have in common: variance of a message, mean and variance of the changes."""

    noise: float
    centre: float
    spread: float


_FIGURES = ["before", "lately", "change", "low", "high", "probability", "messages_before", "messages_lately"]
_FIGURES += ["last_message"]


def _judged(scored: pd.DataFrame, *, window_days: int) -> pd.DataFrame:
    """Return customer_id, place (a number for each customer), lately, net and sent_at of those with both windows."""
    rows = pd.DataFrame({name: column(scored, name) for name in ("customer_id", "sent_at", "positive", "negative")})
    rows = rows.dropna()
    rows["lately"] = rows["sent_at"] > rows["sent_at"].max() - pd.Timedelta(days=window_days)
    share = rows.groupby("customer_id")["lately"].transform("mean")
    rows = rows[(share > 0) & (share < 1)].sort_values(["customer_id", "sent_at"], ignore_index=True)
    return rows.assign(place=rows.groupby("customer_id").ngroup(), net=rows["positive"] - rows["negative"])


def _means(rows: pd.DataFrame, net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many messages each customer has before and lately, and their means: both (2, customers)."""
    place = rows["place"].to_numpy()
    customers = int(place[-1]) + 1
    cell = place + customers * rows["lately"].to_numpy()
    count = np.bincount(cell, minlength=2 * customers)
    return count.reshape(2, -1), (np.bincount(cell, weights=net) / count).reshape(2, -1)


def _prior(rows: pd.DataFrame, count: np.ndarray, mean: np.ndarray) -> _Prior:
    """Estimate by moments what all customers have in common."""
    left_over = rows["net"].to_numpy() - mean[rows["lately"].to_numpy(int), rows["place"].to_numpy()]
    free = len(rows) - count.size
    # Where nobody wrote twice in a window, the variance of all messages is the careful guess.
    noise = max(float(left_over @ left_over / free if free else rows["net"].to_numpy().var(ddof=1)), _LEAST_SPREAD**2)
    change, error = mean[1] - mean[0], noise * (1 / count).sum(axis=0)
    centre = float(np.average(change, weights=1 / error))
    return _Prior(noise, centre, max(float(np.mean((change - centre) ** 2 - error)), _LEAST_SPREAD**2))


def _shrunk(count: np.ndarray, mean: np.ndarray, prior: _Prior) -> tuple[np.ndarray, np.ndarray]:
    """Return the posterior mean of each customer's change, and its standard deviation."""
    error = prior.noise * (1 / count).sum(axis=0)
    weight = prior.spread / (prior.spread + error)
    return prior.centre + weight * (mean[1] - mean[0] - prior.centre), np.sqrt(weight * error)


def _figures(rows: pd.DataFrame) -> pd.DataFrame:
    count, mean = _means(rows, rows["net"].to_numpy())
    change, error = _shrunk(count, mean, _prior(rows, count, mean))
    customers = rows.groupby("place")
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].first(),
            "before": mean[0],
            "lately": mean[1],
            "change": change,
            "low": change - Z * error,
            "high": change + Z * error,
            "probability": norm.cdf(-change / error),
            "messages_before": count[0],
            "messages_lately": count[1],
            "last_message": customers["sent_at"].last(),
            "z": -change / error,
        }
    )


def _above_chance(rows: pd.DataFrame, z: np.ndarray, *, top: int, seed: int) -> tuple[np.ndarray, float]:
    """Return the places of the customers to list, surest first, and how many of them chance would have listed."""
    order = np.argsort(-z, kind="stable")[:top]
    by_chance = _by_chance(rows, z[order], seed=seed)
    size = int(np.max(np.flatnonzero(by_chance <= _MOST_BY_CHANCE * np.arange(1, len(order) + 1)), initial=-1)) + 1
    return order[:size], float(by_chance[size - 1]) if size else 0.0


def _by_chance(rows: pd.DataFrame, least: np.ndarray, *, seed: int) -> np.ndarray:
    """Return how many customers reach each z on average where the times of their messages are shuffled."""
    rng = np.random.default_rng(seed)
    net, place = rows["net"].to_numpy(), rows["place"].to_numpy()
    count, mean = _means(rows, net)
    prior = _prior(rows, count, mean)
    shuffles = int(np.clip(_SHUFFLED_MESSAGES // len(rows), 20, _SHUFFLES))
    reached = np.zeros(len(least))
    for _ in range(shuffles):
        change, error = _shrunk(count, _means(rows, net[np.lexsort((rng.random(len(rows)), place))])[1], prior)
        z = np.sort(-change / error)
        # Equal scores may differ in the last bit once they are added up in another order.
        reached += len(z) - np.searchsorted(z, least - 1e-9)
    return reached / shuffles


def _listed(customers: pd.DataFrame, said: str, key: bytes | None) -> Turned:
    rows = customers[["customer_id", *_FIGURES]].reset_index(drop=True)
    rows.insert(0, "customer", pseudonyms(rows["customer_id"].astype("str"), key=key or secrets.token_bytes(32)))
    rows.insert(0, "rank", rows.index + 1)
    lasting = "the same in every run with this key" if key else "fresh in every run, because no key was given"
    caption = f"Customers whose sentiment turned, surest first: {said}. Customers are pseudonyms, {lasting}."
    return Turned(customers=rows, caption=caption)
