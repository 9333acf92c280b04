"""What a model's own label names mean: which of them is negative, which neutral, which positive?

In: a model's labels in its order, what the user says of them.   Out: an array that turns their probabilities into ours.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from workbench.errors import InputError, did_you_mean
from workbench.sentiment.labels import LABELS

# Models name their classes in the language of their data.
_NAMES = {
    "negative": "neg negative negativ negativo negativa negatif négatif negatief negatywny negativní"
    " негативный негативная отрицательный 负面 消极 否定的 ネガティブ 부정 سلبي नकारात्मक",
    "neutral": "neu neutral neutro neutra neutre neutrale neutraal netral neutralny neutrální"
    " нейтральный нейтральная 中性 中立 ニュートラル 중립 محايد तटस्थ",
    "positive": "pos positive positiv positivo positiva positif positief pozytywny pozitivní"
    " позитивный позитивная положительный 正面 积极 肯定的 ポジティブ 긍정 إيجابي सकारात्मक",
}
_MEANING = {word: label for label, words in _NAMES.items() for word in words.split()}
# Degrees of one feeling are that feeling; the noun says nothing.
_DEGREE = re.compile(r"\b(very|extremely|highly|strongly|slightly|somewhat|mildly|weakly|sentiment|label)\b")
_STARS = re.compile(r"([1-5])[ _-]?stars?")
_STAR_MEANING = dict(zip("12345", ["negative"] * 2 + ["neutral"] + ["positive"] * 2, strict=True))


def map_labels(own: Sequence[str], *, labels: Mapping[str, str] | None = None, place: str = "model") -> np.ndarray:
    """Return (own, 3) float32: 1 where a label of the model's own means one of `LABELS`, so that `p @ it` sums up.

    Names are read in some twenty languages and in degrees ("very negative"); five stars are negative up to two and
    positive from four. What `labels` says goes before. A model that knows no neutral gives it 0. InputError, which
    begins with `place`, where a label's meaning cannot be told, or where negative or positive is missing.

    >>> map_labels(["NEG", "POS"]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> map_labels(["LABEL_0", "LABEL_1"])
    Traceback (most recent call last):
    workbench.errors.InputError: model: what its labels mean cannot be told from their names: LABEL_0, LABEL_1; ...
    """
    meant = _given(own, labels or {}, place)
    read = [meant.get(name) or _meaning(name, own) for name in own]
    if None in read or not {"negative", "positive"} <= set(read):
        raise InputError(
            f"{place}: what its labels mean cannot be told from their names: {', '.join(own)}; its card may say: give "
            f"one of {', '.join(LABELS)} for each, as in labels={{{own[0]!r}: {LABELS[0]!r}, …}}, both "
            f"{LABELS[0]} and {LABELS[2]} among them"
        )
    return np.array([[label == one for one in LABELS] for label in read], dtype=np.float32)


def _given(own: Sequence[str], labels: Mapping[str, str], place: str) -> dict[str, str]:
    for name, label in labels.items():
        if name not in own:
            raise InputError(f"{place}: labels: it has no label {name!r}: {', '.join(own)}{did_you_mean(name, own)}")
        if label not in LABELS:
            raise InputError(
                f"{place}: labels: {name!r} is said to mean {label!r}, which is none of {', '.join(LABELS)}"
                f"{did_you_mean(label, LABELS)}"
            )
    return dict(labels)


def _meaning(name: str, own: Sequence[str]) -> str | None:
    stars = [_STARS.fullmatch(one.strip().casefold()) for one in own]
    if all(stars) and len(own) == 5:
        return _STAR_MEANING[name.strip()[0]]
    return _MEANING.get(_DEGREE.sub("", re.sub(r"[\W_]+", " ", name.casefold())).strip())
