"""Who was offered something to stay, and how that was decided: with a known gap between men and women.

In: people with their states, orders.   Out: decisions with score and action; `breach` names what is planted.
"""

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import START, Facts, SampleMarket, generator, read_data
from workbench.crm.sample.planted import applies, pick, planted_count

MODEL = "retention offer"


def draw_decisions(people: pd.DataFrame, orders: pd.DataFrame, market: SampleMarket, *, seed: int) -> pd.DataFrame:
    """Return decisions (who, model, day, score, action, automated, explained, reviewed_by, breach) by day.

    The score says how much an offer is needed and knows nothing of gender; the chance of an offer at a given score is
    higher for men than for women by exactly the gap of `process.yaml`.
    """
    facts = read_data("process.yaml")["decisions"]
    rng = generator(seed, market, "decisions")
    rounds = [(pd.Timestamp(day) - START).days for day in facts["rounds"]]
    decisions = pd.concat([_round(people, orders, day, facts) for day in rounds], ignore_index=True)
    who, count = decisions["who"].to_numpy(), len(decisions)
    score = _need(decisions, people, facts["need"], rng)
    shift = people["gender"].map({"male": 0.5, "female": -0.5}).fillna(0.0).to_numpy()[who] * facts["gap"]
    chance = facts["offer"]["intercept"] + facts["offer"]["per_need"] * score + shift
    automated = rng.random(count) < facts["automated_share"]
    day = decisions["day"] + 0.1
    reviewer = pd.Series(rng.choice(["reviewer 1", "reviewer 2", "reviewer 3"], count), dtype="str")
    decisions = decisions.assign(
        model=MODEL,
        day=day,
        score=score.round(4),
        action=np.where(rng.random(count) < chance, "offer", "no offer"),
        automated=automated,
        explained=np.where(automated, day + rng.uniform(0.2, 5, count), np.nan),
        reviewed_by=reviewer.mask(automated),
    )
    return _leave_unexplained(decisions, people, market, rng)


def _round(people: pd.DataFrame, orders: pd.DataFrame, day: int, facts: Facts) -> pd.DataFrame:
    bought = orders["day"].between(day - facts["bought_within_days"], day) & ~orders["is_return"]
    minors = people.index[(people["_role"] == "minor") & (people["_signup_day"] < day)]
    return pd.DataFrame({"who": np.union1d(orders.loc[bought, "who"], minors), "day": float(day)})


def _need(decisions: pd.DataFrame, people: pd.DataFrame, need: Facts, rng: np.random.Generator) -> pd.Series:
    who = decisions["who"].to_numpy()
    fading, lost = (decisions["day"] > people[name].to_numpy()[who] for name in ("_fades_day", "_lost_day"))
    level = np.select([lost, fading], [need["lost"], need["fading"]], need["engaged"])
    return pd.Series(level + rng.normal(0, need["noise"], len(decisions))).clip(0.05, 0.95)


def _leave_unexplained(
    decisions: pd.DataFrame, people: pd.DataFrame, market: SampleMarket, rng: np.random.Generator
) -> pd.DataFrame:
    decisions = decisions.assign(breach="")
    if not applies("decision_unexplained", market):
        return decisions
    regular = (people["_role"] == "regular").to_numpy()[decisions["who"]]
    rows = pick(decisions.index[decisions["automated"] & regular], planted_count(len(people)), rng)
    decisions.loc[rows, "explained"] = np.nan
    decisions.loc[rows, "breach"] = "decision_unexplained"
    return decisions
