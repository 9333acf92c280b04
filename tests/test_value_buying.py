"""CDNOW as published, fits that are held where little is known, and bad histories with an answer or a doubt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.value.buying import PROCESSES, Buying, compare, expected_if_alive, fit_buying, probability_alive
from workbench.value.histories import histories_of

END = pd.Timestamp("1997-09-30")
WEEKS = np.array([39.0])


@pytest.fixture(scope="module")
def orders(shared_data: Path) -> pd.DataFrame:
    found = pd.read_parquet(shared_data / "cdnow" / "cdnow_sample.parquet")
    found = found.rename(columns={"date": "ordered_at", "price": "amount"})
    return found.assign(amount=found["amount"].clip(lower=0.01))  # the literature counts free CDs as orders


@pytest.fixture(scope="module")
def cdnow(orders: pd.DataFrame) -> pd.DataFrame:
    return histories_of(orders, end=END)


@pytest.fixture(scope="module")
def published(cdnow: pd.DataFrame) -> Buying:
    return fit_buying(cdnow)


def alike(repeats: list[int], active: list[int], tenure: list[int], times: int) -> pd.DataFrame:
    columns = {"repeats": repeats * times, "active_days": active * times, "tenure_days": tenure * times}
    return pd.DataFrame(columns)


def test_bg_nbd_of_cdnow_is_as_published(published: Buying) -> None:
    assert published.customers == 2357
    assert published.fit.parameters == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert published.fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert published.cautions == ()


def test_pareto_nbd_of_cdnow_is_as_published(cdnow: pd.DataFrame) -> None:
    found = fit_buying(cdnow, process="paretonbd")
    assert found.fit.parameters == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=1e-3)
    assert found.fit.log_likelihood == pytest.approx(-9595.0, abs=0.05)


def test_the_39_weeks_after_are_forecast_as_published(
    orders: pd.DataFrame, cdnow: pd.DataFrame, published: Buying
) -> None:
    later = orders[orders["ordered_at"] > END].groupby("customer_id")["ordered_at"].nunique()
    bought = later.reindex(cdnow["customer_id"], fill_value=0).to_numpy()
    expected = probability_alive(published, cdnow) * expected_if_alive(published, cdnow, WEEKS)[:, 0]
    assert (round(expected.sum()), bought.sum()) == (1653, 1882)
    assert np.corrcoef(expected, bought)[0, 1] == pytest.approx(0.626, abs=5e-4)
    assert np.sqrt(np.mean((expected - bought) ** 2)) == pytest.approx(1.608, abs=5e-4)


def test_processes_compare_as_published(cdnow: pd.DataFrame) -> None:
    found = compare(cdnow)
    assert found["process"].tolist() == ["BG/NBD", "Pareto/NBD", "NBD, nobody leaves"]
    assert found["log_likelihood"].tolist() == pytest.approx([-9582.4, -9595.0, -9763.7], abs=0.05)
    assert found["aic"].tolist() == pytest.approx([19172.9, 19198.0, 19531.3], abs=0.1)
    assert np.isnan(found["p"][0])
    assert found["p"][1] == pytest.approx(0.113, abs=1e-3)
    assert found["p"][2] < 1e-70


def test_intervals_are_even_in_the_logarithm(published: Buying) -> None:
    table = published.parameters.set_index("parameter")
    assert table.index.tolist() == ["r", "alpha", "a", "b"]
    assert (table["low"] * table["high"]).tolist() == pytest.approx((table["value"] ** 2).tolist())
    r = table.loc["r"]
    assert r["high"] == pytest.approx(r["value"] * np.exp(1.96 * r["standard_error"] / r["value"]), rel=1e-4)


def test_weighted_orders_are_those_of_each_stretch(cdnow: pd.DataFrame, published: Buying) -> None:
    weeks, weigh = np.array([4.0, 9.0, 20.0]), np.array([1.0, 0.5, 0.2])
    each = expected_if_alive(published, cdnow, weeks)
    found = expected_if_alive(published, cdnow, weeks, weigh=weigh)
    by_hand = each[:, 0] + 0.5 * (each[:, 1] - each[:, 0]) + 0.2 * (each[:, 2] - each[:, 1])
    assert found == pytest.approx(np.column_stack([each[:, 2], by_hand]))


def test_the_order_of_customers_changes_nothing(cdnow: pd.DataFrame, published: Buying) -> None:
    mixed = cdnow.sample(frac=1, random_state=3)
    assert fit_buying(mixed).fit.parameters == pytest.approx(published.fit.parameters, rel=1e-6)
    assert probability_alive(published, mixed) == pytest.approx(probability_alive(published, cdnow)[mixed.index])


@pytest.mark.parametrize("process", ["bgnbd", "paretonbd"])
@pytest.mark.parametrize(
    "known",
    [
        alike([0], [0], [90], 1),
        alike([0, 0], [0, 0], [90, 1], 500),
        alike([5000, 0], [19_000, 0], [20_000, 1], 3),
        alike([1], [0], [0], 2),
    ],
    ids=["one customer", "everybody bought once", "huge", "no time"],
)
def test_little_known_has_a_finite_answer_and_a_doubt(process: str, known: pd.DataFrame) -> None:
    found = fit_buying(known, process=process)
    orders = probability_alive(found, known) * expected_if_alive(found, known, np.array([520.0]))[:, 0]
    assert "few_repeats" in [caution.name for caution in found.cautions]
    assert np.isfinite(found.fit.parameters).all()
    assert np.all(np.isfinite(orders) & (orders >= 0))


def test_where_nobody_leaves_it_says_so() -> None:
    rng = np.random.default_rng(4)
    orders = rng.poisson(np.tile(rng.gamma(2.0, 0.5, 300), 1) * 52)
    active = np.where(orders > 0, np.rint(364 * orders / (orders + 1)), 0).astype(int)
    found = fit_buying(pd.DataFrame({"repeats": orders, "active_days": active, "tenure_days": 364}))
    assert [caution.name for caution in found.cautions] == ["nobody_leaves"]


def test_an_unknown_process_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="process 'bg_nbd' is none of bgnbd, paretonbd; did you mean 'bgnbd'"):
        fit_buying(alike([1], [5], [9], 40), process="bg_nbd")  # type: ignore[arg-type]


@pytest.mark.parametrize("process", ["bgnbd", "paretonbd"])
def test_few_are_held_near_typical_values_and_many_are_not(process: str) -> None:
    start = PROCESSES[process].START
    few, many = (fit_buying(alike([9, 8, 0], [300, 290, 0], [310] * 3, times), process=process) for times in (2, 40))
    assert np.abs(np.log(few.fit.parameters) - start).max() < 2
    assert np.abs(np.log(many.fit.parameters) - start).max() > 3


def test_a_parameter_that_may_be_anything_has_no_interval(published: Buying) -> None:
    flat = replace(published.fit, standard_errors=published.fit.standard_errors * np.array([1, 1, 1, 1e3]))
    table = replace(published, fit=flat).parameters.set_index("parameter")
    assert table.loc["b", ["low", "high"]].isna().all()
    assert table.loc[["r", "alpha", "a"], ["low", "high"]].notna().all(axis=None)
