"""Were groups treated alike by what was really decided, also where the score was the same?

In: the tables of a CRM, the groups of customers.   Out: a frame of gaps by model and action.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ibis
import numpy as np
import pandas as pd

from workbench.governance.fairness.gaps import SHOWN_BELOW, Compared, compare, judge_gaps
from workbench.governance.fairness.groups import Attributes, spelt_alike
from workbench.governance.fairness.measures import measure_rates
from workbench.governance.fairness.result import GAPS, KEY
from workbench.governance.fairness.sides import Sides, facts_of, split
from workbench.intervals import Z

DECISIONS = (*KEY, "action", *GAPS[len(KEY) :], "at_equal_score", "equal_low", "equal_high")
_MOST_ACTIONS = 5
_FIFTHS = (0.2, 0.4, 0.6, 0.8)
_NEEDED = ["customer_id", "model", "action"]


def judge_decisions(
    tables: Mapping[str, ibis.Table], attributes: Attributes, *, target_gap: float, seed: int
) -> tuple[pd.DataFrame, str]:
    """Return how often each action was taken, by groups, and why there is nothing of it.

    Of two actions the rarer is judged, of more each of the five most frequent against the rest. A customer is the unit
    with all decisions on it. at_equal_score is the difference of the same two groups within fifths of the score
    (Mantel and Haenszel's weights; Greenland and Robins, 1985); equal_low and equal_high (95 %) hold for all pairs of
    groups at once, as these two were picked for being farthest apart.
    """
    if "decisions" not in tables:
        return pd.DataFrame(columns=list(DECISIONS)), "Not applicable: there is no table decisions."
    wanted = [name for name in (*_NEEDED, "score") if name in tables["decisions"].columns]
    rows: pd.DataFrame = tables["decisions"].select(*wanted).to_pyarrow().to_pandas()
    rows = rows.dropna(subset=_NEEDED).astype({"customer_id": "str"})
    rows = rows.assign(action=spelt_alike(rows["action"]), model=spelt_alike(rows["model"]))
    parts = [_of_model(str(m), of, attributes, target_gap, seed) for m, of in rows.groupby("model")]
    found = [part for part in parts if len(part)]
    if not found:
        none = "no model has taken two different actions on groups that can be compared"
        return pd.DataFrame(columns=list(DECISIONS)), f"Not applicable: {none if len(rows) else 'no decisions'}."
    return pd.concat(found, ignore_index=True), ""


def equal_score_gap(rows: pd.DataFrame, *, score: str = "score", critical: float = Z) -> tuple[float, float, float]:
    """Return the difference of `selected` between side 1 and side 0 within fifths of the score, and its interval.

    `rows` has unit, side (0 or 1), selected (0 or 1) and the score; NaN without scores. The variance is that of
    linearised totals of units, weights taken as given; the interval is `critical` standard errors to either side.

    >>> rows = pd.DataFrame({"unit": range(40), "side": [0, 1] * 20, "selected": [0, 1] * 20, "score": 0.5})
    >>> equal_score_gap(rows)
    (1.0, 1.0, 1.0)
    """
    rows = rows.dropna(subset=[score]) if score in rows else rows.iloc[:0]
    if rows.empty:
        return (np.nan,) * 3
    stratum = np.searchsorted(np.unique(rows[score].quantile(list(_FIFTHS))), rows[score], side="right")
    side, selected = rows["side"].to_numpy(), rows["selected"].to_numpy(dtype=float)
    held = np.bincount(stratum * 2 + side, minlength=10).reshape(-1, 2).astype(float)
    taken = np.bincount(stratum * 2 + side, weights=selected, minlength=10).reshape(-1, 2)
    total = held.sum(axis=1)
    weight = np.divide(held.prod(axis=1), total, out=np.zeros(len(held)), where=total > 0)
    if not weight.sum():
        return (np.nan,) * 3
    rate = np.divide(taken, held, out=np.zeros(held.shape), where=held > 0)
    weight /= weight.sum()
    value = float(weight @ (rate[:, 1] - rate[:, 0]))
    # Rates of few rows lie too close to these rows.
    scale = np.sqrt(held / np.maximum(held - 1, 1)) / np.maximum(held, 1)
    off = (selected - rate[stratum, side]) * weight[stratum] * scale[stratum, side] * np.where(side == 1, 1, -1)
    owner, owners = pd.factorize(rows["unit"])
    margin = critical * float(np.sqrt((np.bincount(owner, weights=off, minlength=len(owners)) ** 2).sum()))
    return value, value - margin, value + margin


def _of_model(model: str, rows: pd.DataFrame, attributes: Attributes, target_gap: float, seed: int) -> pd.DataFrame:
    often = rows["action"].value_counts()
    actions = [often.index[1]] if len(often) == 2 else list(often.index[:_MOST_ACTIONS]) if len(often) > 2 else []
    frame = rows.reset_index(drop=True).assign(unit=pd.factorize(rows["customer_id"])[0])
    compared: list[Compared] = []
    for attribute in attributes.held:
        sides = split(frame, frame["customer_id"].map(attribute.of))
        if not sides.why:
            compared += [one for a in actions for one in _of_action(a, sides, facts_of(model, attribute), seed)]
    return judge_gaps(compared, target_gap=target_gap)[list(DECISIONS)] if compared else pd.DataFrame()


def _of_action(action: str, sides: Sides, facts: Mapping[str, Any], seed: int) -> list[Compared]:
    rows = sides.rows.assign(selected=sides.rows["action"].eq(action).astype(int), actual=0, wrong=0)
    measured = measure_rates(rows, metrics=["selection_rate"], seed=seed)
    compared = compare(measured, sides, {**facts, "action": action})
    return [_with_equal_score(one, rows, sides.names) for one in compared]


def _with_equal_score(one: Compared, rows: pd.DataFrame, names: Any) -> Compared:
    value, low, high = np.nan, np.nan, np.nan
    if one.row["highest"]:
        place = {names.index(one.row["highest"]): 1, names.index(one.row["lowest"]): 0}
        pair = rows[rows["group"].isin(list(place))]
        pair = pair.assign(side=pair["group"].map(place))
        value, low, high = equal_score_gap(pair, critical=one.critical(SHOWN_BELOW))
    return replace(one, row={**one.row, "at_equal_score": value, "equal_low": low, "equal_high": high})
