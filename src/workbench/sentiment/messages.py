"""Which messages of a market can be scored and learnt from, and in what state are they?

In: the table of messages, the market's languages.   Out: `Messages`: clean rows and how many there are of each kind.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.languages import UNSPACED_SCRIPTS, codes, decide, letters, main_script, mixed

REQUIRED = ("message_id", "sent_at", "channel", "text")
OPTIONAL = ("customer_id", "language", "rating", "label", "product_id", "campaign_id")
VERY_SHORT_WORDS, VERY_SHORT_CHARACTERS = 3, 5
VERY_LONG_CHARACTERS = 5_000

# Only the elements of HTML are taken for tags: customers also write '<3' and 'a < b > c'.
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|big|blockquote|body|br|button|center|code|div|em|font|footer|form|h[1-6]|head|header|hr|"
    r"html|i|img|input|label|li|link|main|meta|nav|ol|p|pre|s|script|section|small|span|strike|strong|style|sub|sup|"
    r"table|tbody|td|tfoot|th|thead|title|tr|u|ul)(?:\s[^<>=]{0,200}=[^<>]{0,2000}|\s*/)?\s{0,9}>|<!--|-->|<!doctype[^<>]{0,500}>",
    re.IGNORECASE,
)
_HIDDEN = {"<script": "</script", "<style": "</style", "<!--": "-->"}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Marks that show nothing; the joiners of emoji, of Persian and of Indian scripts stay.
_INVISIBLE = re.compile("[\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_EMOJI = re.compile("[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u203c\u2049]")


@dataclass(frozen=True, eq=False, kw_only=True)
class Messages:
    """Messages that say something, and how many there are of each kind.

    `rows`: message_id, sent_at, channel, text (clean), language and language_source (stated, identified, corrected,
    not known), customer_id, rating, product_id, campaign_id where there, label (one of `LABELS` or missing),
    text_hash (uint64, the same for texts that differ in case and white space only). `counts`: what, messages, share
    (of all messages, empty ones included; missing where there is nothing to count).
    """

    rows: pd.DataFrame
    counts: pd.DataFrame


def gather(messages: ibis.Table | pd.DataFrame, *, languages: Sequence[str] = ()) -> Messages:
    """Read messages as the data contract has them: texts cleaned, languages decided, ratings made labels.

    `languages` are the market's, main first. A label of the CRM's own goes before a rating. An InputError names columns
    that are missing, labels that are none, or says that there is no message, or none with a text.

    >>> told = pd.DataFrame({"message_id": ["1", "2"], "sent_at": pd.Timestamp("2026-05-01"), "channel": "review",
    ...                      "text": ["Die Lieferung war leider <b>viel zu sp&auml;t</b>", " "], "rating": [1, None]})
    >>> found = gather(told, languages=["de"])
    >>> found.rows[["text", "language", "language_source", "label"]].values.tolist()
    [['Die Lieferung war leider viel zu spät', 'de', 'identified', 'negative']]
    >>> found.counts.set_index("what")["messages"][["all", "empty", "with HTML"]].tolist()
    [2, 1, 1]
    """
    found = _frame(messages)
    if not len(found):
        raise InputError("messages: none in this market and period; there is nothing to score or to learn from")
    raw = [text if isinstance(text, str) else "" for text in found["text"]]
    texts = clean(raw)
    there = np.array([bool(text.strip()) for text in texts])
    if not there.any():
        raise InputError(f"messages: all {len(found):,} in this market and period are empty; there is nothing to score")
    rows = found.drop(columns="text")[there].reset_index(drop=True)
    kept = [text for text in texts if text.strip()]
    rows.insert(list(found).index("text"), "text", pd.Series(kept, dtype="str"))
    stated = _stated(rows, languages)
    rows[["language", "language_source"]] = decide(kept, stated, among=languages)
    rows["label"] = _labels(rows)
    rows["text_hash"] = text_hash(kept)
    written = [text for text, said in zip(raw, there, strict=True) if said]
    kinds = {**_kinds_of_rows(rows, stated, languages), **_kinds_of_texts(kept, written, languages)}
    return Messages(rows=rows, counts=_counts(kinds, everything=len(found)))


def split(rows: pd.DataFrame, *, share: float = 0.25) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split labelled messages by time: what to learn from, and the newest `share` of them to be judged on.

    Messages of the same time are taken by the hash of their texts, as if by lot but the same in every run. Texts that
    stand in the first part are left out of the second. Few messages, or of one label only, are split all the same:
    whether they are enough is for those to say who use them.

    >>> rows = pd.DataFrame({"message_id": list("abcd"), "sent_at": pd.date_range("2026-01-01", periods=4),
    ...                      "label": ["positive", "negative", None, "positive"], "text_hash": [1, 2, 3, 4]})
    >>> [part["message_id"].tolist() for part in split(rows)]
    [['a', 'b'], ['d']]
    """
    labelled = rows[rows["label"].notna()].sort_values(["sent_at", "text_hash", "message_id"], ignore_index=True)
    learnt = max(int(len(labelled) * (1 - share)), min(len(labelled), 1))
    train, held_out = labelled.iloc[:learnt], labelled.iloc[learnt:]
    twins = held_out["text_hash"].isin(train["text_hash"])
    return train, held_out[~twins].reset_index(drop=True)


def clean(texts: Sequence[str]) -> list[str]:
    """Return texts without HTML, null bytes, control characters, halves of characters and marks that show nothing.

    >>> clean(["<p>Tom &amp; Jerry</p>", "I <3 it\\x00", "a < b > c"])
    ['Tom & Jerry', 'I <3 it', 'a < b > c']
    """
    return [_clean(text) for text in texts]


def text_hash(texts: Sequence[str]) -> np.ndarray:
    """Return a number of 64 bits for every text; texts that differ in case, white space and coding only share it.

    >>> first, second = text_hash(["Sehr  GUT\\n", "sehr gut"])
    >>> bool(first == second)
    True
    """
    folded = [" ".join(unicodedata.normalize("NFC", text.casefold()).split()) for text in texts]
    return np.asarray(pd.util.hash_array(np.array(folded, dtype=object), categorize=False))


def _frame(messages: ibis.Table | pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the contract, with an index of positions."""
    missing = [name for name in REQUIRED if name not in messages.columns]
    if missing:
        raise InputError(f"messages: no column {', '.join(missing)}; needed are {', '.join(REQUIRED)}")
    wanted = [name for name in (*REQUIRED, *OPTIONAL) if name in messages.columns]
    chosen = messages[wanted]
    frame = chosen if isinstance(chosen, pd.DataFrame) else chosen.to_pyarrow().to_pandas()
    return frame.reset_index(drop=True)


def _clean(text: str) -> str:
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", _CONTROL.sub("", text))


def _without_tags(text: str) -> str:
    """Return a text without tags and without what scripts, styles and comments hold, in one pass over its tags."""
    shown, start, until = [], 0, ""
    for tag in _TAG.finditer(text):
        name = tag[0].casefold()
        if not until:
            shown.append(text[start : tag.start()])
            until = next((end for begin, end in _HIDDEN.items() if name.startswith(begin)), "")
        elif name.startswith(until):
            until = ""
        start = tag.end()
    rest = "" if until else text[start:]
    return " ".join([*shown, rest]).strip() if start else text


def _stated(rows: pd.DataFrame, languages: Sequence[str]) -> pd.Series:
    """Return the languages of the CRM as codes, written as the market writes them."""
    if "language" not in rows:
        return pd.Series(np.nan, index=rows.index, dtype="str")
    return codes(rows["language"], spelt=languages)


def _labels(rows: pd.DataFrame) -> pd.Series:
    rated = pd.to_numeric(rows["rating"]) if "rating" in rows else pd.Series(np.nan, index=rows.index)
    if "label" not in rows:
        return from_ratings(rated)
    given = rows["label"].astype("str").str.strip()
    given = given.where(given != "")
    unknown = given.notna() & ~given.isin(LABELS)
    if unknown.any():
        raise InputError(f"messages.label: unknown value in {unknown.sum():,} rows; allowed: {', '.join(LABELS)}")
    return given.fillna(from_ratings(rated))


def _kinds_of_rows(rows: pd.DataFrame, stated: pd.Series, languages: Sequence[str]) -> dict[str, "pd.Series | None"]:
    source, language = rows["language_source"], rows["language"]
    return {
        "without customer": rows["customer_id"].isna() if "customer_id" in rows else None,
        "rated": rows["rating"].notna() if "rating" in rows else None,
        "labelled": rows["label"].notna(),
        "with the text of an earlier one": rows["text_hash"].duplicated(),
        "language missing": stated.isna(),
        "language identified": source == "identified",
        "language corrected": source == "corrected",
        "language not known": source == "not known",
        "in a language outside the market's": language.notna() & ~language.isin(languages) if languages else None,
    }


def _kinds_of_texts(texts: list[str], written: list[str], languages: Sequence[str]) -> dict[str, "pd.Series | None"]:
    """Return which texts are of which kind; `written` are the texts before they were cleaned."""
    script = main_script(letters(texts))
    length = pd.Series([len(text) for text in texts], dtype=int)
    words = pd.Series([len(text[:100].split()) for text in texts], dtype=int)
    few = (words < VERY_SHORT_WORDS) & ~script.isin(UNSPACED_SCRIPTS)
    return {
        "very short": few | (length < VERY_SHORT_CHARACTERS),
        "very long": length > VERY_LONG_CHARACTERS,
        "with emoji": _which(_EMOJI, texts),
        "in two languages or scripts": pd.Series(mixed(texts, among=languages)),
        "right to left": script.isin(["arabic", "hebrew"]),
        "with HTML": _which(_TAG, written) | _which(_ENTITY, written),
        "with control characters": _which(_CONTROL, written),
    }


def _which(pattern: re.Pattern[str], texts: list[str]) -> pd.Series:
    return pd.Series([bool(pattern.search(text)) for text in texts], dtype=bool)


def _counts(kinds: dict[str, "pd.Series | None"], *, everything: int) -> pd.DataFrame:
    scored = max((len(kind) for kind in kinds.values() if kind is not None), default=0)
    found: dict[str, float] = {"all": everything, "empty": everything - scored}
    found |= {what: np.nan if kind is None else int(kind.sum()) for what, kind in kinds.items()}
    counts = pd.DataFrame({"what": list(found), "messages": pd.array(list(found.values()), dtype="Int64")})
    return counts.assign(share=counts["messages"].astype(float) / everything)
