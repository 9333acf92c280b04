import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from workbench.churn.models import CANDIDATES, applicable, calibrate, fit, probability, score, unseen
from workbench.errors import InputError


def make(rows: int, *, seed: int, cutoff: str = "2024-06-01") -> pd.DataFrame:
    """Return customers whose risk grows with recency and falls with orders, some of it missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(rows)],
            "cutoff": pd.Timestamp(cutoff),
            "recency_days": rng.integers(0, 300, rows),
            "tenure_days": rng.integers(300, 900, rows),
            "orders_per_year": rng.gamma(2, 2, rows),
            "gap_days": np.where(rng.random(rows) < 0.3, np.nan, rng.gamma(2, 30, rows)),
            "rhythm_share": rng.random(rows),
            "plan": pd.Series(rng.choice(["S", "M", "L"], rows), dtype="str").where(rng.random(rows) > 0.1),
            "paperless": rng.random(rows) > 0.5,
        }
    )
    risk = 0.015 * frame["recency_days"] - 0.3 * frame["orders_per_year"] + (frame["plan"] == "L")
    return frame.assign(churned=(rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int))


TRAIN, TEST = make(1_500, seed=1), make(800, seed=2)


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_model_is_the_same_after_a_journey_and_from_the_same_seed(name):
    models = [fit(TRAIN, model=name, seed=3, calibration="sigmoid") for _ in range(2)]
    models.append(pickle.loads(pickle.dumps(models[0])))
    first, *others = (probability(model, TEST) for model in models)
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize(("name", "least"), [("recency", 0.75), ("logistic", 0.80), ("trees", 0.80)])
def test_candidates_rank_customers_that_they_have_not_seen(name, least):
    assert roc_auc_score(TEST["churned"], probability(fit(TRAIN, model=name), TEST)) > least


@pytest.mark.parametrize("name", ["logistic", "trees"])
def test_values_never_seen_and_columns_all_missing_can_be_scored(name):
    strange = TEST.assign(plan="XXL", gap_days=np.nan, rhythm_share=None, paperless=pd.NA)
    assert probability(fit(TRAIN, model=name), strange).shape == (len(TEST),)


def test_keys_and_constant_columns_are_no_features():
    model = fit(TRAIN.assign(country="DE", season_ratio=1.5), model="logistic")
    assert set(model.columns) == set(TRAIN) - {"customer_id", "cutoff", "churned"}
    assert model.trained_to == pd.Timestamp("2024-06-01")
    assert fit(TRAIN, model="recency").columns == ("recency_days",)


def test_a_rule_needs_its_column():
    assert applicable(TRAIN) == list(CANDIDATES)
    telco = TRAIN.rename(columns={"tenure_days": "tenure_months"}).drop(columns=["recency_days", "orders_per_year"])
    assert applicable(telco) == ["tenure", "logistic", "trees"]


def test_later_cutoffs_count_more():
    early = make(1_500, seed=5, cutoff="2023-06-01")
    turned = early.assign(churned=1 - early["churned"])
    model = fit(pd.concat([turned, TRAIN], ignore_index=True), model="recency")
    assert roc_auc_score(TEST["churned"], probability(model, TEST)) > 0.7


def test_unseen_probabilities_do_not_know_the_customers_own_outcome():
    twice = pd.concat([TRAIN, TRAIN.assign(cutoff=pd.Timestamp("2024-03-01"))], ignore_index=True)
    own = twice["customer_id"] == "c7"
    before = unseen(twice, model="logistic")
    after = unseen(twice.assign(churned=twice["churned"].where(~own, 1 - twice["churned"])), model="logistic")
    np.testing.assert_array_equal(before[own], after[own])
    assert (before != after).any()


def test_scores_carry_keys_and_the_outcome_where_it_is_known():
    model = fit(TRAIN, model="logistic", calibration="seasonal")
    found = score(model, TEST.drop(columns="churned").assign(season_ratio=1.2)).customers
    assert list(found) == ["customer_id", "cutoff", "probability"]
    assert list(score(model, TEST).customers) == ["customer_id", "cutoff", "churned", "probability"]
    assert (found["probability"] < score(model, TEST).customers["probability"]).all()


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"model 'logistics' is none of recency.*did you mean 'logistic'"):
        fit(TRAIN, model="logistics")
    with pytest.raises(InputError, match="did you mean 'isotonic'"):
        calibrate(fit(TRAIN, model="recency"), TRAIN, np.full(len(TRAIN), 0.5), method="isotonik")


def test_telco_is_separated_as_well_as_published(shared_data: Path):
    frame = pd.read_parquet(shared_data / "telco_churn" / "telco_customer_churn.parquet")
    paid = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    telco = frame.drop(columns="customerID").assign(TotalCharges=paid, churned=(frame["Churn"] == "Yes").astype(int))
    telco = telco.drop(columns="Churn").sample(frac=1, random_state=0)
    auc = {}
    for name in ("logistic", "trees"):
        told = probability(fit(telco[:5_000], model=name), telco[5_000:])
        auc[name] = roc_auc_score(telco["churned"][5_000:], told)
    assert 0.83 < min(auc.values()) < max(auc.values()) < 0.87
