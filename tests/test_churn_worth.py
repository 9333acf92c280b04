"""What a feature was worth: nothing where it says nothing, much where it says much, else a reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench import churn

MONTHS = pd.date_range("2023-01-01", "2024-03-01", freq="MS")
SENTIMENT = {"columns": churn.SENTIMENT, "name": "sentiment", "horizon_days": 90}


def gathered(weight: float, *, kind: str = "orders", customers: int = 300) -> churn.Gathered:
    """Return examples whose churn hangs on two unknown numbers, one of which is as good as the sentiment."""
    rng = np.random.default_rng(3)
    size = len(MONTHS) * customers
    felt, spend = rng.normal(size=(2, size))
    past = pd.DataFrame(
        {
            "customer_id": np.tile([str(number) for number in range(customers)], len(MONTHS)),
            "cutoff": np.repeat(MONTHS, customers),
            "spend": spend,
            "sentiment_last": felt,
            "churned": (rng.normal(size=size) + spend + weight * felt > 0).astype(int),
        }
    )
    return churn.Gathered(kind=kind, definition="", past=past, today=past.head(0))


@pytest.fixture(scope="module")
def telling() -> tuple[churn.Backtest, churn.Gathered]:
    found = gathered(1.5)
    return churn.backtest(found.past, horizon_days=90), found


def test_a_feature_that_tells_much_is_worth_much(telling):
    tested, found = telling
    gain = churn.worth(tested, found, **SENTIMENT)
    assert 0.05 < gain.low < gain.value < gain.high
    assert gain.note.startswith(f"Sentiment moved the AUC by +{gain.value:.3f} (+{gain.low:.3f} to +{gain.high:.3f}): ")


def test_with_and_without_are_those_of_the_backtest(telling):
    tested, found = telling
    without = churn.backtest(found.past.drop(columns="sentiment_last"), horizon_days=90)
    aucs = [one.candidates.set_index("model").loc[tested.model, "auc"] for one in (tested, without)]
    assert churn.worth(tested, found, **SENTIMENT).value == pytest.approx(aucs[0] - aucs[1])


def test_the_folds_are_those_that_were_judged(telling):
    _, found = telling
    tested = churn.backtest(found.past, horizon_days=90, judged=[MONTHS[-2]])
    wider, usual = (churn.worth(one, found, **SENTIMENT) for one in (tested, telling[0]))
    assert wider.high - wider.low > 1.5 * (usual.high - usual.low)


def test_noise_is_worth_nothing():
    found = gathered(0)
    gain = churn.worth(churn.backtest(found.past, horizon_days=90), found, **SENTIMENT)
    assert gain.low < 0.002
    assert abs(gain.value) < 0.01


def test_what_was_not_used_says_why(telling):
    tested, found = telling
    bare = churn.Gathered(
        kind="orders", definition="", past=found.past.drop(columns="sentiment_last"), today=found.today
    )
    few = gathered(1, customers=2)
    mute = replace(found, past=found.past.assign(sentiment_last=np.nan))
    said = {
        "Sentiment is not applicable: no sentiment scores; run the notebook sentiment first.": (tested, bare),
        "Sentiment was not used: only churn by orders looks at what happened.": (tested, gathered(0, kind="label")),
        "Sentiment was not used: nothing was known of any customer": (tested, mute),
        "Sentiment was not used: there is no model.": (churn.backtest(few.past, horizon_days=90), few),
    }
    for note, asked in said.items():
        gain = churn.worth(*asked, **SENTIMENT)
        assert (gain.value, gain.note.startswith(note)) == (None, True)


def test_a_rule_and_a_pooled_model_use_no_sentiment(telling):
    tested, found = telling
    assert "a rule of one number" in churn.worth(replace(tested, model="recency"), found, **SENTIMENT).note
    assert "learns from other markets" in churn.worth(replace(tested, scope="pooled"), found, **SENTIMENT).note


def test_a_gain_is_a_figure_of_the_report(telling):
    tested, found = telling
    gain = churn.worth(tested, found, **SENTIMENT)
    row = churn.headline(tested, found, auc_gain_sentiment=gain).set_index("name").loc["auc_gain_sentiment"]
    assert row[["value", "low", "high", "note"]].tolist() == [gain.value, gain.low, gain.high, gain.note]
