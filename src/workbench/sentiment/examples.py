"""Examples to read: a few messages of each kind, short, and without what is personal.

In: scored messages, their texts.   Out: a frame for a page.
"""

from collections.abc import Iterable, Sequence

import pandas as pd
import regex

from workbench.errors import InputError
from workbench.personal import KINDS, mask
from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.quality import column

_LONGEST, _FEWEST_WORDS = 200, 3
# Drawn from among so many, lest a page is all of one phrase.
_CLEAREST = 50
# Names are told from ordinary words by how texts write them: so many texts are enough to tell.
_READ = 5_000
# A second look that trusts no pattern of the first: streets, postcodes, spelt-out addresses, long numbers.
_SUSPICIOUS = regex.compile(
    r"\p{Nd}{5}|\p{Nd}(?:\W{0,6}\p{Nd}){5}|@|://|www\.|\bat\b.{1,30}\bdot\b"
    r"|(?:stra(?:ß|ss)e|str\.|\bstreet|\broad|\bavenue|\brue|\brua|\bcalle|\bvia)\b.{0,30}\p{Nd}"
    r"|\p{Nd}+,? (?:\p{L}+ ){0,3}(?:street|road|avenue|rue|lane)\b",
    regex.IGNORECASE,
)
_SHOWN_INSTEAD = regex.compile("|".join(map(regex.escape, KINDS.values())))
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]{2}|[\p{L}\p{M}]+")
# Marks heaped on one letter, what turns the direction of a page around, and what has no place on it.
_UNPRINTABLE = regex.compile(r"(?<=\p{M}{8})\p{M}+|[\u202a-\u202e\u2066-\u2069]|[^\P{Cc}\s]|\ufffe|\uffff")


def examples(
    scored: pd.DataFrame,
    texts: pd.Series,
    *,
    countries: Sequence[str] = (),
    names: Iterable[str] = (),
    per_kind: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a few messages of each kind to read: shown_as, sentiment, confidence, channel, language, text.

    `scored` is `Sentiment.messages`, `texts` has the text of each of its rows. The kinds are the clearest negative and
    the clearest positive, those of which the model is least sure, and those whose rating says the opposite: at most
    `per_kind` of each, drawn (by `seed`) from the fifty that are most so. Texts are masked (`personal.mask` with
    `countries` and `names`) and cut after 200 characters, between words. Twins are left out, texts of fewer than three
    words (six characters in scripts without spaces), and what may be personal even so. An InputError says that the two
    do not fit, or names a missing column.

    >>> scored = pd.DataFrame({"sentiment": ["negative"], "confidence": [0.97], "text_hash": [1]})
    >>> examples(scored, pd.Series(["Nobody calls 0171 3920056 back"]), countries=["DE"])["text"].tolist()
    ['Nobody calls [phone] back']
    """
    if len(scored) != len(texts):
        raise InputError(f"examples: {len(scored):,} scored messages and {len(texts):,} texts; each needs its text")
    for name in _NEEDED:
        column(scored, name)
    rows = scored.reindex(columns=[*_NEEDED, "channel", "language", "rating"])
    rows = rows.assign(text=texts.to_numpy()).dropna(subset=["sentiment", "text"])
    rows = rows.drop_duplicates("text_hash").sample(frac=1, random_state=seed, ignore_index=True)
    kinds = _kinds(rows)
    wanted = [place for found in kinds.values() for place in found.index]
    read = rows.loc[list(dict.fromkeys([*wanted, *rows.index[:_READ]])), "text"]
    shown = mask(read, countries=countries, names=names).loc[wanted].map(_fit)
    rows["text"] = shown[~shown.index.duplicated()].where(lambda text: text != "")
    listed, used = [], set[int]()
    for kind, found in kinds.items():
        fit = [place for place in sorted(found.index) if place not in used and pd.notna(rows["text"][place])][:per_kind]
        used |= set(fit)
        listed.append(rows.loc[fit].assign(shown_as=kind).sort_values("confidence", ascending=kind == _UNSURE))
    return pd.concat(listed, ignore_index=True)[_SHOWN]


_NEEDED = ["sentiment", "confidence", "text_hash"]
_UNSURE = "least sure"
_SHOWN = ["shown_as", "sentiment", "confidence", "channel", "language", "text"]


def _kinds(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the messages of each kind that are most so."""
    negative, positive = rows["sentiment"] == LABELS[0], rows["sentiment"] == LABELS[2]
    rated = from_ratings(pd.to_numeric(rows["rating"]).astype("float64"))
    opposite = (negative & (rated == LABELS[2])) | (positive & (rated == LABELS[0]))
    return {
        "most negative": rows[negative].nlargest(_CLEAREST, "confidence"),
        "most positive": rows[positive].nlargest(_CLEAREST, "confidence"),
        _UNSURE: rows.nsmallest(_CLEAREST, "confidence"),
        "unlike its rating": rows[opposite].nlargest(_CLEAREST, "confidence"),
    }


def _fit(masked: str) -> str:
    """Return what may be shown of a masked text; an empty one says that nothing may."""
    plain = _SHOWN_INSTEAD.sub(" ", masked)
    if _SUSPICIOUS.search(plain) or len(_WORD.findall(plain)) < _FEWEST_WORDS:
        return ""
    return _cut(" ".join(_UNPRINTABLE.sub("", masked).split()))


def _cut(text: str) -> str:
    """Cut a text between words after 200 characters as people see them, each with all of its combining marks.

    >>> _cut("a bad day " * 30)[-15:]
    'day a bad day …'
    """
    seen = regex.match(rf"\X{{1,{_LONGEST}}}+", text)
    if seen is None or seen.end() == len(text):
        return text
    kept = str(seen[0])
    whole, _, _ = kept.rpartition(" ")
    return (whole if len(whole) > len(kept) / 2 else kept).rstrip() + " …"
