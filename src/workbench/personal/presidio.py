"""A second opinion on personal data in texts: Microsoft Presidio's pattern recognisers, where it is installed.

In: texts, their language.   Out: spans with their kind, as `identify` returns them.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import pandas as pd

from workbench.errors import InputError

# What Presidio calls our kinds.
_KINDS = {
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "CREDIT_CARD": "card",
    "IP_ADDRESS": "ip",
    "PHONE_NUMBER": "phone",
    "US_SSN": "ssn",
    "UK_NHS": "nhs",
    "ES_NIF": "dni",
    "ES_NIE": "nie",
    "IN_AADHAAR": "aadhaar",
    "BR_CPF": "cpf",
    "BR_CNPJ": "cnpj",
    "DE_TAX_ID": "steuer_id",
}
_LEAST_SCORE = 0.4  # what a phone number gets; below are bare digits that only a word beside them could make anything


def second_opinion(texts: Iterable[str], *, language: str = "en", countries: Sequence[str] = ()) -> pd.DataFrame:
    """Return what Presidio finds of our kinds: row (the text's place in `texts`), kind (of `IDENTIFIED`), start, end.

    Its pattern recognisers run on a blank spaCy pipeline, scores of at least .4 count: no model, no network. Words
    beside a number count for nothing there, as these need a model's lemmas. Phones are those of `countries`, by default
    of the few that Presidio knows by itself. Spans of different kinds may overlap. An InputError says that Presidio is
    not installed, or that it knows nothing of the language.
    """
    engine = _engine(language, tuple(countries))
    rows = [
        (row, _KINDS[span.entity_type], span.start, span.end)
        for row, text in enumerate(texts)
        for span in engine.analyze(
            text if isinstance(text, str) else "", language=language, score_threshold=_LEAST_SCORE
        )
        if span.entity_type in _KINDS
    ]
    found = pd.DataFrame(rows, columns=["row", "kind", "start", "end"]).astype({"row": int, "start": int, "end": int})
    return found.sort_values(["row", "start", "end", "kind"], ignore_index=True)


@cache
def _engine(language: str, countries: tuple[str, ...]) -> Any:
    try:
        presidio, spacy = import_module("presidio_analyzer"), import_module("spacy")
    except ImportError as error:
        raise InputError("Presidio is not installed: pip install 'crm-workbench[presidio]'") from error
    _stay_at_home()
    try:
        pipeline = spacy.blank(language)
    except ImportError as error:
        raise InputError(f"language: Presidio knows nothing of {language!r}; try 'en'") from error
    engine = presidio.nlp_engine.SpacyNlpEngine(models=[{"lang_code": language, "model_name": "blank"}])
    engine.nlp = {language: pipeline}
    registry = presidio.RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language])
    regions = {"supported_regions": countries} if countries else {}
    phones = presidio.predefined_recognizers.PhoneRecognizer(supported_language=language, **regions)
    patterns = [one for one in registry.recognizers if isinstance(one, presidio.PatternRecognizer)]
    registry.recognizers = [*patterns, phones]
    return presidio.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])


def _stay_at_home() -> None:
    """Let the list of domain endings be the one that came with the package: by itself it would ask the net for one."""
    endings = import_module("tldextract")
    import_module("tldextract.tldextract").__dict__["TLD_EXTRACTOR"] = endings.TLDExtract(
        suffix_list_urls=(), cache_dir=None
    )
