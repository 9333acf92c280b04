"""The pipelines whose every contribution can be told: plain types, one encoder for each column, one model at the end.

In: the features to learn from, a model of scikit-learn's kind.   Out: a pipeline, not yet fitted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

_RARE_ROWS = 30
_CLOSEST = 1e-6


def linear_pipeline(features: pd.DataFrame, model: Any) -> Pipeline:
    """Put before a linear model what it needs: numbers straightened and standardised, categories as one column each.

    Three steps: plain (types), encode (a ColumnTransformer with one transformer for each column, so that
    `output_indices_[column]` names the encoded columns of each) and model.

    >>> from sklearn.linear_model import LinearRegression
    >>> known = pd.DataFrame({"orders": [0, 1, 3], "plan": ["M", "M", "L"]})
    >>> linear_pipeline(known, LinearRegression()).fit(known, [0, 1, 2]).predict(known).round(6).tolist()
    [0.0, 1.0, 2.0]
    """
    return _assemble(features, _line, _one_hot, model)


def tree_pipeline(features: pd.DataFrame, model: Any) -> Pipeline:
    """Put before a model of trees what it needs: numbers as they are, categories in some order; steps as above."""
    return _assemble(features, _as_it_is, _ordinal, model)


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Return the logarithm of the odds; those of 0 and 1 as of a millionth inside.

    >>> log_odds(np.array([0.5, 0.0])).round(2).tolist()
    [0.0, -13.82]
    """
    inside = np.clip(probability, _CLOSEST, 1 - _CLOSEST)
    return np.asarray(np.log(inside / (1 - inside)))


def _assemble(
    features: pd.DataFrame, number: Callable[[str], Any], category: Callable[[], Any], model: Any
) -> Pipeline:
    numbers = [str(c) for c in features if pd.api.types.is_numeric_dtype(features[c])]
    steps = [(str(c), number(str(c)) if c in numbers else category(), [c]) for c in features]
    plain = FunctionTransformer(_plain, kw_args={"numbers": numbers})
    return Pipeline([("plain", plain), ("encode", ColumnTransformer(steps)), ("model", model)])


def _plain(frame: pd.DataFrame, *, numbers: list[str]) -> pd.DataFrame:
    """Return numbers and flags as floats, all else as objects, and what is missing as NaN."""
    return pd.DataFrame(
        {
            c: frame[c].to_numpy(float, na_value=np.nan)
            if c in numbers
            else frame[c].astype(object).where(frame[c].notna(), np.nan)
            for c in frame
        },
        index=frame.index,
    )


def _line(column: str) -> Any:
    """Straighten a number for a linear model: shares by log-odds, all else by logarithm, missing ones flagged."""
    straighten = FunctionTransformer(log_odds if column.endswith("_share") else _signed_log)
    return make_pipeline(SimpleImputer(strategy="median", add_indicator=True), straighten, StandardScaler())


def _signed_log(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def _as_it_is(_column: str) -> Any:
    return FunctionTransformer()


def _one_hot() -> Any:
    return OneHotEncoder(min_frequency=_RARE_ROWS, handle_unknown="infrequent_if_exist", sparse_output=False)


def _ordinal() -> Any:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
