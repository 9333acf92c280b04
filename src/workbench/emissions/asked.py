"""Can what a market asks for be done? Said before hours of work, not after.

In: keys of a market, the summary of its data.   Out: one InputError for all faults; the days that the data covers.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pandas as pd

from workbench.emissions.grid import intensities
from workbench.emissions.hours import read_profile
from workbench.errors import InputError, did_you_mean

_TASKS = ("churn", "value", "sentiment")


def refuse_unknown(*, cloud_region: str = "", hourly_profile: str = "", baselines: Iterable[str] = ()) -> None:
    """Raise one InputError that names every region, profile and baseline that cannot be used; empty ones can.

    >>> refuse_unknown(cloud_region="gcp/europe-west3", baselines=["churn:trees"])
    >>> refuse_unknown(baselines=["chrun:trees"])
    Traceback (most recent call last):
    workbench.errors.InputError: baselines: 'chrun:trees' names no task; did you mean 'churn'?; there is: churn, ...
    """
    looks: list[Callable[[], Any]] = [partial(_refuse_baseline, one) for one in baselines]
    looks += [partial(intensities, cloud_region)] if cloud_region else []
    looks += [partial(read_profile, hourly_profile)] if hourly_profile else []
    faults = []
    for look in looks:
        try:
            look()
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))


def covered(summary: pd.DataFrame) -> tuple[date, float]:
    """Return the last day of the data, today where it has no dates, and how many days it covers, at least 30.

    >>> covered(pd.DataFrame({"first": [pd.Timestamp("2026-01-01")], "last": [pd.Timestamp("2026-03-02")]}))
    (datetime.date(2026, 3, 2), 60.0)
    """
    first, last = pd.to_datetime(summary["first"]).min(), pd.to_datetime(summary["last"]).max()
    if pd.isna(last):
        return datetime.now(UTC).date(), _LEAST_DAYS
    return last.date(), max(float((last - first).days), _LEAST_DAYS)


_LEAST_DAYS = 30.0


def _refuse_baseline(baseline: str) -> None:
    task, _, model = baseline.partition(":")
    if task not in _TASKS or not model:
        hint = did_you_mean(task, _TASKS)
        raise InputError(
            f"baselines: '{baseline}' names no task{hint}; there is: {', '.join(_TASKS)}, as in churn:trees"
        )
