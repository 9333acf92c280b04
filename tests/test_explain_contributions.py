"""Contributions are exact: they sum to the model's log-odds, and agree with SHAP's own explainers."""

import numpy as np
import pandas as pd
import pytest
import shap

from workbench.churn import models
from workbench.errors import InputError
from workbench.explain.contributions import attribute, dependence


@pytest.fixture(scope="module")
def examples() -> pd.DataFrame:
    """Customers whose risk rises with recency, falls with satisfaction, depends on the plan, and on nothing else."""
    rng = np.random.default_rng(0)
    rows = 600
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(rows)],
            "recency_days": rng.exponential(60, rows),
            "orders_per_year": rng.poisson(4, rows) + rng.random(rows),
            "tenure_days": rng.exponential(400, rows),
            "satisfaction": rng.normal(0, 1, rows),
            "plan": rng.choice(["month", "year", "two years"], rows),
            "paperless": rng.random(rows) < 0.5,
            "rating": np.where(rng.random(rows) < 0.4, np.nan, rng.integers(1, 6, rows)),
        }
    )
    risk = frame["recency_days"] / 40 - 2 * frame["satisfaction"] + 2 * (frame["plan"] == "month")
    return frame.assign(churned=(rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int))


@pytest.fixture(scope="module", params=list(models.CANDIDATES))
def model(request: pytest.FixtureRequest, examples: pd.DataFrame) -> models.Model:
    return models.fit(examples, model=request.param)


def test_base_and_contributions_sum_to_the_log_odds_of_every_candidate(model: models.Model, examples) -> None:
    drivers = attribute(model, examples)
    probability = models.probability(model, examples)
    log_odds = np.log(probability / (1 - probability))
    np.testing.assert_allclose(drivers.base + drivers.contributions.sum(axis=1), log_odds, atol=1e-6)
    assert tuple(drivers.contributions) == model.columns


def test_some_customers_are_explained_as_among_all(model: models.Model, examples: pd.DataFrame) -> None:
    some = attribute(model, examples, customers=["c7", "c3"])
    everybody = attribute(model, examples)
    assert some.contributions.index.tolist() == ["c3", "c7"]
    assert some.base == pytest.approx(everybody.base)
    np.testing.assert_allclose(some.contributions, everybody.contributions.loc[["c3", "c7"]])


def test_the_closed_form_agrees_with_shaps_linear_explainer(examples: pd.DataFrame) -> None:
    model = models.fit(examples, model="logistic")
    encoded = model.estimator[:-1].transform(examples[list(model.columns)])
    background = shap.maskers.Independent(encoded, max_samples=len(encoded))
    theirs = shap.LinearExplainer(model.estimator[-1], background)(encoded)
    ours = attribute(model, examples)
    place = model.estimator[-2].output_indices_["plan"]
    np.testing.assert_allclose(ours.contributions["plan"], theirs.values[:, place].sum(axis=1), atol=1e-9)
    assert ours.base == pytest.approx(theirs.base_values[0])


def expected_score(node: dict, row: np.ndarray, known: set[int]) -> float:
    """What a tree is expected to say where only some columns of the row are known, by the rows it was grown on."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected_score(left if row[node["split_feature"]] <= node["threshold"] else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return np.average([expected_score(child, row, known) for child in (left, right)], weights=counts)


def test_contributions_of_trees_are_shapley_values_by_their_definition(examples: pd.DataFrame) -> None:
    """Of two columns: the mean, over both orders of learning them, of what knowing each one adds."""
    model = models.fit(examples[["customer_id", "recency_days", "orders_per_year", "churned"]], model="trees")
    booster = model.estimator[-1].booster_
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    drivers = attribute(model, examples)
    for _, customer in examples.head(3).iterrows():
        row = customer[list(model.columns)].to_numpy(float)
        nothing, first, second, both = (
            sum(expected_score(tree, row, known) for tree in trees) for known in (set(), {0}, {1}, {0, 1})
        )
        assert drivers.base == pytest.approx(nothing)
        shapley = [(first - nothing + both - second) / 2, (second - nothing + both - first) / 2]
        np.testing.assert_allclose(drivers.contributions.loc[customer["customer_id"]], shapley, atol=1e-9)


@pytest.mark.parametrize("name", ["logistic", "trees"])
def test_the_planted_drivers_come_first_with_their_directions(name: str, examples: pd.DataFrame) -> None:
    importance = attribute(models.fit(examples, model=name), examples).importance.set_index("column")
    assert set(importance.index[:3]) == {"recency_days", "satisfaction", "plan"}
    directions = importance["direction"].loc[["recency_days", "satisfaction", "plan"]].tolist()
    assert directions == ["more raises", "more lowers", "differs by value"]
    assert (importance["low"] <= importance["importance"]).all()
    assert (importance["high"] >= importance["importance"]).all()


def test_features_that_say_nearly_the_same_are_one_driver(examples: pd.DataFrame) -> None:
    drivers = attribute(models.fit(examples, model="logistic"), examples)
    first = drivers.importance.set_index("column").loc["recency_days"]
    together = drivers.contributions[["recency_days", "orders_per_year"]].sum(axis=1)
    assert (first["others"], first["importance"]) == (1, pytest.approx(together.abs().mean()))
    assert dependence(drivers, examples, "recency_days")["contribution"].sum() == pytest.approx(together.sum())


def test_a_rule_is_explained_by_its_one_column(examples: pd.DataFrame) -> None:
    drivers = attribute(models.fit(examples, model="recency"), examples)
    assert drivers.importance[["column", "direction"]].values.tolist() == [["recency_days", "more raises"]]


def test_dependence_pairs_values_with_their_contributions(examples: pd.DataFrame) -> None:
    drivers = attribute(models.fit(examples, model="logistic"), examples)
    shape = dependence(drivers, examples, "plan", sample=100)
    assert len(shape) == 100
    assert shape.groupby("value")["contribution"].nunique().max() == 1
    assert shape.groupby("value")["contribution"].mean().idxmax() == "month"
    assert dependence(drivers, examples, "rating")["value"].notna().all()


def test_a_feature_that_the_model_does_not_have_is_refused(examples: pd.DataFrame) -> None:
    drivers = attribute(models.fit(examples, model="recency"), examples)
    with pytest.raises(InputError, match=r"no feature 'recency_day' in the model; did you mean 'recency_days'"):
        dependence(drivers, examples, "recency_day")


def test_customers_of_several_cutoffs_are_refused(examples: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="600 rows repeat a customer_id; explain the customers of one cut-off"):
        attribute(models.fit(examples, model="recency"), pd.concat([examples, examples]))
