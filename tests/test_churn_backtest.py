import numpy as np
import pandas as pd
import pytest

from workbench.churn.backtest import Backtest, backtest, fit_chosen, known_at
from workbench.churn.models import score
from workbench.errors import InputError

MONTHS = list(pd.date_range("2023-01-01", "2024-06-01", freq="MS"))


def make(customers: int, *, by: str, seed: int = 0, country: str = "DE") -> pd.DataFrame:
    """Return monthly examples of customers whose churn depends on one column besides chance."""
    rng = np.random.default_rng(seed)
    size = (len(MONTHS), customers)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile([f"{country}{number}" for number in range(customers)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, customers),
            "season_ratio": 1.0,
            "recency_days": rng.exponential(90, size).ravel().round(),
            "spend": rng.lognormal(3, 1, size).ravel(),
            "country": country,
        }
    )
    log_odds = {"recency_days": np.log1p(frame["recency_days"]) * 1.5 - 6, "spend": np.log1p(frame["spend"]) * 2 - 6}
    return frame.assign(churned=(rng.random(len(frame)) < 1 / (1 + np.exp(-log_odds[by]))).astype(int))


@pytest.fixture(scope="module")
def by_recency() -> Backtest:
    return backtest(make(400, by="recency_days"), horizon_days=90)


def test_the_simplest_model_within_one_standard_error_is_chosen(by_recency: Backtest):
    assert by_recency.model == "recency"
    assert by_recency.candidates["auc"].between(by_recency.candidates["auc"].max() - 0.03, 1).any()


def test_a_better_model_is_chosen_where_the_rule_misses_the_point():
    result = backtest(make(400, by="spend"), horizon_days=90)
    assert result.model == "logistic"
    assert "no simpler one lies within one standard error" in result.reason


def test_folds_are_the_latest_four_a_horizon_apart(by_recency: Backtest):
    folds = sorted(by_recency.scores["cutoff"].unique())
    assert folds == list(pd.to_datetime(["2023-09-01", "2023-12-01", "2024-03-01", "2024-06-01"]))
    assert set(by_recency.folds["metric"]) >= {"auc", "brier", "calibration_error", "capture_top_decile"}
    assert by_recency.scores["probability"].between(0, 1).all()


def test_no_outcome_after_the_judged_cutoff_reaches_a_model():
    examples = make(300, by="spend")
    judged = pd.Timestamp("2024-01-01")
    unknown_by_then = examples["cutoff"] + pd.Timedelta(days=90) > judged
    changed = examples.assign(churned=examples["churned"].where(~unknown_by_then, 1 - examples["churned"]))
    before, after = (backtest(frame, horizon_days=90, judged=[judged]) for frame in (examples, changed))
    # With every outcome turned round, a ranking learnt from what was known by then is turned round exactly.
    for model in ("recency", "trees"):
        auc = [r.candidates.set_index("model").loc[model, "auc"] for r in (before, after)]
        assert auc[0] == pytest.approx(1 - auc[1])


def test_examples_known_at_a_time_are_over_by_then_and_a_year_old_at_most():
    known = known_at(make(1, by="spend"), pd.Timestamp("2024-06-01"), horizon_days=90)
    assert known["cutoff"].min() == pd.Timestamp("2023-04-01")
    assert known["cutoff"].max() == pd.Timestamp("2024-03-01")


def test_a_small_market_is_judged_by_a_pooled_model_or_not_at_all():
    small = make(25, by="spend", seed=1, country="ES")
    pool = pd.concat([small, make(300, by="spend")])
    assert backtest(small, horizon_days=90).model is None
    result = backtest(small, horizon_days=90, pooled=pool)
    assert result.scope == "pooled"
    assert not result.candidates[["model", "auc"]].duplicated().any()
    assert set(result.scores["customer_id"]) == set(small["customer_id"])


@pytest.mark.parametrize("churned", [0, 1])
def test_one_class_and_few_rows_are_not_enough_data(churned: int):
    for examples in (make(200, by="spend").assign(churned=churned), make(3, by="spend")):
        result = backtest(examples, horizon_days=90)
        assert result.model is None
        assert result.reason.startswith("not enough data: ")
        with pytest.raises(InputError, match="not enough data"):
            fit_chosen(result, examples)


def test_without_cutoffs_it_is_cross_validated():
    examples = make(20, by="spend").drop(columns=["cutoff", "season_ratio"]).assign(tenure_months=5)
    examples["customer_id"] = examples.index.astype(str)
    result = backtest(examples, horizon_days=90)
    assert result.scores["fold"].nunique() == 25
    assert "seasonal" not in set(result.calibrations["calibration"])
    assert result.summary.query("model == @result.model and metric == 'auc'")["value"].item() > 0.7


def test_what_was_chosen_is_fitted_on_all_that_is_known_and_scores_today(by_recency: Backtest):
    examples = make(400, by="recency_days")
    today = make(50, by="recency_days", seed=9).head(50).assign(cutoff=pd.Timestamp("2024-09-01"), churned=np.nan)
    model = fit_chosen(by_recency, pd.concat([examples, today]))
    assert model.trained_to == pd.Timestamp("2024-06-01")
    assert score(model, today).customers["probability"].between(0, 1).all()


def test_a_judged_cutoff_without_examples_is_refused():
    with pytest.raises(InputError, match="no examples at the cut-off 2024-06-15"):
        backtest(make(5, by="spend"), horizon_days=90, judged=[pd.Timestamp("2024-06-15")])


def test_a_large_market_is_learnt_from_a_part_and_judged_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(backtest.__globals__, "_MOST_EXAMPLES", 900)
    examples = make(300, by="spend")
    result = backtest(examples, horizon_days=90)
    assert result.model == "logistic"
    assert len(result.scores) == 4 * 300
