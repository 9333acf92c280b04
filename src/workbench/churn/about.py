"""What a model of churn says of itself, and whom it judged in the past: for fairness, drift and a model card.

In: a backtest, the fitted model, examples, what customers are told.   Out: facts in words; a row for each outcome.
"""

from collections.abc import Mapping

import pandas as pd

from workbench.churn.backtest import Backtest
from workbench.churn.features import SENTIMENT
from workbench.churn.fields import fields_read
from workbench.churn.gather import Gathered
from workbench.churn.models import RULES, Model
from workbench.explain import Explanations

_Facts = Mapping[str, str | None]
_KINDS = {
    "recency": "a rule of one number: days since the last order",
    "repeat_rate": "a rule of one number: orders a year",
    "tenure": "a rule of one number: length of the relationship",
    "logistic": "a regularised logistic regression",
    "trees": "small boosted trees (LightGBM)",
}
_CALIBRATIONS = {
    "none": "none: the model's own probabilities would have served best in the past",
    "sigmoid": "a sigmoid, learnt on customers that the model had not seen",
    "isotonic": "a rising step function, learnt on customers that the model had not seen",
    "seasonal": "a sigmoid, learnt on customers that the model had not seen, scaled by how last year went on",
}
_NO_MODEL = "not applicable: no model was chosen"
_LIMITS: _Facts = {
    "prediction": "It says who is likely to leave, not whom a contact would keep, and names no causes.",
    "intervals": "They take customers and cut-offs as independent; a crisis that hits all at once is not in them.",
    "optimism": "The folds that chose the model and its calibration also report its quality: a slight optimism.",
    "past": "It knows the past it has learnt from; new prices, products or rivals are not in it.",
}
_OF_SENTIMENT = "The model of sentiment has learnt from ratings of all times, also from later ones than a cut-off."
_POOLED = "Most of what it knows may come from customers of other markets; quality is that on this market."
_UNDATED = "The data has no dates: nobody can tell whether a column knows more than the past."
_UNKNOWN: _Facts = {
    "uplift": "What a contact changes is not measured: that needs a randomised hold-out.",
    "use": "How its scores were used, and whether that changed the outcomes it learns from, is not on record.",
    "review": "Whether a person looks at the list before anyone is contacted is not on record.",
    "elsewhere": "Why people leave, and what they buy elsewhere, is not in the CRM.",
}


def about(
    tested: Backtest,
    model: Model | None,
    found: Gathered,
    told: Explanations | None = None,
    *,
    horizon_days: int,
    threshold: float,
) -> pd.DataFrame:
    """Return what is to be said of the model: section, name, value (text; missing: not known), names that are unique.

    Sections are purpose, model, data, explanations, limits and unknown. Without a `model` the reason stands under
    'why', and there are no limits to speak of. `threshold` is the probability from which a customer is contacted;
    examples and customers are those of this market whose outcome is known.

    >>> from workbench.churn import backtest
    >>> past = pd.DataFrame({"customer_id": ["a"], "plan": ["M"], "churned": [0]})
    >>> found = Gathered(kind="label", definition="the label", past=past, today=past)
    >>> said = about(backtest(past, horizon_days=90), None, found, horizon_days=90, threshold=0.5)
    >>> said.set_index("name")["value"][["selected", "fields"]].tolist()
    ['customers who leave with a probability of at least 50%', 'customers.plan']
    """
    sections = {
        "purpose": _purpose(found, horizon_days, threshold),
        "model": _model(tested, found),
        "data": _data(tested, model, found),
        "explanations": _explanations(model, told),
        "limits": _limits(model, found),
        "unknown": _UNKNOWN,
    }
    rows = [(section, name, value) for section, facts in sections.items() for name, value in facts.items()]
    return pd.DataFrame(rows, columns=["section", "name", "value"], dtype="str")


def judged(tested: Backtest, *, threshold: float) -> pd.DataFrame:
    """Return the outcomes that the chosen model foretold without having seen them, one row a customer and cut-off.

    customer_id, cutoff where there are any, predicted (the calibrated probability of leaving), outcome (1: left),
    selected (1: a probability of at least `threshold`), actual (as outcome) and error (1: they differ). Of a repeated
    cross-validation the first repeat counts, as the others judge the same outcomes again. No rows without a model.

    >>> from types import SimpleNamespace
    >>> scores = pd.DataFrame({"customer_id": ["a", "b"], "probability": [0.7, 0.5], "churned": [1, 0]})
    >>> judged(SimpleNamespace(scores=scores), threshold=0.5)[["selected", "actual", "error"]].values.tolist()
    [[1, 1, 0], [1, 0, 1]]
    """
    if tested.scores.empty:
        columns = {"predicted": float, "outcome": int, "selected": int, "actual": int, "error": int}
        return pd.DataFrame(columns=["customer_id", *columns]).astype({"customer_id": "str", **columns})
    keys = [name for name in ("customer_id", "cutoff") if name in tested.scores]
    once = tested.scores.drop_duplicates(keys).reset_index(drop=True)
    selected, churned = (once["probability"] >= threshold).astype(int), once["churned"].astype(int)
    found = once[keys].assign(predicted=once["probability"], outcome=churned, selected=selected, actual=churned)
    return found.assign(error=(selected - churned).abs())


def _purpose(found: Gathered, horizon_days: int, threshold: float) -> _Facts:
    return {
        "decision": "whom the retention campaign contacts first, and what it says to them",
        "selected": f"customers who leave with a probability of at least {threshold:.0%}",
        "order": "of these, first those with whom most spend is expected to be lost",
        "actual": f"customers who left: {found.definition}",
        "unit": "probability",
        "not_for": f"Refusing, pricing or serving anybody worse; other markets; any other span than {horizon_days} "
        "days; telling how much a campaign achieves.",
    }


def _model(tested: Backtest, found: Gathered) -> _Facts:
    if tested.model is None:
        nothing = dict.fromkeys(("calibration", "version", "learnt_from"), _NO_MODEL)
        return {"kind": "no model was chosen", "why": tested.reason, **nothing}
    source = "customers of this market alone"
    if others := _others(tested, found):
        source = f"customers of this market and {others:,} of other markets, drawn by lot; country is a feature"
    return {
        "kind": _KINDS[tested.model],
        "why": tested.reason,
        "calibration": _CALIBRATIONS[tested.calibration],
        "version": "learnt anew in this run, of what is known by the last day of the data",
        "learnt_from": source,
    }


def _others(tested: Backtest, found: Gathered) -> int:
    """Return how many customers of other markets the model has learnt from."""
    if tested.model is None or tested.scope != "pooled" or found.pool is None:
        return 0
    return int(found.pool["customer_id"].nunique() - found.past["customer_id"].nunique())


def _data(tested: Backtest, model: Model | None, found: Gathered) -> _Facts:
    read = fields_read(found.past if model is None else pd.DataFrame(columns=list(model.columns)), kind=found.kind)
    feels = model is not None and set(SENTIMENT) & set(model.columns)
    return {
        **_period(found),
        "examples": f"{len(found.past):,}",
        "customers": f"{found.past['customer_id'].nunique():,}",
        "others": f"{others:,}, drawn by lot" if (others := _others(tested, found)) else "none",
        "judged": _judged_in_words(tested),
        "fields": ", ".join(dict.fromkeys(field for fields in read.values() for field in fields)) or None,
        "languages": "those of the messages that the model of sentiment has scored" if feels else "no text is read",
    }


def _period(found: Gathered) -> _Facts:
    """Return the first day that features look back to, and the last one that they know."""
    parts = [part.reindex(columns=["cutoff", "tenure_days"]) for part in (found.past, found.today) if "cutoff" in part]
    seen = pd.concat(parts) if parts else pd.DataFrame()
    if seen.empty:
        return dict.fromkeys(("first", "last"), "not known: the data has no dates")
    back = pd.to_timedelta(seen["tenure_days"].fillna(0).astype(float), unit="D")
    first, last = (seen["cutoff"] - back).min(), seen["cutoff"].max() - pd.Timedelta(days=1)
    return {"first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}"}


def _judged_in_words(tested: Backtest) -> str:
    if tested.scores.empty:
        return "nobody: no model was chosen"
    scores = tested.scores
    customers = f"{scores['customer_id'].nunique():,} customers"
    if "cutoff" in scores and scores["cutoff"].nunique() > 1:
        first, last = scores["cutoff"].min(), scores["cutoff"].max()
        return f"{customers} at {scores['cutoff'].nunique()} cut-offs, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{customers}, in {scores['fold'].nunique()} parts of a repeated cross-validation"


def _explanations(model: Model | None, told: Explanations | None) -> _Facts:
    if model is None:
        return dict.fromkeys(("method", "told", "stability"), _NO_MODEL)
    how = "by TreeSHAP (Lundberg et al., 2020)" if model.name == "trees" else "in closed form"
    return {
        "method": f"exact contributions to the log-odds, before calibration, {how}",
        "told": "up to three reasons in the market's language, the smallest change that would alter the result, and a "
        "sheet in the form that the privacy regime asks for",
        "stability": told.note if told else "not measured: nobody was explained",
    }


def _limits(model: Model | None, found: Gathered) -> _Facts:
    if model is None:
        return {"no_model": "Nobody is scored, so nobody is contacted by a score."}
    rule = {"one_number": "It goes by one number and knows nothing else of a customer."}
    return {
        **_LIMITS,
        **(rule if model.name in RULES else {}),
        **({"sentiment": _OF_SENTIMENT} if set(SENTIMENT) & set(model.columns) else {}),
        **({"pooled": _POOLED} if model.scope == "pooled" else {}),
        **({} if "cutoff" in found.past else {"undated": _UNDATED}),
    }
