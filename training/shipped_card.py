"""The card of the shipped sentiment model: what it learnt from, how good it is, and what it is not for.

In: the model's file, the rows it learnt from, its figures.   Out: a page of Markdown.
"""

import hashlib
from dataclasses import dataclass

import pandas as pd

from workbench.ledger import Footprint
from workbench.sentiment.linear import LinearModel

NAMES = {
    "ace": "Acehnese", "ar": "Arabic", "ban": "Balinese", "bbc": "Toba Batak", "bjn": "Banjarese", "bug": "Buginese",
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi-Latn": "Hindi in Latin letters",
    "id": "Indonesian", "it": "Italian", "jv": "Javanese", "ko": "Korean", "mad": "Madurese", "min": "Minangkabau",
    "nij": "Ngaju", "pt": "Portuguese", "su": "Sundanese",
}  # fmt: skip
SOURCES = {
    "nsmc_raw": ("NSMC: Korean film ratings", "https://github.com/e9t/nsmc"),
    "nusax": ("NusaX: one text in twelve languages", "https://github.com/IndoNLP/nusax"),
    "smsa": ("SmSA of IndoNLU: Indonesian comments", "https://github.com/IndoNLP/indonlu"),
    "umsab": ("UMSAB: tweets in eight languages", "https://github.com/cardiffnlp/xlm-t"),
}
_PAGE = """# The shipped model of sentiment

Written by `training/shipped_sentiment.py`; do not edit. A linear model of word and character n-grams, hashed, for
markets with too few ratings of their own. It says negative, neutral or positive. A model trained on a market's own
ratings is nearly always better: the workbench chooses it where it is.

| | |
|---|---|
| file | `src/workbench/sentiment/shipped.npz`, {bytes:,} bytes, arrays only, no pickle |
| sha256 | `{sha256}` |
| fingerprint | `{fingerprint}` |
| languages | {languages} |
| learnt from | {examples:,} messages ({by_label}) |
| recipe | {recipe} |
| learning | cost {cost:g}; in cross-validation log-loss {log_loss:.3f}, accuracy {accuracy:.3f} |
| training took | {took} |

## What it learnt from
Only rows under these licences; the {refused:,} rows under other ones ({refusals}) were refused.

{sources}

At most {most:,} messages of a language, drawn by lot, so that Korean and Indonesian do not drown the others; classes
weigh the same within each source and language. Texts that stand in any test split, in any language, were left out, as
were texts that stand there with two labels. The file holds a weight for each bin of a hash, no text and no n-gram: a
tweet cannot be read back from it.

## How good it is
On messages held out: the published test splits of NusaX, SmSA and UMSAB, and a fifth of NSMC by lot (seed 0, by label).
In brackets 95 % intervals; beside each figure that of always guessing the most frequent class. A language is claimed
where the interval of macro-F1 lies at least {margin:.2f} above it in a set of this language.

{held_out}

Calibration error is the mean distance of confidence and accuracy in bins of equal size.{not_claimed}

## How good it is elsewhere
Reviews that were refused above, for measuring only: other shops, other domains, negative against positive (neutral
left out, the likelier of the two poles counts). This is what to expect of a market that is unlike tweets, films and
Indonesian comments. The mean of both recalls is 0.5 for a guess and for always saying the same, whatever the shares:
**{weakest}.**

{elsewhere}

## What it is not for
* Decisions about a person, or about a single message: above it is wrong in {best:.0%} to {worst:.0%} of cases.
* Languages not named above. Hindi in its own script is not among them: all Hindi it has seen is in Latin letters.
* Long reviews, irony, several opinions in one message; another domain than above without measuring it on 100 messages.
* Comparing languages: its errors differ between them, and so does its notion of neutral.
* Indonesian regional languages beyond texts like NusaX's, all of which were translated from the same Indonesian ones.

## Labels and their noise
NSMC's are film ratings (1 to 4 negative, 5 to 8 neutral, 9 and 10 positive, as in the file given), UMSAB's come from
eight shared tasks with eight notions of neutral; two in five of its labels are missed by small models, and three in ten
by the best large ones. What authors of tweets and of Korean film ratings took for granted about people, the model has
learnt as well: nobody has checked it for fairness towards groups.

## To train it again
```
python training/shipped_sentiment.py {data}
```
writes the same bytes on the same machine with the versions of `requirements.lock`, and this page.
"""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """Everything the card tells: the model and its file, rows learnt from and refused, figures, what training took."""

    model: LinearModel
    file: bytes
    learnt: pd.DataFrame
    refused: pd.Series
    licences: dict[str, str]
    held_out: pd.DataFrame
    elsewhere: pd.DataFrame
    footprint: Footprint
    most: int
    margin: float
    data: str


def page(trained: Trained) -> str:
    """Return the card."""
    model = trained.model
    missed = sorted(set(trained.held_out["language"]) - set(model.languages))
    return _PAGE.format(
        bytes=len(trained.file),
        sha256=hashlib.sha256(trained.file).hexdigest(),
        fingerprint=model.fingerprint,
        languages=", ".join(f"{code} ({NAMES[code]})" for code in model.languages),
        examples=len(trained.learnt),
        by_label=", ".join(f"{label} {number:,}" for label, number in model.trained_on.items()),
        recipe=_recipe(model),
        **{name: model.settings[name] for name in ("cost", "log_loss", "accuracy")},
        took=_took(trained.footprint),
        refused=trained.refused.sum(),
        refusals="; ".join(f"{licence}: {number:,}" for licence, number in trained.refused.items()),
        sources=_sources(trained),
        most=trained.most,
        margin=trained.margin,
        held_out=_held_out(trained.held_out),
        best=1 - _accuracies(trained.held_out).max(),
        worst=1 - _accuracies(trained.held_out).min(),
        elsewhere=_elsewhere(trained.elsewhere),
        weakest=_weakest(trained.elsewhere),
        not_claimed=f" Learnt from but not claimed: {', '.join(missed)}." if missed else "",
        data=trained.data,
    )


def _recipe(model: LinearModel) -> str:
    recipe, families = model.recipe, []
    for name, family in (("with", model.recipe.spaced), ("without", model.recipe.unspaced)):
        words = f"words {family.words[0]} to {family.words[1]}, " if family.words[1] else ""
        families.append(f"scripts {name} spaces: {words}characters {family.characters[0]} to {family.characters[1]}")
    bins = f"{2**recipe.word_bits:,} bins for words, {2**recipe.character_bits:,} for characters"
    ratios = ", log-count ratios (NB-SVM)" if recipe.ratios else ""
    return f"{'; '.join(families)}; {bins}; {recipe.weighting}{ratios}; weights of 8 bits"


def _took(footprint: Footprint) -> str:
    meters = {"codecarbon": footprint.kwh_codecarbon, "processor time": footprint.kwh_cpu}
    energy = " and ".join(f"{1000 * kwh:.2f} Wh ({name})" for name, kwh in meters.items() if kwh is not None)
    cpu = "not measured" if footprint.cpu_seconds is None else f"{footprint.cpu_seconds:.0f} s of processor time"
    return f"{cpu}, {energy or 'energy not measured'}"


def _sources(trained: Trained) -> str:
    lines = ["| source | licence | languages | messages |", "|---|---|---|---|"]
    for source, rows in trained.learnt.groupby("source"):
        title, link = SOURCES[str(source)]
        licence, languages = trained.licences[rows["licence"].iloc[0]], ", ".join(sorted(rows["language"].unique()))
        lines.append(f"| [{title}]({link}) | {licence} | {languages} | {len(rows):,} |")
    return "\n".join(lines)


def _held_out(figures: pd.DataFrame) -> str:
    lines = [
        "| language | set | messages | accuracy | most frequent | macro-F1 | most frequent | calibration error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (language, source), rows in figures.groupby(["language", "source"]):
        of = rows.set_index("metric")
        lines.append(
            f"| {language} | {source} | {of['messages']['accuracy']:,} | {_figure(of, 'accuracy')} "
            f"| {of['value']['accuracy_baseline']:.3f} | {_figure(of, 'macro_f1')} | {of['f1_baseline'].iloc[0]:.3f} "
            f"| {_figure(of, 'calibration_error')} |"
        )
    return "\n".join(lines)


def _elsewhere(figures: pd.DataFrame) -> str:
    lines = [
        "| language | reviews | messages | accuracy | most frequent | mean of both recalls |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures.to_dict("records"):
        accuracy, balanced = (
            f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
            for name in ("accuracy", "balanced")
        )
        lines.append(
            f"| {row['language']} | {row['source']} | {row['messages']:,.0f} | {accuracy} | {row['baseline']:.3f} "
            f"| {balanced} |"
        )
    return "\n".join(lines)


def _accuracies(figures: pd.DataFrame) -> pd.Series:
    return figures[figures["metric"] == "accuracy"]["value"]


def _weakest(figures: pd.DataFrame) -> str:
    guessed = figures[figures["balanced_low"] <= 0.5]
    if len(guessed):
        return f"no better than a guess in {', '.join(guessed['language'] + ' (' + guessed['source'] + ')')}"
    row = figures.loc[figures["balanced"].idxmin()]
    return f"better than a guess everywhere, weakest in {row['language']} ({row['source']}) with {row['balanced']:.2f}"


def _figure(of: pd.DataFrame, metric: str) -> str:
    value, low, high = of.loc[metric, ["value", "low", "high"]]
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
