"""Where does a key figure go, from run to run?

In: the figure as it is, what it was after earlier runs.   Out: a `Trend`: words, and a small drawing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.outputs import KeyFigure
from workbench.report import words
from workbench.report.history import Past

# With fewer there is nothing to see that the words do not say; with more a point would be no point any more.
_FEWEST, _MOST = 3, 20

# In a table of many figures.
_MOST_IN_BRIEF = 12

BEYOND, WITHIN = "beyond both intervals", "within its interval"

WIDTH, HEIGHT = 96, 22
_MARGIN = 3


@dataclass(frozen=True, kw_only=True)
class Spark:
    """A drawing of WIDTH x HEIGHT: the points of a line, of the band of intervals, '' where one lacks; its end."""

    line: str
    band: str
    end: tuple[float, float]
    label: str


@dataclass(frozen=True, kw_only=True)
class Trend:
    """What has become of a figure: `change` against the run before, `since` when, and what its intervals say of it."""

    change: str
    since: str = ""
    judged: str = ""
    spark: Spark | None = None


def trend(figure: KeyFigure, past: Sequence[Past], *, at: datetime | None, brief: bool = False) -> Trend | None:
    """Hold a figure of a run that began `at` this moment against earlier runs; None where there is nothing to say.

    A change is said to lie beyond both intervals where these do not meet, which 95 % intervals of a figure that has
    not changed hardly ever do; without intervals nothing is said of it. A `brief` drawing is one of fewer runs, without
    a band, and its label tells the ends of its values instead of each.

    >>> was = Past(notebook="sentiment", name="accuracy", at=datetime(2026, 3, 3), value=0.90, low=0.89, high=0.91)
    >>> now = KeyFigure(name="accuracy", value=0.93, low=0.92, high=0.94, unit="share", target=None,
    ...                 verdict="no target", note="")
    >>> found = trend(now, [was], at=datetime(2026, 4, 5))
    >>> found.change, found.since, found.judged
    ('↑ up 3.0 points', 'since 3 March 2026', 'beyond both intervals')
    """
    if isinstance(figure.value, str) or (figure.value is None and not past):
        return None
    if figure.value is None or at is None:
        return Trend(
            change=f"was {words.number(past[-1].value, unit=figure.unit)}", since=f"on {words.day(past[-1].at)}"
        )
    began = at.replace(microsecond=0)
    # All that is on record but the run itself was before it, whatever the day's time was set to.
    earlier = [one for one in past if one.at != began]
    if not earlier:
        return Trend(change="first run")
    now = Past(notebook="", name=figure.name, at=at, value=float(figure.value), low=figure.low, high=figure.high)
    spark = _brief([*earlier, now][-_MOST_IN_BRIEF:], figure) if brief else _spark([*earlier, now][-_MOST:], figure)
    if _same(now, earlier[-1]):
        alike = next((place for place, one in enumerate(reversed(earlier)) if not _same(now, one)), len(earlier))
        return Trend(change="unchanged", since=_since(earlier[-alike].at, at), spark=spark)
    was = earlier[-1]
    return Trend(change=_change(now, was, figure.unit), since=_since(was.at, at), judged=_judged(now, was), spark=spark)


def _same(one: Past, other: Past) -> bool:
    return math.isclose(one.value, other.value, rel_tol=1e-9, abs_tol=1e-12)


def _change(now: Past, was: Past, unit: str) -> str:
    """Write a change with its direction; that of a share in points of a hundred."""
    by = abs(now.value - was.value)
    points = f"{100 * by:.1f}" if by >= 0.0005 else words.number(100 * by)
    amount = f"{points} points" if unit == "share" else words.number(by, unit=unit)
    return f"↑ up {amount}" if now.value > was.value else f"↓ down {amount}"


def _judged(now: Past, was: Past) -> str:
    if now.low is None or now.high is None or was.low is None or was.high is None:
        return "no interval to judge it by"
    return BEYOND if now.low > was.high or now.high < was.low else WITHIN


def _since(was: datetime, at: datetime) -> str:
    return f"since {words.moment(was) if was.date() == at.date() else words.day(was)}"


def _spark(seen: Sequence[Past], figure: KeyFigure) -> Spark | None:
    if len(seen) < _FEWEST:
        return None
    ends = [(one.low, one.high) for one in seen if one.low is not None and one.high is not None]
    banded = ends if len(ends) == len(seen) else []
    heights = [one.value for one in seen] + [end for pair in banded for end in pair]
    lines = [_points([one.value for one in seen], heights)]
    lines += [_points([pair[side] for pair in banded], heights) for side in (0, 1)]
    values = [words.number(one.value, unit=figure.unit) for one in seen]
    return Spark(
        line=_written(lines[0]),
        band=_written(lines[1] + lines[2][::-1]),
        end=lines[0][-1],
        label=f"{words.title(figure.name)} after the last {len(seen)} runs, since {words.day(seen[0].at)}: "
        f"{', '.join(values)}",
    )


def _brief(seen: Sequence[Past], figure: KeyFigure) -> Spark | None:
    if len(seen) < _FEWEST:
        return None
    values = [one.value for one in seen]
    points = _points(values, values)
    ends = [words.number(value, unit=figure.unit) for value in (min(values), max(values), values[-1])]
    label = f"{words.title(figure.name)} after the last {len(seen)} runs: {ends[0]} to {ends[1]}, now {ends[2]}"
    return Spark(line=_written(points), band="", end=points[-1], label=label)


def _points(values: Sequence[float], heights: Sequence[float]) -> list[tuple[float, float]]:
    """Place values from left to right, the highest of all heights on top, all in the middle where they are the same."""
    low, spread = min(heights), max(heights) - min(heights)
    wide, high = WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN
    step = wide / max(len(values) - 1, 1)
    up = [(value - low) / spread if spread else 0.5 for value in values]
    return [(round(_MARGIN + step * place, 1), round(_MARGIN + high * (1 - part), 1)) for place, part in enumerate(up)]


def _written(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
