"""What a report shows of the pressure on people: figures, tables and sentences by their captions, for `charts.show`.

In: a `Pressure`.   Out: axes, frames and sentences by caption.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.charts import Exhibits
from workbench.governance.pressure.plots import plot_caps, plot_hours, plot_peaks, plot_response
from workbench.governance.pressure.pressure import Pressure
from workbench.governance.pressure.response import DAYS_TO_RESPOND
from workbench.words import counted, ranged

_LOAD = (
    "channel", "window", "persons", "touches", "peak_median", "peak_p95", "peak_max", "cap", "persons_over_share",
    "touches_over_share",
)  # fmt: skip
_CAPS = (
    "cap", "house", "by_priority", "held_back_share", "persons_spared", "unsubscribes_avoided",
    "unsubscribes_avoided_share", "conversions_lost", "conversions_lost_share", "clicks_lost_share",
    "held_back_top_priority_share", "wh_saved",
)  # fmt: skip
_ENERGY = ("channel", "touches", "wh_per_touch", "kwh", "covers", "source")
_DID = {"unsubscribed": "unsubscribing", "converted": "converting"}
_CAUTION = (
    "Both are what happened at each pressure, not what pressure did: people who are sent more differ from the others, "
    "and a conversion is credited to the last touch before it, so that more touches catch more of what came anyway. "
    f"Left out are the first 30 days of the log, as what came before is not known, and its last {DAYS_TO_RESPOND}, as "
    "not everybody has had the time to respond."
)


def of_pressure(pressure: Pressure) -> Exhibits:
    """Show load and peaks against the caps, hours, what follows from pressure, what caps cost, energy and effect."""
    if not pressure.touches:
        return {"pressure": f"Contact pressure: {pressure.note}."}
    cap = pressure.limits.get("30 days")
    found: Exhibits = {
        "pressure": pressure.said,
        "Touches of a person at the peak, by channel and window, against the cap on all channels": _load(pressure.load),
        "Persons by the most touches that they had within 30 days": plot_peaks(pressure.peaks, cap=cap),
    }
    if len(pressure.by_hour):
        found["Touches by hour of the person's day"] = plot_hours(pressure.by_hour, quiet=pressure.quiet)
    return found | _response(pressure) | _caps(pressure.caps) | _collided(pressure) | _costs(pressure)


def _load(load: pd.DataFrame) -> pd.DataFrame:
    """Write what only all channels together have, a cap, as a dash for the single ones."""
    persons, touches = (f"{who}_over_share" for who in ("persons", "touches"))
    over = _range(load, persons, f"{persons}_low", f"{persons}_high", ".1%", missing="–")
    share = load[touches].map("{:.1%}".format, na_action="ignore").astype("str").fillna("–")
    return load.assign(**{persons: over, touches: share}, cap=load["cap"].astype("str").fillna("–"))[list(_LOAD)]


def _response(pressure: Pressure) -> Exhibits:
    drawn = pressure.by_pressure.dropna(subset=["share"])
    found: Exhibits = {}
    if len(drawn):
        found["Unsubscribing and converting by touches received in the 30 days before, 95 % intervals"] = plot_response(
            drawn
        )
    slopes = [_slope(row) for row in pressure.slopes.to_dict("records")]
    caution = [_CAUTION] if pressure.slopes["log_odds"].notna().any() else []
    return found | {"slopes": " ".join([*slopes, *caution])}


def _slope(row: Mapping[Any, Any]) -> str:
    did = _DID[row["outcome"]]
    if pd.isna(row["log_odds"]):
        return f"{did.capitalize()} by pressure: {row['note']}."
    odds = "{odds_ratio:.2f} times the odds of {did} ({odds_low:.2f} to {odds_high:.2f})".format(did=did, **row)
    return f"Each further touch in 30 days goes with {odds}."


def _caps(caps: pd.DataFrame) -> Exhibits:
    """Show the choice: a figure where both sides of it are measured, and the table; priority where it matters."""
    found: Exhibits = {}
    twice = caps.drop(columns="by_priority").duplicated() & caps["by_priority"]
    if twice.any() and twice.equals(caps["by_priority"]):
        caps = caps[~twice]
        found["priority"] = "By the priority of campaigns within a day the figures are the same, and are not repeated."
    if caps[["conversions_lost_share", "unsubscribes_avoided_share"]].notna().all(axis=1).any():
        found["What each cap would at most have avoided and lost, of all; the number is the cap"] = plot_caps(caps)
    alone = caps["cap"].astype("str") + " in " + caps["window"]
    shown = caps.assign(cap=alone.where(caps["cap"].notna(), caps["window"] + " together"))
    told = {"house": caps["house"].any(), "by_priority": caps["by_priority"].any()}
    table = shown[[name for name in _CAPS if told.get(name, True)]]
    caption = "Caps to choose from, replayed on the log: what each would have held back, avoided and lost at most"
    return found | {caption: table}


def _collided(pressure: Pressure) -> Exhibits:
    collided = pressure.collisions
    found: Exhibits = {"collisions": collided.note} if collided.note else {}
    if not collided.pairs_total:
        return {"collisions": " ".join(filter(None, ["No two campaigns met on a day.", collided.note]))}
    caption = (
        f"Campaigns that reach the same person on the same day: {len(collided.pairs)} of {collided.pairs_total:,} "
        f"pairs, {counted(collided.persons, 'person', 'persons')} on {counted(collided.person_days, 'day', 'days')} of "
        "theirs in all"
    )
    return {caption: collided.pairs, **found}


def _costs(pressure: Pressure) -> Exhibits:
    energy = pressure.energy
    shown = energy.assign(
        wh_per_touch=_range(energy, "wh_per_touch_middle", "wh_per_touch_low", "wh_per_touch_high", ".2g"),
        kwh=_range(energy, "kwh_middle", "kwh_low", "kwh_high", ",.2g"),
    )[list(_ENERGY)]
    found: Exhibits = {"Electricity of the touches by channel, orders of magnitude (low to high)": shown}
    if isinstance(pressure.effect, str):
        return found | {"effect": f"What contact brings: {pressure.effect}."}
    effect = pressure.effect.assign(
        ratio=_range(pressure.effect, "ratio", "low", "high", ".2f"),
        ratio_that_would_show=pressure.effect["detectable"],
    ).drop(columns=["low", "high", "detectable"])
    effect = effect if effect["note"].any() else effect.drop(columns="note")
    return found | {"Contacted against held out by lot, per customer and year, 95 % intervals": effect}


def _range(frame: pd.DataFrame, value: str, low: str, high: str, form: str, *, missing: str = "not known") -> pd.Series:
    """Write a value with its ends, and what is not there as such."""
    ends = frame[[value, low, high]].astype(float).itertuples(index=False, name=None)
    return pd.Series([ranged(*row, form=form, missing=missing) for row in ends], index=frame.index, dtype="str")
