"""The sheet says what was decided, why, and what one can do, in the form and the language that are asked for."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pandas as pd
import pytest

from workbench import law
from workbench.errors import InputError
from workbench.explain.sheet import Form, Part, Procedure, Sheet, rule, sheet, sheets
from workbench.explain.wording import LANGUAGES, wording

REGIMES = law.names()
AS_OF = date(2026, 3, 14)
DONE = Procedure(
    subject="risk",
    model="logistic",
    customers=1900,
    learnt_to=date(2026, 1, 1),
    threshold=0.4,
    horizon=90,
    columns=("recency_days", "orders_90d", "spend_365d", "plan"),
    calibrated=True,
    reviewed=True,
    principles=("simple_first", "baselines", "past_only"),
    contact="Kim Muster, kundenservice@example.com",
)
CODES = pd.DataFrame(
    [
        ("C-000017", 1, "rhythm", "recency_days", 212.0, 40.0, 0.9, "raises"),
        ("C-000017", 2, "spend", "spend_365d", 1235.0, 1500.0, 0.3, "raises"),
        ("C-000017", 3, "plan", "plan", "M", "L", -0.1, "lowers"),
    ],
    columns=["customer_id", "rank", "family", "column", "value", "typical", "contribution", "direction"],
)
WHAT_IF = pd.DataFrame(
    [
        ("C-000017", 1, "order_again", "recency_days", 212.0, 0.0, 0.62, 0.31, True),
        ("C-000017", 2, "order_again", "orders_90d", 0.0, 1.0, 0.62, 0.31, True),
    ],
    columns=["customer_id", "place", "lever", "column", "before", "after", "score_before", "score_after", "crossed"],
)
NO_WAY = WHAT_IF.head(1).assign(lever=None, column=None, before=None, after=None, crossed=False)
FULL = """\
# Erläuterung einer Entscheidung über Sie

Stand 14. März 2026

## Was entschieden wurde

Sie stehen auf der Liste der Kundinnen und Kunden, die wir ansprechen möchten. Entschieden wurde nach der \
Wahrscheinlichkeit, dass Sie uns verlassen (Zeitraum: 90 Tage). Wir schätzen sie auf 62 %; die Liste beginnt bei 40 %.

## Wie gerechnet wurde

Die Zahl stammt aus diesem Verfahren: eine logistische Regression (gewichtete Summe von Merkmalen). Zahl der \
Kundinnen und Kunden, aus deren Daten gelernt wurde: 1.900; Stand der Daten: 1. Januar 2026.

Die Zahlen wurden an das angepasst, was später geschah.

Ein Mensch sieht die Liste an, bevor sie verwendet wird.

## Nach welchen Grundsätzen

- Verwendet wird ein einfaches Modell, solange kein anderes bei unbekannten Kundinnen und Kunden besser ist.
- Jedes Modell muss besser sein als einfache Regeln.
- Es zählt nur, was an dem Tag bekannt war.
- Dem Namen nach ist keine der verwendeten Angaben ein persönliches Merkmal wie Alter, Geschlecht, Herkunft oder \
Gesundheit.

## Warum

Die stärksten zuerst. „Typisch“ ist der mittlere oder häufigste Wert bei unserer Kundschaft.

- letzte Bestellung vor 212 Tagen (typisch: 40 Tage) – erhöht das Risiko stark (unsicher)
- Umsatz in den letzten 365 Tagen: 1.235 € (typisch: 1.500 €) – erhöht das Risiko deutlich
- Tarif: M (typisch: L) – senkt das Risiko leicht

## Welche Daten verwendet wurden

Diese Daten über Sie wurden verwendet (Stand 14. März 2026):

- Rhythmus der Bestellungen
- Umsatz
- Tarif

## Was die Entscheidung ändern würde

Die Entscheidung wäre anders, wenn sich dies änderte:

- erneut bestellen (Tage seit der letzten Bestellung: 0 Tage statt 212 Tage)

Die Zahl wäre dann 31 % statt 62 %; die Liste beginnt bei 40 %.

## Wie sicher die Gründe sind

Der erste Grund ist unsicher. Er wechselt oft, wenn das Modell aus anderen Stichproben der Kundschaft lernt.

## An wen Sie sich wenden können

Ein Mensch beantwortet Ihre Fragen und sieht die Entscheidung noch einmal an: Kim Muster, kundenservice@example.com.

## Wie Sie widersprechen können

Sie können die Entscheidung von einem Menschen überprüfen lassen, Ihren Standpunkt darlegen und sie anfechten. Der \
Werbung können Sie jederzeit widersprechen; wir stellen sie dann ein. Sie können sich auch bei Ihrer \
Datenschutzaufsichtsbehörde beschweren.

Rechtsgrundlage dieser Erläuterung: DSGVO Art. 22, 15(1)(h).
"""
SHORT = """\
# お客様に関する判断のご説明

2026年3月14日現在

## 判断の内容

お客様は、当社からご連絡を差し上げたい方の一覧に含まれています。ご利用をおやめになる確率（期間：90 日）\
によって判断しました。当社の見積もりは62%で、一覧は40%から始まります。

## 理由

影響の大きい順です。「標準」は、当社のお客様の中央の値、または最も多い値です。

- 最後のご注文は212 日前（標準は40 日）– リスクを大きく高めています
- 過去365日間のご購入額：￥1,235（標準は￥1,500）– リスクを明らかに高めています
- プラン：M（標準はL）– リスクをやや低めています

## お問い合わせ先

お問い合わせ先の担当者は、まだ決まっていません。

法的根拠：個人情報保護法。説明の義務があるとしても、ご請求があった場合に限られます。この説明は当社が自主的に行うものです。
"""


def made(procedure: Procedure = DONE, *, codes: pd.DataFrame = CODES, score: float = 0.62, **more: Any) -> Sheet:
    words = more.pop("wording", wording("en", country="GB", currency="GBP"))
    return sheet(codes, procedure, score=score, **{"wording": words, "regime": "gdpr", "as_of": AS_OF} | more)


def part(heading: str, found: Sheet) -> list[str]:
    section = next(section for section in found.sections if section.heading == heading)
    return [text for text in (*section.paragraphs, *section.items, section.after) if text]


def test_the_full_sheet_of_the_gdpr_in_german() -> None:
    words = wording("de", country="DE", currency="EUR")
    text = made(wording=words, what_if=WHAT_IF, stable=False).markdown()
    assert text.replace("\N{NO-BREAK SPACE}", " ").splitlines() == FULL.splitlines()


def test_the_short_sheet_of_the_appi_in_japanese_says_that_nobody_is_named() -> None:
    words = wording("ja", country="JP", currency="JPY")
    text = made(replace(DONE, contact=" "), wording=words, regime="appi", what_if=WHAT_IF).markdown()
    assert text.splitlines() == SHORT.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("form", get_args(Form))
def test_every_regime_and_language_renders_whole(regime: str, language: str, form: Form) -> None:
    for subject, what_if in (("risk", WHAT_IF), ("value", NO_WAY)):
        done = replace(DONE, subject=subject, columns=(*DONE.columns, "gender"), calibrated=False, reviewed=None)
        found = made(done, wording=wording(language), regime=regime, form=form, what_if=what_if, interval=(0.1, 0.9))
        for text in (found.markdown(), found._repr_html_()):
            assert "{" not in text
            assert "C-000017" not in text
        assert len(found.sections) == (9 if form == "full" else 3)


def test_markup_in_a_value_and_in_the_contact_is_shown_and_not_obeyed() -> None:
    codes = CODES.assign(value="<b>*M*</b> [x](y)")
    found = made(replace(DONE, contact="<script>a</script>"), codes=codes)
    html = found._repr_html_()
    assert html.startswith('<section class="sheet" lang="en"><h3>Explanation')
    assert "plan: &lt;b&gt;*M*&lt;/b&gt; [x](y)" in html
    assert "<b>" not in html
    assert "<script>" not in html
    assert r"plan: \<b\>\*M\*\</b\> \[x\](y)" in found.markdown()
    assert r"\<script\>" in found.markdown()


def test_an_unknown_regime_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"regime 'lgdp' must be one of appi, .*; did you mean 'lgpd'\?"):
        made(regime="lgdp")


def test_a_regime_for_which_a_language_has_no_words_is_refused() -> None:
    english = wording("en")
    for kind in ("laws", "objections"):
        silent = replace(english, words={**english.words, kind: {}})
        with pytest.raises(InputError, match=f"languages/en.yaml: {kind} says nothing of regime 'gdpr'"):
            made(wording=silent)


def test_a_missing_score_or_threshold_is_refused() -> None:
    with pytest.raises(InputError, match="score: missing"):
        made(score=float("nan"))
    with pytest.raises(InputError, match="threshold: missing"):
        made(replace(DONE, threshold=float("nan")))


@pytest.mark.parametrize(
    ("regime", "day", "articles", "form", "checked"),
    [
        ("uk_gdpr", date(2026, 2, 4), "Art. 22, 15(1)(h)", "full", False),
        ("uk_gdpr", date(2026, 2, 5), "Art. 22A-22D", "full", True),
        ("ccpa", date(2026, 12, 31), "", "short", True),
        ("ccpa", date(2027, 1, 1), "(ADMT)", "short", True),
        ("gdpr", date(2011, 12, 10), "Art. 22, 15(1)(h)", "full", True),
        ("lgpd", AS_OF, "Art. 20", "full", True),
        ("pipl", AS_OF, "Art. 24", "full", True),
        ("pdpa", AS_OF, "", "short", False),
    ],
)
def test_rules_hold_from_their_day(regime: str, day: date, articles: str, form: Form, checked: bool) -> None:
    found = rule(regime, as_of=day)
    assert (found.articles, found.form, found.checked) == (articles, form, checked)


@pytest.mark.parametrize(
    ("regime", "form", "basis"),
    [
        ("uk_gdpr", None, "Legal basis of this explanation: UK GDPR Art. 22A-22D."),
        ("ccpa", None, "for significant decisions only, which a marketing list is normally not"),
        ("ccpa", "full", "This full explanation is given on request or because the decision is significant."),
        ("pdpa", None, "This rule has not been checked against the text of the law."),
        ("gdpr", "full", "Legal basis of this explanation: GDPR Art. 22, 15(1)(h)."),
    ],
)
def test_the_sheet_says_what_the_law_asks_for(regime: str, form: Form | None, basis: str) -> None:
    assert basis in made(regime=regime, form=form).basis


@pytest.mark.parametrize(("score", "on_it"), [(0.4, True), (0.399, False)])
def test_the_list_begins_at_the_threshold(score: float, on_it: bool) -> None:
    assert part("What was decided", made(score=score))[0].startswith("You are on" if on_it else "You are not on")


def test_value_is_money_over_months_with_its_interval() -> None:
    done = replace(DONE, subject="value", model="bgnbd", threshold=500.0, horizon=12, horizon_unit="months")
    decided, interval = part("What was decided", made(done, score=1234.0, interval=(210.0, 2900.0)))
    assert "(period: 12 months). We put it at £1,234; this group begins at £500." in decided
    assert interval == "In nine cases out of ten the figure lies between £210 and £2,900."
    assert part("Why", made(done, score=1234.0))[1].endswith("raises the expected value strongly")


@pytest.mark.parametrize(
    ("what_if", "said"),
    [
        (None, "No changes were examined."),
        (WHAT_IF.head(0), "No changes were examined."),
        (NO_WAY, "None of the changes that we examined would alter the decision."),
        (NO_WAY.assign(crossed=True), "No change was looked for, as the figure already lies on the desired side."),
    ],
)
def test_what_is_said_where_no_change_is_shown(what_if: pd.DataFrame | None, said: str) -> None:
    (text,) = part("What would alter the decision", made(what_if=what_if))
    assert text.startswith(said)


def test_each_lever_speaks_once_in_its_place() -> None:
    more = WHAT_IF.head(1).assign(place=3, lever="fewer_contacts", column="touches_30d", before=9, after=4)
    found = part("What would alter the decision", made(what_if=pd.concat([more, WHAT_IF])))
    assert [text.split(" (")[0] for text in found[1:3]] == ["order again", "fewer marketing contacts"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("stable", "said", "marked"),
    [
        (True, "The first reason stays the same", False),
        (False, "The first reason is uncertain.", True),
        (None, "It was not examined", False),
    ],
)
def test_an_unstable_first_reason_is_called_uncertain_where_it_stands(
    stable: bool | None, said: str, marked: bool
) -> None:
    found = made(stable=stable)
    assert part("How certain the reasons are", found)[0].startswith(said)
    assert [text.endswith("(uncertain)") for text in part("Why", found)[1:]] == [marked, False, False]


def test_sensitive_attributes_are_named_and_without_columns_nothing_is_claimed() -> None:
    used = replace(DONE, columns=("age_years", "orders", "gender", "SeniorCitizen", "senior_citizen"))
    assert part("By which principles", made(used))[-1].startswith("These personal attributes are used: age, gender")
    assert "senior citizen" in part("By which principles", made(used))[-1]
    unknown = made(replace(DONE, columns=()))
    assert len(part("By which principles", unknown)) == 3
    claimed = part("By which principles", made(replace(DONE, columns=(), principles=())))
    assert claimed == ["It is not on record which principles were applied."]
    assert part("Which data were used", unknown) == ["It is not on record which data were used."]


def test_without_a_reason_it_says_so() -> None:
    assert part("Why", made(codes=CODES.head(0), stable=False)) == ["No single reason stands out."]


def test_many_sheets_are_made_each_from_its_own_rows() -> None:
    scored = pd.DataFrame({"customer_id": ["C-000017", "C-000018"], "probability": [0.62, 0.1]})
    stability = pd.DataFrame({"customer_id": ["C-000017"], "certain": [False]})
    common = {"wording": wording("en"), "regime": "uk_gdpr", "as_of": AS_OF}
    found = sheets(CODES, DONE, scored=scored, what_if=WHAT_IF, stability=stability, **common)
    assert list(found) == ["customer_id", "language", "regime", "form", "text"]
    assert found.drop(columns="text").values.tolist() == [[c, "en", "uk_gdpr", "full"] for c in scored["customer_id"]]
    first, second = found["text"]
    assert first == sheet(CODES, DONE, score=0.62, what_if=WHAT_IF, stable=False, **common).markdown()
    assert second == sheet(CODES.head(0), DONE, score=0.1, **common).markdown()
    assert not found["text"].str.contains("C-0000").any()


def test_sheets_need_the_score_of_their_subject() -> None:
    scored = pd.DataFrame({"customer_id": ["a"], "probability": [0.62]})
    common = {"wording": wording("en"), "regime": "gdpr", "as_of": AS_OF}
    with pytest.raises(InputError, match="scored: no column 'value'; there is: customer_id, probability"):
        sheets(CODES, replace(DONE, subject="value"), scored=scored, **common)
    assert sheets(CODES, DONE, scored=scored.head(0), **common).shape == (0, 5)


def test_every_part_has_a_heading() -> None:
    assert list(wording("en").words["headings"]) == list(get_args(Part))
