"""The learning curve on runs drawn from known curves, and once for real."""

import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment import curve
from workbench.sentiment.curve import fit_curve, learning_curve, messages_to_tell

SIZES = np.array([60, 60, 60, 120, 120, 120, 250, 250, 250, 500, 500, 500, 1_000])


def runs(*, limit: float = 0.9, held_out: int = 2_000, seed: int = 0) -> np.ndarray:
    """Return runs on the same messages whose accuracy is limit - 1.2 * size ** -0.5."""
    hard = np.random.default_rng(seed).random((1, held_out))
    return (hard < (limit - 1.2 * SIZES**-0.5)[:, None]).astype(float)


def test_a_target_that_has_been_reached_names_the_number():
    found = fit_curve(SIZES, runs(), target=0.8)
    assert found.needed == 250
    assert found.verdict == "An accuracy of 80.0% is reached with 250 labelled messages to learn from."


def test_the_number_needed_lies_in_its_interval_about_as_often_as_it_says():
    held = []
    for seed in range(30):
        found = fit_curve(SIZES, runs(seed=seed, held_out=1_000), target=0.89)
        held.append(found.needed_low <= (1.2 / 0.01) ** 2 <= found.needed_high)
    assert np.mean(held) >= 0.8


def test_what_more_of_the_same_will_not_reach_is_said():
    found = fit_curve(SIZES, runs(), target=0.99)
    assert found.needed == math.inf
    assert found.limit_low < 0.9 < found.limit_high
    assert "is not reachable by more of the same" in found.verdict


def test_a_flat_curve_promises_nothing():
    flat = np.repeat(runs()[:1], len(SIZES), axis=0)
    found = fit_curve(SIZES, flat, target=0.9)
    assert found.needed == math.inf
    assert found.limit == pytest.approx(flat[0].mean())


def test_the_line_goes_on_to_where_the_target_is_reached():
    found = fit_curve(SIZES, runs(), target=0.875)
    assert found.line["messages"].max() >= found.needed > 1_000
    assert found.line["accuracy"].is_monotonic_increasing
    assert "labelled messages (" in found.verdict


@pytest.mark.parametrize("rows", [0, 3, 150])
def test_too_few_messages_are_no_curve_but_the_size_of_a_test_is_told(rows: int):
    found = learning_curve(messages(rows), target=0.85)
    assert found.verdict.startswith("Not enough data")
    assert math.isnan(found.needed)
    assert found.to_tell == messages_to_tell(0.85)


def test_a_market_learns_for_real(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(curve, "_MOST_SECONDS", 2.0)
    monkeypatch.setattr(curve, "_SIZES", 3)
    found = learning_curve(messages(600), target=0.9)
    assert found.points["messages"].tolist() == sorted(found.points["messages"])
    assert found.points["messages"].iloc[-1] <= 450
    assert found.points["accuracy"].iloc[-1] > 0.85


def test_parts_keep_the_shares_of_the_classes_and_one_class_is_not_enough():
    labels = pd.Series(["positive"] * 900 + ["negative"] * 100)
    part = labels.iloc[curve._drawn(labels, 200, np.random.default_rng(0))]
    assert part.value_counts().to_dict() == {"positive": 180, "negative": 20}
    assert learning_curve(messages(600).assign(label="positive"), target=0.9).verdict.startswith("Not enough data")


def test_a_finer_difference_takes_more_messages():
    assert messages_to_tell(0.85, difference=0.01) > 8 * messages_to_tell(0.85)
    with pytest.raises(InputError, match="is no share"):
        messages_to_tell(0.02)


def messages(rows: int) -> pd.DataFrame:
    """Return labelled messages of made-up words, most of which say what their message feels like."""
    rng = np.random.default_rng(1)
    labels = rng.choice(["negative", "positive"], rows)
    words = np.array([f"{one}{two}" for one in ("ba", "ko", "mi", "tu", "re") for two in ("lo", "na", "si", "du")])
    texts = [
        " ".join([*rng.choice(words[:10] if label == "negative" else words[10:], 5), *rng.choice(words, 4)])
        for label in labels
    ]
    frame = pd.DataFrame({"message_id": [f"m{n}" for n in range(rows)], "text": texts, "label": labels})
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(rows), unit="h")
    hashes = np.arange(rows, dtype=np.uint64)
    return frame.assign(sent_at=times, channel="email", language="en", text_hash=hashes).astype({"label": "str"})
