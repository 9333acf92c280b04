"""What every check asks of a table."""

import ibis
import pandas as pd
import pytest

from workbench.governance.finding import judged
from workbench.governance.rows import blank, count, optional, plain, proved_only, worst_first

ROWS = ibis.memtable(pd.DataFrame({"key": ["b", "a", "c"], "days_overdue": [1, 1, 5], "said": [" ", None, "x"]}))


def test_blank_text_says_nothing():
    assert ROWS.filter(blank(ROWS.said)).key.to_pyarrow().to_pylist() == ["b", "a"]
    assert count(ROWS.filter(blank(optional(ROWS, "other")))) == 3
    assert optional(ROWS, "key").get_name() == "key"


@pytest.mark.parametrize("said", ["legitimate_interest", "Legitimate interest", " LEGITIMATE-INTEREST "])
def test_names_are_compared_without_their_spelling(said):
    assert plain(said) == "legitimate_interest"


def test_the_worst_comes_first_and_equals_by_their_key():
    assert worst_first(ROWS.drop("said")).key.to_pyarrow().to_pylist() == ["c", "a", "b"]
    assert worst_first(ROWS.select("key")).key.to_pyarrow().to_pylist() == ["a", "b", "c"]


def test_what_is_missing_takes_a_clean_verdict_and_leaves_a_breach():
    clean, broken = judged(3, pd.DataFrame({"key": []})), judged(3, pd.DataFrame({"key": ["a"]}), note="seen")
    assert proved_only(clean, "") is clean
    assert proved_only(clean, "no table x").verdict == "not evidenced"
    found = proved_only(broken, "no table x")
    assert (found.verdict, found.note) == ("breached", "no table x; seen")
