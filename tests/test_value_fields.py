"""What fields are worth to a forecast of spend: much where it hangs on them, nothing where it does not, or a reason."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from workbench import value
from workbench.value import learned
from workbench.value.backtest import training

MONTHS = pd.date_range("2023-01-01", "2024-03-01", freq="MS")
READING = {
    "orders.customer_id": ["spend"],
    "orders.amount": ["spend"],
    "messages.sent_at": ["rating"],
    "messages.rating": ["rating"],
    "touches.opened_at": ["opened_90d"],
    "customers.country": ["country"],
}


@pytest.fixture(scope="module")
def known() -> value.Gathered:
    """Return examples whose spend hangs on a rating and on spend so far, not on e-mails opened."""
    rng = np.random.default_rng(3)
    size = len(MONTHS) * 300
    spend, rating, opened = rng.normal(size=(3, size))
    spends = rng.normal(size=size) + spend + rating > 0.5
    past = pd.DataFrame(
        {
            "customer_id": np.tile([str(number) for number in range(300)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, 300),
            "spend": spend,
            "rating": rating,
            "opened_90d": opened,
            "country": "DE",
            "spent": np.where(spends, np.exp(1 + rating / 2 + rng.normal(size=size) / 3), 0.0),
        }
    )
    days = pd.date_range("2022-10-01", "2024-06-30")
    return value.Gathered(past=past, today=past.head(0), volume=pd.Series(10.0, days))


def chosen(**changes: Any) -> value.Tested:
    """Return what a backtest says, as far as the worth of fields reads it."""
    nothing = pd.DataFrame()
    made = value.Tested(
        model="two_parts",
        reason="",
        horizon_days=90,
        candidates=pd.DataFrame({"model": ["gamma_gamma", "trees", "two_parts"], "spearman": [0.6, 0.4, 0.5]}),
        folds=nothing,
        summary=nothing,
        scores=pd.DataFrame({"cutoff": MONTHS[[8, 11, 14]]}),
        coverage=nothing,
        share=0.9,
        level=1.0,
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def worths(known: value.Gathered) -> pd.DataFrame:
    return value.worth_of_fields(chosen(), known, READING).set_index("field")


def test_a_decisive_field_is_worth_much_and_a_useless_one_nothing(worths: pd.DataFrame) -> None:
    assert worths.loc["messages.rating", "low"] > 0.05
    useless = worths.loc["touches.opened_at"]
    assert useless["low"] < 0 < useless["high"] < 0.03


def test_the_worth_is_a_difference_of_rank_correlations(known: value.Gathered, worths: pd.DataFrame) -> None:
    cutoff = MONTHS[-1]
    now, past = known.past[known.past["cutoff"] == cutoff], training(known.past, cutoff, horizon_days=90)
    season = value.season(known.volume, as_of=cutoff)
    fitted = [learned.fit_two_parts(past.drop(columns=c), season=season, horizon_days=90) for c in ([], ["rating"])]
    both = [spearmanr(value.predict(one, now, cutoff=cutoff), now["spent"]).statistic for one in fitted]
    assert worths.loc["messages.rating", "value"] == pytest.approx(both[0] - both[1])
    assert "on the same customers at 2024-03-01" in worths.loc["messages.rating", "note"]


def test_fields_that_share_their_features_share_their_worth(worths: pd.DataFrame) -> None:
    both = worths.loc[["messages.sent_at", "messages.rating"]]
    assert both["value"].nunique() == 1
    assert both["note"].str.endswith("read them: messages.sent_at, messages.rating").all()
    assert list(worths.index) == list(READING)


def test_what_defines_value_and_what_does_not_vary_have_no_number(worths: pd.DataFrame) -> None:
    assert worths.loc[["orders.customer_id", "orders.amount"], "note"].unique().tolist() == [
        "needed: value is what was spent"
    ]
    assert worths.loc["customers.country", "note"].startswith("not used: it tells no customer from another")
    assert worths["value"].isna().tolist() == [True, True, False, False, False, True]


def test_trees_are_measured_at_the_latest_two_cutoffs(known: value.Gathered) -> None:
    found = value.worth_of_fields(chosen(model="trees"), known, {"messages.rating": ["rating"]}).iloc[0]
    assert found["low"] > 0.05
    assert (
        "boosted trees (Tweedie) with it against without it, on the same customers at 2023-12-01, 2024-03-01"
        in (found["note"])
    )


def test_a_forecast_that_learns_nothing_is_stood_in_for_by_the_best_that_does(
    known: value.Gathered, worths: pd.DataFrame
) -> None:
    found = value.worth_of_fields(chosen(model="gamma_gamma"), known, READING).set_index("field")
    assert found["model"].unique().tolist() == ["two_parts"]
    assert found["value"].tolist() == pytest.approx(worths["value"].tolist(), nan_ok=True)
    end = "; the chosen forecast (BG/NBD with Gamma-Gamma) is no learned one"
    assert found.loc["touches.opened_at", "note"].endswith(end)


def test_without_a_learned_forecast_nothing_is_measured(known: value.Gathered) -> None:
    rules = pd.DataFrame({"model": ["past_rate"], "spearman": [0.3]})
    said = {
        "not measured: too few examples to learn from": chosen(model="past_rate", candidates=rules),
        "not measured: not enough data: 3 examples": chosen(model=None, reason="not enough data: 3 examples"),
    }
    for note, asked in said.items():
        found = value.worth_of_fields(asked, known, READING)
        assert found["note"].unique().tolist() == [note]
        assert found[["value", "low", "high"]].isna().all(axis=None)
