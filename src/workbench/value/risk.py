"""How much value is about to leave, and whom does it pay to contact?

In: valued customers and their probability of churn.   Out: value at risk; a retention plan under a budget.
"""

import secrets
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.intervals import Z
from workbench.personal import pseudonyms

_POINTS = 200
PLAN_FORMATS = {"probability": ".0%"} | dict.fromkeys(("value", "value_saved", "cumulative_cost"), ",.0f")


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueAtRisk:
    """What is expected to be lost, in the market's currency.

    `customers` has customer_id, probability of churn, value and at_risk (their product), most at risk first. `total`
    has the 95 % interval low to high: the chance of who leaves, with values and probabilities taken as they are.
    `share` is the part of all value, and `note` says who could not be counted.
    """

    customers: pd.DataFrame
    total: float
    low: float
    high: float
    share: float
    note: str


@dataclass(frozen=True, eq=False, kw_only=True)
class RetentionPlan:
    """Whom to contact under a budget, best first.

    `customers` has rank, customer (a pseudonym), customer_id, probability, value, value_saved (after the contact's
    cost), cumulative_cost and, where given, reasons. It is the hand-over to the campaign; a report shows `masked`.
    `orders` has, for this plan and for as many contacts in two other orders, the value saved with its 95 % interval;
    `curves` how it grows with the cost. Figures are in the market's currency.
    """

    customers: pd.DataFrame
    orders: pd.DataFrame
    curves: pd.DataFrame
    budget: float
    cost: float
    value_saved: float
    head: int
    caption: str

    @property
    def masked(self) -> pd.DataFrame:
        """The first customers of the plan for a report: pseudonyms only."""
        return self.customers.head(self.head).drop(columns="customer_id")

    @property
    def listed(self) -> list[str]:
        """The ids of the customers that a report shows, and whom explanations are for."""
        return self.customers.head(self.head)["customer_id"].tolist()

    def with_reasons(self, reasons: pd.DataFrame, *, none: str = "no single reason stands out") -> "RetentionPlan":
        """Add the column reasons from sentences (customer_id, reason), a row each; `none` where there is none."""
        said = reasons.groupby("customer_id", sort=False)["reason"].agg("; ".join)
        told = self.customers["customer_id"].map(said).fillna(none)
        return replace(self, customers=self.customers.assign(reasons=told))


def by_customer(frame: pd.DataFrame, column: str, *, place: str, at_most: float = np.inf) -> pd.Series:
    """Return a column by customer_id, missing values left out.

    InputError: a column is missing, a customer is there twice, or a number is not between 0 and `at_most`.

    >>> by_customer(pd.DataFrame({"customer_id": ["a", "b"], "value": [2.0, None]}), "value", place="valued").to_dict()
    {'a': 2.0}
    """
    for name in ("customer_id", column):
        if name not in frame:
            raise InputError(f"{place}: no column '{name}'{did_you_mean(name, map(str, frame))}")
    if twice := int(frame["customer_id"].duplicated().sum()):
        raise InputError(f"{place}: {twice:,} customers are there more than once; one row a customer is allowed")
    found = pd.Series(frame[column].to_numpy(dtype=float, na_value=np.nan), index=frame["customer_id"], name=column)
    found = found.dropna()
    odd = found[~np.isfinite(found) | (found < 0) | (found > at_most)]
    if len(odd):
        allowed = "finite numbers of 0 or more" if at_most == np.inf else f"0 to {at_most:g}"
        raise InputError(f"{place}: {column} {odd.iloc[0]:g} among {len(odd):,} like it; allowed: {allowed}")
    return found


def value_at_risk(valued: pd.DataFrame, scores: pd.DataFrame) -> ValueAtRisk:
    """Return P(churn) x value of every customer who has both, and its sum.

    `valued` has customer_id and value, `scores` customer_id and probability. The variance of the sum is that of who
    leaves: probability x (1 - probability) x value squared, customers independent (Poisson binomial). InputError: a
    column is missing, a customer is there twice, a value is negative, a probability is not one.

    >>> valued = pd.DataFrame({"customer_id": ["a", "b"], "value": [100.0, 40.0]})
    >>> found = value_at_risk(valued, pd.DataFrame({"customer_id": ["a", "b"], "probability": [0.5, 0.25]}))
    >>> found.customers["at_risk"].tolist(), found.total, round(found.share, 3)
    ([50.0, 10.0], 60.0, 0.429)
    """
    values = by_customer(valued, "value", place="valued")
    chances = by_customer(scores, "probability", place="scores", at_most=1)
    rows = pd.concat([chances, values], axis=1, join="inner").rename_axis("customer_id").reset_index()
    rows["at_risk"] = rows["probability"] * rows["value"]
    rows = rows.sort_values(["at_risk", "customer_id"], ascending=[False, True], ignore_index=True)
    total, value = (float(rows[c].sum()) if len(rows) else np.nan for c in ("at_risk", "value"))
    margin = float(Z * np.sqrt((rows["at_risk"] * (1 - rows["probability"]) * rows["value"]).sum()))
    return ValueAtRisk(
        customers=rows,
        total=total,
        low=max(total - margin, 0.0) if len(rows) else np.nan,
        high=min(total + margin, value) if len(rows) else np.nan,
        share=total / value if value > 0 else np.nan,
        note=_uncounted(valued, values, chances, counted=len(rows)),
    )


def retention_plan(
    at_risk: ValueAtRisk,
    *,
    budget: float,
    contact_cost: float,
    save_rate: float,
    key: bytes | None = None,
    head: int = 20,
) -> RetentionPlan:
    """Return whom to contact: the largest value saved first, as long as there is a gain and the budget lasts.

    Value saved is probability x value x save_rate - contact_cost. `save_rate` is the share of those about to leave
    whom a contact holds back: an assumption until a hold-out measures it. A report shows the first
    `head`. Without a `key` the pseudonyms last for this run only. The other orders, by
    probability and at random, contact as many customers. InputError: an amount is negative, the rate not a share.

    >>> valued = pd.DataFrame({"customer_id": ["a", "b", "c"], "value": [100.0, 400.0, 1.0]})
    >>> scores = pd.DataFrame({"customer_id": ["a", "b", "c"], "probability": [0.5, 0.25, 0.9]})
    >>> plan = retention_plan(value_at_risk(valued, scores), budget=10, contact_cost=5, save_rate=0.2)
    >>> plan.customers["customer_id"].tolist(), plan.value_saved, plan.cost
    (['b', 'a'], 20.0, 10.0)
    """
    _check(budget=budget, contact_cost=contact_cost, save_rate=save_rate, head=head)
    everybody = at_risk.customers.assign(value_saved=at_risk.customers["at_risk"] * save_rate - contact_cost)
    gains = everybody[everybody["value_saved"] > 0]
    # The tenth contact at 0.1 must not fail by a rounding of binary fractions.
    affordable = len(gains) if contact_cost == 0 else int(budget / contact_cost * (1 + 1e-12))
    rows = gains.drop(columns="at_risk").head(affordable).reset_index(drop=True)
    rows["cumulative_cost"] = (rows.index + 1) * contact_cost
    rows.insert(0, "customer", pseudonyms(rows["customer_id"], key=key or secrets.token_bytes(32)))
    rows.insert(0, "rank", rows.index + 1)
    orders = _orders(everybody, contacts=len(rows), contact_cost=contact_cost, save_rate=save_rate)
    caption = _caption(rows, budget=budget, contact_cost=contact_cost, save_rate=save_rate, lasting=key is not None)
    return RetentionPlan(
        customers=rows,
        orders=orders,
        curves=_curves(everybody, contact_cost=contact_cost),
        budget=budget,
        cost=float(len(rows) * contact_cost),
        value_saved=float(rows["value_saved"].sum()),
        head=head,
        caption=caption,
    )


def _uncounted(valued: pd.DataFrame, values: pd.Series, chances: pd.Series, *, counted: int) -> str:
    gone = {
        "without a value": len(valued) - len(values),
        "without a churn score": len(values) - counted,
        "with a score are not valued": len(chances) - counted,
    }
    said = [f"{count:,} customers {why}" for why, count in gone.items() if count]
    left = f" Not counted: {', '.join(said)}." if said else ""
    if not counted:
        return "Not enough data: no customer has both a value and a churn score." + left
    return "The interval holds the chance of who leaves, not the errors of value and probability." + left


def _check(*, budget: float, contact_cost: float, save_rate: float, head: int) -> None:
    for name, amount in {"budget": budget, "contact_cost": contact_cost, "head": head}.items():
        if not amount >= 0 or np.isinf(amount):
            raise InputError(f"{name}: {amount!r} found; a finite number of 0 or more is allowed")
    if not 0 <= save_rate <= 1:
        raise InputError(f"save_rate: {save_rate!r} found; a share from 0 to 1 is allowed")


def _orders(everybody: pd.DataFrame, *, contacts: int, contact_cost: float, save_rate: float) -> pd.DataFrame:
    """Return what as many contacts would save in each order; a customer is saved by a coin that falls so by chance."""
    chance = everybody["probability"] * save_rate
    rows = everybody.assign(variance=chance * (1 - chance) * everybody["value"] ** 2)
    first = {"value saved": "value_saved", "probability alone": "probability"}
    sums = [rows.nlargest(contacts, by)[["value_saved", "variance"]].sum().tolist() for by in first.values()]
    # Nobody contacted saves nothing, and not -0.
    means = rows[["value_saved", "variance"]].mean().fillna(0) * contacts + 0.0
    # Drawn without return: the more of all are drawn, the less hangs on who is.
    spread = rows["value_saved"].var() * contacts * (1 - contacts / len(rows)) if len(rows) > 1 else 0.0
    sums.append([means["value_saved"], means["variance"] + spread])
    found = pd.DataFrame(sums, columns=["value_saved", "variance"])
    margin = Z * np.sqrt(found.pop("variance"))
    found = found.assign(low=found["value_saved"] - margin, high=found["value_saved"] + margin)
    found.insert(0, "cost", contacts * contact_cost)
    found.insert(0, "customers", contacts)
    found.insert(0, "order", [*first, "at random"])
    return found


def _curves(everybody: pd.DataFrame, *, contact_cost: float) -> pd.DataFrame:
    saved = everybody["value_saved"]
    by_chance = saved.loc[everybody["probability"].sort_values(ascending=False, kind="stable").index]
    even = pd.Series(saved.mean(), index=saved.index)
    contacts = np.unique(np.linspace(0, len(saved), min(_POINTS, len(saved)) + 1).round().astype(int))
    orders = {"value saved": saved, "probability alone": by_chance, "at random": even}
    parts = [
        pd.DataFrame({"order": name, "customers": contacts, "cost": contacts * contact_cost}).assign(
            value_saved=np.concatenate([[0], own.cumsum()])[contacts]
        )
        for name, own in orders.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _caption(rows: pd.DataFrame, *, budget: float, contact_cost: float, save_rate: float, lasting: bool) -> str:
    pseudonym = "the same in every run with this key" if lasting else "fresh in every run, because no key was given"
    spent = f"{len(rows):,} contacts at {contact_cost:,.2f} under a budget of {budget:,.2f}"
    if not len(rows):
        why = "the budget pays for no contact" if contact_cost > budget else "no contact saves more than it costs"
        spent = f"nobody: {why}"
    return (
        f"Whom to contact first, by value saved (probability of churn x value x share held back - cost): {spent}. "
        f"That a contact holds back {save_rate:.0%} is an assumption until a hold-out measures it. "
        f"Customers are pseudonyms, {pseudonym}."
    )
