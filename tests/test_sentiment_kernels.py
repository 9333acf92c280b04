import subprocess
import sys

import numpy as np
import pytest

from workbench.sentiment import kernels
from workbench.sentiment.ngrams import Recipe, folded, kinds

SPEC = Recipe(word_bits=10, character_bits=12, weighting="presence").spec()
TF_IDF = Recipe(word_bits=10, character_bits=12, weighting="tf-idf").spec()


def test_what_an_n_gram_weighs_is_worked_out_by_hand():
    indptr, indices = np.array([0, 3, 3]), np.array([1, 2, 1030], np.int32)
    idf = np.zeros(1024 + 4096, np.float32)
    idf[[1, 2, 1030]] = 3, 4, 7
    values = kernels.weigh(indptr, indices, np.ones(3, np.float32), idf, SPEC)
    np.testing.assert_allclose(values, [0.6, 0.8, 1.0], rtol=1e-6)
    idf[2] = 0
    np.testing.assert_allclose(kernels.weigh(indptr, indices, np.ones(3, np.float32), idf, SPEC), [1, 0, 1], rtol=1e-6)


def test_counts_matter_by_tf_idf_only():
    indptr, indices, counts = np.array([0, 2]), np.array([1, 2], np.int32), np.array([1, np.e], np.float32)
    ones = np.ones(1024 + 4096, np.float32)
    by_count = kernels.weigh(indptr, indices, counts, ones, TF_IDF)
    np.testing.assert_allclose(by_count, np.array([1, 2]) / np.sqrt(5), rtol=1e-5)
    np.testing.assert_allclose(kernels.weigh(indptr, indices, counts, ones, SPEC), [0.5**0.5] * 2, rtol=1e-6)


def test_rows_are_multiplied_with_weights():
    weights = np.arange(12, dtype=np.float32).reshape(4, 3)
    sums = kernels.total(np.array([0, 2, 2]), np.array([1, 3], np.int32), np.array([2, 1], np.float32), weights)
    np.testing.assert_array_equal(sums, [[15, 18, 21], [0, 0, 0]])


@pytest.mark.parametrize(("text", "terms"), [("很不错的店", ["很", "不错", "的", "店"]), ("so good", ["so", "good"])])
def test_terms_are_words_or_the_strongest_n_grams(text, terms):
    codes, offsets = folded([text])
    ones, weights = np.ones(1024 + 4096, np.float32), np.zeros(1024 + 4096, np.float32)
    pair, single = (kernels.count(*folded(some), kinds(), SPEC)[1] for some in (["不错"], ["不", "错"]))
    weights[np.setdiff1d(pair, single)] = 1
    spans, sums = kernels.contribute(codes, offsets, kinds(), SPEC, ones, weights)
    assert [text[start:end] for _, start, end in spans] == terms
    assert len(sums) == len(terms)


def test_where_compiled_code_cannot_be_kept_it_is_compiled_anew_without_a_word():
    code = (
        "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
        "caching.CompileResultCacheImpl._locator_classes = []\n"
        "from workbench.sentiment import kernels; import numpy as np\n"
        "none = np.empty((0, 3), np.float32)\n"
        "print(kernels.total(np.array([0]), np.empty(0, np.int32), none[:, 0].copy(), none))"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")
