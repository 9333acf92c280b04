"""What a model of sentiment says of itself, and which messages it was right about."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.governance.records import Record
from workbench.sentiment import Messages, about, gather, judged
from workbench.sentiment.appointment import candidates
from workbench.sentiment.shipped import load
from workbench.sentiment.transformer import TransformerModel

PARTS = {"purpose", "model", "data", "explanations", "limits", "unknown"}
_TEXTS = ("Die Lieferung war leider viel zu spät", "Alles bestens, sehr gerne wieder bei euch")


@cache
def messages(size: int = 80) -> Messages:
    found = pd.DataFrame({"message_id": [str(n) for n in range(size)], "language": "de", "channel": "review"})
    found["sent_at"] = pd.date_range("2026-01-01", periods=size)
    found["text"] = [f"{_TEXTS[n % 2]} {n}" for n in range(size)]
    return gather(found.assign(rating=[1.0, 5.0] * (size // 2), customer_id=[f"DE-{n:05}" for n in range(size)]))


def held_out(size: int = 40, *, language: str = "de") -> pd.DataFrame:
    truth = ["negative", "positive"] * (size // 2)
    rows = pd.DataFrame({"message_id": range(size), "label": truth, "sentiment": "negative", "confidence": 0.8})
    return rows.assign(language=language, channel="review", customer_id="DE-00001")


def appointed(model=None, *, name: str = "shipped", rows: pd.DataFrame | None = None) -> SimpleNamespace:
    choice = SimpleNamespace(chosen=name, held_out=held_out() if rows is None else rows)
    return SimpleNamespace(model=model or load(), choice=choice, reason="Because.")


def test_it_says_what_it_is_for_what_it_read_and_what_it_does_not_know():
    found = about(messages(), appointed())
    said = found.set_index("name")["value"]
    assert set(found["section"]) == PARTS
    assert found["name"].is_unique
    assert found["value"].notna().all()
    assert (said["unit"], said["why"]) == ("confidence", "Because.")
    assert (said["first"], said["last"], said["examples"]) == ("2026-01-01", "2026-03-21", "80")
    assert (said["customers"], said["judged"]) == ("80", "40 messages held out")
    assert said["fields"] == "messages.text, messages.language, messages.rating, messages.sent_at"
    assert load().fingerprint in said["version"]
    assert "de" in said["languages"].split(", ")
    assert not found["value"].str.contains("DE-0|Lieferung").any()


def test_every_candidate_has_words_of_its_own():
    names = list(candidates(messages().rows, ["acme/mood"]))
    kinds = {about(messages(), appointed(name=name)).set_index("name")["value"]["kind"] for name in names}
    assert len(kinds) == len(names) == 4
    assert "a transformer: acme/mood" in kinds


def test_a_transformer_is_explained_by_another_and_reads_so_far_only():
    nothing = {"mapping": np.eye(3), "device": "cpu", "network": None, "tokenizer": None}
    model = TransformerModel(name="acme/mood", fingerprint="f", languages=(), max_tokens=512, **nothing)
    said = about(messages(), appointed(model, name="acme/mood")).set_index("name")["value"]
    assert said["length"] == "It reads the first 512 tokens of a message, and nothing beyond."
    assert "beside the transformer" in said["method"]
    assert said["languages"] == "not known: the model's card names none"


@pytest.mark.parametrize(("rows", "said"), [(held_out(), False), (held_out(20), True), (held_out(language="fr"), True)])
def test_a_language_with_too_few_judged_messages_is_named(rows, said):
    found = about(messages(), appointed(rows=rows)).set_index("name")["value"]
    assert ("other_languages" in found) == said
    assert not said or found["other_languages"].startswith("How good it is in de is not measured: fewer than 30")


def test_messages_without_customers_and_labels_are_said_to_be_that():
    bare = pd.DataFrame(
        {
            "message_id": ["1"],
            "language": "de",
            "sent_at": pd.Timestamp("2026-01-01"),
            "channel": "chat",
            "text": "Hallo",
        }
    )
    found, rows = about(gather(bare), appointed(rows=held_out().head(0))), judged(held_out().head(0))
    said = found.set_index("name")["value"]
    assert (said["examples"], said["judged"]) == ("0", "0 messages held out")
    assert said["customers"].startswith("not known")
    assert said["fields"] == "messages.text, messages.language, messages.sent_at"
    labelled = about(gather(bare.assign(label="neutral")), appointed()).set_index("name")["value"]
    assert labelled["fields"] == "messages.text, messages.language, messages.label, messages.sent_at"
    assert Record(about=found, judged=rows).judged.empty


def test_a_message_is_selected_where_it_is_taken_for_negative():
    rows = judged(held_out(4).assign(label=["negative", "positive", None, "negative"]))
    assert rows["selected"].tolist() == [1, 1, 1]
    assert rows["actual"].tolist() == [1, 0, 1]
    assert rows["error"].tolist() == (1 - rows["outcome"]).tolist() == [0, 1, 0]
    assert rows[["language", "channel"]].values.tolist() == [["de", "review"]] * 3


def test_messages_may_name_no_customer_and_no_language():
    rows = judged(held_out(4)[["label", "sentiment", "confidence"]])
    assert rows["customer_id"].isna().all()
    assert "language" not in rows
