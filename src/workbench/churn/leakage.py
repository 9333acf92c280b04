"""Which columns know the future, so that a model which leans on them would shine in the test and fail in use?

In: examples (one row per customer and cut-off, features, a 0/1 label).   Out: the leaks, named, with the evidence.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import InputError, did_you_mean

# What stands in the place of a column where whole rows are at fault.
ROWS = "(rows)"

_KEYS = ("customer_id", "cutoff", "season_ratio")
# A finding that honest data would show by chance more often than this is none: small markets have many accidents.
_CHANCE = 1e-4
# "Only": one class is found among the filled rows at most at this part of its share among all rows.
_ALMOST_NONE = 1 / 20
# Identical rows are accidents below this share; copying rows before splitting them makes far more.
_ACCIDENTAL_TWINS = 0.01
_FOLDS = 5
_BINS = 50
# Rows that a value must bring before its own churn rate outweighs that of everybody.
_PRIOR_ROWS = 5.0


def find_leaks(examples: pd.DataFrame, *, label: str = "churned", separates: float = 0.90) -> pd.DataFrame:
    """Name the columns that know the future: column, reason, evidence (a sentence); one row each, empty where none.

    Four kinds: a copy of the label under other names; filled only for churned rows, or only for those that stayed;
    one column alone separating better than an AUC of `separates` (categories by churn rates of other folds, a missing
    value counting as a value); rows that occur more than once and so stand on both sides of a split (column `ROWS`).
    The keys, constant columns and texts that name single rows are no features and are not judged, nor are rows
    without a label.
    The kinds are those of Kaufman, Rosset and Perlich, Leakage in Data Mining (2012).

    >>> examples = pd.DataFrame({"left": ["yes", "no"] * 40, "age": range(80), "churned": [1, 0] * 40})
    >>> print(find_leaks(examples).evidence[0])
    'left' says the label in other words: 'no' is stayed, 'yes' is churned, in all 80 rows
    """
    examples = _labelled(examples, label)
    churned = examples[label].to_numpy(float)
    features = examples.drop(columns=[c for c in (*_KEYS, label) if c in examples])
    folds = _folds(examples)
    found = []
    for name in features if len(set(churned)) == 2 else []:
        values = _blanks_missing(features[name])
        reason, evidence = (
            _copies(values, churned)
            or _fills_one_class(values, churned)
            or _separates(values, churned, folds=folds, limit=separates)
            or ("", "")
        )
        found.append((str(name), reason, f"'{name}' {evidence}"))
    found.append((ROWS, *_repeats(examples, label)))
    return pd.DataFrame([row for row in found if row[1]], columns=["column", "reason", "evidence"])


def without_leaks(examples: pd.DataFrame, leaks: pd.DataFrame, *, keep: Iterable[str] = ()) -> pd.DataFrame:
    """Return the examples without what `find_leaks` named, except what `keep` insists on.

    An InputError names an entry of `keep` that is no column.

    >>> examples = pd.DataFrame({"left": ["yes", "no"] * 40, "age": range(80), "churned": [1, 0] * 40})
    >>> list(without_leaks(examples, find_leaks(examples)))
    ['age', 'churned']
    >>> list(without_leaks(examples, find_leaks(examples), keep=["left"]))
    ['left', 'age', 'churned']
    """
    kept = set(keep)
    for name in sorted(kept - {ROWS, *map(str, examples)}):
        raise InputError(f"keep_leaks: no column '{name}' in the examples{did_you_mean(name, map(str, examples))}")
    out = set(leaks["column"]) - kept
    rest = examples.drop_duplicates(_compared(examples)) if ROWS in out else examples
    return rest.drop(columns=list(out - {ROWS}))


def _labelled(examples: pd.DataFrame, label: str) -> pd.DataFrame:
    if label not in examples:
        raise InputError(f"examples: no label column '{label}'{did_you_mean(label, map(str, examples))}")
    known = examples[examples[label].notna()]
    odd = known[label][~known[label].isin([0, 1])]
    if len(odd):
        seen = ", ".join(repr(value) for value in odd.unique()[:3].tolist())
        raise InputError(f"examples: label '{label}' must be 0 or 1, found {seen} in {len(odd):,} rows")
    return known


def _folds(examples: pd.DataFrame) -> np.ndarray:
    # All rows of a customer fall into one fold, or a column that names customers would look back at itself.
    who = pd.factorize(examples["customer_id"])[0] if "customer_id" in examples else np.arange(len(examples))
    return np.random.default_rng(0).integers(0, _FOLDS, size=int(who.max(initial=0)) + 1)[who]


def _blanks_missing(values: pd.Series) -> pd.Series:
    """Return the column as numbers or as texts, with NaN for what is missing or blank."""
    if values.dtype.kind in "mM":
        return values.astype("int64").astype(float).mask(values.isna())
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(values.to_numpy(float, na_value=np.nan))
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


def _copies(values: pd.Series, churned: np.ndarray) -> tuple[str, str] | None:
    rates = pd.Series(churned).groupby(values.to_numpy(), dropna=False).agg(["min", "max"])
    if len(rates) != 2 or (rates["min"] != rates["max"]).any() or not _beyond_chance(1.0, churned):
        return None
    names = [f"'{value:g}'" if isinstance(value, float) else f"'{value}'" for value in rates.index]
    names = ["a missing value" if name == "'nan'" else name for name in names]
    words = [f"{name} is {'churned' if rate else 'stayed'}" for name, rate in zip(names, rates["max"], strict=True)]
    return "copy of the label", f"says the label in other words: {', '.join(words)}, in all {len(churned):,} rows"


def _fills_one_class(values: pd.Series, churned: np.ndarray) -> tuple[str, str] | None:
    filled = values.notna().to_numpy()
    for group, own, other in (("churned", churned, "stayed"), ("stayed", 1 - churned, "churned")):
        strangers, expected = filled.sum() - own[filled].sum(), 1 - own.mean()
        by_chance = stats.binom.cdf(strangers, filled.sum(), expected)
        if strangers <= _ALMOST_NONE * expected * filled.sum() and by_chance < _CHANCE:
            return f"filled only for {group}", (
                f"is filled in {own[filled].sum():,.0f} of {own.sum():,.0f} rows that {group} "
                f"and in {strangers:,.0f} of {len(own) - own.sum():,.0f} that {other}"
            )
    return None


def _separates(values: pd.Series, churned: np.ndarray, *, folds: np.ndarray, limit: float) -> tuple[str, str] | None:
    if values.dtype == "str" and values.nunique() > 0.5 * values.count():
        return None
    aucs = [_auc(_rates_elsewhere(values, churned, folds), churned)]
    if values.dtype != "str":
        either_end = (_auc(values.fillna(end).to_numpy(), churned) for end in (-np.inf, np.inf))
        aucs += [max(auc, 1 - auc) for auc in either_end]
    if max(aucs) <= limit or not _beyond_chance(max(aucs), churned):
        return None
    return "separates alone", f"alone tells churned from stayed with an AUC of {max(aucs):.3f}, more than {limit:.2f}"


def _beyond_chance(auc: float, churned: np.ndarray) -> bool:
    ones, rows = churned.sum(), len(churned)
    return bool(stats.norm.sf((auc - 0.5) / np.sqrt((rows + 1) / (12 * ones * (rows - ones)))) < _CHANCE)


def _rates_elsewhere(values: pd.Series, churned: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Return for every row the churn rate of its value in the other folds, drawn towards that of everybody."""
    many = values.dtype != "str" and values.nunique() > _BINS
    code = pd.factorize(pd.qcut(values.rank(), _BINS, duplicates="drop") if many else values)[0] + 1
    cell = code * _FOLDS + folds
    shape = (code.max() + 1, _FOLDS)
    count = np.bincount(cell, minlength=shape[0] * _FOLDS).reshape(shape)
    total = np.bincount(cell, weights=churned, minlength=shape[0] * _FOLDS).reshape(shape)
    others, left = count.sum(1, keepdims=True) - count, total.sum(1, keepdims=True) - total
    return np.asarray(((left + _PRIOR_ROWS * churned.mean()) / (others + _PRIOR_ROWS)).ravel()[cell])


def _auc(value: np.ndarray, churned: np.ndarray) -> float:
    ones = churned.sum()
    ranks = stats.rankdata(value)[churned == 1].sum()
    return float((ranks - ones * (ones + 1) / 2) / (ones * (len(churned) - ones)))


def _compared(examples: pd.DataFrame) -> list[str]:
    return [str(c) for c in examples if c != "customer_id"]


def _repeats(examples: pd.DataFrame, label: str) -> tuple[str, str]:
    columns = _compared(examples)
    twins = int(examples.duplicated(columns).sum())
    telling = max((examples[c].nunique() for c in columns if c != label), default=0)
    # Where no column varies from row to row, strangers look alike and a twin proves nothing.
    if twins <= _ACCIDENTAL_TWINS * len(examples) or telling <= 0.5 * (len(examples) - twins):
        return "", ""
    return "repeated rows", f"{twins:,} of {len(examples):,} rows repeat another one, so that folds would share them"
