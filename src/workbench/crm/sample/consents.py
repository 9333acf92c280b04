"""Who agreed to what, who asked to be left alone, and where that was ignored.

Touches follow the consents in every row but those that are planted: no basis on record, sent after a withdrawal, sent
after an objection.

In: people, touches, campaigns.   Out: touches with what is planted in them; consents; requests.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import Floats, Ints, SampleMarket, generator, read_data
from workbench.crm.sample.planted import applies, pick, planted_count
from workbench.crm.sample.touches import CHANNELS

_KEPT = 3  # planted touches per customer
_GRACE_DAYS = 30


@dataclass(frozen=True, eq=False, kw_only=True)
class Contacts:
    """Touches (`breach` names what is planted), people with grants and withdrawals, requests to be left alone."""

    touches: pd.DataFrame
    people: pd.DataFrame
    optouts: pd.DataFrame


def plant_contacts(
    people: pd.DataFrame, touches: pd.DataFrame, campaigns: pd.DataFrame, market: SampleMarket, *, seed: int
) -> Contacts:
    """Let some customers opt out by request, and plant touches without basis, after withdrawal and after opt-out."""
    rng = generator(seed, market, "contacts")
    touches, people = touches.assign(breach=""), _consenting(people, touches)
    count, spans = planted_count(len(people)), _spans(people, touches)
    if applies("withdrawal_ignored", market):
        touches = _send_after_withdrawal(touches, people, campaigns, rng, count=count, horizon=market.horizon)
    stayed = spans.index[spans["stayed"] & (spans["last"] - spans["first"] > 200)]
    chosen = rng.permutation(stayed.to_numpy())
    polite, ignored, baseless = np.split(chosen[: min(4 * count, len(chosen))], [count, 2 * count])
    optouts = _optouts(spans, np.concatenate([polite, ignored]))
    touches = _stop(touches, optouts.loc[polite], grace=0.0, kept=0, breach="")
    touches = _stop(touches, optouts.loc[ignored], grace=_GRACE_DAYS, kept=_KEPT, breach="optout_ignored")
    for channel in CHANNELS:
        granted = people.loc[polite, f"_granted_{channel}"]
        people.loc[polite, f"_withdrawn_{channel}"] = (optouts.loc[polite, "day"] + 0.3).where(granted)
    if applies("basis_missing", market):
        touches, people = _forget_basis(touches, people, baseless, count=count)
    touches = touches.sort_values("day", kind="stable", ignore_index=True)
    return Contacts(touches=touches, people=people, optouts=optouts)


def _consenting(people: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    left = touches[touches["leaves"]].set_index(["channel", "who"])["unsubscribed"]
    granted = {f"_granted_{channel}": people[f"_subscribed_{channel}"] for channel in CHANNELS}
    withdrawn = {
        f"_withdrawn_{channel}": left.get(channel, pd.Series(dtype=float)).reindex(people.index) for channel in CHANNELS
    }
    return people.assign(**granted, **withdrawn)


def _spans(people: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    spans = touches.groupby("who")["day"].agg(["min", "max"]).set_axis(["first", "last"], axis=1)
    left = touches.groupby("who")["leaves"].any()
    return spans.assign(stayed=~left & (people["_role"].reindex(spans.index) == "regular"))


def _optouts(spans: pd.DataFrame, who: Ints) -> pd.DataFrame:
    span = spans.loc[who]
    return pd.DataFrame({"who": who, "day": np.floor(span["first"] + 0.5 * (span["last"] - span["first"])) + 0.8})


def _forget_basis(
    touches: pd.DataFrame, people: pd.DataFrame, who: Ints, *, count: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    mailed = who[people["_granted_email"].to_numpy()[who]][:count]
    always = pd.DataFrame({"day": -np.inf}, index=mailed)
    touches = _stop(touches, always, grace=0.0, kept=_KEPT, breach="basis_missing", channel="email")
    return touches, people.assign(_granted_email=people["_granted_email"] & ~people.index.isin(mailed))


def _stop(
    touches: pd.DataFrame, since: pd.DataFrame, *, grace: float, kept: int, breach: str, channel: str | None = None
) -> pd.DataFrame:
    """Drop the touches of some customers since a day, but for the first few past the grace: those are the breach."""
    start = touches["who"].map(since["day"])
    affected = (touches["day"] > start) & (channel is None or touches["channel"] == channel)
    late = affected & (touches["day"] > start + grace)
    stays = late & (touches[late].groupby("who").cumcount().reindex(touches.index) < kept)
    return touches.assign(breach=touches["breach"].mask(stays, breach))[~affected | stays].reset_index(drop=True)


def _send_after_withdrawal(
    touches: pd.DataFrame,
    people: pd.DataFrame,
    campaigns: pd.DataFrame,
    rng: np.random.Generator,
    *,
    count: int,
    horizon: float,
) -> pd.DataFrame:
    left = people["_withdrawn_email"]
    who = pick(people.index[(left < horizon - 90) & (people["_role"] == "regular")], count, rng)
    mailings = campaigns[campaigns["channel"] == "email"]
    first = np.searchsorted(mailings["day"], left[who] + _GRACE_DAYS)
    number = mailings.index.to_numpy()[np.concatenate([first, first + 1])]
    day = campaigns["day"].to_numpy()[number] + rng.uniform(0.1, 0.7, len(number))
    sent = pd.DataFrame({"who": np.tile(who, 2), "campaign": number, "channel": "email", "day": day, "leaves": False})
    return pd.concat([touches, sent.assign(breach="withdrawal_ignored")], ignore_index=True)


def draw_consents(people: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return consents (who, purpose, lawful_basis, channel, granted, withdrawn as days, evidence, notice_version)."""
    facts = read_data("process.yaml")["governance"]
    rng = generator(seed, market, "consents")
    bases = {"service": "contract", "analytics": facts["analytics_basis"][market.regime]}
    rows = [
        pd.DataFrame({"who": people.index, "purpose": purpose, "lawful_basis": basis})
        for purpose, basis in bases.items()
    ]
    for channel in CHANNELS:
        who = people.index[people[f"_granted_{channel}"]]
        basis = facts["marketing_basis"][market.regime]
        asked = pd.DataFrame({"who": who, "purpose": "marketing", "lawful_basis": basis, "channel": channel})
        rows.append(asked.assign(withdrawn=people.loc[who, f"_withdrawn_{channel}"].to_numpy()))
    consents = pd.concat(rows, ignore_index=True)
    granted = people["_signup_day"].to_numpy()[consents["who"]]
    return consents.assign(
        granted=granted,
        evidence=rng.choice(["web form", "checkout box", "double opt-in", "store terminal"], len(consents)),
        notice_version=np.where(granted < 0, "2019-01", np.where(granted < 500, "2023-01", "2024-05")),
    ).sort_values("who", kind="stable", ignore_index=True)


def draw_requests(people: pd.DataFrame, optouts: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return requests (customer_id, kind, received, acknowledged, closed as days, outcome, breach) in time order."""
    facts = read_data("process.yaml")["governance"]
    rng = generator(seed, market, "requests")
    count = planted_count(len(people))
    asked = _asked(people, market, rng, share=facts["request_share"], late=2 * count)
    left_alone = pd.DataFrame(
        {
            "customer_id": people.loc[optouts.index, "customer_id"],
            "kind": facts["optout_kind"][market.regime],
            "received": optouts["day"],
        }
    )
    requests = pd.concat([asked, left_alone], ignore_index=True).fillna({"breach": ""})
    soonest, latest = facts["answer_days"][market.regime]
    received, answered = requests["received"], rng.uniform(soonest, latest, len(requests))
    silent = requests["breach"] == "request_unacknowledged"
    answered = np.where(silent, rng.uniform(24, 38, len(requests)), answered)
    overdue = (requests["breach"] == "request_overdue").to_numpy()
    acknowledged = received + np.minimum(rng.uniform(0.1, 4, len(requests)), answered)
    closed = received + np.where(overdue, rng.uniform(130, 300, len(requests)), answered)
    never = overdue & (rng.random(len(requests)) < 0.5)
    return requests.assign(
        acknowledged=acknowledged.mask(silent),
        closed=closed.mask(never),
        outcome=pd.Series("done", index=requests.index).mask(never | (closed >= market.horizon)),
    ).sort_values("received", kind="stable", ignore_index=True)


def _asked(
    people: pd.DataFrame, market: SampleMarket, rng: np.random.Generator, *, share: float, late: int
) -> pd.DataFrame:
    """Draw requests of the ordinary kinds; the customers of erasure requests are gone from all other tables."""
    regular = people.index[(people["_role"] == "regular") & (people["_signup_day"] < market.horizon - 300)]
    who = pick(regular, late + max(3, round(share * len(people))), rng)
    kind = rng.choice(["access", "rectification", "portability", "erasure"], len(who), p=[0.45, 0.2, 0.1, 0.25])
    kind[:late] = "access"
    erased = [f"{market.prefix}-{len(people) + number:06d}" for number in range(1, len(who) + 1)]
    latest = market.horizon - np.where(np.arange(len(who)) < late, 280.0, 1.0)
    received: Floats = rng.uniform(people["_signup_day"].to_numpy()[who] + 10, latest)
    breach = np.full(len(who), "", dtype=object)
    breach[: late // 2] = "request_overdue"
    if applies("request_unacknowledged", market):
        breach[late // 2 : late] = "request_unacknowledged"
    ids = np.where(kind == "erasure", erased, people["customer_id"].to_numpy()[who])
    return pd.DataFrame({"customer_id": ids, "kind": kind, "received": received, "breach": breach})
