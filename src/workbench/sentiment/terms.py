"""What it is about: the terms that speak for and against, by the model's own exact contributions.

In: a linear model, messages.   Out: terms by group and direction.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import regex
from scipy.stats import t

from workbench.errors import InputError
from workbench.intervals import FEWEST
from workbench.personal import KINDS, mask
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import LinearModel, contributions, probabilities
from workbench.sentiment.ngrams import normalise
from workbench.sentiment.quality import column

_FEWEST = 5  # messages that have a term
# Log-odds. Less says nothing to a reader, but adds up where a word stands in every message.
_LEAST = 0.3
_SHOWN_INSTEAD = "|".join(map(regex.escape, KINDS.values()))
_COLUMNS = ["group", "term", "direction", "contribution", "messages", "share", "net", "low", "high"]
_FOLDED = frozenset({"http", "user", "@user"})
_SAYS_SOMETHING = regex.compile(r"\p{L}[\p{L}\p{M}]|\p{Han}|\p{Emoji_Presentation}|\p{So}")
# In Japanese, kanji or katakana and the hiragana behind them are read as one, but for a particle that closes them and
# the polite letter that opens the next.
_KANA = regex.compile(r"\p{Hiragana}")
_PARTICLES = "から|まで|ので|のに|けど|より|[はがをにでとものへや]"
_READ_AS_ONE = regex.compile(
    rf"([\p{{Han}}\p{{Katakana}}ー]+\p{{Hiragana}}*?|\p{{Hiragana}}{{2,}}?)(?:{_PARTICLES})?(?:[おご](?=\p{{Han}}))?(?![\p{{Hiragana}}ー])"
)


def terms(
    model: LinearModel,
    rows: pd.DataFrame,
    *,
    by: str | None = None,
    top: int = 10,
    countries: Sequence[str] = (),
    names: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the `top` terms that speak for, and against, of all messages and of each group of at least 30.

    Columns: group ('all', then the values of the column `by`, largest first), term, direction ('positive', 'negative'),
    contribution (mean log-odds of positive against negative that the term adds where it stands), messages, share (of
    the group), net (mean probability of positive less negative of these messages) with low and high (95 %, by t).
    Terms come by what they add in total; each stands in five messages or more, where it adds at least 0.3. Needs text
    and text_hash; twins count once in a group. Contributions are exact, of the texts without what is personal in them
    (`personal.mask` with `countries` and `names`), so that no name becomes a term. An InputError says that a model has
    no exact contributions, or names a missing column.
    """
    if not isinstance(model, LinearModel):
        raise InputError(
            f"terms: a {type(model).__name__} has no exact contributions; use the linear model beside it, and say so"
        )
    for name in ("text", "text_hash", *([by] if by else [])):
        column(rows, name)
    rows = rows.dropna(subset="text")
    texts = rows.drop_duplicates("text_hash")
    masked = mask(texts["text"], countries=countries, names=names).str.replace(_SHOWN_INSTEAD, " ", regex=True)
    probability = probabilities(model, masked.tolist())
    net = pd.Series(probability[:, 2] - probability[:, 0], index=pd.Index(texts["text_hash"]))
    added = _added(model, masked.tolist()).assign(text_hash=lambda found: texts["text_hash"].to_numpy()[found["row"]])
    frames = [_of_group("all", texts["text_hash"].to_numpy(), added, net, top=top)]
    if by:
        groups = rows.dropna(subset=[by]).groupby(rows[by].astype("str"), sort=False)["text_hash"].unique()
        large = groups[groups.map(len) >= FEWEST]
        order = large.map(len).sort_values(ascending=False, kind="stable").index
        frames += [_of_group(str(name), large[name], added, net, top=top) for name in order]
    return pd.concat(frames, ignore_index=True)


def _of_group(group: str, hashes: np.ndarray, added: pd.DataFrame, net: pd.Series, *, top: int) -> pd.DataFrame:
    """Return the terms of one group of messages."""
    own = added[added["text_hash"].isin(hashes)]
    own = own.assign(net=net.reindex(own["text_hash"]).to_numpy())
    found = own.groupby("term").agg(
        contribution=("contribution", "mean"), total=("contribution", "sum"), messages=("net", "size"),
        net=("net", "mean"), error=("net", "sem"),
    )  # fmt: skip
    found = found[(found["messages"] >= _FEWEST) & (found["contribution"].abs() >= _LEAST)].reset_index()
    half = t.ppf(0.975, found["messages"] - 1) * found["error"]
    found = found.assign(
        group=group,
        direction=np.where(found["total"] > 0, LABELS[2], LABELS[0]),
        share=found["messages"] / len(hashes),
        low=(found["net"] - half).clip(-1, 1),
        high=(found["net"] + half).clip(-1, 1),
    )
    found = found.sort_values("total", key=lambda total: -total.abs(), kind="stable")
    found = pd.concat([found[found["direction"] == direction].head(top) for direction in (LABELS[2], LABELS[0])])
    return pd.DataFrame(found, columns=_COLUMNS)


def _added(model: LinearModel, texts: list[str]) -> pd.DataFrame:
    """Return row, term and what the term adds to the text, once for each text that has it."""
    found = contributions(model, texts)
    plain = normalise(texts)
    japanese = np.array([bool(_KANA.search(text)) for text in plain], dtype=bool)
    within = japanese[found["row"]] if len(found) else np.zeros(0, dtype=bool)
    found = pd.concat([found[~within], _japanese(found[within], plain)], ignore_index=True)
    different = pd.Series(found["term"].unique(), dtype="str")
    kept = [term for term in different if term not in _FOLDED and _SAYS_SOMETHING.search(term)]
    return found[found["term"].isin(kept)].groupby(["row", "term"])["contribution"].sum().reset_index()


def _japanese(found: pd.DataFrame, plain: list[str]) -> pd.DataFrame:
    """Return the same contributions for what a reader takes as one word: each n-gram's is spread over its letters."""
    letters = {row: np.zeros(len(plain[row])) for row in found["row"].unique().tolist()}
    spans = found[["row", "start", "end", "contribution"]].itertuples(index=False, name=None)
    for row, start, end, contribution in spans:
        letters[row][start:end] += contribution / (end - start)
    told = [
        (row, read[1], added[slice(*read.span(1))].sum())
        for row, added in letters.items()
        for read in _READ_AS_ONE.finditer(plain[row])
    ]
    types = {"row": "int64", "term": "str", "contribution": "float64"}
    return pd.DataFrame(told, columns=list(types)).astype(types)
