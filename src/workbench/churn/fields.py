"""Which fields of the CRM does a model read, and what is each of them worth to it? Measured out of time.

In: examples, a backtest.   Out: features and the fields they read; a frame of fields with worth and interval.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.churn import features, models, subscriptions
from workbench.churn.backtest import Backtest, Fold, count_independent, make_folds
from workbench.churn.dropping import Encoded, encode
from workbench.churn.gather import Gathered, Kind
from workbench.churn.worth import difference, mean_difference
from workbench.errors import InputError, did_you_mean
from workbench.intervals import Z

AMOUNT = "orders.amount"
# Without these there is no telling who is a customer and who has left.
NEEDED = ("orders.customer_id", "orders.ordered_at")
# Trees are fitted anew for every field, which takes ten times as long as a linear model does.
_FOLDS_OF_TREES = 2
_READS: dict[Kind, Mapping[str, tuple[str, ...]]] = {
    "orders": features.READS,
    "subscriptions": {**subscriptions.READS, "age_years": ("customers.birth_year",)},
    "label": {},
}


def fields_read(examples: pd.DataFrame, *, kind: Kind = "orders") -> dict[str, list[str]]:
    """Return for every feature of the examples the fields of the CRM, 'table.column', that it is computed from.

    `kind` is that of `Gathered`. Where customers came with a label, and beside subscriptions, features that are not
    declared are attributes of customers, as they stand. An InputError names a feature of orders that is not declared.

    >>> examples = pd.DataFrame({"customer_id": ["a"], "opened_90d": [1], "churned": [0]})
    >>> fields_read(examples)
    {'opened_90d': ['touches.customer_id', 'touches.sent_at', 'touches.opened_at']}
    >>> fields_read(pd.DataFrame({"customer_id": ["a"], "contract": ["yearly"], "churned": [0]}), kind="label")
    {'contract': ['customers.contract']}
    """
    known = _READS[kind]
    named = [str(column) for column in examples if column not in models.KEYS]
    if kind == "orders" and (unknown := [name for name in named if name not in known]):
        hint = did_you_mean(unknown[0], known)
        raise InputError(f"examples: no field of the CRM is declared for {', '.join(unknown)}{hint}")
    return {name: [*known.get(name, (f"customers.{name}",))] for name in named}


def features_reading(read: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Turn what `fields_read` returns around: every field with the features that are computed from it.

    >>> features_reading({"rating": ["messages.sent_at", "messages.rating"], "messages_90d": ["messages.sent_at"]})
    {'messages.sent_at': ['rating', 'messages_90d'], 'messages.rating': ['rating']}
    """
    found: dict[str, list[str]] = {}
    for feature, fields in read.items():
        for field in fields:
            found.setdefault(field, []).append(feature)
    return found


def reading(gathered: Gathered) -> dict[str, list[str]]:
    """Return every field that the features of these examples need, 'table.column', with those features.

    >>> past = pd.DataFrame({"customer_id": ["a"], "contract": ["yearly"], "churned": [0]})
    >>> reading(Gathered(kind="label", definition="", past=past, today=past))
    {'customers.contract': ['contract']}
    """
    return features_reading(fields_read(gathered.past, kind=gathered.kind))


def worth_of_fields(tested: Backtest, gathered: Gathered, *, horizon_days: int, seed: int = 0) -> pd.DataFrame:
    """Return what every field that features read is worth: the chosen model's AUC with them minus that without.

    One row a field: field, model, value, low and high (95 %), earlier (the value without the latest fold, by which
    `curve_of_fields` orders fields; missing for one fold) and note. Without a field, all features that need it are left
    out, so that fields which share their features share their worth. Customers and folds are those of the backtest, the
    two latest for trees; the interval is that of a paired difference (DeLong et al., 1988). Of `orders.amount` the sign
    stays, as it tells an order from a return. What cannot be measured has no number, and the note says why.
    """
    fields_of, why = reading(gathered), _unmeasured(tested, gathered)
    folds = [] if why else folds_of(tested, gathered, horizon_days=horizon_days, seed=seed)
    encoded = [encode(fold, model=tested.model or "", seed=seed) for fold in folds]
    rows = []
    for columns, fields in grouped(fields_of).items():
        said = why or _not_used(gathered, columns, fields)
        figures = (np.nan,) * 4 if said else _figures(folds, encoded, columns)
        note = said or _note(tested, folds, figures, fields)
        rows += [(field, tested.model, *figures, note) for field in fields]
    frame = pd.DataFrame(rows, columns=["field", "model", "value", "low", "high", "earlier", "note"])
    return frame.set_index("field").loc[[*fields_of]].reset_index()


def grouped(read: Mapping[str, list[str]]) -> dict[tuple[str, ...], list[str]]:
    """Return fields by the features that go with them: those with the same ones only ever come and go together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for field, columns in read.items():
        lost = tuple(column for column in columns if field != AMOUNT or column in features.SIZED)
        found.setdefault(lost, []).append(field)
    return found


def folds_of(tested: Backtest, gathered: Gathered, *, horizon_days: int, seed: int = 0) -> list[Fold]:
    """Return the folds on which fields are measured: those of the backtest, for trees the latest two of them."""
    judged = sorted(tested.scores["cutoff"].unique())
    folds = make_folds(gathered.past, horizon_days=horizon_days, judged=judged, seed=seed)
    if tested.model != "trees":
        return folds
    # Without several cut-offs, one repeat of the cross-validation judges every customer once.
    return folds[-_FOLDS_OF_TREES:] if folds[0].cutoff is not None else folds[-count_independent(folds) :]


def _unmeasured(tested: Backtest, gathered: Gathered) -> str:
    if tested.model is None:
        return f"not measured: {tested.reason}"
    if gathered.kind != "orders":
        return "not measured: only churn by orders leaves its fields out one by one"
    if tested.model in models.RULES:
        return "not measured: the chosen model is a rule of one number"
    return "not measured: the chosen model learns from other markets, too" if tested.scope == "pooled" else ""


def _not_used(gathered: Gathered, columns: tuple[str, ...], fields: list[str]) -> str:
    if set(fields) & set(NEEDED):
        return "needed: churn is defined by it"
    if all(gathered.past[column].nunique(dropna=False) < 2 for column in columns):
        return "not used: it tells no customer from another before any cut-off"
    return ""


def _figures(folds: list[Fold], encoded: list[Encoded], columns: tuple[str, ...]) -> tuple[float, ...]:
    found = [difference(one, without=columns) for one in encoded]
    value, error = mean_difference(found, count_independent(folds))
    rolling = folds[0].cutoff is not None and len(folds) > 1
    earlier = float(np.mean([moved for moved, _ in found[:-1]])) if rolling else np.nan
    return value, value - Z * error, value + Z * error, earlier


def _note(tested: Backtest, folds: list[Fold], figures: tuple[float, ...], fields: list[str]) -> str:
    value, low, high, _ = figures
    moved = f"moved the AUC by {value:+.3f} ({low:+.3f} to {high:+.3f}): {tested.model} with it against without it"
    judged = f"the same customers at {', '.join(fold.name for fold in folds)}"
    if folds[0].cutoff is None:
        judged = f"the same customers, in {len(folds)} parts of one time"
    together = f"; measured together, as the same features read them: {', '.join(fields)}" if len(fields) > 1 else ""
    sign = "; its sign, which tells an order from a return, stays" if fields == [AMOUNT] else ""
    return f"{moved}, on {judged}{together}{sign}"
