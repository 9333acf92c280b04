"""The chosen model fitted again without some of its columns, on the same customers, at a fraction of a fit's cost.

In: one fold of a backtest.   Out: `Encoded`: what the model sees of it; chances of the judged without any columns.

Every column has an encoder of its own, so that leaving a column out is leaving its encoded ones out: what is encoded
once serves every set of columns, with the same result as a fit from the start.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from workbench.churn import models
from workbench.churn.backtest import Fold
from workbench.churn.models import Model, Scope


@dataclass(frozen=True, eq=False, kw_only=True)
class Encoded:
    """A fold as the model sees it: the fitted model, encoded examples to learn from and to judge, and both outcomes."""

    model: Model
    train: np.ndarray
    learnt: np.ndarray
    weight: np.ndarray
    judged: np.ndarray
    churned: np.ndarray

    def chance(self, *, without: Collection[str] = ()) -> np.ndarray:
        """Return the judged customers' probability of churn by the model without these columns, not calibrated.

        With no column left, everybody has the same probability.
        """
        encoder, estimator = self.model.estimator["encode"], self.model.estimator["model"]
        slices = [encoder.output_indices_[column] for column in self.model.columns if column not in without]
        kept = np.concatenate([np.arange(part.start, part.stop) for part in slices] or [np.empty(0, int)])
        if not len(kept):
            return np.full(len(self.judged), self.learnt.mean())
        # Such small matrices are solved sooner by one thread than by several that wait for each other.
        with threadpool_limits(1, user_api="blas"):
            if len(kept) < self.train.shape[1]:
                estimator = clone(estimator).fit(self.train[:, kept], self.learnt, sample_weight=self.weight)
            return np.asarray(estimator.predict_proba(self.judged[:, kept])[:, 1])


def encode(fold: Fold, *, model: str, scope: Scope = "local", seed: int = 0) -> Encoded:
    """Fit a candidate to what may be learnt from for a fold, and encode this and those who are judged."""
    train = fold.train[scope]
    fitted = models.fit(train, model=model, scope=scope, seed=seed)
    encoding = fitted.estimator[:-1]
    columns = list(fitted.columns)
    return Encoded(
        model=fitted,
        train=np.asarray(encoding.transform(train[columns]), float),
        learnt=train["churned"].to_numpy(int),
        weight=models.weights(train),
        judged=np.asarray(encoding.transform(fold.judged[columns]), float),
        churned=fold.churned,
    )
