"""One model by every attribute: where its groups lie, how far they are apart, what could not be judged.

In: the rows of a model, the groups of customers.   Out: `OfModel`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.governance.fairness.gaps import Compared, compare, judge_gaps
from workbench.governance.fairness.groups import PROXIES, Attribute, Attributes, spelt_alike
from workbench.governance.fairness.measures import SHARE, Measured, measure_mean, measure_rates
from workbench.governance.fairness.result import ABSENT, GAPS, GROUPS, SUPPRESSED
from workbench.governance.fairness.rows import Rows
from workbench.governance.fairness.sides import TOO_FEW, Sides, facts_of, split
from workbench.intervals import FEWEST

_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, eq=False, kw_only=True)
class OfModel:
    """The parts of a `Fairness` that are of one model."""

    groups: pd.DataFrame
    gaps: pd.DataFrame
    suppressed: pd.DataFrame
    absent: pd.DataFrame


def judge_model(
    model: str, read: Rows, attributes: Attributes, *, why: str | None, target_gap: float, seed: int
) -> OfModel:
    """Judge one model; its gaps are tested together. `why` is what it says of having no rows, where it has none."""
    if read.frame.empty:
        none = absent_row(model, "all", f"{TOO_FEW}: {why or 'no row has judged it'}")
        return _of_model([], [], [], [none])
    groups, suppressed, absent, compared = [], [], [], list[Compared]()
    for attribute, labels in labelled(read.frame, attributes):
        sides, facts = split(read.frame, labels), facts_of(model, attribute)
        measured = _measure(sides, read, seed) if len(sides.rows) else []
        groups += _group_rows(sides, measured, facts)
        if sides.left_out:
            suppressed.append((model, attribute.name))
        if sides.why:
            absent.append(absent_row(model, attribute.name, sides.why))
        else:
            compared += compare(measured, sides, facts)
    gaps = [judge_gaps(compared, target_gap=target_gap)] if compared else []
    return _of_model(groups, gaps, suppressed, absent)


def labelled(frame: pd.DataFrame, attributes: Attributes) -> list[tuple[Attribute, pd.Series]]:
    """Return each attribute with the group of every row (missing: not known); a row's own language goes first."""
    found = [(one, frame["customer_id"].map(one.of)) for one in attributes.held]
    if "language" not in frame:
        return found
    proxy = f"a proxy for {PROXIES['language']}"
    own = Attribute(name="language", kind="proxy", stands_for=proxy, of=pd.Series(dtype="str"))
    return [*(pair for pair in found if pair[0].name != "language"), (own, spelt_alike(frame["language"]))]


def absent_row(model: str, attribute: str, why: str) -> dict[str, str]:
    """Return a row of what could not be judged: it stays open, unless everybody is alike or nobody is judged."""
    verdict = "not applicable" if why.startswith("not applicable") else "not evidenced"
    return {"model": model, "attribute": attribute, "verdict": verdict, "why": why}


def _of_model(groups: list[Any], gaps: list[pd.DataFrame], suppressed: list[Any], absent: list[Any]) -> OfModel:
    return OfModel(
        groups=pd.DataFrame(groups, columns=list(GROUPS)),
        gaps=gaps[0][list(GAPS)] if gaps else pd.DataFrame(columns=list(GAPS)),
        suppressed=pd.DataFrame(suppressed, columns=list(SUPPRESSED)),
        absent=pd.DataFrame(absent, columns=list(ABSENT)),
    )


def _measure(sides: Sides, read: Rows, seed: int) -> list[Measured]:
    """Measure rates and, beside them, what is a mean: an error that is not 0 or 1, and calibration."""
    rows = sides.rows
    predicted, outcome = rows["predicted"].to_numpy(), rows["outcome"].to_numpy()
    measured = measure_rates(rows, metrics=(*_RATES, "error") if read.binary else _RATES, seed=seed)
    if not read.binary:
        measured.append(measure_mean("error", read.unit, rows["error"].to_numpy(), rows=rows, seed=seed))
    measured.append(measure_mean("calibration", read.unit, predicted - outcome, rows=rows, seed=seed))
    if read.unit != SHARE:
        measured.append(measure_mean("predicted_over_outcome", "ratio", predicted, of=outcome, rows=rows, seed=seed))
    return measured


def _group_rows(sides: Sides, measured: Sequence[Measured], facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [*sides.names, *(["not known" if "not known" not in sides.names else "missing"] if sides.unknown else [])]
    return [
        {
            **facts,
            "group": name,
            "metric": one.metric,
            "value": one.value[place],
            "low": one.low[place],
            "high": one.high[place],
            "unit": one.unit,
            "customers": sides.sizes[place],
            "rows": one.rows[place],
            "note": "" if np.isfinite(one.value[place]) else f"fewer than {FEWEST}",
        }
        for one in measured
        for place, name in enumerate(names)
    ]
