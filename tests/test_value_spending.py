"""The likelier model is taken and says why; who spent nothing says nothing; bad amounts are refused or doubted."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.value.spending import draw_spend, expected_spend, fit_spending


def known(spend: np.ndarray, repeats: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"mean_spend": spend, "repeats": repeats})


def gamma_gamma(customers: int = 3000) -> pd.DataFrame:
    rng, days = np.random.default_rng(6), np.tile([1, 3, 10], customers // 3)
    return known(rng.gamma(2.0 * days) / rng.gamma(4.0, 1 / 60, len(days)) / days, days - 1)


def log_normal(customers: int = 3000) -> pd.DataFrame:
    rng, days = np.random.default_rng(6), np.tile([1, 3, 10], customers // 3)
    return known(
        np.exp(3 + 0.7 * rng.standard_normal(len(days)) + 0.3 * rng.standard_normal(len(days)) / days), days - 1
    )


@pytest.mark.parametrize(("frame", "model"), [(gamma_gamma(), "gamma_gamma"), (log_normal(), "log_normal")])
def test_the_model_that_made_the_amounts_is_taken(frame: pd.DataFrame, model: str) -> None:
    found = fit_spending(frame)
    assert found.model == model
    assert found.fit.log_likelihood == max(found.log_likelihoods.values())
    assert found.cautions == ()


def test_the_reason_names_both() -> None:
    reason = fit_spending(gamma_gamma()).reason
    assert reason.startswith("Gamma-Gamma fits the amounts better than log-normal (log-likelihood -")


def test_a_model_may_be_asked_for() -> None:
    found = fit_spending(gamma_gamma(), model="log_normal")
    assert (found.model, found.names) == ("log_normal", ("median", "between", "within"))


@pytest.mark.parametrize("model", ["gamma_gamma", "log_normal"])
def test_who_spent_nothing_is_left_aside(model: str) -> None:
    frame, beside = gamma_gamma(300), known(np.array([0.0, -5.0]), np.array([0, 2]))
    alone, both = fit_spending(frame, model=model), fit_spending(pd.concat([frame, beside]), model=model)
    orders = np.ones((2, 3), dtype=int)
    assert both.fit.parameters == pytest.approx(alone.fit.parameters)
    assert expected_spend(both, beside).tolist() == [0, 0]
    assert np.all(draw_spend(both, beside, orders=orders, rng=np.random.default_rng(0)) == 0)


@pytest.mark.parametrize("spend", [[], [0.0], [-3.0, 0.0]])
def test_nobody_who_spent_is_refused(spend: list[float]) -> None:
    with pytest.raises(InputError, match=f"none of {len(spend)} customers has spent more than 0"):
        fit_spending(known(np.array(spend), np.zeros(len(spend), dtype=int)))


@pytest.mark.parametrize("model", ["gamma_gamma", "log_normal"])
def test_draws_are_as_expected(model: str) -> None:
    frame = gamma_gamma(300)
    found, some = fit_spending(frame, model=model), frame.head(9)
    orders = np.full((9, 20_000), 3)
    drawn = draw_spend(found, some, orders=orders, rng=np.random.default_rng(2))
    off = drawn.mean(axis=1) - 3 * expected_spend(found, some)
    assert np.all(np.abs(off) < 4 * drawn.std(axis=1) / np.sqrt(20_000))


def test_one_customer_has_an_answer() -> None:
    frame = known(np.array([20.0]), np.array([3]))
    assert expected_spend(fit_spending(frame), frame) == pytest.approx([20], rel=0.1)


def test_a_huge_outlier_is_doubted_and_moves_nobody_else_far() -> None:
    frame = log_normal(1500)
    wild = pd.concat([frame, known(np.array([1e8]), np.array([0]))])
    found = fit_spending(wild)
    assert "huge_outliers" in [caution.name for caution in found.cautions]
    moved = expected_spend(found, frame) / expected_spend(fit_spending(frame), frame)
    assert np.median(moved) == pytest.approx(1, abs=0.2)


def test_of_very_many_so_many_are_drawn_by_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fit_spending.__globals__, "_ENOUGH", 500)
    one, same, other = (fit_spending(gamma_gamma(), seed=seed).fit.parameters for seed in (0, 0, 1))
    assert one.tolist() == same.tolist() != other.tolist()


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'lognormal' is none of gamma_gamma, log_normal; did you mean 'log_normal'"):
        fit_spending(gamma_gamma(300), model="lognormal")
