"""Which model earns its energy on this market: the cheapest that is good enough, by a rule that is shown.

In: candidates, each with its scores of the same held-out messages and what the meter saw.   Out: `Choice`.
Between two choices, `renewal` says whether the model of the last time may stay.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.sentiment.models import Model, Sentiment, score
from workbench.sentiment.quality import check_share, labelled, quality

# What an estimate from processor time can be taken to tell apart: an assumption, about what repeated runs differ by.
_SAME_COST = 1.25
_JOULES_PER_KWH = 3.6e6
_SURE = 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """A model that was tried on the held-out messages of a market.

    `scored` are these messages as the model scored them, with their truth in `label`; `kwh` is what scoring
    `scored_messages` took, `training_kwh` what came before; None: not measured.
    """

    name: str
    scored: pd.DataFrame
    scored_messages: int
    kwh: float | None
    training_kwh: float | None = None
    seconds: float = float("nan")

    @property
    def joules_per_1000(self) -> float:
        """The energy of scoring a thousand messages; NaN where that was not measured."""
        return (
            1000 * self.kwh * _JOULES_PER_KWH / self.scored_messages
            if self.kwh and self.scored_messages
            else float("nan")
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """The chosen model, the sentence that says why, and what it was chosen from.

    `table`: model, accuracy, low, high, macro_f1, joules_per_1000, training_joules, times_the_cheapest, chosen.
    `held_out`: the held-out messages as the chosen model scored them.
    """

    chosen: str
    reason: str
    table: pd.DataFrame
    held_out: pd.DataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Rehearsal:
    """The scores of the last of several rounds; messages really scored, and seconds, are those of all of them."""

    scored: Sentiment
    messages: int
    rounds: int
    seconds: float


def choose(trials: Sequence[Trial], *, target_accuracy: float) -> Choice:
    """Choose the model with the least energy per 1,000 messages whose held-out accuracy meets the target.

    Models whose energy differs by less than the meter can tell (a quarter) cost the same: the most accurate of them is
    taken. Where none meets the target, it is the cheapest of those within one standard error of the most accurate; the
    error is that of the difference on the same messages (McNemar's variance, 1947). Where the energy of one that comes
    into question was not measured, they stand in the order given, and the first is taken. Of fewer than 30 labelled
    messages nothing can be told: the shipped model is taken, or the first where it was not tried. An InputError says
    that nothing was tried, or not on the same messages.

    >>> truth = pd.DataFrame({"message_id": range(40), "label": "positive", "sentiment": "positive"})
    >>> truth = truth.assign(confidence=0.9, negative=0.05, neutral=0.05, positive=0.9)
    >>> large = Trial(name="large", scored=truth, scored_messages=1000, kwh=2e-3)
    >>> small = Trial(name="small", scored=truth, scored_messages=1000, kwh=1e-5)
    >>> choose([large, small], target_accuracy=0.8).reason
    'small meets the target of 80.0%: 100.0% (91.2% to 100.0%) of 40 held-out messages are right.
     Of 2 that meet it, it takes the least energy: 36 J per 1,000 messages.'
    """
    check_share(target_accuracy, "target_accuracy")
    right = _right(trials)
    table = _table(trials)
    if right.shape[1] < FEWEST:
        place, reason = _without_data(trials, right.shape[1])
    else:
        place, reason = _by_rule(table, right, target_accuracy)
    table["chosen"] = np.arange(len(trials)) == place
    return Choice(chosen=trials[place].name, reason=reason, table=table, held_out=trials[place].scored)


def rehearse(model: Model, messages: pd.DataFrame, *, seconds: float = 1.0) -> Rehearsal:
    """Score the messages again and again for at least so many seconds, so that a meter can see what scoring takes."""
    start, scored, rounds = time.perf_counter(), 0, 0
    while True:
        found = score(model, messages)
        scored, rounds = scored + found.scored, rounds + 1
        if (spent := time.perf_counter() - start) >= seconds or not found.scored:
            return Rehearsal(scored=found, messages=scored, rounds=rounds, seconds=spent)


def renewal(
    saved_trained_on: int,
    labelled_now: int,
    *,
    retrain_after: float = 0.1,
    changes: Sequence[str] = (),
    accuracy: float | None = None,
    messages: int = 0,
    newer: pd.DataFrame | None = None,
) -> str | None:
    """Return why a saved model is to be trained anew, as a sentence, or None: it may stay.

    It is where labelled messages have grown by more than the share `retrain_after`; where `changes` names what differs
    from when it was saved, such as its languages; or where, of at least 30 scored messages `newer` than its training,
    significantly fewer are right (p below 0.05, one-sided) than the `accuracy` of so many `messages` it was chosen for.

    >>> renewal(1000, 1050) is None
    True
    >>> renewal(1000, 1200)
    'labelled messages have grown by 20%, from 1,000 to 1,200: more than the 10% after which a model is trained anew'
    """
    if changes:
        return f"not what was saved: {'; '.join(changes)}"
    if labelled_now > saved_trained_on * (1 + retrain_after):
        grown = f" by {labelled_now / saved_trained_on - 1:.0%}" if saved_trained_on else ""
        return (
            f"labelled messages have grown{grown}, from {saved_trained_on:,} to {labelled_now:,}: more than the "
            f"{retrain_after:.0%} after which a model is trained anew"
        )
    if accuracy is None or not messages or newer is None or len(rows := labelled(newer)) < FEWEST:
        return None
    now = float((rows["label"] == rows["sentiment"]).mean())
    pooled = (now * len(rows) + accuracy * messages) / (len(rows) + messages)
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(rows) + 1 / messages))
    if now >= accuracy or norm.cdf((now - accuracy) / error) >= _SURE:
        return None
    less = f"significantly fewer than the {accuracy:.1%} that it was chosen for"
    return f"of {len(rows):,} newer messages {now:.1%} are right, {less}"


def _right(trials: Sequence[Trial]) -> np.ndarray:
    """Return which model (row) is right about which labelled held-out message (column)."""
    if not trials:
        raise InputError("no model was tried; at least one is needed to choose")
    known = [labelled(trial.scored).set_index("message_id") for trial in trials]
    for trial, rows in zip(trials, known, strict=True):
        if not known[0]["label"].equals(rows["label"].reindex(known[0].index)) or len(rows) != len(known[0]):
            raise InputError(f"models are compared on the same labelled messages; {trial.name} was tried on others")
    index = known[0].index
    return np.array([(rows["label"] == rows["sentiment"]).reindex(index) for rows in known], dtype=bool)


def _table(trials: Sequence[Trial]) -> pd.DataFrame:
    rows = []
    for trial in trials:
        found = quality(trial.scored).set_index("metric")
        accuracy, low, high = found.loc["accuracy", ["value", "low", "high"]]
        training = float("nan") if trial.training_kwh is None else trial.training_kwh * _JOULES_PER_KWH
        rows.append((trial.name, accuracy, low, high, found.loc["macro_f1", "value"], trial.joules_per_1000, training))
    columns = ["model", "accuracy", "low", "high", "macro_f1", "joules_per_1000", "training_joules"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(times_the_cheapest=table["joules_per_1000"] / table["joules_per_1000"].min())


def _without_data(trials: Sequence[Trial], labelled_messages: int) -> tuple[int, str]:
    names = [trial.name for trial in trials]
    place = names.index("shipped") if "shipped" in names else 0
    why = "the shipped model is taken" if names[place] == "shipped" else f"the first, {names[place]}, is taken"
    return place, f"not enough data: {labelled_messages} labelled held-out messages, {FEWEST} needed to compare; {why}."


def _by_rule(table: pd.DataFrame, right: np.ndarray, target: float) -> tuple[int, str]:
    best = int(table["accuracy"].argmax())
    error = (right[best].astype(int) - right).std(axis=1, ddof=1) / np.sqrt(right.shape[1])
    meets = (table["accuracy"] >= target).to_numpy()
    eligible = np.flatnonzero(meets if meets.any() else table["accuracy"][best] - table["accuracy"] <= error)
    place = _cheapest(table, eligible)
    chosen, of = table.loc[place], f"of {right.shape[1]:,} held-out messages are right"
    measured = f"{chosen['accuracy']:.1%} ({chosen['low']:.1%} to {chosen['high']:.1%}) {of}"
    if meets.any():
        said = f"{chosen['model']} meets the target of {target:.1%}: {measured}."
        return place, f"{said} {_energy(table, place, eligible, 'that meet it')}"
    short = 100 * (target - table["accuracy"][best])
    said = (
        f"No model meets the target of {target:.1%}: the most accurate, {table['model'][best]}, lies {short:.1f} "
        f"points below it. {chosen['model']} is chosen: {measured}."
    )
    return place, f"{said} {_energy(table, place, eligible, 'within one standard error of the best')}"


def _cheapest(table: pd.DataFrame, eligible: np.ndarray) -> int:
    cost = table["joules_per_1000"].iloc[eligible]
    if cost.isna().any():
        return int(eligible[0])
    same = cost[cost <= cost.min() * _SAME_COST].index
    return int(table["accuracy"].loc[same].idxmax())


def _energy(table: pd.DataFrame, place: int, eligible: np.ndarray, which: str) -> str:
    cost = table["joules_per_1000"].iloc[eligible]
    if len(eligible) == 1:
        return f"It is the only one of {len(table)} {which}." if len(table) > 1 else "It is the only one tried."
    if cost.isna().any():
        return f"Energy was not measured for all of {len(cost)} {which}: the first of them is taken."
    least = f"{cost[place]:.2g} J per 1,000 messages"
    if cost[place] == cost.min():
        return f"Of {len(cost)} {which}, it takes the least energy: {least}."
    return (
        f"Of {len(cost)} {which}, it is the most accurate of those that the meter cannot tell from the least: {least}."
    )
