import numpy as np
import pytest
from scipy.sparse import random as random_matrix
from sklearn.linear_model import LogisticRegression

from workbench.sentiment.descent import fit


def learn(matrix, classes, costs, scales, *, seed=0):
    arrays = (matrix.indptr, matrix.indices, matrix.data.astype(np.float32), np.arange(matrix.shape[0]))
    return fit(*arrays, classes, np.broadcast_to(costs, (len(classes), 3)).copy(), scales.astype(np.float32), seed)


@pytest.mark.parametrize("cost", [0.5, 5.0])
@pytest.mark.parametrize("scaled", ["scaled", "plain"])
def test_weights_are_those_of_logistic_regression(cost, scaled):
    rng = np.random.default_rng(5)
    matrix = random_matrix(400, 30, 0.3, format="csr", rng=rng)
    classes = (matrix @ rng.normal(size=(30, 3)) + rng.normal(size=(400, 3)) / 2).argmax(axis=1)
    scales = rng.normal(size=(30, 3)) if scaled == "scaled" else np.ones((30, 3))
    weights, intercept = learn(matrix, classes, cost, scales)
    for k in range(3):
        rows = np.column_stack([matrix.toarray() * scales[:, k], np.ones(400)])
        peer = LogisticRegression(C=cost, fit_intercept=False, tol=1e-8, max_iter=1000).fit(rows, classes == k)
        expected = rows @ peer.coef_[0]
        assert np.abs(matrix @ weights[:, k] + intercept[k] - expected).max() < 0.1 * np.abs(expected).max()


def test_a_row_that_weighs_twice_is_two_rows():
    matrix = random_matrix(60, 8, 0.5, format="csr", rng=np.random.default_rng(1))
    classes = np.arange(60) % 3
    once = learn(matrix[np.r_[:60, :20]], classes[np.r_[:60, :20]], 1.0, np.ones((8, 3)))
    twice = learn(matrix, classes, np.where(np.arange(60) < 20, 2.0, 1.0)[:, None], np.ones((8, 3)))
    np.testing.assert_allclose(once[0], twice[0], atol=0.05)


def test_the_same_seed_gives_the_same_weights():
    matrix = random_matrix(60, 8, 0.5, format="csr", rng=np.random.default_rng(1))
    first, second = (learn(matrix, np.arange(60) % 3, 1.0, np.ones((8, 3)), seed=4)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
