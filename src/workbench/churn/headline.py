"""The figures by which a market's churn model is judged, each with its interval and what it rests on.

In: a backtest and the examples behind it.   Out: a tidy frame, one row a figure.
"""

from typing import Any

import pandas as pd

from workbench.churn.backtest import Backtest
from workbench.churn.gather import Gathered
from workbench.churn.models import RULES
from workbench.churn.quality import base_rates
from workbench.churn.worth import Worth
from workbench.explain.wording import readable

_METRICS = {
    "auc": "",
    "average_precision": "",
    "brier": "",
    "calibration_error": "",
    "capture_top_decile": "share",
}
_SCOPES = {"local": "learnt from this market alone", "pooled": "learnt from other markets, too; country is a feature"}


def headline(result: Backtest, gathered: Gathered, **gains: Worth) -> pd.DataFrame:
    """Return name, value, low, high, unit and note of the figures that a churn report leaves behind.

    Without a chosen model the value of its figures is missing and the note says why. `auc_baseline` is the best rule's;
    `churn_rate` is that of the latest cut-off whose outcome is known. `gains` are what features were worth, by the
    names that their figures are to have.
    """
    rows = [_of_model(result, metric, unit) for metric, unit in _METRICS.items()]
    rows.insert(1, _baseline(result))
    rows += [
        _row("customers", len(gathered.today), unit="customers", note="scored today"),
        _churn_rate(gathered),
        _row("model", result.model and readable(result.model), note=result.reason),
        _row("scope", result.scope if result.model else None, note=_SCOPES[result.scope] if result.model else ""),
    ]
    rows += [_row(name, one.value, low=one.low, high=one.high, note=one.note) for name, one in gains.items()]
    # As objects from the start: a frame of missing values and counts would turn 40 customers into 40.0.
    return pd.DataFrame(rows).assign(value=pd.Series([row["value"] for row in rows], dtype=object))


def over_time(result: Backtest) -> pd.DataFrame:
    """Return the chosen model's metrics at every judged cut-off and their mean, as 'value (low to high)' for people.

    Folds without a cut-off are parts of one time: only their mean is shown.
    """
    own = ["model == @result.model", "scope == @result.scope"]
    mean = result.summary.query(" and ".join(own)).assign(fold="mean")
    dated = result.folds.query(" and ".join([*own, "cutoff.notna()"]))
    rows = pd.concat([dated, mean], ignore_index=True)
    rows["text"] = [
        f"{value:.3f} ({low:.3f} to {high:.3f})" for value, low, high in rows[["value", "low", "high"]].values
    ]
    table = rows.pivot(index="fold", columns="metric", values="text")[mean["metric"].tolist()]
    return table.rename(columns=readable).rename_axis("cut-off", axis=0).rename_axis(None, axis=1).reset_index()


def _of_model(result: Backtest, metric: str, unit: str) -> dict[str, Any]:
    if result.model is None:
        return _row(metric, None, unit=unit, note=result.reason)
    found = result.summary.query("model == @result.model and scope == @result.scope and metric == @metric").iloc[0]
    folds = result.folds["fold"].nunique()
    note = f"mean over {folds} folds that the model had not seen"
    return _row(metric, float(found["value"]), low=found["low"], high=found["high"], unit=unit, note=note)


def _baseline(result: Backtest) -> dict[str, Any]:
    if result.model is None:
        return _row("auc_baseline", None, note=result.reason)
    rules = result.summary[result.summary["model"].isin(list(RULES)) & (result.summary["metric"] == "auc")]
    if rules.empty:
        return _row("auc_baseline", None, note="no rule applies: no orders and no tenure")
    best = rules.nlargest(1, "value").iloc[0]
    note = f"the best rule: {readable(best['model'])}"
    return _row("auc_baseline", float(best["value"]), low=best["low"], high=best["high"], note=note)


def _churn_rate(gathered: Gathered) -> dict[str, Any]:
    if gathered.past.empty:
        return _row("churn_rate", None, unit="share", note="no outcome is known yet")
    dated = "cutoff" in gathered.past
    past = gathered.past if dated else gathered.past.assign(cutoff=pd.Timestamp(0))
    latest = base_rates(past).iloc[-1]
    note = gathered.definition + (f" of {latest['cutoff']:%Y-%m-%d}" if dated else "")
    return _row("churn_rate", latest["churn_rate"], low=latest["low"], high=latest["high"], unit="share", note=note)


def _row(name: str, value: Any, *, low: Any = None, high: Any = None, unit: str = "", note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "low": low, "high": high, "unit": unit, "note": note}
