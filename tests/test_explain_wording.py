"""Every language says the same things, with numbers in the market's form, and nothing is left unsaid."""

import re
from datetime import date
from importlib import resources
from math import log
from pathlib import Path
from string import Formatter
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbench.churn.features import features
from workbench.churn.subscriptions import subscription_examples
from workbench.errors import InputError
from workbench.explain.wording import FAMILIES, LANGUAGES, family, language_of, readable, wording

CODE = {"column": "recency_days", "value": 212.0, "typical": 40.0, "contribution": 0.9, "direction": "raises"}
COUNTRIES = {"en": "US", "de": "DE", "fr": "FR", "es": "ES", "pt": "BR", "ja": "JP", "hi": "IN"}


def leaves(words: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    if not isinstance(words, dict):
        return {path: words}
    return {place: text for key, below in words.items() for place, text in leaves(below, (*path, key)).items()}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def spaced(text: str) -> str:
    """Return a text with plain spaces for those that keep a number and its unit on one line."""
    return re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_what_english_says_at_the_same_places(language: str) -> None:
    ours, english = leaves(wording(language).words), leaves(wording("en").words)
    assert list(ours) == list(english)
    # A language may say time that has passed as a length, or the other way round; all else is filled alike.
    alike = {"ago": "value"}
    differ = [
        place
        for place, text in ours.items()
        if {alike.get(p, p) for p in places(text)} != {alike.get(p, p) for p in places(english[place])}
    ]
    assert differ == []
    assert [place for place, text in ours.items() if not text.strip() or text != " ".join(text.split(" "))] == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_sentences_are_translated(language: str) -> None:
    ours, english = wording(language).words, wording("en").words
    kinds = ("texts", "sayings", "headings", "objections", "effects")
    same = [
        place for kind in kinds for place, text in leaves(ours[kind]).items() if text == leaves(english[kind])[place]
    ]
    assert set(same) <= {("reason",), ("plain",), ("lever",), ("is_false",), ("first_day",)}


@pytest.fixture(scope="module")
def columns(sample_folder: Path) -> list[str]:
    """Return every feature that churn makes of events, of subscriptions and of the sample's customers."""
    kinds = dict.fromkeys(["amount", "rating", "negative", "neutral", "positive"], "float64")
    times = ["ordered_at", "sent_at", "opened_at", "clicked_at", "converted_at", "unsubscribed_at", "occurred_at"]
    events = ibis.table({"customer_id": "string", **kinds, **dict.fromkeys(times, "timestamp")}, name="events")
    tables = dict.fromkeys(["messages", "touches", "activity", "sentiment"], events)
    cutoff = pd.Timestamp("2025-01-01")
    customers = pd.read_parquet(sample_folder / "customers.parquet")
    held = ibis.memtable(pd.read_parquet(sample_folder / "subscriptions.parquet"))
    contractual = subscription_examples(customers, held, cutoffs=[cutoff], horizon_days=30)
    found = {*features(events, cutoff=cutoff, **tables).columns, *contractual, "total_charges", "tenure_months"}
    forecast = {"value", "expected_orders", "expected_spend", "probability_alive"}
    return sorted((found | forecast) - {"customer_id", "cutoff", "churned"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_feature_has_a_name_of_its_own(language: str, columns: list[str]) -> None:
    """A new feature wants its words in every language; two features of one name could not be told apart."""
    words = wording(language)
    known = words.words["names"]
    assert [column for column in columns if not any(re.fullmatch(pattern, column) for pattern in known)] == []
    assert len({words.name(column) for column in columns}) == len(columns)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("orders_90d", "orders in the last 90 days"),
        ("clicked_90d", "marketing contacts clicked, last 90 days"),
        ("spend_season", "spend in the coming season, last year"),
        ("MultipleLines", "multiple lines"),
        ("Monthly Charges", "monthly charges"),
        ("CLTV", "CLTV"),
        ("x__y_", "x y"),
    ],
)
def test_columns_have_names_for_people_and_unknown_ones_are_spelt_out(column: str, name: str) -> None:
    assert readable(column) == name


def test_families_hold_what_says_nearly_the_same_and_have_names() -> None:
    assert {family(column) for column in ("recency_days", "orders_90d", "lateness")} == {"rhythm"}
    assert family("orders_season") != family("orders_365d")
    assert family("Contract") == "Contract"
    assert all(set(wording(language).words["families"]) == set(FAMILIES) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("tenure_days", 1.2, "1.2 days"),
        ("tenure_days", 1.0, "1 day"),
        ("age_years", np.int64(44), "44 years"),
        ("orders", np.int64(12_000), "12,000"),
        ("lateness", 0.123, "0.12"),
        ("lateness", np.inf, "not known"),
        ("returned_share", 0.255, "26%"),
        ("returned_share", 0.0, "0%"),
        ("probability_alive", 0.997, "over 99%"),
        ("probability", 0.004, "under 1%"),
        ("price", -7.5, "-£7.50"),
        ("spend", 1234.5, "£1,234"),
        ("churned_before", np.bool_(False), "no"),
        ("plan", "two \n words", "two words"),
        ("plan", None, "not known"),
        ("plan", pd.NA, "not known"),
        ("started_at", pd.NaT, "not known"),
        ("started_at", pd.Timestamp("2026-03-14 10:00"), "14 March 2026"),
        ("country", "JP", "Japan"),
        ("segment", "business", "business"),
    ],
)
def test_values_are_written_for_people(column: str, value: object, text: str) -> None:
    assert wording("en", country="GB", currency="GBP").value(value, column) == text


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("de", "EUR", ["3 Monate", "1.235 €", "7,50 €", "26 %", "14. März 2026", "Deutschland"]),
        ("fr", "EUR", ["3 mois", "1 235 €", "7,50 €", "26 %", "14 mars 2026", "Allemagne"]),
        ("es", "EUR", ["3 meses", "1.235 €", "7,50 €", "26 %", "14 de marzo de 2026", "Alemania"]),
        ("pt", "BRL", ["3 meses", "R$ 1.235", "R$ 7,50", "26%", "14 de março de 2026", "Alemanha"]),
        ("ja", "JPY", ["3 か月", "￥1,235", "￥8", "26%", "2026年3月14日", "ドイツ"]),
        ("hi", "INR", ["3 महीने", "₹1,235", "₹7.50", "26%", "14 मार्च 2026", "जर्मनी"]),
    ],
)
def test_values_take_the_markets_form(language: str, currency: str, expected: list[str]) -> None:
    words = wording(language, country=COUNTRIES[language], currency=currency)
    values = [(3, "tenure_months"), (1235, "spend"), (7.5, "spend"), (0.26, "x_rate"), ("DE", "country")]
    said = [words.value(value, column) for value, column in values]
    said.insert(4, words.value(date(2026, 3, 14), "started_at"))
    assert [spaced(text) for text in said] == expected


def test_lakhs_are_grouped_as_in_india_and_a_country_unknown_with_the_language_is_passed_over() -> None:
    assert wording("en", country="IN", currency="INR").value(1_234_567, "spend") == "₹12,34,567"
    assert wording("ja", country="DE").locale == wording("ja").locale
    assert wording("en", country="Atlantis").locale == wording("en").locale


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "last order 212 days ago (typical: 40 days) – raises the risk strongly"),
        ("de", "letzte Bestellung vor 212 Tagen (typisch: 40 Tage) – erhöht das Risiko stark"),
        ("fr", "dernière commande il y a 212 jours (valeur typique : 40 jours) – augmente fortement le risque"),
        ("es", "último pedido hace 212 días (lo habitual: 40 días) – aumenta mucho el riesgo"),
        ("pt", "último pedido há 212 dias (típico: 40 dias) – aumenta muito o risco"),
        ("ja", "最後のご注文は212 日前（標準は40 日）– リスクを大きく高めています"),
        ("hi", "पिछला ऑर्डर 212 दिन पहले (सामान्य: 40 दिन) – जोखिम को बहुत बढ़ाता है"),
    ],
)
def test_a_reason_is_a_sentence_of_the_language(language: str, sentence: str) -> None:
    assert spaced(wording(language).reason(CODE)) == sentence


@pytest.mark.parametrize(
    ("factor", "size"),
    [(1.0, "slightly"), (1.19, "slightly"), (1.21, "clearly"), (1.99, "clearly"), (2.01, "strongly")],
)
def test_the_size_of_an_effect_is_its_factor_either_way(factor: float, size: str) -> None:
    up = wording("en").reason(CODE | {"contribution": log(factor)})
    down = wording("en").reason(CODE | {"contribution": -log(factor), "direction": "lowers"}, subject="value")
    assert up.endswith(f"raises the risk {size}")
    assert down.endswith(f"lowers the expected value {size}")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"value": 40.0}, "last order 40 days ago (typical)"),
        ({"value": 0}, "days since the last order: 0 days (typical: 40 days)"),
        ({"value": None}, "days since the last order: not known (typical: 40 days)"),
        ({"column": "plan", "value": "month", "typical": "year"}, "plan: month (typical: year)"),
        ({"column": "lateness", "value": 2.31, "typical": 1.0}, "silent for 2.3 times the usual gap (typical: 1)"),
        ({"column": "tenure_days", "value": 1, "typical": 9}, "customer for 1 day (typical: 9 days)"),
        ({"column": "plan", "value": "{0} {name}", "typical": "L"}, "plan: {0} {name} (typical: L)"),
    ],
)
def test_what_is_said_of_a_value(changes: dict[str, Any], sentence: str) -> None:
    assert wording("en").reason(CODE | changes) == f"{sentence} – raises the risk strongly"


def test_reasons_follow_the_rows_of_the_codes() -> None:
    codes = pd.DataFrame(
        [CODE | {"customer_id": "a", "rank": 1}, CODE | {"customer_id": "b", "rank": 1, "value": 40.0}]
    )
    said = wording("en").reasons(codes.set_axis([7, 3]))
    assert list(said) == ["customer_id", "rank", "reason", "contribution"]
    assert said["reason"].str.split(" – ").str[0].tolist() == [
        "last order 212 days ago (typical: 40 days)",
        "last order 40 days ago (typical)",
    ]
    assert wording("en").reasons(codes.iloc[:0])["reason"].tolist() == []


def test_the_first_of_a_month_is_written_as_the_language_does() -> None:
    said = {language: wording(language).date(date(2026, 8, 1)) for language in ("de", "es", "fr", "pt")}
    assert said == {
        "de": "1. August 2026",
        "es": "1 de agosto de 2026",
        "fr": "1er août 2026",
        "pt": "1º de agosto de 2026",
    }
    assert wording("fr").date(date(2026, 8, 11)) == "11 août 2026"


def test_every_lever_has_words() -> None:
    levers = yaml.safe_load(resources.files("workbench.explain").joinpath("levers.yaml").read_text(encoding="utf-8"))
    assert set(levers["levers"]) == set(wording("en").words["levers"])


def test_a_lever_without_words_is_spelt_out() -> None:
    step = {"lever": "call_back", "column": "touches_30d", "before": 9, "after": 4}
    said = wording("de").change(step)
    assert said == "call back (Werbekontakte in den letzten 30 Tagen: 4 statt 9)"


def test_the_first_language_with_words_is_taken_and_it_is_said_when_it_is_not_the_first() -> None:
    assert language_of(["de", "en"]) == ("de", "")
    assert language_of(["nl", "fr"]) == ("fr", "no explanations in Dutch; they are in French")


def test_what_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"language 'zh' must be one of de, en"):
        wording("zh")
    with pytest.raises(InputError, match=r"text 'titel': not in languages/de.yaml; did you mean 'title'\?"):
        wording("de").text("titel")


EVERY_WORDING = [wording(language, country=COUNTRIES[language], currency="EUR") for language in LANGUAGES]
numbers = st.one_of(st.none(), st.floats(), st.integers(-(10**12), 10**12), st.booleans(), st.text(max_size=20))


@given(value=numbers, typical=numbers, contribution=st.floats(-1000, 1000))
def test_any_value_makes_one_whole_sentence_in_every_language(value: Any, typical: Any, contribution: float) -> None:
    direction = "raises" if contribution > 0 else "lowers"
    for column in ("plan", "spend_90d", "returned_share", "paused_days", "recency_days"):
        code = {"column": column, "value": value, "typical": typical, "contribution": contribution}
        for words in EVERY_WORDING:
            said = words.reason(code | {"direction": direction})
            assert words.name(column) in said or column == "recency_days"
            assert "duration-" not in said
            assert "\n" not in said
