"""Names and numbers as people read them, the same on every page and in every document.

In: the name of a figure, a number with its unit.   Out: short texts.
"""

# Abbreviations that the field writes in capitals.
_CAPITALS = frozenset({"auc", "clv", "gdpr", "psi", "roi", "shap"})


def title(name: str) -> str:
    """Write a name out for people.

    >>> title("calibration_error"), title("auc_baseline")
    ('Calibration error', 'AUC baseline')
    """
    words = [word.upper() if word in _CAPITALS else word for word in name.split("_") if word]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) if words else name


def number(found: float, *, unit: str = "") -> str:
    """Write a number with as many digits as are worth reading, and its unit; `share` and `%` in per cent.

    >>> number(0.2345, unit="share"), number(20_000), number(0.81234), number(12.34, unit="Wh")
    ('23.4%', '20,000', '0.812', '12.3\\xa0Wh')
    """
    if unit == "share":
        return f"{found:.1%}"
    if isinstance(found, int) or abs(found) >= 100:
        return with_unit(f"{found:,.0f}", unit)
    if 0 < abs(found) < 0.01:
        return with_unit(f"{found:.2g}", unit)
    decimals = 3 if abs(found) < 1 else 2 if abs(found) < 10 else 1
    return with_unit(f"{found:.{decimals}f}", unit)


def with_unit(written: str, unit: str) -> str:
    """Put a unit after a number, so that no line breaks between them.

    >>> with_unit("5", "%"), with_unit("5", "")
    ('5%', '5')
    """
    return written + unit if unit == "%" else f"{written}\xa0{unit}".rstrip("\xa0")


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number of things; `many` is by default `one` with an s.

    >>> counted(1, "row"), counted(2_000, "row"), counted(2, "touch", "touches")
    ('1 row', '2,000 rows', '2 touches')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def ranged(value: float, low: float, high: float, *, form: str = ".3f", missing: str = "not known") -> str:
    """Write a number with its two ends; `missing` where it is not a number.

    >>> ranged(0.5, 0.25, 0.75, form=".0%"), ranged(float("nan"), 0, 1)
    ('50% (25% to 75%)', 'not known')
    """
    return missing if value != value else f"{value:{form}} ({low:{form}} to {high:{form}})"
