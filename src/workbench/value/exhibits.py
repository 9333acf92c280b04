"""What a value report shows, section by section: figures and tables by their captions, for `charts.show`.

In: the results of the other modules.   Out: axes, frames and sentences by caption.
"""

import pandas as pd

from workbench.charts import Exhibits
from workbench.value.acquisition import acquisition, predicted_cac, predicted_cac_check
from workbench.value.appraisal import Appraisal
from workbench.value.backtest import Tested
from workbench.value.buying import compare
from workbench.value.concentration import Concentration
from workbench.value.contracts import Contracts
from workbench.value.follow_plots import plot_acquisition, plot_lorenz, plot_plan, plot_survival, plot_value_by_risk
from workbench.value.headline import NAMES, candidates, interval_coverage, over_time
from workbench.value.plots import plot_candidates, plot_deciles, plot_season, plot_totals
from workbench.value.quality import decile_calibration
from workbench.value.risk import RetentionPlan, ValueAtRisk
from workbench.value.segments import segments, value_by_risk

_CHECKED = ["month", "holders", "predicted", "kaplan_meier", "observed", "low", "high", "brier", "brier_kaplan_meier"]


def of_process(worth: Appraisal) -> Exhibits:
    """Show how values were made, what to be wary of, the processes compared, their parameters and the season."""
    process = worth.process
    return {
        "method": f"Values: {worth.method} By likelihood, {process.spending.reason}; backtests decide which is used.",
        "What to be wary of": worth.doubts,
        "The processes on all histories; p: chance of fitting so much worse (against the best)": compare(
            process.seasonal
        ),
        "Parameters of buying and leaving, in weeks of an average season": process.buying.parameters,
        f"Orders by month, {process.season.note}": plot_season(process.season),
    }


def of_backtest(tested: Tested, longer: pd.DataFrame, *, months: int, currency: str) -> Exhibits:
    """Show how good every forecast would have been, and how often intervals held; `longer` is `check_lifetime`'s."""
    found: Exhibits = {"choice": tested.reason}
    if tested.model is None:
        return found
    deciles = plot_deciles(decile_calibration(tested.scores), currency=currency)
    found |= {
        "Every forecast, mean over the cut-offs": candidates(tested),
        "Rank correlation with what was spent, 95 % intervals": plot_candidates(tested),
        "Total forecast over total spent, at every cut-off": plot_totals(tested),
        "The chosen forecast at every cut-off, with 95 % intervals": over_time(tested),
        "Mean forecast and mean spend of each tenth of the customers": deciles,
        "How often the 90 % intervals held what was spent": interval_coverage(tested),
    }
    if longer.empty:
        return found | {
            "longer": f"What {months} months ahead would have been forecast: not measured, the history is short."
        }
    told = longer.assign(metric=longer["metric"].map(NAMES)).rename(columns={"n": "customers"})
    return found | {f"What would have been forecast {months} months ago for {months} months, and what came": told}


def of_contracts(contracts: Contracts) -> Exhibits:
    """Show how long plans last, what moves their end, and what would have been said a year ago."""
    return {
        "Plans that run today: how many will still run, with Kaplan and Meier's curve": plot_survival(contracts.curve),
        contracts.hazard.reason or "What moves the chance that a plan ends, in log-odds": contracts.hazard.terms,
        "Said a year ago, and what came": contracts.check[_CHECKED],
    }


def of_spread(spread: Concentration, features: pd.DataFrame | None, valued: pd.DataFrame) -> Exhibits:
    """Show how value is spread over customers, and who they are in words."""
    found: Exhibits = {f"How value is spread over customers. {spread.note}".strip(): plot_lorenz(spread)}
    if features is not None:
        told = segments(features, valued)
        shown = told.summary[["segment", "customers", "share_of_value", "words"]]
        found[". ".join(filter(None, ["Segments by recency, frequency and money", told.note]))] = shown
    return found


def of_plan(
    at_risk: ValueAtRisk, plan: RetentionPlan, scores: pd.DataFrame, *, threshold: float, currency: str
) -> Exhibits:
    """Show value by risk, and what a budget saves by this plan and by others."""
    grid = value_by_risk(at_risk.customers, scores, thresholds=(threshold / 2, threshold))
    return {
        "Value by risk: what to do with whom": plot_value_by_risk(grid, currency=currency),
        "The same in words": grid[["value_third", "risk", "customers", "share_of_value", "action", "words"]],
        "Value saved by what is spent, in three orders of contact": plot_plan(plan, currency=currency),
        "Value saved by this plan, and by as many contacts in other orders": plan.orders,
    }


def of_acquisition(
    valued: pd.DataFrame,
    *,
    months: int,
    as_of: pd.Timestamp,
    currency: str,
    customers: pd.DataFrame | None = None,
    leads: pd.DataFrame | None = None,
    campaigns: pd.DataFrame | None = None,
) -> Exhibits:
    """Show what customers cost and are worth by channel, what the next one will cost, and how right that was before."""
    people = valued[["customer_id"]] if customers is None else customers
    channels = acquisition(people, valued, horizon_months=months, leads=leads, campaigns=campaigns)
    found: Exhibits = {"What customers cost and are worth, by channel": channels}
    if channels["cac"].notna().any():
        drawn = plot_acquisition(channels, currency=currency)
        found["Value and cost of a customer by channel, 95 % intervals"] = drawn
    if leads is None:
        return found | {"leads": "What the next customer will cost: not applicable, no `leads` table."}
    return found | {
        "What the next customer will cost, by source": predicted_cac(leads, as_of=as_of, campaigns=campaigns),
        "The same said a year ago, and what was paid": predicted_cac_check(leads, as_of=as_of, campaigns=campaigns),
    }
