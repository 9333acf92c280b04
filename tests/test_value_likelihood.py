"""The best fit of likelihoods solved by hand, their standard errors, and the marks of one without a maximum."""

import numpy as np
import pytest
from scipy.stats import norm

from workbench.value.likelihood import Loss, maximise


def gamma_rate(data: np.ndarray, *, shape: float) -> Loss:
    """Gamma of known shape: the rate is shape over the mean, its information n shape over the square of the rate."""

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        rate = np.exp(logs)
        return float(-np.mean(shape * logs - rate * data)), np.array([np.mean(rate * data) - shape])

    return loss


def deviation(data: np.ndarray) -> Loss:
    """Two standard deviations; the data knows the first and says nothing of the second."""

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        squared = np.mean(data**2) * np.exp(-2 * logs[0])
        return float(logs[0] + squared / 2 + np.log(2 * np.pi) / 2), np.array([1 - squared, 0.0])

    return loss


def test_a_rate_is_found_with_its_standard_error() -> None:
    data = np.array([1.0, 4.0, 10.0])
    fitted = maximise(gamma_rate(data, shape=2), np.array([3.0]), rows=3)
    assert fitted.parameters == pytest.approx([2 / 5])
    assert fitted.standard_errors == pytest.approx([0.4 / np.sqrt(6)], rel=1e-5)
    assert fitted.covariance == pytest.approx(np.array([[1 / 6]]), rel=1e-5)
    assert fitted.converged
    assert not fitted.at_bound.any()


def test_what_the_data_does_not_say_has_no_standard_error() -> None:
    data = np.array([-1.0, 2.0, 0.5, 1.5])
    fitted = maximise(deviation(data), np.array([1.0, 0.3]), rows=4)
    expected = np.sqrt(np.mean(data**2))
    assert fitted.parameters[0] == pytest.approx(expected)
    assert fitted.log_likelihood == pytest.approx(norm(scale=expected).logpdf(data).sum())
    assert fitted.standard_errors[0] == pytest.approx(expected / np.sqrt(8), rel=1e-5)
    assert np.isnan(fitted.standard_errors[1])


@pytest.mark.parametrize("data", [np.zeros(3), np.full(3, 1e9)])
def test_a_parameter_that_runs_away_stops_at_a_bound_and_is_marked(data: np.ndarray) -> None:
    fitted = maximise(gamma_rate(data, shape=1), np.zeros(1), rows=3)
    assert fitted.at_bound.tolist() == [True]
    assert np.isfinite(fitted.log_likelihood)
    assert abs(np.log(fitted.parameters[0])) == pytest.approx(14)
