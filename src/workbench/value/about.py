"""What a forecast of value says of itself, and whom it judged in the past: for fairness, drift and a model card.

In: a backtest, examples, an appraisal, what customers are told.   Out: facts in words; a row for each outcome.
"""

from collections.abc import Collection, Mapping

import pandas as pd

from workbench.explain import Explanations
from workbench.value.appraisal import Appraisal
from workbench.value.backtest import Tested
from workbench.value.candidates import TITLES
from workbench.value.examples import Gathered
from workbench.value.fields import NEEDED

_Facts = Mapping[str, str | None]
# Every field, 'table.column', with the features that are computed from it.
_Reading = Mapping[str, Collection[str]]
_NO_ORDERS = "not applicable: no `orders` table"
_NO_FORECAST = "not applicable: no forecast was chosen"
_LIMITS: _Facts = {
    "average": "Its 90 % intervals hold on average over customers, not for each kind of customer.",
    "months": "It is judged over one horizon; the months beyond are carried on by the process of buying and leaving.",
    "start": "What is called a first order is the first on record: who bought before is taken for newer than they are.",
    "optimism": "The cut-offs that chose the forecast also report its quality: a slight optimism.",
}
_UNKNOWN: _Facts = {
    "save_rate": "Which share of leaving customers a contact holds back is an assumption, until a randomised hold-out "
    "measures it.",
    "costs": "What serving a customer costs is not in the CRM; one margin stands for all.",
    "elsewhere": "What customers spend elsewhere is not in the CRM.",
    "use": "How its values were used, and whether that changed what was spent, is not on record.",
}


def about(
    tested: Tested | None,
    known: Gathered | None,
    worth: Appraisal | None,
    told: Explanations | None = None,
    *,
    fields: _Reading | None = None,
    months: int,
    currency: str = "",
) -> pd.DataFrame:
    """Return what is to be said of the forecast: section, name, value (text; missing: not known), unique names.

    Sections are purpose, model, data, explanations, limits and unknown. `fields` of the CRM, each with the features
    that are computed from it, are as `churn.reading` returns them. Without orders everything else is None; without a
    chosen forecast the reason stands under 'why'. What the fit itself warns of stands among the limits.

    >>> said = about(None, None, None, months=12, currency="EUR").set_index("name")["value"]
    >>> said["kind"], said["unit"]
    ('no forecast was chosen', 'EUR')
    """
    sections = {
        "purpose": _purpose(tested, months, currency),
        "model": _model(tested, worth),
        "data": _data(tested, known, worth, fields),
        "explanations": _explanations(tested, worth, told),
        "limits": _limits(tested, worth),
        "unknown": _UNKNOWN,
    }
    rows = [(section, name, value) for section, facts in sections.items() for name, value in facts.items()]
    return pd.DataFrame(rows, columns=["section", "name", "value"], dtype="str")


def judged(tested: Tested | None) -> pd.DataFrame:
    """Return what the chosen forecast foretold without having seen it, one row a customer and cut-off.

    customer_id, cutoff, predicted and outcome (spent, in currency), selected and actual (1: in the tenth of the
    cut-off's customers with the highest forecast, or spend; never with none) and error, the distance of the two
    amounts. No rows where no forecast was chosen.

    >>> from types import SimpleNamespace
    >>> scores = pd.DataFrame({"customer_id": list("ab"), "cutoff": pd.Timestamp("2026-01-01"),
    ...                        "predicted": [9.0, 1.0], "spent": [0.0, 4.0]})
    >>> judged(SimpleNamespace(scores=scores))[["selected", "actual", "error"]].values.tolist()
    [[1.0, 0.0, 9.0], [0.0, 1.0, 3.0]]
    """
    if tested is None or tested.scores.empty:
        columns = {"predicted": float, "outcome": float, "selected": int, "actual": int, "error": float}
        return pd.DataFrame(columns=["customer_id", *columns]).astype({"customer_id": "str", **columns})
    found = tested.scores[["customer_id", "cutoff", "predicted"]].assign(outcome=tested.scores["spent"])
    tenth = (found.groupby("cutoff")["predicted"].transform("size") // 10).clip(lower=1)
    for name, amount in (("selected", "predicted"), ("actual", "outcome")):
        # In the order of the rows where amounts are the same, as the figures of the top decile take them.
        place = found.groupby("cutoff")[amount].rank(method="first", ascending=False)
        found[name] = ((place <= tenth) & (found[amount] > 0)).astype(int)
    return found.assign(error=(found["predicted"] - found["outcome"]).abs())


def _purpose(tested: Tested | None, months: int, currency: str) -> _Facts:
    span = f"{tested.horizon_days} days" if tested else "horizon"
    return {
        "decision": f"how much customers will bring in over {months} months, whom to contact within a budget, and what "
        "a new customer may cost",
        "selected": "the tenth of the customers with the highest forecast, at each cut-off",
        "actual": f"the tenth who spent most in the {span} after the cut-off",
        "unit": currency or "currency of the data",
        "not_for": "Prices, credit or service for a single person; the accounts; what a campaign achieves; other "
        "markets.",
    }


def _model(tested: Tested | None, worth: Appraisal | None) -> _Facts:
    if tested is None or tested.model is None:
        why = tested.reason if tested else _NO_ORDERS
        nothing = dict.fromkeys(("calibration", "version", "learnt_from"), _NO_FORECAST)
        facts = {"kind": "no forecast was chosen", "why": why, **nothing}
    else:
        level = "none: totals at earlier cut-offs did not err the same way beyond chance"
        if tested.level != 1:
            level = f"totals are multiplied by {tested.level:.2f}, as earlier cut-offs erred the same way beyond chance"
        facts = {
            "kind": TITLES[tested.model],
            "why": tested.reason,
            "calibration": level,
            "learnt_from": "customers of this market alone",
            "version": "fitted anew in this run, to what is known by the last day of the data",
            "intervals": "90 %, as wide as would have held nine in ten outcomes at earlier cut-offs",
        }
    return {**facts, **({"carried_on": worth.method} if worth else {})}


def _data(tested: Tested | None, known: Gathered | None, worth: Appraisal | None, fields: _Reading | None) -> _Facts:
    past = pd.DataFrame(columns=["customer_id"]) if known is None else known.past
    days = None if known is None else known.volume.index
    return {
        "first": _NO_ORDERS if days is None else f"{days.min():%Y-%m-%d}",
        "last": _NO_ORDERS if days is None else f"{days.max():%Y-%m-%d}",
        "examples": f"{len(past):,}",
        "customers": f"{past['customer_id'].nunique():,}",
        "others": "none",
        "judged": _judged_in_words(tested),
        "fields": ", ".join(_fields(worth, fields or {})) if tested else None,
        "languages": "no text is read",
    }


def _judged_in_words(tested: Tested | None) -> str:
    if tested is None or tested.scores.empty:
        return "nobody: no forecast was chosen"
    customers, cutoffs = tested.scores["customer_id"].nunique(), tested.scores["cutoff"]
    return (
        f"{customers:,} customers at {cutoffs.nunique()} cut-offs, {cutoffs.min():%Y-%m-%d} to {cutoffs.max():%Y-%m-%d}"
    )


def _fields(worth: Appraisal | None, fields: _Reading) -> list[str]:
    """Name what spend is told by, and what the trees read: they give the reasons, even where they are not chosen."""
    learnt = set(worth.trees.columns) if worth and worth.trees else set()
    read = [field for field, columns in fields.items() if learnt.intersection(columns)]
    return list(dict.fromkeys([*NEEDED, *read]))


def _explanations(tested: Tested | None, worth: Appraisal | None, told: Explanations | None) -> _Facts:
    if told is None:
        why = "too few customers to learn from" if worth and not worth.trees else "nobody was explained"
        return dict.fromkeys(("method", "told", "stability"), f"not applicable: {why}")
    beside = "" if tested and tested.model == "trees" else ", which stand beside the chosen forecast and are not it"
    return {
        "method": "exact contributions to the logarithm of expected spend, by TreeSHAP (Lundberg et al., 2020), of "
        f"boosted trees{beside}",
        "told": "up to three reasons in the market's language, the smallest change that would bring the customer among "
        "the tenth with the highest forecast, and a sheet in the form that the privacy regime asks for",
        "stability": told.note,
    }


def _limits(tested: Tested | None, worth: Appraisal | None) -> _Facts:
    cautions = {one.name: f"{one.text[:1].upper()}{one.text[1:]}." for one in worth.cautions} if worth else {}
    if tested is None or tested.model is None:
        return {"no_forecast": "No forecast could be judged: what values there are rest on a guess.", **cautions}
    rule = {"one_number": "It carries the past on and knows nothing else of a customer."}
    return {**_LIMITS, **(rule if tested.model in ("past_rate", "last_window") else {}), **cautions}
