"""Has the spread of values shifted, by how much, and could chance have done it?

In: spreads of this run and of the one before.   Out: one row a field, with its population stability index and p.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import chi2

from workbench.governance.drift.spread import EMPTY, FILLED, REST, Key, Spread
from workbench.intervals import FEWEST, holm

# The words are the convention of credit scoring (Siddiqi, 2006), the level of the tests is the house's.
SOME, LARGE, SURE = 0.1, 0.25, 0.05
_COLUMNS = (
    "of",
    "counted_as",
    "rows_before",
    "rows_now",
    "filled_share_before",
    "filled_share_now",
    "psi",
    "size",
    "p",
    "shifted",
    "what",
)
# By Cochran's rule of thumb (1954) a test of counts needs five expected in a bin.
_EXPECTED = 5
# In per cent with one digit nobody would see less.
_STILL = 0.001
_NAMED, _LONGEST = 3, 40


def shifts(now: Mapping[str, Spread], before: Mapping[str, Spread]) -> pd.DataFrame:
    """Compare what both runs have, one row each, the largest shift first.

    Columns: of; counted_as; rows and filled share, before and now; psi; size (`little` below 0.1, `some`, `large` above
    0.25, `not enough data` under 30 rows in either run); p, of a chi-square test of homogeneity, adjusted for all that
    were tested (Holm, 1979); shifted, where p < 0.05 and the size is not little; what, the bin that moved most.
    The test takes both runs as independent. Rows that both hold make it slow to call a shift real; rows that come in
    bunches, such as orders of one customer, make it quick: hence the size is asked for, too.

    >>> was, now = (Spread(counted_as="categories", counts={EMPTY: 0, ("category", "a"): a, ("category", "b"): 100 - a})
    ...             for a in (50, 80))
    >>> shifts({"plan": now}, {"plan": was})[["psi", "size", "shifted"]].round(3).to_numpy().tolist()
    [[0.416, 'large', True]]
    """
    rows = [_compared(name, spread, before[name]) for name, spread in now.items() if name in before]
    frame = pd.DataFrame(rows, columns=[name for name in _COLUMNS if name != "shifted"])
    frame = frame.astype({"of": "str", "psi": "float64", "p": "float64", "size": "str", "what": "str"})
    frame["p"] = holm(frame["p"].to_numpy())
    frame["shifted"] = (frame["p"] < SURE) & (frame["psi"] >= SOME)
    order = ["shifted", "psi", "of"]
    return frame.sort_values(order, ascending=[False, False, True], ignore_index=True)[list(_COLUMNS)]


def psi(now: np.ndarray, before: np.ndarray) -> float:
    """Return the population stability index of two rows of counts; a bin that only one of them has counts as half
    a row in the other.

    It is the sum over bins of the difference of both shares times the logarithm of their ratio, the symmetric
    divergence of Kullback and Leibler (1951).

    >>> round(psi(np.array([80, 20]), np.array([50, 50])), 4)
    0.4159
    """
    known = now + before > 0
    p, q = (np.maximum(counts[known], 0.5) / counts.sum() for counts in (now, before))
    return float(((p - q) * np.log(p / q)).sum())


def homogeneity(now: np.ndarray, before: np.ndarray) -> float:
    """Return p of the chi-square test that two rows of counts are of one distribution; NaN where nothing could differ.

    Bins in which fewer than five would be expected on either side are taken together.

    >>> round(homogeneity(np.array([60, 40]), np.array([50, 50])), 4)
    0.1552
    """
    counts = np.array([now, before], dtype=float)
    of = counts.sum(axis=1, keepdims=True)
    share = counts.sum(axis=0) / of.sum()
    few = share * of.min() < _EXPECTED
    counts = np.column_stack([counts[:, ~few], counts[:, few].sum(axis=1)])
    expected = of * counts.sum(axis=0) / of.sum()
    counts, expected = (part[:, expected[0] > 0] for part in (counts, expected))
    if expected.shape[1] < 2:
        return np.nan
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), expected.shape[1] - 1))


def _compared(name: str, now: Spread, before: Spread) -> dict[str, object]:
    both = _paired(now, before)
    enough = min(now.rows, before.rows) >= FEWEST
    counts = both["now"].to_numpy(dtype=float), both["before"].to_numpy(dtype=float)
    index = psi(*counts) if enough else np.nan
    filled = {f"filled_share_{run}": 1 - _empty(spread) for run, spread in (("before", before), ("now", now))}
    return {
        "of": name,
        "counted_as": "filled" if FILLED in both.index else now.counted_as,
        "rows_before": before.rows,
        "rows_now": now.rows,
        **filled,
        "psi": index,
        "size": _size(index),
        "p": homogeneity(*counts) if enough else np.nan,
        "what": _moved_most(both, now.counted_as) + _came_and_went(now, before) if enough else "",
    }


def _empty(spread: Spread) -> float:
    return spread.counts.get(EMPTY, 0) / spread.rows if spread.rows else 1.0


def _size(index: float) -> str:
    if np.isnan(index):
        return "not enough data"
    return "little" if index < SOME else "some" if index <= LARGE else "large"


def _paired(now: Spread, before: Spread) -> pd.DataFrame:
    """Return both counts by bin; where runs counted different things, or in other bins, only filled and empty."""
    if now.counted_as == before.counted_as == "categories":
        bins = [*dict.fromkeys([EMPTY, *now.counts, *before.counts, REST])]
        counts = [_least_shift(now, before), _least_shift(before, now)]
    elif now.counted_as == before.counted_as and list(now.counts) == list(before.counts):
        bins, counts = [*now.counts], [dict(now.counts), dict(before.counts)]
    else:
        bins = [EMPTY, FILLED]
        empty = [run.counts.get(EMPTY, 0) for run in (now, before)]
        counts = [{EMPTY: own, FILLED: run.rows - own} for own, run in zip(empty, (now, before), strict=True)]
    index = pd.Index(bins, tupleize_cols=False)
    both = [[own.get(key, 0) for key in bins] for own in counts]
    return pd.DataFrame({"now": both[0], "before": both[1]}, index=index)


def _least_shift(one: Spread, other: Spread) -> dict[Key, int]:
    """Give a category that only the other run names its share of what this one pooled: it may well have been there."""
    counts = dict(one.counts)
    for key, count in other.counts.items():
        if key[0] == "category" and key not in counts:
            counts[key] = min(round(count * one.rows / other.rows), counts.get(REST, 0))
            counts[REST] = counts.get(REST, 0) - counts[key]
    return counts


def _moved_most(both: pd.DataFrame, counted_as: str) -> str:
    """Say which bin gained or lost the largest share of the rows."""
    shares = both / both.sum()
    moved = shares["now"] - shares["before"]
    most = int(moved.abs().to_numpy().argmax())
    if abs(moved.iloc[most]) < _STILL:
        return "nothing moved"
    named = _in_words(both.index.tolist(), most, counted_as)
    return f"{named}: {shares['before'].iloc[most]:.1%} of the rows before, {shares['now'].iloc[most]:.1%} now"


def _in_words(bins: list[Key], place: int, counted_as: str) -> str:
    name, key = bins[place]
    if name != "bin":
        return {"empty": "empty", "filled": "filled", "rest": "other values"}.get(name, _quoted(key))
    below = [end for kind, end in bins[:place] if kind == "bin"]
    unit = " days back" if counted_as == "days" else ""
    if not below:
        return f"up to {_plain(key)}{unit}"
    return f"over {_plain(below[-1])}{unit}" if key == "inf" else f"{_plain(below[-1])} to {_plain(key)}{unit}"


def _came_and_went(now: Spread, before: Spread) -> str:
    """Name the categories that only one run has: in the other they had fewer than ten rows, or none."""
    if not now.counted_as == before.counted_as == "categories":
        return ""
    came, went = (
        [_quoted(key) for name, key in one.counts if name == "category" and (name, key) not in other.counts]
        for one, other in ((now, before), (before, now))
    )
    told = [
        (f"{what}: {', '.join(keys[:_NAMED])}", len(keys) - _NAMED)
        for what, keys in (("new", came), ("gone or rare", went))
        if keys
    ]
    return "".join(f"; {text}{f' and {more} more' if more > 0 else ''}" for text, more in told)


def _plain(edge: str) -> str:
    return f"{float(edge):,.10g}"


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[: _LONGEST - 1]}…'"
