"""The loops behind `trees`, compiled: tables of Shapley values by pattern, and their sums over rows.

In: the flat arrays of `trees.Trees`.   Out: arrays. Importing this imports numba: do so within a function.

A piece is a subtree with the path to it. Its conditions make a pattern of bits; a row meets a condition where its
value is at most `high` and not at most `low` (NaN: no bound), or is missing and `missing` is set. The last pieces are
deep leaves: too many patterns for a table, so that their values are worked out for each row.
"""

import numpy as np

from workbench.processor import compiled

# So many rows are taken at once: their values, their sums and one piece's table stay in the processor's cache.
_ROWS = 512


@compiled
def fill_tables(
    bits: np.ndarray,
    slot_starts: np.ndarray,
    leaf_starts: np.ndarray,
    leaf_values: np.ndarray,
    term_starts: np.ndarray,
    terms: np.ndarray,
    shares: np.ndarray,
    nodes: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what every pattern of every piece contributes to each slot, what it scores, and what is expected.

    Without knowing a feature, a row comes to the leaf with probability `shares` of that feature; knowing it, with 0 or
    1. The Shapley value of such a product is the integral over t of the product of the other features' mixtures
    (Owen, 1972), which is a polynomial: Gauss-Legendre `nodes` and `weights` have it exactly.
    """
    sizes, scores_at = np.int64(0), np.int64(0)
    for piece in range(len(bits)):
        sizes += (np.int64(1) << bits[piece]) * (slot_starts[piece + 1] - slot_starts[piece])
        scores_at += np.int64(1) << bits[piece]
    table, scores, expected = np.zeros(sizes), np.zeros(scores_at), np.zeros(len(bits))
    at, score_at = 0, 0
    for piece in range(len(bits)):
        slots, patterns = slot_starts[piece + 1] - slot_starts[piece], np.int64(1) << bits[piece]
        for leaf in range(leaf_starts[piece], leaf_starts[piece + 1]):
            own = slice(term_starts[leaf], term_starts[leaf + 1])
            expected[piece] += leaf_values[leaf] * np.prod(shares[own])
            for pattern in range(patterns):
                row = table[at + pattern * slots : at + (pattern + 1) * slots]
                scores[score_at + pattern] += _share_out(
                    pattern, leaf_values[leaf], terms[own], shares[own], nodes, weights, row
                )
        at += patterns * slots
        score_at += patterns
    return table, scores, expected


@compiled
def _share_out(
    pattern: int,
    value: float,
    terms: np.ndarray,
    shares: np.ndarray,
    nodes: np.ndarray,
    weights: np.ndarray,
    row: np.ndarray,
) -> float:
    """Add one leaf's Shapley values to the row; return what the leaf scores: its value where all is met, else 0."""
    met, all_met = np.empty(len(terms)), 1.0
    for i in range(len(terms)):
        met[i] = 1.0 if (pattern & terms[i, 1]) == terms[i, 1] and (pattern & terms[i, 2]) == 0 else 0.0
        all_met *= met[i]
        # Neither known nor unknown does a row come here: every other feature's value is 0, and its own too.
        if met[i] == 0 and shares[i] == 0:
            return 0.0
    for node in range(len(nodes)):
        product = weights[node] * value
        for i in range(len(terms)):
            product *= shares[i] + nodes[node] * (met[i] - shares[i])
        for i in range(len(terms)):
            mixed = shares[i] + nodes[node] * (met[i] - shares[i])
            row[terms[i, 0]] += (met[i] - shares[i]) * product / mixed
    return value * all_met


@compiled
def _columns(encoded: np.ndarray, start: int, missing_as: np.ndarray, columns: np.ndarray) -> int:
    """Copy a run of rows to columns, with what is missing as LightGBM takes it; return how many rows."""
    size = min(_ROWS, len(encoded) - start)
    for r in range(size):
        for c in range(len(missing_as)):
            columns[c, r] = encoded[start + r, c]
    for c in range(len(missing_as)):
        for r in range(size):
            x = columns[c, r]
            if missing_as[c] == 0 and x != x:
                columns[c, r] = 0.0
            elif missing_as[c] == 1 and abs(x) <= np.float64(np.float32(1e-35)):
                columns[c, r] = np.nan
    return size


@compiled
def _patterns(
    columns: np.ndarray,
    size: int,
    features: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    missing: np.ndarray,
    pattern: np.ndarray,
) -> None:
    pattern[:size] = 0
    for c in range(len(features)):
        column, low, high, bit = columns[features[c]], lows[c], highs[c], np.int32(1 << c)
        if_missing = bit if missing[c] else np.int32(0)
        for r in range(size):
            x = column[r]
            inside = bit if (x <= high) & ~(x <= low) else np.int32(0)
            pattern[r] |= if_missing if x != x else inside


@compiled
def _add_deep(
    pattern: np.ndarray,
    size: int,
    features: np.ndarray,
    shares: np.ndarray,
    value: float,
    nodes: np.ndarray,
    weights: np.ndarray,
    product: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add the Shapley values of a leaf with a condition for each of many features, as `_share_out` has them."""
    for node in range(len(nodes)):
        t = nodes[node]
        product[:size] = weights[node] * value
        for c in range(len(features)):
            bit, met, unmet = np.int32(1 << c), shares[c] + t * (1 - shares[c]), shares[c] * (1 - t)
            for r in range(size):
                product[r] *= met if pattern[r] & bit else unmet
        for c in range(len(features)):
            bit, total = np.int32(1 << c), sums[features[c]]
            met, unmet = (1 - shares[c]) / (shares[c] + t * (1 - shares[c])), -1 / (1 - t)
            for r in range(size):
                total[r] += product[r] * (met if pattern[r] & bit else unmet)


@compiled
def contribute(
    encoded: np.ndarray,
    missing_as: np.ndarray,
    starts: np.ndarray,
    features: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    missing: np.ndarray,
    slot_starts: np.ndarray,
    slots: np.ndarray,
    table: np.ndarray,
    shares: np.ndarray,
    values: np.ndarray,
    nodes: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the contributions of every feature for every row: pieces with tables, then deep leaves."""
    columns, sums = np.empty((len(missing_as), _ROWS)), np.empty((len(missing_as), _ROWS))
    pattern, product, tabled = np.empty(_ROWS, np.int32), np.empty(_ROWS), len(slot_starts) - 1
    for start in range(0, len(encoded), _ROWS):
        size, at = _columns(encoded, start, missing_as, columns), 0
        sums[:] = 0.0
        for piece in range(len(starts) - 1):
            own = slice(starts[piece], starts[piece + 1])
            _patterns(columns, size, features[own], lows[own], highs[own], missing[own], pattern)
            if piece >= tabled:
                deep = slice(starts[piece] - starts[tabled], starts[piece + 1] - starts[tabled])
                value = values[piece - tabled]
                _add_deep(pattern, size, features[own], shares[deep], value, nodes, weights, product, sums)
                continue
            wide = slot_starts[piece + 1] - slot_starts[piece]
            for slot in range(wide):
                total, here = sums[slots[slot_starts[piece] + slot]], table[at + slot :]
                for r in range(size):
                    total[r] += here[pattern[r] * wide]
            at += (np.int64(1) << (starts[piece + 1] - starts[piece])) * wide
        for r in range(size):
            for c in range(len(missing_as)):
                out[start + r, c] = sums[c, r]


@compiled
def score(
    encoded: np.ndarray,
    missing_as: np.ndarray,
    starts: np.ndarray,
    features: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    missing: np.ndarray,
    scores: np.ndarray,
    values: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the raw score of every row."""
    tabled = len(starts) - 1 - len(values)
    columns, pattern = np.empty((len(missing_as), _ROWS)), np.empty(_ROWS, np.int32)
    for start in range(0, len(encoded), _ROWS):
        size, at = _columns(encoded, start, missing_as, columns), 0
        total = out[start : start + size]
        total[:] = 0.0
        for piece in range(len(starts) - 1):
            own = slice(starts[piece], starts[piece + 1])
            _patterns(columns, size, features[own], lows[own], highs[own], missing[own], pattern)
            if piece >= tabled:
                every = (np.int64(1) << (starts[piece + 1] - starts[piece])) - 1
                for r in range(size):
                    total[r] += values[piece - tabled] if pattern[r] == every else 0.0
                continue
            for r in range(size):
                total[r] += scores[at + pattern[r]]
            at += np.int64(1) << (starts[piece + 1] - starts[piece])
