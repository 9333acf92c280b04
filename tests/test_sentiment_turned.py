"""Who turned is listed before who wavered; chance lists nobody; a report shows no id."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.sentiment.turned import turned

KEY = b"a secret of the market"
END = pd.Timestamp("2026-06-30", tz="UTC")


def scores(people: dict[str, tuple[list[float], list[float]]]) -> pd.DataFrame:
    """Messages by customer: net sentiment before the last 90 days, and in them."""
    rows = [
        (name, END - pd.Timedelta(days=(200 - 5 * place) if early else 80 - 5 * place), (1 + net) / 2, (1 - net) / 2)
        for name, both in people.items()
        for early, nets in zip((True, False), both, strict=True)
        for place, net in enumerate(nets)
    ]
    rows.append(("nobody", END, 0.5, 0.5))
    return pd.DataFrame(rows, columns=["customer_id", "sent_at", "positive", "negative"])


def crowd(turning: int, *, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    people = {f"c{i:03d}": (rng.uniform(-1, 1, 6).tolist(), rng.uniform(-1, 1, 4).tolist()) for i in range(200)}
    people |= {f"t{i}": (rng.uniform(0.7, 1, 6).tolist(), rng.uniform(-1, -0.7, 4).tolist()) for i in range(turning)}
    return scores(people)


def test_those_who_turned_are_listed_and_hardly_anybody_else() -> None:
    found = turned(crowd(8), key=KEY).customers
    assert set(found["customer_id"][:8]) == {f"t{i}" for i in range(8)}
    assert len(found) <= 12
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert (found["high"] < 0).all()
    assert found["probability"].is_monotonic_decreasing


def test_chance_alone_lists_hardly_ever_anybody() -> None:
    sizes = [len(turned(crowd(0, seed=seed), key=KEY).customers) for seed in range(10)]
    assert sum(size > 0 for size in sizes) <= 3
    nobody = turned(crowd(0, seed=sizes.index(0)), key=KEY)
    assert "none of the 200 customers who wrote in the 90 days" in nobody.caption


def test_few_messages_count_for_less_than_many() -> None:
    people = {"few": ([0.9], [-0.9]), "many": ([0.8] * 6, [-0.8] * 6)}
    people |= {f"c{i}": ([0.9, -0.9, 0.0], [0.0, 0.9, -0.9]) for i in range(40)}
    found = turned(scores(people), key=KEY).customers
    assert found["customer_id"].tolist()[0] == "many"
    assert found["before"].tolist()[0] == pytest.approx(0.8)
    assert -1.6 < found["change"].tolist()[0] < 0


def test_what_a_report_shows_holds_no_id_and_a_key_makes_it_last() -> None:
    rows = crowd(8)
    first, second = turned(rows, key=KEY), turned(rows, key=KEY)
    pd.testing.assert_frame_equal(first.masked, second.masked)
    assert "customer_id" not in first.masked
    assert not first.masked.astype("str").isin(first.customers["customer_id"].tolist()).any(axis=None)
    assert "fresh in every run" in turned(rows).caption


@pytest.mark.parametrize("rows", [scores({}), scores({"a": ([0.5], [])}), scores({}).iloc[:0]])
def test_nobody_to_judge_is_an_answer(rows: pd.DataFrame) -> None:
    found = turned(rows, key=KEY)
    assert found.customers.empty
    assert "not enough data: no customer wrote" in found.caption


def test_equal_scores_and_missing_ones_are_no_turn() -> None:
    rows = scores({f"c{i}": ([0.5] * 3, [0.5]) for i in range(5)})
    rows.loc[0, "customer_id"] = None
    rows.loc[1, "positive"] = np.nan
    assert turned(rows, key=KEY).customers.empty


def test_what_is_missing_or_too_small_is_named() -> None:
    with pytest.raises(InputError, match="customer_id"):
        turned(crowd(0).drop(columns="positive"))
    with pytest.raises(InputError, match="window_days must be 1 or more, found 20 and 0"):
        turned(crowd(0), window_days=0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400), st.floats(-1, 1)), max_size=30))
def test_any_messages_get_an_answer(messages: list[tuple[str, int, float]]) -> None:
    rows = pd.DataFrame(messages, columns=["customer_id", "day", "net"])
    rows["sent_at"] = END - pd.to_timedelta(rows["day"], unit="D")
    found = turned(rows.assign(positive=(1 + rows["net"]) / 2, negative=(1 - rows["net"]) / 2), key=KEY).customers
    assert np.isfinite(found[["change", "low", "high", "probability"]].to_numpy(float)).all()


def test_messages_without_customers_turn_nobody() -> None:
    found = turned(crowd(0).drop(columns="customer_id"))
    assert "not applicable" in found.caption
    assert found.masked.empty
