"""Everything said of a customer agrees: reasons, changes and sheet rest on one model, and nobody is named."""

import re
from dataclasses import replace
from types import SimpleNamespace as Step
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simulated_shop as world
from workbench import churn, explain, value
from workbench.explain.explanations import Explanations, cost, explain_customers
from workbench.explain.whatif import altered, is_immutable

NEVER = {"refit": None}
# These follow from others, and move with them.
DERIVED = {"lateness", "rhythm_share", "gap_days", "orders_per_year", "orders_trend", "mean_amount"}


@pytest.fixture(scope="module")
def some() -> list[str]:
    """Return customers of whom some lie above the threshold, some can be brought there, and some cannot."""
    valued = world.worth().customers.sort_values(["value", "customer_id"], ascending=False)
    return valued["customer_id"].iloc[::8].tolist()


def explained(customers: list[str], *, regime: str = "gdpr", language: str = "en", **changes: Any) -> Explanations:
    worth, known = world.worth(), world.known()
    ways = value.ways(worth, known, contact="Ms Weber") | {"derive": churn.consistent} | changes
    words, _ = explain.speak([language], currency="EUR")
    return explain_customers(worth.trees, known.today, customers=customers, wording=words, regime=regime, **ways)


@pytest.fixture(scope="module")
def told(some: list[str]) -> Explanations:
    return explained(some, **NEVER)


@pytest.fixture(scope="module")
def resampled(some: list[str]) -> Explanations:
    return explained(some[:4])


def test_all_that_is_said_is_said_of_the_customers_asked_for(told: Explanations, some: list[str]) -> None:
    for frame in (told.codes, told.reasons, told.what_if, told.sheets):
        assert set(frame["customer_id"]) == set(some)
    assert told.sheets["customer_id"].is_unique
    assert told.codes.groupby("customer_id").size().max() == 3


def test_the_others_say_what_is_typical_and_the_reasons_add_up(told: Explanations) -> None:
    worth, known = world.worth(), world.known()
    assert set(told.drivers.contributions.index) == set(known.today["customer_id"])
    raw = told.drivers.contributions.sum(axis=1) + told.drivers.base
    scores = value.predict(worth.trees, known.today, cutoff=world.END)
    expected = pd.Series(np.log(scores), index=known.today["customer_id"])
    # The season of the horizon multiplies every score alike.
    gap = (expected - raw.reindex(expected.index)).to_numpy()
    assert np.ptp(gap) < 1e-6
    usual = told.codes.query("column == 'recency_days'")["typical"].unique()
    assert usual.tolist() == [known.today["recency_days"].median()]


def test_a_change_moves_the_score_across_and_what_nobody_can_change_stays(told: Explanations) -> None:
    ways, known = value.ways(world.worth(), world.known()), world.known()
    levers = explain.read_levers(world.worth().trees.columns)
    after = altered(known.today, told.what_if, levers=levers, derive=churn.consistent)
    before = known.today.set_index("customer_id").loc[after["customer_id"]].reset_index()
    assert len(after) > 0
    assert (ways["score"](after) >= ways["procedure"].threshold).all()
    fixed = [c for c in before if is_immutable(c) and c not in DERIVED]
    assert {"tenure_days", "returns", "customer_id", "orders_season", "largest_amount"} <= set(fixed)
    assert after[fixed].equals(before[fixed])
    assert not any(is_immutable(column) for column in told.what_if["column"].dropna())


def test_crossed_means_across_and_who_is_across_needs_no_change(told: Explanations) -> None:
    threshold = value.ways(world.worth(), world.known())["procedure"].threshold
    found = told.what_if
    assert (found["crossed"] == (found["score_after"] >= threshold)).all()
    assert found.loc[found["score_before"] >= threshold, "lever"].isna().all()
    kinds = {(crossed, pd.isna(lever)) for crossed, lever in found[["crossed", "lever"]].to_numpy(object)}
    assert kinds == {(True, True), (True, False), (False, True)}


def test_the_score_and_the_threshold_on_a_sheet_are_the_models(told: Explanations, some: list[str]) -> None:
    score, known = value.ways(world.worth(), world.known())["score"], world.known().today
    own = score(known[known["customer_id"] == some[0]])[0]
    text = told.sheets.set_index("customer_id")["text"][some[0]]
    assert f"€{own:,.2f}" in text.replace("\\", "")
    assert "As of July 1, 2024" in text


def test_no_sheet_holds_an_id(told: Explanations) -> None:
    assert told.first is not None
    shown = [told.first.markdown(), told.first._repr_html_(), *told.sheets["text"], told.note]
    assert not any(re.search(r"id\W*-\W*0\d", text) for text in shown)


def test_the_first_sheet_is_the_one_that_is_sent(told: Explanations, resampled: Explanations) -> None:
    for found in (told, resampled):
        assert found.first is not None
        assert found.first.markdown() == found.sheets["text"].iloc[0]


def test_a_sheet_speaks_the_language_and_has_the_form_of_the_regime(some: list[str]) -> None:
    found = explained(some[:2], regime="lgpd", language="pt", **NEVER)
    assert found.first is not None
    assert (found.first.language, found.first.regime) == ("pt", "lgpd")
    assert found.sheets["language"].tolist() == ["pt", "pt"]
    english = explained(some[:2], regime="lgpd", **NEVER)
    assert not set(found.reasons["reason"]) & set(english.reasons["reason"])


def test_reasons_under_resampling_are_counted_for_those_listed(resampled: Explanations, some: list[str]) -> None:
    found = resampled.stability
    assert found is not None
    assert set(found["customer_id"]) == set(some[:4])
    assert found["agreement"].isin([0, 0.2, 0.4, 0.6, 0.8, 1.0]).all()
    uncertain = int((~found["certain"]).sum())
    assert f"the first reason of {uncertain} changes often" in resampled.note


def test_an_unstable_first_reason_is_called_uncertain_on_its_sheet(some: list[str]) -> None:
    worth, known = world.worth(), world.known()

    def other_models(seed: int) -> value.learned.Learned:
        rng = np.random.default_rng(seed)
        # What was spent is dealt out anew: a model of it has reasons by chance.
        dealt = known.past.assign(spent=rng.permutation(known.past["spent"]))
        return value.learned.fit_trees(dealt, season=worth.trees.season, horizon_days=90)

    found = explained(some[:4], refit=other_models)
    assert found.stability is not None
    unstable = set(found.stability.loc[~found.stability["certain"], "customer_id"])
    assert unstable
    texts = found.sheets.set_index("customer_id")["text"]
    assert {customer for customer, text in texts.items() if "ncertain" in text} == unstable


def test_too_few_to_refit_means_not_examined(some: list[str]) -> None:
    found = explained(some[:2], refit=lambda _seed: None)
    assert found.stability is None
    assert found.note.endswith("Stability under resampling: not enough data.")


@pytest.mark.parametrize("customers", [[], ["nobody we know"]])
def test_of_nobody_nothing_is_said(customers: list[str]) -> None:
    found = explained(customers)
    for frame in (found.codes, found.reasons, found.what_if, found.sheets):
        assert frame.empty
    assert found.first is None
    assert found.stability is None
    assert found.note.startswith("0 customers explained; for 0 of them")
    assert not found.drivers.contributions.empty


def test_the_note_counts_whom_no_change_helps(told: Explanations, some: list[str]) -> None:
    helped = told.what_if.groupby("customer_id")["crossed"].any()
    assert told.note.startswith(f"{len(some)} customers explained; for {(~helped).sum()} of them no allowed change")


def test_the_law_is_the_one_of_the_day_of_the_decision(some: list[str]) -> None:
    learnt = explained(some[:1], **NEVER).first
    later = explained(some[:1], as_of=pd.Timestamp("2026-02-05").date(), regime="uk_gdpr", **NEVER).first
    assert learnt is not None
    assert later is not None
    assert learnt.as_of == "As of July 1, 2024"
    assert later.as_of == "As of February 5, 2026"
    assert "22A" in later.basis


def test_risk_is_explained_towards_less_of_it(some: list[str]) -> None:
    known = world.known()
    examples = known.past.assign(churned=(known.past["spent"] == 0).astype(int)).drop(columns=["spent", "spent_before"])
    model = churn.models.fit(examples, model="logistic")
    today = known.today.drop(columns=["spent", "spent_before"])
    done = replace(value.procedure.procedure(world.worth(), known), subject="risk", model="logistic", threshold=0.5)
    words, _ = explain.speak(["de"])
    found = explain_customers(
        model,
        today,
        customers=some,
        score=lambda rows: churn.probability(model, rows),
        aim="below",
        procedure=done,
        wording=words,
        regime="gdpr",
    )
    assert (found.what_if["crossed"] == (found.what_if["score_after"] < 0.5)).all()
    assert found.drivers.subject == "risk"
    assert found.first is not None
    assert found.first.language == "de"


def steps(**changes: Any) -> tuple[Step, Step]:
    return Step(wall_seconds=2.0, kwh_cpu=1e-6), Step(**({"wall_seconds": 1.0, "kwh_cpu": 2e-6} | changes))


def test_what_explaining_costs_is_a_multiple_of_scoring() -> None:
    table = cost(*steps(), scored=4000, explained=20).set_index("step")
    assert table["seconds_per_1000"].tolist() == [0.5, 50]
    assert table["joules_per_1000"].tolist() == pytest.approx([0.9, 360])
    assert table.loc["explain", ["times_scoring_seconds", "times_scoring_joules"]].tolist() == pytest.approx([100, 400])
    assert table.loc["score", "times_scoring_joules"] == 1


def test_what_was_not_metered_or_done_for_nobody_is_not_known() -> None:
    unmetered = cost(*steps(kwh_cpu=None), scored=1000, explained=20).set_index("step")
    assert np.isnan(unmetered.loc["explain", "times_scoring_joules"])
    assert unmetered.loc["explain", "times_scoring_seconds"] == pytest.approx(25)
    nobody = cost(*steps(), scored=1000, explained=0).set_index("step")
    assert nobody.loc["explain", ["seconds_per_1000", "times_scoring_seconds"]].isna().all()
    still = cost(Step(wall_seconds=0.0, kwh_cpu=0.0), steps()[1], scored=1000, explained=1).set_index("step")
    assert np.isnan(still.loc["explain", "times_scoring_seconds"])
