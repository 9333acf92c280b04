"""Value: what is each customer worth, how sure are we, and what follows from it?

In: features of churn's kind at past cut-offs and of today, lazy orders; or subscriptions.   Out, from the one before:

    gather                    examples with what was spent, and the daily volume of orders
    backtest                  the forecast that this market should use, and how good it would have been
    worth_of_fields           what each field of the CRM was worth to a learned forecast
    appraise                  every customer's value over the months ahead, with 90 % intervals and doubts
    check_lifetime            what would have been forecast that many months ago, against what came
    appraise_subscriptions    the same for plans that run until they are ended: survival, and value from it
    concentration             how unequal customers are
    value_at_risk             probability of leaving x value; retention_plan under a budget
    segments, value_by_risk   who they are, in words
    acquisition               what they cost and whether it pays; predicted_cac
    headline                  the figures by which all this is judged; over_time, candidates, interval_coverage
    contest                   every forecast and a large one, for `workbench.emissions` to compare
    about, judged             what the forecast says of itself, and how each outcome came out, for governance
    of_process, of_backtest … what each section shows, for `charts.show`
    ways                      what `workbench.explain` needs to say why

Below: histories, bgnbd and paretonbd (buying), gammagamma and lognormal (spending), season (the clock), process
(both on that clock), learned, candidates, conformal, quality, survival. Figures are `plot_<noun>(…)`.
"""

from workbench.value.about import about, judged
from workbench.value.acquisition import acquisition, predicted_cac, predicted_cac_check
from workbench.value.appraisal import Appraisal, appraise, check_lifetime
from workbench.value.backtest import Tested, backtest
from workbench.value.buying import Buying, compare, fit_buying
from workbench.value.concentration import Concentration, concentration
from workbench.value.contest import contest
from workbench.value.contracts import Contracts, appraise_subscriptions
from workbench.value.examples import Gathered, gather, returned_share, with_spend
from workbench.value.exhibits import of_acquisition, of_backtest, of_contracts, of_plan, of_process, of_spread
from workbench.value.fields import worth_of_fields
from workbench.value.follow_plots import plot_acquisition, plot_lorenz, plot_plan, plot_survival, plot_value_by_risk
from workbench.value.headline import candidates, headline, interval_coverage, over_time
from workbench.value.histories import histories, histories_of
from workbench.value.learned import predict
from workbench.value.plots import plot_candidates, plot_deciles, plot_season, plot_totals
from workbench.value.procedure import ways
from workbench.value.process import Process, fit_process, forecast, lifetime_value
from workbench.value.quality import decile_calibration, quality
from workbench.value.risk import PLAN_FORMATS, RetentionPlan, ValueAtRisk, retention_plan, value_at_risk
from workbench.value.season import Season, daily_volume, season
from workbench.value.segments import Segments, segments, value_by_risk
from workbench.value.spending import Spending, fit_spending

__all__ = [
    "PLAN_FORMATS",
    "Appraisal",
    "Buying",
    "Concentration",
    "Contracts",
    "Gathered",
    "Process",
    "RetentionPlan",
    "Season",
    "Segments",
    "Spending",
    "Tested",
    "ValueAtRisk",
    "about",
    "acquisition",
    "appraise",
    "appraise_subscriptions",
    "backtest",
    "candidates",
    "check_lifetime",
    "compare",
    "concentration",
    "contest",
    "daily_volume",
    "decile_calibration",
    "fit_buying",
    "fit_process",
    "fit_spending",
    "forecast",
    "gather",
    "headline",
    "histories",
    "histories_of",
    "interval_coverage",
    "judged",
    "lifetime_value",
    "of_acquisition",
    "of_backtest",
    "of_contracts",
    "of_plan",
    "of_process",
    "of_spread",
    "over_time",
    "plot_acquisition",
    "plot_candidates",
    "plot_deciles",
    "plot_lorenz",
    "plot_plan",
    "plot_season",
    "plot_survival",
    "plot_totals",
    "plot_value_by_risk",
    "predict",
    "predicted_cac",
    "predicted_cac_check",
    "quality",
    "retention_plan",
    "returned_share",
    "season",
    "segments",
    "value_at_risk",
    "value_by_risk",
    "ways",
    "with_spend",
    "worth_of_fields",
]
