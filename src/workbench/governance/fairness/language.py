"""Is a model as good in every language, on the same content?

In: rows of content, language and whether the model was right.   Out: `LanguageGap`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import FEWEST, Z_POWER, wilson

_NULLS = 10_000
_NEEDED = ("language", "right")


@dataclass(frozen=True, eq=False, kw_only=True)
class LanguageGap:
    """`languages`: language, contents, accuracy_share, low, high (Wilson), the best first.

    `pairs`: language, than (the better one), difference of accuracy, low, high (95 %, all pairs at once), p (no gap in
    any pair), shown (p below 0.05), detectable; the largest difference first. `said` says what was compared, or why
    nothing was.
    """

    languages: pd.DataFrame
    pairs: pd.DataFrame
    said: str


def language_gap(frame: pd.DataFrame, *, content: str = "content", seed: int = 0) -> LanguageGap:
    """Compare languages on contents that are there in each of them: rows of content, language and right (0 or 1).

    The content is the unit, so what is hard in every language is no gap. Without a gap, which language is right on a
    content is chance (McNemar, 1947; Cochran, 1950): differences are judged by the largest of all pairs (Tukey's
    range). InputError: a missing column, a content that comes twice in a language, right other than 0 and 1.

    >>> rows = pd.DataFrame({"content": [*range(40)] * 2, "language": ["de"] * 40 + ["fr"] * 40,
    ...                      "right": [1] * 40 + [1] * 20 + [0] * 20})
    >>> language_gap(rows).pairs[["language", "than", "difference", "shown"]].values.tolist()
    [['fr', 'de', 0.5, True]]
    """
    if lacking := [name for name in (content, *_NEEDED) if name not in frame]:
        raise InputError(f"rows of languages: no column {', '.join(lacking)}")
    rows = frame.dropna(subset=[content, *_NEEDED])
    if rows.duplicated([content, "language"]).any() or not rows["right"].isin([0, 1]).all():
        raise InputError("rows of languages: each content once in a language, right 0 or 1")
    right = rows.pivot(index=content, columns="language", values="right").dropna().astype(float)
    languages = _accuracy(right)
    if len(right) < FEWEST or right.shape[1] < 2:
        found = f"{len(right)} contents in every one of {right.shape[1]} languages"
        said = f"Not enough data: {found}; at least {FEWEST} in two languages are needed."
        return LanguageGap(languages=languages.iloc[:0], pairs=pd.DataFrame(columns=_PAIRS), said=said)
    left = rows[content].nunique() - len(right)
    said = f"{len(right):,} contents, each in {right.shape[1]} languages; "
    said += f"{left:,} that are not in all of them are left out." if left else "none is left out."
    return LanguageGap(languages=languages, pairs=_pairs(right, seed), said=said)


_PAIRS = ["language", "than", "difference", "low", "high", "p", "shown", "detectable"]


def _accuracy(right: pd.DataFrame) -> pd.DataFrame:
    share, low, high = wilson(right.sum().to_numpy(), len(right))
    names = right.columns.astype("str")
    found = pd.DataFrame({"language": names, "contents": len(right), "accuracy_share": share, "low": low, "high": high})
    return found.sort_values("accuracy_share", ascending=False, kind="stable", ignore_index=True)


def _pairs(right: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return every pair, the worse language first; its error is its own, but no less than that of no gap at all."""
    values, names = right.to_numpy(), right.columns.astype("str")
    no_gap = np.sqrt(values.var(axis=1, ddof=1).sum()) / len(values)
    drawn = np.random.default_rng(seed).standard_normal((_NULLS, values.shape[1]))
    ranges = np.ptp(drawn, axis=1) / np.sqrt(2)
    critical = float(np.quantile(ranges, 0.95))
    first, second = np.triu_indices(values.shape[1], 1)
    ahead = values[:, second] - values[:, first]
    size = ahead.mean(axis=0)
    error = np.maximum(ahead.std(axis=0, ddof=1) / np.sqrt(len(values)), no_gap * np.sqrt(2))
    larger = np.abs(size)
    reached = ranges >= np.divide(larger, error, out=np.zeros_like(larger), where=error > 0)[:, None] - 1e-12
    found = pd.DataFrame(
        {
            "language": np.where(size >= 0, names[first], names[second]),
            "than": np.where(size >= 0, names[second], names[first]),
            "difference": larger,
            "low": larger - critical * error,
            "high": larger + critical * error,
            "p": (1 + reached.sum(axis=1)) / (_NULLS + 1),
            "detectable": (critical + Z_POWER) * error,
        }
    )
    found = found.assign(shown=found["p"] < 0.05)[_PAIRS]
    return found.sort_values("difference", ascending=False, kind="stable", ignore_index=True)
