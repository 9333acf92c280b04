"""Names and values as people read them.

In: key figures, times, amounts of energy.   Out: short texts, the same on every page and in the index.
"""

from datetime import UTC, datetime

from workbench.outputs import KeyFigure

# Abbreviations that the field writes in capitals.
_CAPITALS = frozenset({"auc", "clv", "roi", "shap", "gdpr"})

MARKS = {"met": "✓", "missed": "✗", "not measured": "○", "no target": "–"}


def title(name: str) -> str:
    """Write a name out for people.

    >>> title("calibration_error"), title("auc_baseline")
    ('Calibration error', 'AUC baseline')
    """
    words = [word.upper() if word in _CAPITALS else word for word in name.split("_") if word]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) if words else name


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
    written = f"{float(bound) * 100:.4g}%" if unit == "share" else _with_unit(f"{float(bound):.4g}", unit)
    return f"{'at least' if sign == '>=' else 'at most'} {written}"


def number(found: float, *, unit: str = "") -> str:
    """Write a number with as many digits as are worth reading, and its unit; `share` and `%` in per cent.

    >>> number(0.2345, unit="share"), number(20_000), number(0.81234), number(12.34, unit="Wh")
    ('23.4%', '20,000', '0.812', '12.3\\xa0Wh')
    """
    if unit == "share":
        return f"{found:.1%}"
    if isinstance(found, int) or abs(found) >= 100:
        return _with_unit(f"{found:,.0f}", unit)
    if 0 < abs(found) < 0.01:
        return _with_unit(f"{found:.2g}", unit)
    decimals = 3 if abs(found) < 1 else 2 if abs(found) < 10 else 1
    return _with_unit(f"{found:.{decimals}f}", unit)


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


def _with_unit(written: str, unit: str) -> str:
    return written + unit if unit == "%" else f"{written}\xa0{unit}".rstrip("\xa0")
