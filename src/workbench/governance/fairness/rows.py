"""The rows by which a model is judged, checked and ready to be counted by groups.

In: a `Record`, the customers that are known.   Out: `Rows`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.governance.fairness.measures import SHARE
from workbench.governance.records import Record

_BITS = ("actual", "selected")
# Units of what is predicted in which an error of 1 is all there is.
_SHARES = ("probability", "confidence", SHARE)


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """The rows of one model: `frame` has unit (a code of the customer), customer_id (may be missing), actual,
    selected, wrong, error, predicted, outcome and, where the model has it, language and content.

    `unit` is what it predicts; `binary` says whether its error is 0 or 1; `said` what was left out, in words.
    """

    frame: pd.DataFrame
    unit: str
    binary: bool
    said: str


def read_rows(model: str, record: Record, known: pd.Index) -> Rows:
    """Check the rows of a model; those whose actual or selected is missing are left out, and said.

    InputError: actual or selected other than 0 and 1, numbers that are none.
    """
    frame = record.judged.assign(customer_id=_ids(record.judged["customer_id"]))
    for name in (*_BITS, "error", "predicted", "outcome"):
        frame[name] = _number(model, name, frame[name])
    told = frame[list(_BITS)].notna().all(axis=1)
    frame = frame[told].reset_index(drop=True)
    for name in _BITS:
        if len(other := frame.loc[~frame[name].isin([0, 1]), name]):
            raise InputError(f"{model}: judged: {name}: found {other.iloc[0]:g}; must be 0 or 1")
    unit = (record.told("unit") or "").strip()
    binary = bool(len(frame)) and bool(frame["error"].isin([0, 1]).all())
    wrong = frame["error"].astype(int) if binary else (frame["actual"] != frame["selected"]).astype(int)
    strangers = frame.loc[frame["customer_id"].notna() & ~frame["customer_id"].isin(known), "customer_id"].nunique()
    return Rows(
        frame=frame.assign(wrong=wrong, unit=_units(frame["customer_id"]), **{n: frame[n].astype(int) for n in _BITS}),
        unit=SHARE if unit in _SHARES or (not unit and binary) else unit or "unit not known",
        binary=binary,
        said=_left_out(frame, int((~told).sum()), strangers if len(known) else 0),
    )


def _ids(ids: pd.Series) -> pd.Series:
    return ids.astype("str").mask(ids.isna())


def _number(model: str, name: str, values: pd.Series) -> pd.Series:
    found = pd.to_numeric(values, errors="coerce").astype(float)
    if (bad := found.isna() & values.notna()).any():
        raise InputError(f"{model}: judged: {name}: found {bad.sum():,} values that are no numbers")
    return found.replace([np.inf, -np.inf], np.nan)


def _units(ids: pd.Series) -> np.ndarray:
    """Number customers from 0; a row without one stands for itself."""
    codes, customers = pd.factorize(ids)
    alone = codes < 0
    return np.where(alone, len(customers) + np.cumsum(alone) - 1, codes)


def _left_out(frame: pd.DataFrame, untold: int, strangers: int) -> str:
    nobody = int(frame["customer_id"].isna().sum())
    parts = {
        f"{untold:,} rows whose outcome is not known are left out": untold,
        f"{strangers:,} customers with predictions are not in customers and in no group": strangers,
        f"{nobody:,} rows of nobody known stand each for itself": nobody,
    }
    return "; ".join(words for words, count in parts.items() if count)
