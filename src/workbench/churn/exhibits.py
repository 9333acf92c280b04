"""What a churn report shows of the backtest: figures and tables by their captions, for `charts.show`.

In: a backtest.   Out: axes and frames by caption.
"""

from workbench.charts import Exhibits
from workbench.churn.backtest import Backtest
from workbench.churn.headline import over_time
from workbench.churn.plots import plot_calibration, plot_capture, plot_quality
from workbench.churn.quality import calibration, deciles


def of_backtest(tested: Backtest, *, target: float) -> Exhibits:
    """Show how good every candidate would have been, and how far the chosen one could be trusted; none: nothing."""
    if tested.model is None:
        return {}
    scores = tested.scores
    return {
        "AUC on data not learnt from, 95 % intervals": plot_quality(tested, target=target),
        "Predicted and observed churn": plot_calibration(calibration(scores), probability=scores["probability"]),
        "Churners reached, the riskiest contacted first": plot_capture(
            deciles(scores), churn_rate=scores["churned"].mean()
        ),
        "The chosen model at every cut-off, with 95 % intervals": over_time(tested),
    }
