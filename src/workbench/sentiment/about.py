"""What a model of sentiment says of itself, and what it was right about: for fairness, drift and a model card.

In: a market's messages, the appointed model, its scores.   Out: facts in words; a row for each message held out.
"""

from collections.abc import Mapping

import pandas as pd

from workbench.intervals import FEWEST
from workbench.sentiment.appointment import Appointment
from workbench.sentiment.labels import from_ratings
from workbench.sentiment.linear import LinearModel
from workbench.sentiment.messages import Messages
from workbench.sentiment.models import Model
from workbench.sentiment.quality import labelled

_Facts = Mapping[str, str | None]
_PURPOSE: _Facts = {
    "decision": "what has to be mended first, in the eyes of those who wrote, and whom a person should look at",
    "selected": "messages that are taken for negative",
    "actual": "messages whose own rating or label is negative",
    "unit": "confidence",
    "not_for": "Deciding about a single customer or employee without a person; answering messages by itself.",
}
_KINDS = {
    "shipped": "the shipped linear model of words and pieces of words, in several languages",
    "linear": "a linear model of words and pieces of words",
    "distilled": "a linear model of words and pieces of words, a student of a transformer",
}
_CALIBRATIONS = {
    "shipped": "of the classes together, when it was made; never on this market's messages",
    "linear": "of the classes together, on messages that its weights had not seen",
    "distilled": "to what its teacher says, not to what is right",
}
_LEARNT_FROM = {
    "shipped": "public reviews and nothing of this market: docs/models/shipped-sentiment.md",
    "distilled": "what a transformer says of this market's messages; no label of them",
}
_LIMITS: _Facts = {
    "ratings": "A rating stands for what was meant, and people rate as they please.",
    "writers": "Those who write are not all customers, and those who rate are not all who write.",
    "literal": "Sarcasm, mixed feelings and quotes are read at face value; a message has one label.",
    "optimism": "The messages that chose the model also report its quality: a slight optimism.",
}
_UNKNOWN: _Facts = {
    "people": "How often two people would agree on these messages is not measured.",
    "unrated": "How often it is right about messages without a rating or label is not measured.",
    "use": "What was done about its scores, and by whom, is not on record.",
}


def about(found: Messages, chosen: Appointment) -> pd.DataFrame:
    """Return what is to be said of the model: section, name, value (text; missing: not known), names that are unique.

    Sections are purpose, model, data, explanations, limits and unknown. Examples are the messages with a label: from
    the older ones a linear model of the market learns, the newest judge it.
    """
    sections = {
        "purpose": _PURPOSE,
        "model": _model(chosen),
        "data": _data(found.rows, chosen),
        "explanations": _explanations(chosen.model),
        "limits": {**_LIMITS, **_of_length(chosen.model)},
        "unknown": {**_UNKNOWN, **_of_languages(found.rows, chosen)},
    }
    rows = [(section, name, value) for section, facts in sections.items() for name, value in facts.items()]
    return pd.DataFrame(rows, columns=["section", "name", "value"], dtype="str")


def judged(held_out: pd.DataFrame) -> pd.DataFrame:
    """Return what the model said of messages whose label is known and that it had not seen, one row a message.

    customer_id (may be missing), language and channel where known, predicted (its confidence), outcome (1: right),
    selected (1: taken for negative), actual (1: negative) and error (1: wrong).

    >>> held_out = pd.DataFrame({"label": ["negative", "neutral"], "sentiment": "negative", "confidence": [0.9, 0.4]})
    >>> judged(held_out)[["predicted", "outcome", "selected", "actual", "error"]].values.tolist()
    [[0.9, 1.0, 1.0, 1.0, 0.0], [0.4, 0.0, 1.0, 0.0, 1.0]]
    """
    rows = labelled(held_out).reset_index(drop=True)
    right = (rows["sentiment"] == rows["label"]).astype(int)
    names = [name for name in ("customer_id", "language", "channel") if name in rows]
    found = rows[names].astype("str") if names else pd.DataFrame(index=rows.index)
    if "customer_id" not in found:
        found.insert(0, "customer_id", pd.Series(None, index=rows.index, dtype="str"))
    return found.assign(
        predicted=rows["confidence"].astype(float),
        outcome=right,
        selected=(rows["sentiment"] == "negative").astype(int),
        actual=(rows["label"] == "negative").astype(int),
        error=1 - right,
    )


def _model(chosen: Appointment) -> _Facts:
    name = chosen.choice.chosen
    own = f"{len(chosen.choice.held_out):,} newer ones judged it"
    learnt = _LEARNT_FROM.get(name, "what its maker taught it with; nothing of this market")
    if isinstance(chosen.model, LinearModel) and name == "linear":
        learnt = f"{sum(chosen.model.trained_on.values()):,} labelled messages of this market, after {own}"
    return {
        "kind": _KINDS.get(name, f"a transformer: {name}"),
        "why": chosen.reason,
        "calibration": _CALIBRATIONS.get(name, "none: its confidence is taken as it gives it"),
        "learnt_from": learnt,
        "version": f"fingerprint {chosen.model.fingerprint}: the same, the same scores",
    }


def _data(rows: pd.DataFrame, chosen: Appointment) -> _Facts:
    known = rows[rows["label"].notna()]
    people = known["customer_id"].nunique() if "customer_id" in known else 0
    return {
        "first": f"{rows['sent_at'].min():%Y-%m-%d}",
        "last": f"{rows['sent_at'].max():%Y-%m-%d}",
        "examples": f"{len(known):,}",
        "customers": f"{people:,}" if people else "not known: no labelled message names its customer",
        "judged": f"{len(labelled(chosen.choice.held_out)):,} messages held out",
        "fields": ", ".join(f"messages.{name}" for name in _read(rows)),
        "languages": ", ".join(chosen.model.languages) or "not known: the model's card names none",
    }


def _read(rows: pd.DataFrame) -> list[str]:
    """Return the columns of the CRM that were learnt from: rows have a language and a label in any case."""
    stated = rows["language_source"].isin(["stated", "corrected"]).any()
    rated = "rating" in rows
    told = from_ratings(pd.to_numeric(rows["rating"])) if rated else pd.Series(None, index=rows.index, dtype="str")
    given = not rows["label"].equals(told)
    there = {"text": True, "language": stated, "rating": rated, "label": given, "sent_at": True}
    return [name for name, read in there.items() if read]


def _explanations(model: Model) -> _Facts:
    exact = "exact contributions: the parts of words add up to the log-odds of a message"
    beside = f"{exact}, of a small model that stands beside the transformer and is not it"
    return {
        "method": exact if isinstance(model, LinearModel) else beside,
        "told": "nothing: no customer is told of the score of a message",
        "stability": "not measured: words of another sample of messages are not compared",
    }


def _of_length(model: Model) -> _Facts:
    if isinstance(model, LinearModel):
        return {}
    return {"length": f"It reads the first {model.max_tokens:,} tokens of a message, and nothing beyond."}


def _of_languages(rows: pd.DataFrame, chosen: Appointment) -> _Facts:
    """Say in which languages of the market's messages too few were held out to tell how good the model is."""
    held_out = labelled(chosen.choice.held_out)
    judged_in = held_out["language"].value_counts() if "language" in held_out else pd.Series(dtype=int)
    few = [name for name in rows["language"].value_counts().index if judged_in.get(name, 0) < FEWEST]
    if not few:
        return {}
    more = f" and {len(few) - 5} more" if len(few) > 5 else ""
    why = f"fewer than {FEWEST} labelled messages held out"
    return {"other_languages": f"How good it is in {', '.join(few[:5])}{more} is not measured: {why}."}
