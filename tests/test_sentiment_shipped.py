"""The shipped model: small, safe, what its card says, and right about the obvious."""

import hashlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from workbench.sentiment import shipped
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import probabilities

CARD = (Path(__file__).parents[1] / "docs/models/shipped-sentiment.md").read_text(encoding="utf-8")
FIGURE = r"(\d\.\d{3}) \((\d\.\d{3}) to (\d\.\d{3})\)"
GOOD = {
    "en": "Excellent product, I love it",
    "de": "Super Qualität, ich bin sehr zufrieden",
    "fr": "Très bon produit, je suis ravie, merci",
    "es": "Excelente producto, me encanta, gracias",
    "pt": "Ótimo produto, amei, muito feliz",
    "it": "Prodotto bellissimo, grazie, lo adoro",
    "hi-Latn": "bahut accha hai, thank you, very happy",
    "ar": "منتج رائع جدا وشكرا لكم",
    "id": "Barangnya bagus sekali, saya sangat puas",
    "ko": "정말 최고예요 너무 좋아요",
}
BAD = {
    "en": "Terrible service, I want my money back",
    "de": "Schlechter Service, ich bin sehr enttäuscht",
    "fr": "Produit nul, très mauvais service, je suis déçu",
    "es": "Pésimo servicio, muy mal, qué asco",
    "pt": "Produto péssimo, odeio esse atendimento",
    "it": "Servizio pessimo, una vergogna, che schifo",
    "hi-Latn": "bahut bura hai, very bad service, shame",
    "ar": "منتج سيء جدا وخدمة سيئة",
    "id": "Pelayanannya buruk sekali, saya sangat kecewa",
    "ko": "최악이다 정말 별로 돈 아깝다",
}


def test_the_file_is_small_and_holds_arrays_only():
    assert shipped.PLACE.stat().st_size <= 5_000_000
    with np.load(shipped.PLACE, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "uif" for name in arrays.files)
    assert all(name.endswith(".npy") for name in zipfile.ZipFile(shipped.PLACE).namelist())


def test_the_card_is_that_of_the_file():
    assert hashlib.sha256(shipped.PLACE.read_bytes()).hexdigest() in CARD
    assert shipped.load().fingerprint in CARD
    assert f"{shipped.PLACE.stat().st_size:,} bytes" in CARD


def test_the_languages_are_those_of_the_card():
    (told,) = re.findall(r"^\| languages \| (.*) \|$", CARD, re.MULTILINE)
    assert tuple(re.findall(r"([\w-]+) \(", told)) == shipped.load().languages


def test_every_language_is_measured_and_beats_the_baseline():
    rows = re.findall(
        rf"^\| ([\w-]+) \| \w+ \| [\d,]+ \| {FIGURE} \| (\S+) \| {FIGURE} \| (\S+) \|", CARD, re.MULTILINE
    )
    assert {row[0] for row in rows} >= set(shipped.load().languages)
    for _, accuracy, low, high, _, f1, f1_low, f1_high, baseline in rows:
        assert float(low) <= float(accuracy) <= float(high)
        assert float(baseline) < float(f1_low) <= float(f1) <= float(f1_high)


def test_the_card_says_how_it_fares_elsewhere():
    rows = re.findall(rf"^\| ([\w-]+) \| \w+ \| [\d,]+ \| {FIGURE} \| \S+ \| {FIGURE} \|$", CARD, re.MULTILINE)
    assert {row[0] for row in rows} == {"ar", "de", "en", "es", "fr", "pt"}


@pytest.mark.parametrize(("said", "sentences"), [("positive", GOOD), ("negative", BAD)])
def test_the_obvious_is_seen_in_all_languages_but_one(said, sentences):
    told = probabilities(shipped.load(), list(sentences.values())).argmax(axis=1)
    wrong = [code for code, place in zip(sentences, told, strict=True) if LABELS[place] != said]
    assert len(wrong) <= 1, wrong


def test_it_has_learnt_under_free_licences_only():
    (learnt,) = re.findall(r"## What it learnt from(.*?)## How good", CARD, re.DOTALL)
    licences = {row[1] for row in re.findall(r"^\| \[(.*?)\]\(\S+\) \| (.*?) \|", learnt, re.MULTILINE)}
    assert licences == {
        "CC0", "CC BY-SA", "Apache-2.0 and MIT", "Apache-2.0; the tweets under the platform's terms",
    }  # fmt: skip


def test_loading_twice_is_loading_once():
    assert shipped.load() is shipped.load()
