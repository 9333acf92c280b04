"""Trains the sentiment model that the package ships, and writes its card: `python training/shipped_sentiment.py DATA`.

In: reviews.parquet and umsab.parquet (a folder, by default ../shared/data/sentiment).   Out:
src/workbench/sentiment/shipped.npz and docs/models/shipped-sentiment.md. Only rows whose licence is in ALLOWED are
learnt from; all others are counted, and those in a language of the model are only measured on.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from shipped_card import Trained, page
from sklearn.model_selection import train_test_split

from workbench.emissions import track
from workbench.intervals import Z, wilson
from workbench.ledger import Footprint
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import LinearModel, train
from workbench.sentiment.messages import clean, text_hash
from workbench.sentiment.models import score
from workbench.sentiment.ngrams import Recipe
from workbench.sentiment.quality import quality
from workbench.sentiment.store import quantised, to_bytes

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/workbench/sentiment/shipped.npz"
CARD = ROOT / "docs/models/shipped-sentiment.md"
ALLOWED = {
    "CC0": "CC0",
    "CC BY-SA (stated in repo)": "CC BY-SA",
    "repo LICENSE Apache-2.0 (badge MIT)": "Apache-2.0 and MIT",
    "Apache repo, platform terms": "Apache-2.0; the tweets under the platform's terms",
}
# The Hindi of UMSAB is written in Latin letters; of Hindi in its own script the model learns nothing.
TWEETS = {"arabic": "ar", "english": "en", "french": "fr", "german": "de", "hindi": "hi-Latn", "italian": "it"} | {
    "portuguese": "pt",
    "spanish": "es",
}
MOST_OF_A_LANGUAGE = 15_000
LARGEST_BYTES = 5_000_000
MARGIN = 0.05
DATA = Path("../shared/data/sentiment")
# Rarer n-grams than these made the file larger and the cross-validated log-loss no smaller.
RECIPE = replace(Recipe(), rarest=4)
SEED = 0


def read(folder: Path) -> pd.DataFrame:
    """Return all rows: source, language, licence, split (train, test), text, label (of `LABELS`), text_hash."""
    reviews = pd.read_parquet(folder / "reviews.parquet").rename(columns={"lang": "language"})
    tweets = pd.read_parquet(folder / "umsab.parquet").assign(
        source="umsab", licence="Apache repo, platform terms", language=lambda t: t.language.map(TWEETS)
    )
    columns = ["source", "language", "licence", "split", "text", "label"]
    rows = pd.concat([reviews[columns], tweets[columns]], ignore_index=True).astype("str")
    rows = rows[rows["label"].isin(LABELS)].reset_index(drop=True)
    rows["text"] = clean(rows["text"].tolist())
    rows["text_hash"] = text_hash(rows["text"].tolist())
    return rows.assign(split=_split(rows))


def _split(rows: pd.DataFrame) -> pd.Series:
    """Return train or test: as published (development rows are for training), else 80 to 20 by lot, by label."""
    split = rows["split"].replace({"valid": "train", "val": "train", "dev": "train"})
    for _, part in rows[rows["split"].isna()].groupby(["source", "language"]):
        known, held_out = train_test_split(part.index, test_size=0.2, random_state=SEED, stratify=part["label"])
        split[known], split[held_out] = "train", "test"
    return split


def to_learn_from(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to learn from, weighted: no text of any test split, few of a large language, classes balanced."""
    allowed = rows[rows["licence"].isin(ALLOWED)]
    known = allowed[
        (allowed["split"] == "train") & ~allowed["text_hash"].isin(rows[rows["split"] == "test"]["text_hash"])
    ]
    # The same text with two labels teaches nothing but noise.
    known = known[known.groupby(["language", "text_hash"])["label"].transform("nunique") == 1]
    known = known.drop_duplicates(["language", "text_hash"]).sample(frac=1, random_state=SEED)
    known = known[known.groupby("language").cumcount() < MOST_OF_A_LANGUAGE].sort_index()
    cell = known.groupby(["source", "language", "label"])["text"].transform("size")
    whole = known.groupby(["source", "language"])["text"].transform("size")
    return known.assign(weight=whole / (len(LABELS) * cell))


def measure(model: LinearModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `quality` by source and language, with the macro-F1 of the most frequent class."""
    scored = score(model, rows).messages
    scored["group"] = (rows["source"] + " " + rows["language"]).to_numpy()
    found = quality(scored, by="group")
    shares = scored.groupby("group")["label"].agg(lambda labels: _f1_of_most_frequent(labels))
    found["f1_baseline"] = found["group"].map(shares)
    found[["source", "language"]] = found["group"].str.split(" ", expand=True)
    return found


def _f1_of_most_frequent(labels: pd.Series) -> float:
    share = labels.value_counts(normalize=True)
    return float(2 * share.iloc[0] / (1 + share.iloc[0]) / len(share))


def measure_poles(model: LinearModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return by source and language how often the likelier of the two poles is right, among negative and positive."""
    polar = rows[rows["label"] != "neutral"]
    scored = score(model, polar).messages
    found = scored.assign(
        source=polar["source"].to_numpy(),
        language=polar["language"].to_numpy(),
        right=(scored["positive"] > scored["negative"]) == (scored["label"] == "positive"),
    )
    return found.groupby(["language", "source"]).apply(_poles).reset_index()


def _poles(scored: pd.DataFrame) -> pd.Series:
    """Return accuracy with Wilson's interval, and the mean of both recalls with the normal one: 0.5 is a guess."""
    of = scored.groupby("label")["right"].agg(["mean", "size"])
    balanced = of["mean"].mean()
    margin = Z * np.sqrt((of["mean"] * (1 - of["mean"]) / of["size"]).sum()) / len(of)
    accuracy, low, high = (float(value) for value in wilson(scored["right"].sum(), len(scored)))
    shares = {
        "accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "baseline": of["size"].max() / len(scored),
    }
    found = {"balanced": balanced, "balanced_low": balanced - margin, "balanced_high": balanced + margin}
    return pd.Series({"messages": len(scored)} | shares | found)


def claimed(figures: pd.DataFrame) -> tuple[str, ...]:
    """Return the languages with a set whose macro-F1 lies clearly above that of the most frequent class."""
    f1 = figures[figures["metric"] == "macro_f1"]
    return tuple(sorted(f1[f1["low"] >= f1["f1_baseline"] + MARGIN]["language"].unique()))


def trained_on(rows: pd.DataFrame) -> tuple[LinearModel, Footprint]:
    """Return the model in 8 bits, and what its training took."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "footprint.csv"
        with track("train", notebook="shipped_sentiment", ledger=ledger, country="DE") as footprint:
            model = quantised(train(rows, seed=SEED, name="shipped", recipe=RECIPE))
    return model, footprint


def main(folder: Annotated[Path, typer.Argument()] = DATA) -> None:
    """Train the sentiment model that the package ships, and write its card."""
    rows = read(folder)
    allowed = rows["licence"].isin(ALLOWED)
    refused = rows[~allowed].groupby("licence").size()
    for licence, number in refused.items():
        typer.echo(f"refused to learn from {number:,} rows under '{licence}'")
    learnt = to_learn_from(rows)
    model, footprint = trained_on(learnt)
    held_out = measure(model, rows[allowed & (rows["split"] == "test")])
    model = replace(model, languages=claimed(held_out))
    file = to_bytes(model)
    if len(file) > LARGEST_BYTES:
        raise SystemExit(f"{len(file):,} bytes, at most {LARGEST_BYTES:,} are shipped: hash to fewer bins")
    elsewhere = rows[~allowed & rows["language"].isin(model.languages)]
    told = Trained(
        model=model,
        file=file,
        learnt=learnt,
        refused=refused,
        licences=ALLOWED,
        held_out=held_out,
        elsewhere=measure_poles(model, elsewhere),
        footprint=footprint,
        most=MOST_OF_A_LANGUAGE,
        margin=MARGIN,
        data=str(folder),
    )
    MODEL.write_bytes(file)
    CARD.parent.mkdir(parents=True, exist_ok=True)
    CARD.write_text(page(told), encoding="utf-8")
    typer.echo(f"{MODEL}: {len(file):,} bytes; {CARD}")


if __name__ == "__main__":
    typer.run(main)
