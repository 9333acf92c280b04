"""The explanation of a churn score knows how it came about, whatever was learnt from: orders, a pool, or a label."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.churn import models
from workbench.churn.backtest import Backtest
from workbench.churn.gather import Gathered
from workbench.churn.models import Model
from workbench.churn.procedure import fit_resampled, procedure

CUTOFFS = pd.to_datetime(["2024-01-01", "2024-04-01"])
TODAY = pd.Timestamp("2024-07-01")
TERMS = {"threshold": 0.4, "horizon_days": 90}


def examples(customers: int = 300) -> pd.DataFrame:
    """Return two cut-offs of customers who leave the more likely, the longer they have been silent."""
    rng = np.random.default_rng(4)
    ids = [f"c{n}" for n in range(customers)]
    parts = [pd.DataFrame({"customer_id": ids, "cutoff": cutoff}) for cutoff in CUTOFFS]
    frame = pd.concat(parts, ignore_index=True)
    frame["recency_days"] = rng.integers(0, 300, len(frame))
    frame["orders"] = rng.integers(1, 9, len(frame))
    frame["churned"] = pd.array((rng.random(len(frame)) < frame["recency_days"] / 300).astype(int), dtype="Int64")
    return frame


def gathered(past: pd.DataFrame, pool: pd.DataFrame | None = None) -> Gathered:
    today = past.drop_duplicates("customer_id").assign(cutoff=TODAY, churned=None)
    return Gathered(kind="orders", definition="", past=past, today=today, pool=pool)


def backtested(**changes: object) -> Backtest:
    nothing = pd.DataFrame()
    frames = dict.fromkeys(("candidates", "calibrations", "folds", "summary", "scores"), nothing)
    found = Backtest(model="logistic", scope="local", calibration="none", reason="", **frames)
    return replace(found, **changes)


@pytest.fixture(scope="module")
def model() -> Model:
    return models.fit(examples(), model="logistic")


def test_the_procedure_is_what_was_done(model: Model) -> None:
    found = procedure(backtested(), model, gathered(examples()), contact="Ms Weber", **TERMS)
    assert (found.subject, found.model, found.threshold, found.horizon) == ("risk", "logistic", 0.4, 90)
    assert (found.customers, found.learnt_to) == (300, date(2024, 7, 1))
    assert found.columns == ("recency_days", "orders")
    assert found.principles == ("simple_first", "baselines", "past_only")
    assert (found.calibrated, found.reviewed, found.contact) == (False, None, "Ms Weber")


def test_a_calibrated_model_says_so() -> None:
    model = models.fit(examples(), model="recency", calibration="sigmoid")
    found = procedure(backtested(model="recency"), model, gathered(examples()), **TERMS)
    assert (found.calibrated, found.model, found.columns) == (True, "recency", ("recency_days",))


def test_a_customer_whose_outcome_is_not_known_taught_nothing(model: Model) -> None:
    past = examples()
    past.loc[past["customer_id"].isin(["c0", "c1"]), "churned"] = None
    assert procedure(backtested(), model, gathered(past), **TERMS).customers == 298


def test_a_pooled_model_learnt_from_customers_of_all_markets(model: Model) -> None:
    pool = pd.concat([examples(), examples(50).assign(customer_id=lambda f: "other " + f["customer_id"])])
    assert procedure(backtested(scope="pooled"), model, gathered(examples(), pool), **TERMS).customers == 350
    assert procedure(backtested(scope="local"), model, gathered(examples(), pool), **TERMS).customers == 300


def test_without_dates_nobody_claims_that_only_the_past_was_used(model: Model) -> None:
    past = examples().drop(columns="cutoff")
    undated = Gathered(kind="label", definition="", past=past, today=past.head(300))
    before = date.today()
    found = procedure(backtested(), model, undated, **TERMS)
    assert found.principles == ("simple_first", "baselines")
    assert before <= found.learnt_to <= date.today()


def test_nobody_to_score_has_no_day_to_be_scored_on(model: Model) -> None:
    known = gathered(examples())
    found = procedure(backtested(), model, replace(known, today=known.today.head(0)), **TERMS)
    assert "past_only" not in found.principles


def test_a_refit_is_the_chosen_candidate_on_other_customers() -> None:
    known = gathered(examples())
    one, same, other = (fit_resampled(backtested(), known, seed) for seed in (1, 1, 2))
    assert one is not None
    assert (one.name, one.scope, one.columns) == ("logistic", "local", ("recency_days", "orders"))
    scores = [models.probability(found, known.today) for found in (one, same, other)]
    assert np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])
    assert np.corrcoef(scores[0], scores[2])[0, 1] > 0.9


def test_a_refit_of_a_pooled_model_learns_from_the_pool() -> None:
    pool = examples().assign(churned=1 - examples()["churned"])
    turned = fit_resampled(backtested(scope="pooled"), gathered(examples(), pool), 1)
    assert turned is not None
    assert turned.scope == "pooled"
    chance = models.probability(turned, pd.DataFrame({"recency_days": [0, 299], "orders": [3, 3]}))
    assert chance[0] > chance[1]


@pytest.mark.parametrize("customers", [20, 0])
def test_too_few_are_not_refitted(customers: int) -> None:
    assert fit_resampled(backtested(), gathered(examples(300).head(customers)), 1) is None


def test_too_few_of_one_kind_are_not_refitted() -> None:
    past = examples().assign(churned=0)
    past.loc[:10, "churned"] = 1
    assert fit_resampled(backtested(), gathered(past), 1) is None
    assert fit_resampled(backtested(), gathered(past.assign(churned=1)), 1) is None


def test_without_a_chosen_model_there_is_nothing_to_refit() -> None:
    assert fit_resampled(backtested(model=None), gathered(examples()), 1) is None
