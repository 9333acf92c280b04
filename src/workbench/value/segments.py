"""Which customers are alike in what they buy, what they are worth and how likely they leave, and what to do with each?

In: churn's features, values, probabilities of churn.   Out: eight RFM segments; a grid of value by risk; in words.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.value.risk import by_customer

# segment: quintiles of recency (5 bought last), mean of those of orders and spend (5 most), who they are, what to do
RULES = {
    "champions": ((4, 5), (4, 5), "bought lately, often and for much", "thank them and ask them to recommend you"),
    "loyal": ((3, 5), (3, 5), "come back steadily", "show them more of the range"),
    "promising": ((4, 5), (2, 2.5), "bought lately, a little so far", "give a reason for the next order soon"),
    "new": ((4, 5), (1, 1.5), "bought lately, hardly anything before", "welcome them and make the second order easy"),
    "needing attention": ((3, 3), (1, 2.5), "buy little and begin to fall silent", "remind them with what they liked"),
    "cannot lose": ((1, 2), (4, 5), "were among the best and fell silent", "call them and ask what went wrong"),
    "at risk": ((1, 2), (3, 3.5), "bought well and fell silent", "win them back with an offer in person"),
    "asleep": ((1, 2), (1, 2.5), "bought little, long ago", "let them rest, or write once at no cost"),
}
_SAME = {"recency_days": "ordered last on the same day", "orders": "ordered equally often", "spend": "spent the same"}
THIRDS = ("low", "middle", "high")
RISKS = ("below", "around", "above")
# value, risk: what to do in a word, and in a sentence
ACTIONS = {
    ("high", "below"): ("keep", "Keep them content; discounts would only cost."),
    ("high", "around"): ("hold", "Speak to them before they decide."),
    ("high", "above"): ("win back", "Win them back first: most is lost here."),
    ("middle", "below"): ("grow", "Show them more of the range."),
    ("middle", "around"): ("remind", "Remind them; a small offer may pay."),
    ("middle", "above"): ("try once", "Make one offer that costs little."),
    ("low", "below"): ("serve", "Serve them well at little cost."),
    ("low", "around"): ("watch", "Let automatic messages do."),
    ("low", "above"): ("let go", "Let them go: holding them costs more than they bring."),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Segments:
    """Customers in RFM segments (recency, frequency, monetary; Hughes, 1994).

    `customers` has customer_id, segment and the quintiles recency, frequency and monetary (5 is best). `summary` has a
    row a segment, most valuable first: segment, customers, share_of_customers, value, share_of_value, the medians
    recency_days, orders and spend, and words. All customers of today are counted, so there are no intervals.
    """

    customers: pd.DataFrame
    summary: pd.DataFrame
    note: str


def segments(features: pd.DataFrame, valued: pd.DataFrame) -> Segments:
    """Put every customer with features into one of eight segments by `RULES`, and say what each is worth.

    `features` has customer_id, recency_days, orders and spend; `valued` customer_id and value. Quintiles are by rank;
    equal customers share one, so that a quintile may be empty. InputError: a column is missing, a customer there twice.

    >>> features = pd.DataFrame({"customer_id": list("abcde"), "recency_days": [1, 20, 50, 90, 300],
    ...                          "orders": [9, 1, 4, 8, 2], "spend": [900.0, 10.0, 200.0, 950.0, 20.0]})
    >>> valued = pd.DataFrame({"customer_id": list("abcde"), "value": [60.0, 5.0, 20.0, 15.0, 0.0]})
    >>> segments(features, valued).customers["segment"].tolist()
    ['champions', 'new', 'loyal', 'cannot lose', 'asleep']
    """
    names = ["recency_days", "orders", "spend"]
    columns = [by_customer(features, name, place="features") for name in names]
    known = pd.concat(columns, axis=1, join="inner").rename_axis("customer_id")
    values = by_customer(valued, "value", place="valued").reindex(known.index)
    scores = pd.DataFrame(
        {
            "recency": ranked(-known["recency_days"], parts=5),
            "frequency": ranked(known["orders"], parts=5),
            "monetary": ranked(known["spend"], parts=5),
        }
    )
    rows = known.assign(value=values, segment=_segment(scores))
    missing = int(values.isna().sum())
    note = f"{missing:,} customers without a value count as customers only." if missing else ""
    if gone := len(features) - len(known):
        note = f"{note} {gone:,} customers without orders are in no segment.".strip()
    if same := [words for name, words in _SAME.items() if known[name].nunique() == 1]:
        note = f"{note} All {', and '.join(same)}: that tells nobody apart, and words about it may not fit.".strip()
    return Segments(
        customers=scores.assign(segment=rows["segment"])[["segment", *scores]].reset_index(),
        summary=_summary(rows, names),
        note=note,
    )


def value_by_risk(
    valued: pd.DataFrame, scores: pd.DataFrame, *, thresholds: tuple[float, float] = (1 / 3, 2 / 3)
) -> pd.DataFrame:
    """Return the cells of value (thirds by rank) by risk (probability of churn below, between, above `thresholds`).

    A row a cell: value_third, risk, customers, share_of_customers, value, share_of_value, value_at_risk, action, words.
    Customers without a value or a score are left out. InputError as for `value_at_risk`, or thresholds out of order.

    >>> valued = pd.DataFrame({"customer_id": list("abc"), "value": [1.0, 10.0, 100.0]})
    >>> grid = value_by_risk(valued, pd.DataFrame({"customer_id": list("abc"), "probability": [0.9, 0.5, 0.1]}))
    >>> grid.loc[grid["customers"] > 0, "action"].tolist()
    ['keep', 'remind', 'let go']
    """
    low, high = thresholds
    if not 0 <= low <= high <= 1:
        raise InputError(f"thresholds: found {low:g}, {high:g}; two shares from 0 to 1 in order are allowed")
    values = by_customer(valued, "value", place="valued")
    chances = by_customer(scores, "probability", place="scores", at_most=1)
    rows = pd.concat([values, chances], axis=1, join="inner")
    rows["value_third"] = [THIRDS[part - 1] for part in ranked(rows["value"], parts=3)]
    rows["risk"] = [RISKS[place] for place in np.searchsorted([low, high], rows["probability"], side="right")]
    rows["value_at_risk"] = rows["value"] * rows["probability"]
    grouped = rows.groupby(["value_third", "risk"])
    found = grouped[["value", "value_at_risk"]].sum().assign(customers=grouped.size())
    cells = found.reindex(pd.MultiIndex.from_tuples(ACTIONS, names=["value_third", "risk"]), fill_value=0)
    cells = _with_shares(cells.reset_index())
    cells["action"] = [ACTIONS[cell][0] for cell in ACTIONS]
    said = [
        _sentence(row, does=f"value {third}, risk {risk}", advice=advice)
        for row, ((third, risk), (_, advice)) in zip(cells.itertuples(), ACTIONS.items(), strict=True)
    ]
    first = ["value_third", "risk", "customers", "share_of_customers", "value", "share_of_value", "value_at_risk"]
    return cells[[*first, "action"]].assign(words=said)


def ranked(values: pd.Series, *, parts: int) -> pd.Series:
    """Return the part of each value by its rank, from 1 (least) to `parts`; equal values stay together.

    >>> ranked(pd.Series([10, 20, 20, 40]), parts=2).tolist(), ranked(pd.Series([7, 7]), parts=5).tolist()
    ([1, 2, 2, 2], [3, 3])
    """
    middle = (values.rank(method="average") - 0.5) / max(len(values), 1)
    return (middle * parts // 1 + 1).astype(int)


def _segment(scores: pd.DataFrame) -> pd.Series:
    bought = (scores["frequency"] + scores["monetary"]) / 2
    fits = [scores["recency"].between(*when) & bought.between(*much) for when, much, *_ in RULES.values()]
    return pd.Series(np.select(fits, list(RULES), default=""), index=scores.index, dtype="str")


def _summary(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    grouped = rows.groupby("segment")
    found = grouped[names].median().assign(customers=grouped.size(), value=grouped["value"].sum())
    found = found.reindex(pd.Index(RULES, name="segment")).fillna({"customers": 0, "value": 0.0})
    found = _with_shares(found.astype({"customers": int}).reset_index())
    found["words"] = [
        _sentence(row, does=does, advice=f"{advice[0].upper()}{advice[1:]}.")
        for row, (_, _, does, advice) in zip(found.itertuples(), RULES.values(), strict=True)
    ]
    found = found.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    return found[["segment", "customers", "share_of_customers", "value", "share_of_value", *names, "words"]]


def _with_shares(rows: pd.DataFrame) -> pd.DataFrame:
    totals = {name: rows[name].sum() for name in ("customers", "value")}
    return rows.assign(
        **{f"share_of_{name}": rows[name] / total if total > 0 else np.nan for name, total in totals.items()}
    )


def _sentence(row: object, *, does: str, advice: str) -> str:
    customers, share, of_value = (getattr(row, name) for name in ("customers", "share_of_customers", "share_of_value"))
    if not customers:
        return "Nobody."
    held = "of unknown value" if np.isnan(of_value) else f"with {of_value:.0%} of the value"
    few = f" Few customers (under {FEWEST}): chance may rule here." if customers < FEWEST else ""
    return f"{share:.0%} of customers, {held}: {does}. {advice}{few}"
