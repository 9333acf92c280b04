"""The pipelines whose every contribution can be told: one encoder that keeps columns apart, one model at the end.

In: a model of scikit-learn's kind.   Out: a pipeline, not yet fitted.
"""

from typing import Any

from sklearn.pipeline import Pipeline

from workbench.explain.encoders import Encoder


def linear_pipeline(model: Any) -> Pipeline:
    """Put before a linear model what it needs: numbers straightened and standardised, categories as one column each.

    Two steps: encode, whose `output_indices_[column]` names the encoded columns of each, and model.

    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> known = pd.DataFrame({"orders": [0, 1, 3], "plan": ["M", "M", "L"]})
    >>> linear_pipeline(LinearRegression()).fit(known, [0, 1, 2]).predict(known).round(6).tolist()
    [0.0, 1.0, 2.0]
    """
    return Pipeline([("encode", Encoder("line")), ("model", model)])


def tree_pipeline(model: Any) -> Pipeline:
    """Put before a model of trees what it needs: numbers as they are, categories in some order; steps as above."""
    return Pipeline([("encode", Encoder("tree")), ("model", model)])
