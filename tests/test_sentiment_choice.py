"""The rule that chooses a model, on cases whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment import messages, models
from workbench.sentiment.choice import Trial, choose, rehearse, renewal


def trial(name: str, right: int, *, kwh: float | None = 1e-3, of: int = 200, first: int = 0) -> Trial:
    """Return a trial in which so many messages, from `first` on, are taken for what they are."""
    hits = np.isin(np.arange(of), np.arange(first, first + right))
    scored = pd.DataFrame({"message_id": [f"m{n}" for n in range(of)], "label": "positive"})
    scored = scored.assign(sentiment=np.where(hits, "positive", "negative"), confidence=0.8)
    return Trial(
        name=name, scored=scored.assign(negative=0.1, neutral=0.1, positive=0.8), scored_messages=1_000, kwh=kwh
    )


def test_the_cheapest_that_meets_the_target_is_chosen_and_shown_beside_the_others():
    found = choose([trial("xlm", 190, kwh=1.0), trial("linear", 175, kwh=1e-4)], target_accuracy=0.85)
    table = found.table.set_index("model")
    assert found.chosen == "linear"
    assert table["chosen"].tolist() == [False, True]
    assert table["times_the_cheapest"].tolist() == pytest.approx([10_000, 1])
    assert found.reason.startswith("linear meets the target of 85.0%: 87.5% (82.2% to 91.4%) of 200 held-out messages")
    assert found.held_out["sentiment"].eq("positive").sum() == 175


def test_the_dearer_one_is_chosen_where_only_it_meets_the_target():
    found = choose([trial("linear", 160, kwh=1e-4), trial("xlm", 190, kwh=1.0)], target_accuracy=0.9)
    assert found.chosen == "xlm"
    assert found.reason.endswith("It is the only one of 2 that meet it.")


def test_between_models_of_the_same_cost_the_more_accurate_one_is_chosen():
    found = choose([trial("shipped", 175, kwh=1.0e-4), trial("linear", 185, kwh=1.1e-4)], target_accuracy=0.85)
    assert found.chosen == "linear"
    assert "the most accurate of those that the meter cannot tell from the least" in found.reason


def test_where_none_meets_the_target_the_cheapest_within_one_standard_error_is_chosen():
    tried = [trial("xlm", 160, kwh=1.0), trial("linear", 158, kwh=1e-3, first=10), trial("shipped", 120, kwh=1e-5)]
    found = choose(tried, target_accuracy=0.9)
    assert found.chosen == "linear"
    assert found.reason.startswith("No model meets the target of 90.0%: the most accurate, xlm, lies 10.0 points below")


def test_unknown_energy_leaves_the_order_given():
    found = choose([trial("linear", 190, kwh=None), trial("shipped", 190)], target_accuracy=0.9)
    assert found.chosen == "linear"
    assert "Energy was not measured" in found.reason
    assert found.table["joules_per_1000"].isna().tolist() == [True, False]


@pytest.mark.parametrize(("names", "chosen"), [(["linear", "shipped"], "shipped"), (["linear", "xlm"], "linear")])
def test_too_few_messages_take_the_shipped_model_and_say_so(names: list[str], chosen: str):
    found = choose([trial(name, 20, of=29) for name in names], target_accuracy=0.9)
    assert found.chosen == chosen
    assert found.reason.startswith("not enough data: 29 labelled held-out messages, 30 needed")
    assert found.table["accuracy"].isna().all()


def test_models_must_have_been_tried_and_on_the_same_messages():
    with pytest.raises(InputError, match="no model was tried"):
        choose([], target_accuracy=0.9)
    with pytest.raises(InputError, match="xlm was tried on others"):
        choose([trial("linear", 50, of=60), trial("xlm", 50, of=61)], target_accuracy=0.9)
    with pytest.raises(InputError, match="target_accuracy: 90 is no share"):
        choose([trial("linear", 50)], target_accuracy=90)


def test_the_order_of_the_messages_does_not_matter():
    one, other = trial("linear", 100), trial("xlm", 100, kwh=1.0)
    turned = Trial(name="xlm", scored=other.scored[::-1], scored_messages=1_000, kwh=1.0)
    reasons = [choose([one, second], target_accuracy=0.9).reason for second in (other, turned)]
    assert reasons[0] == reasons[1]


def test_a_saved_model_stays_until_something_has_changed():
    newer = trial("linear", 170).scored
    assert renewal(1_000, 1_100, accuracy=0.86, messages=500, newer=newer) is None
    assert "grown by 11%" in str(renewal(1_000, 1_110))
    assert (
        renewal(0, 5)
        == "labelled messages have grown, from 0 to 5: more than the 10% after which a model is trained anew"
    )
    assert renewal(9, 9, changes=["languages de, fr instead of de"]) == (
        "not what was saved: languages de, fr instead of de"
    )


def test_a_saved_model_that_has_become_worse_is_trained_anew_but_not_on_a_few_messages():
    worse = trial("linear", 150).scored
    assert str(renewal(1_000, 1_000, accuracy=0.86, messages=500, newer=worse)).startswith(
        "of 200 newer messages 75.0% are right, significantly fewer than the 86.0%"
    )
    assert renewal(1_000, 1_000, accuracy=0.86, messages=500, newer=worse[:29].assign(sentiment="neutral")) is None


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_a_rehearsal_goes_on_until_a_meter_can_see_it(seconds: float):
    rows = pd.DataFrame({"text": [f"{'very' if n % 3 else 'so'} {('good', 'bad')[n % 2]} {n}x" for n in range(80)]})
    rows = rows.assign(
        channel="email", message_id=[f"m{n}" for n in range(80)], sent_at=pd.Timestamp("2026-01-01"), rating=[5, 1] * 40
    )
    rows = messages.gather(rows, languages=["en"]).rows
    found = rehearse(models.fit(rows), rows, seconds=seconds)
    assert found.seconds >= seconds
    assert found.messages == found.rounds * found.scored.scored > 0
    assert len(found.scored.messages) == 80
