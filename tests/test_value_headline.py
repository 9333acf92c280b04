"""A report leaves every figure it owes, for whatever was there to judge, and says why one has no value."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import simulated_shop as world
from workbench import outputs, value
from workbench.intervals import wilson
from workbench.value.candidates import TITLES
from workbench.value.headline import NAMES, candidates, headline, interval_coverage, over_time

HELD = pd.DataFrame({"customer_id": ["a", "b"], "value": [30.0, np.nan], "low": [0.0, np.nan], "high": [60.0, np.nan]})


def contracts(reason: str = "", held: pd.DataFrame = HELD) -> value.Contracts:
    table = pd.DataFrame({"customer_id": ["a"], "started_at": [pd.Timestamp("2024-01-15")], "price": [9.0]})
    found = value.appraise_subscriptions(table, months=12, margin=1, annual_discount_rate=0)
    hazard = replace(found.hazard, reason=reason)
    return replace(found, customers=held, hazard=hazard, as_of=pd.Timestamp("2024-07-01"))


def rows(*args: object, **more: object) -> pd.DataFrame:
    """Return the headline by name, once every row has passed as a key figure."""
    found = headline(*args, **more)
    assert found["name"].is_unique
    assert [outputs.key_figure(**row).name for row in found.to_dict("records")] == found["name"].tolist()
    return found.set_index("name")


def test_with_nothing_every_figure_says_why_it_is_missing() -> None:
    found = rows()
    assert found["value"].isna().all()
    assert set(found.drop("value_at_risk")["note"]) == {"not applicable: no `orders` table"}
    assert found.loc["value_at_risk", "note"].startswith("run the notebook churn first")


def test_what_could_not_be_judged_is_valued_but_has_no_quality() -> None:
    worth = replace(world.worth(), method="By guess.")
    found = rows(world.unjudged(), worth, currency="EUR")
    missing = ["total_ratio", "spearman", "top_decile_share", "interval_coverage", "model"]
    assert found.loc[missing, "value"].isna().all()
    assert found.loc[missing, "note"].str.startswith("not enough data: 0 examples").all()
    total = found.loc["value_total"]
    assert (total["value"], total["unit"]) == (worth.customers["value"].sum(), "EUR")
    assert total[["low", "high"]].isna().all()
    assert total["note"] == "By guess. Its error is not known."


def test_orders_alone_have_figures_of_the_chosen_forecast() -> None:
    tested, worth = world.tested(), world.worth()
    found = rows(tested, worth, currency="EUR")
    own = tested.summary[tested.summary["model"] == tested.model].set_index("metric")
    for name in ("total_ratio", "spearman", "top_decile_share"):
        assert found.loc[name, ["value", "low", "high"]].tolist() == own.loc[name, ["value", "low", "high"]].tolist()
    assert found.loc["spearman", "note"] == "mean over 4 cut-offs, 90 days ahead"
    assert f"reach more than {own.loc['oracle_share', 'value']:.1%}" in found.loc["top_decile_share", "note"]
    assert found.loc["model", ["value", "note"]].tolist() == [TITLES[tested.model], tested.reason]
    assert type(found.loc["customers", "value"]) is int
    assert "value_subscriptions" not in found.index


def test_the_total_ranges_as_far_as_past_errors_went() -> None:
    tested, worth = world.tested(), world.worth()
    folds = tested.folds.assign(value=tested.folds["value"].where(tested.folds["metric"] != "total_ratio", 1.0))
    ratio = (folds["metric"] == "total_ratio") & (folds["model"] == tested.model)
    folds.loc[ratio, "value"] = [0.5, 1.0, 4.0, 0.8]
    total = rows(replace(tested, folds=folds), worth).loc["value_total"]
    assert (total["low"], total["high"]) == (total["value"] / 4, total["value"] * 2)


def test_coverage_counts_only_cutoffs_whose_width_others_had_set() -> None:
    known = pd.DataFrame(
        {"coverage": [0.1, 0.9, 0.8], "customers": [100, 100, 300], "calibrated": [False, True, True]}
    ).assign(cutoff=world.CUTOFFS[:3], low=0.0, high=1.0)
    tested = replace(world.tested(), coverage=known)
    found = rows(tested).loc["interval_coverage"]
    expected = [float(end) for end in wilson(90 + 240, 400)]
    assert found[["value", "low", "high"]].tolist() == pytest.approx(expected)
    first = replace(tested, coverage=known.head(1))
    assert rows(first).loc["interval_coverage", "note"] == "no cut-off came after another: not measured"
    assert interval_coverage(tested)["width set by"].tolist() == ["the model alone", *["earlier cut-offs"] * 2]


def test_subscriptions_alone_are_summed_over_holders_whose_value_is_known() -> None:
    found = rows(contracts=contracts(), currency="EUR")
    own = found.loc["value_subscriptions"]
    assert (own["value"], own["unit"], own["note"]) == (30, "EUR", "1 holders of a plan as of 2024-07-01")
    assert found.drop("value_subscriptions")["value"].isna().all()
    assert "value_total" not in found.index


def test_too_few_plans_have_no_value_and_say_why() -> None:
    none = HELD.assign(value=np.nan)
    own = rows(contracts=contracts("not enough data: 3 ends", none)).loc["value_subscriptions"]
    assert (own["value"], own["note"]) == (None, "not enough data: 3 ends")


def test_orders_and_subscriptions_stand_beside_each_other() -> None:
    found = rows(world.tested(), world.worth(), contracts=contracts())
    assert found.loc["value_subscriptions", "value"] == 30
    assert found.loc["value_total", "value"] == world.worth().customers["value"].sum()


def test_what_follows_from_value_is_told_with_its_interval() -> None:
    valued = world.worth().customers
    scores = valued[["customer_id"]].assign(probability=0.25)
    at_risk, spread = value.value_at_risk(valued, scores), value.concentration(valued["value"])
    found = rows(world.tested(), world.worth(), at_risk=at_risk, concentrated=spread, currency="EUR")
    assert found.loc["value_at_risk", "value"] == pytest.approx(valued["value"].sum() / 4)
    assert found.loc["value_at_risk", ["low", "high"]].tolist() == [at_risk.low, at_risk.high]
    assert found.loc["value_gini", "value"] == spread.gini
    assert found.loc[["value_gini", "value_top_decile_share"], "unit"].tolist() == ["", "share"]


def test_every_cutoff_and_the_mean_are_told_in_words_for_people() -> None:
    table = over_time(world.tested())
    assert table["cut-off"].tolist() == [*(f"{cutoff:%Y-%m-%d}" for cutoff in world.CUTOFFS[1:]), "mean"]
    assert set(table) - {"cut-off"} <= set(NAMES.values())
    first = world.tested().folds.query("model == @world.tested().model and metric == 'spearman'").iloc[0]
    said = f"{first['value']:.3f} ({first['low']:.3f} to {first['high']:.3f})"
    assert table["rank correlation"].iloc[0] == said


def test_a_figure_that_could_not_be_measured_says_so() -> None:
    tested = world.tested()
    folds = tested.folds.assign(value=tested.folds["value"].where(tested.folds["metric"] != "spearman"))
    assert over_time(replace(tested, folds=folds))["rank correlation"].iloc[0] == "not measured"


def test_candidates_are_told_simplest_first_and_one_is_chosen() -> None:
    table = candidates(world.tested())
    assert table["forecast"].tolist()[:3] == ["nobody buys", "past rate", "last window"]
    assert table["chosen"].sum() == 1
    means = world.tested().summary.query("model == 'trees'").set_index("metric")["value"]
    trees = table.set_index("forecast").loc["boosted trees (Tweedie)"]
    assert trees[["rank correlation", "MAE"]].tolist() == [means["spearman"], means["mae"]]
