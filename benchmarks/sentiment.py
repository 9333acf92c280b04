"""Sentiment beside its peers: accuracy on twelve sets of reviews and on tweets in eight languages, and what it costs.

In: `python benchmarks/sentiment.py [--only SECTION]… [--reviews FILE] [--umsab FILE] [--xlmt FILE] [--quick]`, public
data sets that lie in `../shared/data` or where the arguments say.   Out: one JSON object; tables for people.

    reviews    positive against negative: the linear model as a user gets it, and TF-IDF (words 1-2, characters 2-5)
               with logistic regression as it comes, learnt from the same rows and judged on the same, in the same run
    umsab      three classes: both of these, learnt from each language alone and from all of them, beside XLM-T's
               published predictions; mean macro-F1 of eight languages (Barbieri, Espinosa Anke, Camacho-Collados 2022)
    shipped    the model that comes with the workbench, on the held-out rows of every language it claims
    speed      `sentiment_speed.py`: messages per second and energy, the linear model and transformers

Rows are those of the official split, or 80 : 20 by label with seed 0 where there is none. Nothing is chosen on rows
that are judged: the linear model chooses its own settings by cross-validation on what it learns from. Energy is the
second meter's of `workbench.emissions`, processor time times watts per core: the first one adds a constant power for
memory, most of what so short a work would seem to take. `--quick` takes few rows: whether it runs, not how well.
"""

import argparse
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from parts.tables import CONSOLE, finish, show, target
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from workbench import emissions
from workbench.intervals import wilson
from workbench.sentiment import LABELS, Sentiment, fit, score
from workbench.sentiment.linear import train
from workbench.sentiment.messages import text_hash

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentiment"
SETS = {
    "zh shopping": ("online_shopping_10_cats", "zh"),
    "zh hotels": ("ChnSentiCorp_htl", "zh"),
    "zh food": ("waimai_10k", "zh"),
    "pt books": ("amazon_br_books", "pt"),
    "pt marketplace": ("olist_head_sample", "pt"),
    "nl books": ("clips_pattern_books", "nl"),
    "fr books": ("clips_pattern_books", "fr"),
    "ar": ("hadyelsahar", "ar"),
    "ko": ("nsmc_raw", "ko"),
    "id": ("smsa", "id"),
    "ja": ("jrte_pn", "ja"),
    "en": ("nusax", "en"),
}
CODES = {"arabic": "ar", "english": "en", "french": "fr", "portuguese": "pt"}
# Sets of fewer rows are also learnt from beside related messages: other sources and tweets of the same language.
SMALL_SET = 2_500
JOULES_PER_KWH = 3.6e6
QUICK_ROWS = 600
_T = TypeVar("_T")
# Labels said, costs, settings.
Said = tuple[np.ndarray, dict[str, float], dict[str, float]]


def main() -> None:
    """Run the sections and print what was found."""
    options = read_arguments()
    sections: dict[str, Callable[[], dict[str, Any]]] = {
        "speed": lambda: speed(options.reviews, quick=options.quick),
        "reviews": lambda: reviews(options.reviews, options.umsab, quick=options.quick),
        "umsab": lambda: umsab(options.umsab, options.xlmt, quick=options.quick, large=found.get("speed")),
        "shipped": lambda: shipped(options.reviews, options.umsab),
    }
    found: dict[str, dict[str, Any]] = {}
    for name in sections:
        if name in (options.only or sections):
            found[name] = sections[name]()
    finish(found)


def read_arguments() -> argparse.Namespace:
    """Read where the data is and which sections to run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    place = arguments.add_argument
    place("--only", action="append", choices=["speed", "reviews", "umsab", "shipped"], help="this section; repeatable")
    place("--reviews", type=Path, default=DATA / "reviews.parquet")
    place("--umsab", type=Path, default=DATA / "umsab.parquet")
    place("--xlmt", type=Path, default=DATA / "umsab_xlmt_predictions.txt", help="XLM-T's answers: 0, 1 or 2 a line")
    place("--quick", action="store_true", help="few rows of each set")
    return arguments.parse_args()


def reviews(file: Path, tweets: Path, *, quick: bool) -> dict[str, Any]:
    """Judge the linear model and its peer on the twelve sets, and what related messages add to the small ones."""
    rows, related = read_reviews(file), read_tweets(tweets)
    found = []
    for name, (source, language) in SETS.items():
        learn, judge = split(rows, source, language, quick=quick)
        also = pd.concat([rows[rows["source"] != source], related]).query("language == @language")
        found.append({"set": name} | review_set(learn, judge, also))
        CONSOLE.print(f"{name}: {found[-1]['linear']:.1f}, untuned {found[-1]['untuned']:.1f}")
    table = pd.DataFrame(found)
    columns = ["linear", "linear_also", "untuned"]
    means = table[columns].assign(linear_also=table["linear_also"].fillna(table["linear"])).mean()
    accuracy = ["set", "learnt_from", "judged_on", "linear", "low", "high", "linear_also", "share", "untuned"]
    show("Reviews, positive against negative: accuracy", table[accuracy])
    show("Reviews: what it cost", table[["set", *table.columns[table.columns.str.contains("_joule|_seconds")]]])
    at_90, gain = int((table["linear"] >= 90).sum()), float(means["linear"] - means["untuned"])
    return {
        "by_set": table.to_dict("records"),
        "mean": means.to_dict(),
        "targets": [
            target("Reviews: mean accuracy of 12 sets, own messages only", float(means["linear"]), at_least=91.5),
            target("Reviews: sets of 12 at 90 or more, own messages only", at_90, at_least=9),
            target("Reviews: mean accuracy, small sets with related messages", float(means["linear_also"])),
            target("Reviews: mean accuracy over that of the untuned peer", gain, at_least=0),
        ],
    }


def read_reviews(file: Path) -> pd.DataFrame:
    """Return the positive and negative rows of the twelve sets."""
    rows = pd.read_parquet(file, columns=["source", "lang", "text", "label", "split"])
    rows = rows[rows["label"].isin(["negative", "positive"])].astype(str)
    return rows.rename(columns={"lang": "language"})


def read_tweets(file: Path) -> pd.DataFrame:
    """Return the positive and negative tweets to learn from."""
    rows = pd.read_parquet(file).astype(str)
    rows = rows[rows["label"].isin(["negative", "positive"]) & (rows["split"] != "test")]
    return rows.assign(language=rows["language"].map(CODES))


def split(rows: pd.DataFrame, source: str, language: str, *, quick: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what to learn from and what to judge on."""
    own = rows[(rows["source"] == source) & (rows["language"] == language)]
    if own["split"].isin(["test"]).any():
        learn, judge = own[own["split"] != "test"], own[own["split"] == "test"]
    else:
        learn, judge = train_test_split(own, test_size=0.2, random_state=0, stratify=own["label"])
    return (few(learn), few(judge)) if quick else (learn, judge)


def few(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the first of the rows in an order by lot."""
    return rows.sample(min(len(rows), QUICK_ROWS), random_state=0)


def review_set(learn: pd.DataFrame, judge: pd.DataFrame, also: pd.DataFrame) -> dict[str, Any]:
    """Return the accuracy of all sides on one set, with what learning and scoring cost."""
    ours, our_costs, _ = run_linear(learn, judge)
    peers, peer_costs, _ = run_untuned(learn, judge)
    right = np.array([(ours == judge["label"]).sum(), (peers == judge["label"]).sum()])
    share, low, high = (100 * one for one in wilson(right, np.array([len(judge), len(judge)])))
    # A related message that is also judged on would have been seen.
    also = also[~np.isin(text_hash(also["text"].tolist()), text_hash(judge["text"].tolist()))]
    helped: dict[str, float] = {}
    if len(learn) < SMALL_SET and len(also):
        said, _, settings = run_linear(learn, judge, also=also)
        helped = {"linear_also": 100 * float((said == judge["label"]).mean()), "share": settings["share"]}
    return {
        "learnt_from": len(learn),
        "judged_on": len(judge),
        "linear": float(share[0]),
        "low": float(low[0]),
        "high": float(high[0]),
        "linear_also": helped.get("linear_also", np.nan),
        "share": helped.get("share", np.nan),
        "untuned": float(share[1]),
        **{f"linear_{key}": value for key, value in our_costs.items()},
        **{f"untuned_{key}": value for key, value in peer_costs.items()},
        "linear_f1_per_joule": f1_per_joule(judge["label"], ours, our_costs["joules_per_1000"]),
        "untuned_f1_per_joule": f1_per_joule(judge["label"], peers, peer_costs["joules_per_1000"]),
    }


def run_linear(learn: pd.DataFrame, judge: pd.DataFrame, *, also: pd.DataFrame | None = None) -> Said:
    """Fit and score as a user does; return the labels said, what it cost and the settings chosen."""
    model, learning = metered(lambda: train(learn, also=also))
    said, scoring = metered(lambda: score(model, judge))
    return labels_of(said), costs(learning, scoring, len(judge)), model.settings


def labels_of(said: Sentiment) -> np.ndarray:
    """Return the label of every message as an array."""
    return np.asarray(said.messages["sentiment"], object)


def run_untuned(learn: pd.DataFrame, judge: pd.DataFrame) -> Said:
    """Fit and score the peer on the same rows."""
    model = untuned()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lbfgs may stop early; an untuned peer lives with it
        _, learning = metered(lambda: model.fit(learn["text"], learn["label"]))
    said, scoring = metered(lambda: model.predict(judge["text"]))
    return np.asarray(said, object), costs(learning, scoring, len(judge)), {}


def untuned() -> Pipeline:
    """Return TF-IDF of words 1-2 and characters 2-5 with logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True)
    return make_pipeline(make_union(words, characters), LogisticRegression(C=5, max_iter=300))


def metered(run: Callable[[], _T]) -> tuple[_T, dict[str, float]]:
    """Run a step under the meter; return what it gave, its seconds and its joules by the second meter."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "footprint.csv"
        with emissions.track("step", notebook="sentiment", ledger=ledger, country="DE") as used:
            found = run()
    joules = {"joules": used.kwh_cpu, "joules_codecarbon": used.kwh_codecarbon}
    kept = {name: np.nan if kwh is None else kwh * JOULES_PER_KWH for name, kwh in joules.items()}
    return found, {"seconds": np.nan if used.wall_seconds is None else used.wall_seconds} | kept


def costs(learning: dict[str, float], scoring: dict[str, float], messages: int) -> dict[str, float]:
    """Return seconds and joules of learning, and joules per 1,000 messages scored."""
    return {
        "learning_seconds": learning["seconds"],
        "learning_joules": learning["joules"],
        "joules_per_1000": scoring["joules"] * 1_000 / messages,
    }


def f1_per_joule(truth: pd.Series, said: np.ndarray, joules_per_1000: float | None) -> float | None:
    """Return macro-F1 in points per joule that 1,000 messages cost to score."""
    if joules_per_1000 is None or not joules_per_1000 > 0:
        return None
    return macro_f1(truth, said) / joules_per_1000


def macro_f1(truth: pd.Series, said: np.ndarray) -> float:
    """Return the macro-F1 in points over the labels that stand in the truth."""
    return 100 * float(f1_score(truth.to_numpy(object), said, average="macro", labels=sorted(truth.unique())))


def umsab(file: Path, answers: Path, *, quick: bool, large: dict[str, Any] | None) -> dict[str, Any]:
    """Judge small models, learnt alone and together, and XLM-T's published predictions on tweets."""
    rows = pd.read_parquet(file).astype(str)
    judge = rows[rows["split"] == "test"].reset_index(drop=True)
    said_large = np.array(LABELS, object)[[int(line) for line in answers.read_text().split()]]
    learn = rows[rows["split"] != "test"]
    if quick:
        learn = learn.groupby("language", group_keys=False).sample(QUICK_ROWS // 2, random_state=0)
    sides: dict[str, tuple[np.ndarray, dict[str, float]]] = {}
    for side, run in (("linear", run_linear), ("untuned", run_untuned)):
        sides[f"{side}, all languages"] = run(learn, judge)[:2]
        sides[f"{side}, each alone"] = by_language(learn, judge, run)
    table = pd.DataFrame({side: f1_by_language(judge, said) for side, (said, _) in sides.items()})
    table["XLM-T"] = f1_by_language(judge, said_large)
    means = table.mean()
    show("Tweets in eight languages, three classes: macro-F1", table.rename_axis("language").reset_index())
    joules = {side: cost["joules_per_1000"] for side, (_, cost) in sides.items()} | {"XLM-T": joules_of(large)}
    costs_table = [
        {
            "side": side,
            "macro_f1": float(means[side]),
            "joules_per_1000": value,
            "f1_per_joule": None if value is None else float(means[side]) / value,
        }
        for side, value in joules.items()
    ]
    show(
        "Tweets: macro-F1 per joule that 1,000 messages cost (XLM-T: that of a model of its size)",
        pd.DataFrame(costs_table),
    )
    best = max(float(means[side]) for side in sides if side.startswith("linear"))
    return {
        "by_language": table.rename_axis("language").reset_index().to_dict("records"),
        "costs": costs_table,
        "learning": {side: cost for side, (_, cost) in sides.items()},
        "targets": [
            target("UMSAB: mean macro-F1 of the better small model", best, at_least=60),
            target("UMSAB: the same, XLM-T's published predictions", float(means["XLM-T"])),
        ],
    }


def by_language(
    learn: pd.DataFrame, judge: pd.DataFrame, run: Callable[[pd.DataFrame, pd.DataFrame], Said]
) -> tuple[np.ndarray, dict[str, float]]:
    """Learn from every language alone; return the labels said in the order of the rows, and the costs of all."""
    said = np.empty(len(judge), object)
    spent = []
    for language, rows in judge.groupby("language"):
        said[rows.index], cost, _ = run(learn[learn["language"] == language], rows)
        spent.append(cost | {"messages": len(rows)})
    table = pd.DataFrame(spent)
    return said, {
        "learning_seconds": float(table["learning_seconds"].sum()),
        "learning_joules": float(table["learning_joules"].sum()),
        "joules_per_1000": float(np.average(table["joules_per_1000"], weights=table["messages"])),
    }


def f1_by_language(judge: pd.DataFrame, said: np.ndarray) -> pd.Series:
    """Return the macro-F1 in points of every language."""
    return pd.Series(
        {language: macro_f1(rows["label"], said[rows.index]) for language, rows in judge.groupby("language")}
    )


def joules_of(large: dict[str, Any] | None) -> float | None:
    """Return what a model of XLM-T's size took for 1,000 messages in the speed section, None where it did not run."""
    sides = {side["side"]: side["joules_per_1000_cpu"] for side in (large or {}).get("sides", [])}
    return sides.get("transformer")


def shipped(reviews_file: Path, umsab_file: Path) -> dict[str, Any]:
    """Judge the model that comes with the workbench on held-out rows, by source and language."""
    sys.path.insert(0, str(ROOT / "training"))
    shipped_sentiment = import_module("shipped_sentiment")
    if reviews_file.parent != umsab_file.parent:
        raise SystemExit("the shipped model's rows are read from one folder: give both files from the same")
    rows = shipped_sentiment.read(reviews_file.parent)
    model = fit(rows, model="shipped")
    held_out = rows[(rows["split"] == "test") & rows["language"].isin(model.languages)].reset_index(drop=True)
    table, cost = metered(lambda: shipped_sentiment.measure(model, held_out))
    judged = table[table["metric"].isin(["macro_f1", "accuracy_polar"])]
    wide = judged.pivot(index=["language", "source", "f1_baseline"], columns="metric", values=["value", "low", "high"])
    wide.columns = [f"{metric} {what}".removesuffix(" value") for what, metric in wide.columns]
    show("The shipped model on held-out rows, by language and source", wide.sort_index(axis=1).reset_index())
    return {
        "by_source": table.to_dict("records"),
        "languages": model.languages,
        "seconds": cost["seconds"],
        "targets": [],
    }


def speed(file: Path, *, quick: bool) -> dict[str, Any]:
    """Measure messages per second and energy."""
    import sentiment_speed

    return sentiment_speed.speed(file, messages=40 if quick else 300, rounds=2 if quick else 5)


if __name__ == "__main__":
    main()
