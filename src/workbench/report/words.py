"""Key figures, times and energy as people read them.

In: key figures, times, amounts of energy.   Out: short texts, the same on every page and in the index.
"""

from datetime import UTC, datetime

from workbench.outputs import KeyFigure
from workbench.words import number, title, with_unit

__all__ = [
    "MARKS",
    "carbon",
    "day",
    "duration",
    "energy",
    "energy_amount",
    "energy_ends",
    "interval",
    "moment",
    "number",
    "size",
    "target",
    "title",
    "value",
]

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


def energy(wh: float | None, *, low: float | None = None, high: float | None = None, method: str = "") -> str:
    """Write an amount of energy in the unit that suits it, with its ends, and say how it is known.

    >>> energy(0.0042), energy(1234), energy(None)
    ('4.20\\xa0mWh (estimated)', '1.23\\xa0kWh (estimated)', 'not measured')
    >>> energy(0.5, low=0.25, high=1.0, method="measured")
    '0.500\\xa0Wh (measured, 0.250 to 1.00)'
    """
    if wh is None:
        return "not measured"
    ends = energy_ends(wh, low=low, high=high)
    return f"{energy_amount(wh)} ({method or 'estimated'}{', ' * bool(ends)}{ends})"


def energy_amount(wh: float) -> str:
    """Write an amount of energy in the unit that suits it, where something else says how it is known.

    >>> energy_amount(0.0042)
    '4.20\\xa0mWh'
    """
    factor, unit = _unit(wh)
    return number(float(wh * factor), unit=unit)


def energy_ends(wh: float, *, low: float | None, high: float | None) -> str:
    """Write the ends of an amount of energy in the unit of the amount, an empty text where one is missing.

    >>> energy_ends(0.0042, low=0.001, high=0.005)
    '1.00 to 5.00'
    """
    factor, _ = _unit(wh)
    return "" if low is None or high is None else f"{number(float(low * factor))} to {number(float(high * factor))}"


def _unit(wh: float) -> tuple[float, str]:
    return (0.001, "kWh") if wh >= 1000 else (1, "Wh") if wh >= 0.1 else (1000, "mWh")


def carbon(grams: float | None) -> str:
    """Write an amount of carbon.

    >>> carbon(0.42), carbon(None)
    ('0.420\\xa0g CO2e', 'carbon not known')
    """
    return "carbon not known" if grams is None else f"{number(float(grams), unit='g')} CO2e"


def duration(seconds: float) -> str:
    """Write a duration.

    >>> duration(4.2), duration(200), duration(8000)
    ('4.2 s', '3 min 20 s', '2 h 13 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Write a number of bytes in the unit that suits it.

    >>> size(312), size(48_200_000), size(2_000_000_000)
    ('312\\xa0B', '48.2\\xa0MB', '2.00\\xa0GB')
    """
    power = next(power for power in (3, 2, 1, 0) if count >= 1000**power or not power)
    return f"{count}\xa0B" if not power else number(count / 1000**power, unit=("", "kB", "MB", "GB")[power])


def day(when: datetime) -> str:
    """Write the day of a moment, in UTC.

    >>> day(datetime(2026, 3, 1, 14, 2, tzinfo=UTC))
    '1 March 2026'
    """
    return moment(when).partition(",")[0]


def moment(when: datetime) -> str:
    """Write a moment in UTC.

    >>> moment(datetime(2026, 3, 1, 14, 2, tzinfo=UTC))
    '1 March 2026, 14:02 UTC'
    """
    utc = when.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"
