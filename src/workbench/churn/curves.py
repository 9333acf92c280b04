"""How good is the model with fewer fields of the CRM? AUC out of time at every size.

In: a backtest and what fields are worth.   Out: a curve: size, name, value, low, high, se.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise

import numpy as np
import pandas as pd

from workbench.churn.backtest import Backtest
from workbench.churn.dropping import encode
from workbench.churn.fields import AMOUNT, NEEDED, folds_of, grouped, reading
from workbench.churn.gather import Gathered
from workbench.churn.quality import delong
from workbench.intervals import Z

_MOST_POINTS = 12
_NOTHING = {"size": [0], "name": [""], "value": [0.0], "low": [0.0], "high": [0.0], "se": [0.0]}


def curve_of_fields(
    tested: Backtest, gathered: Gathered, worths: pd.DataFrame, *, horizon_days: int, seed: int = 0
) -> pd.DataFrame:
    """Return the chosen model's AUC on the latest fold with ever more fields, the worthiest first: at most 12 points.

    `size` counts the fields held, `name` those that this point adds; the first has only what churn is defined by. Low
    and high are DeLong's 95 % interval (1988); `se` is the standard error of the difference to the best point, on the
    same customers. The order comes from earlier folds than the one judged (`earlier` of `worth_of_fields`), and a field
    stays as long as a worthier one needs it. `attrs['note']` says what was judged. With one fold, or nothing measured,
    the curve is empty and the note says so.
    """
    if worths["earlier"].isna().all():
        whys = worths.loc[worths["note"].str.startswith("not measured"), "note"]
        return no_curve(whys.iloc[0] if len(whys) else "there is one fold only, none before it to order fields by")
    groups = grouped(reading(gathered))
    steps = _thinned(_steps(groups, worths))
    fold = folds_of(tested, gathered, horizon_days=horizon_days, seed=seed)[-1]
    encoded = encode(fold, model=tested.model or "", seed=seed)
    held: set[str] = set()
    chances = []
    for fields in steps:
        held |= set(fields)
        lost = [column for columns, needed in groups.items() if not held.issuperset(needed) for column in columns]
        chances.append(encoded.chance(without=lost))
    names = [", ".join(f"{field} (more than its sign)" if field == AMOUNT else field for field in s) for s in steps]
    found = curve([*accumulate(map(len, steps))], names, fold.churned, chances)
    found.attrs["note"] = f"{tested.model} judged at the cut-off {fold.name}, fields in the order of earlier folds"
    return found


def curve(
    sizes: Sequence[int], names: Sequence[str], churned: np.ndarray, chances: Sequence[np.ndarray]
) -> pd.DataFrame:
    """Return a curve of AUCs from chances of the same customers at every size."""
    auc, covariance = delong(churned, *chances)
    best, variance = int(np.argmax(auc)), np.diag(covariance)
    margin = Z * np.sqrt(variance)
    behind = np.sqrt(np.clip(variance[best] + variance - 2 * covariance[best], 0, None))
    figures = {"value": auc, "low": np.maximum(auc - margin, 0), "high": np.minimum(auc + margin, 1), "se": behind}
    return pd.DataFrame({"size": np.asarray(sizes, int), "name": list(names), **figures})


def no_curve(why: str) -> pd.DataFrame:
    """Return a curve without points whose note says why."""
    found = pd.DataFrame(_NOTHING).head(0)
    found.attrs["note"] = f"not enough data: {why.removeprefix('not measured: ')}"
    return found


def _steps(groups: Mapping[tuple[str, ...], list[str]], worths: pd.DataFrame) -> list[list[str]]:
    """Return the fields that come together at each point: what is needed, then the worthiest first.

    What others are computed with is worth as much as the worthiest of them, and comes before them.
    """
    earlier = worths.set_index("field")["earlier"].fillna(-np.inf)
    own = {columns: earlier[fields[0]] for columns, fields in groups.items()}
    worthiest = {one: max(worth for other, worth in own.items() if {*other} <= {*one}) for one in groups}
    needed = [fields for fields in groups.values() if {*fields} & {*NEEDED}]
    others = [columns for columns, fields in groups.items() if fields not in needed]
    ranked = sorted(others, key=lambda columns: (-worthiest[columns], -len(columns)))
    return [*needed, *(groups[columns] for columns in ranked)]


def _thinned(steps: list[list[str]]) -> list[list[str]]:
    """Put steps together so that at most twelve are left, the first and the last among their ends."""
    ends = np.unique(np.linspace(1, len(steps), min(len(steps), _MOST_POINTS)).round().astype(int))
    return [[*chain(*steps[start:end])] for start, end in pairwise([0, *ends])]
