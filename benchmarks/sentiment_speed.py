"""Speed and energy of sentiment: the linear model end to end, and transformers beside the stock pipeline.

In: `python benchmarks/sentiment_speed.py [--reviews FILE] [--messages N] [--rounds N] [--quick]`, the public reviews,
which lie in `../shared/data` or where the argument says.   Out: one JSON object; tables for people.

The transformer has the size of XLM-R base and random weights: speed does not depend on them, and nothing is downloaded.
Its tokenizer is trained here, its messages are made of words of the reviews: log-normal lengths, 3 to 300 tokens. All
sides score the same messages in turn, round by round, so that what else the machine does falls on each alike; a ratio
is one of medians, its spread that of the rounds. Energy is that of `workbench.emissions`, by either of its two meters.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from parts.tables import show, target
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    pipeline,
)
from transformers.utils import logging

from workbench import emissions
from workbench.sentiment import models as sentiment
from workbench.sentiment import transformer

REVIEWS = Path(__file__).parents[2] / "shared" / "data" / "sentiment" / "reviews.parquet"
JOULES_PER_KWH = 3.6e6
LEARN_ON, SCORED = 20_000, 100_000


def main() -> None:
    """Measure and print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reviews", type=Path, default=REVIEWS)
    arguments.add_argument("--messages", type=int, default=150, help="messages that the transformers score")
    arguments.add_argument("--rounds", type=int, default=5, help="how often every side scores them")
    arguments.add_argument("--quick", action="store_true", help="few messages, two rounds: whether it runs")
    options = arguments.parse_args()
    found = speed(
        options.reviews,
        messages=40 if options.quick else options.messages,
        rounds=2 if options.quick else options.rounds,
    )
    print(json.dumps(found))


def speed(reviews: Path = REVIEWS, *, messages: int = 150, rounds: int = 5) -> dict[str, Any]:
    """Return messages per second and joules per 1,000 messages of all sides, the ratios, and their targets."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    rows = pd.read_parquet(reviews, columns=["text", "lang", "label"]).dropna(subset=["text"])
    rows = rows.astype("str").sample(frac=1, random_state=0).reset_index(drop=True)
    small = linear(rows, rounds=rounds)
    large = transformers(rows["text"].head(LEARN_ON).tolist(), messages=messages, rounds=rounds)
    sides = [*small, *large["sides"]]
    shown = pd.DataFrame(sides).drop(columns="messages")
    shown.columns = pd.Index(["side", "per second", "low", "high", "J/1000 codecarbon", "J/1000 cpu", "deviation"])
    show("Speed and energy (messages per second, joules per 1,000 messages)", shown)
    by = {row["side"]: row for row in sides}
    meters = {meter: f"joules_per_1000_{meter}" for meter in ("codecarbon", "cpu")}
    dearer = {meter: by["transformer"][name] / by["linear"][name] for meter, name in meters.items()}
    targets = [
        target("linear: messages per second, end to end", small[0]["messages_per_second"], at_least=20_000),
        *[
            target(f"transformer: {name}", ratio["ratio"], at_least=ratio["at_least"])
            for name, ratio in large["ratios"].items()
        ],
    ]
    show("Ratios", pd.DataFrame([{"transformer": name} | ratio for name, ratio in large["ratios"].items()]))
    show("Energy, transformer over linear", pd.DataFrame([dearer]))
    show("Targets", pd.DataFrame(targets))
    return {
        "sides": sides,
        "ratios": large["ratios"],
        "energy_transformer_over_linear": dearer,
        "tokens": large["tokens"],
        "threads": torch.get_num_threads(),
        "targets": targets,
    }


def linear(rows: pd.DataFrame, *, rounds: int) -> list[dict[str, Any]]:
    """Learn from some reviews, and score others from frame to frame."""
    frame = pd.DataFrame(
        {
            "message_id": [f"m{number}" for number in range(len(rows))],
            "text": rows["text"],
            "language": rows["lang"],
            "label": rows["label"],
        }
    )
    model = sentiment.fit(frame[frame["label"].notna()].head(LEARN_ON), model="linear")
    held_out = frame.iloc[LEARN_ON : LEARN_ON + SCORED].reset_index(drop=True)
    sentiment.score(model, held_out.head(1_000))
    sides = {"linear": lambda: sentiment.score(model, held_out)}
    found = summary(alternate(sides, rounds=rounds), {"linear": len(held_out)})
    return [row | {"largest_deviation": None} for row in found]


def transformers(texts: list[str], *, messages: int, rounds: int) -> dict[str, Any]:
    """Score the same messages by ours, the stock pipeline, and ours in smaller numbers, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder), texts)
        opened = {
            "transformer": transformer.open(folder),
            "transformer, int8": transformer.open(folder, int8=True),
            "transformer, bf16": transformer.open(folder, bf16=True),
        }
        stock = pipeline("text-classification", model=folder, device="cpu", top_k=None)
    mixed = mixed_messages(opened["transformer"].tokenizer, texts, messages)
    said = {side: transformer.predict(model, mixed) for side, model in opened.items()}
    ours = said["transformer"].probabilities
    stocks: dict[str, Callable[[], Any]] = {
        "stock pipeline, default": lambda: stock(mixed, truncation=True),
        "stock pipeline, batches of 32": lambda: stock(mixed, truncation=True, batch_size=32),
    }
    off = {side: float(np.abs(one.probabilities - ours).max()) for side, one in said.items()}
    off |= {side: deviation(run(), ours) for side, run in stocks.items()}
    own = {side: _scorer(model, mixed) for side, model in opened.items()}
    times = alternate(own | stocks, rounds=rounds)
    found = summary(times, dict.fromkeys(own | stocks, messages))
    return {
        "sides": [row | {"largest_deviation": off[row["side"]]} for row in found],
        "ratios": {
            "times the stock pipeline": ratio(times, "stock pipeline, default", at_least=1.5),
            "times the stock pipeline in batches of 32": ratio(times, "stock pipeline, batches of 32", at_least=1.2),
        },
        "tokens": pd.Series(said["transformer"].tokens).describe().to_dict(),
    }


def write_model(folder: Path, texts: list[str]) -> None:
    """Write an XLM-R base with random weights, and a tokenizer that knows the words of the texts."""
    torch.manual_seed(0)
    labels = dict(enumerate(["negative", "neutral", "positive"]))
    config = XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, id2label=labels)
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    own = Tokenizer(models.Unigram())
    own.pre_tokenizer, own.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    names = list(special.values())
    own.train_from_iterator(
        texts,
        trainers.UnigramTrainer(vocab_size=30_000, special_tokens=names, unk_token="<unk>", show_progress=False),
    )
    own.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    PreTrainedTokenizerFast(tokenizer_object=own, model_max_length=512, **special).save_pretrained(folder)


def mixed_messages(tokenizer: Any, texts: list[str], number: int) -> list[str]:
    """Return messages of log-normal length, 3 to 300 tokens, their median about 27, made of the words of the texts."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(27), 0.9, number), 3, 300).astype(int) - 2
    ends = lengths.cumsum()
    stream = [token for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] for token in ids]
    return [str(tokenizer.decode(stream[end - length : end])) for length, end in zip(lengths, ends, strict=True)]


def deviation(answers: list[Any], ours: np.ndarray) -> float:
    """Return the largest difference of the stock pipeline's probabilities from ours."""
    order = ("negative", "neutral", "positive")
    theirs = [[{one["label"]: one["score"] for one in answer}[label] for label in order] for answer in answers]
    return float(np.abs(np.array(theirs) - ours).max())


def _scorer(model: transformer.TransformerModel, texts: list[str]) -> Callable[[], Any]:
    return lambda: transformer.predict(model, texts)


def alternate(sides: dict[str, Callable[[], Any]], *, rounds: int) -> pd.DataFrame:
    """Run all sides once a round; return round, side, seconds, cpu_seconds and joules by either meter."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            for side, run in sides.items():
                started = time.perf_counter()
                with emissions.track(
                    side, notebook="speed", ledger=Path(folder) / "footprint.csv", country="DE"
                ) as used:
                    run()
                row = {"round": turn, "side": side, "seconds": used.wall_seconds or time.perf_counter() - started}
                kwh = {"codecarbon": used.kwh_codecarbon, "cpu": used.kwh_cpu}
                rows.append(row | {f"joules_{meter}": (one or np.nan) * JOULES_PER_KWH for meter, one in kwh.items()})
    return pd.DataFrame(rows)


def summary(times: pd.DataFrame, messages: dict[str, int]) -> list[dict[str, Any]]:
    """Return for each side messages per second (median, lowest, highest round) and joules per 1,000 messages."""
    found = []
    for side, rows in times.groupby("side", sort=False):
        number = messages[str(side)]
        speeds = number / rows["seconds"]
        found.append(
            {
                "side": side,
                "messages": number,
                "messages_per_second": float(number / rows["seconds"].median()),
                "low": float(speeds.min()),
                "high": float(speeds.max()),
                **{
                    f"joules_per_1000_{m}": float(rows[f"joules_{m}"].median() * 1_000 / number)
                    for m in ("codecarbon", "cpu")
                },
            }
        )
    return found


def ratio(times: pd.DataFrame, peer: str, *, at_least: float) -> dict[str, float]:
    """Return how many times as fast as a peer we are: of medians, and the lowest and highest of all rounds."""
    wide = times.pivot(index="round", columns="side", values="seconds")
    pairs = wide[peer] / wide["transformer"]
    medians = wide.median()
    return {
        "ratio": float(medians[peer] / medians["transformer"]),
        "low": float(pairs.min()),
        "high": float(pairs.max()),
        "at_least": at_least,
    }


if __name__ == "__main__":
    main()
