"""A first reason is certain where models of other customers name it too."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.explain.reasons import reason_codes
from workbench.explain.stability import resample, stability
from workbench.intervals import wilson

IDS = pd.Index(["firm", "torn", "silent"], name="customer_id")
FEATURES = pd.DataFrame({"customer_id": IDS, "visits": [9, 1, 1], "plan": ["M", "L", "L"]})


def contributions(torn: float) -> pd.DataFrame:
    return pd.DataFrame({"visits": [3.0, 1.0, 0.0], "plan": [1.0, torn, 0.0]}, index=IDS)


class Refits:
    """What ten refits say: the customer 'torn' is told by the plan in the first `turned` of them."""

    def __init__(self, turned: int, *, failing: int = 0) -> None:
        self.turned, self.failing, self.seeds = turned, failing, list[int]()

    def __call__(self, seed: int) -> pd.DataFrame | None:
        self.seeds.append(seed)
        if len(self.seeds) <= self.failing:
            return None
        return contributions(2.0 if len(self.seeds) <= self.turned else 0.5)


def stable(refits: Refits, **more) -> pd.DataFrame | None:
    codes = reason_codes(contributions(0.5), FEATURES, family=str)
    return stability(codes, refits, FEATURES, family=str, **more)


@pytest.mark.parametrize(("turned", "certain"), [(0, True), (2, True), (3, False)])
def test_agreement_is_the_share_of_resamples_with_the_same_first_family(turned, certain):
    found = stable(Refits(turned)).set_index("customer_id")
    assert found.loc["firm", ["first", "agreement", "certain"]].tolist() == ["visits", 1.0, True]
    assert found.loc["torn", ["first", "agreement", "certain"]].tolist() == ["visits", 1 - turned / 10, certain]
    assert found.loc["torn", ["low", "high"]].tolist() == pytest.approx([float(v) for v in wilson(10 - turned, 10)[1:]])


def test_whom_nothing_moves_has_no_first_reason():
    assert stable(Refits(0))["customer_id"].tolist() == ["firm", "torn"]


def test_every_resample_has_a_seed_of_its_own_and_the_same_in_every_run():
    one, other = Refits(0), Refits(0)
    stable(one, seed=3), stable(other, seed=3)
    assert one.seeds == other.seeds
    assert len(set(one.seeds)) == 10


def test_fewer_than_two_usable_resamples_are_not_enough():
    assert stable(Refits(0, failing=9)) is None
    assert stable(Refits(0, failing=8))["agreement"].tolist() == [1, 1]


def test_too_few_resamples_and_missing_customers_are_refused():
    with pytest.raises(InputError, match="resamples=1; at least 2"):
        stable(Refits(0), resamples=1)
    codes = reason_codes(contributions(0.5), FEATURES, family=str)
    with pytest.raises(InputError, match="contributions_of: 1 of 2 customers of the codes are not among them"):
        stability(codes, lambda _seed: contributions(0.5).head(1), FEATURES, family=str)


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_customers_are_drawn_whole(customers, seed):
    examples = pd.DataFrame({"customer_id": customers, "row": range(len(customers))})
    drawn = resample(examples, seed=seed)
    times = drawn.groupby("customer_id")["row"].value_counts().groupby("customer_id")
    assert (times.nunique() == 1).all()
    assert (times.size() == examples.groupby("customer_id").size().loc[times.size().index]).all()
    assert times.first().sum() == examples["customer_id"].nunique()


def test_resamples_differ_by_seed_and_hold_about_two_in_three_customers():
    examples = pd.DataFrame({"customer_id": np.arange(2_000).astype(str)})
    first, second = (resample(examples, seed=seed)["customer_id"] for seed in (0, 1))
    assert first.nunique() / 2_000 == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert not first.equals(second)


def test_examples_without_customers_are_refused():
    with pytest.raises(InputError, match="examples: no column 'customer_id' to draw by; did you mean 'customer'"):
        resample(pd.DataFrame({"customer": ["a"]}), seed=0)
