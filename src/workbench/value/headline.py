"""The figures by which a market's forecast of value is judged, each with its interval and what it rests on.

In: a backtest, an appraisal, what follows from it.   Out: tidy frames, one row a figure.
"""

from typing import Any

import numpy as np
import pandas as pd

from workbench.intervals import wilson
from workbench.value.appraisal import Appraisal
from workbench.value.backtest import Tested
from workbench.value.candidates import ORDER, TITLES
from workbench.value.concentration import Concentration
from workbench.value.contracts import Contracts
from workbench.value.risk import ValueAtRisk

_SHARES = {"top_decile_share", "oracle_share"}
NAMES = {
    "total_ratio": "total, forecast over spent",
    "spearman": "rank correlation",
    "top_decile_share": "spend of the top decile",
    "oracle_share": "most it could reach",
    "rmse": "RMSE",
    "mae": "MAE",
    "mae_nobody": "MAE if nobody bought",
    "deviance": "deviance",
    "coverage": "held by 90 % intervals",
}


def headline(
    tested: Tested | None = None,
    worth: Appraisal | None = None,
    *,
    contracts: Contracts | None = None,
    at_risk: ValueAtRisk | None = None,
    concentrated: Concentration | None = None,
    currency: str = "",
) -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that a value report leaves behind.

    What does not apply, or could not be judged, has no value and a note that says why.
    """
    rows = [_of_model(tested, metric) for metric in ("total_ratio", "spearman", "top_decile_share")]
    rows += [_coverage(tested), *_values(tested, worth, contracts, currency), _at_risk(at_risk, currency)]
    if concentrated is not None:
        for _, row in concentrated.figures.iterrows():
            unit = "share" if row["metric"] == "top_decile_share" else ""
            ends = {"low": row["low"], "high": row["high"], "unit": unit, "note": concentrated.note}
            rows.append(_row(f"value_{row['metric']}", row["value"], **ends))
    model = tested.model if tested else None
    rows.append(_row("model", TITLES[model] if model else None, note=tested.reason if tested else _NO_ORDERS))
    # As objects from the start: a frame of missing values and counts would turn 40 customers into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def over_time(tested: Tested) -> pd.DataFrame:
    """Return the chosen forecast's figures at every cut-off and their mean, as 'value (low to high)' for people."""
    own = tested.folds[tested.folds["model"] == tested.model].assign(fold=lambda f: f["cutoff"].dt.strftime("%Y-%m-%d"))
    mean = tested.summary[tested.summary["model"] == tested.model].assign(fold="mean")
    rows = pd.concat([own, mean], ignore_index=True)
    rows["text"] = [_written(*row) for row in rows[["value", "low", "high"]].itertuples(index=False)]
    table = rows.pivot(index="fold", columns="metric", values="text")[rows["metric"].unique().tolist()]
    return table.rename(columns=NAMES).rename_axis("cut-off", axis=0).rename_axis(None, axis=1).reset_index()


def candidates(tested: Tested) -> pd.DataFrame:
    """Return every candidate's mean figures over the cut-offs, simplest first, the chosen one marked."""
    wide = tested.summary.pivot(index="model", columns="metric", values="value")
    table = wide.reindex([name for name in ORDER if name in wide.index])[list(_COMPARED)].rename(columns=NAMES)
    table.insert(0, "chosen", [name == tested.model for name in table.index])
    return table.rename(index=TITLES).rename_axis("forecast", axis=0).rename_axis(None, axis=1).reset_index()


def interval_coverage(tested: Tested) -> pd.DataFrame:
    """Return how often the 90 % intervals held at each cut-off, and whether earlier ones had set their width."""
    known = tested.coverage
    return pd.DataFrame(
        {
            "cut-off": known["cutoff"],
            "held": known["coverage"],
            "low": known["low"],
            "high": known["high"],
            "customers": known["customers"],
            "width set by": np.where(known["calibrated"], "earlier cut-offs", "the model alone"),
        }
    )


_COMPARED = ("total_ratio", "spearman", "top_decile_share", "rmse", "mae")
_NO_ORDERS = "not applicable: no `orders` table"


def _written(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "not measured"
    digits = ".3f" if max(abs(value), abs(high)) < 10 else ",.0f"
    return f"{value:{digits}} ({low:{digits}} to {high:{digits}})"


def _of_model(tested: Tested | None, metric: str) -> dict[str, Any]:
    unit = "share" if metric in _SHARES else ""
    if tested is None or tested.model is None:
        return _row(metric, None, unit=unit, note=tested.reason if tested else _NO_ORDERS)
    found = tested.summary.query("model == @tested.model and metric == @metric").iloc[0]
    cutoffs = tested.folds["cutoff"].nunique()
    note = f"mean over {cutoffs} cut-offs, {tested.horizon_days} days ahead"
    if metric == "top_decile_share":
        oracle = tested.summary.query("model == @tested.model and metric == 'oracle_share'").iloc[0]
        note += f"; nobody could reach more than {oracle['value']:.1%}"
    return _row(metric, float(found["value"]), low=found["low"], high=found["high"], unit=unit, note=note)


def _coverage(tested: Tested | None) -> dict[str, Any]:
    if tested is None or tested.model is None:
        return _row("interval_coverage", None, unit="share", note=tested.reason if tested else _NO_ORDERS)
    known = tested.coverage[tested.coverage["calibrated"]]
    if known.empty:
        return _row("interval_coverage", None, unit="share", note="no cut-off came after another: not measured")
    held, n = float((known["coverage"] * known["customers"]).sum()), float(known["customers"].sum())
    value, low, high = (float(end) for end in wilson(held, n))
    note = f"of 90 % intervals, at {len(known)} cut-offs after the first"
    return _row("interval_coverage", value, low=low, high=high, unit="share", note=note)


def _values(
    tested: Tested | None, worth: Appraisal | None, contracts: Contracts | None, currency: str
) -> list[dict[str, Any]]:
    rows = []
    if worth is not None and tested is not None:
        total = float(worth.customers["value"].sum())
        low, high, note = _span(tested, total)
        if doubts := ", ".join(one.name.replace("_", " ") for one in worth.cautions):
            note = f"{note} To be wary of: {doubts}."
        rows.append(_row("customers", len(worth.customers), unit="customers", note="valued today"))
        rows.append(_row("value_total", total, low=low, high=high, unit=currency, note=f"{worth.method} {note}"))
    if contracts is not None:
        known = contracts.customers["value"].dropna()
        note = contracts.hazard.reason or f"{len(known):,} holders of a plan as of {contracts.as_of:%Y-%m-%d}"
        rows.append(_row("value_subscriptions", known.sum() if len(known) else None, unit=currency, note=note))
    return rows


def _span(tested: Tested, total: float) -> tuple[float | None, float | None, str]:
    """Return where the total would lie if the forecast were off as it was at past cut-offs."""
    if tested.model is None:
        return None, None, "Its error is not known."
    ratios = tested.folds.query("model == @tested.model and metric == 'total_ratio'")["value"]
    return total / ratios.max(), total / ratios.min(), "The range is what past errors of the total would make of it."


def _at_risk(found: ValueAtRisk | None, currency: str) -> dict[str, Any]:
    if found is None:
        return _row(
            "value_at_risk", None, unit=currency, note="run the notebook churn first: no probability of leaving"
        )
    return _row("value_at_risk", found.total, low=found.low, high=found.high, unit=currency, note=found.note)


def _row(name: str, value: Any, *, low: Any = None, high: Any = None, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "low": low, "high": high, "unit": unit, "note": note}
