"""A date is one of birth where a word says so and the day is in the calendar."""

import pytest

from workbench.personal import identify


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("She was born on 2/8/1935.", "2/8/1935"),
        ("DOB: 1985-03-12", "1985-03-12"),
        ("born on 12 March 1985", "12 March 1985"),
        ("Date of birth: March 12, 1985", "March 12, 1985"),
        ("geboren am 12.03.1985 in Ulm", "12.03.1985"),
        ("Geburtsdatum: 12. März 1985", "12. März 1985"),
        ("née le 1er mars 1985", "1er mars 1985"),
        ("Fecha de nacimiento: 12 de marzo de 1985", "12 de marzo de 1985"),
        ("nascido em 12 de março de 1985", "12 de março de 1985"),
        ("生年月日は1985年3月12日です", "1985年3月12日"),
        ("昭和60年3月12日生まれ", "昭和60年3月12日"),
        ("１９８５年３月１２日生まれ", "１９８５年３月１２日"),
        ("जन्म तिथि: 12/03/1985", "12/03/1985"),
        ("जन्मदिन 12 मार्च 1985", "12 मार्च 1985"),
    ],
)
def test_dates_of_birth_are_found_in_seven_languages(text, day):
    found = identify([text])
    assert [(span.kind, text[span.start : span.end]) for span in found.itertuples()] == [("date_of_birth", day)]


@pytest.mark.parametrize(
    "text",
    [
        "Ordered on 12 March 1985",
        "born on 31/02/1985",
        "born in 1985",
        "born on 12.03.1785",
        "Birthday campaign, sent 2025-03-12",
        "birth_year from 1950-01-01",
        "lived from 1985-03-12, stillborn hopes",
        "先生は2025年3月12日に",
    ],
)
def test_other_dates_are_none(text):
    assert identify([text]).empty
