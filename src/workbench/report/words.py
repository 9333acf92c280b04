"""Key figures, times and energy as people read them.

In: key figures, times, amounts of energy.   Out: short texts, the same on every page and in the index.
"""

from datetime import UTC, datetime

from workbench.outputs import KeyFigure
from workbench.words import number, title, with_unit

__all__ = ["MARKS", "duration", "energy", "interval", "moment", "number", "target", "title", "value"]

MARKS = {"met": "✓", "missed": "✗", "not measured": "○", "no target": "–"}


def value(figure: KeyFigure) -> str:
    """Write the value with its unit; a share is written in per cent."""
    if figure.value is None:
        return "not measured"
    return figure.value if isinstance(figure.value, str) else number(figure.value, unit=figure.unit)


def interval(figure: KeyFigure) -> str:
    """Write the interval, or an empty text where there is none.

    >>> interval(KeyFigure(name="auc", value=0.8, low=0.79, high=0.8123, unit="", target=None, verdict="met", note=""))
    '0.790 to 0.812'
    """
    if figure.low is None or figure.high is None:
        return ""
    return f"{number(figure.low, unit=figure.unit)} to {number(figure.high, unit=figure.unit)}"


def target(figure: KeyFigure) -> str:
    """Write the target in words, or an empty text where there is none.

    >>> target(KeyFigure(name="total_ratio", value=1.0, low=None, high=None, unit="", target=">= 0.8 and <= 1.2",
    ...                  verdict="met", note=""))
    'at least 0.8 and at most 1.2'
    """
    bounds = [] if figure.target is None else figure.target.split(" and ")
    return " and ".join(_bound(*bound.split(), unit=figure.unit) for bound in bounds)


def _bound(sign: str, bound: str, *, unit: str) -> str:
    written = f"{float(bound) * 100:.4g}%" if unit == "share" else with_unit(f"{float(bound):.4g}", unit)
    return f"{'at least' if sign == '>=' else 'at most'} {written}"


def energy(wh: float | None) -> str:
    """Write an amount of energy in the unit that suits it, and say that it is an estimate.

    >>> energy(0.0042), energy(1234), energy(None)
    ('4.20\\xa0mWh (estimated)', '1.23\\xa0kWh (estimated)', 'not measured')
    """
    if wh is None:
        return "not measured"
    scaled, unit = (wh / 1000, "kWh") if wh >= 1000 else (wh, "Wh") if wh >= 0.1 else (wh * 1000, "mWh")
    return f"{number(float(scaled), unit=unit)} (estimated)"


def duration(seconds: float) -> str:
    """Write a duration.

    >>> duration(4.2), duration(200), duration(8000)
    ('4.2 s', '3 min 20 s', '2 h 13 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(when: datetime) -> str:
    """Write a moment in UTC.

    >>> moment(datetime(2026, 3, 1, 14, 2, tzinfo=UTC))
    '1 March 2026, 14:02 UTC'
    """
    utc = when.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"
