"""At what time of day should a batch run? By an hourly profile of the grid that the user gives as a file.

In: a CSV with the carbon of each hour of the day.   Out: `Hours`: the best start and what it saves; a figure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench import charts
from workbench.errors import InputError, did_you_mean
from workbench.outputs import project_root
from workbench.words import counted, number

_DAY = 24
_FIGURE = "gco2e_per_kwh"
_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Hours:
    """The hour at which a run of `hours_needed` starts best, and what that saves against the mean of all starts.

    `saving_share_now` is against the present hour; None: it was not given. `table` has start, gco2e_per_kwh (over the
    run), gco2e, saving_share (against the mean start), may_be_used. `profile` is what was given. There is no interval:
    one profile says nothing of how days differ.
    """

    start: int
    saving_share: float
    saving_share_now: float | None
    hours_needed: float
    table: pd.DataFrame
    profile: pd.DataFrame
    reason: str


def read_profile(path: str | Path) -> pd.DataFrame:
    """Return hour (0 to 23) and gco2e_per_kwh from a CSV; timestamps (ISO 8601) are averaged by their hour.

    A path that is not there is looked for below the project. The file has `hour` or `timestamp`, and `gco2e_per_kwh`;
    times are those of the market. One InputError names every fault: columns, hours that are missing or named twice,
    figures that are none, negative, or below any grid's.

    >>> from tempfile import mkdtemp
    >>> file = Path(mkdtemp()) / "profile.csv"
    >>> _ = file.write_text("hour,gco2e_per_kwh" + "".join(f"\\n{hour},{100 + hour}" for hour in range(24)))
    >>> read_profile(file).gco2e_per_kwh.mean()
    np.float64(111.5)
    """
    path = path if Path(path).exists() else project_root() / path
    try:
        frame = pd.read_csv(path, dtype={"timestamp": "str"})
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a profile: {error}") from error
    key = next((name for name in ("hour", "timestamp") if name in frame), None)
    if missing := [name for name, known in (("hour", key), (_FIGURE, _FIGURE in frame)) if not known]:
        near = "".join(did_you_mean(name, map(str, frame)) for name in missing)
        found = ", ".join(map(str, frame)) or "none"
        raise InputError(
            f"{path}: no column {', '.join(missing)} ('timestamp' may stand for hour); found {found}{near}"
        )
    hour = _hours(frame["hour"]) if key == "hour" else _hours_of_times(frame["timestamp"])
    rows = pd.DataFrame({"hour": hour, _FIGURE: pd.to_numeric(frame[_FIGURE], errors="coerce")})
    if faults := list(_faults(rows, repeats=key == "timestamp")):
        raise InputError("\n".join(f"{path}: {fault}" for fault in faults))
    by_hour = rows.groupby(rows["hour"].astype(int))[_FIGURE].mean()
    return by_hour.reset_index()


def when(path: str, *, seconds: float, kwh: float | None) -> Hours | None:
    """Return the best hours by a profile's file for work of so many seconds; None where no file is named.

    Work that was not metered is taken for one of a minute: by the hour it makes no difference.

    >>> when("", seconds=60, kwh=1) is None
    True
    """
    if not path:
        return None
    hours_needed = min(max(seconds, _MINUTE) / _HOUR, float(_DAY))
    return best_hours(read_profile(path), hours_needed=hours_needed, kwh=kwh or 0.0)


def best_hours(
    profile: pd.DataFrame,
    *,
    hours_needed: float,
    kwh: float,
    window: tuple[int, int] | None = None,
    present_hour: int | None = None,
) -> Hours:
    """Return the start at which `kwh`, spread evenly over `hours_needed` (above 0, at most 24), emits least.

    A run starts on the hour, may pass midnight, and lies whole within `window` (from, until: hours of the day, until
    not included; (22, 6) is the night). Ties go to the earliest hour. An InputError names what is out of range.

    >>> night = pd.DataFrame({"hour": range(24), "gco2e_per_kwh": [100.0] * 6 + [400.0] * 18})
    >>> found = best_hours(night, hours_needed=2, kwh=1, present_hour=12)
    >>> found.start, found.saving_share_now
    (0, 0.75)
    """
    _check(hours_needed, kwh, window, present_hour)
    table = _starts(profile, hours_needed, kwh).assign(may_be_used=_within(window, hours_needed))
    if not table["may_be_used"].any():
        raise InputError(f"window {window} is shorter than the {hours_needed:g} hours that are needed")
    best = table.iloc[int(np.argmin(table[_FIGURE].where(table["may_be_used"], np.inf)))]
    now = None
    if present_hour is not None:
        now = _saving(float(best["gco2e"]), float(table["gco2e"][present_hour]))
    return Hours(
        start=int(best["start"]),
        saving_share=float(best["saving_share"]),
        saving_share_now=now,
        hours_needed=hours_needed,
        table=table,
        profile=profile,
        reason=_reason(best, hours_needed, now, present_hour),
    )


def plot_hours(found: Hours, *, ax: Axes | None = None) -> Axes:
    """Draw the carbon of each hour of the day, the hours of the best run in another colour, and the mean."""
    ax = charts.axes(ax)
    hours = found.profile["hour"].to_numpy()
    running = (hours - found.start) % _DAY < math.ceil(found.hours_needed)
    for chosen, colour, label in ((False, 0, "other hours"), (True, 2, "best hours to run")):
        rows = found.profile[running == chosen]
        ax.bar(rows["hour"], rows[_FIGURE], color=charts.PALETTE[colour], label=label)
    ax.axhline(found.profile[_FIGURE].mean(), color="black", linestyle="--", linewidth=1, label="mean of the day")
    ax.set_xticks(range(0, _DAY, 3))
    ax.set(xlabel="hour of the day", ylabel="g CO2e per kWh")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


def _hours(values: pd.Series) -> pd.Series:
    hours = pd.to_numeric(values, errors="coerce")
    return hours.where(hours.between(0, _DAY - 1) & (hours % 1 == 0))


def _hours_of_times(values: pd.Series) -> pd.Series:
    """Return the hour that a clock shows there: an offset from UTC that the text names is left out."""
    clock = values.astype("str").str.replace(r"(Z|[+-]\d\d:?\d\d)$", "", regex=True)
    return pd.to_datetime(clock, errors="coerce", format="ISO8601").dt.hour


def _faults(rows: pd.DataFrame, *, repeats: bool) -> Iterator[str]:
    """Yield every fault of a profile; hours may be named more than once only where they come from timestamps."""
    hours = rows["hour"].dropna().astype(int)
    if unread := int(rows["hour"].isna().sum()):
        yield f"{counted(unread, 'row')} without an hour from 0 to 23 or a readable time"
    if absent := sorted(set(range(_DAY)) - set(hours)):
        yield f"no row for {'hour' if len(absent) == 1 else 'hours'} {', '.join(map(str, absent))}"
    if not repeats and len(twice := sorted(set(hours[hours.duplicated()]))):
        yield f"more than one row for {'hour' if len(twice) == 1 else 'hours'} {', '.join(map(str, twice))}"
    # A grid without any carbon does not exist: a zero is a gap.
    if bad := int((~(rows[_FIGURE] > 0) | np.isinf(rows[_FIGURE])).sum()):
        yield f"{counted(bad, 'row')} whose {_FIGURE} is no number above 0"


def _check(hours_needed: float, kwh: float, window: tuple[int, int] | None, present_hour: int | None) -> None:
    faults = []
    if not 0 < hours_needed <= _DAY:
        faults.append(f"hours_needed must be above 0 and at most {_DAY}, found {hours_needed}")
    if not kwh >= 0:
        faults.append(f"kwh must be 0 or more, found {kwh}")
    hours = [*(window or ()), *([] if present_hour is None else [present_hour])]
    if not all(0 <= hour <= _DAY for hour in hours) or present_hour == _DAY:
        faults.append(f"hours of the day must lie between 0 and {_DAY}, found {hours}")
    if faults:
        raise InputError(f"best hours: {'; '.join(faults)}")


def _starts(profile: pd.DataFrame, hours_needed: float, kwh: float) -> pd.DataFrame:
    by_hour = profile.sort_values("hour")[_FIGURE].to_numpy(float)
    hours = np.arange(math.ceil(hours_needed))
    weights = np.minimum(hours_needed - hours, 1.0) / hours_needed
    over_run = by_hour[(np.arange(_DAY)[:, None] + hours) % _DAY] @ weights
    gco2e = over_run * kwh
    saving = 1 - over_run / over_run.mean()
    return pd.DataFrame({"start": range(_DAY), _FIGURE: over_run, "gco2e": gco2e, "saving_share": saving})


def _within(window: tuple[int, int] | None, hours_needed: float) -> np.ndarray:
    if window is None:
        return np.ones(_DAY, bool)
    first, until = window
    length = (until - first) % _DAY or _DAY
    return (np.arange(_DAY) - first) % _DAY + hours_needed <= length


def _saving(best: float, other: float) -> float:
    return 1 - best / other if other > 0 else 0.0


def _reason(best: pd.Series, hours_needed: float, now: float | None, present_hour: int | None) -> str:
    start, length = int(best["start"]), number(hours_needed, unit="h")
    said = f"Start at {start:02d}:00 (a run of {length}): {best['saving_share']:.1%} less carbon than at a mean hour"
    beside = "" if now is None else f", {now:.1%} less than at {present_hour:02d}:00, as now"
    return f"{said}{beside}. One profile: how days differ is not known."
