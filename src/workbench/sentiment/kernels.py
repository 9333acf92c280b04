"""The loops behind n-grams, compiled: code points in, folded text, tokens, bins and what each of them is worth out.

In: code points of many texts in one buffer.   Out: arrays. Importing this imports numba: do so within a function.

Texts are uint32 code points; `kinds` gives each code point's kind; `spec` is `Recipe.spec()`.
"""

import numpy as np

from workbench.processor import compiled

SPACE, LETTER, DIGIT, UNSPACED, MARK, SYMBOL, JOINER, DROPPED, END = range(9)
_BLANK = np.uint32(32)
# Odd numbers with bits well spread (the golden ratio; a step of splitmix64).
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_WORD, _NGRAM, _CHARACTER = np.uint64(0x51), np.uint64(0x52), np.uint64(0x53)
_APOSTROPHES = (39, 0x2019)


@compiled
def fold(codes: np.ndarray, kinds: np.ndarray, texts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return folded code points and where each text starts: single spaces, no thing thrice, long numbers as zeros.

    Each text ends with a code point of kind END, which is left out.
    """
    out, offsets = np.empty(len(codes), np.uint32), np.zeros(texts + 1, np.int64)
    size, start, text = 0, 0, 0
    for i in range(len(codes)):
        code, kind = codes[i], kinds[codes[i]]
        if kind == END:
            if size > start and out[size - 1] == _BLANK:
                size -= 1
            text += 1
            offsets[text] = start = size
            continue
        if kind == SPACE:
            code = _BLANK
        elif kind == DIGIT and _long_number(codes, kinds, i):
            code = np.uint32(48)
        if kind == DROPPED or (kind == SPACE and (size == start or out[size - 1] == _BLANK)):
            continue
        if size - start > 1 and out[size - 1] == code and out[size - 2] == code:
            continue
        out[size] = code
        size += 1
    return out[:size].copy(), offsets


@compiled
def _long_number(codes: np.ndarray, kinds: np.ndarray, i: int) -> bool:
    """Say whether the digit stands in a number of three digits or more."""
    digits, near = 1, i - 1
    while near >= 0 and digits < 3 and kinds[codes[near]] == DIGIT:
        digits, near = digits + 1, near - 1
    near = i + 1
    while near < len(codes) and digits < 3 and kinds[codes[near]] == DIGIT:
        digits, near = digits + 1, near + 1
    return digits == 3


@compiled
def _unspaced(text: np.ndarray, kinds: np.ndarray) -> int:
    """Return 1 where most letters are of scripts that put no space between words, else 0."""
    spaced = unspaced = 0
    for code in text:
        spaced += kinds[code] == LETTER
        unspaced += kinds[code] == UNSPACED
    return int(unspaced > spaced)


@compiled
def _token_end(text: np.ndarray, kinds: np.ndarray, i: int) -> int:
    """Return where the token that starts at i ends: a word, a letter of a script without spaces, a run of one symbol.

    Marks stay with what they stand on, and what a joiner joins (families of emoji) is one token.
    """
    first, kind = text[i], kinds[text[i]]
    is_word = kind in (LETTER, DIGIT)
    i += 1
    while i < len(text):
        code, here = text[i], kinds[text[i]]
        joined = here in (MARK, JOINER) or (kinds[text[i - 1]] == JOINER and here != SPACE)
        same = (is_word and here in (LETTER, DIGIT)) or (kind == SYMBOL and code == first)
        inner = is_word and code in _APOSTROPHES and i + 1 < len(text) and kinds[text[i + 1]] == LETTER
        if not (joined or same or inner):
            break
        i += 1
    return i


@compiled
def tokens(text: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return where each token starts and ends, (tokens, 2); all that is no space belongs to one."""
    spans, size, i = np.empty((len(text), 2), np.int32), 0, 0
    while i < len(text):
        if kinds[text[i]] == SPACE:
            i += 1
            continue
        spans[size, 0] = i
        i = spans[size, 1] = _token_end(text, kinds, i)
        size += 1
    return spans[:size]


@compiled
def _step(state: np.uint64, code: np.uint64) -> np.uint64:
    state = (state ^ code) * _STEP
    return state ^ (state >> np.uint64(32))


@compiled
def _bin(state: np.uint64, bits: int) -> int:
    return np.int64((state * _MIX) >> np.uint64(64 - bits))  # type: ignore[return-value]


@compiled
def _words(text: np.ndarray, kinds: np.ndarray, shortest: int, longest: int, bits: int, found: np.ndarray) -> int:
    """Write bin, start and end of every run of `shortest` to `longest` tokens; return how many there are."""
    size, spans = 0, tokens(text, kinds)
    states = np.empty(len(spans), np.uint64)
    for i in range(len(spans)):
        states[i] = _WORD
        for code in text[spans[i, 0] : spans[i, 1]]:
            states[i] = _step(states[i], np.uint64(code))
    for i in range(len(spans)):
        state = _NGRAM
        for j in range(i, min(i + longest, len(spans))):
            state = _step(state, states[j])
            if j - i + 1 >= shortest:
                found[size, 0], found[size, 1], found[size, 2] = _bin(state, bits), spans[i, 0], spans[j, 1]
                size += 1
    return size


@compiled
def _characters(
    text: np.ndarray, start: int, end: int, shortest: int, longest: int, spec: np.ndarray, found: np.ndarray
) -> int:
    """Write bin, start and end of every run of characters of text[start:end], which gets a space on either side."""
    size, offset = 0, np.int64(1) << spec[10]
    for i in range(start - 1, end):
        state = _CHARACTER
        for j in range(i, min(i + longest, end + 1)):
            code = text[j] if start <= j < end else _BLANK
            state = _step(state, np.uint64(code))
            if j - i + 1 >= shortest and not (i == j and code == _BLANK):
                found[size, 0] = offset + _bin(state, spec[11])
                found[size, 1], found[size, 2] = max(i, start), min(j + 1, end)
                size += 1
    return size


@compiled
def _ngrams(text: np.ndarray, kinds: np.ndarray, spec: np.ndarray) -> np.ndarray:
    """Return bin, start and end of all n-grams of a text."""
    family = 5 * _unspaced(text, kinds)
    fewest, most, shortest, longest, across = spec[family : family + 5]
    room = len(text) * (most - fewest + 1) + (2 * len(text) + 1) * (longest - shortest + 1)
    found, size = np.empty((room, 3), np.int32), 0
    if most:
        size = _words(text, kinds, fewest, most, spec[10], found)
    if longest and across and len(text):
        return found[: size + _characters(text, 0, len(text), shortest, longest, spec, found[size:])]
    start = 0
    for i in range(len(text) + 1):
        if i == len(text) or text[i] == _BLANK:
            if longest and i > start:
                size += _characters(text, start, i, shortest, longest, spec, found[size:])
            start = i + 1
    return found[:size]


@compiled
def _distinct(found: np.ndarray, bins: np.ndarray, counts: np.ndarray, place: np.ndarray) -> int:
    """Write distinct bins, how often each occurs, and the place of every n-gram's bin; return how many there are."""
    room = 16
    while room < 2 * len(found):
        room *= 2
    slots, size = np.full(room, -1, np.int32), 0
    for i in range(len(found)):
        slot = (found[i, 0] * 0x9E3779B1) & (room - 1)
        while slots[slot] >= 0 and bins[slots[slot]] != found[i, 0]:
            slot = (slot + 1) & (room - 1)
        if slots[slot] < 0:
            slots[slot], bins[size], counts[size] = size, found[i, 0], 0
            size += 1
        place[i] = slots[slot]
        counts[place[i]] += 1
    return size


@compiled
def count(
    codes: np.ndarray, offsets: np.ndarray, kinds: np.ndarray, spec: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the counts of n-grams as a CSR matrix: indptr, indices, data."""
    room = len(codes) * (spec[1] + spec[6] + 2 * spec[3] + 2 * spec[8]) + 2 * spec[3] + 2 * spec[8] + 1
    indptr, indices, data = np.zeros(len(offsets), np.int64), np.empty(room, np.int32), np.empty(room, np.float32)
    for row in range(len(offsets) - 1):
        found = _ngrams(codes[offsets[row] : offsets[row + 1]], kinds, spec)
        place, at = np.empty(len(found), np.int32), indptr[row]
        indptr[row + 1] = at + _distinct(found, indices[at:], data[at:], place)
    return indptr, indices[: indptr[-1]].copy(), data[: indptr[-1]].copy()


@compiled
def weigh(indptr: np.ndarray, indices: np.ndarray, counts: np.ndarray, idf: np.ndarray, spec: np.ndarray) -> np.ndarray:
    """Return idf, by tf-idf times 1 + log count, of every n-gram; words and characters of a text have length 1 each."""
    values, words = np.empty(len(counts), np.float32), np.int64(1) << spec[10]
    for row in range(len(indptr) - 1):
        squares = np.zeros(2, np.float64)
        for i in range(indptr[row], indptr[row + 1]):
            values[i] = idf[indices[i]]
            if spec[12] and counts[i] > 1:
                values[i] *= np.float32(1) + np.log(counts[i])
            squares[int(indices[i] >= words)] += values[i] * values[i]
        scale = 1 / np.sqrt(np.maximum(squares, 1e-12))
        for i in range(indptr[row], indptr[row + 1]):
            values[i] *= scale[int(indices[i] >= words)]
    return values


@compiled
def total(indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return every row's values times the three columns of weights."""
    sums = np.zeros((len(indptr) - 1, 3), np.float64)
    for row in range(len(indptr) - 1):
        a = b = c = 0.0
        for i in range(indptr[row], indptr[row + 1]):
            weight, value = weights[indices[i]], values[i]
            a, b, c = a + value * weight[0], b + value * weight[1], c + value * weight[2]
        sums[row, 0], sums[row, 1], sums[row, 2] = a, b, c
    return sums


@compiled
def _segments(text: np.ndarray, kinds: np.ndarray, found: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the spans of a text: tokens, in scripts without spaces the strongest n-grams that do not overlap."""
    spans = tokens(text, kinds)
    if not _unspaced(text, kinds):
        return spans
    owner = np.zeros(len(text), np.int32)
    for i in range(len(spans)):
        owner[spans[i, 0] : spans[i, 1]] = i + 1
    for i in np.argsort(-np.abs(parts), kind="mergesort"):
        start, end = found[i, 1], found[i, 2]
        free = end - start > 1 and parts[i] != 0
        for j in range(start, end):
            free = free and kinds[text[j]] in (UNSPACED, MARK) and owner[j] > 0
        if free and kinds[text[start]] != MARK and (end == len(text) or kinds[text[end]] != MARK):
            owner[start:end] = -1 - start
    size = 0
    for i in range(len(text)):
        if owner[i] and (i == 0 or owner[i] != owner[i - 1]):
            spans[size, 0] = i
            size += 1
        if owner[i]:
            spans[size - 1, 1] = i + 1
    return spans[:size]


@compiled
def contribute(
    codes: np.ndarray, offsets: np.ndarray, kinds: np.ndarray, spec: np.ndarray, idf: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return row, start and end of every term, (terms, 3), and what it adds: its characters' even parts of n-grams."""
    spans, sums, size = np.empty((len(codes), 3), np.int32), np.empty(len(codes), np.float64), 0
    for row in range(len(offsets) - 1):
        text = codes[offsets[row] : offsets[row + 1]]
        found = _ngrams(text, kinds, spec)
        bins, counts = np.empty(len(found), np.int32), np.empty(len(found), np.float32)
        place, edges = np.empty(len(found), np.int32), np.zeros(2, np.int64)
        edges[1] = _distinct(found, bins, counts, place)
        values = weigh(edges, bins, counts, idf, spec)
        parts, shares = np.empty(len(found), np.float64), np.zeros(len(text), np.float64)
        for i in range(len(found)):
            at = place[i]
            parts[i] = values[at] * weights[bins[at]] / counts[at]
            covered = text[found[i, 1] : found[i, 2]] != _BLANK
            shares[found[i, 1] : found[i, 2]] += covered * parts[i] / covered.sum()
        for start, end in _segments(text, kinds, found, parts):
            spans[size, 0], spans[size, 1], spans[size, 2], sums[size] = row, start, end, shares[start:end].sum()
            size += 1
    return spans[:size].copy(), sums[:size].copy()
