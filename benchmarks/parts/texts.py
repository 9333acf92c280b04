"""Personal data in texts: how much of it is found and how fast, beside Presidio in the same run.

In: labelled texts, a number of messages.   Out: frames and figures for `governance.py`.

A span is found where one of the same kind overlaps it. These texts were looked at while the rules were written, so a
little of the figures is ours and not the method's. Phones are looked for in the countries of the texts, by both.
Presidio runs its pattern recognisers on a blank spaCy pipeline, where it is installed; else its columns say 'not
measured'. Links are compared with `find`, which masks any of them: `identify` names only those with a token or an
address, of which the labelled texts hold none.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from parts.tables import CONSOLE, NOT_MEASURED
from workbench import personal
from workbench.crm import sample
from workbench.errors import InputError

KINDS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip",
}
# Those in whose addresses the labelled texts are set, as they are named there.
COUNTRIES = [
    "AT", "AU", "BE", "BR", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GL", "HU", "IS", "IT", "NL", "NO", "NZ", "PL", "PT", "SE", "SI", "TN", "US", "UY", "ZA",
]  # fmt: skip
MARKETS = ("DE", "FR", "BR", "JP", "US", "IN")
PRESIDIO_MESSAGES = 1_000


def accuracy(parquet: Path) -> pd.DataFrame:
    """Return kind, spans, precision and recall of ours and of Presidio's, for every kind that is labelled."""
    rows = pd.read_parquet(parquet)
    truth = _labelled(rows)
    ours = personal.identify(rows["full_text"], countries=COUNTRIES)
    theirs = _presidio(rows["full_text"].tolist(), COUNTRIES)
    table = [_judged(kind, truth, ours, theirs) for kind in KINDS.values()]
    return pd.DataFrame(table)


def plain_links(parquet: Path) -> dict[str, Any]:
    """Return how many plain links are labelled, how many `find` masks, and how many `identify` takes for secrets."""
    rows = pd.read_parquet(parquet)
    truth = _labelled(rows, {"DOMAIN_NAME": "link"})
    masked = personal.find(rows["full_text"])
    secret = personal.identify(rows["full_text"])
    return {
        "spans": len(truth),
        "masked": int(_overlaps(truth, masked[masked["kind"] == "link"]).sum()),
        "called_secret": int((secret["kind"] == "link_with_token").sum()),
    }


def speed(messages: int = 100_000) -> dict[str, Any]:
    """Return the seconds of ours for so many messages of the sample, Presidio's for some of them, and how they compare.

    Each message says its number, so that none is like another. `ratio` is Presidio's seconds a message over ours.
    """
    texts = _messages(messages)
    personal.identify(texts[:100], countries=MARKETS)
    started = time.perf_counter()
    personal.identify(texts, countries=MARKETS)
    seconds = time.perf_counter() - started
    some = texts[:: max(messages // PRESIDIO_MESSAGES, 1)]
    presidio = _presidio_seconds(some)
    measured = presidio is not None
    return {
        "messages": messages,
        "seconds": seconds,
        "messages_per_second": messages / seconds,
        "presidio_messages": len(some) if measured else NOT_MEASURED,
        "presidio_seconds": presidio if measured else NOT_MEASURED,
        "ratio": presidio / len(some) * messages / seconds if presidio is not None else NOT_MEASURED,
    }


def _labelled(rows: pd.DataFrame, kinds: dict[str, str] = KINDS) -> pd.DataFrame:
    spans = [
        (row, kinds[span["entity_type"]], span["start_position"], span["end_position"])
        for row, found in enumerate(rows["spans"])
        for span in json.loads(found)
        if span["entity_type"] in kinds
    ]
    return pd.DataFrame(spans, columns=["row", "kind", "start", "end"])


def _judged(kind: str, truth: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame | None) -> dict[str, Any]:
    spans, own = (frame[frame["kind"] == kind] for frame in (truth, ours))
    precision, recall = _overlaps(own, spans).mean(), _overlaps(spans, own).mean()
    said: dict[str, Any] = {"presidio_precision": NOT_MEASURED, "presidio_recall": NOT_MEASURED}
    if theirs is not None:
        other = theirs[theirs["kind"] == kind]
        said = {
            "presidio_precision": float(_overlaps(other, spans).mean()),
            "presidio_recall": float(_overlaps(spans, other).mean()),
        }
    return {"kind": kind, "spans": len(spans), "precision": float(precision), "recall": float(recall)} | said


def _overlaps(spans: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Say of each span whether one of the others overlaps it."""
    pairs = spans.reset_index(names="span").merge(others, on="row", suffixes=("", "_other"))
    met = pairs[(pairs["start"] < pairs["end_other"]) & (pairs["start_other"] < pairs["end"])]["span"]
    return pd.Series(spans.index.isin(met), index=spans.index)


def _presidio(texts: list[str], countries: Sequence[str]) -> pd.DataFrame | None:
    try:
        return personal.second_opinion(texts, countries=countries)
    except InputError as error:
        CONSOLE.print(str(error))
        return None


def _presidio_seconds(texts: list[str]) -> float | None:
    if _presidio(texts[:10], MARKETS) is None:
        return None
    started = time.perf_counter()
    personal.second_opinion(texts, countries=MARKETS)
    return time.perf_counter() - started


def _messages(count: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        written = sample.write(Path(folder) / "crm", customers=300, seed=1)
        texts = pd.read_parquet(written / "messages.parquet", columns=["text"])["text"].dropna().tolist()
    return [f"{texts[place % len(texts)]} ({place // len(texts)})" for place in range(count)]
