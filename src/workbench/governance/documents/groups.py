"""How a model treats groups, as the documents show it: figures by group, gaps, what was left out and why.

In: `Evidence` with a `Fairness`, the name of a model.   Out: parts of Markdown.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.governance.documents import markdown
from workbench.governance.documents.evidence import Evidence
from workbench.governance.fairness import Fairness
from workbench.governance.fairness.result import EVERY_MODEL
from workbench.intervals import FEWEST
from workbench.words import counted, number, title

_METRICS = {
    "selection_rate": "Selected",
    "true_positive_rate": "True positives",
    "false_positive_rate": "False positives",
    "predicted_over_outcome": "Forecast over outcome",
    "calibration": "Forecast less outcome",
    "error": "Error",
}
_GAPS = ["By", "Figure", "Highest", "Lowest", "Difference", "95 % interval", "Shown", "Could be shown", "Verdict"]
_NO_FAIRNESS = "Not known: fairness was not assessed in this run."
_KINDS = {"sensitive": 0, "intersection": 1, "proxy": 2}
_MOST_GAPS = 12

Row = Mapping[Any, Any]


def quality_by_group(evidence: Evidence, name: str) -> list[str]:
    """Return a table of the rates of each group with their intervals, and what is left out and why."""
    if evidence.fairness is None:
        return [markdown.paragraph(_NO_FAIRNESS)]
    every = _of_model(evidence.fairness.groups, name)
    groups = every[every["value"].notna().groupby([every["attribute"], every["group"]]).transform("any")]
    groups = groups.sort_values("kind", key=lambda kind: kind.map(_KINDS), kind="stable")
    metrics = [metric for metric in _METRICS if (groups["metric"] == metric).any()]
    rows = [_group(metrics, one) for _, one in groups.groupby(["attribute", "group"], sort=False)]
    columns = ["By", "Group", "Customers", *(_head(metric, groups) for metric in metrics)]
    return [
        markdown.table(columns, rows, none=f"Not known: no group of {name} could be judged."),
        *([markdown.paragraph("In brackets 95 % intervals.")] if rows else []),
        markdown.listing(left_out(evidence.fairness, name), none="No group and no attribute is left out."),
    ]


def left_out(fairness: Fairness, name: str) -> list[str]:
    """Say which groups are too small to show and which attributes could not be judged, each with the reason."""
    small, absent = (_of_model(frame, name) for frame in (fairness.suppressed, fairness.absent))
    judged = small.loc[~small["attribute"].isin(absent["attribute"]), "attribute"]
    said = [f"By {one}: groups of fewer than {FEWEST} customers are left out." for one in judged]
    said += [f"By {row['attribute']}: {str(row['why']).rstrip('.')}." for row in absent.to_dict("records")]
    return list(dict.fromkeys(said))


def gaps(evidence: Evidence, name: str) -> list[str]:
    """Return the first gaps between groups that were tested, and where the others are, with what could be seen.

    Shown ones come first, then those by sensitive attributes, then the largest.
    """
    return _gaps(evidence, name, only_shown=False)


def shown_gaps(evidence: Evidence, name: str) -> list[str]:
    """Return the gaps that are shown, and what the sample could have shown of the others."""
    return _gaps(evidence, name, only_shown=True)


def _gaps(evidence: Evidence, name: str, *, only_shown: bool) -> list[str]:
    fairness = evidence.fairness
    if fairness is None:
        return [markdown.paragraph(_NO_FAIRNESS)]
    tested = _of_model(fairness.gaps, name)
    if tested.empty:
        why = " ".join(left_out(fairness, name))
        return [markdown.paragraph(f"Not known: no two groups of {name} could be compared. {why}".strip())]
    order = _in_order(tested)
    listed = order[order["shown"].eq(True)] if only_shown else order
    rows = [_gap(row) for row in listed.head(_MOST_GAPS).to_dict("records")]
    table = markdown.table(_GAPS, rows, none="No difference between groups is shown.")
    parts = [markdown.paragraph(_counted(fairness, tested)), table, *_beyond(len(listed), len(tested))]
    return [*parts, *_languages(evidence, fairness, name)]


def _in_order(gaps: pd.DataFrame) -> pd.DataFrame:
    """Put what is shown first, then sensitive attributes, then the largest; shares before amounts of money."""
    later, other = ~gaps["shown"].eq(True), gaps["unit"] != "share"
    rank, size = gaps["kind"].map(_KINDS), -gaps["difference"].astype(float)
    order = gaps.assign(later=later, rank=rank, other=other, size=size)
    return order.sort_values(["later", "rank", "other", "size"], kind="stable")


def _beyond(listed: int, tested: int) -> list[str]:
    """Say how many gaps come after those that are listed, and where they are."""
    if listed <= _MOST_GAPS:
        return []
    more = f"{listed - _MOST_GAPS:,} more come after these: shown ones are first, then sensitive attributes, then the "
    said = f"{more}largest. All {tested:,} are in the table governance.gaps of the market's folder."
    return [markdown.paragraph(said)]


def _counted(fairness: Fairness, tested: pd.DataFrame) -> str:
    """Say how many differences were tested and shown, by which target, and how large one had to be to be seen."""
    shown, shares = int(tested["shown"].eq(True).sum()), tested.loc[tested["unit"] == "share", "detectable"].dropna()
    said = [f"{counted(len(tested), 'difference')} between groups tested, {shown} shown (after Holm)."]
    said += [f"The market allows {_points(fairness.target_gap, 'share')}."]
    if len(shares):
        seen = _span(shares.min(), shares.max(), "share")
        said += [f"To be seen four times in five, a difference has to be {seen} or more, by groups and figure."]
    proxies = tested[tested["kind"] == "proxy"].drop_duplicates("attribute").to_dict("records")
    stands = "; ".join(f"{row['attribute']} is {row['stands_for']}" for row in proxies)
    return " ".join([*said, *([f"{title(stands)}."] if stands else [])])


def _languages(evidence: Evidence, fairness: Fairness, name: str) -> list[str]:
    """Return how good a model is in each language on the same content, where it was judged on such."""
    found = fairness.language
    if found is None or "content" not in evidence.records[name].judged:
        return []
    rows = [
        (row["language"], row["contents"], *_figure({**row, "value": row["accuracy_share"], "unit": "share"}))
        for row in found.languages.to_dict("records")
    ]
    table = markdown.table(["Language", "Contents", "Right"], rows, none="No two languages could be compared.")
    return [markdown.paragraph(f"Languages on the same content: {found.said}"), table]


def _group(metrics: list[str], rows: pd.DataFrame) -> list[str]:
    by_metric = {row["metric"]: row for row in rows.to_dict("records")}
    cells = [cell for metric in metrics for cell in _figure(by_metric.get(metric, {"value": None}))]
    return [*rows[["attribute", "group"]].iloc[0], markdown.written(int(rows["customers"].max())), *cells]


def _figure(row: Row) -> list[str]:
    """Write a figure with its interval, its unit only where it is a share: others stand in the heading."""
    if pd.isna(row["value"]):
        return [_why(row)]
    unit = "share" if row["unit"] == "share" else ""
    value = markdown.written(float(row["value"]), unit=unit)
    return [f"{value} ({markdown.interval(row['low'], row['high'], unit=unit)})"]


def _gap(row: Row) -> list[str]:
    by, figure, verdict = f"{row['attribute']} ({row['kind']})", title(row["metric"]), str(row["verdict"])
    if pd.isna(row["difference"]):
        return [by, figure, _why(row), *["not measured"] * 5, verdict]
    unit = str(row["unit"]) if pd.notna(row["unit"]) else ""
    size, seen = (_points(row[one], unit) for one in ("difference", "detectable"))
    shown = "yes" if pd.notna(row["shown"]) and row["shown"] else "no"
    return [
        by,
        figure,
        str(row["highest"]),
        str(row["lowest"]),
        size,
        _span(row["low"], row["high"], unit),
        shown,
        seen,
        verdict,
    ]


def _points(value: Any, unit: str) -> str:
    """Write a difference; of shares it is one of percentage points.

    >>> _points(0.123, "share"), _points(12.0, "EUR")
    ('12.3 points', '12.0 EUR')
    """
    if pd.isna(value):
        return "not measured"
    return f"{100 * value:.1f} points" if unit == "share" else f"{number(float(value))} {unit}"


def _span(low: Any, high: Any, unit: str) -> str:
    """Write an interval of differences, its unit once.

    >>> _span(0.05, 0.2, "share"), _span(0.1, 0.1, "share")
    ('5.0 to 20.0 points', '10.0 points')
    """
    if pd.isna(low) or pd.isna(high):
        return "not measured"
    first, last = _points(low, unit), _points(high, unit)
    return last if first == last else f"{first.partition(' ')[0]} to {last}"


def _head(metric: str, groups: pd.DataFrame) -> str:
    """Return the heading of a figure, with its unit where that is not a share."""
    units = groups.loc[groups["metric"] == metric, "unit"].dropna().unique()
    unit = ", ".join(one for one in map(str, units) if one not in ("share", ""))
    return _METRICS[metric] + (f" ({unit})" if unit else "")


def _why(row: Row) -> str:
    note = row.get("note")
    return str(note) if note and pd.notna(note) else "not measured"


def _of_model(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["model"].isin([name, EVERY_MODEL])]
