"""The explanation of a value knows how it came about: from which customers, up to when, on what scale."""

from dataclasses import replace

import numpy as np
import pytest

import simulated_shop as world
from workbench import value
from workbench.value.procedure import fit_resampled, procedure, ways


def test_the_procedure_is_what_was_done() -> None:
    found, trees = procedure(world.worth(), world.known(), contact="Ms Weber"), world.worth().trees
    assert (found.subject, found.model, found.horizon, found.horizon_unit) == ("value", "trees", 90, "days")
    assert found.customers == world.known().past["customer_id"].nunique()
    assert found.learnt_to == world.END.date()
    assert found.columns == trees.columns
    assert found.contact == "Ms Weber"
    # Boosted trees are not the simplest candidate.
    assert found.principles == ("baselines", "past_only")


def test_one_in_ten_lies_above_the_threshold_of_the_score() -> None:
    found = ways(world.worth(), world.known())
    scores = found["score"](world.known().today)
    assert found["aim"] == "above"
    assert np.mean(scores >= found["procedure"].threshold) == pytest.approx(0.1, abs=0.005)
    assert np.array_equal(scores, value.predict(world.worth().trees, world.known().today, cutoff=world.END))


def test_a_refit_learns_from_other_customers_and_the_same_by_seed() -> None:
    one, same, other = (fit_resampled(world.worth(), world.known(), seed) for seed in (1, 1, 2))
    scores = [value.predict(model, world.known().today, cutoff=world.END) for model in (one, same, other)]
    assert np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])
    assert np.corrcoef(scores[0], scores[2])[0, 1] > 0.8


def test_too_few_to_learn_from_are_not_refitted() -> None:
    known = world.known()
    assert fit_resampled(world.worth(), replace(known, past=known.past.head(40)), 1) is None


def test_without_trees_there_is_nothing_to_explain() -> None:
    with pytest.raises(ValueError, match="no trees were learnt"):
        ways(replace(world.worth(), trees=None), world.known())
