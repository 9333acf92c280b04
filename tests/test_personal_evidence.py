"""A word says something only where it stands beside a number, whole, with no more than small words between."""

import pytest

from workbench.personal.evidence import evidence, is_beside


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("Tel. ", "", "phone"),
        ("Please call me at ", "", "phone"),
        ("mein Handy: ", "", "phone"),
        ("", " (office)", "phone"),
        ("電話は", "です", "phone"),
        ("née le ", "", "birth"),
        ("geb. am ", "", "birth"),
        ("nascido em ", "", "birth"),
        ("", "生まれ", "birth"),
        ("आधार नंबर ", "", "aadhaar"),
        ("Meu CPF é ", "", "cpf"),
    ],
)
def test_words_beside_a_number_are_seen(before, after, kind):
    assert is_beside(f"{before}0000000{after}", len(before), len(before) + 7, kind)


@pytest.mark.parametrize(
    "before",
    [
        "hotel ",
        "called 3 times, then ",
        "phone bill of customer ",
        "phone was lost in house ",
        "birth year; data from ",
    ],
)
def test_other_words_and_words_further_off_are_not(before):
    assert not is_beside(f"{before}0000000", len(before), len(before) + 7, "phone")
    assert not is_beside(f"{before}0000000", len(before), len(before) + 7, "birth")


def test_every_word_is_text():
    said = evidence()
    lists = [
        *said["before"].values(),
        *said["after"].values(),
        *said["months"].values(),
        said["between"],
        said["secrets"],
    ]
    assert all(isinstance(word, str) and word for words in lists for word in words)
    assert set(said["months"]) == set(range(1, 13))
