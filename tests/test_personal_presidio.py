"""Presidio's opinion comes in our kinds, or a word how to install it."""

import importlib.util

import pytest

from workbench.errors import InputError
from workbench.personal import second_opinion

INSTALLED = importlib.util.find_spec("presidio_analyzer") is not None


@pytest.mark.skipif(INSTALLED, reason="Presidio is installed")
def test_where_it_is_absent_the_way_to_it_is_told():
    with pytest.raises(InputError, match=r"pip install 'crm-workbench\[presidio\]'"):
        second_opinion(["x"])


@pytest.mark.skipif(not INSTALLED, reason="Presidio is not installed: pip install crm-workbench[presidio]")
@pytest.mark.filterwarnings("default")
def test_it_finds_what_patterns_find_in_our_kinds():
    texts = ["nothing", "mail anna@example.org", None, "card 4111 1111 1111 1111, SSN 536-90-4399"]
    found = second_opinion(texts)
    assert list(found.itertuples(index=False, name=None)) == [
        (1, "email", 5, 21),
        (3, "card", 5, 24),
        (3, "ssn", 30, 41),
    ]
    assert second_opinion(["030 12345678"], countries=["DE"])["kind"].tolist() == ["phone"]
    with pytest.raises(InputError, match="'qq'"):
        second_opinion(["x"], language="qq")
