"""Languages: identified with a confidence, believed where stated, corrected only on good evidence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.sentiment.languages import codes, decide, family, identify, letters, main_script, mixed

SAID = {
    "de": "Die Lieferung kam zwei Wochen zu spät und der Karton war offen",
    "en": "The delivery was two weeks late and the box was open",
    "es": "El envío llegó dos semanas tarde y la caja estaba abierta",
    "fr": "La livraison est arrivée avec deux semaines de retard",
    "hi": "सामान दो हफ्ते देर से आया और डिब्बा खुला हुआ था",
    "ja": "商品は二週間遅れて届き、箱は開いていました",
    "ko": "배송이 이 주나 늦었고 상자가 열려 있었어요",
    "no": "Pakken kom to uker for sent og esken var åpen, jeg er ikke fornøyd",
    "pt": "A entrega chegou com duas semanas de atraso e a caixa estava aberta",
    "zh": "快递晚了两个星期，箱子也是打开的，很不满意",
    "ar": "وصلت الشحنة متأخرة أسبوعين وكان الصندوق مفتوحا",
}


def test_languages_are_identified():
    found = identify(list(SAID.values()))
    assert found["language"].tolist() == list(SAID)
    assert found["confidence"].between(0.5, 1).all()


@pytest.mark.parametrize("text", ["", "   ", "42", "!!! 😡", "https://example.org/abc", "@someone", "\x00"])
def test_without_letters_nothing_is_known(text):
    found = identify([text])
    assert found["language"].isna().all()
    assert found["confidence"].tolist() == [0.0]


def test_expected_languages_are_likelier():
    known, expected = (identify(["Super gut"], among=among)["confidence"][0] for among in ([], ["de"]))
    assert expected > known
    assert identify(["Super gut"], among=["de"])["language"].tolist() == ["de"]


def test_languages_unknown_to_the_library_are_left_alone():
    assert decide(["Rega barang te larang tutu tuntang dia bahalap"], pd.Series(["nij"])).values.tolist() == [
        ["nij", "stated"]
    ]


def test_only_good_evidence_corrects():
    texts = [SAID["en"], SAID["en"], "ok", "(残念)", "bahut accha laga mujhe yeh saman aur delivery", "..."]
    stated = pd.Series(["fr", "en", "de", "ja", "hi", "de"])
    assert decide(texts, stated)["language"].tolist() == ["en", "en", "de", "ja", "hi", "de"]


def test_missing_languages_are_identified_or_not_known():
    found = decide([SAID["pt"], "12"], pd.Series([None, None], dtype="str"), among=["pt"])
    assert found["language_source"].tolist() == ["identified", "not known"]
    assert found["language"].tolist()[:1] == ["pt"]


def test_rarer_stated_languages_compete():
    basque = "Langileak oso atseginak izan ziren eta gosaria bikaina zen"
    assert decide([basque], pd.Series(["eu"])).values.tolist() == [["eu", "stated"]]


def test_codes_take_the_market_s_spelling():
    found = codes(pd.Series(["NO", "nb-NO", "German", "n/a", "und", "", "nij", "zh_Hans"]), spelt=["nb"])
    assert found.tolist() == ["nb", "nb", "de", np.nan, np.nan, np.nan, "nij", "zh"]


def test_two_scripts_or_languages_in_one_message():
    two = [
        "Delivery was late लेकिन सामान बहुत अच्छा है",
        "Die Lieferung war pünktlich da. But nobody ever answers my letters!",
    ]
    one = [
        SAID["ja"],
        "我买了iPhone手机，屏幕很清晰，电池也很耐用",
        "Alles gut. Danke!",
        SAID["de"] + ". " + SAID["de"],
        "",
    ]
    assert mixed([*two, *one], among=["de"]).tolist() == [True] * 2 + [False] * 5


def test_scripts_are_counted_and_the_main_one_named():
    counts = letters(["Größe", "привет hi", "สวัสดี", "1"])
    assert counts[["latin", "cyrillic"]].values.tolist() == [[5, 0], [2, 6], [0, 0], [0, 0]]
    assert main_script(counts).tolist() == ["latin", "cyrillic", "thai", np.nan]


def test_families():
    assert [family(code) for code in ("en", "zh", "zh-Hans", "ko", "th")] == [
        "spaced", "unspaced", "unspaced", "spaced", "unspaced",
    ]  # fmt: skip


def test_nothing_to_identify():
    assert identify([]).empty
    assert decide([], pd.Series([], dtype="str")).empty
    assert mixed([]).tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_gets_an_answer(texts):
    found = identify(texts)
    assert found["confidence"].between(0, 1 + 1e-9).all()
    assert len(mixed(texts, among=["de"])) == len(texts) == len(letters(texts))
