"""What a model of churn says of itself, and how each outcome that it foretold came out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench import churn
from workbench.churn import about, judged, models
from workbench.churn.about import _CALIBRATIONS, _KINDS
from workbench.churn.calibrators import CALIBRATORS
from workbench.governance.records import Record

CUTOFFS = pd.to_datetime(["2024-01-01", "2024-04-01"])
TERMS = {"horizon_days": 90, "threshold": 0.4}
PARTS = {"purpose", "model", "data", "explanations", "limits", "unknown"}


def gathered(customers: int = 80) -> churn.Gathered:
    """Return customers of two cut-offs who leave where they have been silent for long, and the same of today."""
    ids = [f"DE-{n:05}" for n in range(customers)]
    past = pd.concat([pd.DataFrame({"customer_id": ids, "cutoff": cutoff}) for cutoff in CUTOFFS], ignore_index=True)
    past["recency_days"] = np.arange(len(past)) % 60
    past["tenure_days"] = past["recency_days"] + 9
    past["churned"] = (past["recency_days"] > 30).astype(int)
    today = past.drop_duplicates("customer_id").assign(cutoff=pd.Timestamp("2024-07-01"), churned=None)
    return churn.Gathered(kind="orders", definition="no order within 90 days", past=past, today=today)


def backtested(**changes: object) -> churn.Backtest:
    nothing = pd.DataFrame()
    frames = dict.fromkeys(("candidates", "calibrations", "folds", "summary"), nothing)
    scores = gathered().past[["customer_id", "cutoff", "churned"]].assign(fold="one", probability=0.5)
    found = churn.Backtest(
        model="recency", scope="local", calibration="none", reason="Because.", scores=scores, **frames
    )
    return replace(found, **changes)


def without_a_model() -> churn.Backtest:
    return churn.backtest(gathered(10).past, horizon_days=90)


@pytest.fixture(scope="module")
def model() -> churn.Model:
    return models.fit(gathered().past, model="recency")


def test_it_says_what_it_is_for_what_it_read_and_what_it_does_not_know(model: churn.Model):
    told = SimpleNamespace(note="20 customers explained.")
    found = about(backtested(), model, gathered(), told, **TERMS)
    said = found.set_index("name")["value"]
    assert set(found["section"]) == PARTS
    assert found["name"].is_unique
    assert found["value"].notna().all()
    assert said["selected"] == "customers who leave with a probability of at least 40%"
    assert (said["actual"], said["unit"]) == ("customers who left: no order within 90 days", "probability")
    assert (said["kind"], said["why"]) == ("a rule of one number: days since the last order", "Because.")
    assert said["fields"] == "orders.customer_id, orders.ordered_at, orders.amount"
    assert (said["examples"], said["customers"], said["stability"]) == ("160", "80", "20 customers explained.")
    assert said["judged"] == "80 customers at 2 cut-offs, 2024-01-01 to 2024-04-01"
    assert not found["value"].str.contains("DE-0").any()


def test_the_period_goes_from_the_first_order_to_the_last_day_that_is_known(model: churn.Model):
    said = about(backtested(), model, gathered(), **TERMS).set_index("name")["value"]
    assert (said["first"], said["last"]) == ("2023-10-25", "2024-06-30")


def test_what_is_peculiar_to_a_model_stands_among_its_limits(model: churn.Model):
    pool = gathered(100).past
    rich = replace(model, name="trees", scope="pooled", columns=("recency_days", "sentiment_last"))
    found = about(backtested(model="trees", scope="pooled"), rich, replace(gathered(), pool=pool), **TERMS)
    limits = set(found.loc[found["section"] == "limits", "name"])
    assert {"sentiment", "pooled"} <= limits
    assert not {"one_number", "undated"} & limits
    said = found.set_index("name")["value"]
    assert said["learnt_from"].startswith("customers of this market and 20 of other markets")
    assert (said["customers"], said["others"]) == ("80", "20, drawn by lot")
    assert "TreeSHAP" in said["method"]
    assert "messages.text" in said["fields"]
    assert said["languages"].startswith("those of the messages")


def test_without_dates_nobody_claims_a_period(model: churn.Model):
    past = gathered().past.drop(columns="cutoff")
    undated = churn.Gathered(kind="label", definition="the label", past=past, today=past)
    scores = backtested().scores.drop(columns="cutoff")
    said = about(backtested(scores=scores), model, undated, **TERMS).set_index("name")["value"]
    assert said["first"] == said["last"] == "not known: the data has no dates"
    assert said["judged"] == "80 customers, in 1 parts of a repeated cross-validation"
    assert said["undated"]


def test_without_a_model_it_says_why_and_judges_nobody():
    tested = without_a_model()
    found = about(tested, None, gathered(10), **TERMS)
    said = found.set_index("name")["value"]
    assert set(found["section"]) == PARTS
    assert found["value"].notna().all()
    assert (said["kind"], said["why"]) == ("no model was chosen", tested.reason)
    assert (said["learnt_from"], said["others"]) == ("not applicable: no model was chosen", "none")
    rows = judged(tested, threshold=0.5)
    assert rows.empty
    assert Record(about=found, judged=rows).told("why").startswith("not enough data")


def test_an_outcome_counts_once_however_often_it_was_judged():
    scores = pd.DataFrame({"customer_id": ["a", "b", "a", "b"], "probability": [0.2, 0.9, 0.6, 0.8]})
    tested = backtested(scores=scores.assign(churned=[1, 1, 1, 1], fold=["1", "1", "2", "2"]))
    rows = judged(tested, threshold=0.5)
    assert rows["predicted"].tolist() == [0.2, 0.9]
    assert rows[["outcome", "selected", "actual", "error"]].values.tolist() == [[1, 0, 1, 1], [1, 1, 1, 0]]
    assert len(judged(backtested(), threshold=0.5)) == 160


def test_every_candidate_and_every_calibration_has_words():
    assert set(_KINDS) == set(models.CANDIDATES)
    assert set(_CALIBRATIONS) == {"none", *CALIBRATORS}


def test_the_form_is_kept_by_a_file(tmp_path, model: churn.Model):
    for name, frame in (
        ("about", about(backtested(), model, gathered(), **TERMS)),
        ("judged", judged(without_a_model(), threshold=0.5)),
    ):
        frame.to_parquet(tmp_path / name)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / name), frame)


def test_nothing_is_shown_of_a_model_that_was_not_chosen():
    assert churn.of_backtest(without_a_model(), target=0.7) == {}
