"""What customers write: messages composed from phrases of our own in each language, with channel, rating and truth.

In: people with their states, orders, products.   Out: messages; beside them the tone and topic that were meant.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from workbench.crm.sample.markets import Facts, SampleMarket, generator, read_data

_COMPLAINTS = ("trouble", "leaving")
_LONGEST_WAIT = 14


def draw_messages(
    people: pd.DataFrame,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    products: pd.DataFrame,
    market: SampleMarket,
    *,
    seed: int,
) -> pd.DataFrame:
    """Return the messages of one market by day: who, day, channel, rating, language, text and what was meant."""
    facts = read_data("process.yaml")["messages"]
    rng = generator(seed, market, "messages")
    about_orders = _about_orders(people, orders, lines, facts, rng)
    others = _leaving(people, facts, rng), _questions(people, facts, rng)
    messages = pd.concat([about_orders, *others], ignore_index=True)
    messages = messages[messages["day"] < market.horizon].sort_values("day", kind="stable", ignore_index=True)
    messages = _meaning(messages, facts, rng)
    messages["spoken"] = people["language"].to_numpy()[messages["who"]]
    switched = (messages["spoken"] == "hi") & (rng.random(len(messages)) < facts["code_switched_share"])
    messages["phrases"] = messages["spoken"].mask(switched, "hi-en")
    messages["text"] = _texts(messages, products, market, facts, rng)
    known = rng.random(len(messages)) >= facts["language_missing_share"]
    anonymous = rng.random(len(messages)) < facts["anonymous_share"]
    return messages.assign(language=messages["spoken"].where(known), anonymous=anonymous)


def _about_orders(
    people: pd.DataFrame, orders: pd.DataFrame, lines: pd.DataFrame, facts: Facts, rng: np.random.Generator
) -> pd.DataFrame:
    fading = orders["day"].to_numpy() > people["_fades_day"].to_numpy()[orders["who"]]
    mood = pd.Series(np.select([orders["trouble"], fading], ["trouble", "fading"], "engaged"), dtype="str")
    writes = ~orders["is_return"] & (rng.random(len(orders)) < mood.map(facts["share"]))
    product = lines.drop_duplicates("order").set_index("order")["product"]
    messages = pd.DataFrame(
        {
            "who": orders["who"],
            "day": orders["day"] + rng.uniform(1, 9, len(orders)),
            "mood": mood,
            "product": product.reindex(orders.index),
        }
    )
    return messages[writes]


def _leaving(people: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    says = (people["_role"] != "dormant") & (rng.random(len(people)) < facts["leaving_share"])
    day = rng.uniform(people["_fades_day"], people["_lost_day"])
    return pd.DataFrame({"who": people.index[says], "day": day[says], "mood": "leaving"})


def _questions(people: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    known_days = (people["_lost_day"] - people["_signup_day"]).clip(upper=1096).where(people["_role"] != "dormant", 0)
    who = np.repeat(people.index, rng.poisson(known_days * facts["unprompted_per_year"] / 365))
    day = people["_signup_day"].to_numpy()[who] + rng.random(len(who)) * known_days.to_numpy()[who]
    return pd.DataFrame({"who": who, "day": day, "mood": "question"})


def _meaning(messages: pd.DataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    mood = messages["mood"]
    shares = {key: dict(zip(facts["tones"], share, strict=True)) for key, share in facts["tone_share"].items()}
    tone = _choose(mood, shares, rng)
    topic = pd.Series(rng.choice(list(facts["topic_share"]), len(mood), p=list(facts["topic_share"].values())))
    kind = mood.isin(_COMPLAINTS).map({True: "complaint", False: "others"})
    channel = _choose(kind, facts["channel_share"], rng)
    stars = {tone: dict(zip(range(1, 6), share, strict=True)) for tone, share in facts["rating_share"].items()}
    rated = rng.random(len(mood)) < channel.map(facts["rated_share"])
    return messages.assign(
        tone=tone,
        topic=topic.mask(mood == "leaving", "leaving"),
        channel=channel,
        rating=_choose(tone, stars, rng).astype("Int64").where(rated),
    )


def _choose(group: pd.Series, shares: Facts, rng: np.random.Generator) -> pd.Series:
    """Draw for each row by the shares of its group."""
    chosen = pd.Series(index=group.index, dtype=object)
    for name, share in shares.items():
        rows = group.index[group == name]
        chosen[rows] = rng.choice(list(share), len(rows), p=np.array(list(share.values())) / sum(share.values()))
    return chosen.infer_objects()


def _texts(
    messages: pd.DataFrame, products: pd.DataFrame, market: SampleMarket, facts: Facts, rng: np.random.Generator
) -> pd.Series:
    names = products["name"].to_numpy()
    anything = pd.Series(rng.integers(0, len(names), len(messages)))
    product = messages["product"].fillna(anything).to_numpy(dtype=int)
    slots = pd.DataFrame(
        {
            "product": names[product],
            "days": rng.integers(2, _LONGEST_WAIT, len(messages)).astype(str),
            "order": np.char.add("#", rng.integers(10_000, 99_999, len(messages)).astype(str)),
            "price": [_price(value, market) for value in products["price"].to_numpy()[product]],
        }
    )
    texts = pd.Series(index=messages.index, dtype=object)
    for language, rows in messages.groupby("phrases").groups.items():
        phrases = read_data(f"texts/{language}.yaml")
        patterns = _patterns(messages.loc[rows], phrases, facts, rng)
        values = slots.loc[rows].to_dict("records")
        texts[rows] = [pattern.format_map(value) for pattern, value in zip(patterns, values, strict=True)]
    return texts.astype("str")


def _patterns(messages: pd.DataFrame, phrases: Facts, facts: Facts, rng: np.random.Generator) -> list[str]:
    """Put together opening, body, closing and emoji for each message; the slots are still open."""
    shares = [facts[f"{part}_share"] for part in ("short", "longer", "opening", "closing", "emoji")]
    luck = rng.random((len(messages), 5)) < shares
    say = partial(_one_of, rng=rng)
    out = []
    for tone, topic, (short, longer, opening, closing, emoji) in zip(
        messages["tone"], messages["topic"], luck, strict=True
    ):
        plain = "neutral" if tone == "mixed" else tone
        if short and tone != "mixed" and topic != "leaving":
            parts = [say(phrases["short"][tone])]
        else:
            parts = [say(phrases["openings"][plain])] if opening else []
            parts += _body(phrases, tone, topic, say, longer=longer)
            parts += [say(phrases["closings"][plain])] if closing else []
        parts += [say(facts["emoji"][tone])] if emoji else []
        out.append(phrases["join"].join(parts))
    return out


def _body(phrases: Facts, tone: str, topic: str, say: Callable[[list[str]], str], *, longer: bool) -> list[str]:
    about = phrases["topics"][topic]
    other = phrases["topics"][say(list(phrases["topics"])[:-1])]
    if tone == "mixed":
        return [say(about["positive"]), say(phrases["contrast"]), say(other["negative"])]
    return [say(about[tone]), say(other[tone])] if longer and other is not about else [say(about[tone])]


def _one_of(phrases: list[str], *, rng: np.random.Generator) -> str:
    return phrases[int(rng.random() * len(phrases))]


def _price(value: float, market: SampleMarket) -> str:
    number = f"{value:.{market.decimals}f}"
    comma = number.replace(".", ",")
    forms = {"EUR": f"{comma} €", "BRL": f"R$ {comma}", "JPY": f"{number}円", "USD": f"${number}", "INR": f"₹{number}"}
    return forms[market.currency]
