"""Which language and script is a message in, and may the stated language be believed?

In: texts, the languages stated for them and those to be expected.   Out: languages with a confidence, or 'not known'.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from lingua import LanguageDetector

# What customers write to companies in most; languages that are alone in their script cost the detector nothing.
COMMON = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "gu", "he", "hi", "hu", "id", "it",
    "ja", "ko", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sv", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
# What stands in for a missing code, some of it by ISO 639 itself.
_NO_LANGUAGE = ("und", "mis", "mul", "zxx", "nan", "nil", "n/a")
_NORWEGIAN = {"nb": "no", "nn": "no"}
_SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "latin": ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF5A)),
    "cyrillic": ((0x400, 0x52F),),
    "greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "arabic": ((0x620, 0x64A), (0x66E, 0x6D3), (0x750, 0x77F), (0xFB50, 0xFDFB), (0xFE70, 0xFEFC)),
    "hebrew": ((0x5D0, 0x5EA),),
    "devanagari": ((0x900, 0x97F),),
    "indic": ((0x980, 0xDFF),),
    "thai": ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17D2)),
    "hangul": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xAC00, 0xD7A3)),
    "kana": ((0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    "han": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F)),
    "other": ((0x530, 0x58F), (0x10A0, 0x10FF), (0x1200, 0x139F), (0x2D00, 0x2DDF)),
}
_DENSE = ("han", "kana", "thai", "hangul")
UNSPACED_SCRIPTS = ("han", "kana", "thai")
# More of a text than this tells no more about its language: on reviews in 20 languages the accuracy stays the same.
_READ = {"quick": 100, "thorough": 200}
_NOISE = re.compile(r"https?:?\S*|www\.\S+|\S+@\S+|[@#]\w+|\d+")
# Expected languages are ten times as likely before the text is read.
_PRIOR = 10.0
_KNOWN = 0.5
# Where both kinds of n-grams agree with these confidences, nearly every text whose stated language they contradicted
# was in the other one: of 9,000 reviews and tweets in 20 languages, one in 1,000 was not.
_SURE = {"quick": 0.99, "thorough": 0.6}
# Letters from which a text can speak against what is stated: of alphabets, and of scripts that say more with each.
_JUDGED, _JUDGED_DENSE = 20, 8
_MINOR_SHARE, _MINOR_LETTERS = 0.2, 8
_SENTENCE = re.compile(r"(?<=[.!?…。！？।])\s+|\n+|(?<=[。！？])")
_MOST_PARTS = 6


def family(language: str) -> Literal["spaced", "unspaced"]:
    """Return whether a language is written with spaces between its words.

    >>> family("de"), family("ja"), family("ko")
    ('spaced', 'unspaced', 'spaced')
    """
    return "unspaced" if language.split("-")[0] in UNSPACED else "spaced"


def codes(stated: pd.Series, *, spelt: Sequence[str] = ()) -> pd.Series:
    """Return the short ISO 639 code of languages stated as codes, locales or English names; missing where none fits.

    Both written forms of Norwegian are `no`; regions are left out. Languages `spelt` in another way keep it.

    >>> codes(pd.Series(["de", "pt-BR", "EN_us", "German", "deu", "iw", "nb", "??", None])).tolist()
    ['de', 'pt', 'en', 'de', 'de', 'he', 'no', nan, nan]
    """
    written = stated.astype("str").str.strip().str.casefold()
    kept = {_code(code.casefold()): code for code in spelt}
    found = {value: kept.get(_code(value), _code(value)) for value in written.dropna().unique()}
    return written.map(found).astype("str")


def letters(texts: Sequence[str]) -> pd.DataFrame:
    """Return the number of letters of each script in the first 1,000 characters of each text: a column per script.

    >>> letters(["Größe 42", "गुड good"])[["latin", "devanagari"]].values.tolist()
    [[5, 0], [4, 3]]
    """
    cut = [text[:1000] for text in texts]
    points = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    rows = np.repeat(np.arange(len(cut)), [len(text) for text in cut])
    cells = rows * (len(_SCRIPTS) + 1) + _script_of()[points]
    counts = np.bincount(cells, minlength=len(cut) * (len(_SCRIPTS) + 1)).reshape(len(cut), len(_SCRIPTS) + 1)
    return pd.DataFrame(counts[:, 1:], columns=list(_SCRIPTS))


def main_script(counts: pd.DataFrame) -> pd.Series:
    """Return the script of most letters of each text, from `letters`; missing without letters."""
    return counts.idxmax(axis=1).where(counts.sum(axis=1) > 0)


def identify(texts: Sequence[str], *, among: Sequence[str] = ()) -> pd.DataFrame:
    """Return `language` (ISO 639-1, or missing: not known) and `confidence` (0 to 1) of each text.

    Lingua's n-gram models of 1 to 5 letters read the first 200 letters, without links, names and digits; languages
    `among` are added to the common ones and expected: ten times as likely before the text is read. Languages that
    Lingua does not know, and Indian languages in Latin letters, are not found. Below a confidence of 0.5, the language
    is missing; the confidence is then that of the likeliest one, and 0 without letters.

    >>> identify(["Das Paket kam leider viel zu spät an", "42"], among=["de"])["language"].tolist()
    ['de', nan]
    """
    found = _likeliest(texts, among, mode="thorough")
    return found.assign(language=found["language"].where(found["confidence"] >= _KNOWN))


def decide(texts: Sequence[str], stated: pd.Series, *, among: Sequence[str] = ()) -> pd.DataFrame:
    """Return `language` and `language_source` of each text: stated, identified, corrected or 'not known'.

    `stated` are `codes`, in the order of the texts. A stated language gives way only to another one that Lingua's quick
    and its thorough models agree on (99 and 60 % sure) from 20 letters or more, 8 of scripts that say more with each,
    and only where it is one that could have been identified.

    >>> decide(["The parcel never arrived and nobody answers", "ok"], pd.Series(["fr", "fr"])).values.tolist()
    [['en', 'corrected'], ['fr', 'stated']]
    """
    given = stated.reset_index(drop=True)
    missing = given.isna()
    # The quick models disagree with one correct language in ten; only these texts are read thoroughly.
    long = _long_enough(texts) & given.isin(_identifiable()).to_numpy()
    suspects = _where(texts, long & ~missing.to_numpy())
    others = (*COMMON, *given[given.isin(_identifiable())].unique())
    quick = _likeliest(list(suspects), among, mode="quick", others=others).set_axis(suspects.index)
    quick = quick[(quick["confidence"] >= _SURE["quick"]) & (quick["language"] != given[quick.index])]
    sure = _likeliest(list(suspects[quick.index]), among, mode="thorough", others=others).set_axis(quick.index)
    sure = sure[(sure["confidence"] >= _SURE["thorough"]) & (sure["language"] == quick["language"])]
    unstated = _where(texts, missing.to_numpy())
    found = identify(list(unstated), among=among).set_axis(unstated.index)["language"].dropna()
    source = pd.Series("stated", index=given.index, dtype="str").mask(missing, "not known")
    source[found.index], source[sure.index] = "identified", "corrected"
    language = given.copy()
    language[found.index], language[sure.index] = found, sure["language"]
    return pd.DataFrame({"language": language.astype("str"), "language_source": source})


def mixed(texts: Sequence[str], *, among: Sequence[str] = ()) -> np.ndarray:
    """Return whether each text is in two scripts, or has sentences in two of the languages `among` and English.

    A second script counts from a fifth of the letters and 8 of them. Languages that change within a sentence of one
    script are not seen.

    >>> told = "Die Lieferung war pünktlich da. But nobody ever answers my letters!"
    >>> mixed(["Very good बहुत अच्छा लगा मुझे", told, "Na gut."], among=["de"])
    array([ True,  True, False])
    """
    counts = letters(texts)
    japanese = counts["kana"] > 0
    counts["kana"] += counts["han"].where(japanese, 0)
    counts["han"] = counts["han"].mask(japanese, 0)
    second = np.sort(counts.to_numpy(), axis=1)[:, -2]
    scripts = (second >= _MINOR_LETTERS) & (second >= _MINOR_SHARE * counts.sum(axis=1).to_numpy())
    return np.asarray(scripts | _switches(texts, among))


def _switches(texts: Sequence[str], among: Sequence[str]) -> np.ndarray:
    """Return whether two sentences of a text are surely in different languages of those `among` and English."""
    expected = sorted(set(among) & _identifiable() | {"en"})
    parts = pd.Series([_parts(text) for text in texts], dtype=object).explode().dropna()
    parts = parts[parts.index.duplicated(keep=False)].astype(object)
    parts = parts[_long_enough(list(parts))]
    if len(expected) < 2 or not len(parts):
        return np.zeros(len(texts), dtype=bool)
    stages: tuple[tuple[Literal["quick", "thorough"], tuple[str, ...]], ...] = (("quick", ()), ("thorough", COMMON))
    for mode, others in stages:
        found = _likeliest(list(parts), expected, mode=mode, others=others).set_axis(parts.index)
        found = found[(found["confidence"] >= _SURE[mode]) & found["language"].isin(expected)]
        several = found.groupby(level=0)["language"].nunique()
        parts = parts[parts.index.isin(several.index[several > 1])]
    return np.isin(np.arange(len(texts)), parts.index)


def _parts(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text[:1000]) if part and not part.isspace()][:_MOST_PARTS]


def _where(texts: Sequence[str], chosen: np.ndarray) -> pd.Series:
    """Return the chosen texts by their position."""
    places = np.flatnonzero(chosen)
    return pd.Series([texts[int(place)] for place in places], index=places, dtype=object)


def _long_enough(texts: Sequence[str]) -> np.ndarray:
    counts = letters(texts)
    dense = counts[list(_DENSE)].sum(axis=1)
    return np.asarray((counts.sum(axis=1) >= _JUDGED) | (dense >= _JUDGED_DENSE))


def _likeliest(
    texts: Sequence[str],
    among: Sequence[str],
    *,
    mode: Literal["quick", "thorough"],
    others: Sequence[str] = COMMON,
) -> pd.DataFrame:
    """Return the likeliest language of each text, however unlikely, and its confidence; missing without letters."""
    expected = set(among) & _identifiable()
    read = _READ[mode]
    readable = [_NOISE.sub(" ", text[: 3 * read])[:read] for text in texts]
    unique, place = np.unique(np.array(readable, dtype=object), return_inverse=True)
    detector = _detector(tuple(sorted(expected | set(others))), mode)
    heard = detector.compute_language_confidence_values_in_parallel(list(unique)) if len(unique) else []
    best = [_best({_name(v.language): v.value for v in values[:5]}, expected) for values in heard]
    found = pd.DataFrame(best, columns=["language", "confidence"]).astype({"language": "str", "confidence": float})
    return found.iloc[place].reset_index(drop=True)


def _best(likely: dict[str, float], expected: set[str]) -> tuple[str | None, float]:
    weighed = {code: value * (_PRIOR if code in expected else 1.0) for code, value in likely.items()}
    total = sum(weighed.values())
    if not total:
        return None, 0.0
    code = max(weighed, key=weighed.__getitem__)
    return code, weighed[code] / total


@lru_cache(maxsize=8)
def _detector(languages: tuple[str, ...], mode: str) -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    known = [getattr(IsoCode639_1, {"no": "nb"}.get(code, code).upper()) for code in languages]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*known)
    return (builder.with_low_accuracy_mode() if mode == "quick" else builder).build()


@lru_cache(maxsize=1)
def _identifiable() -> frozenset[str]:
    from lingua import Language

    return frozenset(_name(language) for language in Language.all())


@lru_cache(maxsize=128)
def _name(language: object) -> str:
    code = str(language.iso_code_639_1.name).lower()  # type: ignore[attr-defined]
    return _NORWEGIAN.get(code, code)


@lru_cache(maxsize=1_000)
def _code(written: str) -> str | None:
    from babel import Locale
    from babel.core import get_global

    names = {name.casefold(): code for code, name in Locale("en").languages.items()}
    code = re.split(r"[-_]", names.get(written, written))[0]
    code = _NORWEGIAN.get(code) or get_global("language_aliases").get(code, code)
    is_code = code in names.values() or re.fullmatch("[a-z]{3}", code)
    return code if is_code and code not in _NO_LANGUAGE else None


@lru_cache(maxsize=1)
def _script_of() -> np.ndarray:
    """Return the number of the script of every code point: 0 for none."""
    numbers = np.zeros(0x110000, dtype=np.uint8)
    for number, ranges in enumerate(_SCRIPTS.values(), start=1):
        for first, last in ranges:
            numbers[first : last + 1] = number
    return numbers
