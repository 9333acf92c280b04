"""What are running subscriptions worth? Survival of those who hold one, what it earns, and whether it can be trusted.

In: subscriptions.   Out: `Contracts`: valued holders, the market's survival, the hazard, the check of a year ago.
"""

from dataclasses import dataclass

import pandas as pd

from workbench.value.survival import (
    Hazard,
    fit_hazard,
    holders,
    mean_survival,
    subscription_months,
    subscription_value,
    survival,
    survival_check,
)

_CHECKED_MONTHS = (3, 6, 12)
_EVENTS = ("started_at", "ended_at")


@dataclass(frozen=True, eq=False, kw_only=True)
class Contracts:
    """Holders of subscriptions and what their plans will earn.

    `customers` has customer_id, value, low and high (90 %); `curve` is the mean survival of the months ahead with a
    95 % band, `observed` Kaplan and Meier's since the start, `check` what was said a year ago against what came.
    """

    customers: pd.DataFrame
    hazard: Hazard
    curve: pd.DataFrame
    observed: pd.DataFrame
    check: pd.DataFrame
    as_of: pd.Timestamp


def appraise_subscriptions(
    subscriptions: pd.DataFrame, *, months: int, margin: float, annual_discount_rate: float, seed: int = 0
) -> Contracts:
    """Value those who hold a plan on the day after the last event on record: price x survival x margin, discounted."""
    latest = subscriptions.reindex(columns=list(_EVENTS)).apply(pd.to_datetime).max().max()
    # An end may be planned ahead; what is known ends now at the latest.
    now = pd.Timestamp.now("UTC").tz_localize(None)
    last = now if pd.isna(latest) else min(latest, now)
    as_of = pd.Timestamp(last).normalize() + pd.Timedelta(days=1)
    known, held = subscription_months(subscriptions, as_of=as_of), holders(subscriptions, as_of=as_of)
    hazard = fit_hazard(known)
    chances = survival(hazard, held, months=months)
    terms = {"margin": margin, "annual_discount_rate": annual_discount_rate}
    return Contracts(
        customers=subscription_value(chances, held, months=months, **terms),
        hazard=hazard,
        curve=mean_survival(known, held, ahead_months=months, seed=seed),
        observed=hazard.baseline,
        check=survival_check(subscriptions, as_of=as_of, after_months=_CHECKED_MONTHS),
        as_of=as_of,
    )
